"""kill -9 while a person types, saves, renames and deletes: what was acknowledged is there afterwards."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.code.zips import make_zip
from workbench.aws.names import LATEST
from workbench.code.package import package_name_of
from workbench.code.unpack import unpack
from workbench.code.workspace import Workspace
from workbench.code.workspace_store import Base, write_base
from workbench.core.jobs import JobContext

CTX = JobContext()
ZERO_SHA = "A" * 43 + "="
PADDING = "# " + "x" * 40_000 + "\n"

TYPIST = """
import sys
from pathlib import Path
from workbench.code.workspace import Workspace
workspace = Workspace.load(Path(sys.argv[1]))
padding = sys.argv[2]
for number in range(1, 1_000_000):
    text = f"{number}\\n{padding}"
    workspace.put_draft("app.py", text)
    print("typed", number, flush=True)
    if number % 3 == 0:
        workspace.save("app.py", text)
        print("saved", number, flush=True)
    if number % 5 == 0:
        workspace.rename("lib", "moved")
        workspace.rename("moved", "lib")
"""


def _workspace(folder: Path) -> Workspace:
    """A workspace as open_workspace makes it, without a download."""
    package = make_zip(folder / "p.zip", {"app.py": "0\n", "lib/a.py": "a", "lib/b.py": "b"})
    (folder / "w" / "packages").mkdir(parents=True)
    contents = unpack(package, folder / "w" / "files", CTX)
    package.rename(folder / "w" / "packages" / package_name_of(ZERO_SHA))
    arn = "arn:aws:lambda:us-east-1:123456789012:function:hello"
    write_base(folder / "w", Base(arn, "hello", LATEST, ZERO_SHA, "r", "2026-11-24", contents))
    return Workspace.load(folder / "w")


@pytest.mark.parametrize("seed", range(8))
def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, seed: int) -> None:
    folder = _workspace(tmp_path).folder
    lines_to_read = random.Random(seed).randrange(1, 60)
    process = subprocess.Popen(
        [sys.executable, "-c", TYPIST, folder, PADDING.rstrip("\n")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout
    acknowledged = {"typed": 0, "saved": 0}
    with process.stdout:
        for _ in range(lines_to_read):
            what, number = process.stdout.readline().split()
            acknowledged[what] = int(number)
        process.kill()
        for line in process.stdout:  # what it got done before the kill arrived
            if line.endswith("\n"):
                what, number = line.split()
                acknowledged[what] = int(number)
    process.wait()

    workspace = Workspace.load(folder)
    saved = workspace.read("app.py").text
    draft = workspace.draft("app.py")
    latest = draft.text if draft else saved
    for text, at_least in ((latest, acknowledged["typed"]), (saved, acknowledged["saved"])):
        number_line, _, rest = text.partition("\n")
        assert number_line.isdigit()
        assert at_least <= int(number_line)
        assert int(number_line) <= acknowledged["typed"] + 1
        assert rest in (PADDING.rstrip("\n"), "")
    assert {entry.path for entry in workspace.tree(CTX)} - {"lib", "moved"} in (
        {"app.py", "lib/a.py", "lib/b.py"},
        {"app.py", "moved/a.py", "moved/b.py", "lib/a.py", "lib/b.py"},  # the latter two as deleted
    )
