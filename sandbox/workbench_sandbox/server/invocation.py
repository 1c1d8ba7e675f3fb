"""Every invocation of every function, however it was caused.

Replaces MiniStack's `_execute_function`, the one point that direct, asynchronous and event-source invocations
pass: checks concurrency, chooses what runs the function, and counts. An alias runs its version, or by weight
its second one. The pool has all execution environments, warm and busy. An update never ends a running
invocation.

WORKAROUND rows 3, 5 and 10: remove when MiniStack runs Python through awslambdaric, counts every
invocation, and says so when it cannot run a function instead of answering with a mock.
WORKAROUND row 12: remove when an update lets MiniStack's running invocations end.
WORKAROUND row 11: remove when MiniStack honours RoutingConfig, names aliases to what they invoke, and applies
reserved concurrency to versions.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
"""

import asyncio
import contextvars
import functools
import json
import random
import subprocess
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from workbench_sandbox.server import metrics
from workbench_sandbox.server.broker_client import BrokerClient
from workbench_sandbox.server.corrections import nothing, wrap
from workbench_sandbox.server.environment import (
    ExecutionEnvironment,
    InvocationOutcome,
    InvocationRequest,
    runtime_error,
)
from workbench_sandbox.server.log_events import LogStream
from workbench_sandbox.server.log_lines import Figures, PlatformLog
from workbench_sandbox.server.request_context import CALLER, REQUEST, Caller
from workbench_sandbox.server.spec import (
    CodeStore,
    FunctionSpec,
    Interpreters,
    NoInterpreterError,
)
from workbench_sandbox.server.workers import Spawner

# MiniStack's records and results are dictionaries.
_Record = dict[str, Any]


_MAX_ENVIRONMENTS, _MAX_MEMORY_MB = 24, 2048
"""Beyond these, idle environments end, the least recently used first."""


class EnvironmentPool:
    """Serves invocations. Idle environments end after `warm_ttl_s`, or earlier to make room for others.

    Environments run on one event loop, in a thread of its own; other threads call the public methods only.
    """

    def __init__(self, spawner: Spawner | BrokerClient, store: CodeStore, warm_ttl_s: float) -> None:
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
        self._make_room()
        return environment

    def _make_room(self) -> None:
        """Ends idle environments beyond the limits, the least recently used first."""
        memory_mb = sum(each.used_mb for each in self._all)
        for environment in list(self._timers):
            if len(self._all) <= _MAX_ENVIRONMENTS and memory_mb <= _MAX_MEMORY_MB:
                return
            memory_mb -= environment.used_mb
            self._end_idle(environment)

    def _give_back(self, environment: ExecutionEnvironment) -> None:
        if environment.is_stale or not environment.is_alive:
            self._discard(environment)
            return
        self._idle.setdefault(environment.spec.key, []).append(environment)
        self._timers[environment] = self._loop.call_later(self._warm_ttl_s, self._end_idle, environment)
        self._make_room()

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


def install_aliases() -> None:
    """Lets events invoke the alias that they name, and versions share the reserved concurrency."""
    wrap(lambda_svc, _effective_func_record_for_qualifier=_named)
    lambda_svc._reserved_concurrency = _reserved


def _routed(record: _Record, config: _Record) -> tuple[_Record, _Record]:
    """Returns the record and configuration to run: those of the alias's version, or of its weighted one.

    The alias is in the ARN of the configuration.
    """
    parts = str(config.get("FunctionArn") or "").split(":")
    function = lambda_svc._functions.get(config.get("FunctionName")) or {}
    alias = function.get("aliases", {}).get(parts[7]) if len(parts) > 7 else None
    weights = ((alias or {}).get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    drawn = random.random()
    for number, weight in weights.items():
        drawn -= float(weight)
        version = function["versions"].get(number) if drawn < 0 else None
        if version:
            config = {**version["config"], "FunctionArn": config["FunctionArn"]}
            return {**version, "config": config}, config
    return record, config


def called_by(record: _Record, arn: str) -> _Record:
    """Returns a record whose configuration has the ARN that was called, with its alias."""
    return {**record, "config": {**record["config"], "FunctionArn": arn}}


def _named(original: Callable[..., Any], function: _Record | None, qualifier: str | None) -> Any:
    record, config = original(function, qualifier)
    if record is None or function is None or qualifier not in function.get("aliases", {}):
        return record, config
    named = called_by(record, str(function["aliases"][qualifier]["AliasArn"]))
    return named, named["config"]


def _reserved(record: _Record, config: _Record) -> int | None:
    """Returns the function's reserved concurrency, whichever version runs."""
    function = lambda_svc._functions.get(config.get("FunctionName")) or record or {}
    reserved = function.get("concurrency")
    return None if reserved is None else int(reserved)


_DEFAULT_TIMEOUT_S = 3
_DEFAULT_MEMORY_MB = 128


@dataclass(frozen=True, slots=True)
class Invoker:
    """Runs Python, Node.js and custom runtimes in `pool`, and refuses others."""

    pool: EnvironmentPool
    store: CodeStore
    interpreters: Interpreters | BrokerClient
    endpoint_url: str
    on_change: Callable[[], None]
    running: Callable[[_Record, _Record], tuple[_Record, _Record]]

    def install(self) -> None:
        """Replaces MiniStack's functions."""
        lambda_svc._execute_function = self.execute
        lambda_svc._emit_lambda_logs = nothing
        wrap(
            lambda_svc,
            invoke_async_with_retry=_with_one_request_id,
            invalidate_worker=self._invalidate,
            reset=self._reset,
        )
        # WebSocket APIs, and the publication of SnapStart versions, use MiniStack's own workers.
        lambda_runtime.get_or_create_worker = functools.partial(_Worker, self.execute)
        lambda_svc.ensure_spawned = nothing  # a version is initialized at its first invocation
        lambda_runtime.subprocess = lambda_svc.subprocess = _NoSubprocess

    def execute(self, func: _Record, event: object) -> _Record:
        """Runs an event; returns what MiniStack expects: body, error, log, throttle."""
        config: _Record = func.get("config") or func
        if lambda_svc._function_config_scope_mismatch(config):
            result: _Record = lambda_svc._run_with_function_config_scope(config, self.execute, func, event)
            return result
        func, config = self.running(*_routed(func, config))
        name, qualifier = _identity(config)
        _set_executed_version(config, name)
        if lambda_svc._recursive_loop_drop(name, func, _depth()) is not None:
            body = runtime_error("RecursiveInvocationException", "Lambda stopped a recursive loop.").payload
            return {"body": json.loads(body), "error": True, "log": ""}
        slot, limit = lambda_svc._acquire_execution_slot(func, config)
        if slot is None:
            metrics.count_throttle(name, qualifier)
            return _throttled(limit)
        started = time.monotonic()
        in_flight = lambda_svc._inflight.get(slot, 1)
        try:
            result = self._dispatch(func, config, event)
        finally:
            lambda_svc._release_execution_slot(slot)
        duration_ms = result.pop("duration_ms", (time.monotonic() - started) * 1000)
        metrics.count_invocation(name, qualifier, duration_ms, in_flight, is_error=bool(result.get("error")))
        self.on_change()
        return result

    def can_start(self, func: _Record) -> bool:
        """Returns whether a function can be initialized; True if it does not run here."""
        config: _Record = func["config"]
        if _refusal(func, config):
            return True
        try:
            return self.pool.warm(self._spec(func, config))
        except (OSError, zipfile.BadZipFile, RuntimeError):
            return False

    def _dispatch(self, func: _Record, config: _Record, event: object) -> _Record:
        request = _request(config, event)
        refusal = _refusal(func, config)
        if refusal:
            return _answer_without_running(config, request, refusal)
        try:
            spec = self._spec(func, config)
        except NoInterpreterError as error:
            return _answer_without_running(config, request, str(error))
        except (OSError, zipfile.BadZipFile, RuntimeError) as error:
            return _answer_without_running(config, request, f"The code could not be unpacked: {error}")
        return _result(self.pool.invoke(spec, request))

    def _spec(self, func: _Record, config: _Record) -> FunctionSpec:
        account_id, region = lambda_svc._account_region_from_function_config(config)
        name = str(config["FunctionName"])
        code_sha256 = str(config.get("CodeSha256") or "")
        layers = [
            archive
            for layer in config.get("Layers") or ()
            if (archive := lambda_svc._resolve_layer_zip(layer))
        ]
        logging: Mapping[str, str] = config.get("LoggingConfig") or {}
        variables = (config.get("Environment") or {}).get("Variables") or {}
        runtime = str(config["Runtime"])
        return FunctionSpec(
            account_id=account_id,
            region=region,
            function_name=name,
            version=str(config.get("Version") or "$LATEST"),
            runtime=runtime,
            handler=str(config.get("Handler") or ""),
            memory_mb=int(config.get("MemorySize") or _DEFAULT_MEMORY_MB),
            timeout_s=int(config.get("Timeout") or _DEFAULT_TIMEOUT_S),
            role_arn=str(config.get("Role") or ""),
            code_sha256=code_sha256,
            variables=tuple(sorted(variables.items())),
            credentials=tuple(sorted(lambda_runtime.execution_credentials(config).items())),
            log_group=logging.get("LogGroup") or f"/aws/lambda/{name}",
            log_format=logging.get("LogFormat") or "Text",
            log_level=logging.get("ApplicationLogLevel") or "",
            interpreter=self.interpreters.for_runtime(runtime),
            runtime_dir=self.interpreters.runtime_dir,
            task_root=self.store.task_root(func["code_zip"], code_sha256),
            layers_root=self.store.layers_root(layers) if layers else None,
            endpoint_url=self.endpoint_url,
            ephemeral_storage_mb=int((config.get("EphemeralStorage") or {}).get("Size") or 512),
        )

    def _invalidate(
        self,
        original: Callable[..., None],
        func_name: str,
        qualifier: str | None = None,
        account: str | None = None,
        region: str | None = None,
    ) -> None:
        original(func_name, qualifier=qualifier, account=account, region=region)
        account = account or lambda_svc.get_account_id()
        self.pool.retire(account, region or lambda_svc.get_region(), func_name, qualifier)

    def _reset(self, original: Callable[[], None]) -> None:
        original()
        self.pool.retire_all()


@dataclass(frozen=True, slots=True)
class _Worker:
    """Replaces MiniStack's worker of a function."""

    execute: Callable[[_Record, object], _Record]
    name: str
    config: _Record
    code_zip: bytes
    qualifier: str = ""

    def invoke(self, event: _Record, *_: object, **__: object) -> _Record:
        """Invokes the function for a route of a WebSocket API, whose client does not see errors."""
        result = self.execute({"config": self.config, "code_zip": self.code_zip}, event)
        if result.get("error") or result.get("throttle"):
            about = event["requestContext"]
            told = {"message": "Internal server error"}
            told |= {name: str(about.get(name) or "") for name in ("connectionId", "requestId")}
            return {"status": "error", "error": json.dumps(told)}
        return {"status": "ok", "result": result["body"]}


class _NoSubprocess:
    """Replaces the module `subprocess` where MiniStack would start functions outside the fence."""

    PIPE, STDOUT, DEVNULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL
    TimeoutExpired, SubprocessError = subprocess.TimeoutExpired, subprocess.SubprocessError

    @staticmethod
    def run(*_: object, **__: object) -> None:
        raise RuntimeError("The Sandbox does not support this type of invocation.")

    Popen = run


def _with_one_request_id(original: Callable[[_Record, object], None], func: _Record, event: object) -> None:
    """All attempts of an asynchronous event share a request id, as on AWS."""
    name, _ = _identity(func.get("config") or func)
    caller = CALLER.get()
    context = contextvars.copy_context()
    if caller is None or caller.function_name != name:
        context.run(CALLER.set, Caller(name))
    context.run(original, func, event)


def _set_executed_version(config: _Record, name: str) -> None:
    """Sets the version in the answer: an alias may have two."""
    caller, http = CALLER.get(), REQUEST.get()
    if http and caller and caller.function_name == name:
        http.executed_version = str(config.get("Version") or "$LATEST")


def _identity(config: _Record) -> tuple[str, str]:
    """Returns the function's name and the qualifier of the invocation; '' for none."""
    parts = str(config.get("FunctionArn") or "").split(":")
    return str(config.get("FunctionName") or "unknown"), parts[7] if len(parts) > 7 else ""


def _request(config: _Record, event: object) -> InvocationRequest:
    name, _ = _identity(config)
    caller, http = CALLER.get(), REQUEST.get()
    is_callers = caller is not None and caller.function_name == name
    return InvocationRequest(
        request_id=caller.request_id if caller and is_callers else str(uuid.uuid4()),
        payload=json.dumps(event).encode(),
        function_arn=str(config.get("FunctionArn") or ""),
        trace_id=_trace_id(config, _depth()),
        client_context=http.client_context if http and is_callers else "",
    )


def _depth() -> int:
    """Returns the position of this function in a chain of invocations."""
    http = REQUEST.get()
    return (http.depth if http else 0) + 1


def _trace_id(config: _Record, depth: int) -> str:
    """Returns a trace header whose Lineage counts the functions of a chain, as in Lambda's loop detection.

    AWS's SDKs send the header with every request; `gate` reads it there.
    """
    found = lambda_svc._xray_trace_id_for_invocation(config)
    root = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Parent={uuid.uuid4().hex[:16]};Sampled=0"
    return f"{found or root};Lineage=1:{uuid.uuid5(uuid.NAMESPACE_OID, _identity(config)[0]).hex[:8]}:{depth}"


def _refusal(func: _Record, config: _Record) -> str:
    """Returns why the Sandbox cannot run a function; '' if it can."""
    runtime = str(config.get("Runtime") or "")
    if config.get("PackageType") == "Image":
        return "The Sandbox cannot run container images. Deploy this function to AWS to run it."
    if not func.get("code_zip"):
        return "This function has no code in the Sandbox. Deploy it first."
    if runtime.startswith(("python", "nodejs", "provided")):
        return ""
    return (
        f"The Sandbox cannot run {runtime or 'functions without a runtime'}. It supports Python, "
        "Node.js and provided.* runtimes. Deploy this function to AWS to run it."
    )


def _throttled(limit: str) -> _Record:
    reason = f"{'ReservedFunction' if limit == 'function' else ''}ConcurrentInvocationLimitExceeded"
    result: _Record = lambda_svc._throttle_response(reason_code=reason, msg="Rate Exceeded.")
    return result


def _answer_without_running(config: _Record, request: InvocationRequest, message: str) -> _Record:
    """Answers and logs, in a stream of its own, that a function does not run here."""
    account_id, region = lambda_svc._account_region_from_function_config(config)
    logging: Mapping[str, str] = config.get("LoggingConfig") or {}
    version = str(config.get("Version") or "$LATEST")
    group = logging.get("LogGroup") or f"/aws/lambda/{config.get('FunctionName')}"
    stream = LogStream(account_id, region, group, version, str(config.get("Role") or ""))
    lines = PlatformLog(version, logging.get("LogFormat") == "JSON", "", "")
    figures = Figures(0.0, int(config.get("MemorySize") or _DEFAULT_MEMORY_MB), 0)
    stream.write_text(lines.start(request.request_id), f"[ERROR] Sandbox.CannotRun: {message}\n")
    stream.write_text(lines.end(request.request_id), lines.report(request.request_id, figures))
    answer = runtime_error("Sandbox.CannotRun", message)
    return _result(InvocationOutcome(answer, 0.0, stream.transcript()))


def _result(outcome: InvocationOutcome) -> _Record:
    payload = outcome.answer.payload
    try:
        body = json.loads(payload)
    except ValueError:
        body = payload  # A handler may return bytes.
    result: _Record = {"body": body, "log": outcome.log, "duration_ms": outcome.duration_ms}
    if outcome.answer.is_error:
        result |= {"error": True, "function_error": "Unhandled"}
    return result
