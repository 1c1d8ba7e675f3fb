"""Amazon CloudWatch Logs: a log group whose events a function gets, by a subscription filter.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.aws.quotas import text_limit
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import GONE
from workbench.triggers import ledgers
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding
from workbench.triggers.model import (
    Candidate,
    FunctionSeen,
    Place,
    SourceKind,
    TestEvent,
    Trigger,
    WantedGrant,
    Wiring,
)
from workbench.triggers.parameter import Entry, Parameter
from workbench.triggers.sample_log import sample_line
from workbench.triggers.sources import links
from workbench.triggers.sources.logs_checks import (
    NAME,
    STANDARD,
    LogGroupSeen,
    check_class,
    check_filters,
    check_place,
    check_self,
    filter_name,
    log_group_of,
    usual_name,
)
from workbench.triggers.sources.source import Source
from workbench.triggers.step import Step
from workbench.triggers.steps.log_event import log_event_step
from workbench.triggers.steps.subscription_filter import delete_filter_step, members_of, put_filter_step
from workbench.triggers.values import check_values

PRINCIPAL = "logs.amazonaws.com"
_PATTERN, _TRANSFORMED = "filterPattern", "applyOnTransformedLogs"


_NO_PAUSE = (
    "CloudWatch Logs cannot pause a subscription filter. Remove it and add it again "
    "later; log events in between are not delivered."
)


class LogsSource(Source[LogGroupSeen]):
    """Subscription filters of a log group."""

    kind = SourceKind.LOGS
    title = "Amazon CloudWatch Logs"

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        pages = connection.paginate(
            "logs", "describe_log_groups", ctx=ctx, failure="Could not list the log groups."
        )
        for page in pages:
            for each in page.get("logGroups") or ():
                arn = str(each.get("arn") or each.get("logGroupArn") or "").removesuffix(":*")
                log_class = str(each.get("logGroupClass") or "")
                detail = "" if log_class in STANDARD else log_class
                yield Candidate(self.kind, arn, str(each["logGroupName"]), Place.of(arn), detail)

    def place(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> Place:
        place = super().place(connection, wiring, ctx)
        arn = Arn.parse(wiring.source_arn)
        if arn.service != "logs" or arn.resource_type != "log-group":
            raise WorkbenchError(
                f"“{wiring.source_arn}” cannot be a trigger.",
                "It is not a log group ARN.",
                "A log group ARN looks like "
                "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/orders",
            )
        return place

    def elsewhere(self, wiring: Wiring, place: Place) -> tuple[Finding, ...]:
        return tuple(check_place(wiring))

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        name, pattern = text_limit("FilterName", "logs"), text_limit("FilterPattern", "logs")
        return (
            Parameter(
                _PATTERN,
                "Filter pattern",
                Entry.TEXT,
                "",
                minimum=pattern.min_length,
                maximum=pattern.max_length,
                help='Only matching events invoke the function: ERROR, or { $.level = "ERROR" }. '
                "Empty: all events.",
            ),
            Parameter(
                NAME,
                "Filter name",
                Entry.TEXT,
                usual_name(wiring),
                minimum=name.min_length,
                maximum=name.max_length,
                pattern=name.pattern,
                create_only=True,
                advanced=True,
                help="The name of the subscription filter.",
            ),
            Parameter(
                _TRANSFORMED,
                "Apply on transformed logs",
                Entry.FLAG,
                False,
                advanced=True,
                help="Use the events as the log group's transformer outputs them, not the original events.",
            ),
        )

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> LogGroupSeen:
        group = log_group_of(wiring.source_arn)
        if wiring.is_new:
            return LogGroupSeen()
        filters = _filters(connection, group, ctx)
        return LogGroupSeen(tuple(members_of(each) for each in filters), _class(connection, group, ctx))

    def check(self, wiring: Wiring, seen: LogGroupSeen, function: FunctionSeen) -> tuple[Finding, ...]:
        return (
            *check_values(self.parameters(wiring), wiring.values),
            *check_place(wiring),
            *check_self(wiring),
            *check_filters(wiring, seen),
            *check_class(wiring, seen),
        )

    def grants(self, wiring: Wiring, seen: LogGroupSeen) -> tuple[WantedGrant, ...]:
        return (_wanted(wiring.source_arn),)

    def plan(self, wiring: Wiring, seen: LogGroupSeen, function: FunctionSeen) -> tuple[Step, ...]:
        return (self._put(wiring, filter_name(wiring)),)

    def update(self, trigger: Trigger, wiring: Wiring, seen: LogGroupSeen) -> tuple[Step, ...]:
        return (self._put(wiring, trigger.identity),)

    def _put(self, wiring: Wiring, name: str) -> Step:
        members: dict[str, Any] = {
            "filterName": name,
            "filterPattern": str(wiring.values.get(_PATTERN) or ""),
            "destinationArn": wiring.target_arn,
        }
        if wiring.values.get(_TRANSFORMED) is not None:
            members[_TRANSFORMED] = bool(wiring.values[_TRANSFORMED])
        place = Place.of(wiring.source_arn)
        return put_filter_step(log_group_of(wiring.source_arn), place.region, members)

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        if not trigger.identity or "destinationArn" not in trigger.values:
            return ()  # only a statement is left of it
        group, region = log_group_of(trigger.source_arn), Place.of(trigger.source_arn).region
        return (delete_filter_step(group, region, trigger.identity, str(trigger.values["destinationArn"])),)

    def find(
        self, connection: Connection, function: FunctionSeen, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        found: list[Trigger] = []
        for hint in dict.fromkeys(hints):
            ctx.check()
            arn, group = hint.removesuffix(":*"), log_group_of(hint)
            try:
                if problem := links.names_many(arn):
                    raise problem
                there = Place.of(arn).region
                asked = connection.in_region(there) if there != connection.region else connection
                filters = _filters(asked, group, ctx)
            except WorkbenchError as error:
                if error.aws_code != GONE:
                    grants = links.naming(function, "logs", hint)
                    found += links.unknown(self.kind, arn, group, grants, error)
                continue
            for each in filters:
                qualifier = links.qualifier_of(str(each.get("destinationArn", "")), function.arns[0])
                if qualifier is not None:
                    name = str(each["filterName"])
                    trigger = Trigger(self.kind, arn, group, qualifier, name, values=members_of(each))
                    found.append(links.linked_by_one(trigger, _known_as(arn), function))
        return tuple(found)

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent | None:
        if not trigger.identity:
            return None
        group = log_group_of(trigger.source_arn)
        message, is_sure = sample_line(str(trigger.values.get(_PATTERN) or ""), mark)
        doubt = (
            "" if is_sure else " The filter pattern might reject it: Workbench cannot evaluate the pattern."
        )
        step = log_event_step(group, Place.of(trigger.source_arn).region, mark, message)
        what = f"Writes a log event to a separate stream in {group} and deletes the stream afterwards.{doubt}"
        others = (
            f"All other subscription filters, metric filters and alarms of {group} receive the event too."
        )
        return TestEvent(what, (step,), mark, others)

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        name = function.detail.function_name
        return Explanation(
            ledgers.ASYNC,
            "None. Events arrive in batches, gzipped and Base64-encoded; each batch comes "
            "from one log stream.",
            ledgers.upstream_ledger(self.kind),
            ledgers.async_ledger(function),
            ledgers.async_failures(function.failure_arns),
            ledgers.BY_POLICY.format(principal=PRINCIPAL),
            (
                trigger.name,
                "subscription filter",
                "Lambda's queue",
                f"{name}:{trigger.qualifier}" if trigger.qualifier else name,
                *ledgers.failure_names(function.failure_arns),
            ),
            "The Sandbox neither retries nor sends failures on. It needs no permission and allows more than "
            "two filters.",
            _NO_PAUSE,
        )


def _wanted(source_arn: str) -> WantedGrant:
    return WantedGrant(PRINCIPAL, f"{source_arn.removesuffix(':*')}:*")


def _known_as(source_arn: str) -> tuple[WantedGrant, ...]:
    """By which names Logs may come: statements from before have the region in it, and still work."""
    now, place = _wanted(source_arn), Place.of(source_arn)
    suffix = "amazonaws.com.cn" if place.partition == "aws-cn" else "amazonaws.com"
    return (now, replace(now, principal=f"logs.{place.region}.{suffix}"))


def _filters(connection: Connection, log_group: str, ctx: JobContext) -> list[dict[str, Any]]:
    pages = connection.paginate(
        "logs",
        "describe_subscription_filters",
        ctx=ctx,
        failure=f"Could not read the subscription filters of {log_group}.",
        logGroupName=log_group,
    )
    return [each for page in pages for each in page.get("subscriptionFilters") or ()]


def _class(connection: Connection, log_group: str, ctx: JobContext) -> str:
    ctx.check()
    try:
        answer = connection.call(
            "logs",
            "describe_log_groups",
            failure=f"Could not read the log group {log_group}.",
            logGroupNamePrefix=log_group,
        )
    except WorkbenchError:
        return ""
    groups = answer.get("logGroups") or ()
    return next(
        (str(each.get("logGroupClass") or "") for each in groups if each["logGroupName"] == log_group), ""
    )
