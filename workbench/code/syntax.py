"""What can be said about code before it is deployed: is the handler there, and does Python code parse?

Nothing is run or imported. A problem never forbids a deploy.
"""

import ast
import contextlib
import re
import sys
import warnings
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from workbench.code.handlers import handler_files, handlers_of, missing_handler
from workbench.core.jobs import JobContext

_PYTHON = re.compile(r"python3\.(\d+)")
CREATE_HANDLER = "create_handler"
INVALID_SYNTAX = "invalid-syntax"
"""The rule of a syntax error, as ty calls it."""
_MAX_HANDLERS, _MAX_MODULES, _MAX_MODULE_BYTES = 5, 30, 200_000
_OTHER_MODULES = (".so", ".pyc", ".zip")  # what else Python may import a module from


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that will probably fail once it runs.

    Attributes:
        path: The file, relative to the code; empty when it is about the function as a whole.
        line: From 1; 0 when it is about no line.
        column: From 1; 0 when it is about no column.
        message: One sentence.
        end_line: Where it ends, or 0: where it begins.
        end_column: The same; UTF-16 units, as `column`.
        severity: "error", "warning", "info" or "hint".
        source: Who found it ("ty"); empty for Workbench.
        rule: Its name there ("F401").
        tag: "unnecessary" (shown faded), "deprecated" (struck through) or "".
        fix: What Workbench can do about it: "create_handler" or "".
        handlers: Functions of the code that could be the handler instead, as they would be configured.
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
        root: The code.
        handler: As configured, "package/module.function".
        runtime: As configured, "python3.13". Other languages have no problems here.
        changed: Relative paths to look at beside the handler's file.
        ctx: The job.
        drafts: Texts that win over the disk, by path: what is typed and not saved.
        elsewhere: Folders that layers put on Python's path, as far as they are known.
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
            message = f"The handler is {handler}, but {path} does not define {name}."
            missing = Problem(path, 0, 0, message, fix=CREATE_HANDLER)
    if missing is not None:
        problems.append(replace(missing, handlers=_others(root, handler_path, drafts, (".py",))))
    return tuple(problems)


def check_script(
    root: Path, handler: str, runtime: str, paths: Collection[str], *, has_layers: bool
) -> tuple[Problem, ...]:
    """Checks that the handler's file is there, in languages other than Python.

    Args:
        root: The code.
        handler: As configured, "folder/module.function".
        runtime: As configured, "nodejs22.x".
        paths: Of the files that go into the package.
        has_layers: Whether a layer may bring the file.
    """
    missing = "" if _PYTHON.fullmatch(runtime) else missing_handler(paths, handler, runtime)
    if not missing:
        return ()
    end = "This works only if a layer contains that file." if has_layers else "Every invocation will fail."
    message = f"The handler is {handler}, but the package has no {missing}. {end}"
    others = _others(root, missing, {}, handler_files(handler, runtime))
    return (Problem("", 0, 0, message, handlers=others),)


def new_handler(name: str) -> str:
    """The source of a handler that answers with nothing."""
    return f"def {name}(event, context):\n    return {{}}\n"


def _others(root: Path, handler_path: str, drafts: Mapping[str, str], like: Iterable[str]) -> tuple[str, ...]:
    """What could be configured instead, in the handler's folder and at the top: files that end as these."""
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
        return "", Problem("", 0, 0, f"The handler is “{handler}”; Lambda requires “module.function”.")
    path = module.replace(".", "/")
    candidates = f"{path}/__init__.py", f"{path}.py"  # Python prefers the package
    for candidate in candidates:
        if candidate in drafts or (root / candidate).is_file():
            return candidate, None
    if any((folder / candidate).is_file() for folder in elsewhere for candidate in candidates):
        return "", None  # what wraps handlers comes as a layer: it calls the function's own
    folder, _, stem = path.rpartition("/")
    parent = root / folder
    names = {entry.name for entry in parent.iterdir()} if parent.is_dir() else set()
    if any(name.split(".")[0] == stem and name.endswith(_OTHER_MODULES) for name in names):
        return "", None
    message = (
        f"The handler is {handler}, but {path}.py does not exist. This works only if a layer contains "
        "the module."
    )
    return "", Problem("", 0, 0, message, fix=CREATE_HANDLER)


def _parse(file: Path, path: str, minor: int, draft: str | None) -> ast.Module | Problem | None:
    """The file's tree, its first problem, or None: this Python is too old to judge, or the file too long."""
    if minor > sys.version_info.minor:
        return None
    try:
        source = file.read_bytes() if draft is None else draft
        if len(source) > _MAX_MODULE_BYTES:
            return None  # compiling is one call, for which all else would wait
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, path, "exec", dont_inherit=True)  # finds more than parsing: `return` at top level
            return ast.parse(source, path, feature_version=(3, minor))
    except SyntaxError as error:
        message = f"Syntax error: {error.msg}."
        return Problem(path, error.lineno or 0, error.offset or 0, message, rule=INVALID_SYNTAX)
    except OSError as error:
        return Problem(path, 0, 0, f"The file could not be read: {error.strerror}.")
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return Problem(path, 0, 0, f"Python cannot compile this file: {str(error) or type(error).__name__}.")


def _defines(tree: ast.Module, name: str) -> bool:
    """Whether running the module may bind the name; in doubt, yes."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if node.name in (name, "__getattr__"):
                    return True
                continue  # what is defined inside is not the module's
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
