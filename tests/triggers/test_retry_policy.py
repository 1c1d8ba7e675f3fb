"""The two ledgers in words, with the numbers that hold for this trigger."""

import pytest

from workbench.functions.model import detail_of
from workbench.triggers.kinds import mapping, source
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import ObservedFunction, SourceKind

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
DETAIL = detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": ARN}})


def seen(**more: object) -> ObservedFunction:
    return ObservedFunction(DETAIL, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (90, "90 s"),
        (60, "1 min"),
        (21_600, "6 h"),
        (86_400, "24 h"),
        (604_800, "7 days"),
        (1_987_200, "23 days"),
    ],
)
def test_a_length_of_time(seconds: int, words: str) -> None:
    assert source.duration(seconds) == words


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (SourceKind("sns"), "up to 100,015 attempts for 23 days"),
        (SourceKind("events"), "up to 185 attempts for 24 h"),
        (SourceKind("logs"), "retries: for 24 h"),
        (SourceKind("cognito"), "up to 3 attempts"),
        (SourceKind("url"), "None"),
        (SourceKind("s3"), "does not document how often"),
    ],
)
def test_what_a_source_does_by_default(kind: SourceKind, words: str) -> None:
    assert words in source.source_retries(SOURCES[kind].upstream)


def test_a_rule_s_own_retry_policy_counts() -> None:
    assert "up to 4 attempts for 10 min" in source.source_retries(
        SOURCES[SourceKind("events")].upstream, 3, 600
    )
    assert "None" in source.source_retries(SOURCES[SourceKind("events")].upstream, 0, 600)


@pytest.mark.parametrize(
    ("retries", "words"),
    [(2, "2 retries (after 1 min and after 2 min)"), (1, "1 retry (after 1 min)"), (0, "no retry")],
)
def test_asynchronous_retries_have_live_numbers(retries: int, words: str) -> None:
    text = source.async_invoke_retries(seen(async_retries=retries, async_age_s=7_200))
    assert words in text
    assert "up to 2 h" in text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "until it succeeds or its records expire (24 h)"),
        ({"MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1}, "records expire"),
        ({"MaximumRetryAttempts": 1}, "up to 1 time;"),
        ({"MaximumRetryAttempts": 3}, "up to 3 times; its shard"),
        (
            {"MaximumRetryAttempts": 3, "MaximumRecordAgeInSeconds": 600},
            "up to 3 times, until a record is 10 min old; its shard",
        ),
        ({"MaximumRecordAgeInSeconds": 600}, "until a record is 10 min old"),
        ({"MaximumRetryAttempts": 0}, "None"),
        ({"BisectBatchOnFunctionError": True}, "split in two"),
    ],
)
def test_a_stream_s_retries(values: dict[str, object], words: str) -> None:
    assert words in mapping.stream_retries(values, kept_s=86_400)


def test_where_asynchronous_events_land() -> None:
    arn = "arn:aws:sqs:eu-central-1:123456789012:dead"
    assert arn in source.async_failures((arn,))
    assert "lost" in source.async_failures(())
    assert "Unknown" in source.async_failures(None)
    assert source.failure_names((arn,)) == ("dead",)
    assert source.failure_names(None) == ()


def test_where_batches_land() -> None:
    arn = "arn:aws:sns:eu-central-1:123456789012:failed"
    assert arn in mapping.mapping_failures({mapping.ON_FAILURE: arn})
    for nothing in ({}, {mapping.ON_FAILURE: ""}):
        assert "skipped when retries end" in mapping.mapping_failures(nothing)
