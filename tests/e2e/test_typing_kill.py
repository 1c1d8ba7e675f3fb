"""kill -9 at random moments of typing: all but the last second of what was on the screen is back.

All processors are kept busy meanwhile: a key takes its time to the screen then, which is not lost typing, and
from there to the disk, which is.
Each kill costs a start of the program, so that here are few; `./dev bench typing_kills` does many.
"""

import json
import os
import random
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import pytest

from tests.bench._processes import tree
from tests.e2e.desk import PROFILE, write_profile
from tests.e2e.typist import keys_of
from tests.sandbox_functions import create_function
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace
from workbench.core.files import Paths

KILLS = 3
TYPED_S = (0.2, 3.0)
LOST_AT_MOST_S = 1.0
AFTER_LOOK_S = 0.3  # at most so long after the last look at the screen it is killed
BUSY = "while True: pass"
PATIENCE_S = 90
TEXT = "def handler(event, context):\n    return 1\n\n# "


class Typist:
    """A program that was started and in which somebody types."""

    def __init__(self, function_name: str, errors: Path) -> None:
        self._errors = errors
        with errors.open("w") as output:
            self._process = self._start(function_name, output)
        self._told: list[Any] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @staticmethod
    def _start(function_name: str, output: TextIO) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.typist", PROFILE, function_name],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.endswith("\n") and line.startswith("["):
                with self._news:
                    self._told.append(json.loads(line))
                    self._news.notify_all()

    def _all(self, what: str) -> list[Any]:
        return [value for kind, value in self._told if kind == what]

    def wait_for(self, what: str) -> Any:
        """The first line of this kind."""
        with self._news:
            heard = self._news.wait_for(lambda: self._all(what), PATIENCE_S)
            assert heard, f"nothing {what}: {self._errors.read_text(errors='replace')}"
            return self._all(what)[0]

    def wait_for_next(self, what: str) -> None:
        """Waits for one more line of this kind."""
        with self._news:
            before = len(self._all(what))
            assert self._news.wait_for(lambda: len(self._all(what)) > before, PATIENCE_S)

    def kill(self) -> tuple[float, int, list[Any]]:
        """Kills it, and waits until what it started is gone too.

        Returns:
            When, how many keys were pressed, and what was seen of them; see typist.py.
        """
        started = [*tree(self._process.pid)]
        when_s = time.time()
        self._process.kill()
        self.end()
        deadline = time.monotonic() + PATIENCE_S
        while left := [pid for pid in started if _runs(pid)]:
            assert time.monotonic() < deadline, f"still there: {left}"
            threading.Event().wait(0.02)
        return when_s, self._all("typed")[-1], self._all("seen")

    def end(self) -> None:
        """Ends it in any case."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()


@pytest.mark.usefixtures("_busy")
def test_what_was_typed_more_than_a_second_ago_survives_a_kill(
    access: Access, connection: Connection, tmp_path: Path
) -> None:
    kills = int(os.environ.get("TYPING_KILLS", KILLS))
    seed = int(os.environ.get("TYPING_SEED") or secrets.randbelow(1_000_000))
    print(f"TYPING_SEED={seed}")
    chance = random.Random(seed)
    soonest_s, latest_s = TYPED_S
    write_profile(access)
    function_name = create_function(connection, TEXT).function_name
    expected, lost_s = TEXT, []
    for number in range(kills):
        typist = Typist(function_name, tmp_path / "errors")
        try:
            assert typist.wait_for("shown") == expected, f"start {number} shows another text"
            typist.wait_for("typed")
            # One moment in each part of the time, so that few kills reach all of it too.
            share = (number + chance.random()) / kills
            threading.Event().wait(soonest_s + share * (latest_s - soonest_s))
            typist.wait_for_next("seen")  # else nobody knows what the screen showed
            threading.Event().wait(chance.random() * AFTER_LOOK_S)
            when_s, pressed, looks = typist.kill()
        finally:
            typist.end()
        shown_before = len(expected) - len(TEXT)
        expected, kept = _draft(function_name, expected, pressed)
        lost_s.append(_lost_s(when_s, looks, shown_before + kept, shown_before + pressed))
        assert lost_s[-1] <= LOST_AT_MOST_S, f"{kept} of {pressed} keys are there, seed {seed}"
    print(f"lost at most {max(lost_s):.2f} s")


@pytest.fixture
def _busy() -> Iterator[None]:
    """Keeps all processors busy."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(os.cpu_count() or 1)]
    yield
    for each in busy:
        each.kill()
        each.wait()


def _lost_s(when_s: float, looks: Sequence[Any], kept: int, pressed: int) -> float:
    """How long the first lost key had been on the screen at most; 0 where none is lost.

    One that no look at the screen has told of came after the last look.
    """
    if kept >= pressed:
        return 0.0
    seen = [at_s for _now_s, news in looks for at_s, count in news if count > kept]
    return max(0.0, when_s - min([*map(float, seen), float(looks[-1][0])]))


def _draft(function_name: str, before: str, pressed: int) -> tuple[str, int]:
    """The text that is on disk, and how many of the keys it has: all up to one, in their order."""
    (folder,) = (Paths.default().data_dir / "workspaces").glob(f"*/*/{function_name}")
    workspace = Workspace.load(folder)
    draft = workspace.draft("app.py")
    text = workspace.read("app.py").text if draft is None else draft.text
    assert text.startswith(before)
    typed = text[len(before) :]
    assert typed == "".join(map(keys_of, range(len(typed))))
    assert len(typed) <= pressed + 1
    return text, len(typed)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
