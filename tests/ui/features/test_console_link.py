"""The AWS console is opened at what the whole window shows, and says why where there is none."""

import http.client
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from tests.aws.federation import SignInHosts
from tests.sandbox_functions import create_function
from tests.ui.test_routes import HANDLER
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.functions.model import FunctionDetail
from workbench.profiles.model import ProfileKind
from workbench.ui.features.console_link.feature import FUNCTION, LOGS, ROLE, TRIGGER
from workbench.ui.features.triggers.page import TriggersPage

NAMES = (FUNCTION, ROLE, LOGS, TRIGGER)


class Browser(QObject):
    """Remembers what it was started with, and where that led."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[str] = []
        self.opened: list[str] = []
        self._threads: list[threading.Thread] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        address = bytes(url.toEncoded().data()).decode()
        self.started.append(address)
        thread = threading.Thread(target=self._follow, args=(address,))
        self._threads.append(thread)
        thread.start()

    def _follow(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.hostname == "127.0.0.1":
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
            connection.request("GET", parts.path)
            address = connection.getresponse().getheader("Location", "")
            connection.close()
        self.opened.append(address)

    def close(self) -> None:
        for thread in self._threads:
            thread.join()


@pytest.fixture
def browser() -> Iterator[Browser]:
    browser = Browser()
    for scheme in ("http", "https"):
        QDesktopServices.setUrlHandler(scheme, browser, "open")  # type: ignore[arg-type]  # the stub is wrong
    yield browser
    for scheme in ("http", "https"):
        QDesktopServices.unsetUrlHandler(scheme)
    browser.close()


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> SignInHosts:
    """Of AWS; and the Sandbox is taken for AWS."""
    monkeypatch.setattr(Connection, "is_custom_endpoint", False)
    hosts = SignInHosts()
    hosts.install(monkeypatch)
    return hosts


@pytest.fixture
def detail(connection: Connection) -> FunctionDetail:
    """A function that a queue invokes."""
    made = create_function(connection, HANDLER)
    url = connection.call("sqs", "create_queue", QueueName="jobs")["QueueUrl"]
    arn = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    connection.call(
        "lambda",
        "create_event_source_mapping",
        FunctionName=made.function_name,
        EventSourceArn=arn["Attributes"]["QueueArn"],
    )
    return made


def enabled(desk: Desk) -> list[str]:
    return [name for name in NAMES if desk.context.services.actions[name].isEnabled()]


def opened(desk: Desk, browser: Browser, action: str) -> tuple[str, str]:
    """Triggers an action: the address that is opened, without its query, and where it leads."""
    browser.opened.clear()
    desk.context.services.actions[action].trigger()
    desk.until(lambda: browser.opened)
    parts = urlsplit(browser.opened[0])
    return f"{parts.scheme}://{parts.netloc}{parts.path}", parse_qs(parts.query)["Destination"][0]


def test_each_thing_that_is_shown_is_opened_signed_in(
    desk: Desk, hosts: SignInHosts, browser: Browser, detail: FunctionDetail
) -> None:
    desk.connect()
    assert enabled(desk) == []
    desk.open(detail.function_name)
    assert enabled(desk) == [FUNCTION, ROLE, LOGS]
    name = detail.function_name
    home = "https://us-east-1.console.aws.amazon.com"
    federation = "https://signin.aws.amazon.com/federation"
    assert opened(desk, browser, FUNCTION) == (
        federation,
        f"{home}/lambda/home?region=us-east-1#/functions/{name}",
    )
    role = detail.role_arn.rpartition("/")[2]
    assert opened(desk, browser, ROLE)[1].endswith(f"iam/home#/roles/details/{role}")
    assert opened(desk, browser, LOGS)[1].endswith(f"log-group/$252Faws$252Flambda$252F{name}")
    assert len(hosts.asked) == 3
    if sys.platform == "linux":  # where every user can read what a program was started with
        assert not [address for address in browser.started if "SigninToken" in address]

    desk.window.page.show_tab("triggersPage")
    page = desk.window.page.findChild(TriggersPage)
    assert isinstance(page, TriggersPage)
    desk.until(page.chosen)
    assert enabled(desk) == [*NAMES]
    assert opened(desk, browser, TRIGGER)[1].endswith("%3Ajobs")
    assert desk.context.services.actions[TRIGGER] in page.table.actions()

    desk.context.close_function()
    assert enabled(desk) == []


def test_where_aws_does_not_sign_in_the_page_is_opened_all_the_same_and_that_is_said(
    desk: Desk, hosts: SignInHosts, browser: Browser, detail: FunctionDetail
) -> None:
    hosts.status = 400
    desk.connect()
    desk.open(detail.function_name)
    desk.context.services.actions[FUNCTION].trigger()
    desk.until(lambda: desk.banner("The AWS console was opened without signing in."))
    (url,) = browser.opened
    assert url.startswith("https://us-east-1.console.aws.amazon.com/lambda/home")
    banner = desk.banner("opened without signing in")
    assert banner is not None
    assert desk.session.connection is not None
    assert desk.session.connection.account_id in str(banner.error)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(ProfileKind.SANDBOX, "the Sandbox has no console"), (ProfileKind.STATIC, "not connected to AWS")],
)
def test_without_aws_there_is_no_console(
    desk: Desk, browser: Browser, detail: FunctionDetail, kind: ProfileKind, reason: str
) -> None:
    desk.session.profile = replace(desk.session.profile, kind=kind)
    desk.connect()
    desk.open(detail.function_name)
    assert enabled(desk) == []
    action = desk.context.services.actions[FUNCTION]
    assert action.text() == f"Open Function in AWS Console – {reason}"
    assert reason in action.toolTip()
    action.trigger()
    assert browser.opened == []


def test_a_system_without_a_browser_is_said(
    desk: Desk, hosts: SignInHosts, detail: FunctionDetail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    desk.connect()
    desk.open(detail.function_name)
    desk.context.services.actions[FUNCTION].trigger()
    desk.until(lambda: desk.banner("The AWS console was not opened."))
    assert hosts.asked
