"""When the Sandbox invoked its samples itself, so that what they did is not taken for the user's own.

The record lies in the Sandbox, and is saved, lost and reset with it. Only samples.py, which invokes them,
writes it: nothing is guessed from names.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError

_PARAMETER = "/workbench/sample-traffic"
_DELIVERY = timedelta(seconds=5)  # S3 and SQS invoke a little later


@dataclass(frozen=True, slots=True)
class SampleTraffic:
    """Invocations of the samples that the Sandbox has made itself, from `start` to before `end`.

    Attributes:
        function_arns: Of the samples.
        start: Of the first invocation, UTC.
        end: After the last one so far, UTC.
    """

    function_arns: frozenset[str]
    start: datetime
    end: datetime

    def is_in(self, function_arn: str, start: datetime, end: datetime) -> bool:
        """Whether some of it may lie within a time of a function."""
        return function_arn in self.function_arns and start < self.end and self.start < end


def read_sample_traffic(connection: Connection) -> SampleTraffic | None:
    """Reads the record; None without one, as in Sandboxes of earlier versions.

    Raises:
        WorkbenchError: The request failed.
    """
    try:
        answer = connection.call("ssm", "get_parameter", Name=_PARAMETER)
        told = json.loads(answer["Parameter"]["Value"])
        start, end = (datetime.fromisoformat(told[key]).astimezone(UTC) for key in ("start", "end"))
        return SampleTraffic(frozenset(map(str, told["functions"])), start, end)
    except WorkbenchError as error:
        if error.aws_code != "ParameterNotFound":
            raise
    except (ValueError, TypeError, KeyError):
        pass  # the user may write into it
    return None


def note_sample_traffic(connection: Connection, function_arns: Iterable[str]) -> SampleTraffic:
    """Notes that the samples have been invoked until now, or are about to be.

    Raises:
        WorkbenchError: A request failed.
    """
    now = datetime.now(UTC)
    known = read_sample_traffic(connection)
    traffic = SampleTraffic(frozenset(function_arns), known.start if known else now, now + _DELIVERY)
    told = {
        "functions": sorted(traffic.function_arns),
        "start": traffic.start.isoformat(),
        "end": traffic.end.isoformat(),
    }
    connection.call(
        "ssm", "put_parameter", Name=_PARAMETER, Value=json.dumps(told), Type="String", Overwrite=True
    )
    return traffic
