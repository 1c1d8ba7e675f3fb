"""Which Python runs a function.

Finds an interpreter for a runtime's name, and makes the folder LAMBDA_RUNTIME_DIR that every handler imports
from: what AWS's Python runtimes hold (boto3, awslambdaric) and nothing else of what is installed with
Workbench.

WORKAROUND row 3: remove when MiniStack runs handlers with awslambdaric on the function's own Python version.
"""

import functools
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

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
    """This computer has nothing that runs the runtime."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that can run handlers.

    Attributes:
        version: Such as `3.13.5`.
        language: "python", "node", or "provided" where the function brings its own program.
        note: Says that it is not the version that the runtime's name asks for; empty when it is.
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
    """Answers which interpreter runs a runtime; asks each candidate for Python once."""

    def __init__(self, runtime_dir: Path) -> None:
        self.runtime_dir = runtime_dir
        self._lock = threading.Lock()
        self._find = functools.cache(self._search)

    def own(self) -> Interpreter:
        return Interpreter(sys.executable, ".".join(map(str, sys.version_info[:3])))

    def for_runtime(self, runtime: str) -> Interpreter:
        """Returns the interpreter for a name such as `python3.12`, Workbench's own when there is no match.

        Raises:
            NoInterpreterError: There is no Node.js on this computer.
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
        """Asks a candidate who it is, and whether awslambdaric (Python 3.10) and ctypes work there."""
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
    """Asks a Node.js for its version; '' when it does not run."""
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=_PROBE_LIMIT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip().removeprefix("v")


def _candidates(version: str) -> Iterator[str]:
    """PATH first, then where uv, pyenv and Homebrew keep what they install."""
    if not re.fullmatch(r"\d+\.\d+", version):
        return
    name = f"python{version}"
    if found := shutil.which(name):
        yield found
    # HOME is the Sandbox's own folder here.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    for directory, pattern in (
        (home / ".local/share/uv/python", f"cpython-{version}.*/bin/{name}"),
        (home / ".pyenv/versions", f"{version}.*/bin/{name}"),
        (Path("/opt/homebrew/bin"), name),
        (Path("/usr/local/bin"), name),
    ):
        yield from sorted(map(str, directory.glob(pattern)), reverse=True)
