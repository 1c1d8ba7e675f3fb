"""Text in all files of a workspace, as the editor shows it: what is typed and not saved counts.

Pure: reads files, and knows neither a process nor a screen. search_process.py runs it beside the program,
where neither a huge package nor an expression that never ends can stop the window.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.code.names import never_packed
from workbench.code.search_query import Query, compile_globs, compile_query
from workbench.code.text import HUGE_BYTES, FileKind, decode
from workbench.code.tree import EntryKind, walk

MOST_MATCHES = 10_000
"""Nobody reads more; the search ends there and says so."""

_MOST_NAMES = 100
_BEFORE, _AFTER = 40, 160  # characters of a line to show around a match
_TELL_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Match:
    """One place. Lines and columns count from 1; columns count UTF-16 units, as the editor does.

    Attributes:
        before: The line up to the match, without its indentation and without what is too far away.
        found: What matched.
        after: The rest of the line, as far as it is worth showing.
        groups: Of a regular expression: the match and its groups. Empty for literal text.
    """

    line: int
    column: int
    end_column: int
    before: str
    found: str
    after: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileMatches:
    """All matches in one file, in their order."""

    path: str
    matches: tuple[Match, ...]


@dataclass(slots=True)
class Summary:
    """How a search went.

    Attributes:
        searched: Files that were looked into.
        matches: Places that were found, in `files` files.
        binary: Files that are no text, which were skipped. The first hundred of them; `binaries` counts all.
        huge: Files too large for the editor, which were skipped.
        unreadable: Files that the disk did not give.
        is_cut: There is more than `MOST_MATCHES`.
    """

    searched: int = 0
    matches: int = 0
    files: int = 0
    binaries: int = 0
    binary: list[str] = field(default_factory=list)
    huge: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    is_cut: bool = False


def search(
    root: Path,
    typed: Mapping[str, str],
    query: Query,
    found: Callable[[tuple[FileMatches, ...], Summary], object],
    most: int = MOST_MATCHES,
) -> Summary:
    """Looks through all files, in the order of their paths.

    Args:
        root: The working files.
        typed: Text that is not saved, by path; it counts instead of the file's. A file that is not there yet
            may have some too.
        query: What to look for.
        found: Told at least every 0.05 s what was found since, and how far the search is.
        most: Where to end.

    Raises:
        WorkbenchError: The query cannot be used, or the files cannot be listed.
    """
    pattern = compile_query(query)
    summary = Summary()
    waiting: list[FileMatches] = []
    told_at = 0.0
    for path in _paths(root, typed, query):
        text = typed[path] if path in typed else _read(root, path, query, summary)
        summary.searched += 1
        if text is not None:
            matches = tuple(find(text, pattern, query, most - summary.matches + 1))
            if len(matches) > most - summary.matches:
                summary.is_cut = True
                matches = matches[:-1]
            if matches:
                summary.matches += len(matches)
                summary.files += 1
                waiting.append(FileMatches(path, matches))
        if summary.is_cut:
            break
        if (now := time.monotonic()) - told_at > _TELL_EVERY_S:
            found(tuple(waiting), summary)
            waiting.clear()
            told_at = now
    found(tuple(waiting), summary)
    return summary


def find(text: str, pattern: re.Pattern[str], query: Query, most: int) -> Iterator[Match]:
    """The matches in a text with LF as line ends, none of them empty, at most so many."""
    if query.is_told_by_the_whole and pattern.search(text) is None:
        return
    for number, line in enumerate(text.split("\n"), 1):
        at, units = 0, 0
        for each in pattern.finditer(line):
            start, end = each.span()
            if start == end:
                continue
            if most <= 0:
                return
            most -= 1
            units += _units(line[at:start])
            length = _units(each.group())
            groups = (each.group(), *(group or "" for group in each.groups())) if query.is_regex else ()
            before = line[max(0, start - _BEFORE) : start]
            yield Match(
                number,
                units + 1,
                units + length + 1,
                before.lstrip() if start <= _BEFORE else f"…{before}",
                each.group(),
                line[end : end + _AFTER] + ("…" if len(line) > end + _AFTER else ""),
                groups,
            )
            at, units = end, units + length


def _paths(root: Path, typed: Mapping[str, str], query: Query) -> list[str]:
    include, exclude = compile_globs(query.include), compile_globs(query.exclude)
    paths = {entry.path for entry in walk(root, only_packed=True) if entry.kind is EntryKind.FILE}
    return sorted(
        path
        for path in paths.union(typed)
        if not never_packed(path)
        and (include is None or include.match(path))
        and (exclude is None or not exclude.match(path))
    )


def _read(root: Path, path: str, query: Query, summary: Summary) -> str | None:
    """The text of a file, or None when there is none or it cannot hold what is looked for."""
    try:
        with open(f"{root}/{path}", "rb") as file:  # a Path for each of 20,000 files costs 0.1 s
            data = file.read(HUGE_BYTES + 1)
    except FileNotFoundError:
        return None  # removed while we looked
    except OSError:
        _note(summary.unreadable, path)
        return None
    needle = query.needle
    if needle.isascii() and b"\0" not in data and data.isascii() and len(data) <= HUGE_BYTES:
        # Most files of a package, and most of them hold nothing: told without making text of them.
        wanted = needle.encode()
        if not (wanted in data if query.match_case else wanted.lower() in data.lower()):
            return None
    document = decode(data)
    if document.kind is FileKind.BINARY:
        summary.binaries += 1
        _note(summary.binary, path)
        return None
    if document.kind is FileKind.HUGE:
        _note(summary.huge, path)
        return None
    return document.text


def _note(names: list[str], path: str) -> None:
    if len(names) < _MOST_NAMES:
        names.append(path)


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
