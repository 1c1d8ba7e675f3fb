"""The Search tab: what is asked for, what was found, where it leads, and which matches are replaced."""

import pytest
from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from workbench.code.search import FileMatches, Match, Query, SearchSummary
from workbench.core.errors import WorkbenchError
from workbench.ui.features.code.search_panel import SearchModel, SearchPanel
from workbench.ui.kit.theme import Theme


def match(line: int, found: str = "x", groups: tuple[str, ...] = ()) -> Match:
    return Match(line, 3, 3 + len(found), "a ", found, " b", groups)


FOUND = (
    FileMatches("app.py", (match(1), match(2))),
    FileMatches("lib/util.py", (match(7, "x y", ("x y", "x")),)),
)


@pytest.fixture
def panel(theme: Theme, qtbot: QtBot) -> SearchPanel:
    panel = SearchPanel(theme)
    qtbot.addWidget(panel)
    panel.resize(1100, 240)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.set_searchable(there=True)
    return panel


@pytest.fixture
def asked(panel: SearchPanel) -> list[Query]:
    asked: list[Query] = []
    panel.asked.connect(asked.append)
    return asked


def find(panel: SearchPanel, found: tuple[FileMatches, ...] = FOUND) -> None:
    panel.begin()
    panel.add(found)
    panel.finish(SearchSummary(searched=9, matches=sum(len(f.matches) for f in found), files=len(found)))


def rows(panel: SearchPanel, parent: QModelIndex | None = None) -> list[str]:
    parent = parent or QModelIndex()
    found = []
    for row in range(panel.model.rowCount(parent)):
        index = panel.model.index(row, 0, parent)
        tick = {None: "", Qt.CheckState.Checked: "+", Qt.CheckState.Unchecked: "-"}
        mark = tick.get(index.data(Qt.ItemDataRole.CheckStateRole), "~")
        found.append(f"{mark}{index.data()}")
        found += rows(panel, index)
    return found


def index_of(panel: SearchPanel, file: int, line: int | None = None) -> QModelIndex:
    above = panel.model.index(file, 0)
    return above if line is None else panel.model.index(line, 0, above)


# ---- asking ----------------------------------------------------------------------------------------------


def test_enter_asks_at_once_and_typing_a_little_later(
    panel: SearchPanel, asked: list[Query], qtbot: QtBot
) -> None:
    QTest.keyClicks(panel.text, "bucket")
    assert asked == []
    QTest.keyClick(panel.text, Qt.Key.Key_Return)
    assert asked == [Query("bucket")]
    QTest.keyClicks(panel.include, "*.py")
    qtbot.waitUntil(lambda: asked[1:] == [Query("bucket", include="*.py")])


def test_a_switch_asks_again(panel: SearchPanel, asked: list[Query]) -> None:
    panel.text.setText("b")
    for switch in (panel.match_case, panel.whole_word, panel.is_regex):
        QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert asked == [
        Query("b", match_case=True),
        Query("b", match_case=True, whole_word=True),
        Query("b", is_regex=True, match_case=True, whole_word=True),
    ]


def test_without_files_nothing_is_asked(panel: SearchPanel, asked: list[Query]) -> None:
    panel.text.setText("b")
    panel.set_searchable(there=False)
    panel.match_case.toggle()
    assert asked == []
    assert not panel.text.isEnabled()
    assert "No files to search." in panel.empty.accessibleName()


def test_other_files_are_asked_for_the_same_words(panel: SearchPanel, asked: list[Query]) -> None:
    panel.text.setText("b")
    find(panel)
    panel.set_searchable(there=True)
    assert asked == [Query("b")]
    assert rows(panel) == []


def test_the_emptied_field_forgets_what_was_found(panel: SearchPanel, asked: list[Query]) -> None:
    find(panel)
    QTest.keyClick(panel.text, Qt.Key.Key_Return)
    assert rows(panel) == []
    assert asked == [Query("")]


# ---- being told ------------------------------------------------------------------------------------------


def test_what_is_found_is_shown_by_file(panel: SearchPanel) -> None:
    find(panel)
    assert rows(panel) == ["app.py", "a x b", "a x b", "lib/util.py", "a x y b"]
    assert panel.status.text() == "3 matches in 2 files"
    assert panel.view.isExpanded(index_of(panel, 0))
    spoken = index_of(panel, 1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Line 7: a x y b"


def test_what_was_skipped_is_said(panel: SearchPanel) -> None:
    panel.begin()
    summary = SearchSummary(searched=1200, matches=1, files=1, binaries=1100, binary=["a.so"], huge=["b.txt"])
    panel.add((FileMatches("app.py", (match(1),)),))
    panel.finish(summary)
    assert panel.status.text() == "1 match in 1 file · binary: 1,100, too large: 1"
    assert panel.status.toolTip() == "a.so\nb.txt"
    panel.begin()
    panel.finish(SearchSummary(searched=1, binaries=2))
    assert panel.empty.accessibleName() == "0 results"
    assert panel.empty.accessibleDescription() == "binary: 2"


def test_a_cut_search_says_that_there_is_more(panel: SearchPanel) -> None:
    find(panel)
    panel.finish(SearchSummary(matches=10_000, files=12, is_cut=True))
    assert panel.status.text() == "First 10000 matches results"


def test_an_error_is_shown_where_results_would_be(panel: SearchPanel) -> None:
    panel.begin()
    panel.fail(WorkbenchError("Invalid regular expression.", "Missing ).", "Change it."))
    assert panel.empty.isVisible()
    assert panel.empty.accessibleName() == "Invalid regular expression."
    assert panel.empty.accessibleDescription() == "Missing ). Change it."


def test_cancel_is_there_while_it_searches(panel: SearchPanel, qtbot: QtBot) -> None:
    assert not panel.cancel.isVisible()
    panel.begin()
    with qtbot.waitSignal(panel.cancelled):
        panel.cancel.click()
    panel.stopped()
    assert not panel.cancel.isVisible()


# ---- going there -----------------------------------------------------------------------------------------


def test_a_click_and_enter_lead_to_the_place(panel: SearchPanel) -> None:
    opened: list[tuple[str, int, int]] = []
    panel.opened.connect(lambda *place: opened.append(place))
    find(panel)
    area = panel.view.visualRect(index_of(panel, 0, 1))
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
    assert opened == [("app.py", 2, 3)]
    panel.view.setCurrentIndex(index_of(panel, 1))
    QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert opened[1:] == [("lib/util.py", 7, 3)]


# ---- replacing -------------------------------------------------------------------------------------------


def replaced(panel: SearchPanel) -> dict[str, list[tuple[int, str]]]:
    """Presses the button; what is wanted by file: lines and what comes there."""
    wanted: list[list[tuple[str, list[object]]]] = []
    panel.replace_wanted.connect(wanted.append)
    panel.replace.click()
    panel.replace_wanted.disconnect(wanted.append)
    if not wanted:
        return {}
    return {path: [(r.match.line, r.text) for r in them] for path, them in wanted[0]}  # type: ignore[attr-defined]


def test_every_match_is_ticked_at_first(panel: SearchPanel) -> None:
    find(panel)
    panel.focus_search(replace=True)
    panel.words.setText("[$1]")
    assert rows(panel) == ["+app.py", "+a x b", "+a x b", "+lib/util.py", "+a x y b"]
    assert panel.replace.text() == "Replace 3 Matches"
    assert replaced(panel) == {"app.py": [(1, "[$1]"), (2, "[$1]")], "lib/util.py": [(7, "[x]")]}


def test_ticks_leave_out_lines_and_files(panel: SearchPanel) -> None:
    find(panel)
    panel.focus_search(replace=True)
    box = panel.view.visualRect(index_of(panel, 0, 0)).topLeft() + QPoint(12, 10)
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=box)
    assert rows(panel) == ["~app.py", "-a x b", "+a x b", "+lib/util.py", "+a x y b"]
    panel.view.setCurrentIndex(index_of(panel, 1))
    QTest.keyClick(panel.view, Qt.Key.Key_Space)
    assert rows(panel)[3:] == ["-lib/util.py", "-a x y b"]
    assert panel.replace.text() == "Replace 1 Match"
    assert replaced(panel) == {"app.py": [(2, "")]}
    panel.view.setCurrentIndex(index_of(panel, 0))
    QTest.keyClick(panel.view, Qt.Key.Key_Space)
    assert rows(panel)[:3] == ["+app.py", "+a x b", "+a x b"]


def test_nothing_is_replaced_while_it_searches_or_without_a_tick(panel: SearchPanel) -> None:
    panel.focus_search(replace=True)
    panel.begin()
    panel.add(FOUND)
    assert not panel.replace.isEnabled()
    find(panel)
    for row in range(2):
        panel.model.setData(
            index_of(panel, row), Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole
        )
    assert not panel.replace.isEnabled()


def test_a_published_version_offers_no_replacing(panel: SearchPanel) -> None:
    panel.focus_search(replace=True)
    panel.set_searchable(there=True, read_only=True)
    assert not panel.replacing.isEnabled()
    assert not panel.words.isVisible()
    assert not panel.replace.isVisible()


def test_the_model_is_one_that_qt_accepts(qtbot: QtBot) -> None:
    owner = QObject()
    model = SearchModel(owner)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.add(FOUND)
    model.set_replacement("z")
    model.clear()
    model.add(FOUND)
    assert model.rowCount() == 2
    owner.deleteLater()
