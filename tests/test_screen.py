"""The invisible screen is there and has the size that screenshots and clicks count on."""

import os
import subprocess
import sys

ASK = """
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
size = app.primaryScreen().size()
print(app.platformName(), size.width(), size.height())
"""


def test_a_child_process_sees_the_screen(screen: dict[str, str]) -> None:
    said = subprocess.run(
        [sys.executable, "-c", ASK],
        env=os.environ | screen,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert said.stdout.split() == ["xcb", "1600", "1000"]
