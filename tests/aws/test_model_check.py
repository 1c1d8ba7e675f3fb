"""The check of requests finds what botocore lets pass."""

from typing import Any

import pytest

from tests.aws.model_check import check_request, model_checked_sessions
from workbench.aws.client_config import Access, StaticKeys
from workbench.aws.connection import Connection

GOOD: dict[str, Any] = {
    "FunctionName": "hello",
    "Role": "arn:aws:iam::123456789012:role/hello",
    "Runtime": "python3.13",
    "Handler": "app.handler",
    "Code": {"ZipFile": b"PK"},
    "Timeout": 3,
    "Environment": {"Variables": {"STAGE": "dev"}},
    "Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:tools:3"],
}


def test_a_good_request_passes() -> None:
    check_request("lambda", "CreateFunction", GOOD)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"FunctionName": "with blanks"}, "does not match"),
        ({"FunctionName": "x" * 300}, "more than"),
        ({"Handler": "h" * 129}, "more than 128"),
        ({"Runtime": "python9"}, "none of"),
        ({"Timeout": 0}, "less than 1"),
        ({"Environment": {"Variables": {"1ST": "x"}}}, "key '1ST'"),
        ({"Layers": ["no arn"]}, r"Layers\[0\]"),
        ({"Architectures": []}, "less than 1"),
    ],
)
def test_what_aws_would_refuse_is_found(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        check_request("lambda", "CreateFunction", GOOD | change)


def test_a_missing_member_is_found() -> None:
    with pytest.raises(AssertionError, match="Role is required"):
        check_request("lambda", "CreateFunction", {key: GOOD[key] for key in GOOD if key != "Role"})


def test_a_checked_session_stops_the_request_before_it_is_sent() -> None:
    access = Access(None, "us-east-1", "http://127.0.0.1:1", StaticKeys("AKID", "secret"))
    connection = Connection(access, model_checked_sessions().get(access))
    with pytest.raises(AssertionError, match="does not match"):
        connection.call("lambda", "get_function", FunctionName="with blanks")
