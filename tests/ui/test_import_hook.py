"""What PySide is kept from doing at every import."""

import subprocess
import sys

_PROGRAM = """
import linecache, sys
import workbench.ui
import decimal, email.message, workbench.ui.kit.text
print([name for name in linecache.cache if "decimal" in name or "email" in name or "kit" in name])
"""


def test_a_module_is_imported_without_its_source_being_kept() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
