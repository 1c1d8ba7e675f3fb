"""Package Contents…: what is typed is seen at once, counts when saved, and a click decides on one file."""

import zipfile

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from tests.ui.features.code.coder import Coder, CodeServer
from workbench.code.package import PROJECT_PATTERNS, read_patterns, write_patterns
from workbench.code.package_contents import handler_left_out
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.ui.features.code.working_copy import PackageContents
from workbench.ui.shell.contents_dialog import ContentsDialog

CTX = JobContext()
FILES: dict[str, bytes | str] = {
    "app.py": "def handler(event, context):\n    return 1\n",
    "docs/guide.md": "x" * 3000,
    "docs/more/end.md": "y" * 1000,
    "lib/util.py": "x = 1\n",
    "notes.log": "z" * 500,
}


class Chooser:
    """Someone who decides what goes in."""

    def __init__(self, coder: Coder) -> None:
        self.coder = coder
        self.failed: list[WorkbenchError] = []
        self.told: list[str] = []
        self.contents = PackageContents(coder.services, coder.page, self._notify, after=_("&Code"))
        coder.services.actions.set_situation({"function"})

    def _notify(self, message: WorkbenchError, tone: str) -> None:
        if tone == "danger":
            self.failed.append(message)
        else:
            self.told.append(message.what)

    def open(self) -> ContentsDialog:
        self.coder.services.actions["code.package_contents"].trigger()
        self.coder.until(lambda: self.coder.page.findChildren(ContentsDialog))
        (dialog,) = self.coder.page.findChildren(ContentsDialog)
        return dialog

    def settle(self, dialog: ContentsDialog) -> None:
        self.coder.until(lambda: not dialog._timer.isActive())
        self.coder.idle()

    def type(self, dialog: ContentsDialog, *lines: str) -> None:
        """Types patterns over those that are there."""
        dialog.text.selectAll()
        for line in lines:
            QTest.keyClicks(dialog.text, line)
            QTest.keyClick(dialog.text, Qt.Key.Key_Return)
        self.settle(dialog)

    def press(self, button: QPushButton) -> None:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.coder.idle()

    def close(self, dialog: ContentsDialog, button: QPushButton) -> None:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.coder.until(lambda: not self.coder.page.findChildren(ContentsDialog))
        self.coder.idle()

    def rows(self, dialog: ContentsDialog) -> dict[str, str]:
        """What is listed, each with why it stays out."""
        table = dialog.table.model()
        shown = [[table.index(row, column).data() for column in (0, 2)] for row in range(table.rowCount())]
        return dict(shown)

    def choose(self, dialog: ContentsDialog, path: str) -> None:
        assert dialog.table.choose(path)

    def in_tree(self, name: str, *paths: str) -> QAction:
        """Selects in the tree, and finds an entry of its menu."""
        tree = self.coder.page.tree
        tree.expandAll()
        tree.select(list(paths), paths[0])
        (found,) = [each for each in tree.actions() if each.objectName() == f"fileTree.{name}"]
        return found

    def lines(self) -> tuple[str, ...]:
        return read_patterns(self.coder.workspace.folder).lines

    def packed(self) -> set[str]:
        with zipfile.ZipFile(self.coder.workspace.package(CTX).path) as archive:
            return set(archive.namelist())


@pytest.fixture
def chooser(coder: Coder, server: CodeServer) -> Chooser:
    chooser = Chooser(coder)
    coder.open(server.function("hello", FILES))
    return chooser


def test_what_is_typed_is_seen_at_once_and_counts_when_saved(chooser: Chooser) -> None:
    dialog = chooser.open()
    assert chooser.rows(dialog) == dict.fromkeys(FILES, "")
    assert dialog.sum.text() == "Included: 5 files (4.4 KB). Excluded: 0 bytes."
    chooser.type(dialog, "*.log", "docs/")
    assert chooser.rows(dialog) == {
        "app.py": "", "docs/": "docs/", "lib/util.py": "", "notes.log": "*.log"
    }  # fmt: skip
    assert dialog.sum.text() == "Included: 2 files (48 bytes). Excluded: 4.4 KB."
    assert dialog.unpacked.text == "Unpacked: 48 bytes of 250 MB"
    assert "estimated: " in dialog.packed.text
    assert chooser.lines() == ()
    chooser.close(dialog, dialog.save)
    assert chooser.lines() == ("*.log", "docs/")
    assert chooser.packed() == {"app.py", "lib/util.py"}
    assert chooser.coder.page.tree.nodes.node_at("docs/more/end.md").stays_out  # type: ignore[union-attr]
    assert set(chooser.coder.tree().values()) == {""}  # what stays out is not called added, or deleted


def test_what_looks_like_a_secret_says_so_and_goes_in_by_name(chooser: Chooser) -> None:
    root = chooser.coder.workspace.root
    (root / "config").mkdir()
    (root / "config/.env").write_text("A=1\n")
    (root / "config/.env.example").write_text("A=\n")
    dialog = chooser.open()
    rows = chooser.rows(dialog)
    assert (rows["config/.env"], rows["config/.env.example"]) == ("looks like a secret", "")
    chooser.type(dialog, "!*", "!.env*")
    assert chooser.rows(dialog)["config/.env"] == "looks like a secret"
    chooser.choose(dialog, "config/.env")
    chooser.press(dialog.put_in)
    chooser.settle(dialog)
    assert dialog.text.toPlainText().splitlines()[-1] == "!/config/.env"
    assert chooser.rows(dialog)["config/.env"] == "Excluded: looks like a secret"
    chooser.close(dialog, dialog.save)
    assert "config/.env" in chooser.packed()
    chooser.in_tree("leaveOut", "config/.env").trigger()
    chooser.coder.until(lambda: chooser.told)
    chooser.coder.idle()
    assert "config/.env" not in chooser.packed()
    chooser.in_tree("putIn", "config/.env").trigger()
    chooser.coder.until(lambda: len(chooser.told) == 2)
    chooser.coder.idle()
    assert "config/.env" in chooser.packed()


def test_the_list_can_be_narrowed_and_sorted(chooser: Chooser) -> None:
    dialog = chooser.open()
    chooser.type(dialog, "*.log")
    dialog.filter_choice.setCurrentIndex(2)
    assert chooser.rows(dialog) == {"notes.log": "*.log"}
    dialog.filter_choice.setCurrentIndex(1)
    dialog.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert list(chooser.rows(dialog)) == ["docs/guide.md", "docs/more/end.md", "app.py", "lib/util.py"]
    chooser.close(dialog, dialog._cancel)
    assert chooser.lines() == ()


def test_a_line_that_is_no_pattern_is_said_and_not_saved(chooser: Chooser) -> None:
    dialog = chooser.open()
    chooser.type(dialog, "*.log", "!")
    assert "Line 2, '!', is not a valid pattern" in dialog.state.text()
    assert not dialog.save.isEnabled()
    chooser.type(dialog, "*.log")
    assert dialog.state.text() == ""
    assert dialog.save.isEnabled()
    chooser.close(dialog, dialog._cancel)


def test_buttons_write_the_lines_and_undo_takes_them_back(chooser: Chooser) -> None:
    dialog = chooser.open()
    assert not dialog.leave_out.isEnabled()
    chooser.choose(dialog, "lib/util.py")
    chooser.press(dialog.leave_out)
    chooser.settle(dialog)
    assert dialog.text.toPlainText() == "/lib/util.py\n"
    assert chooser.rows(dialog)["lib/util.py"] == "/lib/util.py"
    assert dialog.put_in.isEnabled()  # the same file is still chosen
    assert not dialog.leave_out.isEnabled()
    chooser.press(dialog.put_in)
    chooser.settle(dialog)
    assert dialog.text.toPlainText() == ""
    dialog.text.undo()
    assert dialog.text.toPlainText() == "/lib/util.py\n"
    chooser.press(dialog.defaults)
    assert dialog.text.toPlainText().splitlines() == [*PROJECT_PATTERNS, "/lib/util.py"]
    chooser.settle(dialog)
    chooser.close(dialog, dialog._cancel)


def test_what_never_goes_in_says_so(chooser: Chooser) -> None:
    cache = chooser.coder.workspace.root / "__pycache__"
    cache.mkdir()
    (cache / "x.pyc").write_bytes(b"123")
    dialog = chooser.open()
    assert "are never included" in chooser.rows(dialog)["__pycache__/"]
    chooser.choose(dialog, "__pycache__")
    chooser.press(dialog.put_in)
    assert "is excluded from the package" in dialog.state.text()
    chooser.close(dialog, dialog._cancel)


def test_the_trees_menu_leaves_out_and_puts_in(chooser: Chooser) -> None:
    action = chooser.in_tree("leaveOut", "docs", "notes.log")
    assert action.isVisible()
    assert not chooser.in_tree("putIn", "docs", "notes.log").isVisible()
    action.trigger()
    chooser.coder.idle()
    assert set(chooser.lines()) == {"/docs/", "/notes.log"}
    assert chooser.told == ["Will be excluded from the package in the next deployment: docs, notes.log."]
    assert chooser.packed() == {"app.py", "lib/util.py"}
    tree = chooser.coder.page.tree
    color = tree.nodes.index_of("docs/guide.md").data(Qt.ItemDataRole.ForegroundRole)
    assert color == QColor(chooser.coder.services.theme.colors.muted)
    assert not action.isVisible()
    chooser.in_tree("putIn", "docs/guide.md").trigger()
    chooser.coder.idle()
    assert chooser.failed[-1].action == "code.package_contents"
    chooser.in_tree("putIn", "docs").trigger()
    chooser.coder.idle()
    assert chooser.lines() == ("/notes.log",)
    assert chooser.packed() == {"app.py", "lib/util.py", "docs/guide.md", "docs/more/end.md"}


@pytest.mark.parametrize(
    ("handler", "lines", "words"),
    [
        ("app.handler", "*.py\n", "The handler's file is excluded from the package by the line '*.py'."),
        ("lib/util.handler", "lib/\n", "The handler's file is excluded from the package by the line 'lib/'."),
        ("lib.util.handler", "lib/\n", "The handler's file is excluded from the package by the line 'lib/'."),
        ("app.handler", "*.log\n", ""),
        ("app.handler", "", ""),
        ("gone.handler", "*\n", ""),
        ("", "*\n", ""),
    ],
)
def test_a_handler_that_stays_out_is_a_problem(
    chooser: Chooser, handler: str, lines: str, words: str
) -> None:
    workspace = chooser.coder.workspace
    write_patterns(workspace.folder, lines)
    assert [problem.message for problem in handler_left_out(workspace, handler)] == [words] * bool(words)


def test_a_published_version_has_no_patterns(coder: Coder, server: CodeServer) -> None:
    chooser = Chooser(coder)
    coder.open(server.function("hello", FILES, version="7"))
    coder.services.actions["code.package_contents"].trigger()
    coder.idle()
    (error,) = coder.failed  # said by the tab, which was to hand the code over
    assert error.action == "code.latest"
    assert coder.page.findChildren(ContentsDialog) == []
    assert not chooser.in_tree("leaveOut", "docs").isVisible()


def test_patterns_that_cannot_be_kept_say_so_in_the_dialog(chooser: Chooser) -> None:
    dialog = chooser.open()
    (chooser.coder.workspace.folder / "package-patterns").mkdir()
    chooser.type(dialog, "*.log")
    chooser.press(dialog.save)
    assert dialog.state.text()
    assert dialog.isVisible()
    chooser.close(dialog, dialog._cancel)
