"""Registers and deregisters consumers of a stream (enhanced fan-out), and puts a test record into one."""

from collections.abc import Mapping
from typing import Any

from workbench.aws.retry import poll
from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.functions.detail import GONE, find
from workbench.triggers.step import Running, Step, StepRun
from workbench.triggers.steps.retries import CREATION, retry_on

STREAM_CONSUMER, CONSUMER_DELETE, PUT_RECORD = "stream consumer", "stream consumer delete", "put record"
_BUSY = (("ResourceInUseException", ""), ("LimitExceededException", ""))
"""Five consumers may be in the making at once. Source: RegisterStreamConsumer in Kinesis' service model."""


class StreamConsumerStep:
    """RegisterStreamConsumer, and waiting until it is ACTIVE."""

    def do(self, step: Step, running: Running) -> Facts:
        """Registers it, unless the stream has one of the name."""
        stream_arn, name = step.args["stream_arn"], step.args["consumer_name"]
        found = _described(stream_arn, name, running)
        running.note({"was_there": bool(found)})
        if not found:
            retry_on(
                lambda: running.connection.call(
                    "kinesis",
                    "register_stream_consumer",
                    failure=f"Could not register the consumer {name}.",
                    StreamARN=stream_arn,
                    ConsumerName=name,
                ),
                running,
                _BUSY,
            )
        return {"arn": _active(stream_arn, name, running)}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deregisters the one that this run registered, unless others read with it."""
        if facts.get("was_there") is False:
            _deregister(step.args["stream_arn"], step.args["consumer_name"], running)


class ConsumerDeleteStep:
    """DeregisterStreamConsumer. It is not undone: a new consumer has another ARN."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deregisters it, unless others read with it; no error if it does not exist."""
        try:
            _deregister(step.args["stream_arn"], step.args["consumer_name"], running)
        except WorkbenchError as error:
            if error.aws_code != _SHARED:
                raise
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Does nothing."""


class PutRecordStep:
    """PutRecord. Records cannot be taken out of a stream: it goes when it expires."""

    def do(self, step: Step, running: Running) -> Facts:
        """Puts it."""
        answer = running.connection.call(
            "kinesis",
            "put_record",
            failure="Could not put a test record.",
            StreamARN=step.args["stream_arn"],
            PartitionKey=step.args["partition_key"],
            Data=step.args["data"].encode(),
        )
        return {"sequence_number": str(answer.get("SequenceNumber", ""))}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Does nothing."""


_SHARED = "Workbench.ConsumerInUse"


def _described(stream_arn: str, name: str, running: Running) -> dict[str, Any]:
    """The consumer; empty when the stream has none of the name."""
    answer = find(
        running.connection,
        "describe_stream_consumer",
        f"Could not find the consumer {name}.",
        service="kinesis",
        StreamARN=stream_arn,
        ConsumerName=name,
    )
    found: dict[str, Any] = answer.get("ConsumerDescription") or {}
    return found


def _active(stream_arn: str, name: str, running: Running) -> str:
    """The consumer's ARN, once it is ACTIVE."""
    found = poll(
        lambda: _described(stream_arn, name, running),
        lambda found: found.get("ConsumerStatus") == "ACTIVE",
        running.ctx,
        CREATION,
        lambda found: running.ctx.progress(0, 0, f"Consumer {name}: {_status(found)}"),
    )
    if (status := _status(found)) == "ACTIVE":
        return str(found["ConsumerARN"])
    raise WorkbenchError(
        f"The consumer {name} is still {status}.",
        "Kinesis has been working on it for five minutes.",
        "Check again later.",
        f"ConsumerStatus={status}",
    )


def _deregister(stream_arn: str, name: str, running: Running) -> None:
    found = _described(stream_arn, name, running)
    if not found or found.get("ConsumerStatus") == "DELETING":
        return
    arn = found["ConsumerARN"]
    pages = running.connection.paginate(
        "lambda",
        "list_event_source_mappings",
        ctx=running.ctx,
        failure="Could not list the event source mappings that use the consumer.",
        EventSourceArn=arn,
    )
    if any(page.get("EventSourceMappings") for page in pages):
        raise WorkbenchError(
            f"The consumer {name} remains registered.",
            "An event source mapping uses it.",
            "Remove that trigger first.",
            _SHARED,
        )
    try:
        retry_on(
            lambda: running.connection.call(
                "kinesis",
                "deregister_stream_consumer",
                failure=f"Could not deregister the consumer {name}.",
                ConsumerARN=arn,
            ),
            running,
            _BUSY,
        )
    except WorkbenchError as error:
        if error.aws_code != GONE:
            raise
        return
    poll(lambda: _described(stream_arn, name, running), lambda found: not found, running.ctx, CREATION)


def _status(consumer: Mapping[str, Any]) -> str:
    return str(consumer.get("ConsumerStatus") or "not found")


RUNS: Mapping[str, StepRun] = {
    STREAM_CONSUMER: StreamConsumerStep(),
    CONSUMER_DELETE: ConsumerDeleteStep(),
    PUT_RECORD: PutRecordStep(),
}
