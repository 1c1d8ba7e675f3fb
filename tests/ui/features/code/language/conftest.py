"""The Code tab with real language servers."""

import os
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.no_graphics import NO_GRAPHICS
from tests.ui.editor.conftest import page_dir  # noqa: F401 - a fixture
from tests.ui.features.code.language.desk import LanguageDesk
from workbench.ui.editor import Editor, monaco
from workbench.ui.kit.web_views import prepare_window
from workbench.ui.shell.services import Services


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = f"{Path(__file__).parent}{os.sep}"  # as texts: all tests are asked
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.qt_log_ignore(*NO_GRAPHICS), append=False)


@pytest.fixture
def desk(services: Services, page_dir: Path, qtbot: QtBot) -> LanguageDesk:  # noqa: F811
    desk = LanguageDesk(services, Editor(monaco(page_dir)), qtbot)
    page = desk.page
    qtbot.addWidget(page, before_close_func=lambda _page: desk.leave())
    qtbot.addWidget(desk.panel)
    page.resize(1140, 600)
    prepare_window(page)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    with qtbot.waitSignal(desk.files.editor.ready, timeout=20_000):
        desk.files.editor.prewarm()
    return desk
