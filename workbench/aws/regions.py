"""Partitions and regions, from botocore's data: no list of our own that ages.

Whether a region is enabled for an account takes a call: see opt_in.py.
"""

import functools
from dataclasses import dataclass
from typing import Any

from workbench.aws import service_data


@dataclass(frozen=True, slots=True)
class Region:
    """A region: "eu-central-1", "Europe (Frankfurt)", in partition "aws"."""

    name: str
    description: str
    partition: str


@dataclass(frozen=True, slots=True)
class Partition:
    """A separate AWS: "aws", "AWS Standard", its host names' suffixes and its regions."""

    name: str
    title: str
    dns_suffixes: tuple[str, ...]
    regions: tuple[Region, ...]


@functools.cache
def partitions() -> tuple[Partition, ...]:
    """All partitions, the public one first."""
    titles = {each["partition"]: each["partitionName"] for each in _endpoints()}
    found = []
    for data in service_data.loader().load_data("partitions")["partitions"]:
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
def service_regions(service: str = "lambda") -> tuple[Region, ...]:
    """The regions where a service is offered, sorted by partition and name.

    Args:
        service: The prefix of its endpoint ("lambda", "sqs").
    """
    offered = {
        name for data in _endpoints() for name in data["services"].get(service, {}).get("endpoints", {})
    }
    return tuple(
        region for partition in partitions() for region in partition.regions if region.name in offered
    )


def lambda_regions(region_name: str) -> tuple[str, ...]:
    """The names of Lambda's regions in the same partition, for which the same credentials are valid."""
    region = find(region_name)
    partition = region.partition if region else "aws"
    return tuple(each.name for each in service_regions("lambda") if each.partition == partition)


def find(name: str) -> Region | None:
    """The region of that name, if this version knows it."""
    return next((each for partition in partitions() for each in partition.regions if each.name == name), None)


def is_known(name: str) -> bool:
    """Whether a region exists as far as this version knows. botocore itself accepts any word."""
    return find(name) is not None


def is_aws_host(host: str) -> bool:
    """Whether a host name is one of AWS's own ("lambda.eu-central-1.amazonaws.com")."""
    suffixes = {suffix for partition in partitions() for suffix in partition.dns_suffixes}
    return any(host.endswith(f".{suffix}") for suffix in suffixes)


def _endpoints() -> list[dict[str, Any]]:
    return list(service_data.loader().load_data("endpoints")["partitions"])
