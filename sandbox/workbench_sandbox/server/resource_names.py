"""Names that AWS gives to resources, where MiniStack gives others that AWS's own checks refuse.

- Sequence numbers of Kinesis begin with another digit than 0.
- The ARN of an EventBridge connection ends with a UUID. MiniStack knows it without, as the rules of the door
  hand it over.
- Destinations of CloudWatch Logs have tags.

WORKAROUND: remove when MiniStack does so.
Source: the patterns of SequenceNumber and ConnectionArn in the service models, and
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
"""

import itertools
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import cloudwatch_logs

from workbench_sandbox.server.corrections import Response, on_load, wrap

_CONNECTION = re.compile(rb'("arn:aws:events:[\w-]+:\d{12}:connection/[^/"]+)(?=")')
_DESTINATION = re.compile(r"arn:aws:logs:(?P<region>[\w-]+):(?P<account>\d{12}):destination:(?P<name>[^:*]+)")


def install() -> None:
    """Corrects the names."""
    on_load("kinesis", _correct_kinesis)
    on_load("eventbridge", lambda events: wrap(events, handle_request=_with_uuids))
    wrap(cloudwatch_logs, _tag_resource_identity=_tagged)


def _correct_kinesis(kinesis: Any) -> None:
    counted = itertools.count()
    kinesis._next_sequence_number = lambda: f"49{time.time_ns() // 1_000_000:018d}{next(counted):010d}"


async def _with_uuids(original: Callable[..., Awaitable[Response]], *request: Any) -> Response:
    status, headers, body = await original(*request)
    return status, headers, _CONNECTION.sub(_add_uuid, body)


def _add_uuid(found: "re.Match[bytes]") -> bytes:
    """The same one each time: nothing else of a connection tells it from an earlier one of its name."""
    arn = found[1]
    return arn + b"/" + str(uuid.uuid5(uuid.NAMESPACE_URL, arn.decode())).encode()


def _tagged(
    original: Callable[[str, str, str], tuple[Any, str, str]], arn: str, account_id: str, region: str
) -> tuple[Any, str, str]:
    found = _DESTINATION.fullmatch(arn)
    if found and (found["account"], found["region"]) == (account_id, region):
        return cloudwatch_logs._destinations, "destination", found["name"]
    return original(arn, account_id, region)
