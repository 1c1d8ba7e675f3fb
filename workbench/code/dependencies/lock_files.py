"""Requirements from lock files and pyproject.toml: versions, markers and hashes.

Indexes, repositories and folders that such a file names are ignored: packages come from the user's own index,
and must match the hashes. Pure. Sources of the formats: poetry-core's, pipenv's and uv's own lock files.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.code.dependencies.declared import (
    Declaration,
    DeclarationKind,
    malformed,
    parse_json,
    parse_toml,
)
from workbench.code.dependencies.requirements import (
    MAX_REQUIREMENTS,
    Requirement,
    Requirements,
    parse_hash,
    parse_requirement,
    refused,
)
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

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
    "git",
    "hg",
    "svn",
    "bzr",
    "path",
    "file",
    "url",
    "directory",
    "editable",
    "ref",
    "subdirectory",
)


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
        """A locked package."""
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

    Raises:
        WorkbenchError: It is malformed, or takes a package from elsewhere than an index.
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

    Returns:
        The project's name.

    Raises:
        WorkbenchError: It is malformed, or takes a package from elsewhere.
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
