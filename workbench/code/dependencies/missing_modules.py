"""Modules that the handler imports, directly or through other files of the code, and that nothing brings.

Files are only read. In doubt nothing is missing: only what is imported at the top of a file counts, not in a
`try`, on a condition or in a function, and nothing at all once a file changes where modules are looked for.
"""

import ast
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.code.dependencies.inventory import JS_IMPORT, is_in_runtime, node_package, normal, parse_python
from workbench.code.dependencies.store import Target
from workbench.code.javascript import without_comments
from workbench.code.sources import json_object
from workbench.code.syntax import handler_files

_LONGEST = 256_000
_MAX_FILES = 500
_MAX_MISSING = 20
# Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html, and what the images contain.
_BESIDE_PYTHON = frozenset(
    {
        "awslambdaric", "bootstrap", "dateutil", "runtime_client", "simplejson", "six", "snapshot_restore_py",
        "urllib3", "pip", "pkg_resources", "setuptools", "_distutils_hack",
        # Modules of the standard library that newer versions no longer have.
        "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils", "imghdr",
        "imp", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd",
        "sunau", "telnetlib", "uu", "xdrlib", "lib2to3",
    }
)  # fmt: skip
# Source: https://nodejs.org/api/module.html, module.builtinModules.
_NODE_MODULES = frozenset(
    {
        "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto",
        "dgram", "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https",
        "inspector", "module", "net", "os", "path", "perf_hooks", "process", "punycode", "querystring",
        "readline", "repl", "stream",
        "string_decoder", "sys", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi",
        "worker_threads", "zlib", "awslambda",
    }
)  # fmt: skip
_OWN_SEARCH = re.compile(
    r"\bsys\s*\.\s*(?:path|meta_path|path_hooks|modules)\b|\bfrom\s+sys\s+import\b|addsitedir"
)
_OWN_SEARCH_SCRIPT = re.compile(
    r"NODE_PATH|\bmodule\s*\.\s*paths\b|_resolveFilename|globalPaths|module-alias"
)
_BRACKET = re.compile(r"[{}]")
_SCRIPT_ENDINGS = ("", ".js", ".mjs", ".cjs", ".json", "/index.js", "/index.mjs", "/index.cjs")


@dataclass(frozen=True, slots=True)
class MissingModule:
    """A module, and the first file that imports it."""

    name: str
    path: str


def missing_modules(
    root: Path,
    paths: Collection[str],
    handler: str,
    target: Target,
    elsewhere: Iterable[str] = (),
) -> tuple[MissingModule, ...]:
    """The modules that are neither in a package, nor in the runtime; sorted.

    Args:
        root: The folder of the code.
        paths: The files of the package, installed ones included.
        elsewhere: Further names that can be imported: of layers, or of packages to be installed.
    """
    start = next((path for path in handler_files(handler, target.runtime) if path in paths), "")
    imports = {"python": _python_imports, "nodejs": _node_imports}.get(target.language)
    if not start or imports is None:
        return ()
    known = frozenset(elsewhere) | _importable(root, paths, target.language)
    found: dict[str, str] = {}
    waiting, seen = [start], {start}
    while waiting and len(seen) < _MAX_FILES:
        path = waiting.pop(0)
        imported = imports(root, path, frozenset(paths))
        if imported is None:
            return ()
        for name, own in imported:
            if own and own not in seen:
                seen.add(own)
                waiting.append(own)
            elif not own and name not in known and not _has_module(name, target):
                found.setdefault(name, path)
    return tuple(MissingModule(name, found[name]) for name in sorted(found)[:_MAX_MISSING])


def _importable(root: Path, paths: Collection[str], language: str) -> frozenset[str]:
    """The names of modules in a package."""
    if language == "python":
        return frozenset(path.partition("/")[0].partition(".")[0] for path in paths)
    names = {str(json_object(_text(root, "package.json")).get("name"))}  # a package can import itself
    for path in paths:
        __, folder, inner = f"/{path}".partition("/node_modules/")
        while folder:
            names.add(node_package(inner))
            __, folder, inner = inner.partition("/node_modules/")
    return frozenset(names)


def _has_module(name: str, target: Target) -> bool:
    """Whether a module can be imported without a package."""
    if target.language == "nodejs":
        return name in _NODE_MODULES or is_in_runtime(name, target)
    is_included = is_in_runtime(normal(name), target)
    return name in sys.stdlib_module_names or name in _BESIDE_PYTHON or is_included


def _text(root: Path, path: str) -> str:
    """The text of a file; "" if it cannot be read, or is generated: too long to be written by hand."""
    try:
        with (root / path).open("rb") as file:
            data = file.read(_LONGEST + 1)
    except (OSError, ValueError):
        return ""
    return data.decode("utf-8-sig", "replace") if len(data) <= _LONGEST else ""


def _python_imports(root: Path, path: str, paths: frozenset[str]) -> Iterable[tuple[str, str]] | None:
    """Top-level names of modules, and the code's own file of each, or ""; None if any could be found."""
    source = _text(root, path)
    if _OWN_SEARCH.search(source):
        return None
    tree = parse_python(source)
    if tree is None:
        return ()
    found = []
    for module in _modules_of(tree, path):
        parts = module.split(".")
        own = ""
        for length in range(len(parts), 0, -1):
            stem = "/".join(parts[:length])
            own = next((each for each in (f"{stem}/__init__.py", f"{stem}.py") if each in paths), "")
            if own:
                break
        found.append((parts[0], own))
    return found


def _modules_of(tree: ast.Module, path: str) -> Iterator[str]:
    for statement in tree.body:
        match statement:
            case ast.Import():
                yield from (each.name for each in statement.names)
            case ast.ImportFrom(module=module, level=0) if module:
                yield module
                yield from (f"{module}.{each.name}" for each in statement.names)
            case ast.ImportFrom(level=level) if level:
                above = path.split("/")[:-level]
                stem = ".".join([*above, *((statement.module or "").split("."))]).strip(".")
                yield from (f"{stem}.{each.name}".strip(".") for each in statement.names)


def _node_imports(root: Path, path: str, paths: frozenset[str]) -> Iterable[tuple[str, str]] | None:
    """As `_python_imports`, for packages."""
    if path.endswith(".json"):
        return ()
    text, code = without_comments(_text(root, path))
    if _OWN_SEARCH_SCRIPT.search(text):
        return None
    found = []
    for name in _top_imports(text, code):
        if name.startswith(("./", "../")) or name in (".", ".."):
            found.append(("", _own_script(path, name, paths) or path))
        elif not name.startswith(("/", "node:", "#", "http:", "https:", "file:", "data:")):
            found.append((node_package(name), ""))
    return found


def _top_imports(text: str, code: str) -> Iterator[str]:
    """The modules that are imported outside of all braces.

    Args:
        text: Without comments.
        code: The same, with strings blanked.
    """
    depth, at = 0, 0
    for found in JS_IMPORT.finditer(text):
        begin = found.start()
        for bracket in _BRACKET.findall(code, at, begin):
            depth += 1 if bracket == "{" else -1
        at = begin
        is_code = code[begin : begin + 4].strip() and not code[begin - 1 : begin].isidentifier()
        if depth == 0 and is_code and "${" not in found[1] and code[begin - 1 : begin] != ".":
            yield found[1]


def _own_script(path: str, name: str, paths: frozenset[str]) -> str:
    parts: list[str] = path.split("/")[:-1]
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    stem = "/".join(parts)
    return next((f"{stem}{each}" for each in _SCRIPT_ENDINGS if f"{stem}{each}" in paths), "")


def names_in_folders(folders: Iterable[Path]) -> Iterator[str]:
    """The modules at the top of folders that layers bring."""
    for folder in folders:
        try:
            yield from (each.name.partition(".")[0] for each in folder.iterdir())
        except OSError:
            continue
