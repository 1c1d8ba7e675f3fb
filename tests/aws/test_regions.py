"""Partitions and regions come from botocore's data, and agree with botocore; regions to opt in to."""

import boto3
import pytest

from tests.aws_stub import StubbedAws
from workbench.aws import regions
from workbench.aws.regions import opt_in_regions
from workbench.core.jobs import JobContext


def test_lambdas_regions_are_those_of_boto3() -> None:
    session = boto3.session.Session()
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        ours = {each.name for each in regions.all_lambda_regions() if each.partition == partition}
        assert ours == set(session.get_available_regions("lambda", partition))
    assert len(regions.lambda_regions("us-east-1")) >= 34


@pytest.mark.parametrize(
    ("beside", "there", "not_there"),
    [
        ("eu-central-1", "us-east-1", "cn-north-1"),
        ("cn-north-1", "cn-northwest-1", "us-east-1"),
        ("us-gov-west-1", "us-gov-east-1", "us-east-1"),
        ("us-nowhere-9", "us-east-1", "cn-north-1"),
    ],
)
def test_regions_offered_are_those_of_the_same_partition(beside: str, there: str, not_there: str) -> None:
    offered = regions.lambda_regions(beside)
    assert there in offered
    assert not_there not in offered
    assert not any(name.endswith("-global") or name.startswith("fips-") for name in offered)


def test_a_region_is_described() -> None:
    region = regions.find("eu-central-1")
    assert region == regions.Region("eu-central-1", "Europe (Frankfurt)", "aws")
    assert regions.find("us-nowhere-9") is None
    assert regions.partitions()[0].name == "aws"


@pytest.mark.parametrize(
    "host",
    [
        "lambda.eu-central-1.amazonaws.com",
        "lambda.cn-north-1.amazonaws.com.cn",
        "lambda.eu-central-1.api.aws",
        "lambda.us-iso-east-1.c2s.ic.gov",
    ],
)
def test_aws_hosts_are_known(host: str) -> None:
    assert regions.is_aws_host(host)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "amazonaws.com.example.org", "notamazonaws.com", ""]
)
def test_other_hosts_are_not(host: str) -> None:
    assert not regions.is_aws_host(host)


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
