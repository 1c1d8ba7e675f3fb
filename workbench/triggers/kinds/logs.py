"""Amazon CloudWatch Logs: subscription filters that send the events of a log group to a function.

Its steps put, delete and restore filters, and write a test event.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import GONE
from workbench.triggers.kinds.source import (
    BY_POLICY,
    Source,
    Upstream,
    explain_async,
    linked_by_one,
    names_many,
    naming,
    qualifier_of,
    source_retries,
    unknown,
)
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Findings,
    Location,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Verdict,
    WantedGrant,
    block,
    open_fix,
    source_fix,
    warn,
)
from workbench.triggers.new_sources import LogGroup
from workbench.triggers.parameter import Entry, Parameter, check_values, text_parameter
from workbench.triggers.steps import (
    Args,
    Ensure,
    Once,
    Refusal,
    Resource,
    Running,
    State,
    Step,
    StepRun,
    contains,
)
from workbench.triggers.test_events import NO_TEXTS, EventField, TestEvent, texts_of

_TERM = re.compile(r'(?P<sign>[-?]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"]+))')
_COMPARISON = re.compile(
    r"\$\.(?P<path>[\w.\-]+)\s*(?P<operator>!=|>=|<=|=|>|<)\s*"
    r'(?P<value>"[^"]*"|[^\s&|(){}]+)'
)
_FILTER_LIMIT = 2
"""Maximum of subscription filters per log group.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""
NAME = "filterName"
STANDARD = ("STANDARD", "")
PRINCIPAL = "logs.amazonaws.com"
_PATTERN, _TRANSFORMED = "filterPattern", "applyOnTransformedLogs"
_NO_PAUSE = _(
    "CloudWatch Logs cannot pause a subscription filter. Remove it and add it again "
    "later; log events in between are not delivered."
)
_PUT_FILTER, _DELETE_FILTER = "subscription filter", "subscription filter delete"
MEMBERS = (
    "filterName",
    "filterPattern",
    "destinationArn",
    "roleArn",
    "distribution",
    "applyOnTransformedLogs",
    "fieldSelectionCriteria",
    "emitSystemFields",
)
"""The members of a DescribeSubscriptionFilters answer that PutSubscriptionFilter takes."""
_NOT_YET: tuple[Refusal, ...] = (
    ("InvalidParameterException", "Could not execute the lambda function"),
    ("OperationAbortedException", ""),
)
"""Refusals that pass: a grant has not propagated to Logs, or another change is in progress."""
_LOG_EVENT = "log event"
_EVENT_LIMIT_BYTES = 1024 * 1024 - 26
"""Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html"""
_THERE = "ResourceAlreadyExistsException"


def sample_line(pattern: str, mark: str) -> tuple[str, bool]:
    """A log line with the mark in it, and whether it certainly matches.

    Args:
        pattern: The filter pattern; empty for all events.
        mark: Text by which the invocation is found.
    """
    text = pattern.strip()
    if text.startswith("{"):
        return _json_line(text, mark)
    if text.startswith("[") or "%" in text:
        return f"Workbench test {mark}", False  # a pattern of columns, or a regular expression
    terms = list(_TERM.finditer(text))
    wanted = [(each["quoted"] or each["bare"] or "") for each in terms if each["sign"] != "-"]
    line = " ".join(["Workbench test", mark, *wanted])
    refused = [(each["quoted"] or each["bare"] or "") for each in terms if each["sign"] == "-"]
    return line, not any(each in line for each in refused)


def _json_line(pattern: str, mark: str) -> tuple[str, bool]:
    document: dict[str, Any] = {"source": "Workbench test", "mark": mark}
    comparisons = list(_COMPARISON.finditer(pattern))
    for each in comparisons:
        *path, last = each["path"].split(".")
        inner = document
        for part in path:
            nested = inner.setdefault(part, {})
            inner = nested if isinstance(nested, dict) else {}
        inner[last] = _fitting(each["operator"], each["value"])
    is_simple = (
        bool(comparisons)
        and pattern.count("$.") == len(comparisons)
        and not re.search(r"\bNOT\b|\bIS\b|\[", pattern)
    )
    return json.dumps(document), is_simple


def _fitting(operator: str, value: str) -> Any:
    quoted = value.startswith('"')
    text = value.strip('"').replace("*", "")
    try:
        number = json.loads(value) if not quoted else None
    except ValueError:
        number = None
    if not isinstance(number, int | float) or isinstance(number, bool):
        return f"not-{text}" if operator == "!=" else text
    return {"=": number, ">=": number, "<=": number, ">": number + 1, "<": number - 1}.get(
        operator, number + 1
    )


@dataclass(frozen=True, slots=True)
class ObservedLogGroup:
    """A log group when it was read.

    Attributes:
        filters: Its subscription filters, as PutSubscriptionFilter takes them.
        log_class: "STANDARD", "INFREQUENT_ACCESS" or a later value of AWS; empty if it may not be read.
    """

    filters: tuple[Mapping[str, Any], ...] = ()
    log_class: str = ""


def _log_group_of(arn: str) -> str:
    return arn.split(":", 5)[-1].removeprefix("log-group:").removesuffix(":*")


def _usual_name(spec: TriggerSpec) -> str:
    """A name that is stable for a specification."""
    specification_key = f"{spec.source_arn}|{spec.target_arn}"
    return f"wb-logs-{hashlib.sha256(specification_key.encode()).hexdigest()[:10]}"


def filter_name(spec: TriggerSpec) -> str:
    """The name of the filter."""
    return str(spec.values.get(NAME) or "") or _usual_name(spec)


def _check_location(spec: TriggerSpec) -> Iterator[Finding]:
    """Checks LOG-REGION and LOG-ACCOUNT."""
    there, here = Location.of(spec.source_arn), Location.of(spec.function.function_arn)
    group, name = _log_group_of(spec.source_arn), spec.function.function_name
    if there.partition != here.partition:
        return  # this finding says it all
    if there.region != here.region:
        what = _("The log group {group} is in {region}; {name} is in {function_region}.").format(
            group=group, region=there.region, name=name, function_region=here.region
        )
        why = _("A subscription filter can only invoke functions in its own region.")
        yield block("LOG-REGION", what, why)
    if there.account_id != here.account_id:
        what = _(
            "The log group {group} belongs to account {account_id}; {name} belongs to {function_account}."
        ).format(group=group, account_id=there.account_id, name=name, function_account=here.account_id)
        why = _(
            "A subscription filter can only invoke functions in its own account. Across accounts, a "
            "destination sends logs to a Kinesis stream, which can then be this function's source."
        )
        fix = source_fix(_("Use a stream as the source"), SourceKind("kinesis"))
        yield block("LOG-ACCOUNT", what, why, fix)


def _check_self(spec: TriggerSpec) -> Iterator[Finding]:
    """Checks LOG-SELF."""
    group = _log_group_of(spec.source_arn)
    if group == spec.function.log_group:
        what = _("{function_name} writes its own logs to {group}.").format(
            function_name=spec.function.function_name, group=group
        )
        why = _("Each invocation would write logs that invoke the function again in an endless loop.")
        yield block("LOG-SELF", what, why)


def _check_filters(spec: TriggerSpec, observed: ObservedLogGroup) -> Iterator[Finding]:
    """Checks LOG-LIMIT and LOG-EXISTS."""
    group = _log_group_of(spec.source_arn)
    edited = spec.identity
    others = [each for each in observed.filters if each["filterName"] != edited]
    if not edited and any(each["filterName"] == filter_name(spec) for each in others):
        what = _("The log group {group} already has a subscription filter {filter}.").format(
            group=group, filter=filter_name(spec)
        )
        why = _(
            "A filter with the same name would replace it. Choose another name, or change the "
            "existing trigger."
        )
        fix = open_fix(filter_name(spec))
        yield block("LOG-EXISTS", what, why, fix)
    elif len(others) >= _FILTER_LIMIT:
        names = " and ".join(
            _("{filter_name} (to {destination_arn})").format(
                filter_name=each["filterName"], destination_arn=each["destinationArn"]
            )
            for each in others
        )
        what = _("The log group {group} has {count} subscription filters: {names}.").format(
            group=group, count=len(others), names=names
        )
        yield block(
            "LOG-LIMIT",
            what,
            _("AWS allows {filter_limit}. Remove one of them first.").format(filter_limit=_FILTER_LIMIT),
        )


def _check_class(spec: TriggerSpec, observed: ObservedLogGroup) -> Iterator[Finding]:
    """Checks LOG-CLASS."""
    if observed.log_class not in STANDARD:
        what = _("The log group {source_arn} has the log class {log_class}.").format(
            source_arn=_log_group_of(spec.source_arn), log_class=observed.log_class
        )
        why = _(
            "Only the Standard class supports all features of CloudWatch Logs; AWS might reject the filter."
        )
        yield warn("LOG-CLASS", what, why)


class LogsSource(Source[ObservedLogGroup]):
    """Subscription filters of a log group."""

    kind = SourceKind("logs")
    title, icon = "CloudWatch Logs", "scroll-text"
    description = _("Log events of a log group that match a filter.")
    rule = Rule(_("log group"), _("Amazon CloudWatch Logs"), Model.PUSH_ASYNC, account=Verdict.BLOCK)
    policy_service = "logs"
    new_resource = LogGroup()

    def resource_name(self, source_arn: str) -> str:
        return super().resource_name(source_arn).removeprefix("log-group:")

    upstream = Upstream(None, 86_400)
    """Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html"""

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        pages = connection.paginate(
            "logs", "describe_log_groups", ctx=ctx, failure=_("Could not list the log groups.")
        )
        for page in pages:
            for each in page.get("logGroups") or ():
                arn = str(each.get("arn") or each.get("logGroupArn") or "").removesuffix(":*")
                log_class = str(each.get("logGroupClass") or "")
                detail = "" if log_class in STANDARD else log_class
                yield Candidate(self.kind, arn, str(each["logGroupName"]), Location.of(arn), detail)

    def location(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Location:
        location = super().location(connection, spec, ctx)
        arn = Arn.parse(spec.source_arn)
        if arn.service != "logs" or arn.resource_type != "log-group":
            raise WorkbenchError(
                _("“{source_arn}” cannot be a trigger.").format(source_arn=spec.source_arn),
                _("It is not a log group ARN."),
                _(
                    "A log group ARN looks like "
                    "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/orders"
                ),
            )
        return location

    def cross_region_findings(self, spec: TriggerSpec, location: Location) -> Findings:
        return tuple(_check_location(spec))

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        return (
            text_parameter(
                _PATTERN,
                _("Filter pattern"),
                "",
                shape="FilterPattern",
                service="logs",
                help=_(
                    'Only matching events invoke the function: ERROR, or { $.level = "ERROR" }. '
                    "Empty: all events."
                ),
            ),
            text_parameter(
                NAME,
                _("Filter name"),
                _usual_name(spec),
                shape="FilterName",
                service="logs",
                create_only=True,
                advanced=True,
                help=_("The name of the subscription filter."),
            ),
            Parameter(
                _TRANSFORMED,
                _("Apply on transformed logs"),
                Entry.FLAG,
                False,
                advanced=True,
                help=_(
                    "Use the events as the log group's transformer outputs them, not the original events."
                ),
            ),
        )

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedLogGroup:
        group = _log_group_of(spec.source_arn)
        if spec.is_new:
            return ObservedLogGroup()
        filters = _filters(connection, group, ctx)
        return ObservedLogGroup(tuple(_members_of(each) for each in filters), _class(connection, group, ctx))

    def check(self, spec: TriggerSpec, observed: ObservedLogGroup, function: ObservedFunction) -> Findings:
        return (
            *check_values(self.parameters(spec), spec.values),
            *_check_location(spec),
            *_check_self(spec),
            *_check_filters(spec, observed),
            *_check_class(spec, observed),
        )

    def grants(self, spec: TriggerSpec, observed: ObservedLogGroup) -> tuple[WantedGrant, ...]:
        return (_wanted(spec.source_arn),)

    def plan(self, spec: TriggerSpec, observed: ObservedLogGroup) -> Steps:
        return (self._put(spec, filter_name(spec)),)

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: ObservedLogGroup) -> Steps:
        return (self._put(spec, trigger.identity),)

    def _put(self, spec: TriggerSpec, name: str) -> Step:
        members: dict[str, Any] = {
            "filterName": name,
            "filterPattern": str(spec.values.get(_PATTERN) or ""),
            "destinationArn": spec.target_arn,
        }
        if spec.values.get(_TRANSFORMED) is not None:
            members[_TRANSFORMED] = bool(spec.values[_TRANSFORMED])
        location = Location.of(spec.source_arn)
        return put_filter_step(_log_group_of(spec.source_arn), location.region, members)

    def remove(self, trigger: Trigger) -> Steps:
        if not trigger.identity or "destinationArn" not in trigger.values:
            return ()  # only a statement is left
        group, region = _log_group_of(trigger.source_arn), Location.of(trigger.source_arn).region
        return (delete_filter_step(group, region, trigger.identity, str(trigger.values["destinationArn"])),)

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        found: list[Trigger] = []
        for hint in dict.fromkeys(hints):
            ctx.check()
            arn, group = hint.removesuffix(":*"), _log_group_of(hint)
            try:
                if problem := names_many(arn):
                    raise problem
                filters = _filters(connection.in_region(Location.of(arn).region), group, ctx)
            except WorkbenchError as error:
                if error.aws_code != GONE:
                    grants = naming(function, "logs", hint)
                    found += unknown(self.kind, arn, group, grants, error)
                continue
            for each in filters:
                qualifier = qualifier_of(str(each.get("destinationArn", "")), function.arns[0])
                if qualifier is not None:
                    name = str(each["filterName"])
                    trigger = Trigger(self.kind, arn, group, qualifier, name, values=_members_of(each))
                    found.append(linked_by_one(trigger, _known_as(arn), function))
        return tuple(found)

    def test_event(
        self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS
    ) -> TestEvent | None:
        if not trigger.identity:
            return None
        group = _log_group_of(trigger.source_arn)
        pattern = str(trigger.values.get(_PATTERN) or "").strip()
        sample, is_sure = sample_line(pattern, mark)
        fields = (EventField("message", _("Message"), sample, _EVENT_LIMIT_BYTES),)
        message = texts_of(fields, texts)["message"]
        is_sure = not pattern or (is_sure and message == sample)
        doubt = (
            "" if is_sure else _("The filter pattern might reject it: Workbench cannot evaluate the pattern.")
        )
        step = _log_event_step(group, Location.of(trigger.source_arn).region, mark, message)
        what = _(
            "Writes a log event to a separate stream in {group} and deletes the stream afterwards."
        ).format(group=group)
        others = _(
            "All other subscription filters, metric filters and alarms of {group} receive the event too."
        ).format(group=group)
        stays = _("The test's log stream no longer exists.")
        return TestEvent(what, (step,), mark, sentences(others, doubt), fields, stays)

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        return explain_async(
            trigger,
            function,
            _(
                "None. Events arrive in batches, gzipped and Base64-encoded; each batch comes "
                "from one log stream."
            ),
            source_retries(self.upstream),
            BY_POLICY.format(principal=PRINCIPAL),
            [trigger.name, _("subscription filter")],
            _(
                "The Sandbox neither retries nor sends failures on. It needs no permission and allows more "
                "than two filters."
            ),
            no_pause=_NO_PAUSE,
        )


def _wanted(source_arn: str) -> WantedGrant:
    return WantedGrant(PRINCIPAL, f"{source_arn.removesuffix(':*')}:*")


def _known_as(source_arn: str) -> tuple[WantedGrant, ...]:
    """The statements under which Logs may invoke: older ones contain the region, and still work."""
    now, location = _wanted(source_arn), Location.of(source_arn)
    suffix = "amazonaws.com.cn" if location.partition == "aws-cn" else "amazonaws.com"
    return (now, replace(now, principal=f"logs.{location.region}.{suffix}"))


def _filters(connection: Connection, log_group: str, ctx: JobContext) -> list[dict[str, Any]]:
    pages = connection.paginate(
        "logs",
        "describe_subscription_filters",
        ctx=ctx,
        failure=_("Could not read the subscription filters of {log_group}.").format(log_group=log_group),
        logGroupName=log_group,
    )
    return [each for page in pages for each in page.get("subscriptionFilters") or ()]


def _class(connection: Connection, log_group: str, ctx: JobContext) -> str:
    ctx.check()
    try:
        answer = connection.call(
            "logs",
            "describe_log_groups",
            failure=_("Could not read the log group {log_group}.").format(log_group=log_group),
            logGroupNamePrefix=log_group,
        )
    except WorkbenchError:
        return ""
    groups = answer.get("logGroups") or ()
    return next(
        (str(each.get("logGroupClass") or "") for each in groups if each["logGroupName"] == log_group), ""
    )


def put_filter_step(log_group: str, region: str, members: Mapping[str, Any]) -> Step:
    """Puts a filter. Members that are not named keep their values in an existing filter."""
    return Step(
        _PUT_FILTER,
        _("Add the subscription filter {members} to the log group {log_group}").format(
            members=members["filterName"], log_group=log_group
        ),
        "logs:PutSubscriptionFilter",
        region,
        {"log_group": log_group, "members": dict(members)},
        undo=_("Delete it or restore the previous filter"),
    )


def delete_filter_step(log_group: str, region: str, filter_name: str, destination_arn: str) -> Step:
    """Deletes a filter if its destination is still this one."""
    return Step(
        _DELETE_FILTER,
        _("Delete the subscription filter {filter_name} of the log group {log_group}").format(
            filter_name=filter_name, log_group=log_group
        ),
        "logs:DeleteSubscriptionFilter",
        region,
        {"log_group": log_group, "members": {"filterName": filter_name, "destinationArn": destination_arn}},
        undo=_("Restore it"),
    )


def _read_filter(args: Args, running: Running) -> dict[str, Any] | None:
    """The filter of this name, as PutSubscriptionFilter takes it."""
    group, name = args["log_group"], args["members"]["filterName"]
    found = running.listed(
        "logs",
        "describe_subscription_filters",
        _("Could not read the subscription filters of {group}.").format(group=group),
        "subscriptionFilters",
        logGroupName=group,
        filterNamePrefix=name,
    )
    return next((_members_of(each) for each in found if each.get("filterName") == name), None)


def _members_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an answered filter that can be sent again."""
    return {name: answer[name] for name in MEMBERS if answer.get(name) not in (None, "", [])} | {
        "filterPattern": answer.get("filterPattern", "")
    }


def _put_filter(args: Args, running: Running, members: State, _present: State) -> None:
    sent = dict(members)
    if ":lambda:" in sent.get("destinationArn", ""):
        sent.pop("distribution", None)  # AWS answers it for functions too, but accepts it for Kinesis only
    group = args["log_group"]
    failure = _("Could not add a subscription filter to {group}.").format(group=group)
    running.call("logs", "put_subscription_filter", failure, _NOT_YET, logGroupName=group, **sent)


def _delete_filter(args: Args, running: Running, _present: State) -> None:
    group, name = args["log_group"], args["members"]["filterName"]
    failure = _("Could not delete a subscription filter of {group}.").format(group=group)
    running.find("logs", "delete_subscription_filter", failure, logGroupName=group, filterName=name)


def _without_filter(args: Args, running: Running, present: State) -> None:
    """Deletes the filter. Raises WorkbenchError if its destination has changed."""
    if present and present["destinationArn"] != args["members"]["destinationArn"]:
        raise WorkbenchError(
            _("The subscription filter {present} was not deleted.").format(present=present["filterName"]),
            _("It now calls {present}.").format(present=present["destinationArn"]),
            _("Refresh the list of triggers."),
        )


_FILTER = Resource(_read_filter, _put_filter, _delete_filter)


def _log_event_step(log_group: str, region: str, stream: str, message: str) -> Step:
    """Writes the test event into a new stream; the undo deletes the stream."""
    return Step(
        _LOG_EVENT,
        _("Write a log event to the stream {stream} of {log_group}").format(
            stream=stream, log_group=log_group
        ),
        "logs:PutLogEvents",
        region,
        {"log_group": log_group, "stream": stream, "message": message},
        undo=_("Delete the stream"),
    )


def _write_log_event(args: Args, running: Running) -> Facts:
    """Calls CreateLogStream and PutLogEvents."""
    facts = {"stream": args["stream"]}
    running.note(facts)
    try:
        running.call(
            "logs", "create_log_stream", _("Could not create a stream for the test event."), **_stream(args)
        )
    except WorkbenchError as error:
        if error.aws_code != _THERE:
            raise
    event = {"timestamp": int(SystemClock().now().timestamp() * 1000), "message": args["message"]}
    failure = _("Could not write a test event.")
    running.call("logs", "put_log_events", failure, logEvents=[event], **_stream(args))
    return facts


def _delete_stream(args: Args, facts: Facts, running: Running) -> None:
    if facts.get("stream"):
        running.find("logs", "delete_log_stream", _("Could not delete the test's stream."), **_stream(args))


def _stream(args: Args) -> dict[str, str]:
    return {"logGroupName": args["log_group"], "logStreamName": args["stream"]}


RUNS: Mapping[str, StepRun] = {
    _PUT_FILTER: Ensure(
        _FILTER, lambda args, __, present: {**(present or {}), **args["members"]}, same=contains
    ),
    _DELETE_FILTER: Ensure(_FILTER, _without_filter),
    _LOG_EVENT: Once(_write_log_event, _delete_stream),
}
