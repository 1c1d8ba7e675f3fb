"""Control requests of the program: clock, pace, permissions. Functions cannot sign them.

POST /_workbench/clock {"advance_s": 60}     what is due within the next minute is due now
POST /_workbench/pace {"pace": "aws"}        states take as long as on AWS ("quick": they do not)
POST /_workbench/permissions {"account_id": "000000000000", "policies": null, "denied": ["lambda:GetPolicy"]}
"""

import json
from collections.abc import Callable
from typing import Any

from workbench.sandbox.launcher.clock import Clock, Pace, Pacing
from workbench.sandbox.launcher.door.authorization import Permissions
from workbench.sandbox.launcher.request_context import (
    REQUEST,
    App,
    Message,
    Receive,
    RequestKind,
    Scope,
    Send,
    send_json,
)

CONTROL = "/_workbench/"
_MAX_BYTES = 64 * 1024  # enough for three managed policies of IAM's maximum size


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
            action(json.loads(await _body(receive)))
        except (ValueError, KeyError, TypeError) as error:
            await send_json(send, 400, {"message": str(error)})
        else:
            await send_json(send, 200, {})


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message: Message = await receive()
        body += message.get("body") or b""
        if not message.get("more_body") or len(body) > _MAX_BYTES:
            return body
