"""The Code tab with real language servers."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.ui.editor.conftest import NO_GRAPHICS, page_dir  # noqa: F401 - a fixture
from tests.ui.language.desk import LanguageDesk
from tests.ui.pages.coder import CodeServer
from workbench.ui.editor import Editor, monaco, prepare_window
from workbench.ui.services import Services


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = f"{Path(__file__).parent}{os.sep}"  # as texts: all tests are asked
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.qt_log_ignore(*NO_GRAPHICS), append=False)


@pytest.fixture
def server(aws: StubbedAws, tmp_path: Path) -> Iterator[CodeServer]:  # noqa: F811 - pytest's way
    with ExitStack() as servers:
        yield CodeServer(aws, tmp_path, servers)


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
