"""The files that declare a function's dependencies, and which of them the user has agreed to install.

A declaration is identified by a hash of its content: after a change the user is asked again. Reads only.
"""

import hashlib
import json
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from workbench.code.dependencies import requirements
from workbench.code.dependencies.requirements import (
    MAX_REQUIREMENTS,
    Requirement,
    Requirements,
    parse_hash,
    parse_requirement,
    refused,
)
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


def find_declaration(root: Path, language: str) -> Declaration | None:
    """The declaration for a language; None if there is none.

    A lock file is preferred to a list without one. Raises WorkbenchError if a relevant file cannot be read or
    parsed, or is a link out of the code: the errors of its lines would show what is in a foreign file.
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
_MAX_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class InstallPreview:
    """The packages that would be installed.

    Attributes:
        path: The main file of the declaration.
        digest: Identifies the declaration that the user agrees to.
        packages: One text for each package: a requirement, or name and version.
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


_MAIN = "main"
_REMEDY = _(
    "Create a requirements.txt file with the packages that the function needs. It is "
    "used when there is no lock file."
)
_OWN_INDEX = _("Remove it. To use a custom index, set UV_INDEX or specify it in your user account's uv.toml.")
_INDEX_SETTINGS = (
    "index", "index-url", "extra-index-url", "no-index", "find-links", "no-binary", "no-binary-package",
    "allow-insecure-host", "trusted-host",
)  # fmt: skip
_ELSEWHERE = (
    "git", "hg", "svn", "bzr", "path", "file", "url", "directory", "editable", "ref", "subdirectory",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _File:
    """A file's name and text, to find a line in it."""

    path: str
    text: str

    def line_of(self, *needles: str) -> int:
        """The first line that contains one of these; 0 if none does."""
        for needle in filter(None, needles):
            if (position := self.text.find(needle)) >= 0:
                return self.text.count("\n", 0, position + needle.startswith("\n")) + 1
        return 0

    def refuse(self, name: str, why: str, remedy: str = _REMEDY) -> WorkbenchError:
        line = self.line_of(f'\nname = "{name}"', f'"{name}"', name)
        return refused(self.path, line, f"{name} {why}", remedy)

    def requirement(self, text: str) -> str:
        return parse_requirement(text, self.path, self.line_of(text))

    def hashes(self, found: Iterable[object]) -> tuple[str, ...]:
        return tuple(parse_hash(str(each), self.path, self.line_of(str(each))) for each in found)

    def locked(
        self, name: str, version: object, marker: str, hashes: Iterable[object], extras: Iterable[object]
    ) -> Requirement:
        wanted = ",".join(map(str, extras))
        text = f"{name}[{wanted}]=={version}" if wanted else f"{name}=={version}"
        if not isinstance(version, str) or not version or any(each in f"{name}{version}" for each in ";@ \n"):
            raise malformed(
                self.path,
                _("a package has the name {name!r} and the version {version!r}").format(
                    name=name, version=version
                ),
            )
        return Requirement(self.requirement(f"{text} ; {marker}" if marker else text), self.hashes(hashes))


def locked_requirements(declaration: Declaration) -> Requirements:
    """The requirements of a poetry.lock, a Pipfile.lock or a pyproject.toml.

    Raises WorkbenchError if it is malformed, or takes a package from elsewhere than an index.
    """
    path = declaration.path
    file = _File(path, declaration.data[0].decode("utf-8", "replace"))
    found = _READERS[declaration.kind](file, declaration.data[0])
    if len(found.wanted) > MAX_REQUIREMENTS:
        why = _("there are more than {max_requirements:,} requirements").format(
            max_requirements=MAX_REQUIREMENTS
        )
        raise refused(path, 0, why, _("Remove what the function does not need."))
    return found


def check_uv_lock(declaration: Declaration) -> str:
    """Checks that a uv.lock takes everything except the project itself from an index.

    Raises WorkbenchError if it is malformed, or takes a package from elsewhere.

    Returns:
        The project's name.
    """
    path = declaration.path
    file = _File(path, declaration.data[0].decode("utf-8", "replace"))
    project = ""
    for about in _tables(path, parse_toml(declaration.data[0], path).get("package", [])):
        name, source = str(about.get("name") or ""), about.get("source")
        file.locked(name, about.get("version", "0"), "", (), ())
        if not isinstance(source, dict) or len(source) != 1:
            raise malformed(path, _("{name} has no source").format(name=name))
        kind, where = next(iter(source.items()))
        if kind in ("virtual", "editable") and where == ".":
            project = name
        elif kind != "registry":
            raise file.refuse(
                name, _("comes from another source ({kind}), not from a package index").format(kind=kind)
            )
    if not project:
        raise malformed(path, _("no package represents the project itself"))
    return project


def _pipenv(file: _File, data: bytes) -> Requirements:
    packages = parse_json(data, file.path).get("default", {})
    if not isinstance(packages, dict):
        raise malformed(file.path, _("“default” is not an object"))
    found = []
    for name, about in sorted(packages.items()):
        if not isinstance(about, dict) or not about.keys().isdisjoint(_ELSEWHERE):
            raise file.refuse(name, _("comes from another source, not from a package index"))
        version = str(about.get("version", ""))
        if not version.startswith("=="):
            raise file.refuse(name, _("has no version"), _("Run pipenv lock in the code folder."))
        marker, hashes, extras = str(about.get("markers") or ""), about.get("hashes"), about.get("extras")
        found.append(file.locked(name, version[2:], marker, _listed(hashes), _listed(extras)))
    return Requirements(tuple(found))


def _poetry(file: _File, data: bytes) -> Requirements:
    """The main group. Older lock files have a `category`, or no groups, in which case all packages count."""
    lock = parse_toml(data, file.path)
    older = lock.get("metadata", {})
    old_files = older.get("files", {}) if isinstance(older, dict) else {}
    found = []
    for about in _tables(file.path, lock.get("package", [])):
        name, source = str(about.get("name") or ""), about.get("source") or {}
        if about.get("optional") or not _is_main(about):
            continue
        if not isinstance(source, dict) or source.get("type", "legacy") != "legacy":
            raise file.refuse(name, _("comes from another source, not from a package index"))
        files = _listed(about.get("files")) or _listed(
            old_files.get(name) if isinstance(old_files, dict) else ()
        )
        hashes = [str(each.get("hash", "")) for each in files if isinstance(each, dict)]
        found.append(file.locked(name, about.get("version"), _marker(about), hashes, ()))
    return Requirements(tuple(sorted(found, key=lambda each: each.text)))


def _pyproject(file: _File, data: bytes) -> Requirements:
    about = parse_toml(data, file.path)
    project, tool = _table(about.get("project")), _table(_table(about.get("tool")).get("uv"))
    if "dependencies" in _listed(project.get("dynamic")):
        why = _(
            "the dependencies are dynamic and can only be determined by a build, which Workbench does not run"
        )
        raise refused(file.path, file.line_of("dynamic"), why, _("List the dependencies under [project]."))
    for key in _INDEX_SETTINGS:
        if key in tool or key in _table(tool.get("pip")):
            why = _("[tool.uv] sets {key}, but only your own settings can choose package sources").format(
                key=key
            )
            raise refused(file.path, file.line_of(f"\n{key} ", f"\n{key}=", f".{key}]", key), why, _OWN_INDEX)

    def read(table: Mapping[str, Any], key: str) -> tuple[Requirement, ...]:
        return tuple(Requirement(file.requirement(str(each))) for each in _listed(table.get(key)))

    wanted = read(project, "dependencies")
    sources = {_bare(name) for name in _table(tool.get("sources"))}
    for each in wanted:
        name = _bare(each.text)
        if name in sources:
            why = _(
                "[tool.uv.sources] takes {name} from another source, but only your own settings "
                "can choose package sources"
            ).format(name=name)
            raise refused(file.path, file.line_of("tool.uv.sources"), why, _OWN_INDEX)
    return Requirements(wanted, read(tool, "constraint-dependencies"), read(tool, "override-dependencies"))


_READERS: dict[DeclarationKind, Callable[[_File, bytes], Requirements]] = {
    DeclarationKind.POETRY: _poetry,
    DeclarationKind.PIPENV: _pipenv,
    DeclarationKind.PYPROJECT: _pyproject,
}


def _bare(text: str) -> str:
    """The normalised name at the start of a requirement."""
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed
    from packaging.utils import canonicalize_name

    try:
        return str(canonicalize_name(Parsed(text).name))
    except InvalidRequirement:
        return text


def _tables(path: str, value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise malformed(path, _("“package” is not a list of tables"))
    return value


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_main(about: Mapping[str, Any]) -> bool:
    groups = about.get("groups")
    if isinstance(groups, list):
        return _MAIN in groups
    return str(about.get("category") or _MAIN) == _MAIN


def _marker(about: Mapping[str, Any]) -> str:
    """The marker of a package: one for all groups, or one for each group."""
    markers = about.get("markers") or ""
    return str(markers.get(_MAIN, "")) if isinstance(markers, dict) else str(markers)
