"""What source code tells without being run: handlers, syntax errors, the names it defines.

Handlers and names are recognized by their form, which needs no server, works for every language that Lambda
runs, and reads thousands of files while the user types the first letter. A problem never prevents a deploy.
"""

import ast
import contextlib
import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from workbench.code.text import FileKind, decode
from workbench.code.tree import EntryKind, walk
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_EVENT_NAMES = ("event", "evt", "payload", "request", "input", "_event")
_SCRIPTS = (".mjs", ".js", ".cjs")
_ENDINGS = {"python": (".py",), "nodejs": (".js", ".mjs", ".cjs"), "ruby": (".rb",)}
_NAME = r"[A-Za-z_$][\w$]*"
# What makes a function of a script visible to Lambda: export in ES modules, exports in CommonJS.
_EXPORTED = re.compile(
    rf"(?:export\s+(?:async\s+)?function\s+({_NAME})\s*\("
    rf"|export\s+const\s+({_NAME})\s*(?::[^=]+)?=\s*(?:async\s*)?(?:\(|function\b|{_NAME}\s*=>)"
    rf"|(?:module\.)?exports\.({_NAME})\s*=\s*(?:async\s*)?(?:\(|function\b|{_NAME}\s*=>))"
)
_RUBY = re.compile(r"def\s+(?:self\.)?([a-z_]\w*)\s*\(\s*event:")


def handler_files(handler: str, runtime: str) -> tuple[str, ...]:
    """The files that may contain the configured handler, most likely first; empty if unknown."""
    if runtime.startswith("provided"):
        return ("bootstrap",)
    language = next((each for each in _ENDINGS if runtime.startswith(each)), "")
    module, name = (handler.rpartition(".") if language == "python" else split_handler(handler))[::2]
    if not (module and name and language):
        return ()
    if language == "python":
        path = module.replace(".", "/")
        return f"{path}/__init__.py", f"{path}.py"  # Python prefers the package
    return tuple(module + ending for ending in _ENDINGS[language])


def split_handler(handler: str) -> tuple[str, str, str]:
    """A handler of Node.js or Ruby: its module, the dot, and what it is called there.

    The module ends at the first dot of the file's name, so that "src/app.Orders.process" is in src/app.
    """
    folder, slash, name = handler.rpartition("/")
    stem, dot, inner = name.partition(".")
    return f"{folder}{slash}{stem}", dot, inner


def missing_handler(paths: Iterable[str], handler: str, runtime: str) -> str:
    """The file that a package lacks for its handler; "" if it exists, or if unknown.

    A compiled module or script beside it, such as app.abi3.so, counts as the handler's file. A handler with
    an absolute path is in a layer.
    """
    if runtime.startswith(("java", "dotnet")):
        return _missing_built(paths, handler, runtime)
    files = handler_files(handler, runtime)
    stems = {path.rpartition(".")[0] or path for path in files}
    if not files or handler.startswith("/"):
        return ""
    if any(path in files or path.partition(".")[0] in stems for path in paths):
        return ""
    return f"{handler.rpartition('.')[0].replace('.', '/')}.py" if runtime.startswith("python") else files[0]


def _missing_built(paths: Iterable[str], handler: str, runtime: str) -> str:
    """As `missing_handler`, for the class of Java and the assembly of .NET. A class may be in any archive."""
    name = handler.partition("::")[0]
    if runtime.startswith("java"):
        file = f"{name.replace('.', '/')}.class"
        is_there = any(path == file or path.endswith((".jar", ".zip", f"/{file}")) for path in paths)
    else:
        file = f"{name}.dll"
        is_there = any(path in (file, f"lib/{file}", "bootstrap") for path in paths)
    return "" if is_there or not name else file


def handler_at(path: str, line: str) -> str:
    """The handler in a line, or "": "src/app.main" for `def main(event, context):` in src/app.py."""
    if path.endswith(".py"):
        if line[:1] in ("", " ", "\t"):
            return ""  # nothing, or nested
        names = handlers_in(line) or handlers_in(f"{line}\n    pass\n")
        return _called(path, names[0]) if names else ""
    pattern = _EXPORTED if path.endswith(_SCRIPTS) else _RUBY if path.endswith(".rb") else None
    found = pattern.match(line) if pattern else None
    return _called(path, next(filter(None, found.groups()))) if found else ""


def handlers_in(source: str) -> tuple[str, ...]:
    """The functions of a Python module that look like handlers, most likely first."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    names = [
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and _is_handler_function(node)
    ]
    names += filter(None, map(_made_handler, tree.body))
    return tuple(sorted(dict.fromkeys(names), key=lambda name: "handler" not in name))


def handlers_of(modules: Iterable[tuple[str, str]], limit: int) -> Sequence[str]:
    """Handlers as they can be configured, from source files: pairs of path and text."""
    found = []
    for path, text in modules:
        if path.endswith(".py"):
            found += [_called(path, name) for name in handlers_in(text)]
        else:
            found += filter(None, (handler_at(path, line) for line in text.splitlines()))
    return sorted(found, key=lambda handler: "handler" not in handler.rpartition(".")[2])[:limit]


def _is_handler_function(function: ast.FunctionDef) -> bool:
    """Lambda calls a handler with two values. Other names, such as (a, b), are not event and context."""
    arguments = function.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    required = len(names) - len(arguments.defaults)
    keywords = sum(default is None for default in arguments.kw_defaults)
    if keywords or required > 2 or not (len(names) >= 2 or (names and arguments.vararg)):
        return False
    second = names[1] if len(names) > 1 else ""
    return names[0] in _EVENT_NAMES or "context" in second or second == "ctx" or "handler" in function.name


def _made_handler(statement: ast.stmt) -> str:
    """The name of a handler that a call makes, as in `handler = Mangum(app)`; "" for anything else."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=maker)):
            called = maker.attr if isinstance(maker, ast.Attribute) else getattr(maker, "id", "")
            if called in ("Mangum", "Chalice"):
                return name
            is_usual = name in ("handler", "lambda_handler")
            return name if is_usual and not called.endswith("Handler") else ""  # not one of `logging`
    return ""


def _called(path: str, name: str) -> str:
    module = path.rpartition(".")[0]
    return f"{module.removesuffix('/__init__')}.{name}"


_PYTHON = re.compile(r"python3\.(\d+)")
CREATE_HANDLER = "create_handler"
INVALID_SYNTAX = "invalid-syntax"
"""ty's rule of a syntax error."""
_MAX_HANDLERS, _MAX_MODULES, _MAX_MODULE_BYTES = 5, 30, 200_000
_OTHER_MODULES = (".so", ".pyc", ".zip")  # other files from which Python may import a module


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that will probably fail at run time.

    Attributes:
        path: Relative to the code; empty for the function as a whole.
        line: From 1; 0 for none, like the following.
        column: In UTF-16 units.
        severity: "error", "warning", "info" or "hint".
        source: The tool that found it ("ty"); empty for Workbench.
        rule: The tool's rule ("F401").
        tag: "unnecessary" (shown faded), "deprecated" (struck through) or "".
        fix: What Workbench can do about it: "create_handler" or "".
        handlers: Functions of the code that could be configured as the handler instead.
    """

    path: str
    line: int
    column: int
    message: str
    end_line: int = 0
    end_column: int = 0
    severity: str = "error"
    source: str = ""
    rule: str = ""
    tag: str = ""
    fix: str = ""
    handlers: tuple[str, ...] = ()


def check_python(
    root: Path,
    handler: str,
    runtime: str,
    changed: Iterable[str],
    ctx: JobContext,
    drafts: Mapping[str, str] | None = None,
    elsewhere: Iterable[Path] = (),
) -> tuple[Problem, ...]:
    """Checks the handler's file and the changed ones.

    Args:
        runtime: As configured, "python3.13". There are no problems for other languages.
        changed: Relative paths to check besides the handler's file.
        drafts: Unsaved texts by path, which replace those on disk.
        elsewhere: Folders that layers add to Python's path, as far as known.
    """
    drafts = drafts or {}
    found = _PYTHON.fullmatch(runtime)
    if not found:
        return ()
    minor = int(found[1])
    handler_path, missing = _find_handler(root, handler, drafts, elsewhere)
    problems = []
    paths = {path for path in changed if path.endswith(".py") and (path in drafts or (root / path).is_file())}
    for path in sorted(paths | ({handler_path} if handler_path else set())):
        ctx.check()
        tree = _parse(root / path, path, minor, drafts.get(path))
        if isinstance(tree, Problem):
            problems.append(tree)
        elif path == handler_path and tree and not _defines(tree, handler.rpartition(".")[2]):
            name = handler.rpartition(".")[2]
            message = _("The handler is {handler}, but {path} does not define {name}.").format(
                handler=handler, path=path, name=name
            )
            missing = Problem(path, 0, 0, message, fix=CREATE_HANDLER)
    if missing is not None:
        problems.append(replace(missing, handlers=_others(root, handler_path, drafts, (".py",))))
    return tuple(problems)


def check_script(
    root: Path, handler: str, runtime: str, paths: Collection[str], *, has_layers: bool
) -> tuple[Problem, ...]:
    """Checks that the package or a layer may contain the handler's file, for languages other than Python."""
    missing = "" if _PYTHON.fullmatch(runtime) else missing_handler(paths, handler, runtime)
    if not missing:
        return ()
    end = (
        _("This works only if a layer contains that file.")
        if has_layers
        else _("Every invocation will fail.")
    )
    message = _("The handler is {handler}, but the package has no {missing}. {end}").format(
        handler=handler, missing=missing, end=end
    )
    others = _others(root, missing, {}, handler_files(handler, runtime))
    return (Problem("", 0, 0, message, handlers=others),)


def new_handler(name: str) -> str:
    """The source of a handler that returns an empty answer."""
    return f"def {name}(event, context):\n    return {{}}\n"


def _others(root: Path, handler_path: str, drafts: Mapping[str, str], like: Iterable[str]) -> tuple[str, ...]:
    """Possible handlers in the handler's folder and at the top, in files with these endings."""
    folders = {root, root / handler_path.rpartition("/")[0]}
    endings = {PurePosixPath(path).suffix or path for path in like}
    found = (file for folder in folders for ending in endings for file in folder.glob(f"*{ending}"))
    files = [file for file in found if file.is_file()][:_MAX_MODULES]
    texts = {}
    for file in files:
        with contextlib.suppress(OSError, ValueError):
            if file.stat().st_size <= _MAX_MODULE_BYTES:
                texts[file.relative_to(root).as_posix()] = file.read_text("utf-8")
    modules = texts | {path: text for path, text in drafts.items() if path.endswith(".py")}
    return tuple(handlers_of(sorted(modules.items()), _MAX_HANDLERS))


def _find_handler(
    root: Path, handler: str, drafts: Mapping[str, str], elsewhere: Iterable[Path]
) -> tuple[str, Problem | None]:
    """The handler's file, or "" with the problem if any. awslambdaric reads "a/b.f" as module a.b."""
    module, dot, name = handler.rpartition(".")
    if not (module and dot and name):
        message = _("The handler is “{handler}”; Lambda requires “module.function”.").format(handler=handler)
        return "", Problem("", 0, 0, message)
    path = module.replace(".", "/")
    candidates = f"{path}/__init__.py", f"{path}.py"  # Python prefers the package
    for candidate in candidates:
        if candidate in drafts or (root / candidate).is_file():
            return candidate, None
    if any((folder / candidate).is_file() for folder in elsewhere for candidate in candidates):
        return "", None  # handlers that wrap another one come in a layer, and call the function's own
    folder, __, stem = path.rpartition("/")
    parent = root / folder
    names = {entry.name for entry in parent.iterdir()} if parent.is_dir() else set()
    if any(name.split(".")[0] == stem and name.endswith(_OTHER_MODULES) for name in names):
        return "", None
    message = _(
        "The handler is {handler}, but {path}.py does not exist. This works only if a layer "
        "contains the module."
    ).format(handler=handler, path=path)
    return "", Problem("", 0, 0, message, fix=CREATE_HANDLER)


def _parse(file: Path, path: str, minor: int, draft: str | None) -> ast.Module | Problem | None:
    """The file's tree, its first problem, or None if it is too long or this Python too old to judge."""
    if minor > sys.version_info.minor:
        return None
    try:
        source = file.read_bytes() if draft is None else draft
        if len(source) > _MAX_MODULE_BYTES:
            return None  # compiling is a single call, which would block everything else
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, path, "exec", dont_inherit=True)  # finds more than parsing: `return` at top level
            return ast.parse(source, path, feature_version=(3, minor))
    except SyntaxError as error:
        message = _("Syntax error: {message}.").format(message=error.msg)
        return Problem(path, error.lineno or 0, error.offset or 0, message, rule=INVALID_SYNTAX)
    except OSError as error:
        message = _("The file could not be read: {strerror}.").format(strerror=error.strerror)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        reason = str(error) or type(error).__name__
        message = _("Python cannot compile this file: {error}.").format(error=reason)
    return Problem(path, 0, 0, message)


def _defines(tree: ast.Module, name: str) -> bool:
    """Whether running the module may bind the name; in doubt, yes."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if node.name in (name, "__getattr__"):
                    return True
                continue  # nested definitions are not the module's
            case ast.Lambda():
                continue
            case ast.alias():
                if node.name == "*" or (node.asname or node.name.partition(".")[0]) == name:
                    return True
            case ast.Name(id=bound, ctx=ast.Store()) if bound == name:
                return True
            case ast.Call(func=ast.Name(id="globals" | "exec" | "setattr" | "vars")):
                return True
        waiting.extend(ast.iter_child_nodes(node))
    return False


MAX_SYMBOLS = 10_000
"""A list that is filtered at every key needs a limit, which users' own code never reaches."""

_LARGEST_BYTES = 300_000  # larger files are generated
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
    (".go",): (r"^(func)[ \t]+(?:\([^)\n]*\)[ \t]*)?([A-Za-z_]\w*)", r"^(type)[ \t]+([A-Za-z_]\w*)"),
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
        kind: "function", "class"…
        column: From 1, in UTF-16 units.
    """

    name: str
    kind: str
    path: str
    line: int
    column: int


def has_symbols(path: str) -> bool:
    """Whether a file's language is supported here."""
    return _ending(path) in _BY_ENDING


def symbols_in(path: str, text: str) -> Iterator[Symbol]:
    """The definitions in a text with LF as line ends, in no order."""
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
    """Reads the code until there are `limit` names. Raises WorkbenchError if the files cannot be listed.

    Args:
        typed: Unsaved text by path, in place of the file's.
        limit: Maximum number of names; those of the function's own code come first.
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
    """Top-level names that packages have added to the code, according to pip and npm."""
    tops = {_MODULES_OF_NODE}
    for path in paths:
        folder, __, name = path.rpartition("/")
        if name == "RECORD" and folder.endswith(".dist-info") and "/" not in folder:
            tops.add(folder)
            tops.update(_top(line) for line in _read(root, path).splitlines())
    return frozenset(tops)


def _top(path: str) -> str:
    """The first name of a path, or of a line of RECORD, which has more fields after a comma."""
    return path.partition(",")[0].partition("/")[0]


def _read(root: Path, path: str) -> str:
    """The text, "" if it cannot be read, which does not matter here."""
    try:
        with open(os.path.join(root, path), encoding="utf-8-sig", errors="replace") as file:
            return file.read()
    except (OSError, ValueError):
        return ""


_OWN = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".json")
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of what is read; files nearer to the top come first."""

    files: int = 400
    file_bytes: int = 256_000
    own_bytes: int = 4_000_000
    declared_bytes: int = 4_000_000


def is_script(path: str) -> bool:
    """Whether a file is JavaScript or TypeScript, according to its name."""
    return path.endswith(_OWN[:-1])


def script_texts(
    root: Path, check: Callable[[], None] = lambda: None, bounds: Bounds | None = None
) -> dict[str, str]:
    """The scripts and JSON files of a folder, and the declarations of its packages.

    Args:
        check: Called between files; may raise to stop.

    Returns:
        Path -> text. Files that cannot be read, or are not text, are left out.
    """
    limits = bounds or Bounds()
    found: dict[str, str] = {}
    _add_nearest(root, _nearest(root, _OWN, check), limits.own_bytes, limits, found, check)
    room = limits.declared_bytes
    for name in _dependencies(root):
        for package in (root / _MODULES_OF_NODE / name, root / _MODULES_OF_NODE / "@types" / name):
            if package.is_dir() and not package.is_symlink():
                files = _nearest(package, (*_DECLARATIONS, "package.json"), check)
                room -= _add_nearest(root, files, room, limits, found, check)
    return found


def _add_nearest(
    root: Path,
    files: Iterator[Path],
    room: int,
    limits: Bounds,
    found: dict[str, str],
    check: Callable[[], None],
) -> int:
    """Adds files while there is room; returns their size in bytes."""
    taken = 0
    for file in files:
        check()
        if len(found) >= limits.files:
            break
        try:
            size = file.stat().st_size
            if size > limits.file_bytes or taken + size > room:
                continue
            document = decode(file.read_bytes())
        except OSError:
            continue
        if document.kind is FileKind.TEXT:
            taken += size
            found[file.relative_to(root).as_posix()] = document.text
    return taken


def _nearest(folder: Path, endings: tuple[str, ...], check: Callable[[], None]) -> Iterator[Path]:
    """Files below a folder by level, each sorted, without its dependencies and without following links."""
    level = [folder]
    while level:
        below: list[Path] = []
        for each in level:
            check()
            try:
                entries = sorted(os.scandir(each), key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != _MODULES_OF_NODE and not entry.name.startswith("."):
                        below.append(Path(entry))
                elif entry.is_file(follow_symlinks=False) and entry.name.endswith(endings):
                    yield Path(entry)
        level = below


def _dependencies(root: Path) -> list[str]:
    try:
        package = json.loads((root / "package.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    names: set[str] = set()
    for kind in ("dependencies", "devDependencies"):
        wanted = package.get(kind) if isinstance(package, dict) else None
        if isinstance(wanted, dict):
            names.update(name for name in wanted if isinstance(name, str) and ".." not in name.split("/"))
    return sorted(name for name in names if name and not name.startswith("/"))
