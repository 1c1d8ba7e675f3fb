"""Event source mappings: their states as on AWS, and how queues and streams are read for them.

The states, what is refused meanwhile, defaults and answers; for queues batch windows, large batches and
partial failures. Messages that wait for the end of a batch window stay visible in their queue, although AWS
would have received them. MiniStack receives messages.

For streams: which records make up the next batch, how many batches of a shard are processed at once, and when
a batch window ends; streams.py processes the batch. With a ParallelizationFactor a shard has that many lanes.
All records of a partition key (for a table: of an item) are in the same lane, which processes its batches one
after another, so that they stay in order; a batch that fails holds up only its own lane. After a restart the
mapping continues at the first record of the shard that is not done, and repeats what other lanes did after
it: Lambda delivers at least once, too. A tumbling window has one state per shard, and therefore one lane.

Source: AWS's recorded answers (localstack/localstack, tests/aws/services/lambda_/event_source_mapping),
https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html (concurrent batches)
WORKAROUND: remove when MiniStack's mappings take a while and answer what AWS answers, and when it knows
MaximumBatchingWindowInSeconds and batches of more than ten, keeps all messages when an answer names one that
is not of the batch, and knows ParallelizationFactor and what streams.py adds.
"""

import functools
import itertools
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.core.responses import request_scope
from ministack.services import lambda_svc

from workbench_sandbox.rules.event_patterns import fits
from workbench_sandbox.server.clock import Clock, Pacing, StateChange
from workbench_sandbox.server.corrections import Response, error_answer, json_answer, nothing, wrap
from workbench_sandbox.server.door.policies import lacks_for_source
from workbench_sandbox.server.invocation import called_by
from workbench_sandbox.server.streams import (
    MAX_EVENT_BYTES,
    Batch,
    BatchProcessor,
    Lane,
    Progress,
    Shard,
    Window,
    arrival_s,
    failed_items,
    shards_of,
)

_Record = dict[str, Any]
# Members of the record that clients do not see. `Next` is the state at the end of a change.
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
"""Maximum of messages that one request to SQS returns."""


@dataclass(frozen=True, slots=True)
class MappingStates:
    """Takes mappings through their states; tells when one starts reading, and when a change ends."""

    clock: Clock
    pacing: Pacing
    on_enabled: Callable[[_Record], None]
    on_change: Callable[[], None]

    def install(self) -> None:
        """Installs this in front of MiniStack's handlers."""
        wrap(lambda_svc, _create_esm=self._create, _update_esm=self._update, _delete_esm=self._delete)
        lambda_svc._esm_response = _answer_of
        lambda_svc._match_esm_filter = _is_wanted
        wrap(lambda_svc, _sqs_esm_concurrency=_permitted, load_persisted_state=self._load)

    def _create(self, original: Callable[[_Record], Response], data: _Record) -> Response:
        is_enabled = data.get("Enabled", True)
        status, headers, body = original({**data, "Enabled": False})  # it must not read before it is complete
        if status != 202:
            return status, headers, body
        mapping: _Record = lambda_svc._esms[json.loads(body)["UUID"]]
        _complete(mapping, data)
        if is_enabled:
            self._begin(mapping, "Creating", StateChange.CREATE_MAPPING, is_enabled=True)
        else:
            mapping |= {"State": "Disabled", "Enabled": False}  # at once
            self.on_change()
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
        """Enters a temporary state. A mapping keeps reading only while it is updated."""
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
        """Completes changes that were in progress when the server was killed."""
        original(data)
        for key, mapping in list(lambda_svc._esms._data.items()):
            if mapping.get("State") == "Deleting":
                del lambda_svc._esms._data[key]
            elif after := mapping.pop("Next", None):
                mapping |= {"State": after, "Enabled": after == "Enabled"}


def _is_wanted(record: _Record, pattern: object) -> bool:
    """Whether a record matches a filter. It does not match one that cannot be read, as in an older state."""
    try:
        return isinstance(pattern, dict) and fits(pattern, record)
    except (KeyError, TypeError, ValueError):
        return False


def _permitted(original: Callable[..., int], mapping: _Record, function: _Record, *more: Any) -> int:
    """Returns how many batches may be processed at once: none if the role must not read the queue."""
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
    """Returns the result of the last batch in AWS's words.

    "PROBLEM: Function call failed" is AWS's. Its text for a role that may no longer read the stream is
    unknown: "PROBLEM: " and the refusal of a new mapping are used instead.
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
    """Decides when MiniStack receives a batch, and what happens to it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gathering_s: dict[str, float] = {}

    def install(self) -> None:
        """Replaces MiniStack's batching, and precedes its receiving."""
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
        """Returns how many batches may be processed at once: none while messages wait for more."""
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
    """Receives up to this many messages, as far as they fit into an event."""
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
    """Invokes a function; deletes the messages of a batch except those that failed."""
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


_LOOK_AHEAD = 10_000
"""How many records after the first unfinished one are considered: the maximum of GetRecords."""


class StreamMappings:
    """Replaces MiniStack's reading of streams."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._processor = BatchProcessor(clock)
        self._progress: dict[tuple[str, str], Progress] = {}

    def install(self) -> None:
        """Replaces MiniStack's functions."""
        lambda_svc._poll_kinesis = functools.partial(self._poll, "kinesis")
        lambda_svc._poll_dynamodb_streams = functools.partial(self._poll, "dynamodb")
        lambda_svc._init_stream_position = nothing  # a mapping starts reading when it is enabled
        wrap(lambda_svc, _release_esm_poll_state=self._forget)

    def _forget(self, original: Callable[[str], None], mapping_id: str) -> None:
        original(mapping_id)
        for key in [key for key in list(self._progress) if key[0] == mapping_id]:
            self._progress.pop(key, None)

    def _poll(self, service: str) -> bool:
        """Starts all batches that are due; returns whether there were any."""
        batches = [batch for found in self._due(service) for batch in self._next_batches(*found)]
        return bool(batches)

    def _due(self, service: str) -> Iterator[tuple[_Record, _Record, Shard]]:
        for account_id, region, mapping in lambda_svc._iter_all_esms():
            if not mapping.get("Enabled") or f":{service}:" not in str(mapping.get("EventSourceArn")):
                continue
            with request_scope(account_id, region):
                function, _ = lambda_svc._get_func_record_for_qualifier(
                    mapping["FunctionName"], mapping.get("Qualifier")
                )
                if function is None:
                    continue
                if lacks := lacks_for_source(function["config"]["Role"], mapping["EventSourceArn"]):
                    mapping["LastProcessingResult"] = f"PROBLEM: {lacks}"
                    continue
                function = called_by(function, mapping["FunctionArn"])
                for shard in shards_of(mapping):
                    yield mapping, function, shard

    def _next_batches(self, mapping: _Record, function: _Record, shard: Shard) -> list[Batch]:
        """Starts the next batch of each lane of a shard that has one; returns them."""
        progress = self._progress.setdefault((mapping["UUID"], shard.shard_id), Progress())
        count = (
            1 if mapping.get("TumblingWindowInSeconds") else int(mapping.get("ParallelizationFactor") or 1)
        )
        now_s = self._clock.time_s()
        batches = []
        with progress.lock:
            if count != len(progress.lanes):
                if any(lane.is_busy for lane in progress.lanes):
                    return []  # from now on a key may be in another lane
                progress.lanes = [Lane() for _ in range(count)]
            free = [not lane.is_busy and lane.resume_s <= now_s for lane in progress.lanes]
            if not any(free):
                return []
            sizes = [
                _size(mapping, lane) if is_free else 0
                for lane, is_free in zip(progress.lanes, free, strict=True)
            ]
            found = _unread(shard, progress, sizes)
            for lane, is_free, size, numbered in zip(progress.lanes, free, sizes, found, strict=True):
                if not is_free:
                    continue
                records = _next_records(mapping, lane, size, [record for _, record in numbered], now_s)
                if records is not None:
                    lane.is_busy, lane.gathering_s = True, None
                    numbers = [number for number, _ in numbered[: len(records)]]
                    batches.append(Batch(mapping, function, shard, progress, lane, numbers, records))
        for batch in batches:
            spawn_background(self._processor.process, batch, thread_name="workbench-stream")
        return batches


def _size(mapping: _Record, lane: Lane) -> int:
    return lane.sizes[0] if lane.sizes else int(mapping.get("BatchSize") or 100)


def _unread(shard: Shard, progress: Progress, sizes: list[int]) -> list[list[tuple[int, _Record]]]:
    """Returns the next records of each lane with their numbers, at most `sizes` of each."""
    found: list[list[tuple[int, _Record]]] = [[] for _ in sizes]
    position, missing = shard.position(), sum(sizes)
    ahead = missing + len(progress.done) if len(sizes) == 1 else _LOOK_AHEAD
    for number, stored in enumerate(shard.stored(position, ahead), position):
        if number in progress.done:
            continue
        lane = zlib.crc32(shard.ordered_by(stored).encode()) % len(sizes) if len(sizes) > 1 else 0
        if len(found[lane]) < sizes[lane]:
            found[lane].append((number, shard.event_record(stored)))
            missing -= 1
            if not missing:
                break
    return found


def _next_records(
    mapping: _Record, lane: Lane, size: int, found: list[_Record], now_s: float
) -> list[_Record] | None:
    """Returns the records of a lane's next batch; empty to end its window; None if there is no batch."""
    records = _of_one_window(mapping, lane, _of_one_event(found))
    is_complete = len(records) == size or len(records) < len(found)
    if records and not is_complete and _waits_for_more(mapping, lane, now_s):
        return None
    if not records and not found and not (lane.window and lane.window.is_over(now_s)):
        return None
    return records


def _of_one_event(records: list[_Record]) -> list[_Record]:
    """Returns the first records that fit into one event (6 MB), at least one."""
    size = 0
    for number, record in enumerate(records):
        size += len(json.dumps(record))
        if number and size > MAX_EVENT_BYTES:
            return records[:number]
    return records


def _of_one_window(mapping: _Record, lane: Lane, records: list[_Record]) -> list[_Record]:
    """Returns the first records in the tumbling window, which is opened if necessary."""
    length_s = int(mapping.get("TumblingWindowInSeconds") or 0)
    if lane.window is None and length_s and records:
        lane.window = Window.containing(arrival_s(records[0]), length_s)
    window = lane.window
    if window is None:
        return records
    if window.is_terminated_early:
        return []
    return list(itertools.takewhile(lambda each: arrival_s(each) < window.end_s, records))


def _waits_for_more(mapping: _Record, lane: Lane, now_s: float) -> bool:
    """Whether an incomplete batch that was not tried yet waits for the end of its batch window."""
    length_s = int(mapping.get("MaximumBatchingWindowInSeconds") or 0)
    is_over = lane.window is not None and lane.window.is_over(now_s)
    if not length_s or lane.sizes or is_over:
        return False
    if lane.gathering_s is None:
        lane.gathering_s = now_s
    return now_s < lane.gathering_s + length_s
