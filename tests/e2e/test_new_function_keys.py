"""Making a function by keyboard, in a real window on a screen of its own."""

import os
import subprocess
import sys
from pathlib import Path

PATIENCE_S = 120


def test_a_function_is_made_and_invoked_by_keyboard(screen: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.new_function_job", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env=os.environ | screen,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "new function job ok" in done.stdout
    assert "Traceback" not in done.stderr
    assert {picture.name for picture in tmp_path.glob("*.png")} == {
        f"{what}-{theme}.png" for what in ("dialog", "made") for theme in ("light", "dark")
    }
