"""Kills a merge, and the undoing of one, before each single thing that it does to the disk: `... FOLDER`.

Each try is a fork that kills itself. What is left is opened as the program opens it, and the merge is made
again where the conflict is still there: it must always end the same. Prints how many tries there were.
"""

import base64
import hashlib
import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.code.zips import make_zip
from workbench.aws.names import LATEST
from workbench.code.compare import ComparedPackage
from workbench.code.external_changes import has_edit_conflict
from workbench.code.merge import Choice, Merge, plan_merge
from workbench.code.unpack import read_contents, unpack
from workbench.code.workspace import Workspace
from workbench.code.workspace_store import Base, write_base
from workbench.core.jobs import JobContext

CTX = JobContext()
CHANGING = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.utime", "os.chmod"})
LONG = "".join(f"line {number}\n" for number in range(9))
BASE: dict[str, bytes | str] = {
    "apart.py": LONG,
    "clash.py": "a\nb\nz\n",
    "repeat.py": "b\na",
    "theirs.py": "1\n",
    "gone.py": "g\n",
    "mine.py": "m\n",
    "logo.png": b"\x89PNG\0",
}
THEIRS: dict[str, bytes | str] = {
    "apart.py": LONG.replace("line 7", "theirs").replace("\n", "\r\n"),
    "clash.py": "a\ntheirs\nz\n",
    "repeat.py": "b\na\na",
    "theirs.py": "2\n",
    "mine.py": "m\n",
    "logo.png": b"\x89PNG\0t",
    "new/it.py": "n\n",
}


def make(folder: Path) -> ComparedPackage:
    """A working copy in `folder`/w, in conflict with the package that is handed back."""
    package = make_zip(folder / "base.zip", BASE)
    (folder / "w/packages").mkdir(parents=True)
    (folder / "w/drafts").mkdir()
    contents = unpack(package, folder / "w/files", CTX)
    digest = hashlib.sha256(package.read_bytes())
    package.rename(folder / "w/packages" / f"{digest.hexdigest()}.zip")
    sha = base64.b64encode(digest.digest()).decode()
    arn = "arn:aws:lambda:us-east-1:123456789012:function:hello"
    write_base(folder / "w", Base(arn, "hello", LATEST, sha, "r1", "2026-11-24", contents))
    workspace = Workspace.load(folder / "w")
    workspace.save("apart.py", LONG.replace("line 1", "mine"))
    workspace.put_draft("clash.py", "a\nmine\nz\n")
    workspace.save("repeat.py", "a")
    workspace.put_draft("mine.py", "typed\n")
    (workspace.root / "logo.png").write_bytes(b"\x89PNG\0m")
    zipped = make_zip(folder / "theirs.zip", THEIRS)
    theirs = zipped.rename(folder / f"{hashlib.sha256(zipped.read_bytes()).hexdigest()}.zip")
    return ComparedPackage("theirs", theirs, read_contents(theirs, CTX))


def merge(workspace: Workspace, theirs: ComparedPackage) -> Merge:
    plan = plan_merge(workspace, theirs, CTX)
    choices = {
        file.path: [Choice.BOTH if file.hunks else Choice.THEIRS] * file.conflicts
        for file in plan.files
        if file.conflicts
    }
    return Merge(workspace, plan, choices, "r2", "2026-11-24")


def state(workspace: Workspace) -> dict[str, bytes]:
    """What the next deploy would send: unsaved texts are saved before it."""
    for draft in workspace.drafts():
        workspace.save(draft.path, draft.text)
    root = workspace.root
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def arm(steps: int) -> None:
    """From now on, kills this process before it changes the disk for that many times."""
    left = itertools.count(steps - 1, -1)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        flags = arguments[2] if event == "open" else 0
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if (writes or event in CHANGING) and next(left) <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def is_killed(run: Callable[[], object]) -> bool:
    """Runs something in a fork."""
    child = os.fork()
    if not child:
        run()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or not status, "it failed by itself"
    return os.WIFSIGNALED(status)


def reopen(folder: Path, theirs: ComparedPackage) -> Workspace:
    """As `open_workspace`: their code is deployed."""
    workspace = Workspace.load(folder)
    workspace.deployed_sha256 = base64.b64encode(bytes.fromhex(theirs.package.stem)).decode()
    if workspace.stale and (sent := workspace.kept_package(workspace.deployed_sha256, CTX)):
        workspace.adopt(sent, "r2", "2026-11-24")
    return workspace


def main(folder: Path) -> None:
    """All tries. Raises AssertionError where a merge ended otherwise."""
    theirs = make(folder)
    whole = shutil.copytree(folder / "w", folder / "whole")
    merge(Workspace.load(whole), theirs).apply(CTX)
    expected = state(Workspace.load(whole))
    place = folder / "try"

    def apply(steps: int) -> None:
        made = merge(Workspace.load(place), theirs)
        arm(steps)
        made.apply(CTX)

    def undo(steps: int) -> None:
        made = merge(Workspace.load(place), theirs)
        made.apply(CTX)
        arm(steps)
        made.undo(CTX)

    for run in (apply, undo):
        for steps in itertools.count(1):
            shutil.copytree(folder / "w", place)
            killed = is_killed(lambda run=run, steps=steps: run(steps))  # type: ignore[misc]
            workspace = reopen(place, theirs)
            if workspace.stale:
                merge(workspace, theirs).apply(CTX)
            assert not any(has_edit_conflict(workspace, draft.path) for draft in workspace.drafts()), steps
            found = state(workspace)
            assert found == expected, f"{run.__name__}, killed before step {steps}: {found}"
            shutil.rmtree(place)
            if not killed:
                print(run.__name__, steps)
                break


if __name__ == "__main__":
    main(Path(sys.argv[1]))
