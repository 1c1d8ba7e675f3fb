"""The input of an execution environment: interpreter, code, and everything about one version of a function.

Finds an interpreter for a runtime's name, and creates the folder LAMBDA_RUNTIME_DIR that every handler
imports from: the content of AWS's Python runtimes (boto3, awslambdaric) and nothing else that is installed
with Workbench. Code and layers are unpacked once for all environments of the same code: the path of a folder
ends in `var/task` and `opt` as on AWS, so that one regular expression finds files of the function in the
stack traces of both.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html WORKAROUND row 3: remove when
MiniStack runs handlers with awslambdaric on the function's own Python version.
"""

import base64
import functools
import hashlib
import io
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import Distribution, distribution
from pathlib import Path
from urllib.parse import quote

from workbench_sandbox.server.inside.fence import linked
from workbench_sandbox.server.inside.private_root import LAYERS, RUNTIME, TASK
from workbench_sandbox.server.log_lines import PlatformLog

INSIDE = Path(__file__).parent / "inside"
# boto3 and its dependencies as on AWS, awslambdaric and its own.
_RUNTIME_PACKAGES = (
    "awslambdaric", "simplejson", "snapshot-restore-py",
    "boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3",
)  # fmt: skip
_PROBE = """
import ctypes, json, sys
sys.path.insert(0, sys.argv[1])
import awslambdaric.__main__
print(json.dumps([sys.executable, list(sys.version_info[:3])]))
"""
_PROBE_LIMIT_S = 10


class NoInterpreterError(RuntimeError):
    """No interpreter on this computer runs the runtime."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter that can run handlers.

    Attributes:
        version: `3.13.5`.
        language: "python", "node", or "provided" if the function contains its own program.
        note: Says that its version differs from the runtime's; empty if it does not.
    """

    path: str
    version: str
    note: str = ""
    language: str = "python"


def build_runtime_dir(target: Path) -> Path:
    """Fills `target` with links to what handlers may import besides their own code."""
    target.mkdir(parents=True)
    for name in _RUNTIME_PACKAGES:
        for source in _top_level_entries(distribution(name)):
            (target / source.name).symlink_to(source)
    (target / "runtime_client.py").symlink_to(INSIDE / "runtime_client.py")
    return target


def _top_level_entries(package: Distribution) -> Iterator[Path]:
    names = {file.parts[0] for file in package.files or () if file.parts[0] not in ("..", "__pycache__")}
    return (Path(str(package.locate_file(name))) for name in sorted(names))


class Interpreters:
    """Finds the interpreter for a runtime; runs each candidate for Python once."""

    def __init__(self, runtime_dir: Path) -> None:
        self.runtime_dir = runtime_dir
        self._lock = threading.Lock()
        self._find = functools.cache(self._search)

    def own(self) -> Interpreter:
        return Interpreter(sys.executable, ".".join(map(str, sys.version_info[:3])))

    def for_runtime(self, runtime: str) -> Interpreter:
        """Returns the interpreter for a name such as `python3.12`; Workbench's own if none matches.

        Raises:
            NoInterpreterError: Node.js is not installed.
        """
        if runtime.startswith("nodejs"):
            return _find_node(runtime)
        if runtime.startswith("provided"):
            return Interpreter("", runtime.removeprefix("provided").lstrip(".") or "al1", language="provided")
        with self._lock:
            return self._find(runtime)

    def _search(self, runtime: str) -> Interpreter:
        own = self.own()
        wanted = runtime.removeprefix("python")
        if own.version.startswith(f"{wanted}."):
            return own
        for candidate in _candidates(wanted):
            found = self._probe(candidate)
            if found and found.version.startswith(f"{wanted}."):
                return found
        note = f"running {runtime} on {sys.version_info[0]}.{sys.version_info[1]}"
        sys.stderr.write(f"runtime: {note}\n")
        return Interpreter(own.path, own.version, note)

    def _probe(self, path: str) -> Interpreter | None:
        """Reads a candidate's version, and checks that awslambdaric (Python 3.10) and ctypes work there."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            answer = subprocess.run(
                [path, "-S", "-c", _PROBE, str(self.runtime_dir)],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PROBE_LIMIT_S,
                check=True,
            )
            executable, version = json.loads(answer.stdout)
        except (OSError, subprocess.SubprocessError, ValueError):
            return None
        return Interpreter(executable, ".".join(map(str, version)))


def _find_node(runtime: str) -> Interpreter:
    path = shutil.which("node")
    version = _node_version(path, os.stat(path).st_mtime_ns) if path else ""
    if not path or not version:
        raise NoInterpreterError(
            f"Node.js is required to run {runtime} functions, but is not installed on this computer."
        )
    is_same = runtime.removeprefix("nodejs").partition(".")[0] == version.partition(".")[0]
    return Interpreter(path, version, "" if is_same else f"running {runtime} on Node.js {version}", "node")


@functools.cache
def _node_version(path: str, _changed_at: int) -> str:
    """Reads the version of a Node.js; '' if it does not run."""
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=_PROBE_LIMIT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip().removeprefix("v")


def _candidates(version: str) -> Iterator[str]:
    """Candidates from PATH, then from the folders of uv, pyenv and Homebrew."""
    if not re.fullmatch(r"\d+\.\d+", version):
        return
    name = f"python{version}"
    # All of them: the first may be a shim of pyenv, which runs nothing unless that version is selected.
    folders = dict.fromkeys(os.environ.get("PATH", os.defpath).split(os.pathsep))
    yield from filter(None, (shutil.which(name, path=folder) for folder in folders if folder))
    # HOME is the Sandbox's own folder here.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    for directory, pattern in (
        (home / ".local/share/uv/python", f"cpython-{version}.*/bin/{name}"),
        (home / ".pyenv/versions", f"{version}.*/bin/{name}"),
        (Path("/opt/homebrew/bin"), name),
        (Path("/usr/local/bin"), name),
    ):
        yield from sorted(map(str, directory.glob(pattern)), reverse=True)


# Characters that Node.js does not encode in a file URL.
_SAFE_IN_URLS = "/!$&'()*+,;=:@|^[]~"
# Variables that awslambdaric, the interpreter or the loader read before a waiting process gets its function.
_READ_EARLY = ("PYTHON", "LD_", "MALLOC_", "GLIBC_", "LC_", "AWS_LAMBDA_LOG_", "AWS_LAMBDA_EXEC_WRAPPER")


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """Two equal specs can share environments; any update of code or configuration makes a different one.

    Attributes:
        code_sha256: Base64, as in GetFunction.
        credentials: AWS_ACCESS_KEY_ID and so on.
        layers_root: The folder for /opt; None without layers.
        endpoint_url: Replaces AWS's endpoints for the handler; empty for AWS itself.
        debugger_dir: The files of a debugger; None without one.
        ephemeral_storage_mb: Size of /tmp if the function has its own root.
    """

    account_id: str
    region: str
    function_name: str
    version: str
    runtime: str
    handler: str
    memory_mb: int
    timeout_s: int
    role_arn: str
    code_sha256: str
    variables: tuple[tuple[str, str], ...]
    credentials: tuple[tuple[str, str], ...]
    log_group: str
    log_format: str
    log_level: str
    interpreter: Interpreter
    runtime_dir: Path
    task_root: Path
    layers_root: Path | None
    endpoint_url: str
    debugger_dir: Path | None = None
    ephemeral_storage_mb: int = 512

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Identifies the version: at most one spec of a key is current."""
        return self.account_id, self.region, self.function_name, self.version

    @property
    def folders(self) -> set[Path]:
        return {self.task_root} | ({self.layers_root} if self.layers_root else set())

    def paths_on_lambda(self) -> tuple[tuple[str, str], ...]:
        """Returns each folder of this machine, as written in traces, with its path on Lambda; longest first.

        Plain, as JSON text, and as in file URLs. Links are also resolved, as Node.js does.
        """
        folders = [(self.task_root, TASK), (self.runtime_dir, RUNTIME)]
        if self.layers_root is not None:
            folders.append((self.layers_root, LAYERS))
        found: dict[str, str] = {}
        for folder, path in folders:
            for each in (str(folder), str(folder.resolve())):
                found |= dict.fromkeys((each, json.dumps(each)[1:-1], quote(each, safe=_SAFE_IN_URLS)), path)
        return tuple(sorted(found.items(), key=lambda pair: -len(pair[0])))

    def platform_log(self) -> PlatformLog:
        """Returns the builder of this version's platform lines."""
        name = f"{self.interpreter.language}:{self.interpreter.version}"
        digest = hashlib.sha256(f"workbench-sandbox {name}".encode()).hexdigest()
        arn = f"arn:aws:lambda:{self.region}::runtime:{digest}"
        return PlatformLog(self.version, self.log_format == "JSON", name, arn)

    def is_read_early(self) -> bool:
        """Whether a variable or library takes effect before a process knows its handler."""
        libraries = [self.task_root / "lib"] + ([self.layers_root / "lib"] if self.layers_root else [])
        names = [name for name, _ in self.variables if name != "PYTHONPATH"]
        return (
            self.log_format == "JSON"
            or bool(self.log_level)
            or any(name.startswith(_READ_EARLY) for name in names)
            or any(directory.is_dir() for directory in libraries)
        )

    def readable_paths(self) -> list[str]:
        """Returns what this function may read besides its own folders, the runtime and the system."""
        return linked(str(self.debugger_dir)) if self.debugger_dir else []

    def on_lambda(self) -> "FunctionSpec":
        """Returns the spec with the paths of its folders on Lambda."""
        layers_root = Path(LAYERS) if self.layers_root else None
        return replace(self, task_root=Path(TASK), layers_root=layers_root, runtime_dir=Path(RUNTIME))

    def wrapper(self) -> str:
        """Returns the path of the wrapper script; '' without one.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html (not for OS-only runtimes)
        """
        if self.interpreter.language == "provided":
            return ""
        path = dict(self.variables).get("AWS_LAMBDA_EXEC_WRAPPER", "")
        for there, here in ((TASK, self.task_root), (LAYERS, self.layers_root)):
            if path.startswith(f"{there}/") and here is not None:
                return str(here / path.removeprefix(f"{there}/"))
        return path

    def import_path(self) -> tuple[list[str], list[str]]:
        """Returns the folders before the runtime on sys.path, and which of them are site directories."""
        task_root = str(self.task_root)
        if self.layers_root is None:
            return [task_root], []
        python = self.layers_root / "python"
        minor = ".".join(self.interpreter.version.split(".")[:2])
        site = str(python / "lib" / f"python{minor}" / "site-packages")
        return [task_root, site, str(python)], [site]

    def environment(self, *, runtime_api: str, log_stream: str, home: Path) -> dict[str, str]:
        """Returns all variables of the handler; Lambda's own override the function's."""
        root = str(self.task_root)
        opt = str(self.layers_root) if self.layers_root else ""
        libraries = [root, f"{root}/lib"] + ([f"{opt}/lib"] if opt else [])
        path = ([f"{opt}/bin"] if opt else []) + [os.environ.get("PATH", os.defpath)]
        defaults = {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "LD_LIBRARY_PATH": os.pathsep.join(libraries),
            "PATH": os.pathsep.join(path),
            "PYTHONPATH": str(self.runtime_dir),
            "TMPDIR": str(home),
            "TZ": ":UTC",
        }
        reserved = {
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_FUNCTION_NAME": self.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": self.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "AWS_REGION": self.region,
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "LAMBDA_RUNTIME_DIR": str(self.runtime_dir),
            "LAMBDA_TASK_ROOT": root,
            "_HANDLER": self.handler,
        }
        if self.log_format == "JSON":
            reserved["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        if self.log_level:
            reserved["AWS_LAMBDA_LOG_LEVEL"] = self.log_level
        if self.interpreter.language == "node":
            major = self.interpreter.version.partition(".")[0]
            folders = [f"{opt}/nodejs/node{major}/node_modules", f"{opt}/nodejs/node_modules"] if opt else []
            defaults["NODE_PATH"] = os.pathsep.join([*folders, f"{self.runtime_dir}/node_modules"])
        if self.interpreter.language != "python":
            del defaults["PYTHONPATH"]
        if self.interpreter.language == "provided":
            del reserved["AWS_EXECUTION_ENV"]
        if self.endpoint_url:
            defaults["AWS_ENDPOINT_URL"] = self.endpoint_url
        return {**defaults, **dict(self.credentials), **dict(self.variables), **reserved}


_MODE_SHIFT = 16  # of a file's mode in a zip, where Unix made it
_KEPT_UNUSED = 4
_RECENTLY_S = 60


class CodeStore:
    """Unpacks archives by their content into a folder used for nothing else."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._locks: dict[Path, threading.Lock] = {}
        self._used: dict[Path, float] = {}

    def task_root(self, archive: bytes, sha256: str) -> Path:
        """Returns the folder of a function's code.

        Args:
            sha256: The hash in the function's record, base64. During an update the record is outdated for a
                moment; therefore the archive is checked before it is unpacked under this name.

        Raises:
            zipfile.BadZipFile: The archive is invalid.
            OSError: The disk is full.
        """
        path = self._path(sha256, "var/task")
        if self._use(path):
            return path
        path = self._path(base64.b64encode(hashlib.sha256(archive).digest()).decode(), "var/task")
        return self._get(path, (archive,))

    def layers_root(self, archives: Sequence[bytes]) -> Path:
        """Returns the folder for /opt: the layers unpacked over each other, in order."""
        digest = hashlib.sha256(b"".join(map(_digest, archives))).digest()
        return self._get(self._path(base64.b64encode(digest).decode(), "opt"), archives)

    def prune(self, in_use: set[Path]) -> None:
        """Removes folders that no environment uses, except some that were used last."""
        with self._lock:
            now = time.monotonic()
            unused = sorted((used, path) for path, used in self._used.items() if path not in in_use)
            doomed = [path for used, path in unused[:-_KEPT_UNUSED] if now - used > _RECENTLY_S]
            for path in doomed:
                del self._used[path]
        for path in doomed:
            shutil.rmtree(self._top(path), ignore_errors=True)

    def _path(self, sha256: str, name: str) -> Path:
        short = sha256[:22].replace("+", "-").replace("/", "_")
        return self._root / short / name

    def _use(self, path: Path) -> bool:
        with self._lock:
            if path not in self._used:
                return False
            self._used[path] = time.monotonic()
            return True

    def _get(self, path: Path, archives: Sequence[bytes]) -> Path:
        with self._lock:
            one_at_a_time = self._locks.setdefault(path, threading.Lock())
        with one_at_a_time:
            if not self._use(path):
                self._create(path, archives)
                with self._lock:
                    self._used[path] = time.monotonic()
        return path

    def _create(self, path: Path, archives: Sequence[bytes]) -> None:
        top = self._top(path)
        shutil.rmtree(top, ignore_errors=True)  # Remains of an earlier run of `prune`.
        try:
            path.mkdir(parents=True)
            for archive in archives:
                with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                    _unpack(opened, path)
        except BaseException:
            shutil.rmtree(top, ignore_errors=True)
            raise

    def _top(self, path: Path) -> Path:
        return self._root / path.relative_to(self._root).parts[0]


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Unpacks an archive with the modes of its files, of which zipfile keeps none."""
    for info in archive.infolist():
        target = archive.extract(info, folder)
        if mode := (info.external_attr >> _MODE_SHIFT) & 0o777:
            rights = 0o700 if info.is_dir() else 0  # it is filled, and removed again
            place = os.open(
                target, os.O_RDONLY | os.O_NOFOLLOW
            )  # a fenced server may not change it by its path
            try:
                os.fchmod(place, mode | rights)
            finally:
                os.close(place)


@functools.lru_cache(maxsize=16)
def _digest(archive: bytes) -> bytes:
    """Computes a layer's digest once: every invocation passes the same object."""
    return hashlib.sha256(archive).digest()
