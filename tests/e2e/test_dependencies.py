"""Dependencies installed, deployed and moved to a layer by keyboard, in a real window."""

import os
import subprocess
import sys
from pathlib import Path

PATIENCE_S = 180


def test_dependencies_are_installed_deployed_and_moved_by_keyboard(
    screen: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.dependencies_job", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env=os.environ | screen,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "dependencies job ok" in done.stdout
    assert "Traceback" not in done.stderr
    assert len(list(tmp_path.glob("*.png"))) == 20
