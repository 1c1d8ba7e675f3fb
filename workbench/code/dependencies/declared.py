"""The files that declare a function's dependencies, and which of them the user has agreed to install.

A declaration is known by the hash of what it says: when that changes, the user is asked anew. Only reads.
"""

import hashlib
import json
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from workbench.code.dependencies import requirements
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.messages import _
from workbench.core.settings import Settings

WHAT = _("The dependencies could not be read.")
_LARGEST_BYTES = 32 << 20


class DeclarationKind(Enum):
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
        data: What stood in the files when they were read. It is what is installed, whatever they hold
            by then.
    """

    kind: DeclarationKind
    files: tuple[str, ...]
    digest: str
    data: tuple[bytes, ...] = field(repr=False, compare=False)

    @property
    def path(self) -> str:
        """The main file."""
        return self.files[0]

    @property
    def is_locked(self) -> bool:
        """Whether every version is fixed by a lock file."""
        return self.kind in (
            DeclarationKind.UV,
            DeclarationKind.POETRY,
            DeclarationKind.PIPENV,
            DeclarationKind.NPM,
        )


def find_declaration(root: Path, language: str) -> Declaration | None:
    """What the code declares for this language; None when it declares nothing.

    A lock file goes before a list without one.

    Args:
        root: The code.
        language: Of `Target.language`.

    Raises:
        WorkbenchError: A file that counts cannot be read, or is not what its name says.
    """
    for kind, names, declares in _FORMATS.get(language, ()):
        if all((root / name).is_file() for name in names):
            data = {name: read_file(root / name) for name in names}
            if declares(data):
                data = (
                    data
                    if kind is not DeclarationKind.REQUIREMENTS
                    else _with_included(root, names[0], data[names[0]])
                )
                return Declaration(kind, tuple(data), _digest(kind, data), tuple(data.values()))
    return None


def may_declare(paths: Collection[str]) -> bool:
    """Whether code with these files may declare something, in any language."""
    return any(
        name in paths for ways in _FORMATS.values() for _kind, names, _declares in ways for name in names
    )


def read_file(path: Path) -> bytes:
    """A declaration's bytes. Raises WorkbenchError when it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise explain_os_error(error, WHAT, path) from error
    if len(data) > _LARGEST_BYTES:
        raise WorkbenchError(
            WHAT,
            _("{path} is larger than {largest_bytes} MiB.").format(
                path=path.name, largest_bytes=_LARGEST_BYTES >> 20
            ),
        )
    return data


def parse_json(data: bytes, path: str) -> dict[str, Any]:
    """An object in JSON. Raises WorkbenchError when it is none."""
    try:
        value = json.loads(_text(data, path))
    except (ValueError, RecursionError) as error:
        raise malformed(path, str(error)) from error
    if not isinstance(value, dict):
        raise malformed(path, "it does not contain an object")
    return value


def parse_toml(data: bytes, path: str) -> dict[str, Any]:
    """A TOML file. Raises WorkbenchError when it is none."""
    try:
        return tomllib.loads(_text(data, path))
    except (ValueError, RecursionError) as error:
        raise malformed(path, str(error)) from error


def _text(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkbenchError(
            WHAT,
            _("{path} is not UTF-8: {reason} at byte {start:,}.").format(
                path=path, reason=error.reason, start=error.start
            ),
            _("Save it as UTF-8."),
        ) from error


def malformed(path: str, why: str) -> WorkbenchError:
    """The error of a file that is not what its name says."""
    return WorkbenchError(
        WHAT, _("{path} is malformed: {why}.").format(path=path, why=why), _("Correct it, then try again.")
    )


_Data = dict[str, bytes]
"""Contents by path."""


def _lists_requirements(data: _Data) -> bool:
    path = DeclarationKind.REQUIREMENTS.value
    try:
        return next(requirements.logical_lines(requirements.decode(data[path], path)), None) is not None
    except WorkbenchError:
        return True  # said when its packages are to be installed


def _project_lists(data: _Data) -> bool:
    path = DeclarationKind.PYPROJECT.value
    project = parse_toml(data[path], path).get("project")
    return isinstance(project, dict) and bool(project.get("dependencies"))


def _package_lists(data: _Data) -> bool:
    about = parse_json(data[DeclarationKind.NODE.value], DeclarationKind.NODE.value)
    return bool(about.get("dependencies") or about.get("optionalDependencies"))


def _always(_data: _Data) -> bool:
    return True


_Format = tuple[DeclarationKind, tuple[str, ...], Callable[[_Data], bool]]
_FORMATS: dict[str, tuple[_Format, ...]] = {
    "python": (
        (DeclarationKind.UV, ("uv.lock", "pyproject.toml"), _always),
        (DeclarationKind.POETRY, ("poetry.lock",), _always),
        (DeclarationKind.PIPENV, ("Pipfile.lock",), _always),
        (DeclarationKind.REQUIREMENTS, ("requirements.txt",), _lists_requirements),
        (DeclarationKind.PYPROJECT, ("pyproject.toml",), _project_lists),
    ),
    "nodejs": (
        (DeclarationKind.NPM, ("package-lock.json", "package.json"), _package_lists),
        (DeclarationKind.NODE, ("package.json",), _package_lists),
    ),
}


def _with_included(root: Path, path: str, data: bytes) -> _Data:
    """A requirements file and those inside the code that it names, which count too."""
    found = {path: data}
    waiting = list(requirements.included(data, path))
    while waiting and len(found) < requirements.MAX_FILES:
        path = waiting.pop(0)
        if path not in found and _is_own_file(root, path):
            found[path] = read_file(root / path)
            waiting += requirements.included(found[path], path)
    return found


def _is_own_file(root: Path, path: str) -> bool:
    """Whether a path is a file inside the code, without a link on the way."""
    place = root
    for part in path.split("/"):
        place /= part
        if place.is_symlink():
            return False
    return place.is_file()


def _digest(kind: DeclarationKind, files: _Data) -> str:
    digest = hashlib.sha256(kind.value.encode())
    for name, data in files.items():
        digest.update(f"\0{name}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        digest.update(data)
    return digest.hexdigest()


_CONFIRMED = "dependencies.confirmed"
_MAX_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class InstallPreview:
    """What would be installed.

    Attributes:
        path: The declaration's main file.
        digest: Of the declaration: the answer counts for it.
        packages: What it asks for, a package a text: a requirement, or name and version.
        constraints: What only limits versions.
        sources: The user's own indexes or registries that packages would come from.
    """

    path: str
    digest: str
    packages: tuple[str, ...]
    constraints: tuple[str, ...]
    sources: tuple[str, ...]


class InstallNotConfirmed(WorkbenchError):
    """Packages would have to be installed, and the user has not agreed to it; nothing was done.

    Args:
        preview: What would be installed.
    """

    def __init__(self, preview: InstallPreview) -> None:
        super().__init__(
            _("The dependencies are not installed yet."),
            _("Nothing is installed for {path} until you approve it.").format(path=preview.path),
            _("Choose Install Dependencies and review what would be installed."),
            action="dependencies.install",
        )
        self.preview = preview


class InstallConsent:
    """The declarations that the user has agreed to. Safe from any thread.

    Args:
        settings: Where their hashes are stored.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def allows(self, digest: str) -> bool:
        """Whether packages may be installed for the declaration with this hash."""
        return digest in self._settings.get(_CONFIRMED, [])

    def allow(self, digest: str) -> WorkbenchError | None:
        """The user has seen what would be installed and agrees. Returns why that was not stored, if so."""
        confirmed: list[str] = self._settings.get(_CONFIRMED, [])
        if digest in confirmed:
            return None
        return self._settings.set(_CONFIRMED, [*confirmed, digest][-_MAX_REMEMBERED:])
