"""What CloudWatch Logs would refuse of a subscription filter, or never deliver. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import Place, SourceKind, Wiring

FILTER_LIMIT = 2
"""Subscription filters of a log group.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""
NAME = "filterName"
STANDARD = ("STANDARD", "")


@dataclass(frozen=True, slots=True)
class LogGroupSeen:
    """What was read of a log group.

    Attributes:
        filters: Its subscription filters, as PutSubscriptionFilter would take them.
        log_class: "STANDARD", "INFREQUENT_ACCESS" or whatever AWS adds; empty when it may not be read.
    """

    filters: tuple[Mapping[str, Any], ...] = ()
    log_class: str = ""


def log_group_of(arn: str) -> str:
    """The name in a log group's ARN."""
    return arn.split(":", 5)[-1].removeprefix("log-group:").removesuffix(":*")


def usual_name(wiring: Wiring) -> str:
    """The same for the same wish."""
    wish = f"{wiring.source_arn}|{wiring.target_arn}"
    return f"wb-logs-{hashlib.sha256(wish.encode()).hexdigest()[:10]}"


def filter_name(wiring: Wiring) -> str:
    """What the filter is to be called."""
    return str(wiring.values.get(NAME) or "") or usual_name(wiring)


def check_place(wiring: Wiring) -> Iterator[Finding]:
    """Checks LOG-REGION and LOG-ACCOUNT."""
    there, here = Place.of(wiring.source_arn), Place.of(wiring.function.function_arn)
    group, name = log_group_of(wiring.source_arn), wiring.function.function_name
    if there.partition != here.partition:
        return  # which says it all
    if there.region != here.region:
        what = f"The log group {group} is in {there.region}; {name} is in {here.region}."
        why = "A subscription filter can only invoke functions in its own region."
        yield Finding("LOG-REGION", Severity.BLOCK, what, why)
    if there.account_id != here.account_id:
        what = (
            f"The log group {group} belongs to account {there.account_id}; {name} belongs to "
            f"{here.account_id}."
        )
        why = (
            "A subscription filter can only invoke functions in its own account. Across accounts, a "
            "destination sends logs to a Kinesis stream, which can then be this function's source."
        )
        fix = Fix(FixKind.OTHER_SOURCE, "Use a stream as the source", source_kind=SourceKind.KINESIS)
        yield Finding("LOG-ACCOUNT", Severity.BLOCK, what, why, (fix,))


def check_self(wiring: Wiring) -> Iterator[Finding]:
    """Checks LOG-SELF."""
    group = log_group_of(wiring.source_arn)
    if group == wiring.function.log_group:
        what = f"{wiring.function.function_name} writes its own logs to {group}."
        why = "Each invocation would write logs that invoke the function again in an endless loop."
        yield Finding("LOG-SELF", Severity.BLOCK, what, why)


def check_filters(wiring: Wiring, seen: LogGroupSeen) -> Iterator[Finding]:
    """Checks LOG-LIMIT and LOG-EXISTS."""
    group = log_group_of(wiring.source_arn)
    edited = wiring.identity
    others = [each for each in seen.filters if each["filterName"] != edited]
    if not edited and any(each["filterName"] == filter_name(wiring) for each in others):
        what = f"The log group {group} already has a subscription filter {filter_name(wiring)}."
        why = (
            "A filter with the same name would replace it. Choose another name, or change the "
            "existing trigger."
        )
        fix = Fix(FixKind.OPEN_EXISTING, "Open the existing trigger", text=filter_name(wiring))
        yield Finding("LOG-EXISTS", Severity.BLOCK, what, why, (fix,))
    elif len(others) >= FILTER_LIMIT:
        names = " and ".join(f"{each['filterName']} (to {each['destinationArn']})" for each in others)
        what = f"The log group {group} has {len(others)} subscription filters: {names}."
        yield Finding(
            "LOG-LIMIT", Severity.BLOCK, what, f"AWS allows {FILTER_LIMIT}. Remove one of them first."
        )


def check_class(wiring: Wiring, seen: LogGroupSeen) -> Iterator[Finding]:
    """Checks LOG-CLASS."""
    if seen.log_class not in STANDARD:
        what = f"The log group {log_group_of(wiring.source_arn)} has the log class {seen.log_class}."
        why = "Only the Standard class supports all features of CloudWatch Logs; AWS might reject the filter."
        yield Finding("LOG-CLASS", Severity.WARN, what, why)
