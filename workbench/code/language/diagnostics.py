"""What the servers find wrong, joined: each problem once, as a text that fits a line."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from workbench.code.language.protocol import Json, Message
from workbench.code.language.python import RUFF, TY
from workbench.code.syntax import INVALID_SYNTAX, Problem

_SEVERITIES = {1: "error", 2: "warning", 3: "info", 4: "hint"}
_TAGS = {1: "unnecessary", 2: "deprecated"}
_MISSING_IMPORTS = ("import-not-found", "unresolved-import")
_SYNTAX = (INVALID_SYNTAX, "syntax-error")  # also ruff's
_ALSO_REPORTED_BY_TY = ("invalid-syntax", "F821")  # syntax errors, undefined names

MAX_FINDINGS = 1_000
"""Of one server in one file; VS Code takes as many. A generated file of 50,000 lines can have 20,000 hints,
and all of them would travel to the editor and be drawn anew after every key stroke."""

type RawDiagnostic = dict[str, Json]


def path_of(uri: str) -> Path:
    """The file of a file: URI, however it is escaped."""
    return Path(url2pathname(urlsplit(uri).path))


def relative_path(uri: str, root: Path) -> str:
    """The path of a file of the code, relative to it, with `/`; "" for a file elsewhere."""
    file = path_of(uri)
    return file.relative_to(root).as_posix() if uri.startswith("file:") and file.is_relative_to(root) else ""


def read_published(params: Json) -> tuple[str, list[RawDiagnostic]]:
    """The document and the findings of a `publishDiagnostics`; "" when it is none that is understood.

    Of more than MAX_FINDINGS the worst are kept, and of these the first.
    """
    if not isinstance(params, dict):
        return "", []
    uri, findings = params.get("uri"), params.get("diagnostics")
    if not isinstance(uri, str) or not isinstance(findings, list):
        return "", []
    found = [finding for finding in findings if isinstance(finding, dict)]
    if len(found) > MAX_FINDINGS:
        found = sorted(found, key=_severity_rank)[:MAX_FINDINGS]
    return uri, found


def _severity_rank(finding: RawDiagnostic) -> int:
    severity = finding.get("severity")
    return severity if isinstance(severity, int) else 1


def problems_in(path: str, found: Mapping[str, Iterable[RawDiagnostic]]) -> tuple[Problem, ...]:
    """The problems of one file, by line.

    Args:
        path: The file, relative to the code.
        found: Server -> what it said last.
    """
    problems = [
        _problem(path, server, finding)
        for server, findings in found.items()
        for finding in findings
        if not (server == RUFF and TY in found and finding.get("code") in _ALSO_REPORTED_BY_TY)
    ]
    return tuple(sorted(problems, key=lambda each: (each.line, each.column, each.source)))


def by_cause(problems: Iterable[Problem]) -> list[tuple[Problem, tuple[Problem, ...]]]:
    """Problems in the order in which to look at them, each with those that may only follow from it.

    Syntax errors come first, with all else that was found in their files, then imports of missing modules,
    then the rest; of each the worst first, and of equal ones in the order given.
    """
    first: dict[str, Problem] = {}
    listed = list(problems)
    for each in listed:
        known = first.get(each.path)
        if each.rule in _SYNTAX and (known is None or each.line < known.line):
            first[each.path] = each
    under: dict[str, list[Problem]] = {path: [] for path in first}
    causes = []
    for each in sorted(listed, key=_rank):
        if each.path in first and each is not first[each.path]:
            under[each.path].append(each)
        else:
            causes.append(each)
    return [(each, tuple(under[each.path]) if first.get(each.path) is each else ()) for each in causes]


def _rank(problem: Problem) -> tuple[int, int]:
    kinds = (_SYNTAX, _MISSING_IMPORTS)
    kind = next((number for number, rules in enumerate(kinds) if problem.rule in rules), len(kinds))
    return kind, list(_SEVERITIES.values()).index(problem.severity)


def _problem(path: str, server: str, finding: RawDiagnostic) -> Problem:
    line, column, end_line, end_column = range_of(finding.get("range"))
    code, message, tags = finding.get("code"), finding.get("message"), finding.get("tags")
    severity = finding.get("severity")
    words = str(message).partition("\n")[0]  # what follows advises how to configure the server
    if code in _MISSING_IMPORTS:
        severity, words = 2, f"{words}. It works if a layer contains the module."
    return Problem(
        path,
        line,
        column,
        words,
        end_line,
        end_column,
        _SEVERITIES.get(severity if isinstance(severity, int) else 1, "error"),
        server,
        str(code or ""),
        next((_TAGS[tag] for tag in tags if isinstance(tag, int) and tag in _TAGS), "")
        if isinstance(tags, list)
        else "",
    )


def range_of(value: Json) -> tuple[int, int, int, int]:
    """Line, column, end line and end column, from 1, of the protocol's range, which counts from 0."""
    start, end = (value.get("start"), value.get("end")) if isinstance(value, dict) else (None, None)
    return (*_position(start), *_position(end))


def _position(value: Json) -> tuple[int, int]:
    line, character = (value.get("line"), value.get("character")) if isinstance(value, dict) else (0, 0)
    return (
        (line if isinstance(line, int) else 0) + 1,
        (character if isinstance(character, int) else 0) + 1,
    )


def overlapping(findings: Iterable[RawDiagnostic], place: Json) -> list[Message]:
    """The findings in a range, for `codeAction`: the server makes its fixes from them."""
    line, column, end_line, end_column = range_of(place)

    def touches(finding: RawDiagnostic) -> bool:
        begin_line, begin_column, stop_line, stop_column = range_of(finding.get("range"))
        return (begin_line, begin_column) <= (end_line, end_column) and (line, column) <= (
            stop_line,
            stop_column,
        )

    return [finding for finding in findings if touches(finding)]
