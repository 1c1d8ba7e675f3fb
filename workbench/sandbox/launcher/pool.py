"""All execution environments, warm and busy, and the code on disk that they share.

An update never ends a running invocation. Environments run on one event loop, in a thread of its own; other
threads call `invoke`, `retire` and `kill` only. Code and layers are unpacked once for all environments of the
same code: the path of a folder ends in `var/task` and `opt` as on AWS, so that one regular expression finds
files of the function in the stack traces of both.

WORKAROUND row 12: remove when an update lets MiniStack's running invocations end.
"""

import asyncio
import base64
import functools
import hashlib
import io
import shutil
import threading
import time
import zipfile
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

from workbench.sandbox.launcher.environment import ExecutionEnvironment, InvocationOutcome, InvocationRequest
from workbench.sandbox.launcher.log_events import LogStream
from workbench.sandbox.launcher.spec import FunctionSpec, Interpreter
from workbench.sandbox.launcher.workers import Spawner

Unpack = Callable[[zipfile.ZipFile, str], object]
_KEPT_UNUSED = 4
_RECENTLY_S = 60


class CodeStore:
    """Unpacks archives by their content into a folder used for nothing else. `unpack` keeps file modes."""

    def __init__(self, root: Path, unpack: Unpack) -> None:
        self._root = root
        self._unpack = unpack
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
                    self._unpack(opened, str(path))
        except BaseException:
            shutil.rmtree(top, ignore_errors=True)
            raise

    def _top(self, path: Path) -> Path:
        return self._root / path.relative_to(self._root).parts[0]


@functools.lru_cache(maxsize=16)
def _digest(archive: bytes) -> bytes:
    """Computes a layer's digest once: every invocation passes the same object."""
    return hashlib.sha256(archive).digest()


class EnvironmentPool:
    """Serves invocations. Thread-safe. Idle environments end after `warm_ttl_s`."""

    def __init__(self, spawner: Spawner, store: CodeStore, warm_ttl_s: float) -> None:
        self._spawner = spawner
        self._store = store
        self._warm_ttl_s = warm_ttl_s
        self._idle: dict[tuple[str, str, str, str], list[ExecutionEnvironment]] = {}
        self._all: set[ExecutionEnvironment] = set()
        self._timers: dict[ExecutionEnvironment, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="lambda-environments", daemon=True).start()

    def invoke(self, spec: FunctionSpec, request: InvocationRequest) -> InvocationOutcome:
        """Blocks until the invocation is over."""
        return asyncio.run_coroutine_threadsafe(self._invoke(spec, request), self._loop).result()

    def warm(self, spec: FunctionSpec) -> bool:
        """Starts an environment that waits for an event; returns whether it could be initialized. Blocks."""
        return asyncio.run_coroutine_threadsafe(self._warm(spec), self._loop).result()

    def prepare(self, interpreter: Interpreter, runtime: str) -> None:
        """Starts a process that waits for the first function."""
        self._loop.call_soon_threadsafe(self._spawner.prepare, interpreter, runtime)

    def retire(self, account_id: str, region: str, function_name: str, version: str | None = None) -> None:
        """Ends a function's environments, busy ones after their invocation. None means all versions."""
        self._loop.call_soon_threadsafe(self._retire, (account_id, region, function_name), version)

    def retire_all(self) -> None:
        self._loop.call_soon_threadsafe(self._retire, None, None)

    def kill(self) -> None:
        """Kills all workers at once and permanently. Thread-safe."""
        self._is_closed = True
        self._spawner.kill()
        for environment in list(self._all):
            environment.kill()

    async def _invoke(self, spec: FunctionSpec, request: InvocationRequest) -> InvocationOutcome:
        environment = self._take(spec)
        try:
            return await environment.invoke(request)
        finally:
            self._give_back(environment)

    async def _warm(self, spec: FunctionSpec) -> bool:
        environment = self._take(spec)
        try:
            return environment.is_alive or await environment.warm()
        finally:
            self._give_back(environment)

    def _take(self, spec: FunctionSpec) -> ExecutionEnvironment:
        if self._is_closed:
            raise RuntimeError("The Sandbox is stopping.")
        idle = self._idle.get(spec.key, [])
        while idle:
            environment = idle.pop()
            self._timers.pop(environment).cancel()
            if environment.spec == spec and environment.is_alive:
                return environment
            self._discard(environment)
        log = LogStream(spec.account_id, spec.region, spec.log_group, spec.version, spec.role_arn)
        environment = ExecutionEnvironment(spec, self._spawner, log)
        self._all.add(environment)
        return environment

    def _give_back(self, environment: ExecutionEnvironment) -> None:
        if environment.is_stale or not environment.is_alive:
            self._discard(environment)
            return
        self._idle.setdefault(environment.spec.key, []).append(environment)
        self._timers[environment] = self._loop.call_later(self._warm_ttl_s, self._end_idle, environment)

    def _end_idle(self, environment: ExecutionEnvironment) -> None:
        self._idle[environment.spec.key].remove(environment)
        self._timers.pop(environment).cancel()
        self._discard(environment)

    def _retire(self, function: tuple[str, str, str] | None, version: str | None) -> None:
        for environment in list(self._all):
            key = environment.spec.key
            if (function is None or key[:3] == function) and version in (None, key[3]):
                environment.is_stale = True
                self._spawner.prepare_for(environment.spec)  # while the update completes
                if environment in self._timers:
                    self._end_idle(environment)

    def _discard(self, environment: ExecutionEnvironment) -> None:
        self._all.discard(environment)
        self._run(environment.discard())
        in_use: set[Path] = set().union(*(other.spec.folders for other in self._all))
        self._run(asyncio.to_thread(self._store.prune, in_use))

    def _run(self, work: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
