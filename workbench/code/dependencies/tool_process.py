"""Runs uv and npm as child processes that the user can cancel, with all their descendants.

Their environment is an allow-list. No AWS credential is passed; a token is passed only if the user's own
settings of uv or npm name it for their index.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.code.dependencies.requirements import LOGIN
from workbench.core.errors import WorkbenchError
from workbench.core.files import explaining
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.redaction import redact

_BASE = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TMP", "TEMP",
        "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME",
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "SSL_CLIENT_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    }
)  # fmt: skip
# Without these no program starts, or finds the user's folders, on Windows.
_WINDOWS = frozenset(
    {
        "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "HOMEDRIVE", "HOMEPATH",
        "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)",
    }
)  # fmt: skip
# Source: https://docs.astral.sh/uv/reference/environment/. UV_CONFIG_FILE is read by uv.py.
_UV = frozenset(
    {
        "NETRC", "UV_CACHE_DIR", "UV_NO_CACHE", "UV_CREDENTIALS_DIR", "UV_DEFAULT_INDEX", "UV_INDEX",
        "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX_STRATEGY", "UV_KEYRING_PROVIDER",
        "UV_INSECURE_HOST", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_HTTP_PROXY", "UV_HTTPS_PROXY",
        "UV_NO_PROXY", "UV_HTTP_TIMEOUT", "UV_HTTP_CONNECT_TIMEOUT", "UV_HTTP_RETRIES", "UV_OFFLINE",
        "UV_CONCURRENT_DOWNLOADS", "UV_CONCURRENT_INSTALLS", "UV_LINK_MODE", "UV_EXCLUDE_NEWER",
        "UV_PRERELEASE", "UV_RESOLUTION",
    }
)  # fmt: skip
_UV_LOGIN = re.compile(r"UV_INDEX_[A-Z0-9_]+_(?:USERNAME|PASSWORD)")
# Source: npm help config.
_NPM = frozenset(
    {
        "registry", "cache", "userconfig", "globalconfig", "proxy", "https_proxy", "noproxy", "cafile", "ca",
        "cert", "key", "strict_ssl", "maxsockets", "fetch_retries", "fetch_timeout", "offline",
        "prefer_offline",
    }
)  # fmt: skip
_NPM_PREFIX = "npm_config_"
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\??\}")
_LONGEST_NPMRC = 1 << 20


def base_environment() -> dict[str, str]:
    """The environment of any tool: PATH, home and temporary folders, locale, proxy and certificates."""
    return _chosen(_BASE) | {"NO_COLOR": "1"}


def uv_environment() -> dict[str, str]:
    """The environment of uv: also the variables that select an index and the access to it."""
    access = {name: value for name, value in os.environ.items() if _UV_LOGIN.fullmatch(name)}
    return base_environment() | _chosen(_UV) | access


def npm_environment() -> dict[str, str]:
    """The environment of npm: also the user's registry settings, and variables that .npmrc refers to."""
    found = base_environment() | {"npm_config_color": "false"}
    for name, value in os.environ.items():
        lower = name.lower()
        key = lower.removeprefix(_NPM_PREFIX)
        if key == lower:
            continue
        if key.replace("-", "_") in _NPM or key.startswith("//") or re.fullmatch(r"@[^:]+:registry", key):
            found[name] = value
    found |= _chosen(frozenset({"NODE_EXTRA_CA_CERTS"}))
    return found | {name: os.environ[name] for name in _referred(found) if name in os.environ}


def _chosen(names: Collection[str]) -> dict[str, str]:
    wanted = {*names, *(_WINDOWS if sys.platform == "win32" and names is _BASE else ())}
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() in wanted or (names is _BASE and name.startswith("LC_"))
    }


def _referred(environment: Mapping[str, str]) -> set[str]:
    """Variables that the user's .npmrc refers to, such as the token of a registry."""
    own = next((value for name, value in environment.items() if name.lower() == "npm_config_userconfig"), "")
    path = Path(own) if own else Path.home() / ".npmrc"
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST_NPMRC).decode("utf-8", "replace")
    except OSError:
        return set()
    return {name for name in _REFERENCE.findall(text) if not name.upper().startswith("AWS_")}


_LOOK_EVERY_S = 0.03
_ENDS_WITHIN_S = 2.0
_MAX_LINES = 400


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The exit status of a tool and its last lines of output, without secrets."""

    status: int
    text: str


def run_tool(
    command: Sequence[str],
    folder: Path,
    ctx: JobContext,
    on_line: Callable[[str], object] = lambda _line: None,
    environment: Mapping[str, str] | None = None,
) -> ToolResult:
    """Runs a tool to its end. Cancel ends it with all its descendants.

    Raises WorkbenchError if it cannot be started.

    Args:
        on_line: Called with each line of output.
        environment: All its variables; `base_environment()` by default.
    """
    ctx.check()
    program = Path(command[0])
    with explaining(_("{name} could not be started.").format(name=program.name), program):
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=base_environment() if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    lines: deque[str] = deque(maxlen=_MAX_LINES)
    watch = ProcessWatch(process, ctx)
    assert process.stdout is not None
    try:
        for data in process.stdout:
            line = LOGIN.sub("", redact(data.decode("utf-8", "replace").rstrip()))
            lines.append(line)
            if line and not ctx.cancelled:
                on_line(line)
        status = watch.wait()
    finally:
        watch.end()
    ctx.check()
    return ToolResult(status, "\n".join(lines).strip())


class ProcessWatch:
    """Ends a process and its group on Cancel, when its output is no longer read, or is silent for too long.

    Attributes:
        silent_s: Reset by whoever reads output.
        timed_out: Whether it was silent for longer than `timeout_s`.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], ctx: JobContext, timeout_s: float = float("inf")
    ) -> None:
        self.silent_s = 0.0
        self.timed_out = False
        self._process = process
        self._ctx = ctx
        self._timeout_s = timeout_s
        self._over = threading.Event()
        self._gone = False
        self._thread = threading.Thread(target=self._run, name="process-watch", daemon=True)
        self._thread.start()

    def wait(self) -> int:
        """The exit status. Afterwards the process id may be reused."""
        status = self._process.wait()
        self._gone = True
        return status

    def end(self) -> None:
        """Leaves no process and no thread behind."""
        self._over.set()
        self._thread.join()
        if not self._gone:
            self._signal("SIGKILL")
            self.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):  # input that it no longer reads
                    stream.close()

    def _run(self) -> None:
        while not self._over.wait(_LOOK_EVERY_S):
            self.silent_s += _LOOK_EVERY_S
            self.timed_out = self.silent_s > self._timeout_s
            if self.timed_out or self._ctx.cancelled:
                self._signal("SIGTERM")
                if not self._over.wait(_ENDS_WITHIN_S):
                    self._signal("SIGKILL")
                return

    def _signal(self, name: str) -> None:
        with contextlib.suppress(OSError):  # all processes have ended
            if sys.platform == "win32":
                self._process.kill()
            elif not self._gone:
                os.killpg(self._process.pid, getattr(signal, name))


def not_installed_error(tool: str, what: str, remedy: str) -> WorkbenchError:
    """The error for a tool that is not installed."""
    return WorkbenchError(what, _("{tool} is not installed on this computer.").format(tool=tool), remedy)
