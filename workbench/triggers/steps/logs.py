"""Subscription filters of a log group: put, deleted, and put back as they were."""

from collections.abc import Mapping
from typing import Any

from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.functions.detail import GONE
from workbench.triggers.step import Running, Step, StepRun
from workbench.triggers.steps.retries import Refusal, retry_on

PUT_FILTER, DELETE_FILTER = "subscription filter", "subscription filter delete"
MEMBERS = (
    "filterName",
    "filterPattern",
    "destinationArn",
    "roleArn",
    "distribution",
    "applyOnTransformedLogs",
    "fieldSelectionCriteria",
    "emitSystemFields",
)
"""What PutSubscriptionFilter takes of what DescribeSubscriptionFilters answers."""
_NOT_YET: tuple[Refusal, ...] = (
    ("InvalidParameterException", "Could not execute the lambda function"),
    ("OperationAbortedException", ""),
)
"""A grant that has not propagated to Logs, and another change in progress."""


def put_filter_step(log_group: str, region: str, members: Mapping[str, Any]) -> Step:
    """Puts a filter; one of the same name keeps the members that are not named."""
    return Step(
        PUT_FILTER,
        f"Add the subscription filter {members['filterName']} to the log group {log_group}",
        "logs:PutSubscriptionFilter",
        region,
        {"log_group": log_group, "members": dict(members)},
        undo="Delete it or restore the previous filter",
    )


def delete_filter_step(log_group: str, region: str, filter_name: str, destination_arn: str) -> Step:
    """Deletes a filter, if it still calls what it called."""
    return Step(
        DELETE_FILTER,
        f"Delete the subscription filter {filter_name} of the log group {log_group}",
        "logs:DeleteSubscriptionFilter",
        region,
        {"log_group": log_group, "members": {"filterName": filter_name, "destinationArn": destination_arn}},
        undo="Restore it",
    )


class PutFilterStep:
    """PutSubscriptionFilter, which replaces a filter of the same name."""

    def do(self, step: Step, running: Running) -> Facts:
        """Puts it, unless it is there."""
        wanted: Any = step.args["members"]
        there = _read_filter(step, running)
        if there is not None and there == there | wanted:
            return {}
        running.note({"before": there})
        _put(step, (there or {}) | wanted, running)
        return {"before": there}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Undoes it if it is still as this run put it."""
        if "before" not in facts:
            return  # nothing was sent
        before: Any = facts["before"]
        there = _read_filter(step, running)
        if there is None or there != there | step.args["members"]:
            return
        if before is None:
            _delete(step, running)
        elif before != there:
            _put(step, before, running)


class DeleteFilterStep:
    """DeleteSubscriptionFilter."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes it; no error if it does not exist."""
        there = _read_filter(step, running)
        if there is None:
            return {}
        if there["destinationArn"] != step.args["members"]["destinationArn"]:
            raise WorkbenchError(
                f"The subscription filter {there['filterName']} was not deleted.",
                f"It now calls {there['destinationArn']}.",
                "Refresh the list of triggers.",
            )
        running.note({"before": there})
        _delete(step, running)
        return {"before": there}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Puts it back, unless there is one of its name."""
        before: Any = facts.get("before")
        if before is not None and _read_filter(step, running) is None:
            _put(step, before, running)


def _read_filter(step: Step, running: Running) -> dict[str, Any] | None:
    """The filter of this name, as PutSubscriptionFilter would take it."""
    name = step.args["members"]["filterName"]
    pages = running.connection.paginate(
        "logs",
        "describe_subscription_filters",
        ctx=running.ctx,
        failure=f"Could not read the subscription filters of {step.args['log_group']}.",
        logGroupName=step.args["log_group"],
        filterNamePrefix=name,
    )
    for page in pages:
        for each in page.get("subscriptionFilters") or ():
            if each.get("filterName") == name:
                return members_of(each)
    return None


def members_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What of an answered filter can be sent again."""
    return {name: answer[name] for name in MEMBERS if answer.get(name) not in (None, "", [])} | {
        "filterPattern": answer.get("filterPattern", "")
    }


def _put(step: Step, members: Mapping[str, Any], running: Running) -> None:
    sent = dict(members)
    if ":lambda:" in sent.get("destinationArn", ""):
        sent.pop("distribution", None)  # AWS answers it for functions too, and takes it for Kinesis only
    retry_on(
        lambda: running.connection.call(
            "logs",
            "put_subscription_filter",
            failure=f"Could not add a subscription filter to {step.args['log_group']}.",
            logGroupName=step.args["log_group"],
            **sent,
        ),
        running,
        _NOT_YET,
    )


def _delete(step: Step, running: Running) -> None:
    try:
        running.connection.call(
            "logs",
            "delete_subscription_filter",
            failure=f"Could not delete a subscription filter of {step.args['log_group']}.",
            logGroupName=step.args["log_group"],
            filterName=step.args["members"]["filterName"],
        )
    except WorkbenchError as error:
        if error.aws_code != GONE:
            raise


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
        """Writes it."""
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
        """Deletes the stream."""
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


RUNS: Mapping[str, StepRun] = {
    PUT_FILTER: PutFilterStep(),
    DELETE_FILTER: DeleteFilterStep(),
    LOG_EVENT: LogEventStep(),
}
