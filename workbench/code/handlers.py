"""Functions that Lambda could call, found in source code by how they look: nothing is run."""

import ast
import re
import warnings
from collections.abc import Iterable, Sequence

_EVENT_NAMES = ("event", "evt", "payload", "request", "input", "_event")
_SCRIPTS = (".mjs", ".js", ".cjs")
_ENDINGS = {"python": (".py",), "nodejs": (".js", ".mjs", ".cjs"), "ruby": (".rb",)}
_NAME = r"[A-Za-z_$][\w$]*"
# What makes a function of a script visible to Lambda: ES modules' export, CommonJS' exports.
_EXPORTED = re.compile(
    rf"(?:export\s+(?:async\s+)?function\s+({_NAME})\s*\("
    rf"|export\s+const\s+({_NAME})\s*(?::[^=]+)?=\s*(?:async\s*)?(?:\(|function\b|{_NAME}\s*=>)"
    rf"|(?:module\.)?exports\.({_NAME})\s*=\s*(?:async\s*)?(?:\(|function\b|{_NAME}\s*=>))"
)
_RUBY = re.compile(r"def\s+(?:self\.)?([a-z_]\w*)\s*\(\s*event:")


def handler_files(handler: str, runtime: str) -> tuple[str, ...]:
    """Where the configured handler may lie, likeliest first; empty where no name tells.

    Args:
        handler: As configured, "package/module.function".
        runtime: As configured, "python3.13".
    """
    if runtime.startswith("provided"):
        return ("bootstrap",)
    module, _, name = handler.rpartition(".")
    language = next((each for each in _ENDINGS if runtime.startswith(each)), "")
    if not (module and name and language):
        return ()
    if language == "python":
        path = module.replace(".", "/")
        return f"{path}/__init__.py", f"{path}.py"  # Python prefers the package
    return tuple(module + ending for ending in _ENDINGS[language])


def missing_handler(paths: Iterable[str], handler: str, runtime: str) -> str:
    """The file that a package lacks for its handler; "" when it is there, or no name tells.

    A compiled module or script beside it, such as app.abi3.so, counts as the handler's file. A handler with
    an absolute path lies in a layer.

    Args:
        paths: Of the files in the package.
        handler: As configured.
        runtime: As configured.
    """
    files = handler_files(handler, runtime)
    stems = {path.rpartition(".")[0] or path for path in files}
    if not files or handler.startswith("/"):
        return ""
    if any(path in files or path.partition(".")[0] in stems for path in paths):
        return ""
    return f"{handler.rpartition('.')[0].replace('.', '/')}.py" if runtime.startswith("python") else files[0]


def handler_at(path: str, line: str) -> str:
    """The handler that a line begins, "src/app.main" of `def main(event, context):` in src/app.py; or ""."""
    if path.endswith(".py"):
        if line[:1] in ("", " ", "\t"):
            return ""  # nothing, or inside of something
        names = handlers_in(line) or handlers_in(f"{line}\n    pass\n")
        return _called(path, names[0]) if names else ""
    pattern = _EXPORTED if path.endswith(_SCRIPTS) else _RUBY if path.endswith(".rb") else None
    found = pattern.match(line) if pattern else None
    return _called(path, next(filter(None, found.groups()))) if found else ""


def handlers_in(source: str) -> tuple[str, ...]:
    """The names of a Python module's functions that look like handlers, likeliest first."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    functions = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and _is_handler_function(node)
    ]
    return tuple(node.name for node in sorted(functions, key=lambda node: "handler" not in node.name))


def handlers_of(modules: Iterable[tuple[str, str]], limit: int) -> Sequence[str]:
    """Handlers as they can be configured, of source files: pairs of path and text."""
    found = []
    for path, text in modules:
        if path.endswith(".py"):
            found += [_called(path, name) for name in handlers_in(text)]
        else:
            found += filter(None, (handler_at(path, line) for line in text.splitlines()))
    return sorted(found, key=lambda handler: "handler" not in handler.rpartition(".")[2])[:limit]


def _is_handler_function(function: ast.FunctionDef) -> bool:
    """Lambda calls it with two values. Names of other pairs, such as (a, b), are no event and context."""
    arguments = function.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    required = len(names) - len(arguments.defaults)
    keywords = sum(default is None for default in arguments.kw_defaults)
    if keywords or required > 2 or not (len(names) >= 2 or (names and arguments.vararg)):
        return False
    second = names[1] if len(names) > 1 else ""
    return names[0] in _EVENT_NAMES or "context" in second or second == "ctx" or "handler" in function.name


def _called(path: str, name: str) -> str:
    module = path.rpartition(".")[0]
    return f"{module.removesuffix('/__init__')}.{name}"
