"""ARNs of every shape that AWS uses."""

import pytest

from workbench.aws.names import Arn


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
