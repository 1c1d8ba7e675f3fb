"""`./dev smoke`: the main job on a fresh Sandbox, with the time it took and pictures to look at.

Usage: smoke.py [FOLDER]. Pictures go to FOLDER (build/smoke by default), in light and dark.
"""

import faulthandler
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.driver import Driver
from tests.e2e.main_job import MainJob, close
from workbench.app import Milestones, Program, make_application
from workbench.core.files import Paths

STUCK_AFTER_S = 120


def main(folder: Path) -> None:
    """Runs the main job once; raises where a person would be stuck."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="workbench-smoke-") as home:
        os.environ |= {"HOME": home, "WORKBENCH_HOME": home}
        started = time.monotonic()
        program = Program(make_application(), Paths.default(), Milestones(None))
        program.show()
        driver = Driver(program.window)
        program.window.move(0, 0)
        program.window.resize(1600, 1000)
        try:
            MainJob(program, driver).run()
        except AssertionError:
            driver.shoot(str(folder / "stuck.png"))
            raise
        seconds = time.monotonic() - started
        for theme in ("light", "dark"):
            program.services.theme.choose(theme)
            driver.shoot(str(folder / f"main-job-{theme}.png"))
        close(program, driver)
    print(f"main job ok in {seconds:.1f} s, pictures in {folder}")


if __name__ == "__main__":
    faulthandler.dump_traceback_later(STUCK_AFTER_S, exit=True)  # in a dialog that nobody expects
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/smoke"))
