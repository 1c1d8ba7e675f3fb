"""Old versions: which go and which stay, and what comes of deleting them."""

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock, FakeContext
from tests.sandbox_functions import create_function, deploy_elsewhere
from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget, RetryingConnection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.prune import Fate, QualifierUses, Use, UseKind, find_uses, plan_prune, prune
from workbench.functions.versions import Alias, Version, list_versions

CTX = JobContext()
SOURCE = "def handler(event, context):\n    return 0\n"
IN_USE = (
    "Unable to delete version because the following aliases reference it: [live]. Please try again after "
    "removing this version from the aliases."
)


def version(number: str, size_bytes: int = 1000) -> Version:
    return Version(number, "", "python3.13", "sha", size_bytes, None, "r")


VERSIONS = tuple(map(version, ("$LATEST", "12", "11", "9", "5", "3", "2", "1")))
ALIASES = (Alias("live", "9", "", (("3", 0.1),), "r"), Alias("dev", "$LATEST", "", (), "r"))


def fates(keep: int, uses: dict[str, tuple[Use, ...]]) -> dict[str, Fate]:
    plan = plan_prune(VERSIONS, ALIASES, keep, uses)
    return {each.version.version: each.fate for each in plan.decisions}


# The plan ---------------------------------------------------------------------------------------------------


def test_the_newest_and_what_aliases_and_others_name_stay() -> None:
    uses = {"5": (), "2": (Use("2", UseKind.MAPPING, "arn:queue"),)}
    assert fates(2, uses) == {
        "$LATEST": Fate.LATEST,
        "12": Fate.NEWEST,
        "11": Fate.NEWEST,
        "9": Fate.ALIAS,
        "5": Fate.DELETE,
        "3": Fate.ALIAS,  # by its share
        "2": Fate.USED,
        "1": Fate.UNKNOWN,
    }


def test_the_oldest_goes_first_and_the_gain_is_told() -> None:
    plan = plan_prune(VERSIONS, (), 0, {each.version: () for each in VERSIONS})
    assert [each.version for each in plan.deleted] == ["1", "2", "3", "5", "9", "11", "12"]
    assert plan.freed_bytes == 7000
    assert plan.unknown == ()


@pytest.mark.parametrize("keep", [7, 8, 1000])
def test_a_function_with_few_versions_loses_none(keep: int) -> None:
    plan = plan_prune(VERSIONS, ALIASES, keep, {})
    assert (plan.deleted, plan.unknown) == ((), ())


# What uses a version ----------------------------------------------------------------------------------------


def test_event_sources_permissions_and_urls_are_found(connection: Connection) -> None:
    name = create_function(connection, SOURCE).function_name
    for number in ("1", "2"):
        deploy_elsewhere(connection, name, f"{SOURCE}# {number}\n")
        connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="1")
    queue_url = connection.call("sqs", "create_queue", QueueName="orders")["QueueUrl"]
    attributes = connection.call(
        "sqs", "get_queue_attributes", QueueUrl=queue_url, AttributeNames=["QueueArn"]
    )
    queue_arn = attributes["Attributes"]["QueueArn"]
    connection.call(
        "lambda", "create_event_source_mapping", FunctionName=f"{name}:1", EventSourceArn=queue_arn
    )
    connection.call(
        "lambda", "create_function_url_config", FunctionName=name, Qualifier="live", AuthType="AWS_IAM"
    )
    connection.call(
        "lambda",
        "add_permission",
        FunctionName=name,
        Qualifier="2",
        StatementId="bucket",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    ctx = FakeContext(FakeClock())
    found = find_uses(connection, name, ("1", "2", "live"), ctx)
    assert tuple(ctx.items) == found
    one, two, live = found
    assert one == QualifierUses("1", (Use("1", UseKind.MAPPING, queue_arn),))
    assert two == QualifierUses("2", (Use("2", UseKind.POLICY),))
    assert [use.kind for use in live.uses] == [UseKind.URL]


def test_who_may_not_look_is_told_and_not_that_nothing_uses_it(aws: StubbedAws) -> None:
    aws.refuse("lambda", "list_event_source_mappings", "AccessDeniedException", "You may not.", 403)
    with pytest.raises(WorkbenchError, match="AccessDeniedException"):
        find_uses(aws.connection, "hello", ("1",), CTX)


# Deleting ---------------------------------------------------------------------------------------------------


def test_versions_go_and_the_function_stays(connection: Connection) -> None:
    name = create_function(connection, SOURCE).function_name
    for number in ("1", "2", "3"):
        deploy_elsewhere(connection, name, f"{SOURCE}# {number}\n")
        connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="2")
    result = prune(connection, name, ("1", "2"), CTX)
    assert result.deleted == ("1",)
    ((kept, error),) = result.failed
    assert (kept, error.aws_code) == ("2", "ResourceConflictException")
    assert "live" in error.why
    assert [each.version for each in list_versions(connection, name, CTX)] == ["$LATEST", "3", "2"]


@pytest.mark.parametrize("qualifier", ["", "$LATEST", "live", "1 "])
def test_nothing_but_a_number_is_ever_deleted(aws: StubbedAws, qualifier: str) -> None:
    with pytest.raises(ValueError, match="only versions"):
        prune(aws.connection, "hello", ("1", qualifier), CTX)
    assert aws.calls == []


def retrying(aws: StubbedAws, ctx: FakeContext, clock: FakeClock) -> RetryingConnection:
    return RetryingConnection(aws.connection, RateBudget(clock), ctx)


def test_each_failure_is_reported_and_the_others_go_on(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock)
    aws.answer("lambda", "list_aliases", {"Aliases": []})
    first = {"FunctionName": "hello", "Qualifier": "1"}
    aws.refuse("lambda", "delete_function", "TooManyRequestsException", "Slower.", 429, retries=False)
    aws.answer("lambda", "delete_function", {}, first, retries=False)
    aws.refuse("lambda", "delete_function", "ResourceConflictException", IN_USE, 409, retries=False)
    aws.refuse("lambda", "delete_function", "ResourceNotFoundException", "Gone", 404, retries=False)
    aws.refuse("lambda", "delete_function", "AccessDeniedException", "You may not.", 403, retries=False)
    result = prune(retrying(aws, ctx, clock), "hello", ("1", "2", "3", "4"), ctx)
    assert result.deleted == ("1", "3")  # who else deleted it did what was wanted
    assert [(number, error.aws_code) for number, error in result.failed] == [
        ("2", "ResourceConflictException"),
        ("4", "AccessDeniedException"),
    ]
    assert IN_USE in result.failed[0][1].why


def test_cancel_ends_between_two_versions_and_tells_how_far_it_came(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock, cancel_after_s=0.01)
    aws.answer("lambda", "list_aliases", {"Aliases": []})
    numbers = tuple(str(number) for number in range(1, 31))
    for number in numbers[:14]:  # a second's worth, with the list
        expected = {"FunctionName": "hello", "Qualifier": number}
        aws.answer("lambda", "delete_function", {}, expected, retries=False)
    result = prune(retrying(aws, ctx, clock), "hello", numbers, ctx)
    assert (result.deleted, result.failed, result.left) == (numbers[:14], (), numbers[14:])
