"""Taking what somebody else deployed: one's own code is set aside, whatever state it is in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.code.deployed import CTX, HANDLER, Deployed, take
from workbench.code.workspace import Workspace
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext


def beside(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in workspace.folder.parent.iterdir())


def test_ones_own_code_is_set_aside_and_the_place_is_named(deployed: Deployed) -> None:
    mine = deployed.open()
    mine.save("app.py", "mine\n")
    mine.create("new.py", "new\n")
    mine.put_draft("lib/util.py", "typed\n")
    deployed.deploy({"app.py": "theirs\n"})

    theirs = take(deployed)

    assert theirs.read("app.py").text == "theirs\n"
    assert theirs.is_clean(CTX)
    assert not theirs.stale
    assert beside(theirs) == ["hello", "hello.mine-1"]
    kept = theirs.folder.with_name("hello.mine-1")
    assert theirs.notes == (f"Your changes are kept in {kept / 'files'}.",)
    assert (kept / "files/app.py").read_text() == "mine\n"
    assert (kept / "files/new.py").read_text() == "new\n"
    draft = Workspace.load(kept).draft("lib/util.py")
    assert draft is not None
    assert draft.text == "typed\n"


def test_what_was_set_aside_before_stays(deployed: Deployed) -> None:
    for number in ("1", "2"):
        deployed.open().save("app.py", f"mine {number}\n")
        deployed.deploy({"app.py": f"theirs {number}\n"})
        theirs = take(deployed)

        kept = theirs.folder.with_name(f"hello.mine-{number}")
        assert (kept / "files/app.py").read_text() == f"mine {number}\n"
    assert beside(deployed.open()) == ["hello", "hello.mine-1", "hello.mine-2"]


def test_where_nothing_was_changed_nothing_is_set_aside(deployed: Deployed) -> None:
    take(deployed)
    deployed.deploy({"app.py": "theirs\n"})
    theirs = take(deployed)

    assert theirs.notes == ()
    assert beside(theirs) == ["hello"]


def test_a_damaged_working_copy_is_set_aside_too(deployed: Deployed) -> None:
    mine = deployed.open()
    mine.save("app.py", "mine\n")
    (mine.folder / "base.json").unlink()

    theirs = take(deployed)

    assert theirs.read("app.py").text == HANDLER
    assert (theirs.folder.with_name("hello.mine-1") / "files/app.py").read_text() == "mine\n"


def test_a_download_that_fails_leaves_everything_in_its_place(deployed: Deployed) -> None:
    mine = deployed.open()
    mine.save("app.py", "mine\n")
    deployed.zip.write_bytes(b"no zip at all")

    with pytest.raises(WorkbenchError, match="not a zip"):
        take(deployed)

    assert beside(mine) == ["hello"]
    assert Workspace.load(mine.folder).read("app.py").text == "mine\n"


class CancelledAt(JobContext):
    """Cancelled when it is asked for the time that is given; 0 is the first."""

    def __init__(self, time: int) -> None:
        super().__init__()
        self._left = time

    def check(self) -> None:
        if not self._left:
            raise Cancelled
        self._left -= 1


def test_cancelling_at_any_moment_leaves_everything_in_its_place(deployed: Deployed) -> None:
    mine = deployed.open()
    mine.save("app.py", "mine\n")

    for time in range(100):
        try:
            theirs = take(deployed, CancelledAt(time))
        except Cancelled:
            assert beside(mine) == ["hello"]
            assert Workspace.load(mine.folder).read("app.py").text == "mine\n"
        else:
            assert time > 2
            assert theirs.read("app.py").text == HANDLER
            return
    pytest.fail("it never came to an end")


def test_an_exchange_that_the_disk_refuses_is_taken_back(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = deployed.open()
    mine.save("app.py", "mine\n")
    rename: Callable[[Path, Path], Path] = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == "hello.new":
            raise PermissionError(13, "refused")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(WorkbenchError, match="could not be created"):
        take(deployed)

    assert beside(mine) == ["hello"]
    assert Workspace.load(mine.folder).read("app.py").text == "mine\n"


def test_a_kill_between_the_two_halves_of_the_exchange_loses_neither(deployed: Deployed) -> None:
    mine = deployed.open()
    mine.save("app.py", "mine\n")
    deployed.deploy({"app.py": "theirs\n"})
    theirs = take(deployed)
    theirs.folder.rename(theirs.folder.with_name("hello.new"))  # as it was when it was killed

    again = deployed.open()

    assert again.read("app.py").text == "theirs\n"
    assert beside(again) == ["hello", "hello.mine-1"]
    assert deployed.followed == 2
