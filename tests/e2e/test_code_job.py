"""A day's work in the editor by keyboard, in a small and a large window, with pictures of every step."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.e2e.code_job import STEPS, THEMES

PATIENCE_S = 240


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)], ids=["small", "large"])
def test_complete_rename_find_compare_and_save(
    large_screen: dict[str, str], tmp_path: Path, size: tuple[int, int]
) -> None:
    pictures, said, errors = tmp_path / "pictures", tmp_path / "said", tmp_path / "errors"
    with said.open("w") as output, errors.open("w") as error_output:
        done = subprocess.run(
            [sys.executable, "-m", "tests.e2e.code_job", str(pictures), *map(str, size)],
            cwd=Path(__file__).parents[2],
            env=os.environ | large_screen,
            stdout=output,
            stderr=error_output,
            timeout=PATIENCE_S,
            check=False,
        )

    assert done.returncode == 0, said.read_text() + errors.read_text()
    assert "code job ok" in said.read_text()
    assert "Traceback" not in errors.read_text()
    images = {path.name: QImage(str(path)) for path in pictures.glob("*.png")}
    assert set(images) == {f"{step}-{theme}.png" for step in STEPS for theme in THEMES}
    assert {(image.width(), image.height()) for image in images.values()} == {size}
