"""What is asked before a deploy is known from the package made ahead: as a look at all files would tell."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.code.dependencies.elf import AARCH64, X86_64, make_elf
from tests.code.dependencies.wheels import AgreedToAll, make_wheel, use_only
from tests.code.deployed import CTX, HANDLER, Deployed
from workbench.code.dependencies.store import DependencyStore, Target
from workbench.code.package.scan import scan_tree
from workbench.code.package_contents import changed_files, check_compiled, prepack
from workbench.code.workspace import Workspace

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems are scanned")
TARGET = Target("python3.12")


@pytest.fixture
def workspace(deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """With dependencies beside the code, watched, and packed ahead."""
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "lib", "1.0", {"lib/__init__.py": "version = 1\n", "lib/fast.so": make_elf(AARCH64)})
    use_only(wheels, monkeypatch)
    deployed.deploy({"app.py": HANDLER, "fine.so": make_elf(X86_64), "tool": b"#!/bin/sh\n"})
    workspace = deployed.open()
    workspace.dependencies.attach(DependencyStore(tmp_path / "store"), TARGET, AgreedToAll())
    workspace.save("requirements.txt", "lib\n")
    workspace.package(CTX)
    workspace.packer.watch()
    prepack(workspace, CTX)
    yield workspace
    workspace.packer.close()


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    seen: list[object] = []

    def seen_scan(*about: object) -> object:
        seen.append(about)
        return scan_tree(*about)  # type: ignore[arg-type]  # handed through

    for place in ("package_contents", "package"):
        monkeypatch.setattr(f"workbench.code.{place}.scan_tree", seen_scan)
    return seen


def test_compiled_files_are_found_without_a_look_at_the_others(
    workspace: Workspace, scans: list[object]
) -> None:
    (workspace.root / "mine.so").write_bytes(make_elf(AARCH64))
    found = check_compiled(workspace, TARGET, CTX)
    assert [problem.message.partition(" is ")[0] for problem in found] == [
        "lib 1.0: lib/fast.so",
        "Your code: mine.so",
    ]
    assert scans == []
    workspace.packer.close()
    assert sorted(check_compiled(workspace, TARGET, CTX), key=str) == sorted(found, key=str)
    assert len(scans) == 1


def test_files_of_dependencies_are_no_changes_of_the_code(workspace: Workspace, scans: list[object]) -> None:
    (workspace.root / "fine.so").chmod(0o755)
    assert sorted(changed_files(workspace, CTX)) == ["fine.so", "requirements.txt"]
    assert scans == []


def test_dependencies_that_changed_are_not_installed_ahead(workspace: Workspace) -> None:
    workspace.save("requirements.txt", "lib==1.0\n")
    before = set(os.listdir(workspace.packages))
    assert prepack(workspace, CTX) is None
    assert changed_files(workspace, CTX) == ["requirements.txt"]
    assert [problem.message for problem in check_compiled(workspace, TARGET, CTX)] == []
    assert set(os.listdir(workspace.packages)) == before
