"""Runs a job of this folder as a process: the whole program, in a window on a screen of its own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PATIENCE_S = 240


def run_job(
    name: str,
    folder: Path,
    screen: dict[str, str],
    python: Path | str = sys.executable,
    arguments: Sequence[str] = (),
) -> str:
    """What the job said, once it has ended well.

    Args:
        name: Its module, which takes the folder for its pictures and says "... job ok" at the end.
        folder: For its pictures, and what it says.
        screen: The environment that leads to the screen.
        python: Runs the job, and the program with it.
        arguments: Follow the folder.
    """
    # Files: what outlives the job holds up no pipe.
    said, errors = folder / "said", folder / "errors"
    with said.open("w") as output, errors.open("w") as error_output:
        done = subprocess.run(
            [python, "-m", f"tests.e2e.{name}", str(folder), *arguments],
            cwd=Path(__file__).parents[2],
            env=os.environ | screen,
            stdout=output,
            stderr=error_output,
            timeout=PATIENCE_S,
            check=False,
        )
    assert done.returncode == 0, said.read_text() + errors.read_text()
    assert " job ok" in said.read_text()
    assert "Traceback" not in errors.read_text()
    return said.read_text()
