"""A local folder as a function's code, by keyboard, in a real window on a screen of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

PATIENCE_S = 180
PICTURES = ("offer", "bound", "asked", "compared", "binary", "one_line", "missing")


def test_a_folder_is_used_and_shared_with_another_program(screen: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.folder_job", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env=os.environ | screen,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "folder job ok" in done.stdout
    assert "Traceback" not in done.stderr
    assert re.search(r"followed_ms \d+\nasked_ms \d+\n", done.stdout), done.stdout
    assert {picture.name for picture in tmp_path.glob("*.png")} == {
        f"{what}-{theme}.png" for what in PICTURES for theme in ("light", "dark")
    }
