"""botocore's service data: its loader, partitions and regions, so that no list of our own is outdated.

botocore is imported inside functions: the GUI thread imports this room, and a worker thread pays for it.
Source of the opt-in regions, by which SNS delivers across regions:
https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _

if TYPE_CHECKING:
    from workbench.aws.connection import Connection

_AS_JSON = frozenset({"cloudwatch"})
"""Services that are called with JSON although botocore prefers CBOR: its decoder is written in Python, and
takes half a minute for what a JSON library parses in a second."""


@functools.cache
def loader() -> Any:
    """The shared `botocore.loaders.Loader`, which caches its files; they never change."""
    from botocore.loaders import create_loader

    shared = create_loader()
    load = shared.load_service_model

    def load_service_model(
        service_name: str, type_name: str, api_version: str | None = None
    ) -> dict[str, Any]:
        model: dict[str, Any] = load(service_name, type_name, api_version)
        if service_name in _AS_JSON and type_name == "service-2" and "json" in model["metadata"]["protocols"]:
            return {**model, "metadata": {**model["metadata"], "protocol": "json", "protocols": ["json"]}}
        return model

    vars(shared)["load_service_model"] = load_service_model
    return shared


@dataclass(frozen=True, slots=True)
class Region:
    """A region: "eu-central-1", "Europe (Frankfurt)", in partition "aws"."""

    name: str
    description: str
    partition: str


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition: "aws", "AWS Standard", the suffixes of its host names, and its regions."""

    name: str
    title: str
    dns_suffixes: tuple[str, ...]
    regions: tuple[Region, ...]


@functools.cache
def partitions() -> tuple[Partition, ...]:
    """All partitions, the public one first."""
    titles = {each["partition"]: each["partitionName"] for each in _endpoints()}
    found = []
    for data in loader().load_data("partitions")["partitions"]:
        name, outputs = data["id"], data["outputs"]
        regions = tuple(
            Region(region, details.get("description", region), name)
            for region, details in sorted(data["regions"].items())
            if not region.endswith("-global")
        )
        suffixes = (outputs["dnsSuffix"], outputs["dualStackDnsSuffix"])
        found.append(Partition(name, titles.get(name, name), suffixes, regions))
    return tuple(sorted(found, key=lambda partition: partition.name))


@functools.cache
def all_lambda_regions() -> tuple[Region, ...]:
    """The regions of Lambda, sorted by partition and name."""
    services = (data["services"].get("lambda", {}) for data in _endpoints())
    offered = {name for service in services for name in service.get("endpoints", {})}
    return tuple(each for partition in partitions() for each in partition.regions if each.name in offered)


def lambda_regions(region_name: str) -> tuple[str, ...]:
    """The names of Lambda's regions in the same partition, for which the same credentials are valid."""
    region = find(region_name)
    partition = region.partition if region else "aws"
    return tuple(each.name for each in all_lambda_regions() if each.partition == partition)


def find(name: str) -> Region | None:
    """The region of that name; None if this version does not know it."""
    return next((each for partition in partitions() for each in partition.regions if each.name == name), None)


def is_aws_host(host: str) -> bool:
    """Whether a host name is one of AWS's own ("lambda.eu-central-1.amazonaws.com")."""
    suffixes = {suffix for partition in partitions() for suffix in partition.dns_suffixes}
    return any(host.endswith(f".{suffix}") for suffix in suffixes)


def _endpoints() -> list[dict[str, Any]]:
    return list(loader().load_data("endpoints")["partitions"])


_BY_DEFAULT = "ENABLED_BY_DEFAULT"
_DISABLED = frozenset({"DISABLED", "DISABLING", "ENABLING"})
_BEFORE_OPT_IN = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "ap-south-1"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2"),
    }
)
"""Enabled by default. Regions since March 2019 are not, so this list does not grow.
Source: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html"""


def opt_in_regions(connection: "Connection", names: Iterable[str], ctx: JobContext) -> frozenset[str]:
    """Those of the regions that are opt-in regions.

    From account:ListRegions; without that permission, from AWS's documentation.
    """
    asked = frozenset(names)
    if all((region := find(name)) and region.partition != "aws" for name in asked):
        return frozenset()  # the other partitions have none
    status = _status(connection, ctx)
    return frozenset(
        name
        for name in asked
        if (status[name] != _BY_DEFAULT if name in status else name not in _BEFORE_OPT_IN)
    )


def enabled_regions(connection: "Connection", names: Iterable[str], ctx: JobContext) -> tuple[str, ...]:
    """Those of the regions that are not known to be disabled, in order.

    From account:ListRegions; without that permission, all.
    """
    status = _status(connection, ctx)
    return tuple(name for name in names if status.get(name) not in _DISABLED)


def _status(connection: "Connection", ctx: JobContext) -> dict[str, str]:
    """The status of each region by name; empty if it may not be read."""
    try:
        pages = connection.paginate(
            "account", "list_regions", ctx=ctx, failure=_("Could not read the account's regions.")
        )
        return {
            str(each["RegionName"]): str(each.get("RegionOptStatus"))
            for page in pages
            for each in page.get("Regions") or ()
        }
    except WorkbenchError:
        return {}
