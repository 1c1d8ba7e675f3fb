"""Reading the states of many functions, on the Sandbox and with AWS's exact refusals."""

from dataclasses import replace

import pytest

from tests.aws_stub import StubbedAws
from tests.functions.test_index import function
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.fleet import (
    FleetFilter,
    FleetRow,
    Scope,
    StateRead,
    StatesRefused,
    narrowed,
    read_states,
)

SOURCE = "def handler(event, context):\n    return event\n"
DENIED = "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: lambda:GetFunction"


def read(connection: Connection | WorkbenchError, *rows: FleetRow) -> list[object]:
    items: list[object] = []

    def connect(_profile: str, region: str, _ctx: JobContext) -> Connection:
        if isinstance(connection, WorkbenchError):
            raise connection
        return connection.in_region(region) if region != connection.region else connection

    read_states(rows, connect, RateBudget(), JobContext(item=items.append))
    return items


def test_states_are_read_for_each_function_and_one_that_has_gone_is_passed_over(
    connection: Connection,
) -> None:
    rows = [FleetRow("dev", create_function(connection, SOURCE)) for _ in range(3)]
    rows.append(FleetRow("dev", create_function(connection.in_region("eu-central-1"), SOURCE)))
    gone = rows[1].function.function_name
    connection.call("lambda", "delete_function", FunctionName=gone)
    items = read(connection, *rows)
    assert all(isinstance(item, StateRead) for item in items)
    found = {item.row.function.function_name: item.state for item in items if isinstance(item, StateRead)}
    assert found == {row.function.function_name: "Active" for row in rows if row is not rows[1]}


def test_a_scope_that_is_refused_is_asked_once(aws: StubbedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.functions.fleet._STATE_WORKERS", 1)
    monkeypatch.setattr(Connection, "unobserved", lambda self: self)
    for method in ("get_function", "get_function_configuration"):
        aws.refuse("lambda", method, "AccessDeniedException", DENIED, 403)
    account, region = aws.connection.account_id, aws.connection.region
    rows = [
        FleetRow("dev", replace(function(name), account_id=account, region=region)) for name in ("a", "b")
    ]
    (item,) = read(aws.connection, *rows)
    assert isinstance(item, StatesRefused)
    assert (item.scope, item.error.aws_code) == (Scope("dev", region), "AccessDeniedException")


def test_a_profile_that_cannot_connect_says_why() -> None:
    (item,) = read(WorkbenchError("Signed out.", aws_code="Expired"), FleetRow("dev", function("a")))
    assert isinstance(item, StatesRefused)
    assert item.error.aws_code == "Expired"


def test_reading_is_cancelled(connection: Connection) -> None:
    rows = [FleetRow("dev", create_function(connection, SOURCE))]

    def stop(_profile: str, _region: str, _ctx: JobContext) -> Connection:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_states(rows, stop, RateBudget(), JobContext())


ROWS = [
    FleetRow("dev", function("unread")),
    FleetRow("dev", function("fine"), "Active", "Successful"),
    FleetRow("dev", function("update-failed"), "Active", "Failed", is_drifted=True),
    FleetRow("dev", function("new"), "Pending", "InProgress"),
    FleetRow("dev", function("asleep"), "Inactive", "Successful"),
    FleetRow("dev", function("later"), "Hibernating", ""),
]


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ({"Active"}, ["fine", "update-failed"]),
        ({"LastUpdateStatus: Failed"}, ["update-failed"]),
        ({"LastUpdateStatus: InProgress"}, ["new"]),
        ({"Pending", "Inactive"}, ["new", "asleep"]),
        ({""}, ["unread"]),  # never taken for Active
        ({"Hibernating"}, ["later"]),  # a state that AWS adds one day
        ({"Failed"}, []),
    ],
)
def test_functions_are_found_by_their_state(state: set[str], names: list[str]) -> None:
    found = narrowed(ROWS, FleetFilter(state=frozenset(state)), frozenset())
    assert [ROWS[number].function.function_name for number in found] == names


def test_drifted_functions_are_found_and_a_saved_filter_keeps_that() -> None:
    wanted = FleetFilter(drifted=True, state=frozenset({"Active", ""}))
    found = narrowed(ROWS, wanted, frozenset())
    assert [ROWS[number].function.function_name for number in found] == ["update-failed"]
    assert FleetFilter.of(wanted.values()) == wanted
    assert FleetFilter.of({"drifted": "yes", "state": "Active"}) == FleetFilter()
