"""The Triggers tab: AWS's answers under the question that each one answers; unknown is not none."""

import json

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.ui.pages.conftest import ARN
from workbench.aws.connection import Connection
from workbench.functions.detail import get_function
from workbench.ui.copy_table import CopyTable
from workbench.ui.pages.triggers import TriggersPage
from workbench.ui.services import OpenFunction, Services

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:jobs"
MAPPING = {
    "UUID": "0f9c2a51-5c1e-4a8e-9d43-3f2f6d1a7b10",
    "EventSourceArn": QUEUE,
    "FunctionArn": ARN,
    "State": "Enabled",
    "BatchSize": 10,
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "from-bucket",
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": f"{ARN}:live",
            "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::pictures"}},
        }
    ],
}
URL = {
    "FunctionUrl": "https://abc.lambda-url.eu-central-1.on.aws/",
    "FunctionArn": ARN,
    "CreationTime": "2026-06-30T09:30:00Z",
    "LastModifiedTime": "2026-06-30T09:30:00Z",
    "AuthType": "AWS_IAM",
}


@pytest.fixture
def page(qtbot: QtBot, services: Services) -> TriggersPage:
    page = TriggersPage(services)
    qtbot.addWidget(page)
    page.resize(1200, 600)
    page.show()
    return page


def texts(table: CopyTable) -> list[list[str]]:
    model = table.model()
    columns = range(model.columnCount())
    return [[model.index(row, column).data() for column in columns] for row in range(model.rowCount())]


def none(page: TriggersPage, table: str) -> QLabel:
    label = page.findChild(QLabel, f"{table}None")
    assert label is not None
    return label


def open_page(page: TriggersPage, function: OpenFunction, qtbot: QtBot) -> None:
    page.show_function(function)
    page.activate()
    qtbot.waitUntil(page.summary.isVisible)


def test_each_answer_stands_under_its_question(
    page: TriggersPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": [MAPPING]})
    aws.answer("lambda", "get_policy", {"Policy": json.dumps(POLICY)})
    aws.answer("lambda", "list_function_url_configs", {"FunctionUrlConfigs": [URL]})
    open_page(page, function, qtbot)
    assert texts(page.sources) == [
        ["sqs", QUEUE, "Enabled", "batch size: 10"],
        ["Function URL", URL["FunctionUrl"], "", "AWS_IAM · BUFFERED"],
    ]
    assert texts(page.grants) == [["s3", "arn:aws:s3:::pictures", "for live", "from-bucket"]]
    assert texts(page.role) == [["Execution role", "arn:aws:iam::123456789012:role/hello-http"]]
    assert page.summary.text().startswith("There are 3 ways")
    assert page.problems.banners == []
    assert none(page, "sourceTable").isHidden()


def test_a_function_without_triggers_says_how_to_run_it(
    page: TriggersPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": []})
    missing = "The resource you requested does not exist."
    aws.refuse("lambda", "get_policy", "ResourceNotFoundException", missing, 404)
    aws.answer("lambda", "list_function_url_configs", {"FunctionUrlConfigs": []})
    open_page(page, function, qtbot)
    assert page.summary.text() == "Nothing runs this function by itself. Invoke it on the Test tab."
    assert page.sources.isHidden()
    assert none(page, "sourceTable").text() == "None."
    assert none(page, "grantTable").isVisible()


def test_what_may_not_be_read_is_unknown_and_hides_nothing_else(
    page: TriggersPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": [MAPPING]})
    aws.refuse("lambda", "get_policy", "AccessDeniedException", "You may not.", 403)
    aws.answer("lambda", "list_function_url_configs", {"FunctionUrlConfigs": []})
    open_page(page, function, qtbot)
    assert len(texts(page.sources)) == 1
    assert [banner.error.aws_code for banner in page.problems.banners] == ["AccessDeniedException"]
    assert none(page, "grantTable").text() == "None could be read."
    assert "there may be more" in page.summary.text()


@pytest.mark.parametrize(
    ("function_name", "table", "service"),
    [("sqs-worker", "sources", "sqs"), ("s3-object-counter", "grants", "s3")],
)
def test_the_sandboxs_samples_show_their_wiring(
    page: TriggersPage,
    sample_connection: Connection,
    qtbot: QtBot,
    function_name: str,
    table: str,
    service: str,
) -> None:
    detail = get_function(sample_connection, function_name)
    open_page(page, OpenFunction(sample_connection, detail), qtbot)
    shown: CopyTable = getattr(page, table)
    assert [row[0] for row in texts(shown)] == [service]
    assert page.problems.banners == []
    assert texts(page.role)[0][1] == detail.role_arn
