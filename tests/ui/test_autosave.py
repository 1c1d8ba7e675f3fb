"""Typing that the disk did not take: it is tried again, asked about at quit, and never lost unasked."""

import errno
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.code_files import HANDLER, Disk, drafted, files, on_disk, open_file, text, workspace
from workbench.aws.connection import Connection, Observer
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.functions.index import FunctionIndex
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.files.autosave import Autosave
from workbench.ui.files.open_files import OpenFiles
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.window import MainWindow

__all__ = ["files", "open_file", "workspace"]  # fixtures

Open = Callable[[str], None]
TYPED = "# typed " + HANDLER


@pytest.fixture
def disk(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(workspace.folder / "drafts", monkeypatch)


def unreachable(_profile: Profile, _region: str, _observer: Observer, _ctx: JobContext) -> Connection:
    raise WorkbenchError("Nobody is there.")


@pytest.fixture
def window(qtbot: QtBot, services: Services, files: OpenFiles) -> MainWindow:
    """The real window with the open files in it, closed as the program closes it."""
    session = Session(services, unreachable, Profile("sandbox", ProfileKind.SANDBOX))
    window = MainWindow(services, session, FunctionIndex(services.paths.cache_dir / "functions.sqlite"))
    qtbot.addWidget(window)
    window.bottom.addTab(files, "Files")
    window.before_close = lambda then: files.flush(then, window.stay_open)
    window._patience.setInterval(60_000)  # a slow machine must not close it for us
    with qtbot.waitExposed(window):
        window.show()
    return window


@pytest.fixture
def typed_in_vain(
    window: MainWindow, files: OpenFiles, open_file: Open, disk: Disk, qtbot: QtBot
) -> MainWindow:
    """The window after typing that could not be written: the disk is full."""
    disk.refuse(errno.ENOSPC)
    open_file("app.py")
    type_in(files, qtbot)
    return window


def type_in(files: OpenFiles, qtbot: QtBot, what: str = "# typed ") -> None:
    """Types, and waits until the disk has refused it."""
    with qtbot.waitSignal(files.failed):
        QTest.keyClicks(text(files), what)


def question() -> QMessageBox | None:
    box = QApplication.activeModalWidget()
    return box if isinstance(box, QMessageBox) and box.objectName() == "notKept" else None


def asked(window: MainWindow, qtbot: QtBot) -> QMessageBox:
    """Closes the window; the question that comes."""
    window.close()
    qtbot.waitUntil(lambda: question() is not None)
    box = question()
    assert box is not None
    return box


def press(box: QMessageBox, button: QMessageBox.StandardButton) -> None:
    QTest.mouseClick(box.button(button), Qt.MouseButton.LeftButton)


def close_unasked(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.closed):
        window.close()


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EDQUOT, "is full"),
        (errno.EACCES, "not have permission"),
        (errno.EROFS, "not have permission"),
        (errno.EIO, "refused"),
        (0, "exists"),  # a file is where the folder should be
    ],
)
def test_closing_asks_and_says_what_is_not_on_disk_and_why(
    window: MainWindow,
    files: OpenFiles,
    open_file: Open,
    disk: Disk,
    workspace: Workspace,
    qtbot: QtBot,
    number: int,
    why: str,
) -> None:
    paths = ("lib/util.py", "app.py")
    for path in paths:
        open_file(path)
    if number:
        disk.refuse(number)
    else:
        (workspace.folder / "drafts").rmdir()
        (workspace.folder / "drafts").touch()
    for path in paths:
        open_file(path)
        type_in(files, qtbot)

    box = asked(window, qtbot)

    assert "app.py, lib/util.py" in box.text()
    assert "Close and lose them?" in box.text()
    assert why in box.informativeText()
    assert str(workspace.folder) in box.informativeText()
    assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
    disk.mend()
    press(box, QMessageBox.StandardButton.Cancel)
    close_unasked(window, qtbot)


@pytest.mark.parametrize("key", [None, Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_who_does_not_want_to_lose_it_goes_on_with_everything(
    typed_in_vain: MainWindow,
    files: OpenFiles,
    disk: Disk,
    workspace: Workspace,
    qtbot: QtBot,
    key: Qt.Key | None,
) -> None:
    window = typed_in_vain
    box = asked(window, qtbot)
    if key is None:
        press(box, QMessageBox.StandardButton.Cancel)
    else:
        QTest.keyClick(box, key)
    qtbot.waitUntil(lambda: question() is None)

    assert window.isVisible()
    assert text(files).toPlainText() == TYPED
    assert files.editor.is_dirty(files.editor.active_uri())
    type_in(files, qtbot, "more ")  # it can still be worked with, and is asked about again
    press(asked(window, qtbot), QMessageBox.StandardButton.Cancel)

    disk.mend()
    with qtbot.waitCallback() as saved:
        files.save(saved)
    assert on_disk(workspace, "app.py") == "# typed more " + HANDLER
    close_unasked(window, qtbot)


def test_who_gives_it_up_closes_the_window(
    typed_in_vain: MainWindow, workspace: Workspace, qtbot: QtBot
) -> None:
    box = asked(typed_in_vain, qtbot)
    with qtbot.waitSignal(typed_in_vain.closed):
        press(box, QMessageBox.StandardButton.Discard)
    assert not typed_in_vain.isVisible()
    assert on_disk(workspace, "app.py") == HANDLER
    assert workspace.drafts() == ()


def test_the_window_waits_for_disk_and_answer_however_long(
    typed_in_vain: MainWindow, disk: Disk, qtbot: QtBot
) -> None:
    window = typed_in_vain
    window._patience.setInterval(1)  # it would be over at once
    disk.free.clear()
    with qtbot.assertNotEmitted(window.closed, wait=50):
        window.close()
    disk.free.set()
    box = asked(window, qtbot)
    with qtbot.assertNotEmitted(window.closed, wait=50):
        pass
    assert box.isVisible()

    window.close()  # by the system, say: the question that is open stays the only one
    with qtbot.assertNotEmitted(window.closed, wait=50):
        pass
    assert window.findChildren(QMessageBox) == [box]

    with qtbot.waitSignal(window.closed):
        press(box, QMessageBox.StandardButton.Discard)


def test_what_the_disk_takes_by_now_is_written_and_not_asked_about(
    typed_in_vain: MainWindow, disk: Disk, workspace: Workspace, qtbot: QtBot
) -> None:
    disk.mend()
    close_unasked(typed_in_vain, qtbot)
    assert drafted(workspace, "app.py") == TYPED


def test_typing_in_a_function_that_was_left_is_asked_about_too(
    typed_in_vain: MainWindow, files: OpenFiles, disk: Disk, workspace: Workspace, qtbot: QtBot
) -> None:
    files.attach(None)
    box = asked(typed_in_vain, qtbot)
    assert "app.py" in box.text()
    press(box, QMessageBox.StandardButton.Cancel)
    disk.mend()
    close_unasked(typed_in_vain, qtbot)
    assert drafted(workspace, "app.py") == TYPED


def test_a_slow_disk_is_waited_for_and_not_asked_about(
    window: MainWindow, files: OpenFiles, open_file: Open, disk: Disk, workspace: Workspace, qtbot: QtBot
) -> None:
    open_file("app.py")
    disk.free.clear()
    QTest.keyClicks(text(files), "# typed ")
    files.attach(None)
    with qtbot.assertNotEmitted(window.closed, wait=50):
        window.close()
    assert question() is None
    with qtbot.waitSignal(window.closed):
        disk.free.set()
    assert drafted(workspace, "app.py") == TYPED


def test_what_waits_for_a_slow_disk_when_its_file_goes_is_written_first(
    files: OpenFiles, open_file: Open, workspace: Workspace, services: Services, qtbot: QtBot
) -> None:
    open_file("app.py")
    go = threading.Event()
    services.jobs.submit(Job("slow", lambda _ctx: go.wait(20), lane=f"disk:{workspace.folder}"))
    with qtbot.waitSignal(files.editor.changed):
        QTest.keyClicks(text(files), "# typed ")
    files.close_path("app.py")
    files.hold((), ("app.py",))
    go.set()
    qtbot.waitUntil(lambda: drafted(workspace, "app.py") == TYPED)


def test_typing_does_not_queue_for_a_slow_disk(
    files: OpenFiles, open_file: Open, disk: Disk, workspace: Workspace, qtbot: QtBot
) -> None:
    open_file("app.py")
    disk.free.clear()
    for word in ("one ", "two ", "three ", "four ", "five "):
        with qtbot.waitSignal(files.editor.changed):
            QTest.keyClicks(text(files), word)
    disk.free.set()

    qtbot.waitUntil(lambda: drafted(workspace, "app.py") == "one two three four five " + HANDLER)
    assert disk.writes == 2


def test_a_closed_file_comes_back_with_what_is_not_on_disk(
    typed_in_vain: MainWindow, files: OpenFiles, open_file: Open, disk: Disk, qtbot: QtBot
) -> None:
    files.close_current()
    qtbot.waitUntil(lambda: files.editor.open_uris() == ())
    open_file("app.py")
    assert text(files).toPlainText() == TYPED
    assert files.editor.is_dirty(files.editor.active_uri())
    disk.mend()
    close_unasked(typed_in_vain, qtbot)


def test_a_workspace_that_is_opened_again_saves_what_was_not_on_disk(
    typed_in_vain: MainWindow, files: OpenFiles, disk: Disk, workspace: Workspace, qtbot: QtBot
) -> None:
    files.attach(None)
    files.attach(Workspace.load(workspace.folder))
    disk.mend()
    with qtbot.waitCallback() as saved:
        files.save(saved)
    assert on_disk(workspace, "app.py") == TYPED
    close_unasked(typed_in_vain, qtbot)


def hold_the_next_write(disk: Disk) -> None:
    """Lets the write that waits go on; the next one waits."""
    waiting, disk.free = disk.free, threading.Event()
    waiting.set()


def keeper(files: OpenFiles) -> Autosave:
    found = files.findChild(Autosave)
    assert isinstance(found, Autosave)
    return found


def type_more(files: OpenFiles, qtbot: QtBot, what: str) -> None:
    with qtbot.waitSignal(files.editor.changed):
        QTest.keyClicks(text(files), what)


def test_what_is_typed_during_a_write_does_not_count_as_written(
    files: OpenFiles, open_file: Open, disk: Disk, workspace: Workspace, qtbot: QtBot
) -> None:
    open_file("app.py")
    disk.free.clear()
    type_more(files, qtbot, "one ")
    qtbot.waitUntil(lambda: disk.writes == 1)
    type_more(files, qtbot, "two ")
    with qtbot.waitSignal(files.stored):
        hold_the_next_write(disk)

    assert keeper(files).unkept(files.editor.active_uri()) == "one two " + HANDLER
    disk.free.set()
    qtbot.waitUntil(lambda: drafted(workspace, "app.py") == "one two " + HANDLER)
    qtbot.waitUntil(lambda: keeper(files).unkept(files.editor.active_uri()) is None)


def test_closing_waits_for_what_is_typed_meanwhile(
    window: MainWindow,
    files: OpenFiles,
    open_file: Open,
    disk: Disk,
    workspace: Workspace,
    services: Services,
    qtbot: QtBot,
) -> None:
    open_file("app.py")
    uri = files.editor.active_uri()
    disk.free.clear()
    type_more(files, qtbot, "one ")
    qtbot.waitUntil(lambda: disk.writes == 1)
    window.close()
    last = "Saving your edits"  # what closing waits for
    qtbot.waitUntil(lambda: last in [each.job.title for each in services.jobs.active()])
    files.editor.changed.emit(uri, "one two " + HANDLER)  # the write for closing has not begun
    hold_the_next_write(disk)
    qtbot.waitUntil(lambda: disk.writes == 2)
    files.editor.changed.emit(uri, "one two three " + HANDLER)  # it has
    hold_the_next_write(disk)
    qtbot.waitUntil(lambda: disk.writes == 3)
    with qtbot.waitCallback() as heard:  # and so is what was told before: closing's own jobs are done
        services.jobs.submit(Job("Listening", lambda _ctx: None, on_done=heard))

    assert window.isVisible()
    with qtbot.waitSignal(window.closed):
        disk.free.set()
    assert drafted(workspace, "app.py") == "one two three " + HANDLER


class Alone:
    """The keeper of what is typed in a workspace, without an editor; what it tells is noted."""

    def __init__(self, qtbot: QtBot, services: Services, workspace: Workspace) -> None:
        self.qtbot, self.services, self.workspace = qtbot, services, workspace
        asker = QWidget()
        qtbot.addWidget(asker)
        self.keeper = Autosave(services, asker)
        self.failed: list[WorkbenchError] = []
        self.saved: list[tuple[str, str]] = []
        self.stored = 0
        self.keeper.failed.connect(self.failed.append)
        self.keeper.saved.connect(lambda uri, text: self.saved.append((uri, text)))
        self.keeper.stored.connect(self._count)

    def _count(self) -> None:
        self.stored += 1

    def uri(self, path: str) -> str:
        return (self.workspace.root / path).as_uri()

    def type(self, path: str, text: str, workspace: Workspace | None = None) -> str:
        """Types into a document of a file, and returns its URI."""
        uri = self.uri(path)
        self.keeper.expect(uri, workspace or self.workspace, path)
        self.keeper.typed(uri, text)
        return uri

    def is_refused(self) -> bool:
        return self.keeper.is_refused

    def settle(self) -> None:
        """Waits for the lane's jobs, and for who hears of them."""
        with self.qtbot.waitCallback() as done:
            self.keeper.touch(self.workspace, "Listening", lambda _ctx: None, done)


@pytest.fixture
def alone(qtbot: QtBot, services: Services, workspace: Workspace) -> Alone:
    return Alone(qtbot, services, workspace)


def test_what_is_typed_in_files_that_move_is_written_to_where_they_are_then(alone: Alone) -> None:
    uri = alone.type("app.py", "one")
    alone.settle()
    alone.keeper.hold([uri], [])
    alone.type("app.py", "two")
    other = alone.type("lib/util.py", "other")
    alone.settle()
    assert drafted(alone.workspace, "app.py") == "one"
    assert drafted(alone.workspace, "lib/util.py") == "other"
    assert alone.keeper.unkept(uri) == "two"
    assert alone.keeper.unkept(other) is None
    assert alone.keeper.all_unkept(alone.workspace) == {}, "no save writes it meanwhile"

    alone.keeper.expect(uri, alone.workspace, "moved.py")
    alone.keeper.release()
    alone.settle()
    assert alone.keeper.path_of(uri) == "moved.py"
    assert drafted(alone.workspace, "moved.py") == "two"
    assert alone.keeper.unkept(uri) is None
    alone.type("moved.py", "three")  # nothing is held any more
    alone.settle()
    assert drafted(alone.workspace, "moved.py") == "three"
    assert alone.failed == []


def test_what_was_typed_in_files_that_go_is_forgotten_and_not_asked_about(alone: Alone, disk: Disk) -> None:
    disk.refuse(errno.ENOSPC)
    uri, other = alone.type("app.py", "typed"), alone.type("lib/util.py", "typed too")
    alone.settle()
    assert len(alone.failed) == 2
    assert alone.is_refused()
    alone.keeper.hold([], [uri])
    assert alone.keeper.unkept(uri) is None
    assert alone.keeper.all_unkept(alone.workspace) == {"lib/util.py": "typed too"}
    assert alone.is_refused(), "the other one's text is still here only"
    alone.keeper.hold([], [other, alone.uri("never seen.py")])
    assert not alone.is_refused()
    disk.mend()
    with alone.qtbot.waitCallback() as closed:
        alone.keeper.settle(alone.workspace, closed)
    assert drafted(alone.workspace, "app.py") == drafted(alone.workspace, "lib/util.py") == ""


def test_what_the_disk_refused_is_written_once_there_is_room(alone: Alone, disk: Disk) -> None:
    disk.refuse(errno.ENOSPC)
    alone.type("app.py", "typed")
    alone.settle()
    assert alone.is_refused()
    timer = alone.keeper._again
    assert timer.isActive()
    disk.mend()
    timer.setInterval(1)
    alone.qtbot.waitUntil(lambda: drafted(alone.workspace, "app.py") == "typed" and not timer.isActive())
    alone.settle()
    assert len(alone.failed) == 1, "no further attempt is told of"


def test_one_file_is_saved_and_the_others_stay_drafts(alone: Alone) -> None:
    uri, other = alone.type("app.py", "mine\n"), alone.type("lib/util.py", "other\n")
    alone.settle()
    stored = alone.stored
    with alone.qtbot.waitCallback() as done:
        alone.keeper.save(alone.workspace, done, "app.py")
    assert on_disk(alone.workspace, "app.py") == "mine\n"
    assert on_disk(alone.workspace, "lib/util.py") == "x = 1\n"
    assert [draft.path for draft in alone.workspace.drafts()] == ["lib/util.py"]
    assert alone.saved == [(uri, "mine\n")]
    assert alone.stored == stored + 1

    with alone.qtbot.waitCallback() as done:
        alone.keeper.save(alone.workspace, done)
    assert on_disk(alone.workspace, "lib/util.py") == "other\n"
    assert alone.saved == [(uri, "mine\n"), (other, "other\n")]
    assert alone.workspace.drafts() == ()


def test_a_save_takes_what_no_draft_could_be_made_of(alone: Alone, disk: Disk) -> None:
    disk.refuse(errno.ENOSPC)  # drafts only: files lie elsewhere
    uri = alone.type("app.py", "mine\n")
    alone.settle()
    assert alone.is_refused()
    with alone.qtbot.waitCallback() as done:
        alone.keeper.save(alone.workspace, done)
    assert on_disk(alone.workspace, "app.py") == "mine\n"
    assert alone.keeper.unkept(uri) is None
    assert not alone.is_refused()


def test_a_save_that_fails_is_told_once_and_nothing_goes_on_from_it(alone: Alone) -> None:
    uri = alone.type("gone/app.py", "mine\n")
    alone.settle()
    (alone.workspace.root / "gone").write_text("a file where the folder should be")
    done: list[str] = []
    with alone.qtbot.waitCallback() as otherwise:
        alone.keeper.save(alone.workspace, lambda: done.append("then"), "", otherwise)
    assert [len(alone.failed), done, alone.saved] == [1, [], []]
    assert drafted(alone.workspace, "gone/app.py") == "mine\n"
    assert alone.keeper.unkept(uri) is None, "it is on disk as a draft"


def test_what_is_typed_in_a_version_is_not_kept(alone: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workspace, "read_only", True)
    uri = alone.type("app.py", "typed")
    assert alone.keeper.unkept(uri) is None
    assert alone.keeper.path_of(uri) == "app.py"
    assert alone.keeper.path_of("file:///elsewhere") == ""


def test_jobs_say_what_they_save(alone: Alone) -> None:
    go = threading.Event()
    lane = f"disk:{alone.workspace.folder}"
    alone.services.jobs.submit(Job("slow", lambda _ctx: go.wait(20), lane=lane))
    alone.type("app.py", "mine\n")
    with alone.qtbot.waitCallback() as done:
        alone.keeper.save(alone.workspace, lambda: None, "app.py")
        alone.keeper.save(alone.workspace, lambda: None)
        alone.keeper.settle(alone.workspace, done)
        titles = [each.job.title for each in alone.services.jobs.active()]
        go.set()
    assert titles == [
        "slow",
        "Saving edits to app.py",
        "Saving app.py",
        "Saving hello",
        "Saving edits to app.py",
        "Saving your edits",
    ]


def test_with_nothing_typed_closing_waits_for_the_workspace_only(alone: Alone) -> None:
    done: list[str] = []
    alone.keeper.settle(None, lambda: done.append("at once"))
    assert done == ["at once"]
    with alone.qtbot.waitCallback() as later:
        alone.keeper.settle(alone.workspace, later)


def test_typing_goes_to_disk_while_every_thread_is_busy(alone: Alone) -> None:
    go = threading.Event()
    for number in range(20):
        alone.services.jobs.submit(Job(f"busy {number}", lambda _ctx: go.wait(20)))
    alone.type("app.py", "mine")
    alone.settle()
    assert drafted(alone.workspace, "app.py") == "mine"
    go.set()


def test_what_is_typed_while_closing_and_refused_is_asked_about(alone: Alone, disk: Disk) -> None:
    waited: list[str] = []
    disk.free.clear()
    alone.type("app.py", "one")
    alone.qtbot.waitUntil(lambda: disk.writes == 1)
    with alone.qtbot.waitCallback() as closed:
        alone.keeper.settle(alone.workspace, closed, lambda: waited.append("asked"))
        alone.type("app.py", "two")  # closing's own write has not begun
        hold_the_next_write(disk)
        alone.qtbot.waitUntil(lambda: disk.writes == 2)
        alone.type("app.py", "three")  # it has
        hold_the_next_write(disk)
        alone.qtbot.waitUntil(lambda: disk.writes == 3)
        disk.refuse(errno.ENOSPC)
        disk.free.set()
        alone.qtbot.waitUntil(lambda: question() is not None)
        box = question()
        assert box is not None
        assert box.windowTitle() == "Edits Not Saved"
        press(box, QMessageBox.StandardButton.Discard)
    assert waited == ["asked"]


def test_two_functions_are_settled_together_and_saved_apart(
    alone: Alone, workspace: Workspace, tmp_path: Path
) -> None:
    shutil.copytree(workspace.folder, tmp_path / "other")
    other = Workspace.load(tmp_path / "other")
    uri = (other.root / "app.py").as_uri()
    alone.type("app.py", "mine")
    alone.keeper.expect(uri, other, "app.py")
    alone.keeper.typed(uri, "other")
    assert alone.keeper.all_unkept(workspace) == {"app.py": "mine"}
    assert alone.keeper.all_unkept(other) == {"app.py": "other"}
    with alone.qtbot.waitCallback() as done:
        alone.keeper.settle(workspace, done)
    assert (drafted(workspace, "app.py"), drafted(other, "app.py")) == ("mine", "other")
