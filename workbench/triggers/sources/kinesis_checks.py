"""What is known of a Kinesis stream, and the checks before it runs a function. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.ledgers import duration
from workbench.triggers.model import Values
from workbench.triggers.sources import mapping_parameters as names
from workbench.triggers.sources.keys import customer_key_arn
from workbench.triggers.sources.mapping_source import number_of

_READABLE = ("ACTIVE", "UPDATING")
CONSUMERS, CONSUMERS_MOST = 20, 50
"""Of a provisioned stream or one on demand, and of one on demand of an account with "advantage".
Source: RegisterStreamConsumer in Kinesis' service model."""


@dataclass(frozen=True, slots=True)
class StreamSeen:
    """A stream.

    Attributes:
        arn: Its ARN.
        status: StreamStatus.
        retention_h: How long it keeps records.
        now: When it was read, UTC.
        consumer_name: Of the consumer that is to read it; empty for shared throughput.
        consumer_arn: Of that consumer; empty when it is to be registered.
        consumer_status: ConsumerStatus of that consumer.
        consumers: How many it has.
        mode: "PROVISIONED", "ON_DEMAND" or whatever AWS adds.
        key_id: Of the KMS key: an ARN, an id, an alias; empty when it is not encrypted.
        readers: The functions that it is polled for, with their qualifiers.
    """

    arn: str
    status: str
    retention_h: int
    now: datetime
    consumer_name: str = ""
    consumer_arn: str = ""
    consumer_status: str = ""
    consumers: int = 0
    mode: str = ""
    key_id: str = ""
    readers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def key_arn(self) -> str:
        return customer_key_arn(self.key_id, self.arn)


def check_kinesis(seen: StreamSeen, values: Values, *, is_new: bool) -> Iterator[Finding]:
    """Checks KIN-STATUS, KIN-CONSUMER-LIMIT, KIN-TIMESTAMP, KIN-LATEST and KIN-AGE.

    Args:
        seen: The stream.
        values: Of the mapping.
        is_new: Whether the trigger is made: where it begins to read cannot be changed later.
    """
    yield from _status(seen)
    if seen.consumer_name and not seen.consumer_arn:
        yield from _limit(seen)
    if is_new:
        yield from _position(seen, values)
    age_s = number_of(values, names.AGE, -1)
    if age_s > seen.retention_h * 3600 > 0:
        yield Finding(
            "KIN-AGE",
            Severity.WARN,
            f"The maximum age of record, {duration(age_s)}, is longer than the retention period "
            f"of {seen.name}.",
            f"Records still expire after {seen.retention_h:,} h.",
        )


def _status(seen: StreamSeen) -> Iterator[Finding]:
    if seen.status not in _READABLE:
        yield Finding(
            "KIN-STATUS",
            Severity.BLOCK,
            f"The stream {seen.name} is {seen.status}.",
            "Lambda can only read a stream that is ACTIVE.",
        )
    if seen.consumer_arn and seen.consumer_status != "ACTIVE":
        yield Finding(
            "KIN-STATUS",
            Severity.BLOCK,
            f"The consumer {seen.consumer_name} of {seen.name} is {seen.consumer_status}.",
            "Lambda can only read through a consumer that is ACTIVE.",
        )


def _limit(seen: StreamSeen) -> Iterator[Finding]:
    if seen.consumers < CONSUMERS:
        return
    may_have_more = seen.mode != "PROVISIONED" and seen.consumers < CONSUMERS_MOST
    yield Finding(
        "KIN-CONSUMER-LIMIT",
        Severity.WARN if may_have_more else Severity.BLOCK,
        f"The stream {seen.name} has {seen.consumers} consumers.",
        f"AWS allows {CONSUMERS}, or {CONSUMERS_MOST} for streams in an account with On-demand Advantage.",
        (
            Fix(
                FixKind.EDIT,
                "Use shared throughput, without a consumer",
                values={names.CONSUMER_NAME: None},
            ),
        ),
    )


def _position(seen: StreamSeen, values: Values) -> Iterator[Finding]:
    position, moment = values.get(names.POSITION), values.get(names.TIMESTAMP)
    if position == "LATEST":
        yield Finding(
            "KIN-LATEST",
            Severity.WARN,
            f"Records that are written to {seen.name} while the trigger starts might be missed.",
            "Lambda can take several minutes to begin to poll, and LATEST reads from that time on.",
            (
                Fix(
                    FixKind.EDIT,
                    "Read all records that are still in the stream",
                    values={names.POSITION: "TRIM_HORIZON"},
                ),
            ),
        )
    if position != "AT_TIMESTAMP":
        return
    if not isinstance(moment, datetime):
        what = "The starting position AT_TIMESTAMP needs a time."
        yield Finding("KIN-TIMESTAMP", Severity.BLOCK, what, "Set the starting position timestamp.")
    elif moment.tzinfo is not None and moment > seen.now:
        yield Finding(
            "KIN-TIMESTAMP",
            Severity.BLOCK,
            f"The starting position timestamp {moment:%Y-%m-%d %H:%M:%S %Z} is in the future.",
            "AWS only accepts a time in the past.",
        )
