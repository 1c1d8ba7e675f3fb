"""Functions whose code AWS takes from elsewhere: the exact request, and what is taken back without a hash."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.functions.creations import begun
from tests.functions.test_create import ARN, NAME, ROLE_ARN, WITH_ROLE, free_name, is_over, short_pauses
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.create import CreationJournal, NewFunction, StepKind, create, undo

__all__ = ["short_pauses"]  # a fixture, for all tests here

IMAGE_URI = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/orders:v1"
S3 = replace(WITH_ROLE, s3_bucket="code", s3_key="a/b.zip", settings='{"MemorySize": 512}')
IMAGE = replace(WITH_ROLE, runtime="", handler="", image_uri=IMAGE_URI)
BASE = {"FunctionName": NAME, "Role": ROLE_ARN, "Description": "", "Architectures": ["arm64"]}
CODE = {"S3Bucket": "code", "S3Key": "a/b.zip"}
RUNS = {"Runtime": "python3.13", "Handler": "app.handler"}


@pytest.fixture
def journal(tmp_path: Path) -> CreationJournal:
    return CreationJournal(tmp_path / "creations")


def found(**more: Any) -> dict[str, Any]:
    about = {"FunctionName": NAME, "FunctionArn": ARN, "Role": ROLE_ARN, "State": "Active", "CodeSha256": "x"}
    return {"Configuration": about | more}


@pytest.mark.parametrize(
    ("wanted", "request_", "seen"),
    [
        (S3, BASE | RUNS | {"Code": CODE, "MemorySize": 512}, RUNS),
        (
            replace(S3, s3_version="v7"),
            BASE | RUNS | {"Code": CODE | {"S3ObjectVersion": "v7"}, "MemorySize": 512},
            RUNS,
        ),
        (IMAGE, BASE | {"Code": {"ImageUri": IMAGE_URI}, "PackageType": "Image"}, {"PackageType": "Image"}),
    ],
    ids=["object", "version", "image"],
)
def test_the_request_names_where_the_code_is(
    aws: StubbedAws,
    journal: CreationJournal,
    wanted: NewFunction,
    request_: dict[str, Any],
    seen: dict[str, Any],
) -> None:
    free_name(aws)
    aws.answer("lambda", "create_function", {}, request_)
    aws.answer("lambda", "get_function", found(**seen))
    assert create(aws.connection, wanted, b"", journal, JobContext()).function_name == NAME


@pytest.mark.parametrize(
    ("seen", "goes"),
    [
        (RUNS, True),
        (RUNS | {"Description": "somebody else's"}, False),
        (RUNS | {"Handler": "other.handler"}, False),
        (RUNS | {"Role": "arn:aws:iam::123456789012:role/other"}, False),
    ],
)
def test_only_what_bears_the_marks_of_this_creation_is_taken_back(
    aws: StubbedAws, journal: CreationJournal, seen: dict[str, Any], goes: bool
) -> None:
    begun(journal, S3, b"", "123456789012", "eu-central-1", StepKind.FUNCTION)
    [left] = journal.unfinished("123456789012", "eu-central-1")
    assert left.about.code_sha256 == ""
    aws.answer("lambda", "get_function", found(**seen))
    if goes:
        aws.answer("lambda", "delete_function", {}, {"FunctionName": NAME})
    undo(aws.connection, left, journal)
    assert journal.unfinished("123456789012", "eu-central-1") == ()


def test_an_object_that_lambda_cannot_take_leaves_nothing(
    aws: StubbedAws, journal: CreationJournal, tmp_path: Path
) -> None:
    words = "Error occurred while GetObject. S3 Error Code: NoSuchKey."
    free_name(aws)
    aws.refuse("lambda", "create_function", "InvalidParameterValueException", words, request_id="r-1")
    with pytest.raises(WorkbenchError) as caught:
        create(aws.connection, S3, b"", journal, JobContext())
    assert caught.value.aws_code == "InvalidParameterValueException"
    assert "NoSuchKey" in caught.value.why
    assert is_over(journal, tmp_path)
