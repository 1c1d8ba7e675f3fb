"""Amazon DynamoDB: the stream of a table."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws import quotas
from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.jobs import JobContext
from workbench.triggers.kinds import mapping as names
from workbench.triggers.kinds.mapping import (
    BATCH_DEFAULT,
    Existence,
    MappingSource,
    arn_in,
    check_stream,
    destination_actions,
    explain_stream,
    patterns_of,
    paused_note,
    target_of,
)
from workbench.triggers.kinds.observed_queue import readers_of
from workbench.triggers.model import (
    POLLS,
    Authority,
    Candidate,
    Explanation,
    Finding,
    Fix,
    FixKind,
    Location,
    Model,
    ObservedFunction,
    Rule,
    Severity,
    SourceKind,
    TestEvent,
    Trigger,
    TriggerSpec,
    Values,
    Verdict,
)
from workbench.triggers.parameter import Parameter, check_values
from workbench.triggers.step import Step
from workbench.triggers.steps.dynamodb import PUT_ITEM, TABLE_STREAM, asked_name, table_of
from workbench.triggers.steps.source_create import TABLE_CREATE

_BEST = "NEW_AND_OLD_IMAGES"
_READERS = 2
"""Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""
_HOLDS = {
    "KEYS_ONLY": "the keys of the changed item",
    "NEW_IMAGE": "the item after the change",
    "OLD_IMAGE": "the item before the change",
    _BEST: "the item before and after the change",
}
_IMAGES = {"KEYS_ONLY": (), "NEW_IMAGE": ("NewImage",), "OLD_IMAGE": ("OldImage",)}


def _check_table(
    source_arn: str, table_arn: str, stream_arn: str, view_type: str, values: Values, others: Collection[str]
) -> Iterator[Finding]:
    """Checks DDB-NOSTREAM, DDB-TABLEARN, DDB-STALE, DDB-READERS and DDB-VIEW.

    Args:
        source_arn: What is to become the source.
        table_arn: Of its table.
        stream_arn: Of the stream that is on; empty when it is off.
        view_type: Of that stream.
        values: Of the mapping.
        others: The other functions that the stream is polled for.
    """
    name = table_arn.rpartition("/")[2]
    if not stream_arn:
        yield Finding(
            "DDB-NOSTREAM",
            Severity.BLOCK,
            f"The stream of the table {name} is off.",
            "Lambda reads the changes of a table from its stream. Choose what its records contain.",
            tuple(_turn_on(table_arn, each) for each in _view_types()),
        )
        return
    if source_arn != stream_arn:
        yield _another_arn(source_arn, table_arn, stream_arn)
    if len(others) >= _READERS:
        yield Finding(
            "DDB-READERS",
            Severity.WARN,
            f"The stream of {name} also invokes {', '.join(sorted(others))}.",
            f"More than {_READERS} readers of one stream are throttled.",
        )
    yield from _view(name, view_type, values)


def _another_arn(source_arn: str, table_arn: str, stream_arn: str) -> Finding:
    name = table_arn.rpartition("/")[2]
    fixes = (
        Fix(
            FixKind.OTHER_SOURCE,
            "Use the current stream",
            source_kind=DynamoDbSource.kind,
            source_arn=stream_arn,
        ),
    )
    if source_arn == table_arn:
        return Finding(
            "DDB-TABLEARN",
            Severity.BLOCK,
            f"{source_arn} is the ARN of the table {name}, not of its stream.",
            "Lambda polls a stream, which has a separate ARN.",
            fixes,
        )
    return Finding(
        "DDB-STALE",
        Severity.BLOCK,
        f"The stream {source_arn.rpartition('/')[2]} of {name} is not the current one.",
        "A stream that was turned off receives no more records, and a stream that is turned on "
        "has a new ARN.",
        fixes,
    )


def _view(name: str, view_type: str, values: Values) -> Iterator[Finding]:
    there = _IMAGES.get(view_type)
    if there is None:
        return
    missing = [each for each in ("NewImage", "OldImage") if each not in there]
    filtered = [each for each in missing if any(f'"{each}"' in text for text in patterns_of(values))]
    if filtered:
        yield Finding(
            "DDB-VIEW",
            Severity.WARN,
            f"A filter uses {' and '.join(filtered)}, which the stream of {name} does not contain.",
            f"Its view type is {view_type}: records contain {_HOLDS[view_type]}.",
        )
    elif not there:
        yield Finding(
            "DDB-VIEW",
            Severity.WARN,
            f"The function receives {_HOLDS[view_type]} of {name}, and no other attributes.",
            f"The stream's view type is {view_type}. To change it, turn the stream off and on again.",
        )


def _view_types() -> tuple[str, ...]:
    """What AWS knows, the most telling first."""
    return tuple(sorted(quotas.known_values("StreamViewType", "dynamodb"), key=lambda each: each != _BEST))


def _turn_on(table_arn: str, view_type: str) -> Fix:
    name, region = table_arn.rpartition("/")[2], table_arn.split(":")[3]
    holds = f": records contain {_HOLDS[view_type]}" if view_type in _HOLDS else ""
    step = Step(
        TABLE_STREAM,
        f"Turn on the stream of {name} with {view_type}",
        "dynamodb:UpdateTable",
        region,
        {"table": table_arn, "view_type": view_type},
        "Turn off the stream",
    )
    return Fix(FixKind.STEPS, f"Turn on the stream with {view_type}{holds}", (step,))


_KEPT_S = 86_400
"""Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""


@dataclass(frozen=True, slots=True)
class ObservedTable:
    """A table.

    Attributes:
        arn: Its ARN.
        is_on: Whether its stream is on.
        view_type: What the stream's records hold ("NEW_IMAGE"); empty when it is off.
        stream_arn: LatestStreamArn: of the stream that is on, or of the last one; empty when there was none.
        readers: The functions that this stream is polled for, with their qualifiers.
    """

    arn: str
    is_on: bool
    view_type: str = ""
    stream_arn: str = ""
    readers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]


class DynamoDbSource(MappingSource[ObservedTable]):
    """Streams of tables, which Lambda polls."""

    kind = SourceKind("dynamodb")
    title, icon = "DynamoDB Streams", "database"
    description = "Changes to the items of a table, in order and in batches."
    rule = Rule(
        "table",
        "Amazon DynamoDB",
        Model.PULL,
        region=Verdict.BLOCK,
        account=Verdict.WARN,
        authority=Authority.EXECUTION_ROLE,
        because=POLLS,
    )
    arn_service, arn_resource = "dynamodb", "table/"
    sample_event = "dynamodb-streams.json"

    def existence(self, arn: Arn) -> Existence:
        """DescribeStream."""
        return Existence("dynamodbstreams", "describe_stream", {"StreamArn": str(arn), "Limit": 1})

    def never_matches(self, pattern: str) -> str:
        if '"numeric"' not in pattern:
            return ""
        return "In DynamoDB records, numbers are strings ({“N”: [“12”]}), which “numeric” does not compare."

    def removal_text(self) -> str:
        return f"{super().removal_text()} The table's stream stays on."

    def arns_of(self, source_arn: str) -> tuple[str, ...]:
        """The stream's, and the table's."""
        return (source_arn, table_of(source_arn))

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The tables of the region, each by its latest stream; by its own ARN when it had none."""
        streams = _streams(connection, ctx)
        for page in connection.paginate(
            "dynamodb", "list_tables", ctx=ctx, failure="Could not list the tables."
        ):
            for name in page.get("TableNames") or ():
                arn = streams.get(name) or arn_in(connection, "dynamodb", f"table/{name}")
                detail = "" if name in streams else "stream off"
                yield Candidate(self.kind, arn, name, Location.of(arn), detail)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """Those of streams; a moment to begin at is not among them."""
        known = quotas.known_values("EventSourcePosition")
        positions = tuple(each for each in known if each != names.AT_TIMESTAMP)
        return (
            names.position_parameter(positions),
            *names.batch_parameters(BATCH_DEFAULT),
            *names.stream_parameters(),
        )

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedTable:
        """Reads the table and who reads its stream. Raises as the base says."""
        ctx.check()
        arn = table_of(spec.source_arn)
        if spec.is_new:
            return ObservedTable(arn, True, "NEW_AND_OLD_IMAGES", spec.source_arn)
        answer = connection.call(
            "dynamodb",
            "describe_table",
            failure=f"Could not read the table {arn.rpartition('/')[2]}.",
            TableName=asked_name(connection, arn),
        )
        observed = _table_of(answer["Table"], arn)
        if not observed.is_on:
            return observed
        readers = readers_of(connection, observed.stream_arn, ctx)
        return ObservedTable(observed.arn, True, observed.view_type, observed.stream_arn, readers)

    def check(
        self, spec: TriggerSpec, observed: ObservedTable, function: ObservedFunction
    ) -> tuple[Finding, ...]:
        """The checks DDB-*, STR-POISON, the ranges, the filters."""
        return (
            *_check_table(
                spec.source_arn,
                observed.arn,
                observed.stream_arn if observed.is_on else "",
                observed.view_type,
                spec.values,
                set(observed.readers) - {target_of(spec)},
            ),
            *check_values(self.parameters(spec), spec.values),
            *check_stream(spec.values),
            *self.check_filters(spec.values),
        )

    def plan(
        self, spec: TriggerSpec, observed: ObservedTable, function: ObservedFunction
    ) -> tuple[Step, ...]:
        """The event source mapping; of a stream that is turned on before, its ARN is known only then."""
        if spec.is_new:
            return (self.create_step(spec, observed.arn, TABLE_CREATE),)
        if observed.is_on:
            return (self.create_step(spec, spec.source_arn),)
        return (self.create_step(spec, observed.arn, TABLE_STREAM),)

    def role_actions(self, spec: TriggerSpec, observed: ObservedTable) -> tuple[tuple[str, str], ...]:
        """Reading the stream, and reaching the on-failure destination."""
        is_known = observed.is_on and not spec.is_new
        stream = observed.stream_arn if is_known else f"{observed.arn}/stream/*"
        reading = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
        return (
            *((action, stream) for action in reading),
            ("dynamodb:ListStreams", "*"),
            *destination_actions(spec.values, names.ON_FAILURE),
        )

    def managed_policy(self) -> str:
        return "AWSLambdaDynamoDBExecutionRole"

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent:
        """Puts an item that holds only its key and the mark, and deletes it."""
        arn = table_of(trigger.source_arn)
        location = Arn.parse(arn)
        step = Step(
            PUT_ITEM,
            f"Put a test item into {trigger.name}",
            "dynamodb:PutItem",
            location.region,
            {"table": arn, "mark": mark},
            "Delete the test item",
        )
        warning = (
            "Every reader of the table's stream receives both changes, and every reader of the table "
            "can see the item."
        )
        return TestEvent(
            f"Puts an item with the key {mark} into {trigger.name}, and deletes it.",
            (step,),
            mark,
            f"{warning} {paused_note(trigger, 'record')}".strip(),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        """How a table runs a function."""
        return explain_stream(
            trigger,
            function,
            "Changes of one item are in order; different items are processed in parallel.",
            _KEPT_S,
        )


def _table_of(table: Mapping[str, Any], arn: str) -> ObservedTable:
    specification = table.get("StreamSpecification") or {}
    is_on = bool(specification.get("StreamEnabled"))
    return ObservedTable(
        arn,
        is_on,
        str(specification.get("StreamViewType") or "") if is_on else "",
        str(table.get("LatestStreamArn") or ""),
    )


def _streams(connection: Connection, ctx: JobContext) -> dict[str, str]:
    """The latest stream of each table that has one, or had one within the last day."""
    found: dict[str, str] = {}
    more: dict[str, Any] = {}
    while True:
        ctx.check()
        page = connection.call(
            "dynamodbstreams", "list_streams", failure="Could not list the streams of tables.", **more
        )
        for each in page.get("Streams") or ():
            name, arn = str(each["TableName"]), str(each["StreamArn"])
            found[name] = max(arn, found.get(name, ""))  # it ends with the moment it was turned on
        if not (last := page.get("LastEvaluatedStreamArn")):
            return found
        more = {"ExclusiveStartStreamArn": last}
