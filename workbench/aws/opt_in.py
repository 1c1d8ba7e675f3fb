"""Which regions an account has to opt in to, by which SNS delivers across regions, and which are enabled.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
"""

from collections.abc import Iterable

from workbench.aws import regions
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

_BY_DEFAULT = "ENABLED_BY_DEFAULT"
_DISABLED = frozenset({"DISABLED", "DISABLING", "ENABLING"})
_BEFORE_OPT_IN = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "ap-south-1"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2"),
    }
)
"""Enabled by default; every region since March 2019 is not, so that this list does not grow.
Source: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html"""


def opt_in_regions(connection: Connection, names: Iterable[str], ctx: JobContext) -> frozenset[str]:
    """Those of the regions that an account must opt in to.

    From account:ListRegions; without that permission, from AWS's documentation.

    Raises:
        Cancelled: Before the call.
    """
    asked = frozenset(names)
    if all((region := regions.find(name)) and region.partition != "aws" for name in asked):
        return frozenset()  # the other partitions have none
    status = _status(connection, ctx)
    return frozenset(
        name
        for name in asked
        if (status[name] != _BY_DEFAULT if name in status else name not in _BEFORE_OPT_IN)
    )


def enabled_regions(connection: Connection, names: Iterable[str], ctx: JobContext) -> tuple[str, ...]:
    """Those of the regions that are not known to be disabled, in their order.

    From account:ListRegions; without that permission, all.

    Raises:
        Cancelled: Before the call.
    """
    status = _status(connection, ctx)
    return tuple(name for name in names if status.get(name) not in _DISABLED)


def _status(connection: Connection, ctx: JobContext) -> dict[str, str]:
    """The status of each region by its name; empty when it may not be asked for."""
    try:
        pages = connection.paginate(
            "account", "list_regions", ctx=ctx, failure="Could not read the account's regions."
        )
        return {
            str(each["RegionName"]): str(each.get("RegionOptStatus"))
            for page in pages
            for each in page.get("Regions") or ()
        }
    except WorkbenchError:
        return {}
