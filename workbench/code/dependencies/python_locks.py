"""What Python's lock files and projects ask for: requirements in standard form, and nothing else.

Requirements files are read by requirements.py, and a uv.lock is exported by uv after a check here. Everything
is refused that is neither from an index nor, where folders can be read, from a folder of the project.
"""

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.code.dependencies.declaration_files import malformed, parse_json, parse_toml, tables
from workbench.code.dependencies.declared import Declaration, DeclarationKind
from workbench.code.dependencies.python_projects import (
    MAIN,
    is_main,
    listed,
    pipfile_lines,
    poetry_dependencies,
    poetry_lines,
    table,
)
from workbench.code.dependencies.requirements import (
    MAX_REQUIREMENTS,
    AskedIndex,
    ReadFolder,
    Requirement,
    Requirements,
    asked_index,
    folder_in,
    parse_hash,
    parse_requirement,
    refused,
)
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

_REMEDY = _(
    "Create a requirements.txt file with the packages that the function needs. It is "
    "used when there is no lock file."
)
_OWN_INDEX = _("Remove it. To use a custom index, set UV_INDEX or specify it in your user account's uv.toml.")
_SOURCE_SETTINGS = (
    "no-index", "find-links", "no-binary", "no-binary-package", "allow-insecure-host", "trusted-host",
)  # fmt: skip
_REMOTE = frozenset({"git", "hg", "svn", "bzr", "file", "url", "directory", "ref", "subdirectory", "version"})
_ELSEWHERE = (
    "git", "hg", "svn", "bzr", "path", "file", "url", "directory", "editable", "ref", "subdirectory",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _File:
    """A file's name and text, to find a line in it."""

    path: str
    text: str
    read_folder: ReadFolder | None = None

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

    def read(self, lines: Iterable[str], indexes: Iterable[AskedIndex] = ()) -> Requirements:
        """What lines of a requirements file ask for, packages and folders."""
        wanted: list[Requirement] = []
        folders: list[str] = []
        for text in lines:
            written = folder_in(text) if self.read_folder is not None else ""
            if written and self.read_folder is not None:
                wanted += self.read_folder(
                    written, self.path, self.line_of(written, posixpath.basename(written))
                )
                folders.append(written)
            else:
                wanted.append(Requirement(self.requirement(text)))
        return Requirements(
            tuple(wanted),
            indexes=tuple(dict.fromkeys(indexes)),
            folders=tuple(dict.fromkeys(folders)),
        )

    def index(self, url: str, option: str, *, replaces: bool) -> AskedIndex:
        return asked_index(url, self.path, self.line_of(url), option, replaces=replaces)

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


def locked_requirements(declaration: Declaration, read_folder: ReadFolder | None = None) -> Requirements:
    """The requirements of a declaration that is neither a requirements file nor a uv.lock.

    Raises WorkbenchError if it is malformed, or takes a package from elsewhere than an index or, with
    `read_folder`, a folder of the project.
    """
    path = declaration.path
    file = _File(path, declaration.data[0].decode("utf-8", "replace"), read_folder)
    found = _READERS[declaration.kind](file, declaration.data[0])
    if len(found.wanted) > MAX_REQUIREMENTS:
        why = _("there are more than {max_requirements:,} requirements").format(
            max_requirements=MAX_REQUIREMENTS
        )
        raise refused(path, 0, why, _("Remove what the function does not need."))
    return found


def requirement_texts(declaration: Declaration) -> tuple[str, ...]:
    """The lines of a declaration that names packages or folders without a lock. Raises WorkbenchError."""
    path = declaration.path
    lines = _LINES.get(declaration.kind)
    return tuple(lines(declaration.data[0], path)) if lines else ()


def check_uv_lock(declaration: Declaration) -> str:
    """Checks that a uv.lock takes everything except the project itself from an index.

    Raises WorkbenchError if it is malformed, or takes a package from elsewhere.

    Returns:
        The project's name.
    """
    path = declaration.path
    file = _File(path, declaration.data[0].decode("utf-8", "replace"))
    project = ""
    for about in tables(path, parse_toml(declaration.data[0], path).get("package", [])):
        name, source = str(about.get("name") or ""), about.get("source")
        file.locked(name, about.get("version", "0"), "", (), ())
        if not isinstance(source, dict) or len(source) != 1:
            raise malformed(path, _("{name} has no source").format(name=name))
        kind, where = next(iter(source.items()))
        if kind in ("virtual", "editable") and where == ".":
            project = name
        elif kind != "registry" and not _is_folder_of(declaration, source):
            raise file.refuse(
                name, _("comes from another source ({kind}), not from a package index").format(kind=kind)
            )
    if not project:
        raise malformed(path, _("no package represents the project itself"))
    return project


def _is_folder_of(declaration: Declaration, source: Mapping[str, Any]) -> bool:
    written = _folder_of_uv(source)
    return bool(written) and declaration.folder(written) is not None


def _pipenv(file: _File, data: bytes) -> Requirements:
    packages = parse_json(data, file.path).get("default", {})
    if not isinstance(packages, dict):
        raise malformed(file.path, _("“default” is not an object"))
    found = []
    folders = file.read(_pipenv_folders(data, file.path)) if file.read_folder is not None else Requirements()
    for name, about in sorted(packages.items()):
        if isinstance(about, dict) and _as_folder(about.get("path")) in folders.folders:
            continue
        if not isinstance(about, dict) or not about.keys().isdisjoint(_ELSEWHERE):
            raise file.refuse(name, _("comes from another source, not from a package index"))
        version = str(about.get("version", ""))
        if not version.startswith("=="):
            raise file.refuse(name, _("has no version"), _("Run pipenv lock in the code folder."))
        marker, hashes, extras = str(about.get("markers") or ""), about.get("hashes"), about.get("extras")
        found.append(file.locked(name, version[2:], marker, listed(hashes), listed(extras)))
    return replace(folders, wanted=(*found, *_without(folders.wanted, found)))


def _without(wanted: Iterable[Requirement], locked: Collection[Requirement]) -> Iterator[Requirement]:
    """What folders require and the lock file does not have; the rest has its version there."""
    names = {_bare(each.text) for each in locked}
    yield from (each for each in wanted if _bare(each.text) not in names)


def _poetry(file: _File, data: bytes) -> Requirements:
    """The main group. Older lock files have a `category`, or no groups, in which case all packages count."""
    lock = parse_toml(data, file.path)
    older = lock.get("metadata", {})
    old_files = older.get("files", {}) if isinstance(older, dict) else {}
    found = []
    folders = file.read(_poetry_folders(data, file.path)) if file.read_folder is not None else Requirements()
    for about in tables(file.path, lock.get("package", [])):
        name, source = str(about.get("name") or ""), about.get("source") or {}
        if about.get("optional") or not is_main(about):
            continue
        if isinstance(source, dict) and _as_folder(source.get("url")) in folders.folders:
            continue
        if not isinstance(source, dict) or source.get("type", "legacy") != "legacy":
            raise file.refuse(name, _("comes from another source, not from a package index"))
        files = listed(about.get("files")) or listed(
            old_files.get(name) if isinstance(old_files, dict) else ()
        )
        hashes = [str(each.get("hash", "")) for each in files if isinstance(each, dict)]
        found.append(file.locked(name, about.get("version"), _marker(about), hashes, ()))
    found.sort(key=lambda each: each.text)
    return replace(folders, wanted=(*found, *_without(folders.wanted, found)))


def _pyproject(file: _File, data: bytes) -> Requirements:
    about = parse_toml(data, file.path)
    project, tool = table(about.get("project")), table(table(about.get("tool")).get("uv"))
    if "dependencies" in listed(project.get("dynamic")):
        why = _(
            "the dependencies are dynamic and can only be determined by a build, which Workbench does not run"
        )
        raise refused(file.path, file.line_of("dynamic"), why, _("List the dependencies under [project]."))
    for key in _SOURCE_SETTINGS:
        if key in tool or key in table(tool.get("pip")):
            why = _("[tool.uv] sets {key}, but only your own settings can choose package sources").format(
                key=key
            )
            raise refused(file.path, file.line_of(f"\n{key} ", f"\n{key}=", f".{key}]", key), why, _OWN_INDEX)

    def read(settings: Mapping[str, Any], key: str) -> tuple[Requirement, ...]:
        return tuple(Requirement(file.requirement(str(each))) for each in listed(settings.get(key)))

    found = file.read(_with_sources(about, file), _uv_indexes(tool, file))
    constraints, overrides = read(tool, "constraint-dependencies"), read(tool, "override-dependencies")
    return replace(found, constraints=constraints, overrides=overrides)


def _with_sources(about: Mapping[str, Any], file: _File) -> Iterator[str]:
    """The dependencies of a project as lines: a folder for what [tool.uv.sources] takes from one."""
    tool = table(table(about.get("tool")).get("uv"))
    sources = {_bare(name): each for name, each in table(tool.get("sources")).items()}
    for text in map(str, listed(table(about.get("project")).get("dependencies"))):
        name = _bare(text)
        source = sources.get(name)
        if source is None or (isinstance(source, dict) and source.keys() <= {"index", "marker", "extra"}):
            yield text
            continue
        if isinstance(source, dict) and isinstance(source.get("path"), str):
            yield from pipfile_lines({name: {"path": source["path"]}}, file.path)
            continue
        why = _(
            "[tool.uv.sources] takes {name} from another source, but only your own settings "
            "can choose package sources"
        ).format(name=name)
        raise refused(file.path, file.line_of("tool.uv.sources"), why, _OWN_INDEX)


def _uv_indexes(tool: Mapping[str, Any], file: _File) -> Iterator[AskedIndex]:
    """The indexes that [tool.uv] asks for, also in its tables of pip's settings."""
    for settings in (tool, table(tool.get("pip"))):
        for each in listed(settings.get("index")):
            url = str(table(each).get("url") or "")
            yield file.index(url, "[[tool.uv.index]]", replaces=bool(table(each).get("default")))
        if "index-url" in settings:
            yield file.index(str(settings["index-url"]), "index-url", replaces=True)
        for url in map(str, listed(settings.get("extra-index-url"))):
            yield file.index(url, "extra-index-url", replaces=False)


def _poetry_project(file: _File, data: bytes) -> Requirements:
    about = parse_toml(data, file.path)
    indexes = [
        file.index(
            str(table(each).get("url") or ""),
            "[[tool.poetry.source]]",
            replaces=str(table(each).get("priority")) == "default",
        )
        for each in listed(table(table(about.get("tool")).get("poetry")).get("source"))
        if table(each).get("url")
    ]
    return file.read(poetry_lines(poetry_dependencies(about), file.path), indexes)


def _pipfile(file: _File, data: bytes) -> Requirements:
    about = parse_toml(data, file.path)
    sources = [str(table(each).get("url") or "") for each in listed(about.get("source"))]
    indexes = [
        file.index(url, "[[source]]", replaces=not place) for place, url in enumerate(filter(None, sources))
    ]
    return file.read(pipfile_lines(table(about.get("packages")), file.path), indexes)


def _uv_folders(data: bytes, path: str) -> Iterator[str]:
    for about in tables(path, parse_toml(data, path).get("package", [])):
        if folder := _folder_of_uv(table(about.get("source"))):
            yield folder


def _folder_of_uv(source: Mapping[str, Any]) -> str:
    """The folder that a uv.lock takes a package from; "" for the project itself, and for other sources."""
    found = next((source[kind] for kind in ("editable", "virtual", "directory") if kind in source), ".")
    return "" if found == "." else _as_folder(found)


def _as_folder(path: object) -> str:
    """A path as a requirements file writes a folder."""
    text = str(path).removeprefix("file://")
    return text if text in (".", "..") or text.startswith(("./", "../", "/")) else f"./{text}"


def _poetry_folders(data: bytes, path: str) -> Iterator[str]:
    for about in tables(path, parse_toml(data, path).get("package", [])):
        source = table(about.get("source"))
        if source.get("type") == "directory" and not about.get("optional") and is_main(about):
            yield _as_folder(source.get("url"))


def _pipenv_folders(data: bytes, path: str) -> Iterator[str]:
    for about in table(parse_json(data, path).get("default")).values():
        if isinstance(about, dict) and isinstance(about.get("path"), str) and not about.keys() & _REMOTE:
            yield _as_folder(about["path"])


_LINES: dict[DeclarationKind, Callable[[bytes, str], Iterable[str]]] = {
    DeclarationKind.UV: _uv_folders,
    DeclarationKind.POETRY: _poetry_folders,
    DeclarationKind.PIPENV: _pipenv_folders,
    DeclarationKind.POETRY_PROJECT: lambda data, path: poetry_lines(
        poetry_dependencies(parse_toml(data, path)), path
    ),
    DeclarationKind.PIPFILE: lambda data, path: pipfile_lines(
        table(parse_toml(data, path).get("packages")), path
    ),
    DeclarationKind.PYPROJECT: lambda data, path: _with_sources(parse_toml(data, path), _File(path, "")),
}
"""Lines of a requirements file; of a lock file only the folders."""


_READERS: dict[DeclarationKind, Callable[[_File, bytes], Requirements]] = {
    DeclarationKind.POETRY: _poetry,
    DeclarationKind.PIPENV: _pipenv,
    DeclarationKind.PYPROJECT: _pyproject,
    DeclarationKind.POETRY_PROJECT: _poetry_project,
    DeclarationKind.PIPFILE: _pipfile,
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


def _marker(about: Mapping[str, Any]) -> str:
    """The marker of a package: one for all groups, or one for each group."""
    markers = about.get("markers") or ""
    return str(markers.get(MAIN, "")) if isinstance(markers, dict) else str(markers)
