"""The launcher's last steps."""

import subprocess
import sys
from pathlib import Path

_WRITES_ON = """
import sys, threading, time
from pathlib import Path
from workbench.sandbox.launcher.lifetime import Stopper

folder = Path(sys.argv[1])

def write_on():
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        try:
            (folder / "home").mkdir(exist_ok=True)
            (folder / "home" / str(time.monotonic_ns())).touch()
        except OSError:
            pass

threading.Thread(target=write_on).start()
Stopper([], folder).stop()
"""


def test_a_folder_in_which_something_still_writes_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "home").mkdir(parents=True)
    for number in range(500):
        (folder / "home" / str(number)).touch()
    subprocess.run([sys.executable, "-c", _WRITES_ON, folder], timeout=60, check=True)
    assert not folder.exists()
