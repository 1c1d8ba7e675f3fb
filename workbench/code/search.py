"""Searches and replaces in all files of a workspace as the editor shows them: unsaved text counts.

A search runs in its own process (this module, run with `-m`): matching an expression holds the global
interpreter lock, and some expressions take years for one line. A process can be ended. It reads the search as
a line of JSON, and answers in lines of JSON.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import workbench
from workbench.code.contents import never_packed
from workbench.code.dependencies.tool_process import ProcessWatch
from workbench.code.text import HUGE_BYTES, FileKind, decode
from workbench.code.tree import EntryKind, walk
from workbench.code.workspace_store import Drafts
from workbench.core.codec import convert
from workbench.core.errors import WorkbenchError
from workbench.core.files import explaining
from workbench.core.jobs import JobContext
from workbench.core.messages import _

if TYPE_CHECKING:
    from workbench.code.working_copy import Workspace

# With one of these, an expression without a match in the whole text may still match in a line.
_DEPENDS_ON_LINE_BOUNDS = re.compile(r"\(\?|\\[AZ]|[*+?}]\+")
_REFERENCE = re.compile(r"\$(\$|&|\d{1,2})|\\([nt\\])")


@dataclass(frozen=True, slots=True)
class Query:
    """What the user searches for.

    Attributes:
        text: Literal text, or a Python regular expression. Searched in each line.
        include: Comma-separated patterns of the files to search: `*.py, lib/**`. Empty for all.
    """

    text: str
    is_regex: bool = False
    match_case: bool = False
    whole_word: bool = False
    include: str = ""
    exclude: str = ""

    @property
    def needle(self) -> str:
        """Text that every match contains; empty if unknown."""
        return "" if self.is_regex else self.text

    @property
    def can_be_ruled_out_at_once(self) -> bool:
        """Whether a text without a match as a whole has no line with a match."""
        return not (self.is_regex and _DEPENDS_ON_LINE_BOUNDS.search(self.text))


def compile_query(query: Query) -> re.Pattern[str]:
    """The expression to search for in a line, or in a text of several lines.

    Raises WorkbenchError if it is not a valid regular expression, or empty.
    """
    if not query.text:
        raise WorkbenchError(_("There is nothing to search for."), _("The search field is empty."))
    source = query.text if query.is_regex else re.escape(query.text)
    if query.whole_word:
        # Not : the text may begin or end with a sign, where there is no word boundary.
        source = rf"(?<!\w)(?:{source})(?!\w)"
    try:
        return re.compile(source, re.MULTILINE | (re.NOFLAG if query.match_case else re.IGNORECASE))
    except (re.error, OverflowError, RecursionError) as error:
        raise WorkbenchError(
            _("Invalid regular expression."),
            _("Python reports: {error}.").format(error=error),
            _("Correct it, or turn off .*."),
        ) from error


def compile_globs(patterns: str) -> re.Pattern[str] | None:
    """An expression that matches the paths of the patterns; None if there are none.

    A pattern without `/` names files and folders at any depth; one with `/` starts at the top. A folder
    stands for everything in it. `*` and `?` do not match `/`; `**` does.
    """
    sources = [_translate(part) for part in (each.strip() for each in patterns.split(",")) if part]
    return re.compile("|".join(sources)) if sources else None


def expand(replacement: str, groups: tuple[str, ...]) -> str:
    r"""The text that replaces a match.

    Args:
        replacement: `$1` is the first group, `$&` and `$0` the match, `$$` a dollar sign; `\n` and `\t` are a
            line end and a tab.
        groups: The match and its groups; a group that did not take part is empty.
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
            # Another star follows: the first match is as good as any, and not trying others keeps it fast.
            source += f"(?>[^/]*?{_letters(after[0])})"
            number += 1
        else:
            source += "[^/]*" if piece == "*" else _letters(piece)
        number += 1
    return rf"\A{'' if is_anchored else '(?:.*/)?'}{source}(?:/.*)?\Z"


def _letters(piece: str) -> str:
    return re.escape(piece).replace(r"\?", "[^/]")


MAX_MATCHES = 10_000
"""The search ends there and says so."""

_MAX_NAMES = 100
_BEFORE, _AFTER = 40, 160  # characters of a line to show around a match
_REPORT_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Match:
    """A match. Lines and columns count from 1, columns in UTF-16 units, as in the editor.

    Attributes:
        before: The line up to the match, without its indentation, and shortened.
        groups: For a regular expression: the match and its groups. Empty for literal text.
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
    """All matches in one file, in order."""

    path: str
    matches: tuple[Match, ...]


@dataclass(slots=True)
class SearchSummary:
    """How a search went.

    Attributes:
        binary: Skipped files that are not text, at most a hundred; `binaries` counts all.
        huge: Skipped files that are too large for the editor.
        is_cut: Whether there are more than `MAX_MATCHES`.
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
    found: Callable[[tuple[FileMatches, ...], SearchSummary], object],
    limit: int = MAX_MATCHES,
) -> SearchSummary:
    """Searches all files in the order of their paths.

    Raises WorkbenchError if the query is invalid, or the files cannot be listed.

    Args:
        typed: Unsaved text by path, in place of the file's. The file need not exist.
        found: Called at least every 0.05 s with new matches and the progress of the search.
    """
    pattern = compile_query(query)
    summary = SearchSummary()
    waiting: list[FileMatches] = []
    reported_at = 0.0
    for path in _paths(root, typed, query):
        text = typed[path] if path in typed else _read(root, path, query, summary)
        summary.searched += 1
        if text is not None:
            matches = tuple(find(text, pattern, query, limit - summary.matches + 1))
            if len(matches) > limit - summary.matches:
                summary.is_cut = True
                matches = matches[:-1]
            if matches:
                summary.matches += len(matches)
                summary.files += 1
                waiting.append(FileMatches(path, matches))
        if summary.is_cut:
            break
        if (now := time.monotonic()) - reported_at > _REPORT_EVERY_S:
            found(tuple(waiting), summary)
            waiting.clear()
            reported_at = now
    found(tuple(waiting), summary)
    return summary


def find(text: str, pattern: re.Pattern[str], query: Query, limit: int) -> Iterator[Match]:
    """The matches in a text with LF as line ends, none of them empty, at most `limit`."""
    if query.can_be_ruled_out_at_once and pattern.search(text) is None:
        return
    for number, line in enumerate(text.split("\n"), 1):
        at, units = 0, 0
        for each in pattern.finditer(line):
            start, end = each.span()
            if start == end:
                continue
            if limit <= 0:
                return
            limit -= 1
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


def _read(root: Path, path: str, query: Query, summary: SearchSummary) -> str | None:
    """The text of a file, or None if there is none or it cannot contain a match."""
    try:
        with open(f"{root}/{path}", "rb") as file:  # a Path for each of 20,000 files costs 0.1 s
            data = file.read(HUGE_BYTES + 1)
    except FileNotFoundError:
        return None  # removed in the meantime
    except OSError:
        _note(summary.unreadable, path)
        return None
    needle = query.needle
    if needle.isascii() and b"\0" not in data and data.isascii() and len(data) <= HUGE_BYTES:
        # Most files of a package have no match, which is known without decoding them.
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
    if len(names) < _MAX_NAMES:
        names.append(path)


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class Replacement:
    """A match and the text that replaces it."""

    match: Match
    text: str


def replacement_of(match: Match, words: str) -> Replacement:
    """The replacement of a match; for a regular expression `$1` in it stands for its first group."""
    return Replacement(match, expand(words, match.groups) if match.groups else words)


def apply_replacements(path: str, text: str, replacements: Sequence[Replacement]) -> str:
    """A text with all replacements made.

    Raises WorkbenchError: the text has changed at one of them. Nothing is replaced then.

    Args:
        text: With LF as line ends.
        replacements: In any order; they do not overlap, since they come from one search.
        path: For errors.
    """
    lines = text.split("\n")
    for each in sorted(replacements, key=lambda each: (each.match.line, each.match.column), reverse=True):
        match = each.match
        line = lines[match.line - 1] if match.line <= len(lines) else ""
        start = _index(line, match.column - 1)
        end = start + len(match.found)
        if line[start:end] != match.found:
            raise WorkbenchError(
                _("No text was replaced in {path}.").format(path=path),
                _("It has changed since the search."),
                _("Search again."),
            )
        lines[match.line - 1] = line[:start] + each.text + line[end:]
    return "\n".join(lines)


def _index(line: str, units: int) -> int:
    if line.isascii():
        return units
    return len(line.encode("utf-16-le", "surrogatepass")[: units * 2].decode("utf-16-le", "surrogatepass"))


TIMEOUT_S = 10.0
"""After this long without output, the search is at an expression that does not end."""


def search_workspace(
    workspace: "Workspace",
    typed: Mapping[str, str],
    query: Query,
    ctx: JobContext,
    timeout_s: float = TIMEOUT_S,
) -> SearchSummary:
    """Searches a workspace; emits tuples of `FileMatches` as they are found.

    Raises WorkbenchError if the query is invalid, the files cannot be listed, or it takes too long.

    Args:
        typed: Text by path that is not even a draft yet; it counts in place of the file and its draft.
        ctx: Cancel ends the process.
        timeout_s: Maximum time for one file.
    """
    request = {
        "root": str(workspace.root),
        "drafts": str(workspace.drafts_folder),
        "typed": dict(typed),
        "query": asdict(query),
    }
    ctx.check()
    process = _start(workspace.root)
    watch = ProcessWatch(process, ctx, timeout_s)
    assert process.stdin is not None
    assert process.stdout is not None
    summary: SearchSummary | None = None
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        for line in process.stdout:
            watch.silent_s = 0.0
            answer: dict[str, Any] = json.loads(line)
            if "error" in answer:
                raise WorkbenchError(*answer["error"])
            if "done" in answer:
                summary = SearchSummary(**answer["done"])
            else:
                if found := convert(answer["found"], tuple[FileMatches, ...]):
                    ctx.emit(found)
                ctx.progress(0, 0, str(answer["searched"]))
    except (BrokenPipeError, json.JSONDecodeError):
        pass  # it ended early: see below
    finally:
        watch.end()
    ctx.check()
    if summary is None:
        raise WorkbenchError(
            _("The search was stopped."),
            _("One file took longer than {timeout_s:g} s.").format(timeout_s=timeout_s)
            if watch.timed_out
            else _("The search process failed."),
            _("Simplify the expression, or search in fewer files."),
        )
    return summary


def _start(root: Path) -> subprocess.Popen[bytes]:
    with explaining(_("The search could not be started."), root):
        return subprocess.Popen(
            [sys.executable, "-m", "workbench.code.search"],
            cwd=Path(workbench.__file__).parent.parent,  # `-m` finds the package from here, installed or not
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )


def main() -> None:
    """Answers the one request; ends when its standard input is closed, as then nobody waits."""
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    try:
        drafts = Drafts(Path(request["drafts"]))
        typed = {draft.path: draft.text for draft in drafts} | request["typed"]
        summary = search(Path(request["root"]), typed, Query(**request["query"]), _report)
    except WorkbenchError as error:
        _write({"error": [error.what, error.why, error.remedy]})
    else:
        _write({"done": asdict(summary)})


def _report(found: tuple[FileMatches, ...], summary: SearchSummary) -> None:
    _write({"found": [asdict(each) for each in found], "searched": summary.searched})


def _write(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _exit_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
