"""Versions in the whole window: opened and compared from the Versions tab, and offered after a crash."""

import pytest
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from tests.sandbox_functions import create_function, deploy_elsewhere
from tests.ui.pages.conftest import NEW, OLD
from tests.ui.test_routes import desk, opener  # noqa: F401 - fixtures
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.ui.compare_panel import ComparePanel
from workbench.ui.pages.versions import VersionsPage


@pytest.fixture
def name(connection: Connection) -> str:
    """A function of Alice's whose version 1 has other code than $LATEST."""
    name = create_function(connection, OLD).function_name
    connection.call("lambda", "publish_version", FunctionName=name)
    deploy_elsewhere(connection, name, NEW)
    return name


@pytest.fixture
def opened(desk: Desk, name: str) -> Desk:  # noqa: F811 - pytest's way
    desk.connect()
    desk.open(name)
    desk.until(lambda: desk.parts.code.files.shown_path() == "app.py")
    desk.idle()
    return desk


def choose_version(desk: Desk, version: str) -> VersionsPage:  # noqa: F811 - pytest's way
    desk.window.page.show_tab("versionsPage")
    page = desk.window.page.findChild(VersionsPage)
    assert page is not None
    model = page.versions.model()
    desk.until(lambda: version in [model.index(row, 0).data() for row in range(model.rowCount())])
    row = next(row for row in range(model.rowCount()) if model.index(row, 0).data() == version)
    page.versions.setCurrentIndex(model.index(row, 0))
    return page


def differences(desk: Desk) -> str:  # noqa: F811 - pytest's way
    shown = desk.window.findChild(QPlainTextEdit, "editorPlainComparison")
    return shown.toPlainText() if shown is not None and shown.isVisible() else ""


def test_the_code_of_a_chosen_version_is_opened(opened: Desk) -> None:
    choose_version(opened, "1").open_code.click()
    code = opened.parts.code
    opened.until(lambda: code.workspace is not None and code.workspace.read_only)
    assert opened.window.page.tabs.currentWidget() is code
    opened.parts.services.actions["code.latest"].trigger()
    opened.until(lambda: code.workspace is not None and not code.workspace.read_only)


def test_the_open_code_is_compared_with_a_chosen_version(opened: Desk) -> None:
    choose_version(opened, "1").compare.click()
    opened.until(lambda: "-    return 'old'\n+    return 'new'" in differences(opened))
    assert opened.window.page.tabs.currentWidget() is opened.parts.code


def test_a_comparison_waits_until_the_code_is_open(desk: Desk, name: str) -> None:  # noqa: F811
    desk.connect()
    desk.window.page.tabs.setCurrentIndex(len(desk.window.page.pages) - 1)
    desk.open(name)
    page = choose_version(desk, "1")
    assert desk.parts.code.workspace is None
    page.compare.click()
    desk.until(lambda: "-    return 'old'" in differences(desk))


def test_typing_that_is_back_offers_the_comparison(opened: Desk) -> None:
    code = opened.parts.code
    assert code.workspace is not None
    code.workspace.put_draft("app.py", f"# typed\n{NEW}")
    name = opened.opened()
    code.clear()
    opened.routes.open_function(name)
    opened.until(lambda: opened.banner("What you typed last time is back."))
    opened.idle()
    banner = opened.banner("What you typed last time is back.")
    assert banner is not None
    button = banner.findChild(QPushButton, "bannerAction")
    assert button is not None
    assert button.text() == "Compare with Deployed"
    button.click()
    opened.until(lambda: "+# typed" in differences(opened))
    panel = opened.window.findChild(ComparePanel)
    assert panel is not None
    assert panel.title.text() == "Deployed ↔ Working copy"
