"""A log event that is written to see what it sets off, in a stream of its own that is deleted again."""

from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.functions.asking import GONE
from workbench.triggers.step import Facts, Running, Step

LOG_EVENT = "log event"
_THERE = "ResourceAlreadyExistsException"


def log_event_step(log_group: str, region: str, stream: str, message: str) -> Step:
    """The step; undoing it deletes the stream."""
    return Step(
        LOG_EVENT,
        f"Write a log event to the stream {stream} of {log_group}",
        "logs:PutLogEvents",
        region,
        {"log_group": log_group, "stream": stream, "message": message},
        undo="Delete the stream",
    )


class LogEventStep:
    """CreateLogStream and PutLogEvents; DeleteLogStream."""

    def do(self, step: Step, running: Running) -> Facts:
        """Writes it. Raises WorkbenchError."""
        where = {"logGroupName": step.args["log_group"], "logStreamName": step.args["stream"]}
        facts = {"stream": step.args["stream"]}
        running.note(facts)
        call = running.connection.call
        try:
            call(
                "logs", "create_log_stream", failure="Could not create a stream for the test event.", **where
            )
        except WorkbenchError as error:
            if error.aws_code != _THERE:
                raise
        event = {"timestamp": int(SystemClock().now().timestamp() * 1000), "message": step.args["message"]}
        call("logs", "put_log_events", failure="Could not write a test event.", logEvents=[event], **where)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes the stream. Raises WorkbenchError."""
        if not facts.get("stream"):
            return
        where = {"logGroupName": step.args["log_group"], "logStreamName": step.args["stream"]}
        try:
            running.connection.call(
                "logs", "delete_log_stream", failure="Could not delete the test's stream.", **where
            )
        except WorkbenchError as error:
            if error.aws_code != GONE:
                raise
