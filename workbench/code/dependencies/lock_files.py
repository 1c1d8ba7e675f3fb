"""Other tools' lock files as a list of requirements, with versions, markers and hashes as they are locked.

Pure but for reading the file. Source of the formats: poetry-core's and pipenv's own lock files;
https://packaging.python.org/en/latest/specifications/dependency-specifiers/ for what comes out.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workbench.code.dependencies.declared import WHAT, malformed, read_json, read_toml
from workbench.core.errors import WorkbenchError

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_MAIN = "main"


def pipenv_requirements(path: Path) -> str:
    """What a Pipfile.lock fixes for use, its `default` packages.

    Raises:
        WorkbenchError: It is malformed, or locks something that has no version, such as a folder.
    """
    packages = read_json(path).get("default", {})
    if not isinstance(packages, dict):
        raise malformed(path, "“default” is no object")
    lines = []
    for name, about in packages.items():
        if not isinstance(about, dict) or not str(about.get("version", "")).startswith("=="):
            raise _unlocked(path, name)
        version = str(about["version"]).removeprefix("==")
        markers = str(about.get("markers") or "")
        lines.append(
            _line(path, name, version, markers, about.get("hashes") or (), about.get("extras") or ())
        )
    return "\n".join(sorted(lines)) + "\n"


def poetry_requirements(path: Path) -> str:
    """What a poetry.lock fixes for use: its main group.

    Older lock files do not tell groups apart, except by `category`; there all packages count.

    Raises:
        WorkbenchError: It is malformed, or locks something that has no version, such as a folder.
    """
    lock = read_toml(path)
    packages = lock.get("package", [])
    if not isinstance(packages, list) or not all(isinstance(each, dict) for each in packages):
        raise malformed(path, "“package” is no list of tables")
    older = lock.get("metadata", {})
    old_files = older.get("files", {}) if isinstance(older, dict) else {}
    lines = []
    for about in packages:
        name = str(about.get("name") or "")
        if about.get("optional") or not _is_main(about):
            continue
        if (about.get("source") or {}).get("type") in ("git", "directory", "file", "url"):
            raise _unlocked(path, name)
        files = about.get("files") or old_files.get(name) or ()
        hashes = [str(file.get("hash", "")) for file in files if isinstance(file, dict)]
        lines.append(_line(path, name, str(about.get("version") or ""), _markers(about), hashes, ()))
    return "\n".join(sorted(lines)) + "\n"


def _is_main(about: Mapping[str, Any]) -> bool:
    groups = about.get("groups")
    if isinstance(groups, list):
        return _MAIN in groups
    return str(about.get("category") or _MAIN) == _MAIN


def _markers(about: Mapping[str, Any]) -> str:
    """One for all groups, or one a group."""
    markers = about.get("markers") or ""
    return str(markers.get(_MAIN, "")) if isinstance(markers, dict) else str(markers)


def _line(
    path: Path, name: str, version: str, markers: str, hashes: Iterable[object], extras: Iterable[object]
) -> str:
    if not _NAME.fullmatch(name) or not version or re.search(r"\s", version):
        raise malformed(path, f"a package is called {name!r} and has the version {version!r}")
    if "\n" in markers:
        raise malformed(path, f"{name} has a marker of several lines")
    wanted = ",".join(str(each) for each in extras)
    line = f"{name}[{wanted}]=={version}" if wanted else f"{name}=={version}"
    if markers:
        line += f" ; {markers}"
    return line + "".join(f" --hash={each}" for each in map(str, hashes) if _HASH.fullmatch(each))


def _unlocked(path: Path, name: str) -> WorkbenchError:
    return WorkbenchError(
        WHAT,
        f"{path.name} takes {name} from a folder, a file or a repository, not from an index of packages.",
        "Write a requirements.txt with what the function needs; it is used when there is no lock file.",
    )
