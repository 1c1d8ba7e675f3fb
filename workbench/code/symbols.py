"""Names that a function's code defines, found line by line, its own before those of its dependencies.

Not a parser: it finds what begins a line as definitions do. It needs no server, knows every language that
Lambda runs, and reads thousands of files while the user looks for the first letter.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.code.tree import EntryKind, walk
from workbench.core.jobs import JobContext

MAX_SYMBOLS = 10_000
"""A list that is narrowed at every key has to end; own code never comes near."""

_LARGEST_BYTES = 300_000  # larger ones are generated

_MODULES_OF_NODE = "node_modules"

_FLAGS = re.MULTILINE

_TYPE = r"(class|interface|enum|type)[ \t]+([A-Za-z_$][\w$]*)"

_SCRIPT = (
    r"^[ \t]*(?:export[ \t]+)?(?:default[ \t]+)?(?:async[ \t]+)?(function)\*?[ \t]+([A-Za-z_$][\w$]*)",
    r"^[ \t]*(?:export[ \t]+)?(?:default[ \t]+|abstract[ \t]+)?" + _TYPE,
    r"^(?:export[ \t]+)?(const|let|var)[ \t]+([A-Za-z_$][\w$]*)[ \t]*[=:]",
    r"^(?:module\.)?(exports)\.([A-Za-z_$][\w$]*)[ \t]*=",
)

_MODIFIERS = "public|private|protected|internal|static|final|abstract|sealed|partial|async|override|virtual"

_OF_C = (
    rf"^[ \t]*(?:(?:{_MODIFIERS})[ \t]+)*(class|interface|enum|record|struct)[ \t]+([A-Za-z_]\w*)",
    rf"^[ \t]+(?:(?:{_MODIFIERS})[ \t]+)+(?:[\w<>\[\],.?]+[ \t]+)()([A-Za-z_]\w*)[ \t]*\(",
)

_RUST = r"^[ \t]*(?:pub(?:\([^)\n]*\))?[ \t]+)?(?:async[ \t]+|const[ \t]+|unsafe[ \t]+)*"

_PATTERNS: dict[tuple[str, ...], tuple[str, ...]] = {
    (".py", ".pyi"): (
        r"^[ \t]*(?:async[ \t]+)?(def|class)[ \t]+([A-Za-z_]\w*)",
        r"^()([A-Za-z_]\w*)[ \t]*(?::[^=\n]*)?=(?!=)",
    ),
    (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"): _SCRIPT,
    (".rb",): (r"^[ \t]*(def|class|module)[ \t]+(?:self\.)?([A-Za-z_]\w*[?!=]?)",),
    (".go",): (
        r"^(func)[ \t]+(?:\([^)\n]*\)[ \t]*)?([A-Za-z_]\w*)",
        r"^(type)[ \t]+([A-Za-z_]\w*)",
    ),
    (".rs",): (_RUST + r"(fn|struct|enum|trait|mod|type)[ \t]+([A-Za-z_]\w*)",),
    (".java", ".cs", ".kt"): _OF_C,
}

_BY_ENDING = {
    ending: tuple(re.compile(pattern, _FLAGS) for pattern in patterns)
    for endings, patterns in _PATTERNS.items()
    for ending in endings
}

_KINDS = {"def": "function", "fn": "function", "func": "function", "exports": "const"}

_NO_NAMES = frozenset({"if", "for", "while", "switch", "return", "new", "catch", "function"})


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition.

    Attributes:
        name: As it is written.
        kind: A word: "function", "class"…
        path: The file, relative to the code.
        line: From 1.
        column: From 1, in UTF-16 units.
    """

    name: str
    kind: str
    path: str
    line: int
    column: int


def has_symbols(path: str) -> bool:
    """Whether a file's language is known here."""
    return _ending(path) in _BY_ENDING


def symbols_in(path: str, text: str) -> Iterator[Symbol]:
    """What a text with LF as line ends defines, in no order."""
    unnamed = "variable" if _ending(path) in (".py", ".pyi") else "method"
    for pattern in _BY_ENDING.get(_ending(path), ()):
        line, counted = 1, 0
        for found in pattern.finditer(text):
            kind, name = found.groups()
            if unnamed == "method" and name in _NO_NAMES:
                continue
            at = found.start(2)
            line += text.count("\n", counted, at)
            counted = at
            begins = text.rfind("\n", 0, at) + 1
            column = len(text[begins:at].encode("utf-16-le", "surrogatepass")) // 2 + 1
            yield Symbol(name, _KINDS.get(kind, kind) or unnamed, path, line, column)


def _ending(path: str) -> str:
    return "." + path.rpartition("/")[2].rpartition(".")[2].lower()


def scan_symbols(
    root: Path, typed: Mapping[str, str], ctx: JobContext, limit: int = MAX_SYMBOLS
) -> tuple[Symbol, ...]:
    """Reads the code until there are `limit` names.

    Args:
        root: The working files.
        typed: Text that is not saved, by path; it counts instead of the file's.
        ctx: The job.
        limit: How many names, the ones of the function's own code first.

    Raises:
        WorkbenchError: The files cannot be listed.
        Cancelled: Between two files.
    """
    entries = [entry for entry in walk(root, only_packed=True) if entry.kind is EntryKind.FILE]
    sizes = {entry.path: entry.size_bytes for entry in entries if has_symbols(entry.path)}
    dependencies = _dependency_folders(root, (entry.path for entry in entries))
    found: list[Symbol] = []
    for path in sorted(
        {*sizes, *filter(has_symbols, typed)}, key=lambda path: (_top(path) in dependencies, path)
    ):
        ctx.check()
        text = typed.get(path)
        if text is None:
            text = _read(root, path) if sizes[path] <= _LARGEST_BYTES else ""
        found.extend(sorted(symbols_in(path, text), key=lambda each: each.line))
        if len(found) >= limit:
            break
    return tuple(found[:limit])


def _dependency_folders(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Names at the top of the code that packages have put there, as pip and npm tell."""
    tops = {_MODULES_OF_NODE}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name == "RECORD" and folder.endswith(".dist-info") and "/" not in folder:
            tops.add(folder)
            tops.update(_top(line) for line in _read(root, path).splitlines())
    return frozenset(tops)


def _top(path: str) -> str:
    """The first name of a path, or of a line of RECORD, which says more behind a comma."""
    return path.partition(",")[0].partition("/")[0]


def _read(root: Path, path: str) -> str:
    """The text, "" when it cannot be read: it is only looked through."""
    try:
        with open(os.path.join(root, path), encoding="utf-8-sig", errors="replace") as file:
            return file.read()
    except (OSError, ValueError):
        return ""
