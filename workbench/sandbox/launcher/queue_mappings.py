"""Reads queues of SQS for event source mappings: batch windows, large batches, partial failures.

Owns: when a batch is taken, how large it is, which of its messages are deleted. MiniStack receives them.
Messages that wait for the end of a batch window stay visible in their queue; AWS has received them by then.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
WORKAROUND: remove when MiniStack knows MaximumBatchingWindowInSeconds and batches of more than ten, and keeps
all messages when an answer names one that is not of the batch.
"""

import functools
import time
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from workbench.sandbox.launcher.alias_routing import called_by
from workbench.sandbox.launcher.clock import Clock
from workbench.sandbox.launcher.stream_batches import MAX_EVENT_BYTES, failed_items

_Record = dict[str, Any]
_Receive = Callable[[str, int], list[_Record]]
_AT_ONCE = 10
"""Messages that one request to SQS returns at most."""


class QueueMappings:
    """Decides when MiniStack takes a batch, and what becomes of it.

    Args:
        clock: Says when a batch window ends.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gathering_s: dict[str, float] = {}

    def install(self) -> None:
        """Puts this in the place of MiniStack's, and before its receiving."""
        lambda_svc._sqs_esm_concurrency = functools.partial(self._limit, lambda_svc._sqs_esm_concurrency)
        lambda_svc._poll_sqs = functools.partial(_poll, lambda_svc._poll_sqs)
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
        sqs._receive_messages_for_esm = functools.partial(_receive, sqs._receive_messages_for_esm)
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
