"""Turns the stream of a table on, and puts a test item into the table."""

from collections.abc import Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.aws.retry import poll
from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.functions.detail import GONE
from workbench.triggers.step import CREATION, Running, Step, StepRun, retry_on


def table_of(arn: str) -> str:
    """The ARN of the table that an ARN of a table or of its stream names."""
    return arn.partition("/stream/")[0]


def asked_name(connection: Connection, table_arn: str) -> str:
    """How DynamoDB is asked for a table: by its name, or, of another account, by its ARN."""
    own = Arn.parse(table_arn).account_id == connection.account_id
    return table_arn.rpartition("/")[2] if own else table_arn


TABLE_STREAM, PUT_ITEM = "table stream", "put item"
MARK = "workbench-test"
"""The attribute by which an item is known to be a test's."""
_IN_USE = (("ResourceInUseException", ""), ("LimitExceededException", ""))
_FAILED = "ConditionalCheckFailedException"


class TableStreamStep:
    """UpdateTable with a StreamSpecification, and waiting until the stream is there."""

    def do(self, step: Step, running: Running) -> Facts:
        """Turns it on. Raises WorkbenchError, also when it is on with another view type; Cancelled."""
        name, view_type = asked_name(running.connection, step.args["table"]), step.args["view_type"]
        table = _described(name, running)
        running.note({"was_on": _is_on(table), "before": str(table.get("LatestStreamArn") or "")})
        if not _is_on(table):
            _switch(name, {"StreamEnabled": True, "StreamViewType": view_type}, running)
            table = settled(name, running)
        on_with = (table.get("StreamSpecification") or {}).get("StreamViewType")
        if on_with != view_type:
            raise WorkbenchError(
                f"The stream of {_bare(name)} is on with {on_with}, not with {view_type}.",
                "It was turned on in the meantime. A view type cannot be changed while the "
                "stream might have other readers.",
                "Read the table again, and use its current stream.",
            )
        return {"arn": str(table["LatestStreamArn"])}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Turns off the stream that this run turned on, unless others read it."""
        if facts.get("was_on") is not False:
            return
        try:
            table = settled(asked_name(running.connection, step.args["table"]), running)
        except WorkbenchError as error:
            if error.aws_code == GONE:
                return
            raise
        stream_arn = str(table.get("LatestStreamArn") or "")
        if not _is_on(table) or stream_arn == facts.get("before"):
            return
        pages = running.connection.paginate(
            "lambda",
            "list_event_source_mappings",
            ctx=running.ctx,
            failure="Could not list the readers of the stream.",
            EventSourceArn=stream_arn,
        )
        if any(page.get("EventSourceMappings") for page in pages):
            raise WorkbenchError(
                f"The stream of {_bare(step.args['table'])} stays on.",
                "Another function now reads it.",
                "Turn it off in the table's settings when it is no longer needed.",
            )
        _switch(asked_name(running.connection, step.args["table"]), {"StreamEnabled": False}, running)
        settled(asked_name(running.connection, step.args["table"]), running)


class PutItemStep:
    """PutItem of an item that holds only its key and the mark; undone by DeleteItem."""

    def do(self, step: Step, running: Running) -> Facts:
        """Puts it, and over no other."""
        name, mark = asked_name(running.connection, step.args["table"]), step.args["mark"]
        table = _described(name, running)
        key = _key(table, mark)
        running.note({"key": key})
        hash_key = table["KeySchema"][0]["AttributeName"]
        try:
            running.connection.call(
                "dynamodb",
                "put_item",
                failure=f"Could not put a test item into {_bare(name)}.",
                TableName=name,
                Item={**_sent(key), MARK: {"S": mark}},
                ConditionExpression="attribute_not_exists(#key) OR #mark = :mark",
                ExpressionAttributeNames={"#key": hash_key, "#mark": MARK},
                ExpressionAttributeValues={":mark": {"S": mark}},
            )
        except WorkbenchError as error:
            if error.aws_code == _FAILED:
                error.remedy = "Send the test event again. It will use another key."
            raise
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it, if it still bears the mark."""
        key = facts.get("key")
        if not isinstance(key, dict):
            return
        try:
            running.connection.call(
                "dynamodb",
                "delete_item",
                failure=f"Could not delete the test item from {_bare(step.args['table'])}.",
                TableName=asked_name(running.connection, step.args["table"]),
                Key=_sent(key),
                ConditionExpression="#mark = :mark",
                ExpressionAttributeNames={"#mark": MARK},
                ExpressionAttributeValues={":mark": {"S": step.args["mark"]}},
            )
        except WorkbenchError as error:
            if error.aws_code not in (_FAILED, GONE):
                raise


def _described(name: str, running: Running) -> dict[str, Any]:
    failure = f"Could not read the table {_bare(name)}."
    found: dict[str, Any] = running.connection.call(
        "dynamodb", "describe_table", failure=failure, TableName=name
    )["Table"]
    return found


def _is_on(table: Mapping[str, Any]) -> bool:
    return bool((table.get("StreamSpecification") or {}).get("StreamEnabled"))


def _switch(name: str, specification: Mapping[str, Any], running: Running) -> None:
    failure = f"Could not turn off the stream of {_bare(name)}."
    if specification["StreamEnabled"]:
        failure = f"Could not turn on the stream of {_bare(name)}."
    retry_on(
        lambda: running.connection.call(
            "dynamodb",
            "update_table",
            failure=failure,
            TableName=name,
            StreamSpecification=dict(specification),
        ),
        running,
        _IN_USE,
    )


def settled(name: str, running: Running) -> dict[str, Any]:
    """The table once it is ACTIVE; with its stream, if that is on. Raises WorkbenchError, Cancelled."""

    def is_settled(table: Mapping[str, Any]) -> bool:
        return table.get("TableStatus") == "ACTIVE" and bool(
            not _is_on(table) or table.get("LatestStreamArn")
        )

    table = poll(
        lambda: _described(name, running),
        is_settled,
        running.ctx,
        CREATION,
        lambda table: running.ctx.progress(0, 0, f"Table {_bare(name)}: {table.get('TableStatus') or ''}"),
    )
    if is_settled(table):
        return table
    status = str(table.get("TableStatus") or "")
    raise WorkbenchError(
        f"The table {_bare(name)} is still {status}.",
        "AWS has been working on it for five minutes.",
        "Check again later.",
        f"TableStatus={status}",
    )


def _key(table: Mapping[str, Any], mark: str) -> dict[str, dict[str, str]]:
    """A key that no item is likely to have, JSON: bytes as hexadecimal digits."""
    import hashlib

    types = {each["AttributeName"]: each["AttributeType"] for each in table.get("AttributeDefinitions") or ()}
    digest = hashlib.sha256(mark.encode()).hexdigest()
    values = {"S": f"{MARK}-{mark}", "N": str(int(digest[:15], 16)), "B": digest}
    names = [each["AttributeName"] for each in table["KeySchema"]]
    return {name: {types.get(name, "S"): values[types.get(name, "S")]} for name in names}


def _sent(key: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {kind: bytes.fromhex(value) if kind == "B" else value for kind, value in each.items()}
        for name, each in key.items()
    }


def _bare(table: str) -> str:
    return table.rpartition("/")[2]


RUNS: Mapping[str, StepRun] = {TABLE_STREAM: TableStreamStep(), PUT_ITEM: PutItemStep()}
