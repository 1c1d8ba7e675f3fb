"""Which installed packages a function's code can reach: what it imports, and what that requires.

Pure but for reading; nothing is imported or run. In doubt a package counts as reached.
"""

import ast
import json
import re
import warnings
from collections.abc import Iterable, Mapping
from email.parser import HeaderParser

from workbench.code.dependencies.inventory import Part, read_part_text

_MOST_SOURCE = 2 << 20
_SOURCES = (".py", ".js", ".mjs", ".cjs", ".ts", ".mts", ".jsx", ".tsx")
_REQUIRED = re.compile(r"[A-Za-z0-9][\w.-]*")
_JS_IMPORT = re.compile(r"""(?:from|import|require\s*\(|import\s*\()\s*["']([^"'\n]+)["']""")


def unreached(own: Part, installed: Iterable[Part]) -> tuple[Part, ...]:
    """The installed packages that the function's own code cannot reach; none when it cannot be read."""
    parts = {normal(part.name): part for part in installed}
    names = mentioned(own)
    if names is None:
        return ()
    waiting = [name for name, part in parts.items() if not names.isdisjoint(_modules(part))]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [each for each in _requires(parts[name]) if each in parts]
    return tuple(part for name, part in parts.items() if name not in reached)


def normal(name: str) -> str:
    """A distribution's name as indexes compare it. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def mentioned(own: Part) -> set[str] | None:
    """Modules that the code names, in imports or in texts."""
    names: set[str] = set()
    for file in own.files:
        source = read_part_text(own, file.path, _MOST_SOURCE) if file.path.endswith(_SOURCES) else ""
        if not source:
            continue
        if not file.path.endswith(".py"):
            for name in _JS_IMPORT.findall(source):
                names.add("/".join(name.split("/")[: 2 if name.startswith("@") else 1]))
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None  # it may import anything
        names |= _named_in(tree)
    return names


def _named_in(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                names |= {each.name.partition(".")[0] for each in node.names}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module.partition(".")[0])
            case ast.Constant(value=str(text)) if len(text) < 200:
                names.add(text.partition(".")[0])  # importlib.import_module("x.y"), a driver's name in a URL
                names.add(text.partition(":")[0].partition("+")[2])
    return names


def _modules(part: Part) -> set[str]:
    """What a package can be imported as."""
    if any(file.path.startswith("node_modules/") for file in part.files[:1]):
        return {part.name}
    tops = {file.path.partition("/")[0] for file in part.files}
    return {top.partition(".")[0] for top in tops if not top.endswith((".dist-info", ".libs", ".data"))}


def _requires(part: Part) -> list[str]:
    """The packages that a package says it needs, with any of its extras."""
    metadata = HeaderParser().parsestr(read_part_text(part, f"{part.about}/METADATA", _MOST_SOURCE))
    lines: list[str] = metadata.get_all("Requires-Dist", [])
    needed = [normal(found[0]) for line in lines if (found := _REQUIRED.match(line))]
    return needed + _node_requires(read_part_text(part, f"{part.about}/package.json", _MOST_SOURCE))


def _node_requires(text: str) -> list[str]:
    try:
        about = json.loads(text) if text else {}
    except ValueError:
        return []
    if not isinstance(about, Mapping):
        return []
    kinds = ("dependencies", "optionalDependencies", "peerDependencies")
    return [normal(name) for kind in kinds if isinstance(about.get(kind), dict) for name in about[kind]]
