"""Copies and second names of packages, which never change."""

import os
from collections.abc import Callable
from pathlib import Path

from workbench.core.files import private_opener

_CHUNK_BYTES = 1 << 20
_RANGE_BYTES = 8 << 20


def second_name(source: Path, target: Path) -> None:
    """Gives a finished package another name; a copy where the disk has no such. Raises OSError."""
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        part = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
        try:
            with source.open("rb") as read, open(part, "xb", opener=private_opener) as write:
                copy_start(read.fileno(), write.fileno(), os.fstat(read.fileno()).st_size)
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise


def copy_start(
    source: int, target: int, size: int, start: int = 0, stopped: Callable[[], bool] = lambda: False
) -> None:
    """Copies the first `size` bytes of a file into another one, within the system where that is possible.

    Args:
        source: Descriptor of the file.
        target: Descriptor of the other one.
        size: Where to stop.
        start: So many are there already.
        stopped: Asked every few megabytes; True ends it early.
    """
    done = start
    if hasattr(os, "copy_file_range"):
        try:
            while done < size and not stopped():
                wanted = min(_RANGE_BYTES, size - done)
                if not (count := os.copy_file_range(source, target, wanted, done, done)):
                    break
                done += count
        except OSError:
            done = start  # not between these disks
    while done < size and not stopped():
        data = read_at(source, min(_CHUNK_BYTES, size - done), done)
        os.lseek(target, done, os.SEEK_SET)
        done += os.write(target, data)


def read_at(descriptor: int, size: int, position: int) -> bytes:
    """Some bytes of a file. Raises OSError, also when there are none."""
    if hasattr(os, "pread"):
        data = os.pread(descriptor, size, position)
    else:
        os.lseek(descriptor, position, os.SEEK_SET)
        data = os.read(descriptor, size)
    if not data:
        raise OSError("The last package is shorter than it was.")
    return data
