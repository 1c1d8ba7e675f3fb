"""Reading one function, and waiting for it."""

from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock, FakeContext
from workbench.code.workspace_store import refuse_images
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.options import AliasMove
from workbench.deploy.run import _alias, code_source
from workbench.functions import detail
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import detail_of
from workbench.functions.settings import Reading
from workbench.functions.versions import Alias

CONFIGURATION = {
    "FunctionName": "hello",
    "FunctionArn": "arn:aws:lambda:eu-central-1:123456789012:function:hello",
    "State": "Active",
    "LastUpdateStatus": "Successful",
}


def answer(aws: StubbedAws, **more: Any) -> None:
    aws.answer("lambda", "get_function", {"Configuration": {**CONFIGURATION, **more}})


@pytest.mark.parametrize(
    ("pending", "why"),
    [
        ({"State": "Pending", "StateReason": "It is being created."}, "It is being created."),
        ({"LastUpdateStatus": "InProgress"}, "AWS has not completed the change"),
    ],
)
def test_an_update_that_does_not_end_is_still_pending_after_a_while(
    aws: StubbedAws, monkeypatch: pytest.MonkeyPatch, pending: dict[str, str], why: str
) -> None:
    monkeypatch.setattr(detail, "_UPDATE", replace(detail._UPDATE, total_s=0.1))
    clock = FakeClock()
    for _ in range(6):
        answer(aws, **pending)
    with pytest.raises(WorkbenchError, match="hello is still pending") as caught:
        wait_until_updated(aws.connection, "hello", FakeContext(clock))
    assert caught.value.why.startswith(why)
    assert caught.value.aws_code in {f"{name}={value}" for name, value in pending.items()}
    assert clock.passed_s == pytest.approx(0.1)


def test_a_function_whose_code_may_not_be_read_is_read_without_it(aws: StubbedAws) -> None:
    words = "User: me is not authorized to perform: lambda:GetFunction on resource: hello"
    aws.refuse("lambda", "get_function", "AccessDeniedException", words, 403)
    request = {"FunctionName": "hello", "Qualifier": "3"}
    aws.answer("lambda", "get_function_configuration", {**CONFIGURATION, "MemorySize": 512}, request)
    function = get_function(aws.connection, "hello", "3")
    assert (function.memory_mb, function.code_location) == (512, "")
    assert "lambda:GetFunction" in function.code_error
    hidden = {name for name, _why in Reading.first(function, "").unread if _why}
    assert hidden == {"tags", "reserved_concurrency", "image_uri"}
    with pytest.raises(WorkbenchError, match="lambda:GetFunction on resource"):
        refuse_images(code_source(function, aws.connection))


def test_who_may_read_nothing_hears_of_the_first_refusal(aws: StubbedAws) -> None:
    aws.refuse("lambda", "get_function", "AccessDeniedException", "the first", 403)
    aws.refuse("lambda", "get_function_configuration", "AccessDeniedException", "the second", 403)
    with pytest.raises(WorkbenchError, match="the first"):
        get_function(aws.connection, "hello")


def test_one_alias_is_read_without_listing_all(aws: StubbedAws) -> None:
    request = {"FunctionName": "hello", "Name": "live"}
    aws.answer("lambda", "get_alias", {"Name": "live", "FunctionVersion": "3", "RevisionId": "r1"}, request)
    move = AliasMove("live")
    assert _alias(aws.connection, "hello", move, JobContext()) == Alias("live", "3", "", (), "r1")
    aws.refuse("lambda", "get_alias", "ResourceNotFoundException", "Cannot find alias", 404)
    assert _alias(aws.connection, "hello", move, JobContext()) is None


def test_tags_that_may_not_be_read_name_the_policy_line() -> None:
    refused = {
        "ErrorCode": "AccessDeniedException",
        "Message": "User: u is not authorized to perform: lambda:ListTags on resource: arn:aws:lambda:x:1:f "
        "because no identity-based policy allows the lambda:ListTags action",
    }
    seen = detail_of(
        {
            "Configuration": {
                "FunctionName": "f",
                "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
            },
            "TagsError": refused,
        }
    )
    assert "Ask for the permission lambda:ListTags (statement ViewFunctions of view.json" in seen.tags_error
    assert (
        detail_of(
            {
                "Configuration": {
                    "FunctionName": "f",
                    "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
                }
            }
        ).tags_error
        == ""
    )
