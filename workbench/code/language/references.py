"""Ranges that a language server names, as matches of a search: by file, with the lines that they are in."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from workbench.code.language.diagnostics import range_of, relative_path
from workbench.code.language.protocol import Json
from workbench.code.search import FileMatches, Match

_BEFORE, _AFTER = 40, 160  # characters of a line to show around a place

type FileRanges = dict[str, list[tuple[int, int, int, int]]]
"""Path -> ranges: line, column, end line, end column, all from 1, columns in UTF-16 units."""


def ranges_by_file(locations: Json, root: Path) -> FileRanges:
    """The places in the code, of what `textDocument/references` answers; others are left out."""
    found: FileRanges = defaultdict(list)
    for each in locations if isinstance(locations, list) else ():
        if isinstance(each, dict) and (path := relative_path(str(each.get("uri")), root)):
            found[path].append(range_of(each.get("range")))
    return {path: sorted(set(ranges)) for path, ranges in sorted(found.items())}


def matches_of(places: FileRanges, read: Callable[[str], str | None]) -> tuple[FileMatches, ...]:
    """The places with the lines they are in; files that cannot be read are left out.

    Args:
        places: Of `ranges_by_file`.
        read: The text of a file with LF as line ends, None when there is none.
    """
    found = []
    for path, ranges in places.items():
        text = read(path)
        if text is None:
            continue
        lines = text.split("\n")
        matches = tuple(
            _match(lines[line - 1], line, column, end_column)
            for line, column, end_line, end_column in ranges
            if line == end_line and line <= len(lines)
        )
        if matches:
            found.append(FileMatches(path, matches))
    return tuple(found)


def _match(text: str, line: int, column: int, end_column: int) -> Match:
    units = text.encode("utf-16-le", "surrogatepass")

    def cut(start: int, end: int) -> str:
        return units[start * 2 : end * 2].decode("utf-16-le", "surrogatepass")

    start, end = column - 1, end_column - 1
    before, after = cut(max(0, start - _BEFORE), start), cut(end, end + _AFTER)
    return Match(
        line,
        column,
        end_column,
        before.lstrip() if start <= _BEFORE else f"…{before}",
        cut(start, end),
        after,
    )
