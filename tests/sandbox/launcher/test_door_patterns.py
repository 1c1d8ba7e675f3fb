"""Patterns of service models: Java's, applied in Python where they mean the same and cannot take long."""

import time
from functools import cache

import pytest

from workbench.sandbox.launcher.door.models import MAX_MATCHED, MAX_TOO_LONG, Models, Service, compile_pattern

SERVED = [
    "account", "apigateway", "apigatewayv2", "cloudformation", "cloudwatch", "dynamodb", "dynamodbstreams",
    "ec2", "events", "iam", "kinesis", "kms", "lambda", "logs", "resourcegroupstaggingapi", "s3", "scheduler",
    "secretsmanager", "sns", "sqs", "ssm", "sts",
]  # fmt: skip
# In Python these mean something else, or can take for ever.
NOT_APPLIED = {
    "events.AuthHeaderParameters",
    "events.AuthHeaderParametersSensitive",
    "events.HeaderValue",
    "events.HeaderValueSensitive",
    "events.SageMakerPipelineParameterName",
    "logs.ResourceType",
    "ssm.CloudConnectorIamRoleArn",
}
HOSTILE = ["a", "1", "-", "a-", "a.", "/", ":", "a/", " ", "\\", "é", "A_", "arn:aws:", "*"]


@cache
def models() -> Models:
    return Models()


def service(name: str) -> Service:
    found = models().service(name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", SERVED)
def test_all_but_a_few_patterns_are_applied_and_none_takes_long(name: str) -> None:
    skipped, slow = set(), []
    for shape in map(service(name).shape, service(name)._shapes):
        if shape.pattern_text and shape.pattern is None:
            skipped.add(f"{name}.{shape.name}")
        if shape.pattern is None:
            continue
        longest = min(MAX_MATCHED, max(int(shape.maximum or MAX_MATCHED), MAX_TOO_LONG))
        for text in HOSTILE:
            hostile = (text * longest)[: longest - 1] + "\n"
            started = time.process_time()
            shape.pattern.fullmatch(hostile)
            if time.process_time() - started > 0.15:
                slow.append((shape.name, text))
    assert skipped == {each for each in NOT_APPLIED if each.startswith(f"{name}.")}
    assert not slow


@pytest.mark.parametrize(
    ("pattern", "text", "is_met"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "Größe 1/2", True),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "a*b", False),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "smile 😀", True),
        (r"[\w+=,.@-]+", "größe", False),
        (r"((?!^\d+$)^[0-9a-zA-Z-_]+$)", "12", False),
        (r"[^\s]+", "a b", False),
    ],
)
def test_a_pattern_of_java_means_the_same(pattern: str, text: str, is_met: bool) -> None:
    compiled = compile_pattern(pattern)
    assert compiled is not None
    assert bool(compiled.fullmatch(text)) is is_met


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "(a*b?)*", r"[^\p{C}]*", r"[\p{Print}&&[^|:/]]+", "(", r"\Qa\E"]
)
def test_a_pattern_that_means_something_else_or_can_take_for_ever_is_not_applied(pattern: str) -> None:
    assert compile_pattern(pattern) is None


@pytest.mark.parametrize("pattern", [r"([a-z]+\.)*[a-z]+", r"(-[a-z0-9]+)*", r"([a-z]+/)+x"])
def test_repetitions_that_a_mark_parts_are_applied(pattern: str) -> None:
    assert compile_pattern(pattern) is not None
