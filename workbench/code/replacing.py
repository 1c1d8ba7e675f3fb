"""Replacing what a search found, in a text that may have changed since. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.code.search import Match
from workbench.code.search_query import expand
from workbench.core.errors import WorkbenchError


@dataclass(frozen=True, slots=True)
class Replacement:
    """One place and what comes there."""

    match: Match
    text: str


def replacement_of(match: Match, words: str) -> Replacement:
    """What a match becomes; in the words for a regular expression `$1` stands for its first group."""
    return Replacement(match, expand(words, match.groups) if match.groups else words)


def replaced(path: str, text: str, replacements: Sequence[Replacement]) -> str:
    """A text with all replacements made.

    Args:
        path: For the error.
        text: With LF as line ends.
        replacements: In any order; they do not overlap, as they come from one search.

    Raises:
        WorkbenchError: What is to be replaced is not there any more. Nothing is replaced then.
    """
    lines = text.split("\n")
    for each in sorted(replacements, key=lambda each: (each.match.line, each.match.column), reverse=True):
        match = each.match
        line = lines[match.line - 1] if match.line <= len(lines) else ""
        start = _index(line, match.column - 1)
        end = start + len(match.found)
        if line[start:end] != match.found:
            raise WorkbenchError(
                f"No text was replaced in {path}.", "It has changed since the search.", "Search again."
            )
        lines[match.line - 1] = line[:start] + each.text + line[end:]
    return "\n".join(lines)


def _index(line: str, units: int) -> int:
    """The character at so many UTF-16 units."""
    if line.isascii():
        return units
    return len(line.encode("utf-16-le", "surrogatepass")[: units * 2].decode("utf-16-le", "surrogatepass"))
