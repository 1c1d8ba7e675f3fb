"""A longer timeout for several functions, one of which a queue runs that leaves no room for it."""

from dataclasses import replace

import pytest

from tests.fault_proxy import Proxy
from tests.triggers.kinds.pulled import make_queue
from tests.ui.bulk.changer import Changer
from tests.ui.test_routes import desk, opener
from workbench.aws.connection import ApiCall, Connection
from workbench.functions.detail import get_function
from workbench.ui.features.bulk.run import Phase

__all__ = ["desk", "opener"]  # fixtures


def wire(connection: Connection, function_name: str, visibility_s: int) -> str:
    """Lets a queue run a function; nothing is polled. Returns the queue's name."""
    arn = make_queue(connection, VisibilityTimeout=str(visibility_s))
    connection.call(
        "lambda",
        "create_event_source_mapping",
        EventSourceArn=arn,
        FunctionName=function_name,
        Enabled=False,
    )
    return arn.rpartition(":")[2]


def timeouts(connection: Connection, changer: Changer) -> list[int]:
    return [get_function(connection, name).timeout_s for name in changer.names]


def test_a_timeout_above_a_queue_s_is_refused_in_the_plan_and_the_others_are_changed(
    changer: Changer, connection: Connection
) -> None:
    queue, tight = wire(connection, "fn-a", 30), wire(connection, "fn-b", 60)
    before = timeouts(connection, changer)
    changer.select("fn-a", "fn-b", "fn-c")
    dialog = changer.open()
    changer.choose("Timeout")
    dialog.form.timeout.setValue(45)
    refused, minded, fine = changer.plan()
    assert refused.startswith(f"Cannot be changed: The visibility timeout of {queue} is 30 s, less than")
    assert refused.endswith("Change the timeout on its Configuration page, which updates the queue first.")
    assert minded == f"The visibility timeout of {tight} is 60 s; AWS recommends 270 s."
    assert fine == "Will be changed"
    assert dialog.start_button.text() == "Change 2 Functions"
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    assert timeouts(connection, changer) == [before[0], 45, 45]
    changer.close()


@pytest.mark.parametrize(
    ("title", "timeout_s", "lists"), [("Memory", 45, 0), ("Timeout", 1, 0), ("Timeout", 45, 1)]
)
def test_queues_are_asked_for_a_longer_timeout_only_and_once_for_all_functions(
    changer: Changer, connection: Connection, title: str, timeout_s: int, lists: int
) -> None:
    asked: list[ApiCall] = []
    changer.opener.ready["alice"] = Connection.open(connection.access, observer=asked.append)
    changer.select(*changer.names)
    dialog = changer.open()
    changer.choose(title)
    dialog.form.memory.setValue(256)
    dialog.form.timeout.setValue(timeout_s)
    assert changer.plan() == ["Will be changed"] * 3
    assert [call.operation for call in asked].count("ListEventSourceMappings") == lists
    changer.close()


def test_queues_that_may_not_be_seen_are_said_and_hold_nothing_back(
    changer: Changer, connection: Connection, proxy: Proxy
) -> None:
    denied = {"code": "AccessDeniedException", "status": 403, "message": "lambda:ListEventSourceMappings"}
    proxy.inject({"operation": "ListEventSourceMappings", "error": denied})
    changer.opener.ready["alice"] = Connection.open(replace(connection.access, endpoint_url=proxy.url))
    changer.select("fn-a")
    changer.open()
    changer.choose("Timeout")
    (state,) = changer.plan()
    assert state.startswith("Could not determine whether its queues allow this timeout")
    assert "lambda:ListEventSourceMappings" in state
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    assert get_function(connection, "fn-a").timeout_s == 30
    changer.close()
