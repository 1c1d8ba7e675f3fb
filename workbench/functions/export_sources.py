"""A function's event sources and related settings, as far as a template of the function can contain them."""

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
from workbench.functions.model import FunctionDetail, owner_tags
from workbench.functions.settings import read_others

_OF_ITSELF: Mapping[str, Any] = {
    "BisectBatchOnFunctionError": False,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}
"""AWS's defaults. Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
_NEVER_OF_ITSELF = (
    *("DestinationConfig", "FilterCriteria", "FunctionResponseTypes", "KMSKeyArn", "LoggingConfig"),
    *("MetricsConfig", "ProvisionedPollerConfig", "ScalingConfig", "StartingPositionTimestamp"),
)
EXPORTED = {"sqs": "SQS", "kinesis": "Kinesis", "dynamodb": "DynamoDB"}
"""SAM's event type by service. Other sources need more than an ARN (networks, secrets, topics)."""


@dataclass(frozen=True, slots=True)
class EventSource:
    """An event source mapping.

    Attributes:
        service: "sqs", "kinesis", "dynamodb", or another one, which is not exported.
        arn: ARN of the queue or stream; empty for a self-managed cluster.
        batch_size: Maximum number of records.
        starting_position: For streams; empty for queues.
        window_s: Batching window.
        settings: Other members of the mapping that differ from AWS's defaults, JSON.
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
    """A bucket's notification: bucket name, events ("s3:ObjectCreated:*"), key filter."""

    bucket: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class RuleSource:
    """An EventBridge rule.

    Args:
        bus: Name of its event bus.

    Attributes:
        pattern: Event pattern, JSON; empty if it only has a schedule.
        schedule: "rate(5 minutes)" or "cron(...)"; empty if it only has a pattern.
        input: Input for the function in place of the event, JSON; empty for the event itself.
    """

    arn: str
    bus: str = "default"
    pattern: str = ""
    schedule: str = ""
    input: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class TopicSource:
    """A subscription to a topic, with its filter policy (JSON) and the policy's scope."""

    arn: str
    filter_policy: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class FunctionUrl:
    """The URL of a function.

    Attributes:
        auth_type: "NONE" or "AWS_IAM".
        cors: CORS settings, JSON by AWS's names; empty for none.
    """

    auth_type: str
    invoke_mode: str = "BUFFERED"
    cors: str = ""


@dataclass(frozen=True, slots=True)
class OtherSettings:
    """Settings of separate calls, as in Settings; empty for AWS's default.

    Attributes:
        retries: For asynchronous invocations; None if not set. Likewise max_age_s.
        on_success: ARN of the destination; empty for none. Likewise on_failure.
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
    """All event sources of a function.

    Attributes:
        others: What a template of a single function cannot contain, in words.
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
        """What a template does not contain."""
        mappings = (each.arn or each.service for each in self.mappings if each.service not in EXPORTED)
        return (*mappings, *self.others)


def read_sources(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Sources:
    """Reads a function's event sources and URL. Raises WorkbenchError."""
    name = detail.function_name
    listed = connection.items(
        "lambda",
        "list_event_source_mappings",
        ctx=ctx,
        failure=_("Could not list the event source mappings of {name}.").format(name=name),
        FunctionName=name,
    )
    mappings = [
        EventSource(
            _service(arn := str(each.get("EventSourceArn") or "")),
            arn,
            int(each.get("BatchSize") or 0),
            str(each.get("StartingPosition") or ""),
            int(each.get("MaximumBatchingWindowInSeconds") or 0),
            str(each.get("State") or "") not in ("Disabled", "Disabling"),
            _settings(each),
        )
        for each in listed
    ]
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
    """Removes empty structures: AWS answers {"OnFailure": {}} if nothing is set."""
    if isinstance(value, dict):
        return {name: each for name, part in value.items() if (each := _pruned(part)) not in (None, {}, [])}
    return value


def _service(arn: str) -> str:
    try:
        return Arn.parse(arn).service
    except ValueError:
        return "kafka"  # a self-managed cluster has addresses instead of an ARN


def logical_id(name: str, ending: str = "") -> str:
    """A name of letters and digits that starts with a letter ("orders-api" -> "OrdersApi")."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join(word[0].upper() + word[1:] for word in words) + ending
    return joined if joined[:1].isalpha() else f"X{joined}"


def logical_ids(names: Iterable[str], beginning: str) -> dict[str, str]:
    """A unique logical id for each name."""
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
    """The tags that the user may set, without those of AWS and of the deployment tool."""
    foreign = {*owner_tags(dict(tags)), "STAGE"}
    return {name: value for name, value in tags if name not in foreign and not name.startswith("aws:")}


Properties = dict[str, Any]


def camel(members: Mapping[str, Any]) -> Properties:
    """The same members with the Framework's capitalization."""
    return {name[0].lower() + name[1:]: value for name, value in members.items()}


_ALWAYS = ("runtime", "handler", "memory_mb", "timeout_s", "role_arn")
"""Settings that a template contains even if they are AWS's defaults."""


def configured(
    detail: FunctionDetail, path_of: Callable[[Setting], str | None], by_hand: Collection[str]
) -> tuple[Properties, list[str]]:
    """The settings of a function that differ from AWS's defaults, as far as a template has members for them.

    Args:
        path_of: Path of a setting in the template ("EphemeralStorage.Size"); None if there is none.
        by_hand: Settings to leave out.

    Returns:
        Also the settings for which the template has no member, in words.
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
    """The members of an event source mapping, without its ARN.

    Args:
        window: The template's name of the batching window.
    """
    members = {
        "StartingPosition": each.starting_position,
        "BatchSize": each.batch_size,
        window: each.window_s,
    }
    found = {name: value for name, value in members.items() if value}
    return found if each.enabled else found | {"Enabled": False}


def comments(notes: Iterable[str]) -> str:
    """Notes as comment lines at the top of a file."""
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
    "DestinationConfig": ("destinations", lambda value: {"onFailure": value["OnFailure"]["Destination"]}),
    **{
        name: (name[0].lower() + name[1:], lambda value: value)
        for name in (
            *("BisectBatchOnFunctionError", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts"),
            *("ParallelizationFactor", "StartingPositionTimestamp", "TumblingWindowInSeconds"),
        )
    },
}


def sam_settings(source: EventSource) -> dict[str, Any]:
    """The members of a SAM event for the mapping's settings."""
    known = _QUEUES if source.service == "sqs" else _STREAMS
    return {
        _SAM_SPELLS.get(name, name): _seconds(name, value)
        for name, value in settings_of(source).items()
        if name in known
    }


def serverless_settings(source: EventSource) -> dict[str, Any]:
    """The members of an event of the Serverless Framework for the mapping's settings."""
    return _spelt(source)[0]


def not_in_sam(sources: Sources) -> Iterator[str]:
    """What a SAM template does not contain of these event sources, in words."""
    for source in _exported(sources):
        known = _QUEUES if source.service == "sqs" else _STREAMS
        yield from (
            _("{name} of {arn}").format(name=name, arn=source.arn)
            for name in settings_of(source)
            if name not in known
        )


def not_in_serverless(sources: Sources) -> Iterator[str]:
    """What a file of the Serverless Framework does not contain of these event sources, in words."""
    for source in _exported(sources):
        yield from (_("{name} of {arn}").format(name=name, arn=source.arn) for name in _spelt(source)[1])


def settings_of(source: EventSource) -> dict[str, Any]:
    """Members of the mapping by AWS's names, except those that are fields of EventSource."""
    found = json.loads(source.settings or "{}")
    assert isinstance(found, dict)
    return found


def _exported(sources: Sources) -> Iterator[EventSource]:
    return (each for each in sources.mappings if each.service in EXPORTED)


def _spelt(source: EventSource) -> tuple[dict[str, Any], list[str]]:
    """The settings in the Framework's spelling, and those that it does not support."""
    known = _OF_QUEUES if source.service == "sqs" else _OF_STREAMS
    found, left = {}, []
    for name, value in settings_of(source).items():
        try:
            spelling, convert = known[name]
            found[spelling] = convert(_seconds(name, value))
        except (LookupError, ValueError, TypeError):  # not of the shape that the Framework accepts
            left.append(name)
    return found, left


def _seconds(name: str, value: Any) -> Any:
    return int(datetime.fromisoformat(value).timestamp()) if name == "StartingPositionTimestamp" else value


_READ = ("recursion", "runtime_update_mode", "code_signing_config_arn", "log_retention_days")
_MODES = {"Auto": "auto", "FunctionUpdate": "onFunctionUpdate", "Manual": "manual"}
_KINDS = {"sqs": "SQS", "sns": "SNS", "lambda": "Lambda", "events": "EventBridge", "s3": "S3Bucket"}
"""SAM's destination type by service."""


def read_other_settings(
    connection: Connection, detail: FunctionDetail, ctx: JobContext
) -> tuple[OtherSettings, tuple[str, ...]]:
    """Reads the settings of separate calls.

    Returns:
        Also what may not be read, in words, with AWS's reason.
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
    """What a SAM template of a single function does not contain, in words."""
    if other_settings.log_retention_days is not None:
        yield _("the retention of its log group, {log_retention_days} days").format(
            log_retention_days=other_settings.log_retention_days
        )


def other_settings_not_in_serverless(other_settings: OtherSettings) -> Iterator[str]:
    """What a file of the Serverless Framework does not contain, in words."""
    if other_settings.recursion:
        yield _("recursive loop detection {recursion}").format(recursion=other_settings.recursion)
    if other_settings.code_signing_config_arn:
        yield _("code signing configuration {code_signing_config_arn}").format(
            code_signing_config_arn=other_settings.code_signing_config_arn
        )


def _kind(arn: str) -> str:
    service = Arn.parse(arn).service
    return _KINDS.get(service, service)


def _filled(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", {})}
