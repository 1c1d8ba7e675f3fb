"""What CloudTrail tells of a function's changes: who, what, when; also of those that nobody made from here.

Owns: LookupEvents. Slow, and asked only when a person wants it. Must not know: how its answer is merged.

Asked by the events' names: by the function's name CloudTrail would hand out every read of it too, thousands
of them. Events are there some five to fifteen minutes after the call, and for 90 days.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.model import parse_moment
from workbench.metrics.changes import Change, Kind, Source

EVENTS = {
    "UpdateFunctionCode20150331v2": Kind.CODE,
    "UpdateFunctionConfiguration20150331v2": Kind.CONFIGURATION,
    "PublishVersion20150331": Kind.VERSION,
    "UpdateAlias20150331": Kind.ALIAS,
}
"""Lambda's events by the names that CloudTrail gives them; one request may ask for one name.
Source: https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html"""

KEPT = timedelta(days=90)
PAUSE_S = 0.5
"""Two requests a second are allowed, for an account in a region."""
PAGE_SIZE = 50
MOST_PAGES = 20
"""Of one name. An account in which more is changed in the time is read from the newest, and cut."""


@dataclass(frozen=True, slots=True)
class Trail:
    """What was read.

    Attributes:
        changes: Oldest first.
        is_cut: Whether older ones were left out.
    """

    changes: tuple[Change, ...]
    is_cut: bool


def read_trail(
    connection: Connection,
    function_name: str,
    start: datetime,
    end: datetime,
    ctx: JobContext,
    *,
    pause_s: float = PAUSE_S,
) -> Trail:
    """Reads a function's changes between two moments, as far back as CloudTrail remembers.

    Args:
        connection: The account and region of the function: CloudTrail keeps Lambda's events there.
        function_name: The function.
        start: From when.
        end: Until when.
        ctx: The job; Cancel takes effect between pages.
        pause_s: Between two requests.

    Raises:
        WorkbenchError: CloudTrail may not be read, or is not there.
        Cancelled: While it was waiting.
    """
    found: list[Change] = []
    is_cut = False
    for number, name in enumerate(EVENTS):
        request: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}],
            "StartTime": max(start, end - KEPT),
            "EndTime": end,
            "MaxResults": PAGE_SIZE,
        }
        for page in range(MOST_PAGES):
            ctx.progress(number, len(EVENTS))
            if number or page:
                ctx.sleep(pause_s)
            answer = connection.call(
                "cloudtrail", "lookup_events", failure="Could not read CloudTrail.", **request
            )
            changes = (_change(each, EVENTS[name], function_name) for each in answer.get("Events", ()))
            found += filter(None, changes)
            if not answer.get("NextToken"):
                break
            request["NextToken"] = answer["NextToken"]
        else:
            is_cut = True
    return Trail(tuple(sorted(found, key=lambda change: change.when)), is_cut)


def function_name_of(text: str) -> str:
    """The name in what Lambda takes for one: a name, an ARN or a part of one, with or without a version."""
    _, found, rest = text.rpartition("function:")
    parts = (rest if found else text).split(":")
    return parts[1] if len(parts) > 1 and parts[0].isdecimal() and len(parts[0]) == 12 else parts[0]


def _change(event: Mapping[str, Any], kind: Kind, function_name: str) -> Change | None:
    """A change from CloudTrail's record of a call; None for another function, and for calls that failed."""
    try:
        record = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return None
    asked, told = _part(record, "requestParameters"), _part(record, "responseElements")
    name = asked.get("functionName") or told.get("functionName") or ""
    if record.get("errorCode") or function_name_of(str(name)) != function_name:
        return None
    when = parse_moment(str(record.get("eventTime", ""))) or event.get("EventTime")
    if when is None:
        return None
    version = str((told or asked).get("functionVersion" if kind is Kind.ALIAS else "version") or "")
    version = version if version.isdecimal() else ""
    kinds = {kind, Kind.VERSION} if version and kind is Kind.CODE else {kind}
    # The answer to a change of the configuration names the code too, which a deploy is about to replace.
    has_code = kind in (Kind.CODE, Kind.VERSION)
    memory_mb = told.get("memorySize")
    return Change(
        when,
        frozenset(kinds),
        (Source.TRAIL,),
        version=version,
        code_sha256=str(told.get("codeSha256") or "") if has_code else "",
        alias_name=str(asked.get("name") or told.get("name") or "") if kind is Kind.ALIAS else "",
        who=_who(record) or str(event.get("Username", "")),
        memory_mb=(0, memory_mb if isinstance(memory_mb, int) else 0),
    )


def _who(record: Mapping[str, Any]) -> str:
    """The ARN of who made the call; the name of a service of AWS that did."""
    identity = _part(record, "userIdentity")
    return str(identity.get("arn") or identity.get("userName") or identity.get("invokedBy") or "")


def _part(record: object, name: str) -> Mapping[str, Any]:
    part = record.get(name) if isinstance(record, dict) else None
    return part if isinstance(part, dict) else {}
