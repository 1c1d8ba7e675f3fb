"""The icon of the program, as the taskbar and the windows show it."""

import os
import subprocess
import sys

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from tests.ui.contrast import PART, contrast
from workbench.core.files import resources_dir
from workbench.ui.kit.theme import DARK, LIGHT

CODE = """
from workbench.app import make_application
application = make_application()
icon = application.windowIcon()
assert not icon.isNull()
image = icon.pixmap(32, 32).toImage()
assert image.pixelColor(16, 4).alpha() == 255
print("shown")
"""


def test_the_program_has_an_icon() -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "shown\n", done.stderr


def test_the_icon_is_seen_on_dark_and_on_light(qapp: QApplication) -> None:
    icon = QIcon(str(resources_dir() / "workbench.svg"))
    for size in (16, 32, 128):
        image = icon.pixmap(size, size).toImage()
        filled = image.pixelColor(size // 2, size // 8).name()
        drawn = image.pixelColor(size // 2, round(size * 0.766)).name()  # the bench
        assert contrast(filled, LIGHT.window) >= PART
        assert contrast(drawn, filled) >= PART
    edge = icon.pixmap(128, 128).toImage().pixelColor(64, 8).name()
    assert contrast(edge, DARK.window) >= PART
