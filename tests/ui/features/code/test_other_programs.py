"""The tree's menu: a file in another program, or in its folder; never a program by itself."""

import pytest
from PySide6.QtGui import QAction

from tests.ui.desktop import Desktop, desktop
from tests.ui.features.code.coder import Coder, CodeServer
from workbench.ui.features.code.working_copy import OtherPrograms

__all__ = ["desktop"]  # a fixture

FILES: dict[str, bytes | str] = {
    "app.py": "x = 1\n",
    "lib/logo.png": b"\x89PNG\r\n\x1a\n\0",
    "lib/tool.png": b"MZ\x90\0",
    "lib/page.jar": b"PK\3\4",
    "start.desktop": "[Desktop Entry]\nExec=sh\n",
    "unknown": b"\0\1\2",
    "run.command": "anything\n",
    "notes.txt": "notes\n",
}


@pytest.fixture
def opened(coder: Coder, server: CodeServer) -> Coder:
    OtherPrograms(coder.services, coder.page)
    coder.open(server.function("hello", FILES))
    return coder


def choose(coder: Coder, path: str, action: str) -> None:
    """Does an action of the tree's menu to a file."""
    coder.page.tree.expandAll()
    coder.page.tree.setCurrentIndex(coder.page.tree.nodes.index_of(path))
    (found,) = [each for each in coder.page.tree.actions() if each.objectName() == f"fileTree.{action}"]
    assert isinstance(found, QAction)
    found.trigger()
    coder.idle()


def test_files_are_opened_and_shown(opened: Coder, desktop: Desktop) -> None:
    root = opened.workspace.root
    for path in ("lib/logo.png", "lib"):
        choose(opened, path, "openElsewhere")
    choose(opened, "lib/logo.png", "showInFolder")
    assert desktop.opened == [str(root / "lib/logo.png"), str(root / "lib"), str(root / "lib")]
    assert opened.failed == []


@pytest.mark.parametrize(
    "path", ["lib/tool.png", "lib/page.jar", "start.desktop", "run.command", "app.py", "unknown"]
)
def test_a_program_is_not_run_whatever_it_is_called(opened: Coder, desktop: Desktop, path: str) -> None:
    choose(opened, path, "openElsewhere")
    choose(opened, "notes.txt", "openElsewhere")
    assert desktop.opened == [str(opened.workspace.root / "notes.txt")]
    assert opened.failed[0].what == f"{path.rpartition('/')[2]} was not opened."


def test_a_file_that_has_gone_is_said(opened: Coder, desktop: Desktop) -> None:
    (opened.workspace.root / "lib/logo.png").unlink()
    choose(opened, "lib/logo.png", "openElsewhere")
    assert desktop.opened == []
    assert opened.failed[0].what == "logo.png was not opened."
