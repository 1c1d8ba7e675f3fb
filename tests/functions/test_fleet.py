"""The functions of many accounts and regions, their filters and states, and the dates of runtimes."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import botocore.session
import pytest

from tests.aws.model_check import model_checked_sessions
from tests.aws_stub import StubbedAws
from tests.functions.test_index import function
from tests.sandbox_functions import create_function
from tests.sandbox_keys import keys_of
from tests.waiting import eventually
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.codec import convert, to_builtins
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.jobs import JobContext
from workbench.functions.fleet import (
    FleetFilter,
    FleetRow,
    Refresh,
    RuntimeDates,
    Scope,
    ScopeFailed,
    ScopeListed,
    ScopePage,
    ScopeSame,
    ScopeTagged,
    StateRead,
    StatesRefused,
    narrowed,
    read_states,
)
from workbench.functions.index import FunctionIndex

SOURCE = "def handler(event, context):\n    return event\n"
DENIED = "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: lambda:GetFunction"
NEAR, FAR = "us-east-1", "eu-central-1"


@pytest.fixture
def index(tmp_path: Path) -> FunctionIndex:
    return FunctionIndex(tmp_path / "functions.sqlite")


@pytest.fixture
def other(access: Access) -> Connection:
    """Another account."""
    assert access.keys is not None
    keys = keys_of(str(int(access.keys.access_key_id) + 300_000_000_000))
    return Connection.open(replace(access, keys=keys), sessions=model_checked_sessions())


def refresh(
    index: FunctionIndex, ways: dict[str, Connection | WorkbenchError], *scopes: Scope
) -> list[object]:
    """Lists these scopes; everything that was said of them."""
    items: list[object] = []

    def connect(profile_name: str, _region: str, _ctx: JobContext) -> Connection:
        found = ways[profile_name]
        if isinstance(found, WorkbenchError):
            raise found
        return found

    Refresh(connect, index, RateBudget()).run(scopes, JobContext(item=items.append))
    return items


def of[T](kind: type[T], items: list[object]) -> list[T]:
    return [item for item in items if isinstance(item, kind)]


def test_every_profile_in_every_region_is_listed_and_stored(
    index: FunctionIndex, connection: Connection, other: Connection
) -> None:
    names = {
        Scope("one", NEAR): create_function(connection, SOURCE, Tags={"team": "blue"}).function_name,
        Scope("one", FAR): create_function(connection.in_region(FAR), SOURCE).function_name,
        Scope("two", NEAR): create_function(other, SOURCE).function_name,
    }
    scopes = [*names, Scope("two", FAR)]
    items = refresh(index, {"one": connection, "two": other}, *scopes)
    listed = {item.scope: item for item in of(ScopeListed, items)}
    assert set(listed) == set(scopes)
    for scope, name in names.items():
        (function,) = listed[scope].functions
        assert (function.function_name, function.region) == (name, scope.region)
        assert function.account_id == listed[scope].account_id
        assert [each.function_name for each in index.load(function.account_id, scope.region).functions] == [
            name
        ]
    assert listed[Scope("two", FAR)].functions == ()
    tagged = {item.scope: item for item in of(ScopeTagged, items)}
    assert tagged[Scope("one", NEAR)].functions[0].tags == (("team", "blue"),)
    assert index.load(connection.account_id, NEAR).functions[0].tags == (("team", "blue"),)


def test_known_tags_stay_while_functions_are_listed_again(
    index: FunctionIndex, connection: Connection
) -> None:
    create_function(connection, SOURCE, Tags={"team": "blue"})
    refresh(index, {"one": connection}, Scope("one", NEAR))
    pages = of(ScopePage, refresh(index, {"one": connection}, Scope("one", NEAR)))
    assert [function.tags for page in pages for function in page.functions] == [(("team", "blue"),)]


def test_a_refusal_in_one_place_disturbs_no_other(
    index: FunctionIndex, connection: Connection, aws: StubbedAws
) -> None:
    name = create_function(connection, SOURCE).function_name
    text = (
        "User: arn:aws:iam::123456789012:user/eve is not authorized to perform: lambda:ListFunctions on "
        "resource: * because no identity-based policy allows the lambda:ListFunctions action"
    )
    aws.refuse("lambda", "list_functions", "AccessDeniedException", text, 403)
    denied = Scope("eve", FAR)
    items = refresh(index, {"eve": aws.connection, "one": connection}, denied, Scope("one", NEAR))
    (failed,) = of(ScopeFailed, items)
    assert (failed.scope, failed.error.aws_code) == (denied, "AccessDeniedException")
    (listed,) = of(ScopeListed, items)
    assert [function.function_name for function in listed.functions] == [name]
    kept = index.load("123456789012", FAR).failure
    assert kept is not None
    assert (kept.aws_code, kept.what) == ("AccessDeniedException", failed.error.what)


def test_a_profile_that_cannot_connect_fails_in_all_its_regions_only(
    index: FunctionIndex, connection: Connection
) -> None:
    error = WorkbenchError("Could not connect as gone.")
    scopes = [Scope("gone", NEAR), Scope("gone", FAR), Scope("one", NEAR)]
    items = refresh(index, {"gone": error, "one": connection}, *scopes)
    assert {item.scope for item in of(ScopeFailed, items)} == set(scopes[:2])
    assert [item.scope for item in of(ScopeListed, items)] == scopes[2:]


def test_tags_that_may_not_be_read_leave_the_functions(index: FunctionIndex, aws: StubbedAws) -> None:
    arn = f"arn:aws:lambda:{FAR}:123456789012:function:hello"
    aws.answer("lambda", "list_functions", {"Functions": [{"FunctionName": "hello", "FunctionArn": arn}]})
    aws.refuse("resourcegroupstaggingapi", "get_resources", "AccessDeniedException", "no", 400)
    items = refresh(index, {"one": aws.connection}, Scope("one", FAR))
    (listed,) = of(ScopeListed, items)
    assert [function.function_name for function in listed.functions] == ["hello"]
    (tagged,) = of(ScopeTagged, items)
    assert tagged.error is not None
    assert tagged.error.aws_code == "AccessDeniedException"
    assert not of(ScopeFailed, items)


def test_two_profiles_of_one_account_show_its_functions_once(
    index: FunctionIndex, connection: Connection
) -> None:
    create_function(connection, SOURCE)
    ways: dict[str, Connection | WorkbenchError] = {"one": connection, "again": connection}
    items = refresh(index, ways, Scope("one", NEAR), Scope("again", NEAR))
    (listed,) = of(ScopeListed, items)
    (same,) = of(ScopeSame, items)
    assert {listed.scope, same.scope} == {Scope("one", NEAR), Scope("again", NEAR)}
    assert same.as_profile == listed.scope.profile_name


def test_cancel_ends_it_and_what_was_listed_stays(index: FunctionIndex, aws: StubbedAws) -> None:
    arn = f"arn:aws:lambda:{FAR}:123456789012:function:"
    page = {"Functions": [{"FunctionName": "f0", "FunctionArn": f"{arn}f0"}], "NextMarker": "m1"}
    aws.answer("lambda", "list_functions", page)
    stop = threading.Event()
    items: list[object] = []

    def take(item: object) -> None:
        items.append(item)
        stop.set()

    with pytest.raises(Cancelled):
        Refresh(lambda *_: aws.connection, index, RateBudget()).run(
            [Scope("one", FAR)], JobContext(item=take, stop=stop)
        )
    (seen,) = of(ScopePage, items)
    assert [function.function_name for function in seen.functions] == ["f0"]
    assert not index.load("123456789012", FAR).functions  # half a listing is none


def test_what_was_listed_before_cancel_is_stored(index: FunctionIndex, aws: StubbedAws) -> None:
    arn = f"arn:aws:lambda:{FAR}:123456789012:function:"
    aws.answer("lambda", "list_functions", {"Functions": [{"FunctionName": "f0", "FunctionArn": f"{arn}f0"}]})
    stop = threading.Event()

    def take(item: object) -> None:
        if isinstance(item, ScopeListed):
            stop.set()

    with pytest.raises(Cancelled):
        Refresh(lambda *_: aws.connection, index, RateBudget()).run(
            [Scope("one", FAR)], JobContext(item=take, stop=stop)
        )
    assert [each.function_name for each in index.load("123456789012", FAR).functions] == ["f0"]


def test_a_listing_is_stored_while_another_profile_connects(index: FunctionIndex, aws: StubbedAws) -> None:
    arn = f"arn:aws:lambda:{FAR}:123456789012:function:f0"
    aws.answer("lambda", "list_functions", {"Functions": [{"FunctionName": "f0", "FunctionArn": arn}]})

    def connect(name: str, _region: str, _ctx: JobContext) -> Connection:
        if name == "slow":
            eventually(lambda: index.load("123456789012", FAR).functions)
            raise Cancelled
        return aws.connection

    with pytest.raises(Cancelled):
        Refresh(connect, index, RateBudget()).run([Scope("one", FAR), Scope("slow", FAR)], JobContext())
    assert [each.function_name for each in index.load("123456789012", FAR).functions] == ["f0"]


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
    assert convert(json.loads(json.dumps(to_builtins(wanted))), FleetFilter) == wanted
    assert convert({"drifted": True, "state": ["", "Active"]}, FleetFilter) == wanted  # of an earlier version


def test_each_date_is_of_a_runtime_that_lambda_knows() -> None:
    runtime = botocore.session.get_session().get_service_model("lambda").shape_for("Runtime")
    dates = RuntimeDates.load(resources_dir() / "runtimes.json").deprecated
    assert set(dates) <= set(runtime.metadata["enum"])
