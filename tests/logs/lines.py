"""Log events as FilterLogEvents answers them."""

from typing import Any

RID = "3f1c9b8e-5c1d-4d9a-9a77-0d8e3d2f4b6a"
OTHER = "aaaaaaaa-5c1d-4d9a-9a77-0d8e3d2f4b6a"
GROUP = "/custom/hello"
STREAM = "2026/03/13/[$LATEST]0a1b2c"


def event(time_ms: int, message: str, stream: str = STREAM, event_id: str | None = None) -> dict[str, Any]:
    """One event; its id is made of its place unless given."""
    return {
        "timestamp": time_ms,
        "message": message + "\n",
        "logStreamName": stream,
        "eventId": event_id or f"{stream}-{time_ms}-{message}",
        "ingestionTime": time_ms + 1000,
    }


def start(time_ms: int, request_id: str = RID, stream: str = STREAM) -> dict[str, Any]:
    return event(time_ms, f"START RequestId: {request_id} Version: $LATEST", stream)


def end(time_ms: int, request_id: str = RID, stream: str = STREAM) -> dict[str, Any]:
    return event(time_ms, f"END RequestId: {request_id}", stream)


def report(time_ms: int, request_id: str = RID, stream: str = STREAM, extra: str = "") -> dict[str, Any]:
    text = f"REPORT RequestId: {request_id}\tDuration: 12.34 ms\tBilled Duration: 13 ms\t"
    return event(time_ms, f"{text}Memory Size: 128 MB\tMax Memory Used: 37 MB\t{extra}", stream)
