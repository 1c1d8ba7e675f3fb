"""Packing while the tree is watched: nothing is looked at but what was touched, and nothing is missed."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.code.package.test_packer import EDIT, FILES, Bench, edit
from tests.code.package.trees import write
from workbench.code.package import Patterns, Rules
from workbench.code.package import watch as watch_module
from workbench.code.package.scan import scan_tree
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext

CTX = JobContext()
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems are scanned")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A tree that is watched completely."""
    bench = Bench(tmp_path)
    write(bench.root, FILES)
    bench.pack()
    assert bench.packer.watch()
    bench.pack()
    bench.pack()
    yield bench
    bench.packer.close()


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The trees that the packer scans from now on."""
    seen: list[Path] = []

    def scan(root: Path, *more: object) -> object:
        seen.append(root)
        return scan_tree(root, *more)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr("workbench.code.package.scan_tree", scan)
    return seen


def _pack_only(bench: Bench) -> dict[str, int]:
    files = bench.packer.pack(CTX).contents.files
    return {path: file.size_bytes for path, file in files.items()}


def test_edits_are_seen_without_a_scan(bench: Bench, scans: list[Path]) -> None:
    write(bench.root, {"app.py": "edited", "node_modules/dep/new.js": "new"})
    (bench.root / "lib/util.py").unlink()
    os.replace(bench.root / "node_modules/dep/one.bin", bench.root / "lib/one.bin")
    temporary = bench.root / ".saving"
    temporary.write_text("saved by renaming")
    temporary.replace(bench.root / "saved.py")
    (bench.root / "node_modules/dep/index.js").chmod(0o755)

    files = _pack_only(bench)

    assert not scans
    assert files["app.py"] == len("edited")
    assert "lib/util.py" not in files
    assert {"node_modules/dep/new.js", "lib/one.bin", "saved.py"} <= files.keys()
    bench.pack()


def _new_folder(root: Path) -> None:
    write(root, {"more/deep/a.py": "a"})


def _moved_folder(root: Path) -> None:
    (root / "lib").rename(root / "node_modules" / "lib")


def _removed_folder(root: Path) -> None:
    (root / "lib/util.py").unlink()
    (root / "lib").rmdir()


def _folder_mode(root: Path) -> None:
    (root / "lib").chmod(0o700)


def _many(root: Path) -> None:
    write(root, {f"lib/{number}.py": "x" for number in range(600)})


def _other_name(root: Path) -> None:
    os.link(root / "lib/util.py", root.parent / "elsewhere.py")


@pytest.mark.parametrize(
    "change", [_new_folder, _moved_folder, _removed_folder, _folder_mode, _many, _other_name]
)
def test_what_watching_cannot_tell_is_scanned(
    bench: Bench, scans: list[Path], change: Callable[[Path], None]
) -> None:
    change(bench.root)
    bench.pack()
    assert scans
    elsewhere = bench.root.parent / "elsewhere.py"
    if elsewhere.exists():
        elsewhere.write_text("written under the other name")
    write(bench.root, {"more/deep/b.py": "b", "app.py": "again"})

    bench.pack()
    bench.pack()


def test_lost_events_lead_to_a_scan(bench: Bench, scans: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the system's queue overflows."""
    monkeypatch.setattr(watch_module, "_LOST", 0xFFFF)
    write(bench.root, {"app.py": "edited"})

    assert _pack_only(bench)["app.py"] == len("edited")
    assert scans


def test_changed_rules_lead_to_a_scan(bench: Bench, scans: list[Path]) -> None:
    assert "app.py" not in bench.packer.pack(CTX, Rules(Patterns(("app.py",)))).contents.files
    assert len(scans) == 1
    bench.pack()


def test_a_new_virtual_environment_leads_to_a_scan(bench: Bench, scans: list[Path]) -> None:
    rules = Rules(in_project=True)
    for _ in range(2):
        bench.packer.pack(CTX, rules)
    scans.clear()
    write(bench.root, {"lib/pyvenv.cfg": ""})

    assert "lib/util.py" not in bench.packer.pack(CTX, rules).contents.files
    assert scans


def test_a_disk_of_other_machines_is_not_watched(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "_LOCAL_DISKS", frozenset())

    assert not bench.packer.watch()
    write(bench.root, {"app.py": "edited"})
    bench.pack()


class Stops(JobContext):
    """Is cancelled at one of its checks."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled


@pytest.mark.parametrize(
    ("after", "in_folder"), [*((after, False) for after in range(5)), (1, True), (4, True)]
)
def test_an_edit_is_not_lost_with_a_pack_that_was_cancelled(
    bench: Bench, after: int, in_folder: bool
) -> None:
    """The system tells of a change once: a pack that did not come to its end may not have swallowed it."""
    write(bench.root, {"app.py": "x = 2\n", "lib/util.py": "z", "new/more.py" if in_folder else "n.py": "1"})
    with contextlib.suppress(Cancelled):
        bench.packer.pack(Stops(after))
    bench.pack()
    write(bench.root, {"app.py": "x = 3\n"})
    bench.pack()


def test_closing_gives_the_descriptor_back(bench: Bench) -> None:
    before = len(os.listdir("/proc/self/fd"))

    bench.packer.close()

    assert len(os.listdir("/proc/self/fd")) == before - 1


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(EDIT, max_size=3), max_size=8))
def test_any_edits_give_what_packing_from_scratch_gives(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[object, ...]]]
) -> None:
    bench = Bench(tmp_path_factory.mktemp("any"))
    write(bench.root, {"always": "there", "a/b.py": "b", "vendor/v": "v"})
    bench.pack()
    bench.packer.watch()
    for edits in rounds:
        for one in edits:
            edit(bench, *one)
        bench.pack()
    bench.packer.close()
