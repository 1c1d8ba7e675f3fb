"""A day's work in the editor by keyboard, with pictures of every step. Nothing stays behind."""

import os
import re
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

from tests.e2e.code_job import SIZES, STEPS, THEMES

PATIENCE_S = 240


def test_complete_rename_find_compare_and_save(large_screen: dict[str, str], tmp_path: Path) -> None:
    # Files: what outlives the job holds up no pipe.
    pictures, said, errors = tmp_path / "pictures", tmp_path / "said", tmp_path / "errors"
    with said.open("w") as output, errors.open("w") as error_output:
        done = subprocess.run(
            [sys.executable, "-m", "tests.e2e.code_job", str(pictures)],
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
    servers = re.search(r"servers (\d+) (\d+)", said.read_text())
    assert servers, said.read_text()
    assert not [pid for pid in servers.groups() if Path("/proc", pid).exists()]
    images = {path.name: QImage(str(path)) for path in pictures.glob("*.png")}
    expected = {
        f"{step}-{size}-{theme}.png": edges
        for step in STEPS
        for theme in THEMES
        for size, edges in SIZES.items()
    }
    assert {name: (image.width(), image.height()) for name, image in images.items()} == expected
