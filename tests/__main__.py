"""All tests, four at a time on two processors: each waits half of its life.

A file's tests stay together, and so do their fixtures; the order of the files is ours (see order.py). The run
succeeds only when every test that was collected ran to its end and passed. After a crash of a worker nothing
is tried again: nobody knows what it took along. What else fails in the crowd, if that is little, is tried
again when the machine is quiet, to tell what depends on the crowd from what is broken; the run has failed all
the same, but for tests on the list of tests/passes_alone.txt. Nor is anything tried again when the number of
workers is given.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

_ALONE = ("-n", "0", "--last-failed", "--last-failed-no-failures", "none")
_FAILED = 1
"""pytest's code for tests that failed, and nothing worse."""
_AT_MOST = 3
"""Tests that are tried again."""
_LIST = Path("tests/passes_alone.txt")
_COUNTS_FOR = timedelta(days=30)
_WORKERS = os.environ.get("TESTS_WORKERS") or "4"
"""Of the crowd."""


@dataclass(slots=True)
class Ran:
    """What a run did.

    Attributes:
        collected: The tests that were to run.
        ended: Those of them that ran to the end of their teardown.
        failed: Tests that failed, and files that could not be collected.
        crashed: What ran in a worker that crashed: the id of a test, or the name of the worker.
        in_crowd: Whether nobody asked for a number of workers, so that there was a crowd.
        is_over: Whether pytest came to its end.
    """

    collected: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    crashed: set[str] = field(default_factory=set)
    in_crowd: bool = False
    is_over: bool = False

    @property
    def not_run(self) -> set[str]:
        """Tests that were collected and did not run to their end."""
        return self.collected - self.ended


def read(file: Path) -> Ran:
    """Reads what the plugin of ran.py wrote; a file that is missing tells of a run that did nothing."""
    ran = Ran()
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        event, names = json.loads(line)
        match event:
            case "in_crowd" | "is_over":
                setattr(ran, event, True)
            case _:
                getattr(ran, event).update(names)
    return ran


def main(arguments: Sequence[str]) -> int:
    """Runs pytest with these arguments; gives its exit code, or 1 when tests were left out."""
    code, ran = _pytest(f"--crowd={_WORKERS}", *arguments)
    failed = sorted(ran.failed)
    if code != _FAILED or not ran.in_crowd or ran.crashed or ran.not_run or not 0 < len(failed) <= _AT_MOST:
        return code
    _say(f"Trying what failed again, alone: {', '.join(failed)}")
    again, alone = _pytest(*arguments, *_ALONE)
    if again != 0 or not alone.ended.issuperset(failed):
        return again or _FAILED
    _say(f"These passed only alone, and need mending: {', '.join(failed)}")
    return 0 if _tolerated(datetime.now(UTC).date()).issuperset(failed) else _FAILED


def _pytest(*arguments: str) -> tuple[int, Ran]:
    """Runs pytest; gives its exit code, never 0 for what did not run or failed, and what it did."""
    with tempfile.TemporaryDirectory(prefix="workbench-ran-") as folder:
        file = Path(folder) / "ran.jsonl"
        code = _run([sys.executable, "-m", "pytest", "-p", "tests.ran", f"--ran={file}", *arguments])
        ran = read(file)
    if not ran.is_over:
        _say("pytest ended in the middle of its work.")
    if ran.not_run:
        some = ", ".join(sorted(ran.not_run)[:_AT_MOST])
        _say(f"{len(ran.not_run)} of {len(ran.collected)} tests did not run to their end, such as {some}")
    is_well = ran.is_over and not (ran.not_run or ran.failed or ran.crashed)
    return (code if code or is_well else _FAILED), ran


def _run(command: Sequence[str]) -> int:
    child = subprocess.Popen(command)
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, _frame: child.send_signal(number))
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # pytest has it too, and tells how far it came
            continue


def _tolerated(today: date) -> set[str]:
    """The tests of the list whose entry still counts."""
    lines = _LIST.read_text("utf-8").splitlines() if _LIST.exists() else []
    entries = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return {name.strip() for seen, name in entries if today - date.fromisoformat(seen) <= _COUNTS_FOR}


def _say(text: str) -> None:
    print(f"\ntests: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
