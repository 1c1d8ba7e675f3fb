"""Replays of EventBridge can be cancelled while AWS would still be busy with them; MiniStack's end at once.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CancelReplay.html, and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html (a replay takes minutes).
WORKAROUND: remove when MiniStack's replays take time.
"""

import time
from collections.abc import Callable
from typing import Any

from workbench_sandbox.server.corrections import Response, error_answer, json_answer, on_load, wrap

_BUSY_S = 60.0
_DONE = ("CANCELLED", "FAILED")


def install() -> None:
    """Corrects MiniStack's CancelReplay."""
    on_load("eventbridge", lambda events: wrap(events, _cancel_replay=lambda *call: _cancel(events, *call)))


def _cancel(events: Any, original: Callable[[dict[str, Any]], Response], request: dict[str, Any]) -> Response:
    replay = events._replays.get(request.get("ReplayName"))
    if replay is None:
        return original(request)
    is_over = replay["State"] == "COMPLETED" and time.time() - float(replay["ReplayStartTime"]) > _BUSY_S
    if is_over or replay["State"] in _DONE:
        text = f"Replay {replay['ReplayName']} is not in a valid state for this operation."
        return error_answer("IllegalStatusException", text)
    replay |= {"State": "CANCELLED", "ReplayEndTime": events._now_ts()}
    return json_answer({"ReplayArn": replay["ReplayArn"], "State": "CANCELLING"})
