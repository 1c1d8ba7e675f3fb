"""Names that source files define, found line by line, for going to them.

Not a parser: it finds what begins a line as definitions do. It needs no server, knows every language that
Lambda runs, and reads thousands of files while a person looks for the first letter. Pure.

Owns: what a definition looks like. Must not know: who asks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FLAGS = re.MULTILINE
_TYPE = r"(class|interface|enum|type)[ \t]+([A-Za-z_$][\w$]*)"
_SCRIPT = (
    r"^[ \t]*(?:export[ \t]+)?(?:default[ \t]+)?(?:async[ \t]+)?(function)\*?[ \t]+([A-Za-z_$][\w$]*)",
    r"^[ \t]*(?:export[ \t]+)?(?:default[ \t]+|abstract[ \t]+)?" + _TYPE,
    r"^(?:export[ \t]+)?(const|let|var)[ \t]+([A-Za-z_$][\w$]*)[ \t]*[=:]",
    r"^(?:module\.)?(exports)\.([A-Za-z_$][\w$]*)[ \t]*=",
)
_WORDS_BEFORE = (
    "public|private|protected|internal|static|final|abstract|sealed|partial|async|override|virtual"
)
_OF_C = (
    rf"^[ \t]*(?:(?:{_WORDS_BEFORE})[ \t]+)*(class|interface|enum|record|struct)[ \t]+([A-Za-z_]\w*)",
    rf"^[ \t]+(?:(?:{_WORDS_BEFORE})[ \t]+)+(?:[\w<>\[\],.?]+[ \t]+)()([A-Za-z_]\w*)[ \t]*\(",
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
_WORDS = {"def": "function", "fn": "function", "func": "function", "exports": "const"}
_NO_NAMES = frozenset({"if", "for", "while", "switch", "return", "new", "catch", "function"})


@dataclass(frozen=True, slots=True)
class SymbolPlace:
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


def symbols_in(path: str, text: str) -> Iterator[SymbolPlace]:
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
            yield SymbolPlace(name, _WORDS.get(kind, kind) or unnamed, path, line, column)


def _ending(path: str) -> str:
    return "." + path.rpartition("/")[2].rpartition(".")[2].lower()
