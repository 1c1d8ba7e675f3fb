"""The parts of a package: distributions and the function's own code, and what that code imports.

`size_tree` shows it as a tree of parts, folders and files, largest first. `unreached` and `missing_packages`
compare the imports with what is installed and declared. Files are only read; nothing is imported or run. In
doubt a package counts as reached, and none as missing: a function is often deployed with its requirements.txt
but without all of its requirements.
"""

import ast
import json
import re
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from workbench.code.dependencies.declaration_files import parse_json
from workbench.code.dependencies.declared import Declaration, DeclarationKind
from workbench.code.dependencies.store import Target
from workbench.code.package.layout import files_in, record_paths
from workbench.core.errors import WorkbenchError
from workbench_sandbox.rules.runtimes import version_of

if TYPE_CHECKING:
    from packaging.requirements import Requirement

OWN = ""
"""The name of the part with the function's own code."""

_LONGEST_LIST = 8 << 20


class PackedFile(NamedTuple):
    """A file of the package: its name there, its location, and its size."""

    path: str
    place: Path
    size_bytes: int
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A distribution, or the function's own code.

    Attributes:
        name: The distribution; `OWN` for the function's own code.
        files: Its files, by path.
        about: Its metadata folder in the package; empty if there is none.
    """

    name: str
    version: str = ""
    files: list[PackedFile] = field(default_factory=list)
    about: str = ""

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class Inventory:
    """All parts of a package, largest first."""

    parts: tuple[Part, ...]

    @property
    def size_bytes(self) -> int:
        return sum(part.size_bytes for part in self.parts)

    @property
    def own(self) -> Part:
        return next((part for part in self.parts if part.name == OWN), Part(OWN))

    @property
    def installed(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.name != OWN)

    def paths(self) -> frozenset[str]:
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


def _read_part_text(part: Part, path: str, most_bytes: int) -> str:
    """The start of a file as text; empty if it cannot be read."""
    place = next((file.place for file in part.files if file.path == path), None)
    return _read(place, most_bytes) if place is not None else ""


def _owners(by_path: Mapping[str, PackedFile]) -> dict[str, tuple[str, str, str]]:
    """Name, version and metadata folder of the distribution that lists a path."""
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
    """The outermost module of a file in node_modules; for other files the function's own code."""
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
        return ""  # packing reports the error


@dataclass(frozen=True, slots=True)
class SizeNode:
    """A part, a folder or a file.

    Attributes:
        name: Empty for the function's own code.
        size_bytes: Unpacked size of everything below it.
        files: Number of files below it; 1 for a file.
        children: Largest first.
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
    """A folder that is `depth` levels below the top of the package."""
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


_MAX_SOURCE_BYTES = 2 << 20
_SOURCES = (".py", ".js", ".mjs", ".cjs", ".ts", ".mts", ".jsx", ".tsx")
_REQUIRED = re.compile(r"[A-Za-z0-9][\w.-]*")
JS_IMPORT = re.compile(r"""(?:from|import|require\s*\(|import\s*\()\s*["']([^"'\n]+)["']""")


def unreached(own: Part, installed: Iterable[Part]) -> tuple[Part, ...]:
    """The installed packages that the function's own code cannot reach; empty if it cannot be read."""
    parts = {normal(part.name): part for part in installed}
    names = _imported_names(own)
    if names is None:
        return ()
    waiting = [name for name, part in parts.items() if not names.isdisjoint(_modules(part))]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [each for each in _requires(parts[name]) if each in parts]
    return tuple(part for name, part in parts.items() if name not in reached)


def normal(name: str) -> str:
    """The normalised name of a distribution. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported_names(own: Part) -> set[str] | None:
    """Modules that the code names, in imports or strings."""
    names: set[str] = set()
    for file in own.files:
        source = _read_part_text(own, file.path, _MAX_SOURCE_BYTES) if file.path.endswith(_SOURCES) else ""
        if not source:
            continue
        if not file.path.endswith(".py"):
            names |= set(map(node_package, JS_IMPORT.findall(source)))
            continue
        tree = parse_python(source)
        if tree is None:
            return None  # it may import anything
        names |= _named_in(tree)
    return names


def node_package(name: str) -> str:
    """The package of a module's name: "@scope/name" of "@scope/name/file"."""
    return "/".join(name.split("/")[: 2 if name.startswith("@") else 1])


def _named_in(tree: ast.AST) -> set[str]:
    names = imports_in(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if len(text) < 200:
                names.add(text.partition(".")[0])  # importlib.import_module("x.y"), a driver's name in a URL
                names.add(text.partition(":")[0].partition("+")[2])
    return names


def imports_in(tree: ast.AST) -> set[str]:
    """The top-level names of the modules that code imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                names |= {each.name.partition(".")[0] for each in node.names}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module.partition(".")[0])
    return names


def parse_python(source: str | bytes) -> ast.Module | None:
    """Code of others; None if it is no Python of today."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _modules(part: Part) -> set[str]:
    """The modules under which a package can be imported."""
    if any(file.path.startswith("node_modules/") for file in part.files[:1]):
        return {part.name}
    tops = {file.path.partition("/")[0] for file in part.files}
    return {top.partition(".")[0] for top in tops if not top.endswith((".dist-info", ".libs", ".data"))}


def _requires(part: Part) -> list[str]:
    """The requirements of a package, with all its extras."""
    metadata = HeaderParser().parsestr(_read_part_text(part, f"{part.about}/METADATA", _MAX_SOURCE_BYTES))
    lines: list[str] = metadata.get_all("Requires-Dist", [])
    needed = [normal(found[0]) for line in lines if (found := _REQUIRED.match(line))]
    return needed + _node_requires(_read_part_text(part, f"{part.about}/package.json", _MAX_SOURCE_BYTES))


def _node_requires(text: str) -> list[str]:
    try:
        about = json.loads(text) if text else {}
    except ValueError:
        return []
    if not isinstance(about, Mapping):
        return []
    kinds = ("dependencies", "optionalDependencies", "peerDependencies")
    return [normal(name) for kind in kinds if isinstance(about.get(kind), dict) for name in about[kind]]


# Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html and lambda-nodejs.html.
IN_RUNTIME = {"python": ("boto3", "botocore", "s3transfer", "jmespath"), "nodejs": ("@aws-sdk/", "@smithy/")}
_BESIDE_SDK = ("urllib3", "python-dateutil", "six")
"""Packages that boto3 requires."""
_FIRST_WITHOUT_OLD_SDK = 18
"""The first Node.js whose runtime has version 3 of the SDK in place of `aws-sdk`."""
# Source: https://docs.aws.amazon.com/lambda/latest/dg/durable-supported-runtimes.html
_DURABLE_SDK = {
    "python": ("aws-durable-execution-sdk-python", (3, 13)),
    "nodejs": ("@aws/durable-execution-sdk-js", (22,)),
}
"""The SDK of durable functions, and the first version of the runtime that includes it."""
_ABOUT = re.compile(r"(.+?)(?:-[^-]+)?(?:-py[\d.]+)?\.(?:dist-info|egg-info)$")
_MODULES = "node_modules/"


def is_in_runtime(name: str, target: Target) -> bool:
    """Whether a runtime includes a package, by its normalised name."""
    version = version_of(target.runtime)
    durable = _DURABLE_SDK.get(target.language)
    if durable and name == durable[0]:
        return version >= durable[1]
    if target.language == "nodejs":
        is_old_sdk = name == "aws-sdk" and version < (_FIRST_WITHOUT_OLD_SDK,)
        return is_old_sdk or name.startswith(IN_RUNTIME["nodejs"])
    return name in IN_RUNTIME["python"] or name in _BESIDE_SDK


def missing_packages(
    declaration: Declaration,
    target: Target,
    root: Path,
    deployed: Collection[str],
    layers: Sequence[Path] | None,
) -> tuple[str, ...]:
    """The packages that code requires directly and that neither it nor its layers contain.

    For Node.js only those that the code itself imports: a bundler leaves package.json unchanged.

    Args:
        target: The runtime's own packages are not missing.
        deployed: The paths in the deployed package.
        layers: The folders that layers add to Python's path; None if unknown.
    """
    if layers is None:
        return ()
    try:
        if target.language == "nodejs":
            return tuple(_missing_modules(declaration, target, root, deployed))
        asked = _asked_of_python(declaration, target)
    except WorkbenchError:
        return ()
    if not asked:
        return ()
    there = _python_names(deployed) | _python_names(_names_in(root))
    for layer in layers:
        there |= _python_names(_names_in(layer))
    return tuple(name for name in asked if normal(name) not in there)


def _requirements(declaration: Declaration) -> "list[Requirement]":
    """What is declared for Python, for any platform. Raises WorkbenchError."""
    from packaging.requirements import Requirement

    from workbench.code.dependencies.local_packages import folder_reader
    from workbench.code.dependencies.python_locks import locked_requirements
    from workbench.code.dependencies.requirements import read_requirements

    if declaration.kind is DeclarationKind.REQUIREMENTS:
        files = dict(zip(declaration.files, declaration.data, strict=True))
        asked = read_requirements(files, declaration.path, folder_reader(declaration))
    elif declaration.kind is DeclarationKind.UV:  # its lock file also contains indirect requirements
        project = DeclarationKind.PYPROJECT.value
        data = declaration.data[declaration.files.index(project)]
        asked = locked_requirements(
            replace(declaration, kind=DeclarationKind.PYPROJECT, files=(project,), data=(data,)),
            folder_reader(declaration),
        )
    else:
        asked = locked_requirements(declaration, folder_reader(declaration))
    return [Requirement(each.text) for each in asked.wanted]


def declared_names(declaration: Declaration) -> frozenset[str]:
    """The normalised names of the distributions that are declared for Python; none if it cannot be read."""
    try:
        return frozenset(normal(each.name) for each in _requirements(declaration))
    except WorkbenchError:
        return frozenset()


def _asked_of_python(declaration: Declaration, target: Target) -> tuple[str, ...]:
    environment = {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": target.machine,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "python_version": target.python_version,
        "python_full_version": target.python_full_version,
    }
    parsed = _requirements(declaration)
    names = (each.name for each in parsed if each.marker is None or each.marker.evaluate(environment))
    return tuple(name for name in dict.fromkeys(names) if not is_in_runtime(normal(name), target))


def _missing_modules(
    declaration: Declaration, target: Target, root: Path, deployed: Collection[str]
) -> Iterator[str]:
    path = DeclarationKind.NODE.value
    about = parse_json(declaration.data[declaration.files.index(path)], path)
    listed = about.get("dependencies")
    modules = {path for path in deployed if path.startswith(_MODULES)}
    there = {"/".join(each.split("/")[1 : 3 if each.startswith(f"{_MODULES}@") else 2]) for each in modules}
    absent = [
        name
        for name in (listed if isinstance(listed, dict) else ())
        if name not in there and not is_in_runtime(name, target) and not (root / _MODULES / name).is_dir()
    ]
    own = (each for each in deployed if not each.startswith(_MODULES)) if absent else ()
    part = Part(OWN, "", [PackedFile(each, root / each, 0) for each in own])
    imported = _imported_names(part) or set()
    yield from (name for name in absent if name in imported)


def _names_in(folder: Path) -> Iterator[str]:
    """The names in a folder, and in its subfolders."""
    for pattern in ("*", "*/*"):
        for each in folder.glob(pattern):
            yield each.relative_to(folder).as_posix()


def _python_names(paths: Iterable[str]) -> frozenset[str]:
    """Distributions and modules at the top of the code, or in one of its folders, with normalised names."""
    tops = {name for path in paths for name in path.split("/")[:2]}
    found = set()
    for name in tops:
        about = _ABOUT.match(name)
        found.add(normal(about[1] if about else name.partition(".")[0]))
    return frozenset(found)
