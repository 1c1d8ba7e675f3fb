"""Programs that edit one file at the same time, as processes of their own."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.core.jobs import JobContext
from workbench.profiles.write import ConfigWriter, JournalEntry, again

ROOT = Path(__file__).parents[2]

_EDITS = """
import sys
from pathlib import Path
from workbench.core.jobs import JobContext
from workbench.profiles.ini_editor import FileEdits, SetOption
from workbench.profiles.write import ConfigWriter
state, path, worker, edits = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
writer = ConfigWriter(state)
print("ready", flush=True)
sys.stdin.readline()
for number in range(edits):
    edit = SetOption(f"profile w{worker}", f"edit_{number}", f"{worker}.{number}")
    writer.write([FileEdits(path, (edit,))], f"edit {worker}.{number}", JobContext())
"""


def edits_kept(folder: Path, processes: int = 8, edits: int = 10, homes: int = 1) -> int:
    """Lets processes edit one configuration file at once; how many of the edits it holds in the end.

    Args:
        folder: An empty one.
        processes: How many; all begin together.
        edits: Of each.
        homes: How many state folders they use between them.

    Returns:
        At best processes x edits.
    """
    path = folder / "config"
    path.write_text("".join(f"[profile w{number}]\nregion = eu-west-1\n\n" for number in range(processes)))
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _EDITS, folder / f"home{number % homes}", path, str(number), str(edits)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for number in range(processes)
    ]
    start_together(running)
    text = path.read_text()
    return sum(
        f"edit_{number} = {worker}.{number}\n" in text
        for worker in range(processes)
        for number in range(edits)
    )


def start_together(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Lets processes go that print a line when they are ready, and wait for one; none may fail."""
    for each in running:
        assert each.stdout is not None
        each.stdout.readline()
    for each in running:
        assert each.stdin is not None
        each.stdin.write(b"\n")
        each.stdin.flush()
    for each in running:
        each.communicate(timeout=60)
    assert all(each.returncode == 0 for each in running)


def reapply(writer: ConfigWriter, entry: JournalEntry) -> None:
    """Makes an edit again that another program overwrote."""
    writer.write(again(entry, writer.journal.replaced(entry)), entry.title, JobContext())
