"""The event source mappings of a region, read once for all sources that are pulled.

Owns: the listing, and which function each belongs to. Must not know: what a mapping's settings mean.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.aws.caching_connection import once
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import GONE
from workbench.functions.model import FunctionDetail
from workbench.triggers.model import StateSeen

Answers = tuple[Mapping[str, Any], ...]


def mappings_of(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Answers:
    """The event source mappings of a function and of all its versions and aliases, as AWS answers them.

    All of the region are listed, once for each CachingConnection: listed by the function's name, those of its
    aliases would be missing.

    Raises:
        WorkbenchError: They may not be read, or AWS was not reached.
        Cancelled: Between pages.
    """
    return by_function(connection, ctx).get(detail.function_arn, ())


def by_function(connection: Connection, ctx: JobContext) -> Mapping[str, Answers]:
    """All event source mappings of the region, each once, by the ARN of their function without qualifier."""

    def read() -> Mapping[str, Answers]:
        found: dict[str, dict[str, Mapping[str, Any]]] = {}
        for page in connection.paginate(
            "lambda",
            "list_event_source_mappings",
            ctx=ctx,
            failure="Could not list the event source mappings.",
        ):
            for each in page.get("EventSourceMappings") or ():
                function = ":".join(str(each.get("FunctionArn") or "").split(":")[:7])
                found.setdefault(function, {})[str(each.get("UUID"))] = each
        return {function: tuple(mappings.values()) for function, mappings in found.items()}

    return once(connection, "event source mappings by function", read)


def states_of(connection: Connection, uuids: Iterable[str], ctx: JobContext) -> tuple[StateSeen, ...]:
    """The present states of event source mappings. One reading call for each.

    Raises:
        WorkbenchError: One may not be read, or AWS was not reached.
        Cancelled: Between calls.
    """
    return tuple(_state_of(connection, uuid, ctx) for uuid in uuids)


def _state_of(connection: Connection, uuid: str, ctx: JobContext) -> StateSeen:
    ctx.check()
    try:
        answer = connection.call(
            "lambda",
            "get_event_source_mapping",
            failure="Could not read the event source mapping.",
            UUID=uuid,
        )
    except WorkbenchError as error:
        if error.aws_code != GONE:
            raise
        return StateSeen(uuid, "")
    return StateSeen(uuid, str(answer.get("State") or ""))
