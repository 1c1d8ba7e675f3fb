"""What makes a function run, as far as a template of the function can hold it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.functions.export_beside import Beside
from workbench.functions.model import FunctionDetail

_OF_ITSELF: Mapping[str, Any] = {
    "BisectBatchOnFunctionError": False,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}
"""What AWS does where nobody has said anything.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
_NEVER_OF_ITSELF = (
    *("DestinationConfig", "FilterCriteria", "FunctionResponseTypes", "KMSKeyArn", "LoggingConfig"),
    *("MetricsConfig", "ProvisionedPollerConfig", "ScalingConfig", "StartingPositionTimestamp"),
)
EXPORTED = {"sqs": "SQS", "kinesis": "Kinesis", "dynamodb": "DynamoDB"}
"""Service -> SAM's word for the event source. Others need more than an ARN (networks, secrets, topics)."""


@dataclass(frozen=True, slots=True)
class EventSource:
    """An event source mapping.

    Attributes:
        service: "sqs", "kinesis", "dynamodb", or another, which is not exported.
        arn: Of the queue or the stream; empty for a cluster of one's own.
        batch_size: How many records at most.
        starting_position: For streams; empty for queues.
        window_s: How long records are gathered.
        enabled: Whether it is read.
        settings: What else it is told to do, as JSON: members of the mapping by AWS's names, as far as they
            differ from what AWS does of itself.
    """

    service: str
    arn: str
    batch_size: int = 0
    starting_position: str = ""
    window_s: int = 0
    enabled: bool = True
    settings: str = ""


@dataclass(frozen=True, slots=True)
class BucketSource:
    """Notifications of a bucket: its name, the events ("s3:ObjectCreated:*"), and which keys."""

    bucket: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class RuleSource:
    """A rule of EventBridge.

    Attributes:
        arn: Its ARN.
        bus: The name of its bus.
        pattern: The events that match, as JSON; empty for a schedule alone.
        schedule: "rate(5 minutes)" or "cron(...)"; empty for a pattern alone.
        input: What the function is given in place of the event, as JSON; empty for the event itself.
        enabled: Whether it runs.
    """

    arn: str
    bus: str = "default"
    pattern: str = ""
    schedule: str = ""
    input: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class TopicSource:
    """A subscription to a topic, with the filter policy, as JSON, and what that is applied to."""

    arn: str
    filter_policy: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class FunctionUrl:
    """A function's own URL.

    Attributes:
        auth_type: Who may call it ("NONE", "AWS_IAM").
        invoke_mode: How it answers.
        cors: Which web pages may call it, as JSON by AWS's names; empty for none.
    """

    auth_type: str
    invoke_mode: str = "BUFFERED"
    cors: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """All of a function.

    Attributes:
        beside: What else is set by calls of their own.
        others: What no template of the function alone can hold, in words.
    """

    mappings: tuple[EventSource, ...] = ()
    url: FunctionUrl | None = None
    buckets: tuple[BucketSource, ...] = ()
    rules: tuple[RuleSource, ...] = ()
    topics: tuple[TopicSource, ...] = ()
    others: tuple[str, ...] = ()
    beside: Beside = field(default_factory=Beside)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What a template does not hold."""
        mappings = (each.arn or each.service for each in self.mappings if each.service not in EXPORTED)
        return (*mappings, *self.others)


def read_sources(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Sources:
    """Reads a function's event source mappings and its URL.

    Raises:
        WorkbenchError: AWS does not allow it, or was not reached.
        Cancelled: Between calls.
    """
    name = detail.function_name
    pages = connection.paginate(
        "lambda",
        "list_event_source_mappings",
        ctx=ctx,
        failure=f"Could not list the event source mappings of {name}.",
        FunctionName=name,
    )
    mappings = []
    for page in pages:
        for each in page.get("EventSourceMappings") or ():
            arn = str(each.get("EventSourceArn") or "")
            mappings.append(
                EventSource(
                    _service(arn),
                    arn,
                    int(each.get("BatchSize") or 0),
                    str(each.get("StartingPosition") or ""),
                    int(each.get("MaximumBatchingWindowInSeconds") or 0),
                    str(each.get("State") or "") not in ("Disabled", "Disabling"),
                    _settings(each),
                )
            )
    url = find(connection, "get_function_url_config", f"Could not read the URL of {name}.", FunctionName=name)
    mode = str(url.get("InvokeMode") or "BUFFERED")
    cors = json.dumps(url["Cors"], sort_keys=True) if url.get("Cors") else ""
    return Sources(tuple(mappings), FunctionUrl(str(url["AuthType"]), mode, cors) if url else None)


def _settings(mapping: Mapping[str, Any]) -> str:
    found = {
        name: value
        for name in (*_OF_ITSELF, *_NEVER_OF_ITSELF)
        if (value := _pruned(mapping.get(name))) not in (None, "", [], {}, _OF_ITSELF.get(name))
    }
    return json.dumps(found, sort_keys=True, default=datetime.isoformat) if found else ""


def _pruned(value: Any) -> Any:
    """AWS says {"OnFailure": {}} where nothing is set."""
    if isinstance(value, dict):
        return {name: each for name, part in value.items() if (each := _pruned(part)) not in (None, {}, [])}
    return value


def _service(arn: str) -> str:
    try:
        return Arn.parse(arn).service
    except ValueError:
        return "kafka"  # a self-managed cluster has addresses, no ARN
