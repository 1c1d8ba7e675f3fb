"""Event source mappings: their states as AWS goes through them, and how queues of SQS are read for them.

The states, what is refused meanwhile, the defaults and the answers; and for queues batch windows, large
batches and partial failures. Messages that wait for the end of a batch window stay visible in their queue;
AWS has received them by then. MiniStack receives messages; `stream_mappings` reads streams.

Source: AWS's recorded answers (localstack/localstack, tests/aws/services/lambda_/event_source_mapping),
https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
WORKAROUND: remove when MiniStack's mappings take a while and answer what AWS answers, and when it knows
MaximumBatchingWindowInSeconds and batches of more than ten, and keeps all messages when an answer names one
that is not of the batch.
"""

import functools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import lambda_svc

from workbench.sandbox.launcher.alias_routing import called_by
from workbench.sandbox.launcher.clock import Clock, Pacing, StateChange
from workbench.sandbox.launcher.corrections import wrap
from workbench.sandbox.launcher.door.policies import lacks_for_source
from workbench.sandbox.launcher.routes import Response, error_answer, json_answer
from workbench.sandbox.launcher.stream_batches import MAX_EVENT_BYTES, failed_items

_Record = dict[str, Any]
# Of the record, what is not for clients. `Next` is the state that a change ends in.
_INTERNAL = ("FunctionName", "Enabled", "Qualifier", "Next", "Tags")
_STREAM_DEFAULTS: _Record = {
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}
_STREAM_BATCH = 100
_NOT_UPDATED = "Cannot update the event source mapping because it is in use."
_NOT_DELETED = "Cannot delete the event source mapping because it is in use."
_Receive = Callable[[str, int], list[_Record]]
_AT_ONCE = 10
"""Messages that one request to SQS returns at most."""


@dataclass(frozen=True, slots=True)
class MappingStates:
    """Puts mappings through their states.

    Args:
        on_enabled: Called with a mapping when it begins to read.
        on_change: Called when a change ends.
    """

    clock: Clock
    pacing: Pacing
    on_enabled: Callable[[_Record], None]
    on_change: Callable[[], None]

    def install(self) -> None:
        """Puts this in front of MiniStack's handlers."""
        wrap(lambda_svc, _create_esm=self._create, _update_esm=self._update, _delete_esm=self._delete)
        lambda_svc._esm_response = _answer_of
        wrap(lambda_svc, _sqs_esm_concurrency=_permitted, load_persisted_state=self._load)

    def _create(self, original: Callable[[_Record], Response], data: _Record) -> Response:
        is_enabled = data.get("Enabled", True)
        status, headers, body = original({**data, "Enabled": False})  # it does not read before it is complete
        if status != 202:
            return status, headers, body
        mapping: _Record = lambda_svc._esms[json.loads(body)["UUID"]]
        _complete(mapping, data)
        self._begin(mapping, "Creating", StateChange.CREATE_MAPPING, is_enabled=is_enabled)
        return _answer(mapping)

    def _update(
        self, original: Callable[[str, _Record], Response], mapping_id: str, data: _Record
    ) -> Response:
        mapping = lambda_svc._esms.get(mapping_id)
        if mapping is None:
            return original(mapping_id, data)
        if "Next" in mapping or mapping["State"] == "Deleting":
            return _refused(_NOT_UPDATED)
        was_enabled = bool(mapping["Enabled"])
        is_enabled = data.get("Enabled", was_enabled)
        kept = {key: value for key, value in data.items() if key != "Enabled"}
        status, headers, body = original(mapping_id, kept)
        if status != 200:
            return status, headers, body
        if not (mapping.get("FilterCriteria") or {}).get("Filters"):
            mapping.pop("FilterCriteria", None)
        state = "Updating" if was_enabled == is_enabled else "Enabling" if is_enabled else "Disabling"
        self._begin(mapping, state, StateChange.UPDATE_MAPPING, is_enabled=is_enabled)
        return _answer(mapping)

    def _delete(self, original: Callable[[str], Response], mapping_id: str) -> Response:
        mapping = lambda_svc._esms.get(mapping_id)
        if mapping is None:
            return original(mapping_id)
        if "Next" in mapping or mapping["State"] == "Deleting":
            return _refused(_NOT_DELETED)
        mapping |= {"State": "Deleting", "Enabled": False}
        self.clock.after(self.pacing.seconds(StateChange.DELETE_MAPPING), lambda: self._forget(mapping_id))
        return _answer(mapping)

    def _forget(self, mapping_id: str) -> None:
        if lambda_svc._esms.pop(mapping_id, None) is not None:
            lambda_svc._release_esm_poll_state(mapping_id)
        self.on_change()

    def _begin(self, mapping: _Record, state: str, change: StateChange, *, is_enabled: bool) -> None:
        """Enters a state that ends by itself. A mapping reads on while it is updated, and only then."""
        mapping |= {
            "State": state,
            "Next": "Enabled" if is_enabled else "Disabled",
            "Enabled": is_enabled and state == "Updating",
        }
        self.clock.after(self.pacing.seconds(change), lambda: self._settle(mapping))

    def _settle(self, mapping: _Record) -> None:
        after = mapping.pop("Next", None)
        if after is None:
            return
        began = after == "Enabled" and mapping["State"] != "Updating"
        if began:
            self.on_enabled(mapping)
        mapping |= {"State": after, "Enabled": after == "Enabled"}
        lambda_svc.esm_wake.set()
        self.on_change()

    def _load(self, original: Callable[[object], None], data: object) -> None:
        """Ends what was being changed when the server was killed."""
        original(data)
        for key, mapping in list(lambda_svc._esms._data.items()):
            if mapping.get("State") == "Deleting":
                del lambda_svc._esms._data[key]
            elif after := mapping.pop("Next", None):
                mapping |= {"State": after, "Enabled": after == "Enabled"}


def _permitted(original: Callable[..., int], mapping: _Record, function: _Record, *more: Any) -> int:
    """Returns how many batches of a queue may be in work: none while the role must not read the queue."""
    lacks = lacks_for_source(function["config"]["Role"], mapping["EventSourceArn"])
    return 0 if lacks else original(mapping, function, *more)


def _complete(mapping: _Record, data: _Record) -> None:
    """Gives a new mapping the defaults of its kind."""
    if _is_of_queue(mapping):
        mapping["StateTransitionReason"] = "USER_INITIATED"
    else:
        mapping["StateTransitionReason"] = "User action"
        mapping["BatchSize"] = data.get("BatchSize") or _STREAM_BATCH
        for name, value in _STREAM_DEFAULTS.items():
            mapping[name] = data[name] if data.get(name) is not None else value
        if data.get("StartingPositionTimestamp"):
            mapping["StartingPositionTimestamp"] = data["StartingPositionTimestamp"]
    if not (mapping.get("FilterCriteria") or {}).get("Filters"):
        mapping.pop("FilterCriteria", None)


def _is_of_queue(mapping: _Record) -> bool:
    return ":sqs:" in str(mapping.get("EventSourceArn"))


def _answer_of(mapping: _Record) -> _Record:
    """Returns what clients see of a mapping."""
    shown = {key: value for key, value in mapping.items() if key not in _INTERNAL}
    if _is_of_queue(mapping):
        shown.pop("LastProcessingResult", None)
    else:
        shown["LastProcessingResult"] = _result(str(mapping.get("LastProcessingResult") or ""))
    if mapping.get("UUID"):
        shown["EventSourceMappingArn"] = lambda_svc._esm_arn(mapping["UUID"])
    return shown


def _result(recorded: str) -> str:
    """Returns the result of the last batch as AWS names it.

    "PROBLEM: Function call failed" is AWS's. What it says to a role that may no longer read the stream was
    not found: "PROBLEM: " and the refusal of a new mapping stand for it.
    Source: https://github.com/awsdocs/aws-lambda-developer-guide, doc_source/with-kinesis.md
    """
    if recorded.startswith("OK"):
        return "OK"
    return "PROBLEM: Function call failed" if recorded == "FAILED" else recorded or "No records processed"


def _answer(mapping: _Record) -> Response:
    return json_answer(_answer_of(mapping), 202)


def _refused(message: str) -> Response:
    return error_answer("ResourceInUseException", message, 400)


class QueueMappings:
    """Decides when MiniStack takes a batch, and what becomes of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gathering_s: dict[str, float] = {}

    def install(self) -> None:
        """Puts this in the place of MiniStack's, and before its receiving."""
        wrap(lambda_svc, _sqs_esm_concurrency=self._limit, _poll_sqs=_poll)
        lambda_svc._run_sqs_batch = _run_batch

    def _limit(
        self,
        original: Callable[..., int],
        mapping: _Record,
        function: _Record,
        config: _Record,
        queue: _Record | None = None,
    ) -> int:
        """Returns how many batches may be processed at once: none while messages wait for others."""
        limit = original(mapping, function, config, queue)
        is_busy = lambda_svc._esm_inflight.get(mapping["UUID"], 0) >= limit
        return 0 if not is_busy and self._waits_for_more(mapping, queue or {}) else limit

    def _waits_for_more(self, mapping: _Record, queue: _Record) -> bool:
        length_s = int(mapping.get("MaximumBatchingWindowInSeconds") or 0)
        if not length_s:
            return False
        now_s = time.time()
        waiting = sum(each.get("visible_at", 0) <= now_s for each in list(queue.get("messages", ())))
        if waiting and waiting < int(mapping.get("BatchSize") or _AT_ONCE):
            began_s = self._gathering_s.setdefault(mapping["UUID"], self._clock.time_s())
            if self._clock.time_s() < began_s + length_s:
                return True
        self._gathering_s.pop(mapping["UUID"], None)
        return False


def _poll(original: Callable[[], bool]) -> bool:
    from ministack.services import sqs

    if not isinstance(sqs._receive_messages_for_esm, functools.partial):
        wrap(sqs, _receive_messages_for_esm=_receive)
    return original()


def _receive(original: _Receive, queue_url: str, count: int) -> list[_Record]:
    """Receives up to so many messages, as many as an event can hold."""
    found: list[_Record] = []
    size = 0
    # The last ten may be large, and each comes with its attributes.
    while len(found) < count and size < MAX_EVENT_BYTES // 2:
        more = original(queue_url, min(count - len(found), _AT_ONCE))
        found += more
        size += sum(len(each["body"]) for each in more)
        if len(more) < _AT_ONCE:
            break
    return found


def _run_batch(
    mapping: _Record, function: _Record, event: _Record, batch: list[_Record], queue_url: str, _name: str
) -> None:
    """Invokes a function; deletes the messages of a batch but those that failed."""
    from ministack.services import sqs

    mapping_id = mapping["UUID"]
    result = lambda_svc._execute_function(called_by(function, str(mapping["FunctionArn"])), event)
    failed = failed_items(mapping, result, [str(each["id"]) for each in batch])
    done = {each["receipt_handle"] for each in batch if each["id"] not in failed}
    sqs._delete_messages_for_esm(queue_url, done)
    if result.get("error"):
        mapping["LastProcessingResult"] = "FAILED"
        lambda_svc._esm_backoff_until[mapping_id] = time.time() + lambda_svc._ESM_BACKOFF_SECONDS
    else:
        mapping["LastProcessingResult"] = f"OK - {len(done)} records"
        lambda_svc._esm_backoff_until.pop(mapping_id, None)
