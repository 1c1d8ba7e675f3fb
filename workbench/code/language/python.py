"""Python's two servers: ty knows types (completion, navigation, errors), ruff style (lint, fixes, format).

On Lambda, `import` looks into the deployment package, then into layers, then into what the runtime brings:
boto3 and what it needs. Those are the same packages that Workbench runs on itself, so links to them do, and
boto3's types (`types-boto3`) come before any untyped boto3 that the package may hold.
"""

import re
import shutil
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.code.language.protocol import Message
from workbench.code.language.server import ServerSpec
from workbench.core.files import make_private_folder

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html: the SDK, and what the SDK needs.
_RUNTIME_PACKAGES = (
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "dateutil",
    "six.py",
    "urllib3",
    "awslambdaric",
)
_SITE_PACKAGES = "Lib/site-packages" if sys.platform == "win32" else "lib/python3.13/site-packages"
"""As in a Python environment. The version in it says nothing: ty is told the function's."""

_STUBS = ("boto3-stubs", "botocore-stubs", "s3transfer-stubs", "types_boto3_*")


@dataclass(frozen=True, slots=True)
class _ImportPaths:
    """Two folders.

    Attributes:
        stubs: Searched before the function's own code.
        runtime: The prefix of a Python environment, searched last.
    """

    stubs: Path
    runtime: Path


def _import_paths(folder: Path) -> _ImportPaths:
    """Where `_prepare_imports` lays them out."""
    return _ImportPaths(folder / "stubs", folder / "runtime")


def _installed_packages(root: Path) -> tuple[Path, ...]:
    """Where a virtual environment beside the code keeps its packages, if there is one.

    It is no part of the deployment package, but tells what will be.
    """
    names = ("Lib/site-packages",) if sys.platform == "win32" else ("lib/python3*/site-packages",)
    return tuple(
        found
        for folder in (".venv", "venv")
        for name in names
        for found in sorted((root / folder).glob(name))
    )


def _prepare_imports(folder: Path, packages: Path | None = None) -> None:
    """Lays the folders out where something is missing or elsewhere than it was. Safe to do twice at once.

    Args:
        folder: A folder of the cache.
        packages: Where Workbench's own packages are.

    Raises:
        OSError: The disk refuses.
    """
    packages = packages or Path(sysconfig.get_path("purelib"))
    paths = _import_paths(folder)
    site_packages = paths.runtime / _SITE_PACKAGES
    for target, patterns in ((paths.stubs, _STUBS), (site_packages, _RUNTIME_PACKAGES)):
        make_private_folder(target)
        found = {path.name: path for pattern in patterns for path in packages.glob(pattern)}
        found = {name: path for name, path in found.items() if ".dist-info" not in name}
        for name, path in found.items():
            _link(target / name, path)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    if link.is_symlink():
        link.unlink(missing_ok=True)
    elif link.exists():
        return  # a copy, on a disk without links
    try:
        link.symlink_to(target)
    except FileExistsError:
        return  # another server is being started, too
    except OSError:  # Windows lets only some people make links
        if target.is_dir():
            shutil.copytree(target, link, dirs_exist_ok=True)
        else:
            shutil.copyfile(target, link)


TY, RUFF = "ty", "ruff"

SERVERS_BY_REQUEST: dict[str, tuple[str, ...]] = {
    "textDocument/completion": (TY,),
    "textDocument/hover": (TY,),
    "textDocument/signatureHelp": (TY,),
    "textDocument/definition": (TY,),
    "textDocument/references": (TY,),
    "textDocument/documentHighlight": (TY,),
    "textDocument/documentSymbol": (TY,),
    "textDocument/prepareRename": (TY,),
    "textDocument/rename": (TY,),
    "textDocument/formatting": (RUFF,),
    "textDocument/rangeFormatting": (RUFF,),
    "textDocument/codeAction": (TY, RUFF),
    "codeAction/resolve": (RUFF,),
    "workspace/symbol": (TY,),
}
"""Request -> who answers it. The lists of several are put together."""

_RUNTIME = re.compile(r"python3\.(\d+)")
_OLDEST, _NEWEST = 8, 14
"""Minor versions of Python that ty and ruff can be told."""


def python_version(runtime: str) -> str:
    """The version of a Lambda runtime, "3.13" of "python3.13"; "" when it is no Python that is known."""
    found = _RUNTIME.fullmatch(runtime)
    return f"3.{found[1]}" if found and _OLDEST <= int(found[1]) <= _NEWEST else ""


def python_servers(
    root: Path, version: str, imports_dir: Path, layers: Sequence[Path] = ()
) -> tuple[ServerSpec, ...]:
    """The servers for a function's code.

    Args:
        root: The code; what the package brings with it lies there too and can be imported.
        version: Of `python_version`.
        imports_dir: A folder of the cache, for what the runtime brings.
        layers: What layers put on the path, as of `layer_imports`: searched after the code.
    """
    paths = _import_paths(imports_dir)

    def ty() -> Sequence[str]:
        from ty import find_ty_bin  # not loaded for code of other languages

        _prepare_imports(imports_dir)
        return [find_ty_bin(), "server"]

    def ruff() -> Sequence[str]:
        from ruff import find_ruff_bin

        return [find_ruff_bin(), "server"]

    environment: Message = {
        "python": str(paths.runtime),
        "python-version": version,
        "python-platform": "linux",
        "root": [str(folder) for folder in (root, *layers, *_installed_packages(root))],
        "extra-paths": [str(paths.stubs)],  # these come first
    }
    # F401... are ruff's own defaults; a ruff.toml or pyproject.toml in the code has the last word.
    style: Message = {"target-version": f"py{version.replace('.', '')}"}
    return (
        ServerSpec(TY, root, ty, {"configuration": {"environment": environment}}),
        ServerSpec(
            RUFF,
            root,
            ruff,
            {"settings": {"configuration": style, "configurationPreference": "filesystemFirst"}},
        ),
    )
