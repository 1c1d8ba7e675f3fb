"""The calls of AWS services in a function's own code: Python, JavaScript and TypeScript.

The code is parsed, never run. A client is followed through names, attributes, return values and imports of
the same code; what is made at run time is not found. Arguments are known where they are literals or
environment variables.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.aws.needs import Need, Scope, needs_of
from workbench.code.calls_javascript import javascript_calls
from workbench.code.calls_python import python_calls
from workbench.code.dependencies.inventory import PackedFile, take_inventory
from workbench.code.found_call import FoundCall, Value
from workbench.code.text import FileKind, decode
from workbench.code.tree import EntryKind, walk
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_PYTHON, _SCRIPTS = (".py",), (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
_MAX_FILES, _MAX_BYTES = 400, 400_000
"""Files, and the size of each: a larger one is generated."""
_NO_DRAFTS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class CodeNeeds:
    """What the calls in code need.

    Attributes:
        needs: In the order of files and lines.
        left_out: The number of files that were not looked at: too many, or too large.
    """

    needs: tuple[Need, ...]
    left_out: int = 0


def needs_of_code(
    root: Path,
    environment: Mapping[str, str],
    scope: Scope,
    ctx: JobContext,
    drafts: Mapping[str, str] = _NO_DRAFTS,
    paths: Collection[str] | None = None,
) -> CodeNeeds:
    """The permissions that the calls in a folder's own code need. What cannot be parsed is skipped.

    Args:
        environment: The values of the function's environment variables.
        drafts: Unsaved texts by path, which replace those on disk.
        paths: The files that are looked at; None for all.

    Raises:
        WorkbenchError: The folder cannot be read.
        Cancelled: Meanwhile.
    """
    files = []
    for each in walk(root, only_packed=True):
        ctx.check()
        if each.kind is EntryKind.FILE and each.packed:
            files.append(PackedFile(each.path, root / each.path, each.size_bytes))
    own = [file for file in take_inventory(files).own.files if file.path.endswith((*_PYTHON, *_SCRIPTS))]
    own = [file for file in own if "node_modules/" not in file.path and (paths is None or file.path in paths)]
    fit = sorted(file for file in own if file.size_bytes <= _MAX_BYTES)[:_MAX_FILES]
    texts = {}
    for file in fit:
        ctx.check()
        texts[file.path] = drafts[file.path] if file.path in drafts else _read(file.place)
    return CodeNeeds(needs_of_calls(find_calls(texts, ctx), environment, scope, ctx), len(own) - len(fit))


def find_calls(texts: Mapping[str, str], ctx: JobContext) -> tuple[FoundCall, ...]:
    """The calls in source files, by path and line.

    Args:
        texts: The texts of the files, by path.
    """
    found = list(python_calls({path: text for path, text in texts.items() if path.endswith(_PYTHON)}, ctx))
    for path, text in texts.items():
        if path.endswith(_SCRIPTS):
            ctx.check()
            found += javascript_calls(path, text)
    return tuple(sorted(dict.fromkeys(found), key=lambda call: (call.path, call.line)))


def needs_of_calls(
    calls: Iterable[FoundCall], environment: Mapping[str, str], scope: Scope, ctx: JobContext
) -> tuple[Need, ...]:
    """The permissions that calls need, each once, with what calls it."""
    found: dict[Need, None] = {}
    for call in calls:
        ctx.check()
        arguments: dict[str, tuple[str, ...]] = {}
        for name, values in call.arguments:
            texts = tuple(text for value in values if (text := _text(value, environment)))
            arguments[name] = arguments.get(name, ()) + texts
        why = _("{file}:{line} calls {operation}").format(
            file=call.path, line=str(call.line), operation=call.operation
        )
        for action, resource in needs_of(call.service, call.operation, arguments, scope):
            note = "" if resource else _note(call.arguments, environment)
            found[Need(action, resource or "*", why, note)] = None
    return tuple(found)


def _text(value: Value, environment: Mapping[str, str]) -> str:
    """The text of a value; empty if it is not known."""
    return environment.get(value.variable, value.text) if value.variable else value.text


def _note(arguments: Sequence[tuple[str, tuple[Value, ...]]], environment: Mapping[str, str]) -> str:
    """Why the resource of a call is not known."""
    missing = [
        value.variable for __, values in arguments for value in values if not _text(value, environment)
    ]
    if missing:
        words = _("The environment variable {name} has no value here, so the resource is not known.")
        return words.format(name=missing[0])
    return _("The code does not tell the resource. Enter it, or allow all of them.")


def _read(place: Path) -> str:
    try:
        document = decode(place.read_bytes())
    except OSError:
        return ""
    return document.text if document.kind is FileKind.TEXT else ""
