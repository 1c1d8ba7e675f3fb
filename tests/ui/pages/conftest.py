"""A function to show, the connection it came from, and pages as a tab shows them."""

from collections.abc import Callable, Iterator
from typing import Protocol

import pytest
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from workbench.functions.model import FunctionDetail, detail_of
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.pages.base import Page
from workbench.ui.shell.services import OpenFunction, Services

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello-http"


@pytest.fixture
def detail() -> FunctionDetail:
    """A function that has everything."""
    return detail_of(
        {
            "Configuration": {
                "FunctionName": "hello-http",
                "FunctionArn": ARN,
                "Runtime": "python3.13",
                "Handler": "lambda_function.lambda_handler",
                "MemorySize": 128,
                "Timeout": 3,
                "CodeSize": 1234,
                "CodeSha256": "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq8=",
                "LastModified": "2026-06-30T09:30:00.000+0000",
                "Description": "Answers <b>hello</b>",
                "Role": "arn:aws:iam::123456789012:role/hello-http",
                "Environment": {"Variables": {"TABLE": "orders", "TOKEN": "top-secret"}},
                "Layers": [{"Arn": "arn:aws:lambda:eu-central-1:123456789012:layer:tools:4"}],
                "VpcConfig": {
                    "VpcId": "vpc-1",
                    "SubnetIds": ["subnet-1", "subnet-2"],
                    "SecurityGroupIds": ["sg-1"],
                },
                "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/aws/lambda/hello-http"},
                "TracingConfig": {"Mode": "Active"},
                "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-central-1:123456789012:dead"},
                "State": "Active",
            },
            "Concurrency": {"ReservedConcurrentExecutions": 0},
            "Tags": {"team": "web"},
        }
    )


@pytest.fixture
def function(aws: StubbedAws, detail: FunctionDetail) -> OpenFunction:  # noqa: F811 - pytest's way
    return OpenFunction(aws.connection, detail)


@pytest.fixture
def stub() -> StubbedAws:
    """Answers of AWS that need not all be asked for: a page that polls may, or may not, get to them."""
    return StubbedAws()


class ShowPage(Protocol):
    """Puts a page on the screen, with no function yet, and hands it back."""

    def __call__[P: Page](self, page: P) -> P: ...


@pytest.fixture
def show_page(qtbot: QtBot) -> Iterator[ShowPage]:
    """The pages are left again at the end of the test: what streams, stops."""
    shown: list[Page] = []

    def show[P: Page](page: P) -> P:
        qtbot.addWidget(page)
        page.resize(1140, 470)
        page.show()
        shown.append(page)
        return page

    yield show
    for page in shown:
        page.deactivate()


type UntilDrawn = Callable[[MetricsPage], None]
"""Waits until all that was read is drawn."""


@pytest.fixture
def page(services: Services, show_page: ShowPage) -> MetricsPage:
    """The Metrics tab; tests of other pages have their own."""
    return show_page(MetricsPage(services))


def drawn(page: MetricsPage) -> bool:
    """Whether all that was read is drawn."""
    return not page.shown.is_drawing and not page._reading and page._whole is not None


@pytest.fixture
def until_drawn(qtbot: QtBot) -> UntilDrawn:
    return lambda page: qtbot.waitUntil(lambda: drawn(page))


def detail_named(name: str = "hello", **configuration: object) -> FunctionDetail:
    """A function that has little but its name."""
    arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"
    return detail_of({"Configuration": {"FunctionName": name, "FunctionArn": arn} | configuration})


def open_page(page: Page, function: OpenFunction) -> None:
    """Shows a function on a page, as opening it with the page's tab in front does."""
    page.show_function(function)
    page.activate()


def texts(table: QTableView) -> list[list[str]]:
    """What a table shows, row by row."""
    model = table.model()
    columns = range(model.columnCount())
    return [[model.index(row, column).data() for column in columns] for row in range(model.rowCount())]
