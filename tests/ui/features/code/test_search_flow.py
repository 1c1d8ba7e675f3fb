"""Search and replace in the files of an open function: on disk, in drafts and in the editor."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.ui.code_files import text
from tests.ui.features.code.coder import Coder, CodeServer
from workbench.ui.features.code.search import SearchFlow
from workbench.ui.features.code.search_panel import SearchPanel
from workbench.ui.shell.services import Services

FILES: dict[str, bytes | str] = {
    "app.py": "import util\nold = util.old\n",
    "lib/util.py": "old = 1\r\n",
    "logo.png": b"\x89PNG\0old",
}


@pytest.fixture
def server(aws: StubbedAws, tmp_path: Path) -> Iterator[CodeServer]:  # noqa: F811 - pytest's way
    with ExitStack() as servers:
        yield CodeServer(aws, tmp_path, servers)


class Searcher(Coder):
    """Someone before the Code tab who searches."""

    def __init__(self, services: Services, qtbot: QtBot) -> None:
        super().__init__(services, qtbot)
        self.panel = SearchPanel(services.theme)
        qtbot.addWidget(self.panel)
        self.panel.resize(1140, 260)
        self.panel.show()
        self.flow = SearchFlow(services, self.panel, self.page)
        self.flow.failed.connect(self.failed.append)

    def search(self, words: str) -> list[str]:
        """Searches, and says what was found: "path:line before[found]after"."""
        self.panel.text.setText(words)
        QTest.keyClick(self.panel.text, Qt.Key.Key_Return)
        self.until(lambda: self.panel.cancel.isVisible())
        self.until(lambda: not self.panel.cancel.isVisible())
        model = self.panel.model
        model.set_replacement("")
        found = [
            f"{path}:{each.match.line} {each.match.before}[{each.match.found}]{each.match.after}"
            for path, them in model.ticked()
            for each in them
        ]
        model.set_replacement(None)
        return found

    def replace(self, words: str) -> None:
        self.panel.replacing.setChecked(True)
        self.panel.words.setText(words)
        self.panel.replace.click()
        self.idle()


@pytest.fixture
def searcher(services: Services, server: CodeServer, qtbot: QtBot) -> Iterator[Searcher]:
    searcher = Searcher(services, qtbot)
    searcher.open(server.function("hello", FILES))
    yield searcher
    searcher.page.deactivate()
    searcher.page.clear()
    searcher.idle()


def test_files_and_what_is_typed_are_searched(searcher: Searcher) -> None:
    assert searcher.search("old") == [
        "app.py:2 [old] = util.old",
        "app.py:2 old = util.[old]",
        "lib/util.py:1 [old] = 1",
    ]
    assert searcher.panel.status.text() == "3 matches in 2 files · binary: 1"
    searcher.type("# new word ")
    assert searcher.search("new word") == ["app.py:1 # [new word] import util"]


def test_replacing_changes_open_files_in_one_step_and_closed_ones_as_drafts(searcher: Searcher) -> None:
    searcher.search("old")
    searcher.replace("new")
    assert searcher.shown == "import util\nnew = util.new\n"
    drafts = {draft.path: draft.text for draft in searcher.workspace.drafts()}
    assert drafts == {"app.py": "import util\nnew = util.new\n", "lib/util.py": "new = 1\n"}
    assert (searcher.workspace.root / "lib/util.py").read_bytes() == b"old = 1\r\n"
    assert searcher.tree()["lib/util.py"] == "●"
    assert searcher.panel.status.text() == "Replaced 3 matches. They are not saved yet."
    text(searcher.files).undo()
    assert searcher.shown == FILES["app.py"]
    searcher.idle()
    assert [draft.path for draft in searcher.workspace.drafts()] == ["lib/util.py"]


def test_a_saved_replacement_keeps_the_files_line_ends(searcher: Searcher) -> None:
    searcher.search("old")
    searcher.replace("new")
    searcher.files.save(lambda: None)
    searcher.idle()
    assert (searcher.workspace.root / "lib/util.py").read_bytes() == b"new = 1\r\n"


def test_groups_of_an_expression_are_put_in(searcher: Searcher) -> None:
    searcher.panel.is_regex.setChecked(True)
    searcher.search(r"(\w+)\.old")
    searcher.replace("$1['old']")
    assert searcher.shown == "import util\nold = util['old']\n"


def test_what_has_changed_since_is_not_replaced(searcher: Searcher) -> None:
    searcher.search("old")
    searcher.type("# ")
    QTest.keyClick(text(searcher.files), Qt.Key.Key_Return)
    searcher.workspace.put_draft("lib/util.py", "# old = 1\n")
    searcher.replace("new")
    assert searcher.shown == "# \nimport util\nold = util.old\n"
    assert [error.what for error in searcher.failed] == [
        "No text was replaced in app.py.",
        "No text was replaced in lib/util.py.",
    ]
    assert "Search again" in str(searcher.failed[0])


def test_another_function_ends_the_search(searcher: Searcher, server: CodeServer) -> None:
    searcher.search("old")
    searcher.show(server.function("other", {"app.py": "nothing\n"}))
    assert searcher.panel.model.rowCount() == 0
    searcher.until(lambda: searcher.panel.empty.accessibleName() == "0 results")
    searcher.idle()


def test_a_version_is_searched_and_not_changed(searcher: Searcher, server: CodeServer) -> None:
    searcher.show(server.function("hello", FILES, version="7"))
    searcher.until(lambda: searcher.page.workspace)
    searcher.idle()
    assert len(searcher.search("old")) == 3
    assert not searcher.panel.replacing.isEnabled()
