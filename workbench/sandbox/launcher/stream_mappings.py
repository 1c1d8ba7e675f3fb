"""Reads Kinesis and DynamoDB streams for event source mappings, shard by shard.

Decides which records make the next batch, how many batches of a shard are processed at once, and when a batch
window is over; stream_batches.py processes the batch.

With a ParallelizationFactor a shard has so many lanes. All records of a partition key (of a table: of an
item) are in the same lane, which processes its batches one after another, so that they stay in order; a batch
that fails holds up its own lane only. After a restart the mapping goes on at the first record of the shard
that is not done, and what other lanes did behind it is done again: Lambda delivers at least once, too.
A tumbling window has one state for a shard, and therefore one lane.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html (concurrent batches)
WORKAROUND: remove when MiniStack knows ParallelizationFactor, and what stream_batches.py adds.
"""

import functools
import itertools
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.core.responses import request_scope
from ministack.services import lambda_svc

from workbench.sandbox.launcher import stream_sources
from workbench.sandbox.launcher.alias_routing import called_by
from workbench.sandbox.launcher.clock import Clock
from workbench.sandbox.launcher.corrections import nothing, wrap
from workbench.sandbox.launcher.door.policies import lacks_for_source
from workbench.sandbox.launcher.stream_batches import (
    MAX_EVENT_BYTES,
    Batch,
    BatchProcessor,
    Lane,
    Progress,
    Window,
)
from workbench.sandbox.launcher.stream_sources import Shard, arrival_s

_Record = dict[str, Any]
_LOOK_AHEAD = 10_000
"""How many records behind the first that is not done are looked at: what GetRecords returns at most."""


class StreamMappings:
    """Replaces MiniStack's reading of streams."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._processor = BatchProcessor(clock)
        self._progress: dict[tuple[str, str], Progress] = {}

    def install(self) -> None:
        """Puts this in the place of MiniStack's."""
        lambda_svc._poll_kinesis = functools.partial(self._poll, "kinesis")
        lambda_svc._poll_dynamodb_streams = functools.partial(self._poll, "dynamodb")
        lambda_svc._init_stream_position = nothing  # a mapping begins to read when it is enabled
        wrap(lambda_svc, _release_esm_poll_state=self._forget)

    def _forget(self, original: Callable[[str], None], mapping_id: str) -> None:
        original(mapping_id)
        for key in [key for key in list(self._progress) if key[0] == mapping_id]:
            self._progress.pop(key, None)

    def _poll(self, service: str) -> bool:
        """Begins with all batches that are due; returns whether there were any."""
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
                for shard in stream_sources.shards_of(mapping):
                    yield mapping, function, shard

    def _next_batches(self, mapping: _Record, function: _Record, shard: Shard) -> list[Batch]:
        """Begins with the next batch of each lane of a shard that has one; returns them."""
        progress = self._progress.setdefault((mapping["UUID"], shard.shard_id), Progress())
        count = (
            1 if mapping.get("TumblingWindowInSeconds") else int(mapping.get("ParallelizationFactor") or 1)
        )
        now_s = self._clock.time_s()
        batches = []
        with progress.lock:
            if count != len(progress.lanes):
                if any(lane.is_busy for lane in progress.lanes):
                    return []  # a key may be in another lane from now on
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
    """Returns the next records of each lane with their numbers: at most so many as `sizes` says of it."""
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
    """Returns the records of a lane's next batch, none to end its window; None when there is no batch."""
    records = _of_one_window(mapping, lane, _of_one_event(found))
    is_complete = len(records) == size or len(records) < len(found)
    if records and not is_complete and _waits_for_more(mapping, lane, now_s):
        return None
    if not records and not found and not (lane.window and lane.window.is_over(now_s)):
        return None
    return records


def _of_one_event(records: list[_Record]) -> list[_Record]:
    """Returns the first records that one event can hold, at least one: 6 MB."""
    size = 0
    for number, record in enumerate(records):
        size += len(json.dumps(record))
        if number and size > MAX_EVENT_BYTES:
            return records[:number]
    return records


def _of_one_window(mapping: _Record, lane: Lane, records: list[_Record]) -> list[_Record]:
    """Returns those of the first records that are in the tumbling window, which is opened if none is."""
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
    """Whether a batch that is not full, and was not tried before, waits for the end of its batch window."""
    length_s = int(mapping.get("MaximumBatchingWindowInSeconds") or 0)
    is_over = lane.window is not None and lane.window.is_over(now_s)
    if not length_s or lane.sizes or is_over:
        return False
    if lane.gathering_s is None:
        lane.gathering_s = now_s
    return now_s < lane.gathering_s + length_s
