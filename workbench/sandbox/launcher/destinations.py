"""Where Lambda sends what became of an event: queues, topics, buckets, functions, event buses.

Must not know: when that is, and what it says.
"""

import json
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, request_scope
from ministack.services import lambda_svc

from workbench.sandbox.launcher.door.role_needs import may_deliver

_Record = dict[str, Any]
_Attributes = dict[str, _Record]
_DENIED = PermissionError("the execution role does not allow it")


def timestamp(time_s: float) -> str:
    """Returns a time as records of destinations have it: 2019-11-14T00:38:06.021Z."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def deliver(
    arn: str, role_arn: str, record: _Record, *, is_success: bool = False, object_key: str = ""
) -> None:
    """Sends a record about an invocation to a destination. What cannot be sent is lost, as on AWS.

    Args:
        arn: A queue's, topic's, bucket's, function's or event bus'.
        role_arn: The execution role of the function, which must allow it.
        record: As AWS documents it for asynchronous invocations and for stream mappings.
        is_success: Whether it tells of a success: event buses have another detail type for it.
        object_key: The name of the object when it is a bucket.
    """
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    body = json.dumps(record)
    if service in ("sqs", "sns"):
        send(arn, role_arn, body, {})
        return
    try:
        if not may_deliver(role_arn, arn, object_key):
            _say(arn, _DENIED)
        elif service == "s3":
            _put_object(arn.rpartition(":")[2], object_key, body.encode())
        elif service == "lambda":
            function, _, _ = lambda_svc._get_func_record_for_ref(arn)
            if function:
                lambda_svc.invoke_async_with_retry(function, record)
        elif service == "events":
            _put_event(arn, record, body, "Success" if is_success else "Failure")
    except Exception as error:  # noqa: BLE001 - an odd destination must not stop a stream.
        _say(arn, error)


def send(arn: str, role_arn: str, body: str, attributes: _Attributes) -> None:
    """Sends a text to a queue or topic that is there, if the role allows it; nothing is sent to others."""
    try:
        if not may_deliver(role_arn, arn):
            _say(arn, _DENIED)
            return
        spec = parse_arn(arn)
        with request_scope(spec.account_id, spec.region):
            if spec.service == "sqs":
                _send_message(arn, body, attributes)
            elif spec.service == "sns":
                from ministack.services import sns

                sns._fanout(arn, str(uuid.uuid4()), body, "", "", attributes)
    except Exception as error:  # noqa: BLE001 - as above
        _say(arn, error)


def _say(arn: str, error: Exception) -> None:
    sys.stderr.write(f"destination: {arn}: {type(error).__name__}: {error}\n")


def _send_message(arn: str, body: str, attributes: _Attributes) -> None:
    from ministack.services import sqs

    if sqs._queue_by_arn(arn) is None:
        return
    url = sqs._queue_url(arn.rpartition(":")[2])
    sqs._act_send_message({"MessageBody": body, "MessageAttributes": attributes}, url)


def _put_object(bucket: str, key: str, body: bytes) -> None:
    from ministack.services import s3

    s3._put_object(bucket, key, body, {"content-type": "application/json"})


def _put_event(arn: str, record: _Record, body: str, outcome: str) -> None:
    from ministack.services import eventbridge

    entry = {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {outcome}",
        "Detail": body,
        "EventBusName": arn.rpartition("/")[2],
        "Resources": [arn, str(record.get("requestContext", {}).get("functionArn") or "")],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def account_of(config: _Record) -> tuple[str, str]:
    """Returns the account and the region that a function is in."""
    try:
        account_id, region = lambda_svc._account_region_from_function_config(config)
    except ArnParseError:
        return get_account_id(), lambda_svc.get_region()
    return account_id, region
