"""The files that declare a function's dependencies, and which of them the user has agreed to install.

A declaration is identified by a hash of its content: after a change the user is asked again. Reads only.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from workbench.code.dependencies import requirements
from workbench.code.dependencies.declaration_files import WHAT, parse_json, parse_toml, read_file, tables
from workbench.code.dependencies.local_folders import LocalFolder
from workbench.code.dependencies.python_projects import is_main, poetry_dependencies, table
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.settings import Settings


class DeclarationKind(Enum):
    """How dependencies are declared."""

    UV = "uv.lock"
    POETRY = "poetry.lock"
    PIPENV = "Pipfile.lock"
    REQUIREMENTS = "requirements.txt"
    PYPROJECT = "pyproject.toml"
    POETRY_PROJECT = "pyproject.toml of Poetry"
    PIPFILE = "Pipfile"
    NPM = "package-lock.json"
    YARN = "yarn.lock"
    PNPM = "pnpm-lock.yaml"
    NODE = "package.json"
    """Without a lock file: npm resolves it."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """The declared dependencies of a function.

    Attributes:
        files: The files read, relative to the code, the main one first.
        digest: Hash of their content, and of the folders. With a lock file, the same digest installs the same
            packages.
        data: Their content when they were read. This is what is installed, even if they change meanwhile.
        code: The folder of the code, and `project` the one that local folders must be in.
        folders: The packages that are taken from folders of the project.
        lock: The lock file that npm made for a declaration without one; empty if there is none.
        hosts: The hosts of indexes that the user has agreed to for this project.
    """

    kind: DeclarationKind
    files: tuple[str, ...]
    digest: str
    data: tuple[bytes, ...] = field(repr=False, compare=False)
    code: Path = field(default=Path(), repr=False, compare=False)
    project: Path = field(default=Path(), repr=False, compare=False)
    folders: tuple[LocalFolder, ...] = field(default=(), repr=False, compare=False)
    lock: bytes = field(default=b"", repr=False, compare=False)
    hosts: frozenset[str] = field(default=frozenset(), repr=False, compare=False)

    @property
    def path(self) -> str:
        return self.files[0]

    @property
    def is_unresolved(self) -> bool:
        """Whether npm must resolve versions before the user can be asked."""
        return self.kind is DeclarationKind.NODE and not self.lock

    @property
    def consent(self) -> str:
        """Identifies what the user agrees to: everything that is downloaded, not the project's own source."""
        files = dict(zip(self.files, self.data, strict=True))
        files |= {f"{each.written}/": each.about for each in self.folders}
        return _digest(self.kind, files | ({"": self.lock} if self.lock else {}))

    def folder(self, written: str) -> LocalFolder | None:
        return next((each for each in self.folders if each.written == written), None)


def find_declaration(root: Path, language: str, project: Path | None = None) -> Declaration | None:
    """The declaration for a language; None if there is none.

    A lock file is preferred to a list without one. Raises WorkbenchError if a relevant file cannot be read or
    parsed, or is a link out of the code: the errors of its lines would show what is in a foreign file.

    Args:
        project: The folder that local packages may be taken from; the code's own by default.
    """
    for kind, names, declares in _FORMATS.get(language, ()):
        if all((root / name).is_file() for name in names):
            data = {name: read_file(root / name) for name in names}
            foreign = next((name for name in names if not _is_own_file(root, name)), "")
            if foreign and _may_declare(declares, data):
                raise WorkbenchError(
                    WHAT,
                    _("{path} is a link to a file outside the code folder, which is not used.").format(
                        path=foreign
                    ),
                    _("Replace the link with a copy of the file."),
                )
            if not foreign and declares(data):
                if kind is DeclarationKind.REQUIREMENTS:
                    data = _with_included(root, names[0], data[names[0]])
                return _declaration(kind, data, root, project or root)
    return None


def _declaration(kind: DeclarationKind, data: dict[str, bytes], root: Path, project: Path) -> Declaration:
    from workbench.code.dependencies.local_packages import find_folders

    digest = _digest(kind, data)
    bare = Declaration(kind, tuple(data), digest, tuple(data.values()), root, project)
    folders = find_folders(bare)
    if folders:
        digest = _digest(kind, data | {f"{each.written}/": each.digest.encode() for each in folders})
    return replace(bare, digest=digest, folders=folders)


def may_declare(paths: Collection[str]) -> bool:
    """Whether these files may include a declaration, in any language."""
    return any(
        name in paths for ways in _FORMATS.values() for _kind, names, _declares in ways for name in names
    )


_Data = dict[str, bytes]
"""Contents by path."""


def _may_declare(declares: Callable[[_Data], bool], data: _Data) -> bool:
    """Whether files declare packages, or cannot be understood; the reason would show what is in them."""
    try:
        return declares(data)
    except WorkbenchError:
        return True


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


def _poetry_lists(data: _Data) -> bool:
    path = DeclarationKind.PYPROJECT.value
    return bool(poetry_dependencies(parse_toml(data[path], path)))


def _pipfile_lists(data: _Data) -> bool:
    path = DeclarationKind.PIPFILE.value
    return bool(parse_toml(data[path], path).get("packages"))


def _uv_locks(data: _Data) -> bool:
    """Whether the project of a uv.lock requires packages; its groups for development do not count."""
    path = DeclarationKind.UV.value
    for about in tables(path, parse_toml(data[path], path).get("package", [])):
        source = table(about.get("source"))
        if "." in (source.get("virtual"), source.get("editable")):
            return bool(about.get("dependencies"))
    return _project_lists(data)  # a lock file without its project is refused when it is to be installed


def _poetry_locks(data: _Data) -> bool:
    path = DeclarationKind.POETRY.value
    packages = tables(path, parse_toml(data[path], path).get("package", []))
    return any(not each.get("optional") and is_main(each) for each in packages)


def _pipenv_locks(data: _Data) -> bool:
    path = DeclarationKind.PIPENV.value
    default = parse_json(data[path], path).get("default", {})
    return bool(default) or not isinstance(default, dict)  # that is refused when it is to be installed


_Format = tuple[DeclarationKind, tuple[str, ...], Callable[[_Data], bool]]
_FORMATS: dict[str, tuple[_Format, ...]] = {
    "python": (
        (DeclarationKind.UV, ("uv.lock", "pyproject.toml"), _uv_locks),
        (DeclarationKind.POETRY, ("poetry.lock",), _poetry_locks),
        (DeclarationKind.PIPENV, ("Pipfile.lock",), _pipenv_locks),
        (DeclarationKind.REQUIREMENTS, ("requirements.txt",), _lists_requirements),
        (DeclarationKind.PYPROJECT, ("pyproject.toml",), _project_lists),
        (DeclarationKind.POETRY_PROJECT, ("pyproject.toml",), _poetry_lists),
        (DeclarationKind.PIPFILE, ("Pipfile",), _pipfile_lists),
    ),
    "nodejs": (
        (DeclarationKind.NPM, ("package-lock.json", "package.json"), _package_lists),
        (DeclarationKind.YARN, ("yarn.lock", "package.json"), _package_lists),
        (DeclarationKind.PNPM, ("pnpm-lock.yaml", "package.json"), _package_lists),
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
    """Whether a path is a file within the code, also where links lead."""
    try:
        return (root / path).is_file() and (root / path).resolve().is_relative_to(root.resolve())
    except OSError:
        return False


def _digest(kind: DeclarationKind, files: _Data) -> str:
    digest = hashlib.sha256(kind.value.encode())
    for name, data in files.items():
        digest.update(f"\0{name}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        digest.update(data)
    return digest.hexdigest()


_CONFIRMED = "dependencies.confirmed"
_HOSTS = "install.hosts"
_MAX_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class InstallPreview:
    """The packages that would be installed.

    Attributes:
        path: The main file of the declaration.
        digest: Identifies the declaration that the user agrees to.
        packages: One text for each package: a requirement, or name and version.
        sources: The indexes or registries that would be used.
        project: What an agreement to new hosts is for: the project of the code.
        new_hosts: Hosts among the sources that neither the user's settings name, nor the user has agreed to
            for this project.
        is_resolved: Whether the versions come from the registry, because there is no lock file.
        notes: What the user should know before agreeing.
        keep_in: The folder that the versions can be kept in, as a lock file; "" for none.
    """

    path: str
    digest: str
    packages: tuple[str, ...]
    constraints: tuple[str, ...]
    sources: tuple[str, ...]
    project: str = ""
    new_hosts: tuple[str, ...] = ()
    is_resolved: bool = False
    notes: tuple[str, ...] = ()
    keep_in: str = ""


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

    def hosts(self, project: str) -> frozenset[str]:
        """The hosts of indexes that the user has agreed to for a project."""
        stored: dict[str, Any] = self._settings.get(_HOSTS, {})
        found = stored.get(project, []) if isinstance(stored, dict) else []
        return frozenset(map(str, found)) if isinstance(found, list) else frozenset()

    def allow(self, preview: InstallPreview) -> WorkbenchError | None:
        """Records that the user agrees to a preview. Returns the error if that could not be stored."""
        if preview.new_hosts:
            stored: dict[str, Any] = self._settings.get(_HOSTS, {})
            hosts: dict[str, list[str]] = dict(stored) if isinstance(stored, dict) else {}
            known = self.hosts(preview.project)
            hosts.pop(preview.project, None)
            hosts[preview.project] = sorted(known.union(preview.new_hosts))
            self._settings.set(_HOSTS, dict(list(hosts.items())[-_MAX_REMEMBERED:]))
        return self.allow_digest(preview.digest)

    def allow_digest(self, digest: str) -> WorkbenchError | None:
        """Records that the user agrees to a declaration. Returns the error if that could not be stored."""
        confirmed: list[str] = self._settings.get(_CONFIRMED, [])
        if digest in confirmed:
            return None
        return self._settings.set(_CONFIRMED, [*confirmed, digest][-_MAX_REMEMBERED:])
