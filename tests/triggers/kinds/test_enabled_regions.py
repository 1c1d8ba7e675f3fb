"""Other regions are asked for an API only where the account has them enabled."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws, aws
from workbench.aws import regions
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.triggers.kinds import api

__all__ = ["aws"]
HINT = "arn:aws:execute-api:eu-central-1:123456789012:gone123456/*/GET/x"


def asked(aws: StubbedAws, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The regions that are asked for an API that is nowhere."""
    found: set[str] = set()

    def nothing(there: Connection, _service: str, _api: str) -> dict[str, Any]:
        found.add(there.region)
        return {}

    monkeypatch.setattr(api, "_api", nothing)
    assert api.apis_in_other_regions(aws.connection, api.HTTP, [HINT], (), JobContext()) == []
    return found


def test_a_disabled_region_is_not_asked(aws: StubbedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    status = {"af-south-1": "DISABLED", "ap-east-1": "ENABLED", "us-east-1": "ENABLED_BY_DEFAULT"}
    listed = [{"RegionName": name, "RegionOptStatus": each} for name, each in status.items()]
    aws.answer("account", "list_regions", {"Regions": listed})
    assert asked(aws, monkeypatch) == set(regions.lambda_regions("eu-central-1")) - {"af-south-1"}


def test_all_regions_are_asked_by_those_who_may_not_list_them(
    aws: StubbedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.refuse("account", "list_regions", "AccessDeniedException", "You may not.", 403)
    assert asked(aws, monkeypatch) == set(regions.lambda_regions("eu-central-1"))
