"""Which declared packages a package that was deployed lacks.

A function is often deployed with its requirements.txt and without what that asks for: nothing has ever
installed it. Reads only. In doubt nothing is missing: what cannot be read or installed stays as it is.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from workbench.code.dependencies.declared import Declaration, Kind, parse_json
from workbench.code.dependencies.imports import mentioned, normal
from workbench.code.dependencies.inventory import OWN, PackedFile, Part
from workbench.code.dependencies.target import Target
from workbench.core.errors import WorkbenchError

# Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html and lambda-nodejs.html.
IN_RUNTIME = {
    "python": ("boto3", "botocore", "s3transfer", "jmespath"),
    "nodejs": ("@aws-sdk/", "@smithy/"),
}
_BESIDE = {"python": ("urllib3", "python-dateutil", "six"), "nodejs": ("aws-sdk",)}
"""What the SDK in a runtime brings with it, and the SDK of older ones."""
_ABOUT = re.compile(r"(.+?)(?:-[^-]+)?(?:-py[\d.]+)?\.(?:dist-info|egg-info)$")
_MODULES = "node_modules/"


def missing_packages(
    declaration: Declaration,
    target: Target,
    root: Path,
    deployed: Collection[str],
    layers: Sequence[Path] | None,
) -> tuple[str, ...]:
    """The names of packages that code asks for directly and that neither it nor its layers have.

    Of packages of Node.js only those that the code itself imports: a bundler leaves package.json as it is.

    Args:
        declaration: What the code declares.
        target: What it runs on; the runtime's own packages are not missing.
        root: The code.
        deployed: The paths in the deployed package.
        layers: The folders that layers put on Python's path; None while it is not known what they bring.
    """
    if layers is None:
        return ()
    try:
        if target.language == "nodejs":
            return tuple(_missing_modules(declaration, root, deployed))
        asked = _asked_of_python(declaration, target)
    except WorkbenchError:
        return ()
    if not asked:
        return ()
    there = _python_names(deployed) | _python_names(_names_in(root))
    for layer in layers:
        there |= _python_names(_names_in(layer))
    return tuple(name for name in asked if normal(name) not in there)


def _asked_of_python(declaration: Declaration, target: Target) -> tuple[str, ...]:
    from packaging.requirements import Requirement

    from workbench.code.dependencies.lock_files import locked_requirements
    from workbench.code.dependencies.requirements import read_requirements

    if declaration.kind is Kind.REQUIREMENTS:
        files = dict(zip(declaration.files, declaration.data, strict=True))
        asked = read_requirements(files, declaration.path)
    elif declaration.kind is Kind.UV:  # its lock names what its packages need, too
        project = Kind.PYPROJECT.value
        data = declaration.data[declaration.files.index(project)]
        asked = locked_requirements(Declaration(Kind.PYPROJECT, (project,), declaration.digest, (data,)))
    else:
        asked = locked_requirements(declaration)
    environment = {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": target.machine,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "python_version": target.python_version,
        "python_full_version": f"{target.python_version}.0",
    }
    parsed = (Requirement(each.text) for each in asked.wanted)
    names = (each.name for each in parsed if each.marker is None or each.marker.evaluate(environment))
    in_runtime = {*IN_RUNTIME["python"], *_BESIDE["python"]}
    return tuple(name for name in dict.fromkeys(names) if normal(name) not in in_runtime)


def _missing_modules(declaration: Declaration, root: Path, deployed: Collection[str]) -> Iterator[str]:
    if declaration.kind is not Kind.NPM:
        return  # without a lock nothing could be installed
    path = Kind.NODE.value
    about = parse_json(declaration.data[declaration.files.index(path)], path)
    listed = about.get("dependencies")
    modules = {path for path in deployed if path.startswith(_MODULES)}
    there = {"/".join(each.split("/")[1 : 3 if each.startswith(f"{_MODULES}@") else 2]) for each in modules}
    absent = [
        name
        for name in (listed if isinstance(listed, dict) else ())
        if name not in there
        and name not in _BESIDE["nodejs"]
        and not name.startswith(IN_RUNTIME["nodejs"])
        and not (root / _MODULES / name).is_dir()
    ]
    own = (each for each in deployed if not each.startswith(_MODULES)) if absent else ()
    part = Part(OWN, "", [PackedFile(each, root / each, 0) for each in own])
    imported = mentioned(part) or set()
    yield from (name for name in absent if name in imported)


def _names_in(folder: Path) -> Iterator[str]:
    """What lies in a folder, and in the folders in it."""
    for pattern in ("*", "*/*"):
        for each in folder.glob(pattern):
            yield each.relative_to(folder).as_posix()


def _python_names(paths: Iterable[str]) -> frozenset[str]:
    """Distributions and modules at the top of the code, or in one of its folders, as indexes write names."""
    tops = {name for path in paths for name in path.split("/")[:2]}
    found = set()
    for name in tops:
        about = _ABOUT.match(name)
        found.add(normal(about[1] if about else name.partition(".")[0]))
    return frozenset(found)
