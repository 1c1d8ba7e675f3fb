"""Where buckets are, and that Lambda takes code only from buckets of its own region."""

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.errors import WorkbenchError
from workbench.functions.account_resources import bucket_home, check_bucket_region


@pytest.mark.parametrize("location", [{}, {"LocationConstraint": "eu-central-1"}])
def test_a_bucket_of_the_same_region_is_fine(aws: StubbedAws, location: dict[str, str]) -> None:
    aws.answer("s3", "head_bucket", {} if location else {"BucketRegion": "eu-central-1"}, {"Bucket": "code"})
    if location:
        aws.answer("s3", "get_bucket_location", location, {"Bucket": "code"})
    check_bucket_region(aws.connection, "code", "orders")


def test_a_bucket_elsewhere_is_refused_with_both_regions(aws: StubbedAws) -> None:
    aws.answer("s3", "head_bucket", {"BucketRegion": "us-east-1"}, {"Bucket": "code"})
    with pytest.raises(WorkbenchError, match="is in us-east-1; the function would be in eu-central-1"):
        check_bucket_region(aws.connection, "code", "orders")


def test_a_bucket_that_is_not_there_is_said(aws: StubbedAws) -> None:
    aws.refuse("s3", "head_bucket", "404", "Not Found", 404)
    with pytest.raises(WorkbenchError, match=r"orders was not created\. The bucket code does not exist"):
        check_bucket_region(aws.connection, "code", "orders")


def test_a_bucket_that_may_not_be_looked_at_is_left_to_lambda(aws: StubbedAws) -> None:
    aws.refuse("s3", "head_bucket", "403", "Forbidden", 403)
    aws.refuse("s3", "get_bucket_location", "AccessDenied", "Access Denied", 403)
    check_bucket_region(aws.connection, "code", "orders")


@pytest.mark.parametrize("status", [301, 403])
def test_a_refusal_names_the_region_too(aws: StubbedAws, status: int) -> None:
    aws.refuse(
        "s3", "head_bucket", str(status), "Forbidden", status, headers={"x-amz-bucket-region": "eu-west-1"}
    )
    home = bucket_home(aws.connection, "photos", "123456789012")
    assert home.region == "eu-west-1"
    assert home.denied is not None
    assert home.denied.aws_code == str(status)


@pytest.mark.parametrize(
    ("constraint", "region"), [(None, "us-east-1"), ("EU", "eu-west-1"), ("eu-central-1", "eu-central-1")]
)
def test_the_oldest_regions_have_other_names_in_a_location(
    aws: StubbedAws, constraint: str | None, region: str
) -> None:
    aws.answer("s3", "head_bucket", {}, {"Bucket": "photos"})
    aws.answer("s3", "get_bucket_location", {"LocationConstraint": constraint} if constraint else {})
    assert bucket_home(aws.connection, "photos").region == region


def test_no_answer_is_not_a_bucket_without_a_region(aws: StubbedAws) -> None:
    aws.refuse("s3", "head_bucket", "SlowDown", "Please reduce your request rate.", 503)
    with pytest.raises(WorkbenchError) as caught:
        bucket_home(aws.connection, "photos")
    assert caught.value.aws_code == "SlowDown"
