"""Regions and what an account has enabled: AWS's own answers, and what stands when nobody may ask."""

import threading

import pytest

from tests.aws_stub import ANY, StubbedAws, aws
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.profiles.region_status import RegionStatus, all_regions, region_status

__all__ = ["aws"]


def by_name(found: tuple[RegionStatus, ...]) -> dict[str, str]:
    return {region.name: region.opt_in for region in found}


def test_the_account_says_what_is_enabled(aws: StubbedAws) -> None:
    first = [
        {"RegionName": "eu-central-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
        {"RegionName": "af-south-1", "RegionOptStatus": "ENABLED"},
    ]
    second = [
        {"RegionName": "ap-east-1", "RegionOptStatus": "DISABLED"},
        {"RegionName": "me-south-1", "RegionOptStatus": "ENABLING"},
        {"RegionName": "il-central-1", "RegionOptStatus": "DISABLING"},
    ]
    aws.answer(
        "account", "list_regions", {"Regions": first, "NextToken": "t"}, {"MaxResults": 50}, probe=True
    )
    aws.answer(
        "account", "list_regions", {"Regions": second}, {"MaxResults": 50, "NextToken": "t"}, probe=True
    )
    found = by_name(region_status(aws.connection, JobContext()))
    assert (found["eu-central-1"], found["af-south-1"]) == ("enabled", "enabled")
    assert {found[name] for name in ("ap-east-1", "me-south-1", "il-central-1")} == {"disabled"}
    assert found["eu-west-1"] == "unknown"
    assert "cn-north-1" not in found, "the keys are of no use in another partition"


def test_who_may_not_ask_the_account_asks_ec2(aws: StubbedAws) -> None:
    aws.refuse("account", "list_regions", "AccessDeniedException", "no", 403, probe=True)
    answer = {
        "Regions": [
            {"RegionName": "eu-central-1", "OptInStatus": "opt-in-not-required"},
            {"RegionName": "af-south-1", "OptInStatus": "opted-in"},
            {"RegionName": "ap-east-1", "OptInStatus": "not-opted-in"},
        ]
    }
    aws.answer("ec2", "describe_regions", answer, {"AllRegions": True}, probe=True)
    found = by_name(region_status(aws.connection, JobContext()))
    assert [found[name] for name in ("eu-central-1", "af-south-1", "ap-east-1")] == [
        "enabled",
        "enabled",
        "disabled",
    ]


def test_who_may_ask_nobody_gets_the_list(aws: StubbedAws) -> None:
    aws.refuse("account", "list_regions", "AccessDeniedException", "no", 403, probe=True)
    aws.refuse("ec2", "describe_regions", "UnauthorizedOperation", "no", 403, probe=True)
    found = region_status(aws.connection, JobContext())
    assert {region.opt_in for region in found} == {"unknown"}
    assert len(found) > 20
    frankfurt = next(region for region in found if region.name == "eu-central-1")
    assert (frankfurt.description, frankfurt.partition) == ("Europe (Frankfurt)", "aws")


def test_asking_can_be_cancelled(aws: StubbedAws) -> None:
    stop = threading.Event()
    aws.answer("account", "list_regions", {"Regions": [], "NextToken": "t"}, {"MaxResults": ANY}, probe=True)
    asked = JobContext(stop=stop)
    aws.connection.client("account", probe=True).meta.events.register("after-call", lambda **_: stop.set())
    with pytest.raises(Cancelled):
        region_status(aws.connection, asked)


def test_without_a_connection_all_partitions_are_there() -> None:
    found = all_regions()
    assert {"aws", "aws-cn", "aws-us-gov"} <= {region.partition for region in found}
    assert found[0].partition == "aws"
    assert {region.opt_in for region in found} == {"unknown"}
