"""A function and its related resources, as far as a template of the function can hold them."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.configuration import SETTINGS, Setting, put, setting_name
from workbench.functions.detail import find
from workbench.functions.model import FunctionDetail
from workbench.functions.ownership import owner_tags
from workbench.functions.settings.model import read_others

_OF_ITSELF: Mapping[str, Any] = {
    "BisectBatchOnFunctionError": False,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}
"""AWS's defaults.
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
        settings: Its other settings, as JSON: members of the mapping by AWS's names, as far as they
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
class OtherSettings:
    """As Settings has it; empty for AWS's default.

    Attributes:
        retries: For asynchronous invocations; None when nothing is set. So max_age_s.
        on_success: ARN of where a record of a success goes; empty for nowhere. So on_failure.
    """

    recursion: str = ""
    runtime_update_mode: str = ""
    runtime_version_arn: str = ""
    code_signing_config_arn: str = ""
    log_retention_days: int | None = None
    retries: int | None = None
    max_age_s: int | None = None
    on_success: str = ""
    on_failure: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """All of a function.

    Attributes:
        other_settings: What else is set by calls of their own.
        others: What no template of the function alone can hold, in words.
    """

    mappings: tuple[EventSource, ...] = ()
    url: FunctionUrl | None = None
    buckets: tuple[BucketSource, ...] = ()
    rules: tuple[RuleSource, ...] = ()
    topics: tuple[TopicSource, ...] = ()
    others: tuple[str, ...] = ()
    other_settings: OtherSettings = field(default_factory=OtherSettings)

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
        failure=_("Could not list the event source mappings of {name}.").format(name=name),
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
    url = find(
        connection,
        "get_function_url_config",
        _("Could not read the URL of {name}.").format(name=name),
        FunctionName=name,
    )
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


def logical_id(name: str, ending: str = "") -> str:
    """A name of letters and digits ("orders-api" -> "OrdersApi"); the first is a letter."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join(word[0].upper() + word[1:] for word in words) + ending
    return joined if joined[:1].isalpha() else f"X{joined}"


def logical_ids(names: Iterable[str], beginning: str) -> dict[str, str]:
    """One for each name, no two the same."""
    found: dict[str, str] = {}
    for name in names:
        base = logical_id(f"{beginning}-{name}")
        number, made = 1, base
        while made in found.values():
            number += 1
            made = f"{base}{number}"
        found[name] = made
    return found


def own_tags(tags: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The tags that the user may set: those of AWS and of the tool that made the function are its own."""
    foreign = {*owner_tags(dict(tags)), "STAGE"}
    return {name: value for name, value in tags if name not in foreign and not name.startswith("aws:")}


Properties = dict[str, Any]


def camel(members: Mapping[str, Any]) -> Properties:
    """The same members in the Framework's spelling."""
    return {name[0].lower() + name[1:]: value for name, value in members.items()}


_ALWAYS = ("runtime", "handler", "memory_mb", "timeout_s", "role_arn")
"""Settings that a template says even where they are AWS's defaults."""


def configured(
    detail: FunctionDetail, path_of: Callable[[Setting], str | None], by_hand: Collection[str]
) -> tuple[Properties, list[str]]:
    """The settings of a function that differ from AWS's defaults, as far as a template has members for them.

    Args:
        detail: The function.
        path_of: The template's path of a setting ("EphemeralStorage.Size"); None where it has none.
        by_hand: Names of settings that are left out here.

    Returns:
        And what the template has no member for, in words.
    """
    found: Properties = {}
    left: list[str] = []
    for row in SETTINGS:
        value = getattr(detail, row.name)
        is_default = value == row.default and row.name not in _ALWAYS
        is_own_group = row.name == "log_group" and value == f"/aws/lambda/{detail.function_name}"
        if is_default or is_own_group or row.name in by_hand or not (row.has(detail) and row.applies(detail)):
            continue
        path = path_of(row)
        if path is None:
            left.append(f"{setting_name(row.name)}: {value}")
        else:
            put(found, path, row.write(value))
    return found, left


def mapping_config(each: EventSource, window: str) -> Properties:
    """An event source mapping without its ARN.

    Args:
        each: The mapping.
        window: What the time is called for which records are gathered.
    """
    members = {
        "StartingPosition": each.starting_position,
        "BatchSize": each.batch_size,
        window: each.window_s,
    }
    found = {name: value for name, value in members.items() if value}
    return found if each.enabled else found | {"Enabled": False}


def comments(notes: Iterable[str]) -> str:
    """Notes as the first lines of a file. A comment ends with its line."""
    return "".join(f"# {' '.join(note.split())}\n" for note in notes)


_QUEUES = (
    *("FilterCriteria", "FunctionResponseTypes", "KMSKeyArn", "MetricsConfig", "ProvisionedPollerConfig"),
    "ScalingConfig",
)
_STREAMS = (
    *("BisectBatchOnFunctionError", "DestinationConfig", "FilterCriteria", "FunctionResponseTypes"),
    *("KMSKeyArn", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "MetricsConfig"),
    *("ParallelizationFactor", "StartingPositionTimestamp", "TumblingWindowInSeconds"),
)
_SAM_SPELLS = {"KMSKeyArn": "KmsKeyArn"}

_Value = Callable[[Any], Any]
_PATTERNS = ("filterPatterns", lambda value: [json.loads(each["Pattern"]) for each in value["Filters"]])
_ANSWERS = ("functionResponseType", lambda value: value[0])
_OF_QUEUES: Mapping[str, tuple[str, _Value]] = {
    "FilterCriteria": _PATTERNS,
    "FunctionResponseTypes": _ANSWERS,
    "ScalingConfig": ("maximumConcurrency", lambda value: value["MaximumConcurrency"]),
}
_OF_STREAMS: Mapping[str, tuple[str, _Value]] = {
    "FilterCriteria": _PATTERNS,
    "FunctionResponseTypes": _ANSWERS,
    "DestinationConfig": (
        "destinations",
        lambda value: {"onFailure": value["OnFailure"]["Destination"]},
    ),
    **{
        name: (name[0].lower() + name[1:], lambda value: value)
        for name in (
            *("BisectBatchOnFunctionError", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts"),
            *("ParallelizationFactor", "StartingPositionTimestamp", "TumblingWindowInSeconds"),
        )
    },
}


def sam_settings(source: EventSource) -> dict[str, Any]:
    """What a SAM event says of it."""
    known = _QUEUES if source.service == "sqs" else _STREAMS
    return {
        _SAM_SPELLS.get(name, name): _seconds(name, value)
        for name, value in settings_of(source).items()
        if name in known
    }


def serverless_settings(source: EventSource) -> dict[str, Any]:
    """What an event of the Serverless Framework says of it."""
    return _spelt(source)[0]


def not_in_sam(sources: Sources) -> Iterator[str]:
    """What a SAM template does not hold of the event sources in it, in words."""
    for source in _exported(sources):
        known = _QUEUES if source.service == "sqs" else _STREAMS
        yield from (f"{name} of {source.arn}" for name in settings_of(source) if name not in known)


def not_in_serverless(sources: Sources) -> Iterator[str]:
    """What a file of the Serverless Framework does not hold of the event sources in it, in words."""
    for source in _exported(sources):
        yield from (f"{name} of {source.arn}" for name in _spelt(source)[1])


def settings_of(source: EventSource) -> dict[str, Any]:
    """Members of the mapping by AWS's names, but for those that EventSource has itself."""
    found = json.loads(source.settings or "{}")
    assert isinstance(found, dict)
    return found


def _exported(sources: Sources) -> Iterator[EventSource]:
    return (each for each in sources.mappings if each.service in EXPORTED)


def _spelt(source: EventSource) -> tuple[dict[str, Any], list[str]]:
    """As the Framework spells it; and what it has no words for."""
    known = _OF_QUEUES if source.service == "sqs" else _OF_STREAMS
    found, left = {}, []
    for name, value in settings_of(source).items():
        try:
            spelling, convert = known[name]
            found[spelling] = convert(_seconds(name, value))
        except (LookupError, ValueError, TypeError):  # of another shape than the Framework takes
            left.append(name)
    return found, left


def _seconds(name: str, value: Any) -> Any:
    return int(datetime.fromisoformat(value).timestamp()) if name == "StartingPositionTimestamp" else value


_READ = ("recursion", "runtime_update_mode", "code_signing_config_arn", "log_retention_days")
_MODES = {"Auto": "auto", "FunctionUpdate": "onFunctionUpdate", "Manual": "manual"}
_KINDS = {"sqs": "SQS", "sns": "SNS", "lambda": "Lambda", "events": "EventBridge", "s3": "S3Bucket"}
"""Service of a destination -> SAM's word for it."""


def read_other_settings(
    connection: Connection, detail: FunctionDetail, ctx: JobContext
) -> tuple[OtherSettings, tuple[str, ...]]:
    """Reads it.

    Returns:
        And what may not be read, in words, with AWS's reason.

    Raises:
        Cancelled: Between calls.
    """
    reading = read_others(connection, detail, ctx)
    unread = [f"{name.replace('_', ' ')}: {why}" for name, why in reading.unread if name in _READ]
    found: dict[str, Any] = {}
    name = detail.function_name
    failure = _("Could not read the asynchronous invocation settings of {name}.").format(name=name)
    try:
        found = find(connection, "get_function_event_invoke_config", failure, FunctionName=name)
    except WorkbenchError as error:
        unread.append(str(error))
    settings, places = reading.settings, found.get("DestinationConfig") or {}
    mode = settings.runtime_update_mode
    other_settings = OtherSettings(
        "" if settings.recursion == "Terminate" else settings.recursion,
        "" if mode == "Auto" else mode,
        settings.runtime_version_arn if mode == "Manual" else "",
        settings.code_signing_config_arn,
        settings.log_retention_days,
        found.get("MaximumRetryAttempts"),
        found.get("MaximumEventAgeInSeconds"),
        *(str((places.get(end) or {}).get("Destination") or "") for end in ("OnSuccess", "OnFailure")),
    )
    return other_settings, tuple(unread)


def sam_members(other_settings: OtherSettings) -> dict[str, Any]:
    """Properties of a function in a SAM template."""
    runtime = {
        "UpdateRuntimeOn": other_settings.runtime_update_mode,
        "RuntimeVersionArn": other_settings.runtime_version_arn,
    }
    ends = (("OnSuccess", other_settings.on_success), ("OnFailure", other_settings.on_failure))
    places = {end: {"Type": _kind(arn), "Destination": arn} for end, arn in ends if arn}
    asynchronous = {
        "MaximumRetryAttempts": other_settings.retries,
        "MaximumEventAgeInSeconds": other_settings.max_age_s,
        "DestinationConfig": places,
    }
    return _filled(
        {
            "RecursiveLoop": other_settings.recursion,
            "RuntimeManagementConfig": _filled(runtime),
            "CodeSigningConfigArn": other_settings.code_signing_config_arn,
            "EventInvokeConfig": _filled(asynchronous),
        }
    )


def serverless_members(other_settings: OtherSettings) -> dict[str, Any]:
    """Properties of a function in a file of the Serverless Framework."""
    mode = _MODES.get(other_settings.runtime_update_mode, "")
    return _filled(
        {
            "runtimeManagement": _filled({"mode": mode, "arn": other_settings.runtime_version_arn}),
            "logRetentionInDays": other_settings.log_retention_days,
            "maximumRetryAttempts": other_settings.retries,
            "maximumEventAge": other_settings.max_age_s,
            "destinations": _filled(
                {"onSuccess": other_settings.on_success, "onFailure": other_settings.on_failure}
            ),
        }
    )


def other_settings_not_in_sam(other_settings: OtherSettings) -> Iterator[str]:
    """What a SAM template of the function alone does not hold, in words."""
    if other_settings.log_retention_days is not None:
        yield f"the retention of its log group, {other_settings.log_retention_days} days"


def other_settings_not_in_serverless(other_settings: OtherSettings) -> Iterator[str]:
    """What a file of the Serverless Framework does not hold, in words."""
    if other_settings.recursion:
        yield f"recursive loop detection {other_settings.recursion}"
    if other_settings.code_signing_config_arn:
        yield f"code signing configuration {other_settings.code_signing_config_arn}"


def _kind(arn: str) -> str:
    service = Arn.parse(arn).service
    return _KINDS.get(service, service)


def _filled(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", {})}
