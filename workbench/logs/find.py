"""Searches for text in rows in memory.

A separate process does it: some expressions take years for one line and hold the global interpreter lock
meanwhile, and a process can be ended.
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
from workbench.core.messages import _
from workbench.logs.buffer import Piece
from workbench.logs.find_worker import HEAD

TIMEOUT_S = 10.0
"""An expression that takes longer for one piece is abandoned."""
MAX_MATCHES = 2_000_000

_CHECK_EVERY_S = 0.05
_FAILED = _("Could not search the log lines.")


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for.

    Attributes:
        is_regex: Whether it is a regular expression, in Python's syntax.
    """

    text: str
    is_regex: bool = False
    match_case: bool = False

    def compiled(self) -> re.Pattern[str]:
        """The expression. Raises WorkbenchError."""
        pattern = self.text if self.is_regex else re.escape(self.text)
        try:
            return re.compile(pattern, 0 if self.match_case else re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as error:
            raise WorkbenchError(
                _("Invalid regular expression."),
                f"{error}.",
                _("Correct it, or search for it as plain text."),
            ) from None


@dataclass(frozen=True, slots=True)
class Matches:
    """The matches, in the order of the rows; the last three arrays have the same length.

    Attributes:
        rows: The rows with matches, each once.
        numbers: The row of each match.
        begins: The first character of each match in its row.
        ends: The character after its last.
        searched_to: All rows before this number were searched.
        is_cut: Whether there are more than MAX_MATCHES.
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
        """The matches in a row: the index of each, its begin and its end."""
        first, end = bisect_left(self.numbers, number), bisect_right(self.numbers, number)
        return [(each, self.begins[each], self.ends[each]) for each in range(first, end)]

    def followed_by(self, more: "Matches") -> "Matches":
        """These matches and those in later rows."""
        return Matches(
            self.rows + more.rows,
            self.numbers + more.numbers,
            self.begins + more.begins,
            self.ends + more.ends,
            max(self.searched_to, more.searched_to),
            self.is_cut or more.is_cut,
        )


def find(
    query: Query, pieces: Iterable[Piece], total: int, ctx: JobContext, *, timeout_s: float = TIMEOUT_S
) -> Matches:
    """Searches rows. Raises WorkbenchError: the expression is invalid or takes too long."""
    pattern = query.compiled()
    found, done = Matches(), 0
    searched_to, is_cut = 0, False
    with contextlib.closing(_Search(pattern, pieces)) as search:
        while (answer := search.next(ctx, timeout_s)) is not None:
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
    """The process, and a thread that feeds it while the job checks for Cancel."""

    def __init__(self, pattern: re.Pattern[str], pieces: Iterable[Piece]) -> None:
        self._answers: queue.Queue[_Answer | None] = queue.Queue(maxsize=4)
        self._is_over = False
        self._is_whole = False
        self._process = _start()
        request = json.dumps({"pattern": pattern.pattern, "flags": int(pattern.flags)}).encode() + b"\n"
        self._thread = threading.Thread(
            target=self._feed, args=(request, pieces), name="log-find", daemon=True
        )
        self._thread.start()

    def next(self, ctx: JobContext, timeout_s: float) -> _Answer | None:
        """The matches of the next piece; None after the last."""
        silent_s = 0.0
        while silent_s < timeout_s:
            try:
                answer = self._answers.get(timeout=_CHECK_EVERY_S)
            except queue.Empty:
                ctx.check()
                silent_s += _CHECK_EVERY_S
                continue
            if answer is None and not self._is_whole:
                raise WorkbenchError(_FAILED, _("The search ended unexpectedly."), _("Search again."))
            return answer
        raise WorkbenchError(
            _FAILED,
            _("The expression took longer than {timeout_s:g} s for a few lines.").format(timeout_s=timeout_s),
            _("Simplify it. Nested repetitions such as (a+)+ take very long."),
        )

    def close(self) -> None:
        """Ends the process and the thread."""
        self._is_over = True
        self._process.kill()
        while self._thread.is_alive():
            with contextlib.suppress(queue.Empty):
                self._answers.get(timeout=_CHECK_EVERY_S)  # it may wait for space in the queue
        self._thread.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # unread input
                    stream.close()
        self._process.wait()

    def _feed(self, request: bytes, pieces: Iterable[Piece]) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, EOFError):
            self._process.stdin.write(request)
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
