"""Lambda takes code only from buckets of its own region."""

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.errors import WorkbenchError
from workbench.functions.bucket_region import check_bucket_region


@pytest.mark.parametrize("region", ["eu-central-1", None])
def test_a_bucket_of_the_same_region_is_fine(aws: StubbedAws, region: str | None) -> None:
    aws.answer("s3", "head_bucket", {"BucketRegion": region} if region else {}, {"Bucket": "code"})
    check_bucket_region(aws.connection, "code", "orders")


def test_a_bucket_elsewhere_is_refused_with_both_regions(aws: StubbedAws) -> None:
    aws.answer("s3", "head_bucket", {"BucketRegion": "us-east-1"}, {"Bucket": "code"})
    with pytest.raises(WorkbenchError, match="is in us-east-1, the function would be in eu-central-1"):
        check_bucket_region(aws.connection, "code", "orders")


def test_a_bucket_that_may_not_be_looked_at_is_left_to_lambda(aws: StubbedAws) -> None:
    aws.refuse("s3", "head_bucket", "403", "Forbidden", 403)
    check_bucket_region(aws.connection, "code", "orders")
