"""Memory goes back to the system."""

import subprocess
import sys

import pytest

_PROGRAM = """
import pathlib, re, sys
from workbench.core.memory import give_back

def resident_mb():
    return int(re.search(r"VmRSS:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024

pieces = [bytes(2_000) for _ in range(50_000)]
held, freed = pieces[::50], pieces.pop()
del pieces, freed
before = resident_mb()
gave = give_back()
print(gave, before - resident_mb() > 40, len(held))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="malloc_trim is glibc's")
def test_what_lies_between_pieces_in_use_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "1000"]
