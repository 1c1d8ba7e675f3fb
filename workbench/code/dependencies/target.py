"""The machine for which dependencies are installed, and for which machine a compiled file is.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (operating systems) and
https://docs.aws.amazon.com/lambda/latest/dg/python-package.html (platform tags); the ELF specification and
https://refspecs.linuxfoundation.org/LSB_5.0.0 (symbol versions).
"""

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workbench.core.messages import _

_RUNTIME = re.compile(r"(python|nodejs)(\d+)(?:\.(\d+|x))?")
# The first runtimes on Amazon Linux 2023; older ones are on Amazon Linux 2.
_FIRST_ON_AL2023 = {"python": 12, "nodejs": 20}
_GLIBC_AL2, _GLIBC_AL2023 = (2, 26), (2, 34)
_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True, slots=True)
class Target:
    """A runtime and an architecture.

    Attributes:
        runtime: As configured, "python3.13".
        architecture: As configured, "x86_64" or "arm64".
    """

    runtime: str
    architecture: str = "x86_64"

    @property
    def language(self) -> str:
        """The language, "python" or "nodejs".

        "" for runtimes whose dependencies Workbench does not install.
        """
        found = _RUNTIME.fullmatch(self.runtime)
        return found[1] if found else ""

    @property
    def python_version(self) -> str:
        """The version, "3.13" for "python3.13"; otherwise ""."""
        return self.runtime.removeprefix("python") if self.language == "python" else ""

    @property
    def glibc(self) -> tuple[int, int]:
        """Its version of the C library. Files built for a newer one do not load."""
        found = _RUNTIME.fullmatch(self.runtime)
        if found:
            number = int(found[3] if found[1] == "python" and found[3] else found[2])
            return _GLIBC_AL2023 if number >= _FIRST_ON_AL2023[found[1]] else _GLIBC_AL2
        older = self.runtime in ("provided.al2", "java8.al2", "java11", "java17", "ruby3.2", "dotnet6")
        return _GLIBC_AL2 if older else _GLIBC_AL2023

    @property
    def machine(self) -> str:
        """The processor in the words of Linux and wheels: "x86_64" or "aarch64"."""
        return _MACHINES.get(self.architecture, self.architecture)

    @property
    def platform(self) -> str:
        """The platform for uv. Wheels for this or any older C library are accepted."""
        libc = "manylinux_2_34" if self.glibc >= _GLIBC_AL2023 else "manylinux2014"
        return f"{self.machine}-{libc}"

    def __str__(self) -> str:
        return _("{runtime} on {architecture}").format(runtime=self.runtime, architecture=self.architecture)


_ELF_MACHINES = {62: "x86_64", 183: "aarch64", 3: "i386", 40: "arm", 243: "riscv64"}
_MACHO = (
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)
_VERSIONS_NEEDED = 0x6FFFFFFE
_MAX_SECTIONS = 4096  # of sections, and of required versions
_LARGEST_SECTION = 16 << 20
_GLIBC = re.compile(rb"GLIBC_(\d+)\.(\d+)")
_COMPILED = re.compile(r"\.(?:so(?:\.[\d.]+)?|node|dylib|pyd|dll)$")
_TAG = re.compile(r"\.cpython-(\d)(\d+)[a-z]*-")


@dataclass(frozen=True, slots=True)
class Binary:
    """The machine of a compiled file.

    Attributes:
        system: "linux", "macos" or "windows".
        machine: The processor in Linux's words; empty if unknown.
        glibc: The latest version of the C library that it requires; (0, 0) for none.
    """

    system: str
    machine: str = ""
    glibc: tuple[int, int] = (0, 0)


def may_be_compiled(path: str, executable: bool) -> bool:
    """Whether a file of this name may be compiled."""
    return _COMPILED.search(path) is not None or (executable and "." not in path.rpartition("/")[2])


def python_of(path: str) -> str:
    """The Python version of an extension module, "3.12"; empty if its name does not contain one."""
    found = _TAG.search(path)
    return f"{found[1]}.{found[2]}" if found else ""


def read_binary(place: Path) -> Binary | None:
    """The machine of a file; None if it is not compiled, damaged, or cannot be read."""
    try:
        with place.open("rb") as file:
            head = file.read(64)
            if head[:4] == b"\x7fELF":
                return _elf(file, head)
            if head[:4] in _MACHO:
                return Binary("macos")
            if head[:2] == b"MZ":
                return Binary("windows")
    except (OSError, struct.error, ValueError):
        return None
    return None


def _elf(file: BinaryIO, head: bytes) -> Binary:
    is_64, order = head[4] == 2, "<" if head[5] == 1 else ">"
    (machine,) = struct.unpack_from(f"{order}H", head, 18)
    name = _ELF_MACHINES.get(machine, f"machine {machine}")
    if not is_64:
        return Binary("linux", name)
    (start,) = struct.unpack_from(f"{order}Q", head, 40)
    size, count = struct.unpack_from(f"{order}HH", head, 58)
    try:
        return Binary("linux", name, _glibc(file, order, start, size, min(count, _MAX_SECTIONS)))
    except (OSError, struct.error, ValueError):
        return Binary("linux", name)


def _glibc(file: BinaryIO, order: str, start: int, size: int, count: int) -> tuple[int, int]:
    """The latest version of the C library among the required symbol versions."""
    file.seek(start)
    table = file.read(size * count)
    sections = [struct.unpack_from(f"{order}IIQQQQII", table, number * size) for number in range(count)]
    newest = (0, 0)
    for __, kind, __, __, offset, length, link, entries in sections:
        if kind != _VERSIONS_NEEDED or link >= len(sections):
            continue
        names = _section(file, sections[link][4], sections[link][5])
        for name in _needed(_section(file, offset, length), order, min(entries, _MAX_SECTIONS)):
            end = names.find(b"\0", name)
            if found := _GLIBC.match(names[name:end]):
                newest = max(newest, (int(found[1]), int(found[2])))
    return newest


def _needed(data: bytes, order: str, entries: int) -> list[int]:
    """The offsets of the required versions in the table of names."""
    names, position = [], 0
    for __ in range(entries):
        __, count, __, aux, following = struct.unpack_from(f"{order}HHIII", data, position)
        inner = position + aux
        for __ in range(min(count, _MAX_SECTIONS)):
            __, __, __, name, step = struct.unpack_from(f"{order}IHHII", data, inner)
            names.append(name)
            inner += step
            if not step:
                break
        position += following
        if not following:
            break
    return names


def _section(file: BinaryIO, offset: int, length: int) -> bytes:
    if length > _LARGEST_SECTION:
        raise ValueError("a section is too large")
    file.seek(offset)
    return file.read(length)
