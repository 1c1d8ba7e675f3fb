"""Publishing: what the person saw becomes the version, or nothing does."""

from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock, FakeContext
from tests.sandbox_functions import create_function, deploy_elsewhere
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.versions import Published, list_versions, publish_version

CTX = JobContext()
SOURCE = "def handler(event, context):\n    return 'one'\n"
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
CONFIGURATION: dict[str, Any] = {
    "FunctionName": "hello",
    "FunctionArn": ARN,
    "CodeSha256": "mine",
    "RevisionId": "r1",
    "State": "Active",
}
SHA_REFUSAL = (
    "CodeSHA256 (mine) is different from current CodeSHA256 in $LATEST (theirs). Please try again with the "
    "CodeSHA256 in $LATEST."
)


def seen() -> FunctionDetail:
    return detail_of({"Configuration": CONFIGURATION})


def answer(aws: StubbedAws, **more: Any) -> None:
    aws.answer("lambda", "get_function", {"Configuration": {**CONFIGURATION, **more}})


def answer_list(aws: StubbedAws, *versions: str) -> None:
    listed = [{**CONFIGURATION, "Version": each} for each in ("$LATEST", *versions)]
    aws.answer("lambda", "list_versions_by_function", {"Versions": listed})


def test_a_version_is_made_with_its_description_and_only_once(connection: Connection) -> None:
    made = create_function(connection, SOURCE)
    assert publish_version(connection, made, "First", CTX) == Published("1", is_new=True)
    assert publish_version(connection, made, "Again", CTX) == Published("1", is_new=False)
    versions = list_versions(connection, made.function_name, CTX)
    assert [(each.version, each.description) for each in versions] == [("$LATEST", ""), ("1", "First")]


def test_code_that_somebody_deployed_meanwhile_is_not_published(connection: Connection) -> None:
    made = create_function(connection, SOURCE)
    deploy_elsewhere(connection, made.function_name, "def handler(event, context):\n    return 'theirs'\n")
    with pytest.raises(WorkbenchError, match="Its code changed in the meantime") as caught:
        publish_version(connection, made, "", CTX)
    assert (caught.value.aws_code, caught.value.action) == ("PreconditionFailedException", "function.refresh")
    assert [each.version for each in list_versions(connection, made.function_name, CTX)] == ["$LATEST"]


def test_configuration_that_somebody_changed_meanwhile_is_not_published(aws: StubbedAws) -> None:
    answer_list(aws)
    answer(aws, Timeout=9)
    with pytest.raises(WorkbenchError, match="Its configuration changed in the meantime"):
        publish_version(aws.connection, seen(), "", CTX)


def test_the_guards_and_the_description_are_sent(aws: StubbedAws) -> None:
    answer_list(aws, "6")
    answer(aws, RevisionId="r2")  # another revision of the same
    request = {"FunctionName": "hello", "CodeSha256": "mine", "RevisionId": "r2", "Description": "x"}
    aws.answer("lambda", "publish_version", {**CONFIGURATION, "Version": "7"}, request)
    answer(aws, Version="7", State="Pending")
    answer(aws, Version="7")
    assert publish_version(aws.connection, seen(), "x", CTX) == Published("7", is_new=True)


@pytest.mark.parametrize("code", ["ResourceConflictException", "PreconditionFailedException"])
def test_an_update_that_changes_nothing_of_it_is_waited_for(aws: StubbedAws, code: str) -> None:
    clock = FakeClock()
    answer_list(aws)
    answer(aws)
    aws.refuse("lambda", "publish_version", code, "An update is in progress", 409)
    answer(aws, LastUpdateStatus="InProgress")
    answer(aws, RevisionId="r2", LastUpdateStatus="Successful")
    aws.answer("lambda", "publish_version", {**CONFIGURATION, "Version": "1"})
    answer(aws, Version="1")
    assert publish_version(aws.connection, seen(), "", FakeContext(clock)).version == "1"


def test_aws_own_words_about_other_code_lead_to_a_look_at_it(aws: StubbedAws) -> None:
    answer_list(aws)
    answer(aws)
    aws.refuse("lambda", "publish_version", "InvalidParameterValueException", SHA_REFUSAL)
    answer(aws, CodeSha256="theirs", RevisionId="r2")
    with pytest.raises(WorkbenchError, match="No version was published"):
        publish_version(aws.connection, seen(), "", FakeContext(FakeClock()))


def test_a_refusal_for_another_reason_is_told_as_it_is(aws: StubbedAws) -> None:
    answer_list(aws)
    answer(aws)
    aws.refuse("lambda", "publish_version", "InvalidParameterValueException", "A reason of AWS's own.")
    answer(aws)
    with pytest.raises(WorkbenchError, match="A reason of AWS's own"):
        publish_version(aws.connection, seen(), "", FakeContext(FakeClock()))


def test_full_storage_says_so(aws: StubbedAws) -> None:
    answer_list(aws)
    answer(aws)
    aws.refuse("lambda", "publish_version", "CodeStorageExceededException", "Code storage limit exceeded.")
    with pytest.raises(WorkbenchError, match="code storage in this region is full"):
        publish_version(aws.connection, seen(), "", CTX)


def test_cancel_while_snapstart_works_leaves_the_version(aws: StubbedAws) -> None:
    clock = FakeClock()
    answer_list(aws)
    answer(aws)
    aws.answer("lambda", "publish_version", {**CONFIGURATION, "Version": "1"})
    answer(aws, Version="1", State="Pending")
    ctx = FakeContext(clock, cancel_after_s=0.01)
    assert publish_version(aws.connection, seen(), "", ctx) == Published("1", is_new=True, is_ready=False)


def test_a_version_that_cannot_run_says_why(aws: StubbedAws) -> None:
    answer_list(aws)
    answer(aws)
    aws.answer("lambda", "publish_version", {**CONFIGURATION, "Version": "1"})
    answer(aws, Version="1", State="Failed", StateReason="The snapshot could not be created.")
    with pytest.raises(WorkbenchError, match="The snapshot could not be created"):
        publish_version(aws.connection, seen(), "", CTX)


def test_states_and_tags_are_no_change(aws: StubbedAws) -> None:
    answer_list(aws)
    answer(aws)
    aws.answer("lambda", "publish_version", {**CONFIGURATION, "Version": "1"})
    answer(aws, Version="1")
    as_seen = replace(seen(), state="Pending", tags=(("team", "web"),), reserved_concurrency=3)
    assert publish_version(aws.connection, as_seen, "", CTX).is_new
