"""Copies and second names of packages, which never change."""

import os
from pathlib import Path

_CHUNK_BYTES = 1 << 20


def second_name(source: Path, target: Path) -> None:
    """Gives a finished package another name; a copy where the disk has no such. Raises OSError."""
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        part = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
        try:
            with source.open("rb") as read, part.open("xb") as write:
                copy_start(read.fileno(), write.fileno(), os.fstat(read.fileno()).st_size)
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise


def copy_start(source: int, target: int, size: int) -> None:
    """Copies the first bytes of a file into another one, within the system where that is possible."""
    done = 0
    if hasattr(os, "copy_file_range"):
        try:
            while done < size and (count := os.copy_file_range(source, target, size - done, done, done)):
                done += count
        except OSError:
            done = 0  # not between these disks
    while done < size:
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
