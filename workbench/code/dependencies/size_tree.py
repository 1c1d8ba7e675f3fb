"""What weighs how much in a package: parts, folders and files as a tree, the largest first. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.code.dependencies.inventory import Inventory, PackedFile


@dataclass(frozen=True, slots=True)
class SizeNode:
    """A part, a folder or a file.

    Attributes:
        name: What it is called there; empty for the function's own code.
        version: Of a distribution.
        size_bytes: Of all below it, unpacked.
        files: How many there are below it; 1 for a file.
        children: The largest first.
    """

    name: str
    version: str
    size_bytes: int
    files: int
    children: tuple["SizeNode", ...] = ()


def size_tree(inventory: Inventory) -> tuple[SizeNode, ...]:
    """One node for each part."""
    nodes = (_folder(part.name, part.version, part.files, 0) for part in inventory.parts)
    return tuple(sorted(nodes, key=_rank))


def _folder(name: str, version: str, files: Iterable[PackedFile], depth: int) -> SizeNode:
    """What lies in a folder `depth` levels below the top of the package."""
    leaves: list[SizeNode] = []
    below: dict[str, list[PackedFile]] = {}
    for file in files:
        parts = file.path.split("/", depth + 1)
        if len(parts) == depth + 1:
            leaves.append(SizeNode(parts[depth], "", file.size_bytes, 1))
        else:
            below.setdefault(parts[depth], []).append(file)
    children = leaves + [_folder(inner, "", found, depth + 1) for inner, found in below.items()]
    children.sort(key=_rank)
    size, count = sum(node.size_bytes for node in children), sum(node.files for node in children)
    return SizeNode(name, version, size, count, tuple(children))


def _rank(node: SizeNode) -> tuple[int, str]:
    return -node.size_bytes, node.name
