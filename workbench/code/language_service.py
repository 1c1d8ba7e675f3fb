"""The language servers of a workspace as one.

Requests go to the server that answers them; findings are merged.

Python has two servers: ty knows types (completion, navigation, errors), ruff style (lint, fixes, format).
They do not watch the disk, but are told which files changed. On Lambda, `import` searches the deployment
package, then layers, then the runtime's packages: boto3 and its dependencies. Workbench itself uses the same
packages, so links to them are enough; boto3's types (`types-boto3`) precede an untyped boto3 in the package.
"""

import os
import re
import shutil
import sys
import sysconfig
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from workbench.code.language_server import (
    Answered,
    Json,
    LanguageServer,
    Message,
    Refused,
    ServerSpec,
    uri_of,
)
from workbench.code.search import FileMatches, Match
from workbench.code.syntax import INVALID_SYNTAX, Problem
from workbench.core.files import make_private_folder
from workbench.core.jobs import JobContext
from workbench.core.messages import _

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html: the SDK and its dependencies.
_RUNTIME_PACKAGES = (
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "dateutil",
    "six.py",
    "urllib3",
    "awslambdaric",
)
_SITE_PACKAGES = "Lib/site-packages" if sys.platform == "win32" else "lib/python3.13/site-packages"
"""As in a Python environment. The version in the path does not matter: ty is told the function's."""

_STUBS = ("boto3-stubs", "botocore-stubs", "s3transfer-stubs", "types_boto3_*")


def _import_paths(folder: Path) -> tuple[Path, Path]:
    """The stubs, searched before the function's own code, and the prefix of the environment searched last."""
    return folder / "stubs", folder / "runtime"


def _installed_packages(root: Path) -> tuple[Path, ...]:
    """The packages of a virtual environment beside the code, if there is one.

    It is not part of the deployment package, but shows what will be.
    """
    names = ("Lib/site-packages",) if sys.platform == "win32" else ("lib/python3*/site-packages",)
    return tuple(
        found
        for folder in (".venv", "venv")
        for name in names
        for found in sorted((root / folder).glob(name))
    )


def _prepare_imports(folder: Path) -> None:
    """Creates what is missing or outdated in a folder of the cache, from Workbench's own packages.

    May run twice at once. Raises OSError.
    """
    packages = Path(sysconfig.get_path("purelib"))
    stubs, runtime = _import_paths(folder)
    for target, patterns in ((stubs, _STUBS), (runtime / _SITE_PACKAGES, _RUNTIME_PACKAGES)):
        make_private_folder(target)
        for path in (path for pattern in patterns for path in packages.glob(pattern)):
            if ".dist-info" not in path.name:
                _link(target / path.name, path)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    if link.is_symlink():
        link.unlink(missing_ok=True)
    elif link.exists():
        return  # a copy, on a disk without links
    try:
        link.symlink_to(target)
    except FileExistsError:
        return  # another server is being started, too
    except OSError:  # on Windows not every user may create links
        if target.is_dir():
            shutil.copytree(target, link, dirs_exist_ok=True)
        else:
            shutil.copyfile(target, link)


TY, RUFF = "ty", "ruff"

_SERVERS_BY_REQUEST: dict[str, tuple[str, ...]] = {
    "textDocument/completion": (TY,),
    "textDocument/hover": (TY,),
    "textDocument/signatureHelp": (TY,),
    "textDocument/definition": (TY,),
    "textDocument/references": (TY,),
    "textDocument/documentHighlight": (TY,),
    "textDocument/documentSymbol": (TY,),
    "textDocument/prepareRename": (TY,),
    "textDocument/rename": (TY,),
    "textDocument/formatting": (RUFF,),
    "textDocument/rangeFormatting": (RUFF,),
    "textDocument/codeAction": (TY, RUFF),
    "codeAction/resolve": (RUFF,),
    "workspace/symbol": (TY,),
}
"""The servers that answer a request. The lists of several are concatenated."""

_RUNTIME = re.compile(r"python3\.(\d+)")
_OLDEST, _NEWEST = 8, 14
"""Minor versions of Python that ty and ruff support."""


def python_version(runtime: str) -> str:
    """The version of a Lambda runtime, "3.13" for "python3.13"; "" if it is not a supported Python."""
    found = _RUNTIME.fullmatch(runtime)
    return f"3.{found[1]}" if found and _OLDEST <= int(found[1]) <= _NEWEST else ""


def python_servers(
    root: Path, version: str, imports_dir: Path, layers: Sequence[Path] = ()
) -> tuple[ServerSpec, ...]:
    """The servers for a function's code.

    Args:
        imports_dir: A folder of the cache for the runtime's packages.
        layers: The folders that layers add to the path, from `layer_imports`; searched after the code.
    """
    stubs, runtime = _import_paths(imports_dir)

    def ty() -> Sequence[str]:
        from ty import find_ty_bin  # not loaded for code in other languages

        _prepare_imports(imports_dir)
        return [find_ty_bin(), "server"]

    def ruff() -> Sequence[str]:
        from ruff import find_ruff_bin

        return [find_ruff_bin(), "server"]

    configurations = _configurations(root)
    environment: Message = {
        "python": str(runtime),
        "python-version": version,
        "python-platform": "linux",
        "root": [str(folder) for folder in (root, *layers, *_installed_packages(root))],
        "extra-paths": [str(stubs)],  # these come first
    }
    # A ruff.toml or pyproject.toml in the code has precedence.
    style: Message = {
        "target-version": f"py{version.replace('.', '')}",
        "lint": {"select": [*_LIKELY_BUGS], "ignore": [*_OPINIONS]},
    }
    settings: Message = {"configuration": style, "configurationPreference": "filesystemFirst"}
    return (
        ServerSpec(
            TY,
            root,
            ty,
            {"configuration": {"environment": environment}},
            # What `stubs` and `runtime` link to is in the environment's packages.
            (stubs, runtime, Path(sysconfig.get_path("purelib")), *layers, *configurations),
        ),
        ServerSpec(RUFF, root, ruff, {"settings": settings}, configurations),
    )


_CONFIGURATIONS = ("pyproject.toml", "ruff.toml", ".ruff.toml", "ty.toml")


def _configurations(root: Path) -> tuple[Path, ...]:
    """Files outside the code that the servers obey: in the folders above it, and the user's own.

    Source: https://docs.astral.sh/ruff/configuration/, https://docs.astral.sh/ty/configuration/
    """
    above = (folder / name for folder in root.parents for name in _CONFIGURATIONS)
    users = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    named = os.environ.get("TY_CONFIG_FILE")
    return (*above, users / RUFF, users / TY, *((Path(named),) if named else ()))


_LIKELY_BUGS = ("ASYNC", "B", "E9", "F", "PLE", "YTT")
"""Rules of ruff: errors, and what is likely to be one. Its own default has rules of style, too."""
_OPINIONS = ("B007", "B009", "B010", "B011", "B024", "B027", "B028", "B904", "B905", "B911")
"""Rules among these for code that does what it says."""

_SEVERITIES = {1: "error", 2: "warning", 3: "info", 4: "hint"}
_TAGS = {1: "unnecessary", 2: "deprecated"}
_MISSING_IMPORTS = ("import-not-found", "unresolved-import")
_SYNTAX = (INVALID_SYNTAX, "syntax-error")  # ruff's rule, too
_ALSO_REPORTED_BY_TY = ("invalid-syntax", "F821")  # syntax errors, undefined names

MAX_FINDINGS = 1_000
"""Maximum of one server for one file, as in VS Code. A generated file of 50,000 lines can have 20,000 hints,
which would all be sent to the editor and painted after every key."""

type RawDiagnostic = dict[str, Json]


def path_of(uri: str) -> Path:
    """The file of a file: URI, however it is escaped."""
    return Path(url2pathname(urlsplit(uri).path))


def relative_path(uri: str, root: Path) -> str:
    """The relative path of a file of the code, with `/`; "" for a file elsewhere."""
    file = path_of(uri)
    return file.relative_to(root).as_posix() if uri.startswith("file:") and file.is_relative_to(root) else ""


def read_published(params: Json) -> tuple[str, list[RawDiagnostic]]:
    """The document and findings of a `publishDiagnostics`; "" if it cannot be parsed.

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


def _problems_in(path: str, found: Mapping[str, Iterable[RawDiagnostic]]) -> tuple[Problem, ...]:
    """The problems of a file, by line, from the last findings of each server."""
    problems = [
        _problem(path, server, finding)
        for server, findings in found.items()
        for finding in findings
        if not (server == RUFF and TY in found and finding.get("code") in _ALSO_REPORTED_BY_TY)
    ]
    return tuple(sorted(problems, key=lambda each: (each.line, each.column, each.source)))


def by_cause(problems: Iterable[Problem]) -> list[tuple[Problem, tuple[Problem, ...]]]:
    """Problems in the order in which to fix them, each with those that may only follow from it.

    Syntax errors come first, with everything else in their files, then imports of missing modules, then the
    rest; within each the worst first, and equal ones in the given order.
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
    line, column, end_line, end_column = _range_of(finding.get("range"))
    code, message, tags = finding.get("code"), finding.get("message"), finding.get("tags")
    severity = finding.get("severity")
    words = str(message).partition("\n")[0]  # the rest is advice on configuring the server
    if code in _MISSING_IMPORTS:
        severity, words = 2, _("{words}. It works if a layer contains the module.").format(words=words)
    named = _SEVERITIES.get(severity if isinstance(severity, int) else 1, "error")
    listed = tags if isinstance(tags, list) else []
    tag = next((_TAGS[each] for each in listed if isinstance(each, int) and each in _TAGS), "")
    return Problem(path, line, column, words, end_line, end_column, named, server, str(code or ""), tag)


def _range_of(value: Json) -> tuple[int, int, int, int]:
    """Line, column, end line and end column, from 1, of a range of the protocol, which counts from 0."""
    start, end = (value.get("start"), value.get("end")) if isinstance(value, dict) else (None, None)
    return (*_position(start), *_position(end))


def _position(value: Json) -> tuple[int, int]:
    line, character = (value.get("line"), value.get("character")) if isinstance(value, dict) else (0, 0)
    return _counted(line), _counted(character)


def _counted(value: Json) -> int:
    """A number from 1 of one from 0; 1 for what Qt could not hold."""
    return value + 1 if isinstance(value, int) and 0 <= value < 2**31 - 1 else 1


def overlapping(findings: Iterable[RawDiagnostic], place: Json) -> list[Message]:
    """The findings in a range, for `codeAction`: the server derives its fixes from them."""
    line, column, end_line, end_column = _range_of(place)

    def touches(finding: RawDiagnostic) -> bool:
        found = _range_of(finding.get("range"))
        return found[:2] <= (end_line, end_column) and (line, column) <= found[2:]

    return [finding for finding in findings if touches(finding)]


_BEFORE, _AFTER = 40, 160  # characters of a line to show around a match

type FileRanges = dict[str, list[tuple[int, int, int, int]]]
"""Path -> ranges: line, column, end line, end column, all from 1, columns in UTF-16 units."""


def ranges_by_file(locations: Json, root: Path) -> FileRanges:
    """The locations within the code, from the answer to `textDocument/references`."""
    found: FileRanges = defaultdict(list)
    for each in locations if isinstance(locations, list) else ():
        if isinstance(each, dict) and (path := relative_path(str(each.get("uri")), root)):
            found[path].append(_range_of(each.get("range")))
    return {path: sorted(set(ranges)) for path, ranges in sorted(found.items())}


def matches_of(places: FileRanges, read: Callable[[str], str | None]) -> tuple[FileMatches, ...]:
    """The locations of `ranges_by_file` with their lines, except in files that cannot be read.

    `read` returns the text of a file with LF as line ends; None if there is none.
    """
    found = []
    for path, ranges in places.items():
        text = read(path)
        if text is None:
            continue
        lines = text.split("\n")
        matches = tuple(
            _match(lines[line - 1], line, column, end_column)
            for line, column, end_line, end_column in ranges
            if line == end_line and line <= len(lines)
        )
        if matches:
            found.append(FileMatches(path, matches))
    return tuple(found)


def _match(text: str, line: int, column: int, end_column: int) -> Match:
    units = text.encode("utf-16-le", "surrogatepass")

    def cut(start: int, end: int) -> str:
        return units[start * 2 : end * 2].decode("utf-16-le", "surrogatepass")

    start, end = column - 1, end_column - 1
    before, after = cut(max(0, start - _BEFORE), start), cut(end, end + _AFTER)
    before = before.lstrip() if start <= _BEFORE else f"…{before}"
    return Match(line, column, end_column, before, cut(start, end), after)


_FILE_EVENTS = {"created": 1, "changed": 2, "deleted": 3}


class LanguageService:
    """Starts the servers at `start`; they end at `stop`.

    Args:
        specs: The servers. on_started(server): it has no documents yet, so all open ones must be sent.
            on_problems(path, problems): all current problems of a file. on_given_up(server, reason): it has
            ended too often.
    """

    def __init__(
        self,
        root: Path,
        specs: Iterable[ServerSpec],
        on_started: Callable[[str], object],
        on_problems: Callable[[str, tuple[Problem, ...]], object],
        on_given_up: Callable[[str, str], object],
    ) -> None:
        self.root = root
        self._on_started = on_started
        self._on_problems = on_problems
        self._on_given_up = on_given_up
        self._lock = threading.Lock()
        self._found: dict[str, dict[str, list[RawDiagnostic]]] = {}  # path -> server -> findings
        self._servers = {spec.name: self._make(spec) for spec in specs}
        self._replaced: list[LanguageServer] = []

    def _make(self, spec: ServerSpec) -> LanguageServer:
        return LanguageServer(
            spec,
            lambda: self._on_started(spec.name),
            lambda method, params: self._on_notification(spec.name, method, params),
            lambda reason: self._on_server_given_up(spec.name, reason),
        )

    def start(self) -> None:
        """Starts the servers without waiting for them."""
        for server in self._servers.values():
            server.start()

    def stop(self) -> None:
        """Ends the servers without waiting for them."""
        for server in self._servers.values():
            server.stop()

    def join(self) -> None:
        for server in (*self._replaced, *self._servers.values()):
            server.join()

    def replace(self, spec: ServerSpec) -> None:
        """Replaces the server of this name. Does not wait."""
        old, new = self._servers[spec.name], self._make(spec)
        self._replaced.append(old)
        self._servers[spec.name] = new
        old.stop()
        new.start()

    @property
    def pids(self) -> dict[str, int]:
        return {name: server.pid for name, server in self._servers.items()}

    # Talking

    def notify(self, method: str, params: Message, only: str = "") -> None:
        """Sends a notification to all servers, or to one. Notifications about other files are dropped."""
        uri = uri_of(params)
        path = relative_path(uri, self.root) if uri else ""
        if uri and not path:
            return
        for name, server in self._servers.items():
            if only in ("", name):
                server.notify(method, params)
        if method == "textDocument/didClose":
            with self._lock:
                self._found.pop(path, None)
            self._on_problems(path, ())

    def request(
        self, method: str, params: Message, answered: Answered, refused: Refused
    ) -> Callable[[], None]:
        """Sends a request; exactly one of the two is called. Returns a function that cancels it."""
        servers = [
            self._servers[name] for name in _SERVERS_BY_REQUEST.get(method, ()) if name in self._servers
        ]
        if not servers:
            refused(_("no handler for {method}").format(method=method))
            return lambda: None
        if method == "textDocument/codeAction":
            return self._ask_for_actions(servers, params, answered)
        number = servers[0].request(method, params, answered, refused)
        return lambda: servers[0].cancel(number)

    def _ask_for_actions(
        self, servers: list[LanguageServer], params: Message, answered: Answered
    ) -> Callable[[], None]:
        path = relative_path(uri_of(params), self.root)
        with self._lock:
            found = {name: list(findings) for name, findings in self._found.get(path, {}).items()}
        gathered: list[Json] = []
        missing = [server.spec.name for server in servers]
        lock = threading.Lock()

        def gather(name: str, actions: Json) -> None:
            with lock:
                gathered.extend(actions if isinstance(actions, list) else [])
                missing.remove(name)
                complete = not missing
            if complete:
                answered(gathered)

        numbers = []
        for server in servers:
            name = server.spec.name
            context = params.get("context")
            mine: Message = {"diagnostics": [*overlapping(found.get(name, ()), params.get("range"))]}
            asked = params | {"context": (context if isinstance(context, dict) else {}) | mine}
            got = partial(gather, name)
            numbers.append(
                server.request("textDocument/codeAction", asked, got, lambda _reason, got=got: got(None))  # type: ignore[misc]
            )

        def cancel() -> None:
            for server, number in zip(servers, numbers, strict=True):
                server.cancel(number)

        return cancel

    def files_changed(self, events: Iterable[tuple[str, str]]) -> None:
        """Tells of files that changed on disk: pairs of "created", "changed" or "deleted" and a path."""
        events_sent: list[Json] = [
            {"uri": (self.root / path).as_uri(), "type": _FILE_EVENTS[event]} for event, path in events
        ]
        if events_sent:
            self.notify("workspace/didChangeWatchedFiles", {"changes": events_sent})

    # Hearing

    def _on_notification(self, server: str, method: str, params: Json) -> None:
        if method != "textDocument/publishDiagnostics":
            return
        uri, findings = read_published(params)
        if path := relative_path(uri, self.root):
            with self._lock:
                self._found.setdefault(path, {})[server] = findings
            self._report_problems(path)

    def _on_server_given_up(self, server: str, reason: str) -> None:
        with self._lock:
            paths = list(self._found)
            for found in self._found.values():
                found.pop(server, None)
        for path in paths:
            self._report_problems(path)
        self._on_given_up(server, reason)

    def _report_problems(self, path: str) -> None:
        with self._lock:
            problems = _problems_in(path, self._found.get(path, {}))
        self._on_problems(path, problems)


type Stamps = Mapping[str, tuple[int, int]]
"""Path, relative to the code -> modification time (ns) and size, of importable Python files."""

_SUFFIXES = (".py", ".pyi")


def file_stamps(root: Path, ctx: JobContext) -> Stamps:
    """The stamps of all files of the code. Takes some milliseconds per thousand files."""
    found: dict[str, tuple[int, int]] = {}
    top, waiting = os.fspath(root), [""]
    while waiting:
        ctx.check()
        folder = waiting.pop()
        try:
            with os.scandir(f"{top}/{folder}") as entries:
                for entry in entries:
                    path = folder + entry.name  # strings, since a Path for each would take five times as long
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{path}/")
                    elif entry.name.endswith(_SUFFIXES):
                        status = entry.stat(follow_symlinks=False)
                        found[path] = (status.st_mtime_ns, status.st_size)
        except OSError:
            continue  # deleted in the meantime
    return found


def file_changes(before: Stamps, now: Stamps) -> list[tuple[str, str]]:
    """The changes between two readings: pairs of "created", "changed" or "deleted" and a path."""
    return [
        *(("created", path) for path in now if path not in before),
        *(("changed", path) for path, stamp in now.items() if before.get(path, stamp) != stamp),
        *(("deleted", path) for path in before if path not in now),
    ]
