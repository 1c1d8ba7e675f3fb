"""The changes of a function that CloudTrail recorded: who changed what and when, from any program.

LookupEvents is slow, so only the user starts it. It is called with the events' names: by the function's name
it would also return thousands of reads of the function. Events appear five to fifteen minutes after the call
and are stored for 90 days.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import paced
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.model import parse_moment
from workbench.metrics.changes import ChangeKind, FunctionChange, RecordSource

EVENTS = {
    "UpdateFunctionCode20150331v2": ChangeKind.CODE,
    "UpdateFunctionConfiguration20150331v2": ChangeKind.CONFIGURATION,
    "PublishVersion20150331": ChangeKind.VERSION,
    "UpdateAlias20150331": ChangeKind.ALIAS,
}
"""Lambda's events by CloudTrail's names; a request takes one name.
Source: https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html"""

RETENTION = timedelta(days=90)
PAUSE_S = 0.5
"""Pause between requests: two a second are allowed for an account in a region."""
PAGE_SIZE = 50
MAX_PAGES = 20
"""Maximum of pages per name, newest first."""


@dataclass(frozen=True, slots=True)
class RecordedChanges:
    """The changes that were found.

    Attributes:
        changes: Oldest first.
        is_cut: Whether older ones were left out.
    """

    changes: tuple[FunctionChange, ...]
    is_cut: bool


def read_events(
    connection: Connection,
    function_name: str,
    start: datetime,
    end: datetime,
    ctx: JobContext,
    *,
    pause_s: float = PAUSE_S,
) -> RecordedChanges:
    """Reads a function's changes in a time range, as far back as CloudTrail stores events.

    Args:
        pause_s: Pause between two requests.

    Raises:
        WorkbenchError: Access to CloudTrail is denied, or the endpoint has none.
    """
    found: list[FunctionChange] = []
    is_cut = False
    requests = paced(ctx, pause_s)
    for number, name in enumerate(EVENTS):
        request: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}],
            "StartTime": max(start, end - RETENTION),
            "EndTime": end,
            "MaxResults": PAGE_SIZE,
        }
        for __ in range(MAX_PAGES):
            ctx.progress(number, len(EVENTS))
            next(requests)
            answer = connection.call(
                "cloudtrail", "lookup_events", failure=_("Could not read CloudTrail."), **request
            )
            changes = (_change(each, EVENTS[name], function_name) for each in answer.get("Events", ()))
            found += filter(None, changes)
            if not answer.get("NextToken"):
                break
            request["NextToken"] = answer["NextToken"]
        else:
            is_cut = True
    return RecordedChanges(tuple(sorted(found, key=lambda change: change.when)), is_cut)


def function_name_of(text: str) -> str:
    """The function's name in a name, an ARN or a partial ARN, with or without version."""
    __, found, rest = text.rpartition("function:")
    parts = (rest if found else text).split(":")
    return parts[1] if len(parts) > 1 and parts[0].isdecimal() and len(parts[0]) == 12 else parts[0]


def _change(event: Mapping[str, Any], kind: ChangeKind, function_name: str) -> FunctionChange | None:
    """A change from CloudTrail's record of a call; None for another function, and for failed calls."""
    try:
        record = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return None
    request, response = _part(record, "requestParameters"), _part(record, "responseElements")
    name = request.get("functionName") or response.get("functionName") or ""
    if record.get("errorCode") or function_name_of(str(name)) != function_name:
        return None
    when = parse_moment(str(record.get("eventTime", ""))) or event.get("EventTime")
    if when is None:
        return None
    version = str(
        (response or request).get("functionVersion" if kind is ChangeKind.ALIAS else "version") or ""
    )
    version = version if version.isdecimal() else ""
    kinds = {kind, ChangeKind.VERSION} if version and kind is ChangeKind.CODE else {kind}
    # The answer to a change of the configuration also contains the code, which a deploy is about to replace.
    has_code = kind in (ChangeKind.CODE, ChangeKind.VERSION)
    memory_mb = response.get("memorySize")
    return FunctionChange(
        when,
        frozenset(kinds),
        (RecordSource.CLOUDTRAIL,),
        version=version,
        code_sha256=str(response.get("codeSha256") or "") if has_code else "",
        alias_name=str(request.get("name") or response.get("name") or "") if kind is ChangeKind.ALIAS else "",
        who=_who(record) or str(event.get("Username", "")),
        memory_mb=(0, memory_mb if isinstance(memory_mb, int) else 0),
    )


def _who(record: Mapping[str, Any]) -> str:
    """The ARN of the caller; the name of a service of AWS if that made the call."""
    identity = _part(record, "userIdentity")
    return str(identity.get("arn") or identity.get("userName") or identity.get("invokedBy") or "")


def _part(record: object, name: str) -> Mapping[str, Any]:
    part = record.get(name) if isinstance(record, dict) else None
    return part if isinstance(part, dict) else {}
