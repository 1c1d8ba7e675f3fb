"""The list on the left: there before the connection is, fresh once it stands, worked without the mouse."""

import gc
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.sandbox_functions import create_function
from tests.stall import StallWatch
from tests.ui.hand_clock import HandClock
from workbench.aws.connection import Connection, Observer
from workbench.core.jobs import JobContext
from workbench.functions.index import FunctionIndex
from workbench.functions.model import FunctionSummary, summary_of
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.shell.function_list import FunctionList
from workbench.ui.shell.function_rows import SUMMARY_ROLE
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session

REGION = "eu-central-1"
ACCOUNT = "123456789012"
SOURCE = "def handler(event, context):\n    return 1\n"


class Opener:
    """Gives the connection that the test laid ready."""

    connection: Connection

    def __call__(self, _profile: Profile, _region: str, _observer: Observer, _ctx: JobContext) -> Connection:
        return self.connection


def function(name: str) -> FunctionSummary:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    return summary_of({"FunctionName": name, "FunctionArn": arn, "Runtime": "python3.13", "MemorySize": 128})


@pytest.fixture
def opener() -> Opener:
    return Opener()


@pytest.fixture
def session(services: Services, opener: Opener) -> Session:
    return Session(services, opener, Profile("sandbox", ProfileKind.SANDBOX, REGION))


@pytest.fixture
def index(services: Services, clock: HandClock) -> FunctionIndex:
    services.paths.cache_dir.mkdir(parents=True, exist_ok=True)
    return FunctionIndex(services.paths.cache_dir / "functions.sqlite", clock)


@pytest.fixture
def panel(qtbot: QtBot, services: Services, session: Session, index: FunctionIndex) -> Iterator[FunctionList]:
    panel = FunctionList(services, session, index)
    qtbot.addWidget(panel)
    panel.resize(300, 700)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.focus_search()
    yield panel
    panel.hide()


def names(panel: FunctionList) -> list[str]:
    return [str(panel.model.index(row).data()) for row in range(panel.model.rowCount())]


def selected(panel: FunctionList) -> list[str]:
    return [row.function_name for row in panel.selected]


def connect(session: Session, panel: FunctionList, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.listed, timeout=20_000):
        session.connect_now()


@pytest.fixture
def paint(panel: FunctionList, services: Services, index: FunctionIndex) -> Callable[..., None]:
    """Paints what was stored: the profile was connected before, so that its account is known."""

    def paint(*function_names: str, account_id: str = ACCOUNT, region: str = REGION) -> None:
        services.settings.set("profile.sandbox.account", account_id)
        if function_names:
            index.store(account_id, region, tuple(map(function, function_names)))
        panel.paint_stored()

    return paint


def opened(panel: FunctionList) -> list[str]:
    heard: list[str] = []
    panel.opened.connect(heard.append)
    return heard


# ---- what was stored, what the service says --------------------------------------------------------------


def test_what_was_stored_is_there_before_anything_connects(
    panel: FunctionList, paint: Callable[..., None], clock: HandClock
) -> None:
    paint("beta", "alpha")
    clock.time_s += timedelta(hours=2).total_seconds()
    panel.paint_stored()
    assert names(panel) == ["alpha", "beta"]
    assert panel.view.isVisible()
    assert panel.freshness.text() == "Functions: 2, as of 2 h ago"


def test_nothing_of_another_account_or_region_is_painted(
    panel: FunctionList, paint: Callable[..., None], index: FunctionIndex
) -> None:
    index.store("999999999999", REGION, (function("theirs"),))
    index.store(ACCOUNT, "us-east-1", (function("elsewhere"),))
    paint()
    assert names(panel) == []
    assert panel.empty.isVisible()
    assert panel.empty.accessibleName() == "Connecting…"


def test_the_service_has_the_last_word(
    panel: FunctionList,
    session: Session,
    opener: Opener,
    connection: Connection,
    paint: Callable[..., None],
    index: FunctionIndex,
    qtbot: QtBot,
) -> None:
    detail = create_function(connection, SOURCE)
    opener.connection = connection
    session.region = connection.region
    paint("long-gone", account_id=connection.account_id, region=connection.region)
    assert names(panel) == ["long-gone"]

    connect(session, panel, qtbot)

    assert names(panel) == [detail.function_name]
    assert panel.freshness.text() == "Functions: 1, up to date"
    stored = index.load(connection.account_id, connection.region).functions
    assert [row.function_name for row in stored] == [detail.function_name]


def test_refreshing_brings_what_is_new(
    panel: FunctionList, session: Session, opener: Opener, connection: Connection, qtbot: QtBot
) -> None:
    opener.connection = connection
    connect(session, panel, qtbot)
    assert names(panel) == []
    detail = create_function(connection, SOURCE)
    with qtbot.waitSignal(panel.listed):
        panel.refresh()
    assert names(panel) == [detail.function_name]
    assert panel.view.isVisible()


def test_no_other_function_is_marked_in_place_of_one_that_has_gone(
    panel: FunctionList, session: Session, opener: Opener, connection: Connection, qtbot: QtBot
) -> None:
    opener.connection = connection
    gone, other = (create_function(connection, SOURCE).function_name for _ in range(2))
    connect(session, panel, qtbot)
    panel.show_open(gone)
    connection.call("lambda", "delete_function", FunctionName=gone)
    with qtbot.waitSignal(panel.listed, timeout=20_000):
        panel.refresh()
    assert names(panel) == [other]
    assert selected(panel) == []


def test_an_account_without_functions_says_so(
    panel: FunctionList, session: Session, opener: Opener, connection: Connection, qtbot: QtBot
) -> None:
    opener.connection = connection
    connect(session, panel, qtbot)
    assert panel.empty.isVisible()
    assert panel.empty.accessibleName() == "No functions"
    assert panel.freshness.text() == "Functions: 0, up to date"


def test_a_refusal_is_told_with_awss_code_and_the_stored_rows_stay(
    panel: FunctionList,
    session: Session,
    opener: Opener,
    paint: Callable[..., None],
    aws: StubbedAws,  # noqa: F811 - pytest's way
    qtbot: QtBot,
) -> None:
    paint("alpha")
    aws.refuse("lambda", "list_functions", "AccessDeniedException", "not authorized", 403)
    opener.connection = aws.connection
    with qtbot.waitSignal(panel.failed) as failed:
        session.connect_now()
    assert failed.args is not None
    assert failed.args[0].aws_code == "AccessDeniedException"
    assert names(panel) == ["alpha"]
    assert panel.freshness.text() == "Not refreshed"


def test_a_refusal_fills_an_empty_list_with_the_reason(
    panel: FunctionList,
    session: Session,
    opener: Opener,
    aws: StubbedAws,  # noqa: F811 - pytest's way
    qtbot: QtBot,
) -> None:
    aws.refuse("lambda", "list_functions", "AccessDeniedException", "not authorized", 403)
    opener.connection = aws.connection
    with qtbot.assertNotEmitted(panel.failed):  # a failure is said once
        session.connect_now()
        qtbot.waitUntil(lambda: panel.freshness.text() == "Not refreshed")
    assert panel.empty.isVisible()
    assert "AccessDeniedException" in panel.empty.accessibleDescription()


def test_another_region_empties_the_list_at_once(
    panel: FunctionList,
    session: Session,
    opener: Opener,
    connection: Connection,
    paint: Callable[..., None],
    qtbot: QtBot,
) -> None:
    opener.connection = connection
    paint("alpha")
    assert names(panel) == ["alpha"]
    with qtbot.waitSignal(panel.listed, timeout=20_000):
        session.choose(session.profile, "eu-west-1")
        assert names(panel) == []


# ---- by keyboard -----------------------------------------------------------------------------------------


@pytest.fixture
def three(panel: FunctionList, paint: Callable[..., None]) -> FunctionList:
    paint("alpha", "beta", "gamma")
    return panel


def test_typing_narrows_and_enter_opens_the_best(three: FunctionList) -> None:
    heard = opened(three)
    QTest.keyClicks(three.search, "gam")
    assert names(three) == ["gamma"]
    QTest.keyClick(three.search, Qt.Key.Key_Return)
    assert heard == ["gamma"]


def test_arrows_in_the_search_field_choose_and_enter_opens(three: FunctionList) -> None:
    heard = opened(three)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        QTest.keyClick(three.search, key)
    assert three.search.hasFocus()
    QTest.keyClick(three.search, Qt.Key.Key_Enter)
    assert heard == [str(three.view.currentIndex().data())] == ["beta"]


def test_enter_with_nothing_that_matches_opens_nothing(three: FunctionList, read_aloud: list[str]) -> None:
    heard = opened(three)
    QTest.keyClicks(three.search, "zzzz")
    assert three.empty.isVisible()
    assert three.empty.accessibleName() == "No functions match “zzzz”"
    assert read_aloud[-1] == "No functions match “zzzz”"
    QTest.keyClick(three.search, Qt.Key.Key_Return)
    assert heard == []


def test_clearing_the_search_goes_back_to_the_open_function(three: FunctionList) -> None:
    three.show_open("beta")
    QTest.keyClicks(three.search, "gam")
    assert three.view.currentIndex().data() == "gamma"
    assert selected(three) == []
    three.search.clear()
    assert names(three) == ["alpha", "beta", "gamma"]
    assert selected(three) == ["beta"]


def test_a_click_opens_though_the_list_is_replaced_meanwhile(three: FunctionList) -> None:
    opened: list[str] = []
    three.opened.connect(opened.append)
    place = three.view.visualRect(three.model.index(1)).center()
    rows = [three.model.index(number).data(SUMMARY_ROLE) for number in range(three.model.rowCount())]
    QTest.mousePress(three.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    three.model.reset()
    three.model.reset(rows)
    QTest.mouseRelease(three.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened == [rows[1].function_name]
    QTest.mouseClick(three.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened == [rows[1].function_name] * 2  # once for each click


def test_a_click_opens(three: FunctionList) -> None:
    heard = opened(three)
    place = three.view.visualRect(three.model.index(1)).center()
    QTest.mouseClick(three.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert heard == ["beta"]


@pytest.fixture
def _no_foreign_garbage() -> Iterator[None]:
    """Collections look only at what the test makes: pytest's objects are many, and not the program's."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_no_foreign_garbage")
def test_typing_over_ten_thousand_functions_keeps_the_window_moving(
    panel: FunctionList,
    paint: Callable[..., None],
    qtbot: QtBot,
    no_stall: Callable[..., StallWatch],
) -> None:
    paint(*(f"team{n % 50}-orders-{n:05}-worker" for n in range(10_000)))
    qtbot.waitUntil(lambda: panel.view.visualRect(panel.model.index(0)).isValid())
    query = "orders-04711"
    for typed in range(1, len(query) + 1):
        with no_stall():
            QTest.keyClicks(panel.search, query[typed - 1])
            qtbot.waitUntil(lambda: panel.view.currentIndex().isValid())
        assert panel.search.text() == query[:typed]
    assert names(panel)[0] == "team11-orders-04711-worker"
    for _ in query:
        with no_stall():
            QTest.keyClick(panel.search, Qt.Key.Key_Backspace)
    assert panel.model.rowCount() == 10_000
