"""Merging instead of choosing one side: looked at, decided, written as drafts, deployed, and taken back."""

import errno

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.fault_proxy import Proxy
from tests.sandbox_functions import deploy_elsewhere
from tests.ui.code_files import Disk, text
from tests.ui.features.code.test_conflict_flow import Room, remedy, room
from workbench.code.merge import Choice
from workbench.core.jobs import JobContext
from workbench.ui.features.code.conflict import UNDO
from workbench.ui.features.code.merge_dialog import MergeDialog

__all__ = ["room"]  # fixtures

BASE = "import json\n\n\ndef handler(event, context):\n    return 'old'\n\n\nLAST = 1\n"
MINE = BASE.replace("'old'", "'mine'")
THEIRS = BASE.replace("LAST = 1", "LAST = 2")
CLASH = BASE.replace("'old'", "'theirs'")


def meet(room: Room, theirs: str, mine: str = MINE) -> None:
    """A working copy of BASE with `mine` typed in it, after somebody else has deployed."""
    deploy_elsewhere(room.colleague, room.name, BASE)
    room.open()
    room.until(lambda: text(room.code.files).toPlainText() == BASE)
    editor = text(room.code.files)
    editor.selectAll()
    editor.insertPlainText(mine)
    deploy_elsewhere(room.colleague, room.name, theirs)
    room.press_deploy()
    room.until(lambda: room.offered())


def merge(room: Room) -> MergeDialog:
    """Asks for the merge and waits until its lines are shown."""
    room.press("Merge…")
    room.until(lambda: isinstance(QApplication.activeModalWidget(), MergeDialog))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, MergeDialog)
    room.until(lambda: dialog.view.path.text() or not dialog.files.rowCount())
    return dialog


def rows(dialog: MergeDialog) -> list[tuple[str, str]]:
    files = dialog.files
    return [(files.index(row, 0).data(), files.index(row, 1).data()) for row in range(files.rowCount())]


def accept(room: Room, dialog: MergeDialog) -> None:
    QTest.mouseClick(dialog.merge, Qt.MouseButton.LeftButton)
    room.until(lambda: not room.workspace.stale)
    room.until(lambda: any("merged" in said for said in room.said))


@pytest.fixture
def undoable(room: Room) -> Room:
    """The actions know of merges too."""
    flow = room.flow
    situation: set[str] = set()

    def note(name: str, there: bool) -> None:
        (situation.add if there else situation.discard)(name)
        room.services.actions.set_situation(situation)

    flow.known.connect(lambda there: note("conflict", there))
    flow.merge.undoable.connect(lambda there: note("merged", there))
    return room


def test_changes_in_different_places_go_together_and_are_deployed(room: Room) -> None:
    meet(room, THEIRS)
    dialog = merge(room)
    assert rows(dialog) == [("app.py", "Merged")]
    assert dialog.merge.isEnabled()
    assert "    return 'mine'" in dialog.view.result.pane.toPlainText()
    assert "LAST = 2" in dialog.view.result.pane.toPlainText()

    accept(room, dialog)

    merged = MINE.replace("LAST = 1", "LAST = 2")
    room.until(lambda: text(room.code.files).toPlainText() == merged)
    draft = room.workspace.draft("app.py")
    assert draft is not None  # not saved before it was looked at
    assert draft.text == merged
    assert not room.offered()
    base, now = room.workspace.base, room.detail
    assert (base.code_sha256, base.revision_id) == (now.code_sha256, now.revision_id)
    room.press_deploy()
    room.until(lambda: any("Deployed" in said for said in room.said))
    assert room.deployed == merged


@pytest.mark.parametrize(
    ("choice", "lines"),
    [
        (Choice.MINE, "    return 'mine'\n"),
        (Choice.THEIRS, "    return 'theirs'\n"),
        (Choice.BOTH, "    return 'mine'\n    return 'theirs'\n"),
    ],
)
def test_a_conflict_is_decided_by_a_button(room: Room, choice: Choice, lines: str) -> None:
    meet(room, CLASH)
    dialog = merge(room)
    assert rows(dialog) == [("app.py", "1 conflict")]
    assert dialog.view.position.text() == "Conflict 1 of 1"
    assert not dialog.merge.isEnabled()
    assert "— not resolved —" in dialog.view.result.pane.toPlainText()

    QTest.mouseClick(dialog.view.buttons[choice], Qt.MouseButton.LeftButton)

    assert rows(dialog) == [("app.py", "Resolved")]
    assert lines in dialog.view.result.pane.toPlainText()
    accept(room, dialog)
    merged = BASE.replace("    return 'old'\n", lines)
    room.until(lambda: text(room.code.files).toPlainText() == merged)


def test_a_decision_is_taken_back_by_the_same_button(room: Room) -> None:
    meet(room, CLASH)
    dialog = merge(room)
    for enabled in (True, False):
        QTest.mouseClick(dialog.view.buttons[Choice.MINE], Qt.MouseButton.LeftButton)
        assert dialog.merge.isEnabled() is enabled
        assert dialog.view.buttons[Choice.MINE].isChecked() is enabled
    dialog.reject()


def test_conflicts_are_walked_through_by_keyboard(room: Room) -> None:
    meet(room, CLASH.replace("import json", "import re"), MINE.replace("import json", "import os"))
    dialog = merge(room)
    assert dialog.view.position.text() == "Conflict 1 of 2"
    QTest.keyClick(dialog, Qt.Key.Key_F7)
    room.until(lambda: dialog.view.position.text() == "Conflict 2 of 2")
    QTest.keyClick(dialog, Qt.Key.Key_T, Qt.KeyboardModifier.AltModifier)
    room.until(lambda: dialog.state.text() == "1 conflict remaining.")
    QTest.keyClick(dialog, Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    room.until(lambda: dialog.view.position.text() == "Conflict 1 of 2")
    QTest.keyClick(dialog, Qt.Key.Key_M, Qt.KeyboardModifier.AltModifier)
    room.until(dialog.merge.isEnabled)
    accept(room, dialog)
    merged = CLASH.replace("import json", "import os")
    room.until(lambda: text(room.code.files).toPlainText() == merged)


def test_a_choice_leads_on_to_the_next_conflict(room: Room) -> None:
    meet(room, CLASH.replace("import json", "import re"), MINE.replace("import json", "import os"))
    dialog = merge(room)
    QTest.mouseClick(dialog.view.buttons[Choice.MINE], Qt.MouseButton.LeftButton)
    assert dialog.view.position.text() == "Conflict 2 of 2"
    assert not dialog.view.buttons[Choice.MINE].isChecked()
    dialog.reject()


def test_a_merge_that_is_cancelled_changes_nothing(room: Room) -> None:
    meet(room, CLASH)
    dialog = merge(room)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    room.until(lambda: QApplication.activeModalWidget() is None)
    assert room.workspace.stale
    assert room.offered()
    assert text(room.code.files).toPlainText() == MINE
    assert room.workspace.read("app.py").text == MINE


def test_a_merge_is_undone_from_its_message(undoable: Room) -> None:
    room = undoable
    meet(room, THEIRS)
    before = room.workspace.base
    accept(room, merge(room))
    (banner,) = [banner for banner in room.banners.banners if "merged" in banner.error.what]
    room.until(remedy(banner).isVisible)
    assert remedy(banner).text() == "Undo Merge"

    QTest.mouseClick(remedy(banner), Qt.MouseButton.LeftButton)

    room.until(lambda: any("undone" in said for said in room.said))
    assert room.workspace.base == before
    assert room.workspace.stale
    room.until(lambda: text(room.code.files).toPlainText() == MINE)
    assert room.workspace.draft("app.py") is None
    assert not room.services.actions[UNDO].isEnabled()


def test_what_was_typed_after_the_merge_is_not_lost_by_undoing(undoable: Room) -> None:
    room = undoable
    meet(room, THEIRS)
    accept(room, merge(room))
    room.until(lambda: "LAST = 2" in text(room.code.files).toPlainText())
    room.type("# since")
    room.services.actions[UNDO].trigger()
    room.until(lambda: any("was not undone" in said for said in room.said))
    assert text(room.code.files).toPlainText().startswith("# since")
    assert not room.workspace.stale


def test_nothing_can_be_typed_while_the_merge_is_made(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    meet(room, THEIRS)
    dialog = merge(room)
    disk = Disk(room.workspace.drafts_folder, monkeypatch)
    disk.free.clear()
    QTest.mouseClick(dialog.merge, Qt.MouseButton.LeftButton)
    room.until(lambda: "Merging app.py" in dialog.state.text())
    assert QApplication.activeModalWidget() is dialog
    assert not dialog.merge.isEnabled()
    disk.free.set()
    room.until(lambda: any("merged" in said for said in room.said))
    assert QApplication.activeModalWidget() is None


def test_a_merge_is_stopped_by_escape_and_everything_is_as_it_was(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(room, THEIRS)
    dialog = merge(room)
    disk = Disk(room.workspace.folder, monkeypatch)
    disk.free.clear()
    QTest.mouseClick(dialog.merge, Qt.MouseButton.LeftButton)
    room.until(lambda: dialog.state.text() == "Merging…")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert QApplication.activeModalWidget() is dialog
    disk.free.set()
    room.until(lambda: QApplication.activeModalWidget() is None)
    assert room.workspace.stale
    assert room.workspace.draft("app.py") is None
    assert text(room.code.files).toPlainText() == MINE
    assert room.offered()


def test_a_full_disk_is_said_and_everything_is_as_it_was(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    meet(room, THEIRS)
    dialog = merge(room)
    disk = Disk(room.workspace.drafts_folder, monkeypatch)
    disk.refuse(errno.ENOSPC)
    room.banners.clear()
    QTest.mouseClick(dialog.merge, Qt.MouseButton.LeftButton)
    room.until(lambda: any("is full" in said for said in room.said))
    assert QApplication.activeModalWidget() is None
    assert room.workspace.stale
    assert room.workspace.read("app.py").text == MINE
    assert room.workspace.draft("app.py") is None


def test_theirs_that_cannot_be_read_is_said(room: Room, proxy: Proxy) -> None:
    meet(room, THEIRS)
    choice = room.choice()
    room.banners.clear()
    room.services.paths.cache_dir.mkdir(parents=True, exist_ok=True)
    (room.services.paths.cache_dir / "packages").write_text("in the way")
    (button,) = [each for each in choice.buttons() if each.text().replace("&", "") == "Merge…"]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    room.until(lambda: room.said)
    assert "could not be compared" in room.said[0]
    assert QApplication.activeModalWidget() is None
    assert room.workspace.stale
    assert room.workspace.read("app.py").text == MINE
    assert room.workspace.is_clean(JobContext()) is False
