"""Finds what declares a function's dependencies. Reads only.

Owns: which files count, in which order, and the hash of what they say. Must not know: how it is installed.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from workbench.code.names import fault_in_name, normalised
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error

WHAT = "The dependencies could not be read."
_LARGEST_BYTES = 32 << 20
_INCLUDE = re.compile(r"\s*(?:-r|-c|--requirement|--constraint)[ =]*(\S+)")


class Kind(Enum):
    """How dependencies are declared."""

    UV = "uv.lock"
    POETRY = "poetry.lock"
    PIPENV = "Pipfile.lock"
    REQUIREMENTS = "requirements.txt"
    PYPROJECT = "pyproject.toml"
    NPM = "package-lock.json"
    NODE = "package.json"
    """Without a lock."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a function's code declares.

    Attributes:
        kind: How.
        files: What was read, relative to the code, the main one first.
        digest: Hash of what they say: installing the same again gives the same, if it is locked.
    """

    kind: Kind
    files: tuple[str, ...]
    digest: str

    @property
    def path(self) -> str:
        """The main file."""
        return self.files[0]

    @property
    def is_locked(self) -> bool:
        """Whether every version is fixed by a lock file."""
        return self.kind in (Kind.UV, Kind.POETRY, Kind.PIPENV, Kind.NPM)


def find_declaration(root: Path, language: str) -> Declaration | None:
    """What the code declares for this language; None when it declares nothing.

    A lock file goes before a list without one.

    Args:
        root: The code.
        language: Of `Target.language`.

    Raises:
        WorkbenchError: A file that counts cannot be read, or is not what its name says.
    """
    for kind, names, declares in _WAYS.get(language, ()):
        if all((root / name).is_file() for name in names) and declares(root):
            files = names if kind is not Kind.REQUIREMENTS else _included(root, names[0])
            return Declaration(kind, files, _digest(root, kind, files))
    return None


def read_text(path: Path) -> str:
    """A declaration's text. Raises WorkbenchError when it cannot be read or is no text."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise WorkbenchError(WHAT, f"{path.name} is larger than {_LARGEST_BYTES >> 20} MiB.")
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkbenchError(
            WHAT, f"{path.name} is not UTF-8: {error.reason} at byte {error.start:,}.", "Save it as UTF-8."
        ) from error
    except OSError as error:
        raise explain_os_error(error, WHAT, path) from error


def read_json(path: Path) -> dict[str, Any]:
    """An object in JSON. Raises WorkbenchError when it is none."""
    try:
        value = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise malformed(path, str(error)) from error
    if not isinstance(value, dict):
        raise malformed(path, "it holds no object")
    return value


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file. Raises WorkbenchError when it is none."""
    try:
        return tomllib.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise malformed(path, str(error)) from error


def malformed(path: Path, why: str) -> WorkbenchError:
    """The error of a file that is not what its name says."""
    return WorkbenchError(WHAT, f"{path.name} is malformed: {why}.", "Correct it, then try again.")


def _lists_requirements(root: Path) -> bool:
    lines = read_text(root / Kind.REQUIREMENTS.value).splitlines()
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def _project_lists(root: Path) -> bool:
    project = read_toml(root / Kind.PYPROJECT.value).get("project")
    return isinstance(project, dict) and bool(project.get("dependencies"))


def _package_lists(root: Path) -> bool:
    about = read_json(root / Kind.NODE.value)
    return bool(about.get("dependencies") or about.get("optionalDependencies"))


def _always(_root: Path) -> bool:
    return True


_Way = tuple[Kind, tuple[str, ...], Callable[[Path], bool]]
_WAYS: dict[str, tuple[_Way, ...]] = {
    "python": (
        (Kind.UV, ("uv.lock", "pyproject.toml"), _always),
        (Kind.POETRY, ("poetry.lock",), _always),
        (Kind.PIPENV, ("Pipfile.lock",), _always),
        (Kind.REQUIREMENTS, ("requirements.txt",), _lists_requirements),
        (Kind.PYPROJECT, ("pyproject.toml",), _project_lists),
    ),
    "nodejs": (
        (Kind.NPM, ("package-lock.json", "package.json"), _package_lists),
        (Kind.NODE, ("package.json",), _package_lists),
    ),
}


def _included(root: Path, path: str) -> tuple[str, ...]:
    """A requirements file and those that it names, which count too."""
    found: list[str] = []
    waiting = [path]
    while waiting:
        path = waiting.pop(0)
        if path in found:
            continue
        found.append(path)
        folder = path.rpartition("/")[0]
        for line in read_text(root / path).splitlines():
            match = _INCLUDE.match(line)
            if match and not fault_in_name(name := match[1].strip("\"'")):
                inner = normalised(f"{folder}/{name}" if folder else name)
                if (root / inner).is_file():  # if it is not, uv says so
                    waiting.append(inner)
    return tuple(found)


def _digest(root: Path, kind: Kind, files: tuple[str, ...]) -> str:
    digest = hashlib.sha256(kind.value.encode())
    for name in files:
        text = read_text(root / name)
        digest.update(f"\0{name}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()
