"""AWS's names, and what is none; ARNs of every shape that AWS uses."""

from collections.abc import Callable

import pytest

from workbench.aws import names
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError


@pytest.mark.parametrize(
    ("check", "good"),
    [
        (names.account_id, "123456789012"),
        (names.region, "eu-central-1"),
        (names.region, "us-gov-west-1"),
        (names.region, "us-isob-east-1"),
        (names.region, "mx-central-1"),
        (names.region, "local"),
        (names.function_name, "Orders_api-2"),
        (names.function_name, "a" * 140),
        (names.version, "$LATEST"),
        (names.version, "$LATEST.PUBLISHED"),
        (names.version, "17"),
        (names.alias_name, "live-2_b"),
        (names.layer_name, "tools"),
        (names.layer_arn, "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:layer:tools:17"),
        (names.layer_arn, "arn:aws:lambda:us-east-1:123456789012:layer:tools"),
        (names.layer_arn, "arn:aws:lambda:::awslayer:AmazonLinux1803"),
    ],
)
def test_names_of_aws_pass(check: Callable[[str], str], good: str) -> None:
    assert check(good) == good


@pytest.mark.parametrize(
    "check",
    [
        names.account_id,
        names.region,
        names.function_name,
        names.version,
        names.alias_name,
        names.layer_name,
        names.layer_arn,
    ],
)
@pytest.mark.parametrize(
    "bad", ["", ".", "..", "../x", "a/b", "a\\b", "a\0", "17\n", "\n17", "a b", "ä", "C:", "x" * 200, "~"]
)
def test_what_is_no_name_is_refused_and_named(check: Callable[[str], str], bad: str) -> None:
    with pytest.raises(WorkbenchError, match="is not") as refused:
        check(bad)
    assert len(refused.value.what) < 140
    assert refused.value.what.isprintable()


def test_many_names_at_once() -> None:
    assert names.are_function_names([])
    assert names.are_function_names(["a", "b-2"])
    for bad in ("", "a\nb", "../x", "a "):
        assert not names.are_function_names(["a", bad, "b"])


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("arn:aws:lambda:us-east-1:123456789012:function:hello", "function", "hello"),
        ("arn:aws:lambda:us-east-1:123456789012:function:hello:7", "function", "hello:7"),
        ("arn:aws:lambda:eu-central-1:123456789012:layer:tools:3", "layer", "tools:3"),
        ("arn:aws:iam::123456789012:role/service-role/hello", "role", "service-role/hello"),
        ("arn:aws:s3:::my-bucket", "", "my-bucket"),
        ("arn:aws:sqs:us-east-1:123456789012:queue", "", "queue"),
        (
            "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/hello:*",
            "log-group",
            "/aws/lambda/hello:*",
        ),
        (
            "arn:aws:dynamodb:us-east-1:1:table/t/stream/2026-01-01T00:00:00.000",
            "table",
            "t/stream/2026-01-01T00:00:00.000",
        ),
        ("arn:aws-us-gov:apigateway:us-gov-west-1::/restapis/a1", "", "restapis/a1"),
        ("arn:aws-cn:sts::123456789012:assumed-role/admin/me", "assumed-role", "admin/me"),
    ],
)
def test_an_arn_is_taken_apart_and_put_together(text: str, kind: str, name: str) -> None:
    arn = Arn.parse(text)
    assert str(arn) == text
    assert (arn.resource_type, arn.resource_id) == (kind, name)


@pytest.mark.parametrize(
    "text", ["", "hello", "arn:aws:lambda", "arn:aws:s3:::", "urn:aws:s3:::b", "arn::s3:::b"]
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an ARN"):
        Arn.parse(text)


def test_another_resource_in_the_same_place() -> None:
    arn = Arn.parse("arn:aws:lambda:us-east-1:123456789012:function:a")
    assert str(arn.with_resource("function:b")) == "arn:aws:lambda:us-east-1:123456789012:function:b"
