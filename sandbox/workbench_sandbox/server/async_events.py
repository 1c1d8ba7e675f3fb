"""Asynchronous invocations: retries, and where records are sent at the end.

Retries after one and two minutes, the age of an event, throttles, the dead-letter queue, and destinations:
queues, topics, buckets, functions, event buses.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html and AWS's recorded
messages (localstack/localstack, TestLambdaDestinationSqs and TestLambdaConcurrency). WORKAROUND: remove when
MiniStack waits a minute before a retry, and honours DestinationConfig.
"""

import contextvars
import json
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.concurrency import spawn_background
from ministack.core.responses import get_account_id, request_scope
from ministack.services import lambda_svc

from workbench_sandbox.server.clock import Clock
from workbench_sandbox.server.corrections import on_load, wrap
from workbench_sandbox.server.door.policies import may_deliver
from workbench_sandbox.server.door.stores import service_of
from workbench_sandbox.server.request_context import CALLER

_Record = dict[str, Any]
_DEFAULT_RETRIES, _DEFAULT_AGE_S = 2, 21_600
_BETWEEN_TRIES_S = 60.0
_MAX_THROTTLE_PAUSE_S = 300.0
_MAX_ERROR_CHARACTERS = 1024
_Attributes = dict[str, _Record]
_DENIED = PermissionError("the execution role does not allow it")


@dataclass(slots=True)
class _Event:
    """An event that is being delivered.

    Attributes:
        qualifier: The version or alias that was invoked; '' for none.
        tries: How often the function ran.
        throttles: How often it was throttled.
    """

    name: str
    qualifier: str
    payload: object
    accepted_s: float
    tries: int = 0
    throttles: int = 0
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class AsyncEvents:
    """Runs functions for asynchronous events."""

    clock: Clock

    def install(self) -> None:
        """Replaces MiniStack's implementation, which retries within seconds."""
        lambda_svc.invoke_async_with_retry = self.invoke
        on_load("sns", _invoke_asynchronously)
        on_load("eventbridge", _correct_events)

    def invoke(self, function: _Record, payload: object) -> None:
        """Queues an event for a function; returns at once."""
        config: _Record = function.get("config") or function
        parts = str(config.get("FunctionArn") or "").split(":")
        event = _Event(
            str(config["FunctionName"]), parts[7] if len(parts) > 7 else "", payload, self.clock.time_s()
        )
        if (caller := CALLER.get()) and caller.function_name == event.name:
            event.request_id = caller.request_id

        def start() -> None:
            with request_scope(*account_of(config)):
                self._spawn(event)

        contextvars.copy_context().run(start)

    def _spawn(self, event: _Event) -> None:
        spawn_background(self._try, event, thread_name="workbench-async")

    def _try(self, event: _Event) -> None:
        record, config = lambda_svc._get_func_record_for_qualifier(event.name, event.qualifier or None)
        if record is None:
            return  # The function was deleted in the meantime.
        config = {**config, "FunctionArn": _arn(event)}
        settings = _settings(event)
        if lambda_svc._reserved_concurrency(record, config) == 0:
            self._fail(event, config, settings, "ZeroReservedConcurrency", None)
            return
        result = lambda_svc._execute_function({**record, "config": config}, event.payload)
        if result.get("throttle"):
            event.throttles += 1
            self._wait(event, config, settings, min(2.0**event.throttles, _MAX_THROTTLE_PAUSE_S), result)
            return
        event.tries += 1
        if not result.get("error"):
            if arn := _destination(settings, "OnSuccess"):
                deliver(arn, config["Role"], self._record(event, config, "Success", result), is_success=True)
        elif event.tries > settings.get("MaximumRetryAttempts", _DEFAULT_RETRIES):
            self._fail(event, config, settings, "RetriesExhausted", result)
        else:
            self._wait(event, config, settings, event.tries * _BETWEEN_TRIES_S, result)

    def _wait(
        self, event: _Event, config: _Record, settings: _Record, pause_s: float, result: _Record
    ) -> None:
        age_s = self.clock.time_s() - event.accepted_s
        if age_s + pause_s > settings.get("MaximumEventAgeInSeconds", _DEFAULT_AGE_S):
            self._fail(event, config, settings, "EventAgeExceeded", result if event.tries else None)
        else:
            self.clock.after(pause_s, lambda: self._spawn(event))

    def _fail(
        self, event: _Event, config: _Record, settings: _Record, condition: str, result: _Record | None
    ) -> None:
        if arn := (config.get("DeadLetterConfig") or {}).get("TargetArn"):
            send(arn, config["Role"], json.dumps(event.payload), _dead_letter_attributes(event, result))
        if arn := _destination(settings, "OnFailure"):
            deliver(arn, config["Role"], self._record(event, config, condition, result))

    def _record(self, event: _Event, config: _Record, condition: str, result: _Record | None) -> _Record:
        record: _Record = {
            "version": "1.0",
            "timestamp": timestamp(self.clock.time_s()),
            "requestContext": {
                "requestId": event.request_id,
                "functionArn": f"{lambda_svc._func_arn(event.name)}:{event.qualifier or '$LATEST'}",
                "condition": condition,
                "approximateInvokeCount": event.tries,
            },
            "requestPayload": event.payload,
        }
        if result is not None:
            answered: _Record = {"statusCode": 200, "executedVersion": config.get("Version", "$LATEST")}
            if result.get("error"):
                answered["functionError"] = result.get("function_error") or "Unhandled"
            record |= {"responseContext": answered, "responsePayload": _body(result)}
        return record


def _arn(event: _Event) -> str:
    arn = str(lambda_svc._func_arn(event.name))
    return f"{arn}:{event.qualifier}" if event.qualifier else arn


def _settings(event: _Event) -> _Record:
    function = lambda_svc._functions.get(event.name) or {}
    qualifier = "" if event.qualifier == "$LATEST" else event.qualifier
    found: _Record | None = lambda_svc._event_invoke_config(function, qualifier or None)
    if found is None and not qualifier:
        found = lambda_svc._event_invoke_config(function, "$LATEST")
    return found or {}


def _destination(settings: _Record, outcome: str) -> str:
    config = (settings.get("DestinationConfig") or {}).get(outcome) or {}
    return str(config.get("Destination") or "")


def _body(result: _Record) -> object:
    body = result.get("body")
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body


def _dead_letter_attributes(event: _Event, result: _Record | None) -> dict[str, _Record]:
    body = _body(result) if result else None
    message = str(body.get("errorMessage") or "") if isinstance(body, dict) else ""
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": event.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200" if result else "429"},
    }
    if message:
        attributes["ErrorMessage"] = {"DataType": "String", "StringValue": message[:_MAX_ERROR_CHARACTERS]}
    return attributes


def _invoke_asynchronously(sns: Any) -> None:
    """Lets SNS invoke asynchronously, with retries."""
    sns._lambda_svc = _Asynchronous()


def _correct_events(eventbridge: Any) -> None:
    """Lets EventBridge invoke asynchronously, with retries."""
    eventbridge._dispatch_to_lambda = _dispatch
    wrap(eventbridge, _matches_detail=_matches_detail)


def _matches_detail(original: Callable[[Any, Any], bool], detail: Any, pattern: Any) -> bool:
    """EventBridge joins the names of nested fields with dots: "state.status" is {"state": {"status": …}}.

    MiniStack does that for patterns only.
    Source: events/test_events_patterns.py::TestEventPattern::test_event_pattern[dot_joining_event]
    """
    if isinstance(detail, dict) and any("." in name for name in detail):
        detail = _nested(detail)
    return original(detail, pattern)


def _nested(detail: Mapping[str, Any]) -> _Record:
    """Expands dotted names into nested fields."""
    found: dict[str, list[Any]] = {}
    for name, value in detail.items():
        first, dot, rest = name.partition(".")
        found.setdefault(first, []).append({rest: value} if dot else value)
    return {name: _joined(values) for name, values in found.items()}


def _joined(values: list[Any]) -> Any:
    objects = [each for each in values if isinstance(each, dict)]
    if len(values) == 1 or not objects:
        return values[0]
    whole = {name: value for each in objects for name, value in each.items()}
    others = [each for each in values if not isinstance(each, dict)]
    return [*others, whole] if others else whole


class _Asynchronous:
    """Stands in for `lambda_svc` in modules that deliver events."""

    def __getattr__(self, name: str) -> Any:
        return getattr(lambda_svc, name)

    def _execute_function_with_config_scope(self, function: _Record, event: object) -> None:
        lambda_svc.invoke_async_with_retry(function, event)


def _dispatch(arn: str, payload: str) -> None:
    try:
        event = json.loads(payload)
    except (ValueError, TypeError):
        event = {"body": payload}
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if function and config:
        lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)


# ---- dead-letter queues and destinations -----------------------------------------------------------------


def timestamp(time_s: float) -> str:
    """Returns a time in the format of destination records: 2019-11-14T00:38:06.021Z."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def deliver(
    arn: str, role_arn: str, record: _Record, *, is_success: bool = False, object_key: str = ""
) -> None:
    """Sends a record of an invocation to a destination, if the role allows it. Else it is lost, as on AWS.

    Args:
        is_success: Whether the invocation succeeded, which changes the detail type for event buses.
        object_key: Key of the object in a bucket.
    """
    service = service_of(arn)
    body = json.dumps(record)
    if service in ("sqs", "sns"):
        send(arn, role_arn, body, {})
        return
    try:
        if not may_deliver(role_arn, arn, object_key):
            _log(arn, _DENIED)
        elif service == "s3":
            from ministack.services import s3

            headers = {"content-type": "application/json"}
            s3._put_object(arn.rpartition(":")[2], object_key, body.encode(), headers)
        elif service == "lambda":
            function, _, _ = lambda_svc._get_func_record_for_ref(arn)
            if function:
                lambda_svc.invoke_async_with_retry(function, record)
        elif service == "events":
            _put_event(arn, record, body, "Success" if is_success else "Failure")
    except Exception as error:  # noqa: BLE001 - an odd destination must not stop a stream.
        _log(arn, error)


def send(arn: str, role_arn: str, body: str, attributes: _Attributes) -> None:
    """Sends a text to an existing queue or topic if the role allows it; does nothing for other ARNs."""
    try:
        if not may_deliver(role_arn, arn):
            _log(arn, _DENIED)
            return
        spec = parse_arn(arn)
        with request_scope(spec.account_id, spec.region):
            if spec.service == "sqs":
                _send_message(arn, body, attributes)
            elif spec.service == "sns":
                from ministack.services import sns

                sns._fanout(arn, str(uuid.uuid4()), body, "", "", attributes)
    except Exception as error:  # noqa: BLE001 - as above
        _log(arn, error)


def _log(arn: str, error: Exception) -> None:
    sys.stderr.write(f"destination: {arn}: {type(error).__name__}: {error}\n")


def _send_message(arn: str, body: str, attributes: _Attributes) -> None:
    from ministack.services import sqs

    if sqs._queue_by_arn(arn) is None:
        return
    url = sqs._queue_url(arn.rpartition(":")[2])
    sqs._act_send_message({"MessageBody": body, "MessageAttributes": attributes}, url)


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
    """Returns the account and region of a function."""
    try:
        account_id, region = lambda_svc._account_region_from_function_config(config)
    except ArnParseError:
        return get_account_id(), lambda_svc.get_region()
    return account_id, region
