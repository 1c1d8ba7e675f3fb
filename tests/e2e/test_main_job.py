"""The main job by keyboard and mouse, in a window on a screen of its own: what `./dev smoke` runs.

It is done in the environment of `./dev run`: nothing that only tests need is there.
"""

import re
from pathlib import Path

from PySide6.QtGui import QColor, QImage

from tests.e2e.whole_job import run_job
from tests.run_environment import run_python

GOAL_S = 60
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
    said = run_job("smoke", tmp_path, screen, run_python())
    found = re.search(r"main job ok in ([\d.]+) s", said)
    assert found, said
    assert float(found[1]) < GOAL_S
    light, dark = tmp_path / "main-job-light.png", tmp_path / "main-job-dark.png"
    assert len(_colours(light)) > 50
    assert len(_colours(dark)) > 50
    assert _lightness(dark) < 100 < _lightness(light)
