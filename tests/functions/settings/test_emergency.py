"""Emergency stop: what a function had is remembered before it is stopped, and restored."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.aws_stub import StubbedAws
from tests.sandbox_functions import create_function
from tests.triggers.kinds.pulled import make_queue
from tests.waiting import eventually
from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions import emergency
from workbench.functions.detail import get_function
from workbench.functions.emergency import (
    Stopped,
    StopStore,
    emergency_stop,
    enabled_mappings,
    resume,
    switch_mappings,
)
from workbench.functions.model import FunctionDetail, detail_of

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
SOURCE = "def handler(event, context):\n    return 'one'\n"


@pytest.fixture
def store(tmp_path: Path) -> StopStore:
    return StopStore(tmp_path / "stopped")


def hello() -> FunctionDetail:
    return detail_of(
        {
            "Configuration": {"FunctionName": "hello", "FunctionArn": ARN},
            "Concurrency": {"ReservedConcurrentExecutions": 6},
        }
    )


@pytest.mark.parametrize("reserved", [None, 5, 0])
def test_what_it_had_comes_back(connection: Connection, store: StopStore, reserved: int | None) -> None:
    name = create_function(connection, SOURCE).function_name
    if reserved is not None:
        connection.call(
            "lambda", "put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=reserved
        )
    detail = get_function(connection, name)
    stopped = emergency_stop(connection, detail, store, JobContext())
    assert stopped.reserved == reserved
    assert get_function(connection, name).reserved_concurrency == 0
    # Pressed twice, or in the next session: what it had first is what counts.
    again = emergency_stop(connection, get_function(connection, name), store, JobContext())
    assert again == stopped == store.recall(detail.function_arn)
    assert resume(connection, stopped, store, JobContext())
    assert get_function(connection, name).reserved_concurrency == reserved
    assert store.recall(detail.function_arn) is None


def test_what_somebody_else_gave_it_meanwhile_stays(connection: Connection, store: StopStore) -> None:
    name = create_function(connection, SOURCE).function_name
    stopped = emergency_stop(connection, get_function(connection, name), store, JobContext())
    connection.call("lambda", "put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=9)
    assert not resume(connection, stopped, store, JobContext())
    assert get_function(connection, name).reserved_concurrency == 9
    assert store.recall(stopped.function_arn) is None


def test_who_may_not_look_can_still_stop_it(aws: StubbedAws, store: StopStore) -> None:
    aws.refuse("lambda", "get_function_concurrency", "AccessDeniedException", "no", 403)
    aws.answer(
        "lambda",
        "put_function_concurrency",
        {},
        {"FunctionName": "hello", "ReservedConcurrentExecutions": 0},
    )
    assert emergency_stop(aws.connection, hello(), store, JobContext()).reserved == 6


def test_an_update_that_runs_is_waited_for(
    aws: StubbedAws, store: StopStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emergency, "_FUNCTION_UPDATE", Backoff(0.001, attempts=10))
    aws.answer("lambda", "get_function_concurrency", {"ReservedConcurrentExecutions": 4})
    aws.refuse("lambda", "put_function_concurrency", "ResourceConflictException", "busy", 409)
    aws.answer("lambda", "put_function_concurrency", {})
    assert emergency_stop(aws.connection, hello(), store, JobContext()).reserved == 4


def test_a_refused_resume_is_still_remembered(aws: StubbedAws, store: StopStore) -> None:
    stopped = Stopped(ARN, None)
    store.remember(stopped)
    aws.answer("lambda", "get_function_concurrency", {"ReservedConcurrentExecutions": 0})
    aws.refuse("lambda", "delete_function_concurrency", "AccessDeniedException", "no", 403)
    with pytest.raises(WorkbenchError, match="resume hello"):
        resume(aws.connection, stopped, store, JobContext())
    assert store.recall(ARN) == stopped


def test_without_a_memory_it_is_not_stopped(aws: StubbedAws, tmp_path: Path) -> None:
    (tmp_path / "stopped").write_text("a file where the folder should be")
    aws.answer("lambda", "get_function_concurrency", {})
    with pytest.raises(WorkbenchError):
        emergency_stop(aws.connection, hello(), StopStore(tmp_path / "stopped"), JobContext())


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"reserved": "x"}', b'{"reserved": true}', b"{}"])
def test_a_damaged_memory_is_none(
    store: StopStore, tmp_path: Path, content: bytes, expect_log: Callable[[str], None]
) -> None:
    store.remember(Stopped(ARN, 1))
    (file,) = (tmp_path / "stopped").iterdir()
    file.write_bytes(content)
    assert store.recall(ARN) is None
    expect_log("was damaged")


def test_what_an_earlier_version_remembered_is_read_and_no_path_is_taken_for_a_mapping(
    store: StopStore, tmp_path: Path
) -> None:
    store.remember(Stopped(ARN, 1))
    (file,) = (tmp_path / "stopped").iterdir()
    file.write_text(json.dumps({"function_arn": ARN, "reserved": None}))
    assert store.recall(ARN) == Stopped(ARN, None)
    uuid = "14e0db71-5d35-4eb5-b481-8945cf9d10c2"
    file.write_text(json.dumps({"function_arn": "", "reserved": 3, "mappings": [uuid, "../x"]}))
    assert store.recall(ARN) == Stopped(ARN, 3, (uuid,))


@pytest.mark.parametrize("qualifiers", [(), ("live", "3")])
def test_a_refusal_names_the_provisioned_concurrency_that_is_in_the_way(
    aws: StubbedAws, store: StopStore, qualifiers: tuple[str, ...]
) -> None:
    aws.answer("lambda", "get_function_concurrency", {"ReservedConcurrentExecutions": 6})
    words = "ReservedConcurrentExecutions is below the provisioned concurrency."
    aws.refuse("lambda", "put_function_concurrency", "InvalidParameterValueException", words)
    listed = [{"FunctionArn": f"{ARN}:{each}"} for each in qualifiers]
    aws.answer("lambda", "list_provisioned_concurrency_configs", {"ProvisionedConcurrencyConfigs": listed})
    with pytest.raises(WorkbenchError, match="below the provisioned") as caught:
        emergency_stop(aws.connection, hello(), store, JobContext())
    assert ("(live, 3)" in caught.value.remedy) is bool(qualifiers)


@pytest.fixture
def wired(connection: Connection) -> tuple[FunctionDetail, str]:
    """A function with a queue, and the UUID of its mapping, which is enabled."""
    detail = create_function(connection, SOURCE)
    mapping = connection.call(
        "lambda",
        "create_event_source_mapping",
        EventSourceArn=make_queue(connection),
        FunctionName=detail.function_name,
    )
    eventually(lambda: _state(connection, mapping["UUID"]) == "Enabled")
    return detail, mapping["UUID"]


def _state(connection: Connection, uuid: str) -> str:
    return str(connection.call("lambda", "get_event_source_mapping", UUID=uuid)["State"])


def test_the_mappings_are_disabled_with_it_and_enabled_again_after_a_restart(
    connection: Connection, store: StopStore, wired: tuple[FunctionDetail, str], tmp_path: Path
) -> None:
    """Messages would be received, throttled, and sent to the dead-letter queue."""
    detail, uuid = wired
    mappings = enabled_mappings(connection, detail, JobContext())
    assert mappings == (uuid,)
    stopped = emergency_stop(connection, detail, store, JobContext(), mappings)
    assert switch_mappings(connection, stopped.mappings, JobContext(), on=False) == ()
    eventually(lambda: _state(connection, uuid) == "Disabled")
    assert enabled_mappings(connection, detail, JobContext()) == ()

    # Stopped again, with nothing left to disable: what the first stop disabled is not forgotten.
    emergency_stop(connection, get_function(connection, detail.function_name), store, JobContext())
    known = StopStore(tmp_path / "stopped").recall(detail.function_arn)
    assert known == Stopped(detail.function_arn, None, (uuid,))
    assert resume(connection, known, store, JobContext())
    eventually(lambda: _state(connection, uuid) == "Enabled")
    assert store.recall(detail.function_arn) is None


def test_a_mapping_that_cannot_be_enabled_is_said_and_stays_remembered(
    aws: StubbedAws, store: StopStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emergency, "_MAPPING_UPDATE", Backoff(0.001, attempts=10))
    gone, busy, kept = "1" * 36, "2" * 36, "3" * 36
    stopped = Stopped(ARN, None, (gone, busy, kept))
    store.remember(stopped)
    aws.answer("lambda", "get_function_concurrency", {"ReservedConcurrentExecutions": 7})
    update = "update_event_source_mapping"
    aws.refuse(
        "lambda", update, "ResourceNotFoundException", "The resource you requested does not exist.", 404
    )
    aws.refuse("lambda", update, "ResourceInUseException", "Cannot update the event source mapping", 400)
    aws.answer("lambda", update, {}, {"UUID": busy, "Enabled": True})
    aws.refuse("lambda", update, "AccessDeniedException", "no", 403)
    with pytest.raises(WorkbenchError, match="enable an event source mapping"):
        resume(aws.connection, stopped, store, JobContext())
    assert store.recall(ARN) == stopped


def test_mappings_of_a_function_that_was_not_stopped_are_not_remembered(
    aws: StubbedAws, store: StopStore
) -> None:
    aws.answer("lambda", "get_function_concurrency", {})
    aws.refuse("lambda", "put_function_concurrency", "AccessDeniedException", "no", 403)
    with pytest.raises(WorkbenchError):
        emergency_stop(aws.connection, hello(), store, JobContext(), ("1" * 36,))
    assert store.recall(ARN) == Stopped(ARN, None)
