"""The Versions tab, from AWS's answers to what a person reads; and what all tabs that read do on the way."""

import threading
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.ui.pages.conftest import ARN, ShowPage, open_page, texts
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.ui.pages.versions import Read, VersionsPage
from workbench.ui.shell.services import OpenFunction, Services

SHA = "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq8="


def version(number: str, **more: object) -> dict[str, object]:
    return {
        "FunctionName": "hello-http",
        "FunctionArn": f"{ARN}:{number}",
        "Version": number,
        "Runtime": "python3.13",
        "CodeSha256": SHA,
        "CodeSize": 2048,
        "LastModified": "2026-06-30T09:30:00.000+0000",
        "Description": "",
    } | more


def answer(aws: StubbedAws, aliases: list[dict[str, object]]) -> None:
    versions = [version("$LATEST"), version("7"), version("8", Description="Faster")]
    aws.answer("lambda", "list_versions_by_function", {"Versions": versions})
    aws.answer("lambda", "list_aliases", {"Aliases": aliases})
    usage, limit = {"TotalCodeSize": 3 * 1024**3, "FunctionCount": 9}, {"TotalCodeSize": 75 * 1024**3}
    aws.answer("lambda", "get_account_settings", {"AccountUsage": usage, "AccountLimit": limit})


LIVE: dict[str, object] = {
    "Name": "live",
    "FunctionVersion": "7",
    "Description": "What customers get",
    "RoutingConfig": {"AdditionalVersionWeights": {"8": 0.1}},
}


@pytest.fixture
def page(services: Services, show_page: ShowPage) -> VersionsPage:
    return show_page(VersionsPage(services))


def open_versions(page: VersionsPage, function: OpenFunction, qtbot: QtBot) -> None:
    open_page(page, function)
    qtbot.waitUntil(page.versions.isVisible)


def test_versions_and_aliases_say_who_points_where(
    page: VersionsPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    answer(aws, [LIVE])
    open_versions(page, function, qtbot)
    local = datetime(2026, 6, 30, 9, 30, tzinfo=UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    rest = ["python3.13", "q83vEjRWeJq8", "2.0 KB", local]
    assert texts(page.versions) == [
        ["$LATEST", "", "", *rest],
        ["8", "live (10 %)", "Faster", *rest],
        ["7", "live (90 %)", "", *rest],
    ]
    assert texts(page.aliases) == [["live", "7", "7: 90 %, 8: 10 %", "What customers get"]]


def test_copying_takes_the_whole_sha(
    page: VersionsPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    answer(aws, [])
    open_versions(page, function, qtbot)
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.versions.setFocus()
    page.versions.setCurrentIndex(page.versions.model().index(0, 4))
    QTest.keyClick(page.versions, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == SHA
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(page.versions, Qt.Key.Key_C, modifiers)
    assert QGuiApplication.clipboard().text().split("\t")[4] == SHA


def test_no_alias_is_said_in_words(
    page: VersionsPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    answer(aws, [])
    open_versions(page, function, qtbot)
    assert page.aliases.isHidden()
    assert page._no_aliases.isVisible()


def test_the_storage_is_that_of_all_versions_and_of_the_region(
    page: VersionsPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    answer(aws, [])
    open_versions(page, function, qtbot)
    said = "All versions of this function: 6.0 KB · eu-central-1 uses 3.0 GB of 75 GB"
    assert page.storage.text() == said
    heading = page.findChild(QWidget, "versionsHeading")
    assert heading is not None
    page.resize(1400, 600)
    qtbot.waitUntil(lambda: 0 < page.storage.x() - heading.geometry().right() < 20)
    assert heading.width() == heading.sizeHint().width()


def test_who_may_not_see_the_account_still_sees_the_versions(
    page: VersionsPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    aws.answer("lambda", "list_versions_by_function", {"Versions": [version("$LATEST")]})
    aws.answer("lambda", "list_aliases", {"Aliases": []})
    aws.refuse("lambda", "get_account_settings", "AccessDeniedException", "You may not.", 403)
    open_versions(page, function, qtbot)
    assert page.storage.text() == "All versions of this function: 2.0 KB · account: not permitted"
    assert "AccessDeniedException" in page.storage.toolTip()


def test_the_context_menu_is_about_the_selected_row(
    page: VersionsPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    answer(aws, [LIVE])
    open_versions(page, function, qtbot)
    wanted: list[str] = []
    page.alias_wanted.connect(wanted.append)
    page.deletion_wanted.connect(lambda version: wanted.append(f"delete {version.version}"))
    page.edit_wanted.connect(lambda alias: wanted.append(f"edit {alias.name}"))
    page.alias_deletion_wanted.connect(lambda alias: wanted.append(f"delete {alias.name}"))
    actions = {
        action.objectName(): action for table in (page.versions, page.aliases) for action in table.actions()
    }
    mine = ("aliasForVersion", "deleteVersion", "editAlias", "deleteAlias")
    assert not [name for name in mine if actions[name].isEnabled()]
    page.versions.setCurrentIndex(page.versions.model().index(0, 0))
    assert [name for name in mine if actions[name].isEnabled()] == ["aliasForVersion"]  # $LATEST stays
    page.versions.setCurrentIndex(page.versions.model().index(1, 0))
    actions["aliasForVersion"].trigger()
    actions["deleteVersion"].trigger()
    page.aliases.setCurrentIndex(page.aliases.model().index(0, 0))
    assert [name for name in mine if actions[name].isEnabled()] == ["editAlias", "deleteAlias"]
    actions["editAlias"].trigger()
    actions["deleteAlias"].trigger()
    page.edit_alias.click()
    assert wanted == ["8", "delete 8", "edit live", "delete live", "edit live"]
    page.versions.setCurrentIndex(page.versions.model().index(1, 0))
    assert not page.edit_alias.isEnabled()


# Opening and comparing ------------------------------------------------------------------------------------


def test_a_double_click_or_return_wants_the_code_of_that_version(
    page: VersionsPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    answer(aws, [LIVE])
    open_versions(page, function, qtbot)
    wanted: list[str] = []
    page.code_wanted.connect(wanted.append)
    area = page.versions.visualRect(page.versions.model().index(2, 3))
    QTest.mouseClick(page.versions.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
    QTest.mouseDClick(page.versions.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
    page.aliases.setCurrentIndex(page.aliases.model().index(0, 1))
    QTest.keyClick(page.aliases, Qt.Key.Key_Return)
    assert wanted == ["7", "live"]


def test_the_buttons_are_about_the_one_selected_row(
    page: VersionsPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    answer(aws, [LIVE])
    open_versions(page, function, qtbot)
    wanted: list[tuple[str, str]] = []
    page.code_wanted.connect(lambda name: wanted.append(("open", name)))
    page.comparison_wanted.connect(lambda name: wanted.append(("compare", name)))
    page.roll_back_wanted.connect(lambda name: wanted.append(("back", name)))
    assert not page.open_code.isEnabled()
    assert not page.compare.isEnabled()
    page.versions.setCurrentIndex(page.versions.model().index(1, 2))
    page.compare.click()
    page.aliases.setCurrentIndex(page.aliases.model().index(0, 1))
    assert not page.versions.selectionModel().hasSelection()
    page.open_code.click()
    assert wanted == [("compare", "8"), ("open", "live")]
    assert not page.roll_back.isEnabled()  # an alias is what is moved
    page.versions.setCurrentIndex(page.versions.model().index(0, 2))
    assert not page.roll_back.isEnabled()  # $LATEST
    page.versions.setCurrentIndex(page.versions.model().index(1, 2))
    page.roll_back.click()
    assert wanted[-1] == ("back", "8")


# What all tabs that read have in common ---------------------------------------------------------------------


def retry(page: VersionsPage) -> QToolButton:
    button = page.message.findChild(QToolButton, "emptyAction")
    assert button is not None
    return button


def test_a_failure_is_said_in_place_and_can_be_tried_again(
    page: VersionsPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    for listing in ("list_versions_by_function", "list_aliases"):
        aws.refuse("lambda", listing, "AccessDeniedException", "You may not.", 403)
    open_page(page, function)
    qtbot.waitUntil(page.message.isVisible)
    assert "AccessDeniedException" in page.message.accessibleDescription()
    assert retry(page).text() == "Try Again"
    answer(aws, [])
    retry(page).click()
    qtbot.waitUntil(page.versions.isVisible)


def test_a_refresh_that_fails_leaves_the_page_and_says_so_above(
    page: VersionsPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    answer(aws, [])
    open_versions(page, function, qtbot)
    page.deactivate()
    aws.refuse("lambda", "list_versions_by_function", "TooManyRequestsException", "Slower.", 429)
    with qtbot.waitSignal(page.failed) as failure:
        page.activate()
    assert failure.args is not None
    assert isinstance(failure.args[0], WorkbenchError)
    assert page.versions.isVisible()


class SlowPage(VersionsPage):
    """Reads until told to stop."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.answer = threading.Event()
        self.asked = 0

    def read(self, function: OpenFunction, ctx: JobContext) -> Read:
        self.asked += 1
        while not self.answer.wait(0.005):
            ctx.check()
        return Read((), ())


@pytest.fixture
def slow(services: Services, show_page: ShowPage) -> SlowPage:
    return show_page(SlowPage(services))


def test_a_long_reading_says_loading_and_a_short_one_nothing(
    slow: SlowPage, function: OpenFunction, qtbot: QtBot
) -> None:
    open_page(slow, function)
    assert not slow.message.isVisible()
    qtbot.waitUntil(slow.message.isVisible)
    assert slow.message.accessibleName() == "Loading…"
    assert retry(slow).isHidden()
    slow.answer.set()
    qtbot.waitUntil(slow.versions.isVisible)


def test_a_tab_that_is_left_stops_reading_and_a_hidden_tab_never_starts(
    slow: SlowPage, function: OpenFunction, services: Services, qtbot: QtBot
) -> None:
    slow.show_function(function)
    assert services.jobs.active() == []
    slow.activate()
    qtbot.waitUntil(lambda: slow.asked == 1)
    slow.deactivate()
    qtbot.waitUntil(lambda: services.jobs.active() == [])
    assert not slow._pause.isActive()


def test_another_function_drops_what_is_read_of_the_first(
    slow: SlowPage, function: OpenFunction, services: Services, qtbot: QtBot
) -> None:
    open_page(slow, function)
    qtbot.waitUntil(lambda: slow.asked == 1)
    slow.clear()
    qtbot.waitUntil(lambda: services.jobs.active() == [])
    assert not slow.message.isVisible()
    assert not slow.versions.isVisible()


def test_cancelling_says_so_and_offers_another_try(
    slow: SlowPage, function: OpenFunction, services: Services, qtbot: QtBot
) -> None:
    open_page(slow, function)
    qtbot.waitUntil(lambda: slow.asked == 1)
    services.jobs.active()[0].cancel()
    qtbot.waitUntil(lambda: slow.message.accessibleName() == "Loading was cancelled.")
    assert not retry(slow).isHidden()
