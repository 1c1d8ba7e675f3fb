"""Imports, corrects and starts MiniStack, in this order; and serves the program's control requests.

Functions cannot sign those.

POST /_workbench/clock {"advance_s": 60}     what is due within the next minute is due now
POST /_workbench/pace {"pace": "aws"}        states take as long as on AWS ("quick": they do not)
POST /_workbench/permissions {"account_id": "000000000000", "policies": null, "denied": ["lambda:GetPolicy"]}

Imported only when the environment is complete, because MiniStack reads it during import.
"""

import asyncio
import contextlib
import ctypes
import functools
import json
import os
import resource
import socket
import sys
from collections.abc import Callable
from typing import Any

from hypercorn.asyncio import run as hypercorn_run
from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config
from ministack import app
from ministack.core import node_pool

from workbench_sandbox.server import (
    CONTROL,
    bucket_events,
    buckets,
    deliveries,
    filter_patterns,
    function_states,
    gate,
    invocation,
    lambda_api,
    log_events,
    metrics,
    outgoing,
    proxy_answers,
    queues,
    replays,
    resource_names,
    rest_events,
)
from workbench_sandbox.server.async_events import AsyncEvents
from workbench_sandbox.server.broker import RunFolder
from workbench_sandbox.server.broker_client import BrokerClient
from workbench_sandbox.server.clock import Clock, Pace, Pacing
from workbench_sandbox.server.door.authorization import Permissions
from workbench_sandbox.server.door.door import Door
from workbench_sandbox.server.door.models import Models
from workbench_sandbox.server.function_states import FunctionStates, ProvisionedConcurrency
from workbench_sandbox.server.gate import Edge, Gate, Guard
from workbench_sandbox.server.invocation import EnvironmentPool, Invoker
from workbench_sandbox.server.lifetime import ServerSettings, Stopper, remove_folder
from workbench_sandbox.server.mappings import MappingStates, QueueMappings, StreamMappings
from workbench_sandbox.server.payload_budget import PayloadBudget
from workbench_sandbox.server.peer import is_own_peer
from workbench_sandbox.server.request_context import (
    REQUEST,
    App,
    Receive,
    RequestKind,
    Scope,
    Send,
    blocks_of,
    send_json,
)
from workbench_sandbox.server.signature import RunKeys
from workbench_sandbox.server.spec import CodeStore, Interpreters, build_runtime_dir
from workbench_sandbox.server.state_files import Autosaver, StateFiles
from workbench_sandbox.server.streams import anchor
from workbench_sandbox.server.workers import Fencing, Spawner

_KEEP_ALIVE_S = 75
_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 1024 * 1024
# Threads that copy or encode state yield the interpreter this often.
_SWITCH_S = 0.001
_FORBIDDEN = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"  # to another user, unread
)


def serve(
    settings: ServerSettings,
    listener: socket.socket,
    folder: RunFolder,
    broker: tuple[socket.socket, int] | None,
    run_secret: str,
) -> None:
    """Serves until the process is stopped; does not return.

    Args:
        broker: The connection to it, and its process id; None if this process starts functions itself.
    """
    sys.setswitchinterval(_SWITCH_S)
    _return_large_blocks()
    _, max_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max_files, max_files))
    files = StateFiles(settings.state_dir)
    autosaver = Autosaver(files, settings.save_after_s)
    store = CodeStore(folder.work / "code")
    interpreters: Interpreters | BrokerClient
    spawner: Spawner | BrokerClient
    clean_up: Callable[[], object]
    if broker is None:
        interpreters = Interpreters(build_runtime_dir(folder.runtime))
        fencing = Fencing.of_this_system(is_optional=settings.is_fence_optional)
        spawner = Spawner(interpreters.runtime_dir, fencing)
        clean_up = functools.partial(remove_folder, folder.top)
    else:
        interpreters = spawner = BrokerClient(*broker, folder.runtime)
        clean_up = spawner.end
    pool = EnvironmentPool(spawner, store, settings.warm_ttl_s)
    stopper = Stopper([pool.kill, autosaver.save_all, clean_up])
    node_pool._Worker._ensure = _refuse_script
    clock, pacing = Clock(), Pacing(settings.pace, settings.settle_s)
    files.install()
    buckets.install()
    bucket_events.install()
    deliveries.install()
    queues.install()
    resource_names.install()
    replays.install()
    metrics.install()
    log_events.install()
    filter_patterns.install()
    states = FunctionStates(clock, pacing, autosaver.touch)
    states.install()
    StreamMappings(clock).install()
    QueueMappings(clock).install()
    MappingStates(clock, pacing, anchor, autosaver.touch).install()
    AsyncEvents(clock).install()
    url = settings.endpoint_url
    invoker = Invoker(pool, store, interpreters, url, autosaver.touch, states.running)
    ProvisionedConcurrency(clock, pacing, invoker.can_start).install()
    function_states.install_policies()
    invocation.install_aliases()
    proxy_answers.install()
    rest_events.install()
    outgoing.install()
    keys = RunKeys(run_secret)
    gate.install(keys, settings.host)
    hypercorn_run.TCPServer = _OwnUsersServer  # type: ignore[attr-defined]
    lambda_api.install()
    invoker.install()
    permissions = Permissions()
    inner: Any = Control(Door(app.app, Models(), permissions), clock, pacing, permissions)
    edge: Any = Edge(inner, Guard(settings.port), Gate(keys), PayloadBudget(), autosaver.touch)
    stopper.watch()
    if isinstance(spawner, BrokerClient):
        spawner.when_broken(stopper.stop)
    autosaver.start()
    asyncio.run(hypercorn_serve(edge, _config(listener), shutdown_trigger=_never))


class _OwnUsersServer(TCPServer):
    """Serves connections of this user only."""

    async def run(self) -> None:
        if is_own_peer(self.writer.get_extra_info("socket")):
            await super().run()
        else:
            self.writer.write(_FORBIDDEN)
            self.writer.close()


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = _KEEP_ALIVE_S
    config.h11_pass_raw_headers = True  # a REST API passes their names on as the client wrote them
    config.loglevel = os.environ["LOG_LEVEL"]
    return config


def _refuse_script(_worker: object) -> None:
    """Keeps MiniStack from running JavaScript of CloudFront and AppSync in a Node.js outside the fence."""
    raise node_pool.NodeWorkerError(
        "The Sandbox does not support CloudFront functions and AppSync resolvers."
    )


def _return_large_blocks() -> None:
    """Returns the memory of deleted packages and state to the system.

    Once glibc has freed a block of up to 32 MB, it takes others of that size from the heap, and the process
    keeps what is freed: it grew to gigabytes. Source: https://man7.org/linux/man-pages/man3/mallopt.3.html
    (M_MMAP_THRESHOLD, dynamic by default)
    """
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):  # another C library
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


async def _never() -> None:
    await asyncio.Event().wait()


class Control:
    """The ASGI application for control requests, behind the gate."""

    def __init__(self, inner: App, clock: Clock, pacing: Pacing, permissions: Permissions) -> None:
        self._inner = inner
        self._actions: dict[str, Callable[[Any], None]] = {
            f"{CONTROL}clock": lambda wanted: clock.advance(float(wanted["advance_s"])),
            f"{CONTROL}pace": lambda wanted: pacing.set(Pace(wanted["pace"])),
            f"{CONTROL}permissions": permissions.set_from,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        action = self._actions.get(str(scope.get("path"))) if scope["type"] == "http" else None
        context = REQUEST.get()
        is_signed = context is not None and context.kind is RequestKind.SIGNED
        if action is None or scope["method"] != "POST" or not is_signed:
            await self._inner(scope, receive, send)
            return
        try:
            action(json.loads(b"".join([block async for block in blocks_of(receive)])))
        except (ValueError, KeyError, TypeError) as error:
            await send_json(send, 400, {"message": str(error)})
        else:
            await send_json(send, 200, {})
