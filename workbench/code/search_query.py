"""What to look for in the files of a workspace, made ready: an expression, and which paths count.

Owns: what the words in the search fields mean. Must not know: files.
"""

import re
from dataclasses import dataclass

from workbench.core.errors import WorkbenchError

# With one of these, that nothing is found in the whole text does not say that nothing is found in a line.
_LOOKS_BEYOND_THE_LINE = re.compile(r"\(\?|\\[AZ]|[*+?}]\+")
_REFERENCE = re.compile(r"\$(\$|&|\d{1,2})|\\([nt\\])")


@dataclass(frozen=True, slots=True)
class Query:
    """What a person looks for.

    Attributes:
        text: Literal text, or a regular expression as Python has them. It is looked for in each line.
        include: Patterns of the files to look in, with commas between: `*.py, lib/**`. Empty for all.
        exclude: Patterns of the files to leave out.
    """

    text: str
    is_regex: bool = False
    match_case: bool = False
    whole_word: bool = False
    include: str = ""
    exclude: str = ""

    @property
    def needle(self) -> str:
        """Text that is in everything that matches; empty when there is none that is known."""
        return "" if self.is_regex else self.text

    @property
    def is_told_by_the_whole(self) -> bool:
        """Whether a text in which the expression finds nothing has no line in which it finds something."""
        return not (self.is_regex and _LOOKS_BEYOND_THE_LINE.search(self.text))


def compile_query(query: Query) -> re.Pattern[str]:
    """The expression to look for in a line, or in a text of several lines.

    Raises:
        WorkbenchError: It is no regular expression, or there is nothing to look for.
    """
    if not query.text:
        raise WorkbenchError("There is nothing to search for.", "The search field is empty.")
    source = query.text if query.is_regex else re.escape(query.text)
    if query.whole_word:
        # Not \b: what is looked for may begin or end with a sign, and then has no word's border there.
        source = rf"(?<!\w)(?:{source})(?!\w)"
    try:
        return re.compile(source, re.MULTILINE | (re.NOFLAG if query.match_case else re.IGNORECASE))
    except (re.error, OverflowError, RecursionError) as error:
        raise WorkbenchError(
            "Invalid regular expression.", f"Python reports: {error}.", "Correct it, or turn off .*."
        ) from error


def compile_globs(patterns: str) -> re.Pattern[str] | None:
    """An expression that matches the paths that the patterns name; None when there are no patterns.

    A pattern without `/` names files and folders at any depth; one with `/` begins at the top. A folder
    stands for all that is in it. `*` and `?` do not match `/`; `**` does.
    """
    sources = [_translate(part) for part in (each.strip() for each in patterns.split(",")) if part]
    return re.compile("|".join(sources)) if sources else None


def expand(replacement: str, groups: tuple[str, ...]) -> str:
    r"""The text that takes a match's place.

    Args:
        replacement: `$1` is the first group, `$&` and `$0` the match, `$$` a dollar sign; `\n` and `\t` are a
            line end and a tab.
        groups: The match and its groups; a group that took no part is empty.
    """

    def put(found: re.Match[str]) -> str:
        reference, escaped = found.groups()
        if escaped:
            return {"n": "\n", "t": "\t"}.get(escaped, escaped)
        if reference == "$":
            return "$"
        number = 0 if reference == "&" else int(reference)
        return groups[number] if number < len(groups) else found.group()

    return _REFERENCE.sub(put, replacement)


def _translate(pattern: str) -> str:
    is_anchored = "/" in pattern.rstrip("/")
    pieces = re.findall(r"\*\*+/|\*\*+|\*|[^*]+", pattern.removeprefix("./").strip("/"))
    source, number = "", 0
    while number < len(pieces):
        piece, after = pieces[number], pieces[number + 1 : number + 3]
        if piece.startswith("**"):
            source += "(?:.*/)?" if piece.endswith("/") else ".*"
        elif piece == "*" and len(after) == 2 and "/" not in after[0]:
            # Another star follows: the first fit is as good as any, and trying no other keeps it fast.
            source += f"(?>[^/]*?{_letters(after[0])})"
            number += 1
        else:
            source += "[^/]*" if piece == "*" else _letters(piece)
        number += 1
    return rf"\A{'' if is_anchored else '(?:.*/)?'}{source}(?:/.*)?\Z"


def _letters(piece: str) -> str:
    return re.escape(piece).replace(r"\?", "[^/]")
