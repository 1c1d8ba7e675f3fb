"""Packages that a declaration takes from folders of the project that the user opened.

They go into the package as source. Nothing of them is run or built, and nothing outside the project is read,
also where links lead.
"""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.code.contents import fault_in_name
from workbench.code.dependencies.requirements import refused, short
from workbench.code.package.patterns import PROJECT_PATTERNS, Patterns
from workbench.code.package.scan import Rules, scan_tree
from workbench.core.files import explaining
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_RULES = Rules(Patterns((*PROJECT_PATTERNS, "node_modules/", "*.egg-info/")), in_project=True)
_MAX_BYTES = 64 << 20
MAX_FOLDERS = 50
"""A declaration names at most so many, with those that they name."""
_WHAT = _("The dependencies could not be read.")


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A folder that a declaration names.

    Attributes:
        written: As the declaration names it, relative to the code: "../shared".
        digest: Hash of the files that are taken.
        about: What is downloaded for it: lines of a requirements file, or its package.json.
    """

    written: str
    folder: Path
    digest: str
    about: bytes


def project_root(code: Path) -> Path:
    """The project that a folder belongs to: the nearest repository above it, or the folder itself.

    A repository that holds the user's home folder is not a project.
    """
    try:
        code = code.resolve()
        home = Path.home().resolve()
    except (OSError, RuntimeError):
        return code
    for folder in (code, *code.parents):
        if home.is_relative_to(folder):
            break
        if (folder / ".git").exists():
            return folder
    return code


def inside(project: Path, code: Path, written: str, path: str, line: int = 0) -> Path:
    """The folder that a declaration at `path` names, relative to the code.

    Raises WorkbenchError if it is not a folder inside the project.
    """
    remedy = _("Use a folder of the project, or the name and version of a package in an index.")
    if "\0" in written or "\\" in written or "${" in written or written.startswith(("~", "//")):
        why = _("“{text}” is not the path of a folder").format(text=short(written))
        raise refused(path, line, why, remedy)
    project = project.resolve()
    folder = None
    # Tools resolve it where they are run: in the code's folder, or in one above, with the project's commands.
    for start in (code, *(each for each in code.resolve().parents if each.is_relative_to(project))):
        try:
            found = (start / written).resolve()
            if found.is_dir():
                folder = folder or found
                if found.is_relative_to(project):
                    return found
        except (OSError, RuntimeError):
            continue
    if folder is None:
        why = _("it takes a package from a folder that does not exist: {folder}").format(
            folder=short(written)
        )
        raise refused(path, line, why, remedy)
    why = _("it takes a package from a folder outside the project: {folder}").format(folder=short(written))
    raise refused(path, line, why, remedy)


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to take: its path in the folder, and where it is."""

    path: str
    place: Path
    is_executable: bool


def files_of(folder: Path, path: str) -> tuple[LocalFile, ...]:
    """The files of a folder, without secrets, caches and installed packages, sorted by path.

    Raises WorkbenchError if it is too large, or something cannot be packed.
    """
    with explaining(_WHAT, folder):
        found = scan_tree(folder, _RULES, {}, JobContext())
    if sum(file.size_bytes for file in found.new) > _MAX_BYTES:
        why = _("the folder {folder} is larger than {size} MiB").format(
            folder=short(folder.name), size=_MAX_BYTES >> 20
        )
        raise refused(path, 0, why, _("Take a smaller folder."))
    files = (LocalFile(file.path, Path(folder, file.source), file.executable) for file in found.new)
    return tuple(sorted((file for file in files if not fault_in_name(file.path)), key=lambda file: file.path))


def digest_of(files: Iterable[LocalFile]) -> str:
    """A hash of names and contents. Raises WorkbenchError."""
    digest = hashlib.sha256()
    for file in files:
        with explaining(_WHAT, file.place):
            data = file.place.read_bytes()
        digest.update(
            f"\0{file.path}\0{file.is_executable}\0{len(data)}\0".encode("utf-8", "surrogateescape")
        )
        digest.update(data)
    return digest.hexdigest()


def copy_files(files: Iterable[tuple[str, LocalFile]], root: Path) -> Iterator[tuple[str, int]]:
    """Copies files to paths below a folder; what is there stays. Yields paths and sizes. Raises OSError."""
    for path, file in files:
        target = root / path
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.place, target)
        target.chmod(0o755 if file.is_executable else 0o644)
        yield path, target.stat().st_size
