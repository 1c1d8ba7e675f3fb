"""All tests, four at a time on two processors: each waits half of its life.

A file's tests stay together, and so do their fixtures; the order of the files is ours (see order.py). What
fails in the crowd is tried again when the machine is quiet, as Python's own regrtest does: a test that passes
then measured the crowd, and is named at the end for somebody to mend. What fails again has failed. More than
a few at once are no accident, and are not tried again; nor is a run whose -n is given.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_CROWD = ("-n", "4", "--dist", "loadfile", "--no-loadscope-reorder")
_ALONE = ("-n", "0", "--last-failed", "--last-failed-no-failures", "none")
_FAILED = 1
"""pytest's code for tests that failed, and nothing worse."""
_AT_MOST = 3
"""Tests that are tried again."""


def main(arguments: Sequence[str]) -> int:
    """Runs pytest with these arguments; gives its exit code."""
    code = _pytest(*_CROWD, *arguments)
    failed = _last_failed()
    if code != _FAILED or "-n" in arguments or not 0 < len(failed) <= _AT_MOST:
        return code
    _say(f"Trying what failed again, alone: {', '.join(failed)}")
    code = _pytest(*arguments, *_ALONE)
    if code == 0:
        _say(f"These passed only alone, and need mending: {', '.join(failed)}")
    return code


def _pytest(*arguments: str) -> int:
    child = subprocess.Popen([sys.executable, "-m", "pytest", *arguments])
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, _frame: child.send_signal(number))
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # pytest has it too, and tells how far it came
            continue


def _last_failed() -> list[str]:
    """What pytest will call so, with what failed in earlier runs and was not tried in this one."""
    kept = Path(".pytest_cache/v/cache/lastfailed")
    return list(json.loads(kept.read_text("utf-8"))) if kept.exists() else []


def _say(text: str) -> None:
    print(f"\ntests: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
