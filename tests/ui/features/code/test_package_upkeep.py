"""The package of the open code is made ahead; no edit is missing from it, and nothing is left behind."""

import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui.code_files import text
from tests.ui.features.code.coder import Coder, CodeServer
from workbench.code.package import watch as watch_module
from workbench.code.package.deflating import Deflating
from workbench.code.package.scan import scan_tree
from workbench.code.package_contents import changed_files
from workbench.core.jobs import JobContext, JobRunner
from workbench.ui.features.code import working_copy
from workbench.ui.features.code.working_copy import PackageUpkeep

HANDLER = "def handler(event, context):\n    return 1\n"
FILES: dict[str, bytes | str] = {"app.py": HANDLER, "lib/util.py": "x = 1\n", "logo.png": b"\x89PNG\0" * 999}
CTX = JobContext()


class Packed:
    """Someone who edits, and what would be deployed."""

    def __init__(self, coder: Coder, jobs: JobRunner | None = None) -> None:
        self.coder = coder
        self.jobs = jobs or coder.services.jobs
        services = replace(coder.services, jobs=self.jobs)
        self.keeper = PackageUpkeep(services, coder.page)

    def settle(self) -> None:
        """Until the package was made ahead."""
        self.coder.until(lambda: not self.keeper._timer.isActive() and not self.jobs.active())
        self.coder.idle()

    def write(self, new: str) -> None:
        """Types a text over the present one, and saves."""
        text(self.coder.files).selectAll()
        self.coder.type(new)
        self.coder.save()

    def deployed(self, path: str = "app.py") -> str:
        """A file of the package that a deploy would take now."""
        with zipfile.ZipFile(self.coder.workspace.package(CTX).path) as archive:
            return archive.read(path).decode()

    def zips(self, folder: str) -> set[str]:
        return {path.name for path in (self.coder.workspace.folder / folder).glob("*.zip")}

    def spares(self) -> list[Path]:
        return list(self.coder.workspace.folder.glob("packing/spare-*"))


@pytest.fixture
def packed(coder: Coder, server: CodeServer) -> Iterator[Packed]:
    packed = Packed(coder)
    coder.open(server.function("hello", FILES))
    yield packed
    packed.keeper.stop()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What packing costs: each scan of the tree, and each file that is compressed."""
    seen: list[str] = []
    run = Deflating.run

    def scanned(root: Path, *more: object) -> object:
        seen.append("scan")
        return scan_tree(root, *more)  # type: ignore[arg-type]  # handed through

    def deflated(self: Deflating, new: list[object], *more: object) -> object:
        seen.extend("file" for _ in new)
        return run(self, new, *more)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr("workbench.code.package.scan_tree", scanned)
    monkeypatch.setattr(Deflating, "run", deflated)
    return seen


def watches() -> int:
    """How many trees this process watches for packing."""
    with os.scandir("/proc/self/fd") as entries:
        names = [os.readlink(entry.path) for entry in entries]
    return sum("inotify" in name for name in names)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are scanned")
def test_a_deploy_after_a_save_finds_its_package_ready(packed: Packed, work: list[str]) -> None:
    base = packed.zips("packages")
    packed.write("x = 1")
    packed.settle()
    assert work.count("scan") == 2  # what is there, then whether all of it is watched
    work.clear()
    packed.write("x = 22")
    packed.settle()
    assert work == ["file"]  # only the edited one was looked at
    assert packed.zips("packages") == base  # it has no name there before somebody wants it
    assert len(packed.spares()) == 1
    work.clear()
    index = packed.coder.workspace.folder / "packing/index"
    written = index.stat().st_ino
    assert packed.deployed() == "x = 22"
    assert work == []
    assert index.stat().st_ino == written  # nothing new is to be remembered either
    assert packed.zips("packages") > base


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are scanned")
def test_a_deploy_that_does_not_wait_scans_nothing_either(packed: Packed, work: list[str]) -> None:
    packed.write("x = 1")
    packed.settle()
    work.clear()
    packed.write("x = 22")
    assert packed.deployed() == "x = 22"
    packed.settle()
    assert "scan" not in work


def test_what_changed_is_known_from_the_package(packed: Packed, work: list[str]) -> None:
    """Asked before each deploy: the answer is that of a look at all files, without it."""
    workspace, root = packed.coder.workspace, packed.coder.workspace.root
    packed.write("x = 1")
    packed.settle()
    (root / "lib/util.py").unlink()
    (root / "new.py").write_text("1")
    (root / "logo.png").chmod(0o755)
    work.clear()
    found = changed_files(workspace, CTX)
    assert sorted(found) == ["app.py", "logo.png", "new.py"]
    there = [entry.path for entry in workspace.changes(CTX) if (root / entry.path).exists()]
    assert sorted(there) == sorted(found)
    if sys.platform == "linux":
        assert "scan" not in work
    workspace.packer.close()
    assert set(changed_files(workspace, CTX)) - {"lib/util.py"} == set(found)


@pytest.mark.parametrize("watched", [True, False])
def test_edits_of_the_same_size_in_the_same_second_are_never_lost(
    packed: Packed, server: CodeServer, watched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not watched:
        monkeypatch.setattr(watch_module, "_is_local", lambda _path: False)
        monkeypatch.setattr(working_copy, "_UNWATCHED_MS", 50)
        packed.coder.show(server.function("other", FILES))
        packed.coder.until(lambda: packed.keeper._pause_ms == 50)
        packed.coder.until(lambda: packed.coder.files.current_path() == "app.py")
        packed.coder.idle()
    packed.write("x = 0")
    packed.settle()
    file = packed.coder.workspace.root / "app.py"
    moment = file.stat().st_mtime_ns
    for number in range(1, 7):
        packed.write(f"x = {number}")
        os.utime(file, ns=(moment, moment))  # as if no time had passed
        if number % 2:
            packed.settle()
        assert packed.deployed() == f"x = {number}"


def test_other_programs_edits_are_in_it(packed: Packed) -> None:
    packed.write("x = 1")
    packed.settle()
    util = packed.coder.workspace.root / "lib" / "util.py"
    moment = util.stat().st_mtime_ns
    util.write_text("x = 2")
    os.utime(util, ns=(moment, moment))
    assert packed.deployed("lib/util.py") == "x = 2"
    util.unlink()
    with pytest.raises(KeyError):
        packed.deployed("lib/util.py")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are scanned")
def test_code_that_is_left_is_not_watched_any_more(packed: Packed, server: CodeServer) -> None:
    one = watches()
    packed.write("x = 1")
    packed.settle()
    packed.coder.show(server.function("other", FILES))
    packed.coder.until(lambda: packed.coder.page.workspace is not None)
    packed.coder.idle()
    assert watches() == one
    packed.coder.page.clear()
    packed.coder.idle()
    assert watches() == one - 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are scanned")
@pytest.mark.parametrize("jobs_end_first", [True, False])
def test_nothing_is_left_when_the_program_ends(
    coder: Coder, server: CodeServer, work: list[str], jobs_end_first: bool
) -> None:
    before = watches()
    jobs = JobRunner(coder.services.jobs._post)
    packed = Packed(coder, jobs)
    coder.open(server.function("hello", FILES))
    packed.write("x = 1")
    packed.settle()
    assert watches() == before + 1
    order: list[Callable[[], object]] = [jobs.shutdown, packed.keeper.stop]
    for end in order if jobs_end_first else reversed(order):
        end()
    assert watches() == before
    assert packed.spares() == []
    assert not packed.keeper._timer.isActive()


def test_code_that_cannot_be_packed_is_told_by_the_deploy_only(packed: Packed) -> None:
    os.mkfifo(packed.coder.workspace.root / "pipe")
    packed.write("x = 1")
    packed.settle()
    assert packed.coder.failed == []


def test_a_published_version_is_not_packed(coder: Coder, server: CodeServer, work: list[str]) -> None:
    packed = Packed(coder)
    coder.open(server.function("hello", FILES, version="7"))
    packed.keeper.note_change()
    packed.settle()
    assert work == []
    packed.keeper.stop()
