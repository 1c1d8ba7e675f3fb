"""Writing Python with help, by keyboard, in a real window on a screen of its own. Nothing stays behind."""

import os
import re
import subprocess
import sys
from pathlib import Path

PATIENCE_S = 120


def test_completion_problems_and_rename_by_keyboard(screen: dict[str, str], tmp_path: Path) -> None:
    said, errors = tmp_path / "said", tmp_path / "errors"  # files: what outlives the job holds up no pipe
    with said.open("w") as out, errors.open("w") as err:
        job = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.language_job", str(tmp_path)],
            cwd=Path(__file__).parents[2],
            env=os.environ | screen,
            stdout=out,
            stderr=err,
        )
        try:
            code = job.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            job.kill()
            code = job.wait()

    assert code == 0, said.read_text() + errors.read_text()
    assert "language job ok" in said.read_text()
    assert "Traceback" not in errors.read_text()
    servers = re.search(r"servers (\d+) (\d+)", said.read_text())
    assert servers, said.read_text()
    assert not [pid for pid in servers.groups() if Path("/proc", pid).exists()]
    assert {picture.name for picture in tmp_path.glob("*.png")} == {
        f"{what}-{theme}.png" for what in ("completion", "problems") for theme in ("light", "dark")
    }
