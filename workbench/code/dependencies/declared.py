"""The files that declare a function's dependencies, and which of them the user has agreed to install.

A declaration is identified by a hash of its content: after a change the user is asked again. Reads only.
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
    """Without a lock file."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """The declared dependencies of a function.

    Attributes:
        files: The files read, relative to the code, the main one first.
        digest: Hash of their content. With a lock file, the same digest installs the same packages.
        data: Their content when they were read. This is what is installed, even if they change meanwhile.
    """

    kind: DeclarationKind
    files: tuple[str, ...]
    digest: str
    data: tuple[bytes, ...] = field(repr=False, compare=False)

    @property
    def path(self) -> str:
        return self.files[0]

    @property
    def is_locked(self) -> bool:
        """Whether a lock file fixes every version."""
        return self.kind in (
            DeclarationKind.UV,
            DeclarationKind.POETRY,
            DeclarationKind.PIPENV,
            DeclarationKind.NPM,
        )


def find_declaration(root: Path, language: str) -> Declaration | None:
    """The declaration for a language; None if there is none.

    A lock file is preferred to a list without one.

    Raises:
        WorkbenchError: A relevant file cannot be read or parsed.
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
    """Whether these files may include a declaration, in any language."""
    return any(
        name in paths for ways in _FORMATS.values() for _kind, names, _declares in ways for name in names
    )


def read_file(path: Path) -> bytes:
    """The content of a declaration. Raises WorkbenchError if it cannot be read."""
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
    """A JSON object. Raises WorkbenchError if it is not one."""
    try:
        value = json.loads(_text(data, path))
    except (ValueError, RecursionError) as error:
        raise malformed(path, str(error)) from error
    if not isinstance(value, dict):
        raise malformed(path, _("it does not contain an object"))
    return value


def parse_toml(data: bytes, path: str) -> dict[str, Any]:
    """A TOML file. Raises WorkbenchError if it is not one."""
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
    """The error for a file that is not what its name says."""
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
        return True  # the error is reported when its packages are to be installed


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
    """A requirements file and the files within the code that it includes, which count, too."""
    found = {path: data}
    waiting = list(requirements.included(data, path))
    while waiting and len(found) < requirements.MAX_FILES:
        path = waiting.pop(0)
        if path not in found and _is_own_file(root, path):
            found[path] = read_file(root / path)
            waiting += requirements.included(found[path], path)
    return found


def _is_own_file(root: Path, path: str) -> bool:
    """Whether a path is a file within the code, without links on the way."""
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
    """The packages that would be installed.

    Attributes:
        path: The main file of the declaration.
        digest: Identifies the declaration that the user agrees to.
        packages: One text for each package: a requirement, or name and version.
        constraints: Constraints on versions.
        sources: The user's own indexes or registries that would be used.
    """

    path: str
    digest: str
    packages: tuple[str, ...]
    constraints: tuple[str, ...]
    sources: tuple[str, ...]


class InstallNotConfirmed(WorkbenchError):
    """The user has not agreed to install these packages yet; nothing was done.

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
    """The declarations that the user has agreed to. Thread-safe.

    Args:
        settings: Stores their hashes.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def allows(self, digest: str) -> bool:
        """Whether the declaration with this hash may be installed."""
        return digest in self._settings.get(_CONFIRMED, [])

    def allow(self, digest: str) -> WorkbenchError | None:
        """Records that the user agrees to the preview. Returns the error if that could not be stored."""
        confirmed: list[str] = self._settings.get(_CONFIRMED, [])
        if digest in confirmed:
            return None
        return self._settings.set(_CONFIRMED, [*confirmed, digest][-_MAX_REMEMBERED:])
