"""A day's work in the editor by keyboard, with pictures of every step. Nothing stays behind."""

import re
from pathlib import Path

from PySide6.QtGui import QImage

from tests.e2e.code_job import SIZES, STEPS, THEMES
from tests.e2e.whole_job import run_job


def test_complete_rename_find_compare_and_save(large_screen: dict[str, str], tmp_path: Path) -> None:
    said = run_job("code_job", tmp_path, large_screen)
    servers = re.search(r"servers (\d+) (\d+)", said)
    assert servers, said
    assert not [pid for pid in servers.groups() if Path("/proc", pid).exists()]
    images = {path.name: QImage(str(path)) for path in tmp_path.glob("*.png")}
    expected = {
        f"{step}-{size}-{theme}.png": edges
        for step in STEPS
        for theme in THEMES
        for size, edges in SIZES.items()
    }
    assert {name: (image.width(), image.height()) for name, image in images.items()} == expected
