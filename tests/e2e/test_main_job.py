"""The main job by keyboard and mouse, in a window on a screen of its own: what `./dev smoke` runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QColor, QImage

GOAL_S = 60
PATIENCE_S = 180
_STEP_PX = 7


def _colours(picture: Path) -> set[int]:
    image = QImage(str(picture))
    assert not image.isNull(), f"{picture} is no picture"
    rows, columns = range(0, image.height(), _STEP_PX), range(0, image.width(), _STEP_PX)
    return {image.pixel(x, y) for y in rows for x in columns}


def _lightness(picture: Path) -> int:
    """Of the middle of the window's lower edge: the status bar, which is background."""
    image = QImage(str(picture))
    return QColor(image.pixel(image.width() // 2, image.height() - 6)).lightness()


def test_the_main_job_is_done_within_a_minute(screen: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.smoke", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env=os.environ | screen,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"main job ok in ([\d.]+) s", done.stdout)
    assert found, done.stdout
    assert float(found[1]) < GOAL_S
    light, dark = tmp_path / "main-job-light.png", tmp_path / "main-job-dark.png"
    assert len(_colours(light)) > 50
    assert len(_colours(dark)) > 50
    assert _lightness(dark) < 100 < _lightness(light)
    assert "Traceback" not in done.stderr
