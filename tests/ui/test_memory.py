"""Memory goes back to the system."""

import subprocess
import sys

import pytest

from workbench.ui.shell.process import unchanged_parts

_PROGRAM = """
import pathlib, re, sys
from workbench.ui.shell.process import return_memory

def resident_mb():
    return int(re.search(r"VmRSS:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024

pieces = [bytes(2_000) for _ in range(50_000)]
held, freed = pieces[::50], pieces.pop()
del pieces, freed
before = resident_mb()
gave = return_memory()
print(gave, before - resident_mb() > 40, len(held))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="malloc_trim is glibc's")
def test_what_lies_between_pieces_in_use_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "1000"]


_QT = "/opt/PySide6/Qt/lib/libQt6Gui.so.6"
_START = """
import pathlib, re
from PySide6.QtGui import QColor, QImage
from workbench.ui.shell.process import return_memory_of_the_start

def resident_mb():
    return int(re.search(r"VmRSS:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024

before = resident_mb()
return_memory_of_the_start()
print(before - resident_mb() > 5)
image = QImage(20, 20, QImage.Format.Format_RGB32)
image.fill(QColor("teal"))
print(image.pixelColor(3, 3).name())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's list of mappings")
def test_libraries_work_on_after_what_the_start_needed_was_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", _START], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "#008080"]


def _part(bounds: str, permissions: str, path: str, changed_kb: int = 0) -> list[str]:
    return [
        f"{bounds} {permissions} 00000000 fe:00 4711 {path}".rstrip(),
        "Size:                 64 kB",
        f"Anonymous:            {changed_kb} kB",
        "VmFlags: rd ex mr mw me",
    ]


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        pytest.param(
            [("1000-3000", "r--p", _QT), ("3000-9000", "r-xp", _QT), ("9000-a000", "rw-p", _QT)],
            [(0x1000, 0x3000), (0x3000, 0x9000)],
            id="whole",
        ),
        pytest.param(
            [("1000-3000", "r--p", _QT), ("3000-4000", "r--p", _QT, 12), ("4000-5000", "rw-p", _QT, 4)],
            [(0x1000, 0x3000)],
            id="a part that the loader has changed",
        ),
        pytest.param(
            [("1000-3000", "r--p", _QT), ("3000-9000", "r-xp", _QT), ("9000-a000", "r--p", _QT)],
            [],
            id="still being loaded",
        ),
        pytest.param(
            [("1000-3000", "r--p", _QT), ("3000-4000", "rw-p", ""), ("4000-5000", "rw-p", _QT)],
            [],
            id="memory of nobody's between",
        ),
        pytest.param(
            [("1000-3000", "r-xp", "/usr/lib/libc.so.6"), ("3000-4000", "rw-p", "/usr/lib/libc.so.6")],
            [],
            id="another library",
        ),
        pytest.param(
            [("1000-3000", "rwxp", _QT), ("3000-4000", "rw-p", _QT)], [], id="a part that may be written to"
        ),
        pytest.param(
            [
                ("1000-3000", "r-xp", "/opt/my Qt/PySide6/a b.so"),
                ("3000-4000", "rw-p", "/opt/my Qt/PySide6/a b.so"),
            ],
            [(0x1000, 0x3000)],
            id="a path with spaces",
        ),
        pytest.param([], [], id="nothing"),
    ],
)
def test_only_what_is_as_in_its_file_is_found(
    parts: list[tuple[str, str, str] | tuple[str, str, str, int]], found: list[tuple[int, int]]
) -> None:
    smaps = [line for part in parts for line in _part(*part)]
    assert list(unchanged_parts(smaps, "/PySide6/")) == found
