"""InvokeWithResponseStream as AWS answers it: the function's error, and the end of its log, come at the end.

WORKAROUND (InvokeComplete has neither ErrorCode nor LogResult): remove when MiniStack's has.
Must not know: how functions run; their answers come whole, so a stream has one piece.
"""

import json
from typing import Any

from ministack.services import lambda_svc

_STREAM = "application/vnd.amazon.eventstream"
_Response = tuple[int, dict[str, str], Any]


def install() -> None:
    """Puts the correction in the place of MiniStack's."""
    lambda_svc._invoke_with_response_stream = _invoke


async def _invoke(
    name: str,
    event: dict[str, Any],
    headers: dict[str, str],
    path_qualifier: str | None = None,
    query: dict[str, Any] | None = None,
) -> _Response:
    status, answer_headers, body = await lambda_svc._invoke(name, event, headers, path_qualifier, query)
    if status != 200:  # a refusal is no stream
        return status, answer_headers, body
    failure = answer_headers.get("X-Amz-Function-Error")
    complete = {}
    if failure:
        complete = {"ErrorCode": failure, "ErrorDetails": (body or b"").decode("utf-8", "replace")}
    if log := answer_headers.get("X-Amz-Log-Result"):
        complete["LogResult"] = log
    pieces = [] if failure or not body else [_message("PayloadChunk", "application/octet-stream", body)]
    pieces.append(_message("InvokeComplete", "application/json", json.dumps(complete).encode()))
    kept = {name: value for name, value in answer_headers.items() if name.startswith("X-Amz-Executed")}
    return status, {**kept, "Content-Type": _STREAM}, b"".join(pieces)


def _message(kind: str, content_type: str, payload: bytes) -> bytes:
    headers = {":message-type": "event", ":event-type": kind, ":content-type": content_type}
    encoded: bytes = lambda_svc._es_encode_message(headers, payload)
    return encoded
