"""Which regions a profile can use: its partition's, and what the account has enabled of them.

Owns: where that is asked, and what stands when nobody may ask. Must not know: the UI.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.aws import regions
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

OptIn = Literal["enabled", "disabled", "unknown"]

_ACCOUNT: Mapping[str, OptIn] = {
    # A region that is being enabled does not answer yet.
    "ENABLED": "enabled",
    "ENABLED_BY_DEFAULT": "enabled",
    "DISABLED": "disabled",
    "DISABLING": "disabled",
    "ENABLING": "disabled",
}
_EC2: Mapping[str, OptIn] = {
    "opt-in-not-required": "enabled",
    "opted-in": "enabled",
    "not-opted-in": "disabled",
}


@dataclass(frozen=True, slots=True)
class RegionStatus:
    """A region where Lambda is offered.

    Attributes:
        name: Such as "eu-central-1".
        description: Such as "Europe (Frankfurt)".
        partition: Such as "aws-cn".
        opt_in: Whether the account can use it; "unknown" when nobody may ask.
    """

    name: str
    description: str
    partition: str
    opt_in: OptIn


def all_regions() -> tuple[RegionStatus, ...]:
    """Lambda's regions in every partition, the public one first; for a profile that is not connected."""
    return tuple(_status(region, {}) for region in regions.service_regions("lambda"))


def region_status(connection: Connection, ctx: JobContext) -> tuple[RegionStatus, ...]:
    """Lambda's regions in the connection's partition, with what the account has enabled.

    A profile that may ask neither Account nor EC2 gets the list all the same, without status.

    Raises:
        Cancelled: Between two questions.
    """
    here = regions.find(connection.region)
    partition = here.partition if here else "aws"
    known: dict[str, OptIn] = {}
    for ask in (_ask_account, _ask_ec2):
        ctx.check()
        try:
            known = ask(connection, ctx)
        except WorkbenchError:
            continue  # no permission, or an endpoint that knows no such service: the next may answer
        if known:
            break
    offered = [region for region in regions.service_regions("lambda") if region.partition == partition]
    return tuple(_status(region, known) for region in offered)


def _ask_account(connection: Connection, ctx: JobContext) -> dict[str, OptIn]:
    found: dict[str, OptIn] = {}
    token: dict[str, Any] = {}
    while True:
        ctx.check()
        page = connection.call(
            "account",
            "list_regions",
            probe=True,
            failure="Could not read the account's regions.",
            MaxResults=50,
            **token,
        )
        for region in page.get("Regions", ()):
            found[region["RegionName"]] = _ACCOUNT.get(region.get("RegionOptStatus", ""), "unknown")
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


def _ask_ec2(connection: Connection, _ctx: JobContext) -> dict[str, OptIn]:
    answer = connection.call(
        "ec2",
        "describe_regions",
        probe=True,
        failure="Could not read the account's regions.",
        AllRegions=True,
    )
    return {
        region["RegionName"]: _EC2.get(region.get("OptInStatus", ""), "unknown")
        for region in answer.get("Regions", ())
    }


def _status(region: regions.Region, known: Mapping[str, OptIn]) -> RegionStatus:
    return RegionStatus(region.name, region.description, region.partition, known.get(region.name, "unknown"))
