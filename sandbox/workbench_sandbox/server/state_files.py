"""MiniStack's state on disk, one JSON file for each service, and when it is saved.

Files are replaced atomically; writing holds the interpreter only for short moments. State files and code
that cannot be read or are damaged are set aside under another name, never overwritten or deleted. The files
are not flushed to the disk: they survive a killed process, and usually a power cut. They are saved a second
after a change, every minute, and at the end. A service whose state takes long to write is saved less often,
so that saving takes at most a twentieth of one processor and a SIGKILL loses at most a minute.

WORKAROUND rows 2 and 15: remove when MiniStack saves while it runs and keeps a copy of what it cannot load.
"""

import contextlib
import copy
import hashlib
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from ministack import app
from ministack.core import persistence
from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict
from ministack.services import cloudwatch, lambda_svc

from workbench_sandbox.server.corrections import nothing, wrap
from workbench_sandbox.server.log_events import LogEvents

_AT_LEAST_EVERY_S = 60.0
_IDLE_SHARE = 20
# Encoding a block takes a fraction of a millisecond; between blocks other threads get the interpreter.
_BLOCK_ITEMS = 200
_MAX_DEPTH = 8
_MAX_KEPT_BYTES = 4 * 1024 * 1024
_COPY_TRIES = 20
_Encoded = Iterator[str]


class StateFiles:
    """Saves and loads the state of all services."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._written: dict[str, bytes] = {}
        self._prune: Callable[[set[str]], None] = nothing
        self._code_in_use: set[str] | None = None
        self._untouched: set[str] = set()
        """Services whose file could be neither read nor set aside: they are not saved."""

    def install(self) -> None:
        """Replaces MiniStack's loading, its saving at shutdown, and its copying of long lists."""
        app._load_persisted_state = self.load
        app.save_all = nothing  # at shutdown it would be too late
        self._prune = lambda_svc._prune_orphan_code_blobs
        wrap(lambda_svc, _read_code_blob=_read_code)
        lambda_svc._prune_orphan_code_blobs = self._remember_code
        cloudwatch.copy = _Copier()

    def services(self) -> dict[str, Callable[[], Any]]:
        """Returns the state to save: file names and functions that copy the state."""
        found: dict[str, Callable[[], Any]] = app._build_persistence_save_dict()
        return found

    def save(self, name: str, get_state: Callable[[], Any]) -> bool:
        """Writes a service's file if its content changes. Returns whether it was written.

        Raises:
            OSError: The disk is full or read-only; the old file is kept.
        """
        state = _copy(get_state)
        if state is None or name in self._untouched:
            return False
        document = {"__ministack_format__": persistence._state_format_version(name), "payload": state}
        path = self._directory / f"{name}.json"
        is_new = self._replace(name, path, _encode(document))
        if self._code_in_use is not None:
            self._prune(self._code_in_use)
            self._code_in_use = None
        return is_new

    def _replace(self, name: str, path: Path, blocks: _Encoded) -> bool:
        """Writes a file if its content changes; a large one is never in memory as a whole."""
        temporary = path.with_suffix(".json.tmp")
        digest, kept, size = hashlib.sha256(), list[bytes](), 0
        try:
            with contextlib.ExitStack() as stack:
                file: IO[bytes] | None = None
                for block in blocks:
                    data = block.encode()
                    digest.update(data)
                    kept.append(data)
                    size += len(data)
                    if size > _MAX_KEPT_BYTES:
                        file = file or stack.enter_context(self._open(temporary))
                        file.writelines(kept)
                        kept, size = [], 0
                if self._written.get(name) == digest.digest() and path.exists():
                    temporary.unlink(missing_ok=True)
                    return False
                file = file or stack.enter_context(self._open(temporary))
                file.writelines(kept)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        self._written[name] = digest.digest()
        return True

    def _open(self, path: Path) -> IO[bytes]:
        self._directory.mkdir(parents=True, exist_ok=True)
        return path.open("wb")

    def _remember_code(self, referenced: set[str]) -> None:
        """MiniStack removes old code too early: before the file that no longer refers to it is written."""
        self._code_in_use = referenced

    def load(self) -> None:
        """Restores every service; a file that cannot be restored is set aside."""
        for name, module in app._state_map.items():
            path = self._directory / f"{name}.json"
            if not os.path.lexists(path):
                continue
            try:
                if not path.is_file():
                    raise ValueError("not a file")  # to open a named pipe would wait for ever
                state = persistence.load_state(name)
                if not isinstance(state, dict):
                    raise ValueError("not a state file")
                app._get_module(module).load_persisted_state(state)
            except Exception:  # MiniStack raises anything for a wrong shape.
                logging.getLogger(__name__).debug("cannot restore %s", path, exc_info=True)
                self._prune = nothing  # the code of the functions in that file belongs to it
                if not _set_aside(path):
                    self._untouched.add(name)


class Autosaver:
    """Saves in its own thread, a while after a change."""

    def __init__(self, files: StateFiles, after_change_s: float) -> None:
        self._files = files
        self._after_change_s = after_change_s
        self._changed = threading.Event()
        self._is_stopped = threading.Event()
        self._saving = threading.Lock()
        self._cost_s: dict[str, float] = {}
        self._due: dict[str, float] = {}

    def start(self) -> None:
        threading.Thread(target=self._run, name="autosave", daemon=True).start()

    def touch(self) -> None:
        """Reports a change. Cheap and thread-safe."""
        self._changed.set()

    def save_all(self) -> None:
        """Saves everything now, the quickest first, and nothing afterwards."""
        self._is_stopped.set()
        with self._saving:
            services = self._files.services()
            for name in sorted(services, key=lambda name: self._cost_s.get(name, 0)):
                self._save(name, services[name])

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            self._changed.wait(_AT_LEAST_EVERY_S)
            if self._is_stopped.wait(self._after_change_s):
                return
            self._changed.clear()
            with self._saving:
                self._save_due()

    def _save_due(self) -> None:
        now = time.monotonic()
        for name, get_state in self._files.services().items():
            if self._is_stopped.is_set():
                return
            if now < self._due.get(name, 0):
                self._changed.set()  # It will be saved in turn.
                continue
            self._save(name, get_state)

    def _save(self, name: str, get_state: Callable[[], Any]) -> None:
        started = time.monotonic()
        try:
            self._files.save(name, get_state)
        except OSError as error:
            sys.stderr.write(f"save-failed: {name}.json: {error.strerror or error}\n")
            self._changed.set()
        except Exception as error:  # noqa: BLE001 - one odd state must not keep the others from being saved.
            sys.stderr.write(f"save-failed: {name}.json: {type(error).__name__}: {error}\n")
        ended = time.monotonic()
        self._cost_s[name] = ended - started
        self._due[name] = ended + min((ended - started) * _IDLE_SHARE, _AT_LEAST_EVERY_S)


def _set_aside(path: Path) -> bool:
    """Renames a file that cannot be used, which needs no right to read it. Returns whether that succeeded."""
    kept = path.with_name(f"{path.name}.corrupt-{time.strftime('%Y%m%dT%H%M%S')}")
    try:
        os.rename(path, kept)
    except OSError as error:
        sys.stderr.write(f"corrupt-state: {path} (stays, and is not written to: {error})\n")
        return False
    sys.stderr.write(f"corrupt-state: {kept}\n")
    return True


def _read_code(original: Callable[[str], bytes | None], sha256: str) -> bytes | None:
    """Returns code by its hash; sets it aside if it is not of this hash or cannot be read."""
    code = original(sha256)
    if code is not None and hashlib.sha256(code).hexdigest() == sha256:
        return code
    path = Path(lambda_svc.CODE_BLOB_DIR) / f"{sha256}.zip"
    if path.exists():
        _set_aside(path)
    return None


class _Copier:
    """Stands in for the module `copy` where CloudWatch copies its state.

    Stored points never change, so lists of them need no deep copy.
    """

    def deepcopy(self, value: Any) -> object:
        if value is not cloudwatch._metrics:
            return copy.deepcopy(value)
        copied = AccountRegionScopedDict()
        copied._data = {key: list(points) for key, points in value._data.items()}
        return copied

    def __getattr__(self, name: str) -> object:
        return getattr(copy, name)


def _copy(get_state: Callable[[], Any]) -> Any:
    """Copies a state that other threads change; restarts if a dictionary grew meanwhile."""
    for _ in range(_COPY_TRIES):
        try:
            return get_state()
        except RuntimeError:
            time.sleep(0.001)
    return get_state()


def _encode(value: object, depth: int = 0) -> _Encoded:
    """Yields JSON in blocks of a bounded number of items."""
    if isinstance(value, AccountScopedDict | AccountRegionScopedDict):
        value = persistence._json_default(value)
    if isinstance(value, dict) and depth < _MAX_DEPTH and _is_worth_splitting(value):
        yield from _encode_dict(value, depth)
    elif isinstance(value, LogEvents):
        yield "["
        for index, block in enumerate(value.json_blocks()):
            yield f",{block}" if index else block
        yield "]"
    elif isinstance(value, list | tuple) and depth < _MAX_DEPTH:
        yield "["
        for start in range(0, len(value), _BLOCK_ITEMS):
            block = _dumps(list(value[start : start + _BLOCK_ITEMS]))
            yield f"{',' if start else ''}{block[1:-1]}"
        yield "]"
    else:
        yield _dumps(value)


def _is_worth_splitting(value: dict[object, object]) -> bool:
    return all(isinstance(key, str) for key in value) and any(
        isinstance(item, dict | list | tuple | LogEvents | AccountScopedDict | AccountRegionScopedDict)
        for item in value.values()
    )


def _encode_dict(value: dict[str, object], depth: int) -> _Encoded:
    yield "{"
    for index, (key, item) in enumerate(value.items()):
        yield f"{',' if index else ''}{json.dumps(key)}:"
        yield from _encode(item, depth + 1)
    yield "}"


def _dumps(value: object) -> str:
    return json.dumps(value, default=persistence._json_default, separators=(",", ":"))
