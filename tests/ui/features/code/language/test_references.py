"""All uses of a name as a list: across files, with what is not saved, each a way to its place."""

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.features.code.coder import CodeServer
from tests.ui.features.code.language.desk import LanguageDesk
from tests.ui.features.code.language.test_moving import FILES
from workbench.core.errors import WorkbenchError
from workbench.ui.features.code.search import ReferencesFlow
from workbench.ui.features.code.search_panel import SearchPanel


@pytest.fixture
def panel(desk: LanguageDesk, qtbot: QtBot) -> SearchPanel:
    panel = SearchPanel(desk.services.theme)
    qtbot.addWidget(panel)
    return panel


@pytest.fixture
def references(desk: LanguageDesk, panel: SearchPanel) -> ReferencesFlow:
    references = ReferencesFlow(desk.services, panel, desk.page, desk.language)
    references.failed.connect(desk.failed.append)
    return references


def listed(panel: SearchPanel) -> list[str]:
    """Every row, its file's above it."""
    model, found = panel.model, []
    for row in range(model.rowCount()):
        above = model.index(row, 0)
        found.append(str(above.data()))
        found += [str(model.index(each, 0, above).data()) for each in range(model.rowCount(above))]
    return found


def test_all_uses_are_listed_and_lead_to_their_places(
    desk: LanguageDesk, server: CodeServer, panel: SearchPanel, references: ReferencesFlow
) -> None:
    desk.open(server.function("hello", FILES))
    desk.at(6, 1)
    desk.type("helper(2)")  # not saved
    desk.at(5, 14)
    desk.until(lambda: desk.cursor == (5, 14))
    wanted: list[bool] = []
    references.wanted.connect(lambda: wanted.append(True))
    desk.insist(references.list_references, lambda: panel.status.text().startswith("4 matches in 2 files"))
    assert wanted
    rows = listed(panel)
    assert [row for row in rows if row.startswith(("app.py", "util.py"))] == ["app.py", "util.py"]
    assert len(rows) == 6
    places: list[tuple[str, int, int]] = []
    panel.opened.connect(lambda *place: places.append(place))
    panel.view.activated.emit(panel.model.index(0, 0, panel.model.index(1, 0)))
    assert places == [("util.py", 1, 5)]


def test_where_there_is_no_name_that_is_said(
    desk: LanguageDesk, server: CodeServer, references: ReferencesFlow
) -> None:
    desk.open(server.function("hello", FILES))
    desk.at(2, 1)
    desk.until(lambda: desk.cursor == (2, 1))
    references.list_references()
    desk.until(lambda: desk.failed)
    assert "no symbol" in desk.failed[0].why


def test_code_without_servers_says_so(
    desk: LanguageDesk, server: CodeServer, references: ReferencesFlow
) -> None:
    files: dict[str, bytes | str] = {"index.mjs": "export const handler = 1;\n"}
    desk.open(server.function("hello", files, Runtime="nodejs22.x", Handler="index.handler"), "index.mjs")
    references.list_references()
    failed: list[WorkbenchError] = desk.failed
    assert "No language server" in failed[0].why
