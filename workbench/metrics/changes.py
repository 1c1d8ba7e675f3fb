"""The changes of a function over time: merged from all sources, and those that CloudTrail recorded.

CloudTrail's LookupEvents is slow, so only the user starts it. It is called with the events' names: by the
function's name it would also return thousands of reads of the function. Events appear five to fifteen minutes
after the call and are stored for 90 days.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import LATEST
from workbench.aws.retry import paced
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.model import parse_moment
from workbench.functions.versions import Version

TOLERANCE = timedelta(minutes=2)
"""The longest time between two records of one change: its calls follow each other, and clocks differ."""

_LONGEST = timedelta(days=1)  # of a deploy
_LOOK_BACK = 8  # records of one source that may belong to one change


class RecordSource(Enum):
    """The source of a change."""

    HISTORY = "history"
    VERSION = "version"
    CLOUDTRAIL = "cloudtrail"


class ChangeKind(Enum):
    """The kind of a change."""

    CODE = "code"
    CONFIGURATION = "configuration"
    VERSION = "version"
    ALIAS = "alias"


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """A change of a function.

    Attributes:
        when: Start, UTC.
        kinds: What was changed; empty if unknown.
        sources: Where it is known from, most detailed first.
        until: End; None if it took no time.
        version: The version that was published, or to which an alias was moved; otherwise empty.
        code_sha256: CodeSha256 of the code; empty if unknown.
        alias_name: The alias that was moved; otherwise empty.
        who: An ARN, or another name; empty if unknown.
        taken_back: Whether a deploy undid all its changes.
        memory_mb: The function's memory before and after; 0 if unknown.
    """

    when: datetime
    kinds: frozenset[ChangeKind]
    sources: tuple[RecordSource, ...]
    until: datetime | None = None
    version: str = ""
    code_sha256: str = ""
    alias_name: str = ""
    who: str = ""
    description: str = ""
    taken_back: bool = False
    memory_mb: tuple[int, int] = (0, 0)

    @property
    def end(self) -> datetime:
        return self.until or self.when


def merged(*sources: Iterable[FunctionChange]) -> tuple[FunctionChange, ...]:
    """All changes, oldest first, without duplicates.

    Args:
        sources: Lists of changes, most detailed first. Several records of one list may be one change:
            CloudTrail has one for each call of a deploy.
    """
    found: list[FunctionChange] = []
    for source in sources:
        known = sorted(found, key=_when)
        fresh: list[FunctionChange] = []
        times = [each.when for each in known]
        published = {
            each.version: index for index, each in enumerate(known) if ChangeKind.VERSION in each.kinds
        }
        for change in sorted(source, key=_when):
            first = bisect_left(times, change.when - _LONGEST)
            last = bisect_right(times, change.when + TOLERANCE)
            indices = [*range(last - 1, first - 1, -1)]
            if change.version in published:
                indices.insert(0, published[change.version])
            if not _put(change, known, indices):
                recent = range(len(fresh) - 1, max(-1, len(fresh) - 1 - _LOOK_BACK), -1)
                if not _put(change, fresh, recent):
                    fresh.append(change)
        found = known + fresh
    return tuple(sorted(found, key=_when))


def is_same(known: FunctionChange, other: FunctionChange) -> bool:
    """Whether two records are of one change: they agree, and are close in time or name the same version."""
    named = (
        (known.version, other.version),
        (known.code_sha256, other.code_sha256),
        (known.alias_name, other.alias_name),
        (known.who, other.who),
    )
    if any(mine and theirs and mine != theirs for mine, theirs in named):
        return False
    if known.version and known.version == other.version and ChangeKind.VERSION in known.kinds & other.kinds:
        return True
    return known.when - TOLERANCE <= other.when <= known.end + TOLERANCE


def version_changes(versions: Iterable[Version], our_sha256: str = "") -> tuple[FunctionChange, ...]:
    """The changes in a function's list of versions: their publication, and the last change of $LATEST.

    Args:
        our_sha256: CodeSha256 of the newest code in our history; empty for none. If $LATEST has the same, its
            configuration was changed since; otherwise at least its code.
    """
    found = []
    for each in versions:
        if each.last_modified is None:
            continue
        if each.version != LATEST:
            kinds, version = frozenset({ChangeKind.VERSION}), each.version
        else:
            kinds, version = frozenset[ChangeKind](), ""
            if our_sha256:
                is_ours = each.code_sha256 == our_sha256
                kinds = frozenset({ChangeKind.CONFIGURATION if is_ours else ChangeKind.CODE})
        description = each.description if version else ""
        found.append(
            FunctionChange(
                each.last_modified,
                kinds,
                (RecordSource.VERSION,),
                version=version,
                code_sha256=each.code_sha256,
                description=description,
            )
        )
    return tuple(found)


def within(changes: Sequence[FunctionChange], start: datetime, end: datetime) -> tuple[FunctionChange, ...]:
    """The changes that began in a time range."""
    return tuple(each for each in changes if start <= each.when <= end)


def _put(change: FunctionChange, into: list[FunctionChange], indices: Iterable[int]) -> bool:
    """Merges a record into the first change that it belongs to."""
    for index in indices:
        if is_same(into[index], change):
            into[index] = _joined(into[index], change)
            return True
    return False


def _joined(known: FunctionChange, other: FunctionChange) -> FunctionChange:
    when, end = known.when, known.end
    if RecordSource.HISTORY not in known.sources:
        if abs(other.when - known.when) > _LONGEST:
            # A version in the list may have the time of its code: it was published later.
            when = end = max(known.when, other.when)
        else:
            when, end = min(known.when, other.when), max(known.end, other.end)
    before, after = known.memory_mb
    return replace(
        known,
        when=when,
        kinds=known.kinds | other.kinds,
        sources=tuple(dict.fromkeys((*known.sources, *other.sources))),
        until=end if end > when else None,
        version=known.version or other.version,
        code_sha256=known.code_sha256 or other.code_sha256,
        alias_name=known.alias_name or other.alias_name,
        who=known.who or other.who,
        description=known.description or other.description,
        memory_mb=(before or other.memory_mb[0], after or other.memory_mb[1]),
    )


def _when(change: FunctionChange) -> datetime:
    return change.when


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
    """The changes that were found."""

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
