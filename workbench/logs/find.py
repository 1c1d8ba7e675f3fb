"""Looking for text in rows that are in memory.

Owns: the process that does it. Some expressions need years for one line and keep Python's lock all the while;
a process can be ended. Must not know: how matches are shown.
"""

import contextlib
import json
import queue
import re
import subprocess
import sys
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import workbench
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.logs.find_worker import HEAD
from workbench.logs.rows import Piece

PATIENCE_S = 10.0
"""So long without an answer, the expression does not end."""
MAX_MATCHES = 2_000_000

_LOOK_EVERY_S = 0.05
_FAILED = "Could not search the log lines."


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for.

    Attributes:
        text: As typed.
        is_regex: Whether it is a regular expression, in Python's syntax.
        match_case: Whether upper and lower case differ.
    """

    text: str
    is_regex: bool = False
    match_case: bool = False

    def compiled(self) -> re.Pattern[str]:
        """The expression.

        Raises:
            WorkbenchError: It is none.
        """
        pattern = self.text if self.is_regex else re.escape(self.text)
        try:
            return re.compile(pattern, 0 if self.match_case else re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as error:
            raise WorkbenchError(
                "Invalid regular expression.", f"{error}.", "Correct it, or search for it as plain text."
            ) from None


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found, in the order of the rows; the last three arrays are of one length.

    Attributes:
        rows: The rows that have matches, each once.
        numbers: The row of each match.
        begins: Its first character in the row.
        ends: The one behind its last.
        searched_to: All rows before this number were looked at.
        is_cut: There are more than MAX_MATCHES.
    """

    rows: "array[int]" = field(default_factory=lambda: array("Q"))
    numbers: "array[int]" = field(default_factory=lambda: array("Q"))
    begins: "array[int]" = field(default_factory=lambda: array("I"))
    ends: "array[int]" = field(default_factory=lambda: array("I"))
    searched_to: int = 0
    is_cut: bool = False

    def __len__(self) -> int:
        return len(self.numbers)

    def spans(self, number: int) -> list[tuple[int, int, int]]:
        """The matches in a row: which one, its begin and its end."""
        first, end = bisect_left(self.numbers, number), bisect_right(self.numbers, number)
        return [(each, self.begins[each], self.ends[each]) for each in range(first, end)]

    def and_then(self, more: "Matches") -> "Matches":
        """These and what was found in rows behind them."""
        return Matches(
            self.rows + more.rows,
            self.numbers + more.numbers,
            self.begins + more.begins,
            self.ends + more.ends,
            max(self.searched_to, more.searched_to),
            self.is_cut or more.is_cut,
        )


def find(
    query: Query, pieces: Iterable[Piece], total: int, ctx: JobContext, *, patience_s: float = PATIENCE_S
) -> Matches:
    """Looks through rows.

    Args:
        query: What to look for.
        pieces: The rows.
        total: How many there are, for the progress.
        ctx: Cancel ends the process.
        patience_s: How long a piece may take.

    Raises:
        WorkbenchError: The expression is none, or it takes too long.
        Cancelled: By the person.
    """
    pattern = query.compiled()
    found, done = Matches(), 0
    searched_to, is_cut = 0, False
    with contextlib.closing(_Search(pattern, pieces)) as search:
        while (answer := search.next(ctx, patience_s)) is not None:
            numbers, triples = answer
            rows = [numbers[row] for row in triples[0::3]]
            found.numbers.extend(rows)
            found.rows.extend(dict.fromkeys(rows))
            found.begins.extend(triples[1::3])
            found.ends.extend(triples[2::3])
            done += len(numbers)
            searched_to = numbers[-1] + 1 if numbers else searched_to
            ctx.progress(done, total)
            if len(found) >= MAX_MATCHES:
                is_cut = True
                break
    return replace(found, searched_to=searched_to, is_cut=is_cut)


_Answer = tuple[range | tuple[int, ...], "array[int]"]


class _Search:
    """The process, and a thread that talks to it while the job looks whether it is cancelled."""

    def __init__(self, pattern: re.Pattern[str], pieces: Iterable[Piece]) -> None:
        self._answers: queue.Queue[_Answer | None] = queue.Queue(maxsize=4)
        self._is_over = False
        self._is_whole = False
        self._process = _start()
        asked = json.dumps({"pattern": pattern.pattern, "flags": int(pattern.flags)}).encode() + b"\n"
        self._thread = threading.Thread(target=self._talk, args=(asked, pieces), name="log-find", daemon=True)
        self._thread.start()

    def next(self, ctx: JobContext, patience_s: float) -> _Answer | None:
        """The next piece's matches; None when all are through."""
        silent_s = 0.0
        while silent_s < patience_s:
            try:
                answer = self._answers.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                ctx.check()
                silent_s += _LOOK_EVERY_S
                continue
            if answer is None and not self._is_whole:
                raise WorkbenchError(_FAILED, "The search ended unexpectedly.", "Search again.")
            return answer
        raise WorkbenchError(
            _FAILED,
            f"The expression took longer than {patience_s:g} s for a few lines.",
            "Simplify it. Nested repetitions such as (a+)+ take very long.",
        )

    def close(self) -> None:
        """Leaves no process and no thread behind."""
        self._is_over = True
        self._process.kill()
        while self._thread.is_alive():
            with contextlib.suppress(queue.Empty):
                self._answers.get(timeout=_LOOK_EVERY_S)  # it may wait for room
        self._thread.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # what it did not read any more
                    stream.close()
        self._process.wait()

    def _talk(self, asked: bytes, pieces: Iterable[Piece]) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, EOFError):
            self._process.stdin.write(asked)
            for numbers, text in pieces:
                if self._is_over:
                    return
                self._process.stdin.write(HEAD.pack(len(text)) + text)
                self._process.stdin.flush()
                (length,) = HEAD.unpack(_read(self._process.stdout, HEAD.size))
                triples = array("I")
                triples.frombytes(_read(self._process.stdout, length))
                self._answers.put((numbers, triples))
            self._is_whole = True
        self._answers.put(None)


def _read(stream: IO[bytes], size: int) -> bytes:
    read = stream.read(size)
    if len(read) < size:
        raise EOFError
    return read


def _start() -> subprocess.Popen[bytes]:
    root = Path(workbench.__file__).parent.parent  # `-m` finds the package from here, installed or not
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "workbench.logs.find_worker"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise explain_os_error(error, _FAILED, root) from error
