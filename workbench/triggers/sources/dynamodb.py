"""Amazon DynamoDB as an event source: the stream of a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws import quotas
from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding
from workbench.triggers.model import Candidate, FunctionSeen, Place, SourceKind, TestEvent, Trigger, Wiring
from workbench.triggers.parameter import Parameter
from workbench.triggers.sources import mapping_parameters as names
from workbench.triggers.sources.filter_checks import check_filters
from workbench.triggers.sources.mapping_source import (
    MappingSource,
    arn_in,
    destination_actions,
    waiting_words,
)
from workbench.triggers.sources.queue_seen import readers_of
from workbench.triggers.sources.stream_checks import (
    BATCH_DEFAULT,
    check_stream,
    explain_stream,
    target_of,
)
from workbench.triggers.sources.table_checks import check_table
from workbench.triggers.step import Step
from workbench.triggers.steps.source_create import TABLE_CREATE
from workbench.triggers.steps.table_stream import PUT_ITEM, TABLE_STREAM
from workbench.triggers.tables import asked_name, table_of
from workbench.triggers.values import check_values

_KEPT_S = 86_400
"""Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""
_NOT_HERE = "AT_TIMESTAMP"
"""Source: StartingPosition in Lambda's service model: for other sources only."""


@dataclass(frozen=True, slots=True)
class TableSeen:
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


class DynamoDbSource(MappingSource[TableSeen]):
    """Streams of tables, which Lambda polls."""

    kind = SourceKind.DYNAMODB
    title = "Amazon DynamoDB"

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The tables of the region, each by its latest stream; by its own ARN when it had none."""
        streams = _streams(connection, ctx)
        for page in connection.paginate(
            "dynamodb", "list_tables", ctx=ctx, failure="Could not list the tables."
        ):
            for name in page.get("TableNames") or ():
                arn = streams.get(name) or arn_in(connection, "dynamodb", f"table/{name}")
                detail = "" if name in streams else "stream off"
                yield Candidate(self.kind, arn, name, Place.of(arn), detail)

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        """Those of streams; a moment to begin at is not among them."""
        positions = tuple(each for each in quotas.known_values("EventSourcePosition") if each != _NOT_HERE)
        return (
            names.position_parameter(positions),
            *names.batch_parameters(BATCH_DEFAULT),
            *names.stream_parameters(),
        )

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> TableSeen:
        """Reads the table and who reads its stream. Raises as the base says."""
        ctx.check()
        arn = table_of(wiring.source_arn)
        if wiring.is_new:
            return TableSeen(arn, True, "NEW_AND_OLD_IMAGES", wiring.source_arn)
        answer = connection.call(
            "dynamodb",
            "describe_table",
            failure=f"Could not read the table {arn.rpartition('/')[2]}.",
            TableName=asked_name(connection, arn),
        )
        seen = _table_of(answer["Table"], arn)
        if not seen.is_on:
            return seen
        readers = readers_of(connection, seen.stream_arn, ctx)
        return TableSeen(seen.arn, True, seen.view_type, seen.stream_arn, readers)

    def check(self, wiring: Wiring, seen: TableSeen, function: FunctionSeen) -> tuple[Finding, ...]:
        """The checks DDB-*, STR-POISON, the ranges, the filters."""
        return (
            *check_table(
                wiring.source_arn,
                seen.arn,
                seen.stream_arn if seen.is_on else "",
                seen.view_type,
                wiring.values,
                set(seen.readers) - {target_of(wiring)},
            ),
            *check_values(self.parameters(wiring), wiring.values),
            *check_stream(wiring.values),
            *check_filters(self.kind, wiring.values),
        )

    def plan(self, wiring: Wiring, seen: TableSeen, function: FunctionSeen) -> tuple[Step, ...]:
        """The event source mapping; of a stream that is turned on before, its ARN is known only then."""
        if wiring.is_new:
            return (self.create_step(wiring, seen.arn, TABLE_CREATE),)
        if seen.is_on:
            return (self.create_step(wiring, wiring.source_arn),)
        return (self.create_step(wiring, seen.arn, TABLE_STREAM),)

    def role_actions(self, wiring: Wiring, seen: TableSeen) -> tuple[tuple[str, str], ...]:
        """Reading the stream, and reaching the on-failure destination."""
        is_known = seen.is_on and not wiring.is_new
        stream = seen.stream_arn if is_known else f"{seen.arn}/stream/*"
        reading = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
        return (
            *((action, stream) for action in reading),
            ("dynamodb:ListStreams", "*"),
            *destination_actions(wiring.values, names.ON_FAILURE),
        )

    def managed_policy(self) -> str:
        return "AWSLambdaDynamoDBExecutionRole"

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent:
        """Puts an item that holds only its key and the mark, and deletes it."""
        arn = table_of(trigger.source_arn)
        place = Arn.parse(arn)
        step = Step(
            PUT_ITEM,
            f"Put a test item into {trigger.name}",
            "dynamodb:PutItem",
            place.region,
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
            f"{warning} {waiting_words(trigger, 'record')}".strip(),
        )

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        """How a table runs a function."""
        return explain_stream(
            trigger,
            function,
            "Changes of one item are in order; different items are processed in parallel.",
            _KEPT_S,
            "The Sandbox does not support batch windows or concurrent batches.",
        )


def _table_of(table: Mapping[str, Any], arn: str) -> TableSeen:
    specification = table.get("StreamSpecification") or {}
    is_on = bool(specification.get("StreamEnabled"))
    return TableSeen(
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
