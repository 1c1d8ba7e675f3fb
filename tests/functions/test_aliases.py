"""Aliases: made, moved, shared and deleted, unless somebody else moved them."""

from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.sandbox_functions import create_function, deploy_elsewhere
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.versions import (
    Alias,
    AliasConflict,
    AliasFault,
    AliasLimits,
    AliasSpec,
    create_alias,
    delete_alias,
    list_aliases,
    load_limits,
    update_alias,
)

CTX = JobContext()
SOURCE = "def handler(event, context):\n    return 'one'\n"
STALE = (
    "The RevisionId provided does not match the latest RevisionId for the Lambda function or alias. Call the "
    "GetFunction or the GetAlias API to retrieve the latest RevisionId for your resource."
)
SEEN = Alias("live", "1", "", (), "r1")
WISH = AliasSpec("2", "Better")


def answer(version: str = "1", revision: str = "r1", **more: Any) -> dict[str, Any]:
    return {"Name": "live", "FunctionVersion": version, "RevisionId": revision, **more}


@pytest.fixture(scope="module")
def limits() -> AliasLimits:
    return load_limits()


@pytest.fixture
def name(connection: Connection) -> str:
    """A function with two versions."""
    made = create_function(connection, SOURCE)
    connection.call("lambda", "publish_version", FunctionName=made.function_name)
    deploy_elsewhere(connection, made.function_name, SOURCE.replace("one", "two"))
    connection.call("lambda", "publish_version", FunctionName=made.function_name)
    return made.function_name


def test_an_alias_lives_through_all_that_can_be_done_to_it(connection: Connection, name: str) -> None:
    made = create_alias(connection, name, "live", AliasSpec("1", "Customers"), CTX)
    assert (made.version, made.description, made.weights) == ("1", "Customers", ())
    shared = update_alias(connection, name, made, AliasSpec("1", "Canary", "2", 0.25), CTX)
    assert list_aliases(connection, name, CTX) == (shared,)
    assert (shared.weights, shared.description) == ((("2", 0.25),), "Canary")
    moved = update_alias(connection, name, shared, AliasSpec("2"), CTX)
    assert list_aliases(connection, name, CTX) == (moved,)
    assert (moved.version, moved.weights, moved.description) == ("2", (), "")
    delete_alias(connection, name, moved, CTX)
    assert list_aliases(connection, name, CTX) == ()
    delete_alias(connection, name, moved, CTX)  # it is gone: nothing to fail about


def test_a_second_alias_of_the_name_is_refused(connection: Connection, name: str) -> None:
    made = create_alias(connection, name, "live", AliasSpec("1"), CTX)
    with pytest.raises(WorkbenchError) as caught:
        create_alias(connection, name, "live", AliasSpec("2"), CTX)
    assert caught.value.aws_code == "ResourceConflictException"
    assert list_aliases(connection, name, CTX) == (made,)


def test_what_an_attempt_made_whose_answer_was_lost_is_no_conflict(aws: StubbedAws) -> None:
    aws.refuse("lambda", "create_alias", "ResourceConflictException", "Alias already exists", 409)
    aws.answer("lambda", "get_alias", answer("2", Description="Better"))
    assert create_alias(aws.connection, "hello", "live", WISH, CTX).version == "2"


@pytest.mark.parametrize("change", [{"version": "2"}, {"description": "x"}, {"weights": (("2", 0.1),)}])
def test_what_somebody_else_changed_is_not_overwritten(
    connection: Connection, name: str, change: dict[str, Any]
) -> None:
    seen = create_alias(connection, name, "live", AliasSpec("1"), CTX)
    theirs = AliasSpec.of(replace(seen, **change))
    now = update_alias(connection, name, seen, theirs, CTX)
    for act in (
        lambda: update_alias(connection, name, seen, AliasSpec("1", "mine"), CTX),
        lambda: delete_alias(connection, name, seen, CTX),
    ):
        with pytest.raises(AliasConflict) as caught:
            act()
        assert caught.value.now == now
        assert f"version {now.version}" in caught.value.why
    assert list_aliases(connection, name, CTX) == (now,)
    assert update_alias(connection, name, now, AliasSpec("1", "mine"), CTX).description == "mine"


def test_the_revision_is_sent_and_a_stale_one_is_looked_at_again(aws: StubbedAws) -> None:
    request = {
        "FunctionName": "hello",
        "Name": "live",
        "FunctionVersion": "2",
        "Description": "Better",
        "RoutingConfig": {"AdditionalVersionWeights": {}},
    }
    aws.answer("lambda", "get_alias", answer())
    aws.refuse("lambda", "update_alias", "PreconditionFailedException", STALE, 412)
    aws.answer("lambda", "get_alias", answer(revision="r2"))
    aws.answer("lambda", "update_alias", answer("2", "r3"), request | {"RevisionId": "r2"})
    assert update_alias(aws.connection, "hello", SEEN, WISH, CTX).revision_id == "r3"


def test_a_change_whose_answer_was_lost_is_no_conflict(aws: StubbedAws) -> None:
    aws.answer("lambda", "get_alias", answer())
    aws.refuse("lambda", "update_alias", "PreconditionFailedException", STALE, 412)
    aws.answer("lambda", "get_alias", answer("2", "r2", Description="Better"))
    assert update_alias(aws.connection, "hello", SEEN, WISH, CTX).revision_id == "r2"


def test_a_change_between_look_and_call_is_a_conflict(aws: StubbedAws) -> None:
    aws.answer("lambda", "get_alias", answer())
    aws.refuse("lambda", "update_alias", "PreconditionFailedException", STALE, 412)
    aws.answer("lambda", "get_alias", answer("9", "r2"))
    with pytest.raises(AliasConflict, match="now points to version 9"):
        update_alias(aws.connection, "hello", SEEN, WISH, CTX)


def test_an_alias_that_was_deleted_meanwhile_says_so(aws: StubbedAws) -> None:
    aws.refuse("lambda", "get_alias", "ResourceNotFoundException", "Alias not found: arn:aws:…:live", 404)
    with pytest.raises(WorkbenchError, match="was deleted in the meantime") as caught:
        update_alias(aws.connection, "hello", SEEN, WISH, CTX)
    assert caught.value.aws_code == "ResourceNotFoundException"


def test_nothing_is_sent_for_what_is_so_already(aws: StubbedAws) -> None:
    aws.answer("lambda", "get_alias", answer())
    update_alias(aws.connection, "hello", SEEN, AliasSpec("1"), CTX)
    assert not [call for call in aws.calls if call.is_write]


@pytest.mark.parametrize(
    ("name", "wish", "fault"),
    [
        ("live", AliasSpec("1"), None),
        ("a" * 128, AliasSpec("$LATEST", "d" * 256), None),
        ("live", AliasSpec("1", second="2", share=1.0), None),
        ("a" * 129, AliasSpec("1"), AliasFault.NAME),
        ("", AliasSpec("1"), AliasFault.NAME),
        ("12", AliasSpec("1"), AliasFault.NAME),
        ("größe", AliasSpec("1"), AliasFault.NAME),
        ("two words", AliasSpec("1"), AliasFault.NAME),
        ("live\n", AliasSpec("1"), AliasFault.NAME),
        ("live", AliasSpec("1", "d" * 257), AliasFault.DESCRIPTION),
        ("live", AliasSpec("$LATEST", second="2", share=0.1), AliasFault.LATEST_SHARED),
        ("live", AliasSpec("2", second="$LATEST", share=0.1), AliasFault.LATEST_SHARED),
        ("live", AliasSpec("2", second="2", share=0.1), AliasFault.SAME_VERSION),
        ("live", AliasSpec("2", second="1", share=1.01), AliasFault.SHARE),
        ("live", AliasSpec("2", second="1", share=-0.01), AliasFault.SHARE),
    ],
)
def test_what_aws_would_refuse_is_known_before(
    limits: AliasLimits, name: str, wish: AliasSpec, fault: AliasFault | None
) -> None:
    assert limits.fault(name, wish) is fault
