"""Which regions an account has to opt in to."""

import pytest

from tests.aws_stub import StubbedAws
from workbench.aws.regions import opt_in_regions
from workbench.core.jobs import JobContext

CTX = JobContext()


def test_aws_is_asked(aws: StubbedAws) -> None:
    regions = [
        {"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
        {"RegionName": "ap-east-1", "RegionOptStatus": "ENABLED"},
        {"RegionName": "af-south-1", "RegionOptStatus": "DISABLED"},
    ]
    aws.answer("account", "list_regions", {"Regions": regions[:1], "NextToken": "more"})
    aws.answer("account", "list_regions", {"Regions": regions[1:]}, {"NextToken": "more"})
    found = opt_in_regions(aws.connection, ("us-east-1", "ap-east-1"), CTX)
    assert found == {"ap-east-1"}


def test_who_may_not_ask_gets_what_is_documented(aws: StubbedAws) -> None:
    aws.refuse("account", "list_regions", "AccessDeniedException", "no", 403)
    found = opt_in_regions(aws.connection, ("eu-west-1", "me-south-1", "xx-new-1"), CTX)
    assert found == {"me-south-1", "xx-new-1"}


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1"])
def test_other_partitions_have_none_and_are_not_asked(aws: StubbedAws, region: str) -> None:
    assert opt_in_regions(aws.connection, (region,), CTX) == frozenset()
    assert aws.calls == []
