"""Copies files and folders from anywhere into a folder of ours, whole or not at all."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench.code.names import fault_in_name
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext

_PIECE_BYTES = 1024 * 1024


def copy_into(sources: Sequence[Path], folder: Path, ctx: JobContext) -> dict[Path, Path]:
    """Copies each source into a folder of its own below `folder`; returns where each copy lies.

    Links are not followed and not copied: where one leads may be anywhere.

    Raises:
        WorkbenchError: One of them is a link or no file, has a name that is not allowed, or the disk refuses.
        Cancelled: The person did not want to wait. No copy is left, then and in case of an error.
    """
    copies: dict[Path, Path] = {}
    done = 0
    try:
        total = sum(
            size for source in sources for _path, _is_folder, size in _walk(source, source.parent, ctx)
        )
        for source in sources:
            box = Path(tempfile.mkdtemp(dir=folder))
            copies[source] = box / source.name
            for path, is_folder, size in _walk(source, source.parent, ctx):
                target = box / path.relative_to(source.parent)
                if is_folder:
                    target.mkdir()
                else:
                    _copy(path, target, ctx)
                done += size
                ctx.progress(done, total, source.name)
    except OSError as error:
        _remove(copies)
        raise explain_os_error(error, "Nothing was copied.", Path(error.filename or folder)) from error
    except BaseException:
        _remove(copies)
        raise
    return copies


def _remove(copies: dict[Path, Path]) -> None:
    for copy in copies.values():
        shutil.rmtree(copy.parent, ignore_errors=True)


def _walk(path: Path, top: Path, ctx: JobContext) -> Iterator[tuple[Path, bool, int]]:
    """A path and all below it, folders before what is in them: the path, whether it is a folder, its size."""
    ctx.check()
    about = path.lstat()
    name = path.relative_to(top).as_posix()
    if fault := fault_in_name(name):
        raise WorkbenchError("Nothing was copied.", f"The name {name!r} is not valid: {fault}.")
    if stat.S_ISDIR(about.st_mode):
        yield path, True, 0
        for child in sorted(path.iterdir()):
            yield from _walk(child, top, ctx)
    elif stat.S_ISREG(about.st_mode):
        yield path, False, about.st_size
    else:
        what = "a link" if stat.S_ISLNK(about.st_mode) else "not a file"
        raise WorkbenchError("Nothing was copied.", f"{name} is {what}.", "Copy its target instead.")


def _copy(source: Path, target: Path, ctx: JobContext) -> None:
    with source.open("rb") as reader, target.open("xb") as writer:
        while piece := reader.read(_PIECE_BYTES):
            ctx.check()
            writer.write(piece)
        executable = os.fstat(reader.fileno()).st_mode & 0o111
    target.chmod(0o755 if executable else 0o644)
