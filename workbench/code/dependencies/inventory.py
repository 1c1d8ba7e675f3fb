"""What a package consists of: its files on disk, grouped into distributions and the function's own code.

`size_tree` shows the same as a tree of parts, folders and files, the largest first.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from workbench.code.package.layout import files_in, record_paths

OWN = ""
"""The name of the part that is the function's own code."""

_LONGEST_LIST = 8 << 20


class PackedFile(NamedTuple):
    """A file that goes into the package: its name there, where it lies, and its size."""

    path: str
    place: Path
    size_bytes: int
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A distribution, or the function's own code.

    Attributes:
        name: Of the distribution; `OWN` for the function's own code.
        version: Of the distribution, if known.
        files: What belongs to it, by path.
        about: The folder with its metadata in the package; empty when it has none.
    """

    name: str
    version: str = ""
    files: list[PackedFile] = field(default_factory=list)
    about: str = ""

    @property
    def size_bytes(self) -> int:
        """Of all its files, unpacked."""
        return sum(file.size_bytes for file in self.files)

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class Inventory:
    """All parts of a package, the largest first."""

    parts: tuple[Part, ...]

    @property
    def size_bytes(self) -> int:
        """Of everything, unpacked."""
        return sum(part.size_bytes for part in self.parts)

    @property
    def own(self) -> Part:
        """The function's own code."""
        return next((part for part in self.parts if part.name == OWN), Part(OWN))

    @property
    def installed(self) -> tuple[Part, ...]:
        """The distributions."""
        return tuple(part for part in self.parts if part.name != OWN)

    def paths(self) -> frozenset[str]:
        """Every file's name in the package."""
        return frozenset(file.path for part in self.parts for file in part.files)


def take_inventory(files: Iterable[PackedFile]) -> Inventory:
    """Sorts files into parts."""
    by_path = {file.path: file for file in files}
    owners = _owners(by_path)
    parts: dict[str, Part] = {}
    for path, file in by_path.items():
        name, version, about = owners.get(path) or _node_module(path, by_path)
        if name not in parts:
            version = version or _node_version(by_path.get(f"{about}/package.json"))
            parts[name] = Part(name, version, [], about)
        parts[name].files.append(file)
    return Inventory(tuple(sorted(parts.values(), key=lambda part: (-part.size_bytes, part.name))))


def read_part_text(part: Part, path: str, most_bytes: int) -> str:
    """The beginning of one of its files as text; empty when it cannot be read."""
    place = next((file.place for file in part.files if file.path == path), None)
    return _read(place, most_bytes) if place is not None else ""


def _owners(by_path: Mapping[str, PackedFile]) -> dict[str, tuple[str, str, str]]:
    """Path -> name, version and metadata folder of the distribution that lists it."""
    owners: dict[str, tuple[str, str, str]] = {}
    for record in sorted(record_paths(by_path)):
        about = record.rpartition("/")[0]
        name, _, version = about.removesuffix(".dist-info").partition("-")
        owner = (name.replace("_", "-").lower(), version, about)
        for path in files_in(_read(by_path[record].place, _LONGEST_LIST)):
            if path in by_path:
                owners.setdefault(path, owner)
        owners.setdefault(record, owner)
    return owners


def _node_module(path: str, by_path: Mapping[str, PackedFile]) -> tuple[str, str, str]:
    """Of a file in node_modules, the outermost module; of others the function's own code."""
    parts = path.split("/")
    if parts[0] != "node_modules" or len(parts) < 3:
        return OWN, "", ""
    length = 3 if parts[1].startswith("@") else 2
    about = "/".join(parts[:length])
    return "/".join(parts[1:length]), "", about if f"{about}/package.json" in by_path else ""


def _node_version(about: PackedFile | None) -> str:
    try:
        value = json.loads(_read(about.place, _LONGEST_LIST)) if about is not None else {}
    except (ValueError, RecursionError):
        return ""
    return str(value.get("version") or "") if isinstance(value, dict) else ""


def _read(place: Path, most_bytes: int) -> str:
    try:
        with place.open("rb") as file:
            return file.read(most_bytes).decode("utf-8", "replace")
    except OSError:
        return ""  # whoever packs it says so


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
