"""Writing Python with help, by keyboard, in a real window on a screen of its own. Nothing stays behind."""

import os
import re
import subprocess
import sys
from pathlib import Path

PATIENCE_S = 120


def test_completion_problems_and_rename_by_keyboard(screen: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.language_job", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env=os.environ | screen,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "language job ok" in done.stdout
    assert "Traceback" not in done.stderr
    servers = re.search(r"servers (\d+) (\d+)", done.stdout)
    assert servers, done.stdout
    assert not [pid for pid in servers.groups() if Path("/proc", pid).exists()]
    assert {picture.name for picture in tmp_path.glob("*.png")} == {
        f"{what}-{theme}.png" for what in ("completion", "problems") for theme in ("light", "dark")
    }
