"""Finds the packages that a declaration takes from folders of the project, with those that these name.

A folder that cannot be used is left out here; the error is raised when its packages are to be installed.
"""

import posixpath
from collections.abc import Iterable, Iterator

from workbench.code.dependencies.declaration_files import parse_json, read_file
from workbench.code.dependencies.declared import Declaration, DeclarationKind
from workbench.code.dependencies.local_folders import MAX_FOLDERS, LocalFolder, digest_of, files_of, inside
from workbench.code.dependencies.python_locks import requirement_texts
from workbench.code.dependencies.python_projects import read_source_project, source_files
from workbench.code.dependencies.requirements import (
    ReadFolder,
    Requirement,
    folder_in,
    parse_requirement,
    read_requirements,
    refused,
)
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

_NODE = frozenset({DeclarationKind.NPM, DeclarationKind.YARN, DeclarationKind.PNPM, DeclarationKind.NODE})
_ABOUT = DeclarationKind.NODE.value
_LOCAL = ("file:", "link:", "portal:", "./", "../")


def find_folders(declaration: Declaration) -> tuple[LocalFolder, ...]:
    """The folders of a declaration that can be used. Raises no error."""
    find = _node_folders if declaration.kind in _NODE else _python_folders
    found: dict[str, LocalFolder] = {}
    for written in find(declaration):
        if written in found or len(found) >= MAX_FOLDERS:
            continue
        try:
            read = read_node_folder if declaration.kind in _NODE else _read_python_folder
            found[written] = read(declaration, written, declaration.path, 0)
        except WorkbenchError:
            continue  # raised again when it is to be installed
    return tuple(found.values())


def folder_reader(declaration: Declaration) -> ReadFolder:
    """Reads what the folders of a declaration require, as they were when it was found."""
    seen: set[str] = set()

    def read(written: str, path: str, line: int) -> tuple[Requirement, ...]:
        folder = declaration.folder(written) or _read_python_folder(declaration, written, path, line)
        if written in seen:
            return ()
        seen.add(written)
        needs: list[Requirement] = []
        for text in folder.about.decode("utf-8").splitlines():
            if inner := folder_in(text):
                needs += read(posixpath.normpath(posixpath.join(written, inner)), path, line)
            else:
                needs.append(Requirement(parse_requirement(text, f"{written.rstrip('/')}: {path}", line)))
        return tuple(needs)

    return read


def _read_python_folder(declaration: Declaration, written: str, path: str, line: int) -> LocalFolder:
    folder = inside(declaration.project, declaration.code, written, path, line)
    project = read_source_project(folder, path, line)
    digest = digest_of(file for __, file in source_files(folder, path))
    return LocalFolder(written, folder, digest, "\n".join(project.needs).encode())


def _python_folders(declaration: Declaration) -> Iterator[str]:
    """The folders that a Python declaration names, and those that they name."""
    found: dict[str, None] = {}

    def note(written: str, path: str, line: int) -> tuple[Requirement, ...]:
        if written in found or len(found) >= MAX_FOLDERS:
            return ()
        found[written] = None
        try:
            folder = _read_python_folder(declaration, written, path, line)
        except WorkbenchError:
            return ()
        for text in folder.about.decode("utf-8").splitlines():
            if inner := folder_in(text):
                note(posixpath.normpath(posixpath.join(written, inner)), path, line)
        return ()

    try:
        if declaration.kind is DeclarationKind.REQUIREMENTS:
            files = dict(zip(declaration.files, declaration.data, strict=True))
            read_requirements(files, declaration.path, note)
        else:
            for text in requirement_texts(declaration):
                if written := folder_in(text):
                    note(written, declaration.path, 0)
    except WorkbenchError:
        pass  # the line is refused when the packages are to be installed
    yield from found


# Node.js


def local_specs(
    about: dict[str, object], kinds: Iterable[str] = ("dependencies", "optionalDependencies")
) -> dict[str, str]:
    """The dependencies of a package.json that are folders: name -> folder as written."""
    found = {}
    for kind in kinds:
        listed = about.get(kind)
        for name, spec in listed.items() if isinstance(listed, dict) else ():
            if folder := local_folder_of(str(spec)):
                found[str(name)] = folder
    return found


def local_folder_of(spec: str) -> str:
    """The folder in a specification such as "file:../shared"; "" if it is something else."""
    if not spec.startswith(_LOCAL) or spec.lower().endswith((".tgz", ".tar.gz", ".tar")):
        return ""
    path = spec.partition(":")[2] if not spec.startswith(".") else spec
    if path.startswith("//"):
        path = path.removeprefix("//")
    return "" if path.startswith(("/", "~")) or ":" in path or "\\" in path else posixpath.normpath(path)


def read_node_folder(declaration: Declaration, written: str, path: str, line: int) -> LocalFolder:
    """A folder with a package.json. Raises WorkbenchError if it cannot be used."""
    folder = inside(declaration.project, declaration.code, written, path, line)
    remedy = _("Correct the path, or use the version of a package in a registry.")
    if declaration.code.resolve().is_relative_to(folder):
        why = _("it takes a package from a folder that contains the code: {folder}").format(folder=written)
        raise refused(path, line, why, remedy)
    place = folder / _ABOUT
    if not place.is_file() or not place.resolve().is_relative_to(folder):
        why = _("the folder {folder} has no package.json").format(folder=written)
        raise refused(path, line, why, remedy)
    return LocalFolder(written, folder, digest_of(files_of(folder, path)), read_file(place))


def _linked(declaration: Declaration) -> Iterator[str]:
    """The folders that a package-lock.json links to, such as workspaces."""
    if declaration.kind is not DeclarationKind.NPM:
        return
    try:
        packages = parse_json(declaration.data[0], declaration.path).get("packages")
    except WorkbenchError:
        return
    for each in packages.values() if isinstance(packages, dict) else ():
        if isinstance(each, dict) and each.get("link") and not each.get("dev"):
            yield posixpath.normpath(str(each.get("resolved") or "."))


def _node_folders(declaration: Declaration) -> Iterator[str]:
    yield from _linked(declaration)
    waiting = [("", declaration.data[declaration.files.index(_ABOUT)])]
    seen: set[str] = set()
    while waiting and len(seen) <= MAX_FOLDERS:
        above, data = waiting.pop()
        try:
            specs = local_specs(parse_json(data, _ABOUT))
        except WorkbenchError:
            continue
        for inner in specs.values():
            written = posixpath.normpath(posixpath.join(above, inner))
            if written in seen:
                continue
            seen.add(written)
            yield written
            try:
                waiting.append((written, read_node_folder(declaration, written, _ABOUT, 0).about))
            except WorkbenchError:
                continue
