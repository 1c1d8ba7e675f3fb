"""Which functions of some code Lambda could call, in each language, and which names its modules export.

Python is parsed; other languages are read by their form. Nothing is run.
"""

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from workbench.code.javascript import without_comments
from workbench.code.sources import Sources, json_object
from workbench.code.syntax import handlers_in
from workbench_sandbox.rules.runtimes import FAMILIES

MAX_CANDIDATES = 20
_USUAL_FILES = ("lambda_function", "app", "index", "handler", "main", "lambda")
_NOT_HANDLERS = re.compile(
    r"(?:^|/)(?:tests?|__tests__|__mocks__|spec|examples?|scripts?|cdk\.out|coverage)/"
    r"|(?:^|/)(?:test_|conftest)[^/]*$|[._-](?:test|spec|config|mock)\.[a-z]+$"
    r"|(?:^|/)(?:setup|noxfile|fabfile|manage)\.py$"
)
_NAME = r"[A-Za-z_$][\w$]*+"
_EVENT = re.compile(r"[^\n(]{0,99}?(?:\(\s*|\b)_?(?:event|evt)\b")
_NAMED = re.compile(
    rf"(?:^|(?<=[;}}]))[ \t]*+export[ \t]++(?:async[ \t]++)?function[ \t]*+\*?[ \t]*+({_NAME})"
    rf"|(?:^|(?<=[;}}]))[ \t]*+export[ \t]++(?:const|let|var|class)[ \t]++({_NAME})"
    rf"|(?<![\w$.])(?:module\.)?exports\.({_NAME})[ \t]*+=(?!=)",
    re.MULTILINE,
)
_LISTED = re.compile(
    r"(?:(?:^|(?<=[;}]))[ \t]*+export[ \t]*+|(?<![\w$.])(?:module\.)?exports[ \t]*+=[ \t]*+)\{([^{}]*+)\}",
    re.MULTILINE,
)
_LISTED_NAME = re.compile(rf"(?<![\w$])({_NAME})(?:\s++as\s++({_NAME}))?\s*+(?=[,:(]|$)")
_UNKNOWN = re.compile(
    r"^[ \t]*+export[ \t]*+(?:\*|default\b|(?:const|let|var)[ \t]*+[\[{])"
    r"|^[ \t]*+export[ \t]++(?:const|let|var)\b[^;\n]{0,300}?,[ \t]*+[\w$]++[ \t]*+=(?![=>])"
    r"|exports[ \t]*+=[ \t]*+(?!\{)|exports\[|(?<![\w$.])exports[,)]|^[ \t]*+this\."
    r"|exports[ \t]*+=[ \t]*+\{[^{}]{0,2000}?(?:\{|\.\.\.)"
    r"|__exportStar|__export\(|Object\.(?:assign|defineProperty|defineProperties)\([^\n]{0,99}exports",
    re.MULTILINE,
)
_RUBY_SCOPE = re.compile(r"^([ \t]*+)(?:class|module)[ \t]++([A-Z][\w:]*+)")
_RUBY_HANDLER = re.compile(r"^([ \t]*+)def[ \t]++(self\.)?([a-z_]\w*+[?!]?)[ \t]*+\(?[ \t]*+event:")
_JAVA_HANDLERS = {
    "com/amazonaws/services/lambda/runtime/RequestHandler",
    "com/amazonaws/services/lambda/runtime/RequestStreamHandler",
}


def find_handlers(sources: Sources, check: Callable[[], object] = lambda: None) -> dict[str, tuple[str, ...]]:
    """The handlers of the function's own code by family of runtimes, most likely first.

    Args:
        check: Called between files; may raise to stop.
    """
    main = _main_module(sources)
    found = {}
    for family in FAMILIES:
        ranked: list[tuple[tuple[object, ...], str]] = []
        for path in sources.of(family):
            check()
            if family == "java" or not _NOT_HANDLERS.search(path):
                handlers = islice(_in_file(path, sources, family), MAX_CANDIDATES)
                ranked += [(_rank(path, each, main), each) for each in handlers]
        found[family] = tuple(dict.fromkeys(name for __, name in sorted(ranked)))[:MAX_CANDIDATES]
    if "bootstrap" in sources.paths:
        found["provided"] = ("bootstrap",)
    found["dotnet"] = _dotnet_handlers(sources)
    return found


def _main_module(sources: Sources) -> str:
    """The module that package.json names as the package's own, without its ending; "" if it names none."""
    main = json_object(sources.text("package.json")).get("main")
    return re.sub(r"\.[cm]?js$", "", main.removeprefix("./")) if isinstance(main, str) else ""


def _rank(path: str, handler: str, main: str) -> tuple[object, ...]:
    module = path.rpartition(".")[0]
    stem = module.rpartition("/")[2].lower()
    usual = _USUAL_FILES.index(stem) if stem in _USUAL_FILES else len(_USUAL_FILES)
    name = re.split(r"[.:]", handler)[-1].lower()
    is_main = bool(main) and main in (module, module.removesuffix("/index"))
    return (
        "handler" not in name and "handle" not in name,
        not is_main,
        usual == len(_USUAL_FILES),
        path.count("/"),
        usual,
        name not in ("lambda_handler", "handler"),
        handler,
    )


def _in_file(path: str, sources: Sources, family: str) -> Iterable[str]:
    module = path.rpartition(".")[0]
    match family:
        case "python":
            module = module.removesuffix("/__init__")
            return (f"{module}.{name}" for name in handlers_in(sources.text(path)))
        case "nodejs":
            return (f"{module}.{name}" for name in _script_handlers(sources.text(path)))
        case "ruby":
            return (f"{module}.{name}" for name in _ruby_handlers(sources.text(path)))
        case "java":
            name = java_handler(sources.data(path))
            return (name,) if name else ()
    return ()


def script_exports(text: str) -> frozenset[str] | None:
    """The names that a JavaScript module exports; None if they cannot be known."""
    __, code = without_comments(text)
    return None if _UNKNOWN.search(code) else _exported(code)


def _exported(code: str) -> frozenset[str] | None:
    names = {name for found in _NAMED.finditer(code) for name in found.groups() if name}
    for listed in _LISTED.findall(code):
        names |= {new or old for old, new in _LISTED_NAME.findall(listed)}
    if not names and "export" in code:
        return None  # in a form that is not known here
    return frozenset(names)


def _script_handlers(text: str) -> Iterator[str]:
    __, code = without_comments(text)
    names = _exported(code) or frozenset()
    for name in sorted(names, key=lambda name: ("handler" not in name.lower(), name))[:50]:
        begin = re.search(rf"(?<![\w$]){re.escape(name)}\b(?=[^\n]{{0,99}}(?:\(|=>))", code)
        takes_event = begin is not None and _EVENT.match(code, begin.end())
        if "handler" in name.lower() or takes_event or len(names) == 1:
            yield name


def _ruby_handlers(text: str) -> Iterator[str]:
    scopes: list[tuple[int, str]] = []
    for line in text.splitlines():
        scope = _RUBY_SCOPE.match(line)
        found = scope or _RUBY_HANDLER.match(line)
        if found is None:
            continue
        indent = len(found[1])
        while scopes and scopes[-1][0] >= indent:
            scopes.pop()
        if scope:
            scopes.append((indent, scope[2]))
        elif not scopes or found[2]:
            yield ".".join(filter(None, ("::".join(name for __, name in scopes), found[3])))


def _dotnet_handlers(sources: Sources) -> tuple[str, ...]:
    """What the defaults of Amazon.Lambda.Tools name: assemblies are not read."""
    path = next((each for each in sources.own if each.endswith("aws-lambda-tools-defaults.json")), "")
    handler = json_object(sources.text(path)).get("function-handler") if path else None
    return (handler,) if isinstance(handler, str) and handler else ()


# Class files -----------------------------------------------------------------------------------------------

_MAGIC = 0xCAFEBABE
_JAVA_8 = 52
# Source: https://docs.oracle.com/javase/specs/jvms/se21/html/jvms-4.html#jvms-4.4, table 4.4-B, and the sizes
# of the structures below it. Longs and doubles take two entries.
_CONSTANT_BYTES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4}
_CONSTANT_BYTES |= {19: 2, 20: 2}
_UTF8, _CLASS, _WIDE = 1, 7, (5, 6)
_ABSTRACT = 0x0400


def java_version(data: bytes) -> int:
    """The version of Java that a class file requires, such as 17; 0 if it is no class file."""
    if len(data) < 8 or struct.unpack_from(">I", data)[0] != _MAGIC:
        return 0
    return max(0, int(struct.unpack_from(">H", data, 6)[0]) - _JAVA_8 + 8)


def java_handler(data: bytes) -> str:
    """The handler of a class file whose class implements an interface of Lambda; "" for all others."""
    try:
        name, interfaces, access = _class_of(data)
    except (struct.error, KeyError, IndexError):
        return ""
    if access & _ABSTRACT or not _JAVA_HANDLERS.intersection(interfaces):
        return ""
    return f"{name.replace('/', '.')}::handleRequest"


def _class_of(data: bytes) -> tuple[str, list[str], int]:
    """The name of a class, its interfaces and its flags. Raises struct.error, KeyError or IndexError."""
    if not java_version(data):
        raise KeyError(_MAGIC)
    texts: dict[int, str] = {}
    classes: dict[int, int] = {}
    (count,) = struct.unpack_from(">H", data, 8)
    at, index = 10, 1
    while index < count:
        tag = data[at]
        if tag == _UTF8:
            (length,) = struct.unpack_from(">H", data, at + 1)
            texts[index] = data[at + 3 : at + 3 + length].decode("utf-8", "replace")
            at += 3 + length
        else:
            if tag == _CLASS:
                (classes[index],) = struct.unpack_from(">H", data, at + 1)
            at += 1 + _CONSTANT_BYTES[tag]
        index += 2 if tag in _WIDE else 1
    access, this, _super, interfaces = struct.unpack_from(">4H", data, at)
    names = [texts[classes[each]] for each in struct.unpack_from(f">{interfaces}H", data, at + 8)]
    return texts[classes[this]], names, access
