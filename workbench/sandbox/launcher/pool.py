"""All execution environments, warm and busy.

An update never ends a running invocation. Everything runs on one event loop, in a thread of its own; other
threads call `invoke`, `retire` and `kill` only.

WORKAROUND row 12: remove when an update lets MiniStack's running invocations end.
"""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path

from workbench.sandbox.launcher.code_store import CodeStore
from workbench.sandbox.launcher.environment import ExecutionEnvironment, InvocationOutcome, InvocationRequest
from workbench.sandbox.launcher.interpreters import Interpreter
from workbench.sandbox.launcher.log_stream import LogStream
from workbench.sandbox.launcher.spawner import Spawner
from workbench.sandbox.launcher.spec import FunctionSpec


class EnvironmentPool:
    """Serves invocations from any thread.

    Args:
        store: Asked to remove code that no environment uses any more.
        warm_ttl_s: An idle environment ends after this time.
    """

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
        """Has an environment wait for an event; returns whether it could be initialized. Blocks."""
        return asyncio.run_coroutine_threadsafe(self._warm(spec), self._loop).result()

    def prepare(self, interpreter: Interpreter, runtime: str) -> None:
        """Has a process wait for the first function."""
        self._loop.call_soon_threadsafe(self._spawner.prepare, interpreter, runtime)

    def retire(self, account_id: str, region: str, function_name: str, version: str | None = None) -> None:
        """Ends a function's environments, busy ones after their invocation. None means all versions."""
        self._loop.call_soon_threadsafe(self._retire, (account_id, region, function_name), version)

    def retire_all(self) -> None:
        self._loop.call_soon_threadsafe(self._retire, None, None)

    def kill(self) -> None:
        """Kills all workers at once and for good. Safe from any thread."""
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
                self._spawner.prepare_for(environment.spec)  # while the update settles
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
