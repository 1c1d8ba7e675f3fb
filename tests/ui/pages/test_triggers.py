"""The Triggers tab: AWS's answers under the question that each one answers; unknown is not none."""

import json

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.ui.pages.conftest import ARN, ShowPage, open_page, texts
from workbench.aws.connection import Connection
from workbench.functions.detail import get_function
from workbench.ui.pages.triggers import Section, TriggersPage
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
def page(services: Services, show_page: ShowPage) -> TriggersPage:
    return show_page(TriggersPage(services))


def open_triggers(page: TriggersPage, function: OpenFunction, qtbot: QtBot) -> None:
    open_page(page, function)
    qtbot.waitUntil(page.summary.isVisible)


ANSWERS: dict[str, dict[str, object]] = {
    "list_event_source_mappings": {"EventSourceMappings": [MAPPING]},
    "get_policy": {"Policy": json.dumps(POLICY)},
    "list_function_url_configs": {"FunctionUrlConfigs": [URL]},
}
SOURCES = [
    ["sqs", QUEUE, "Enabled", "batch size: 10"],
    ["Function URL", str(URL["FunctionUrl"]), "", "AWS_IAM · BUFFERED"],
]
GRANTS = [["s3", "arn:aws:s3:::pictures", "for live", "from-bucket"]]


def answer(aws: StubbedAws, *denied: str, words: str = "You may not.") -> None:
    """AWS's answers to the three questions; what is denied is refused instead."""
    for method, response in ANSWERS.items():
        if method in denied:
            aws.refuse("lambda", method, "AccessDeniedException", words, 403)
        else:
            aws.answer("lambda", method, response)


def said(section: Section) -> list[str]:
    """What the messages in a section are about."""
    return [banner.error.what for banner in section.problems.banners]


def test_each_answer_stands_under_its_question(
    page: TriggersPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    answer(aws)
    open_triggers(page, function, qtbot)
    assert texts(page.sources.table) == SOURCES
    assert texts(page.grants.table) == GRANTS
    assert texts(page.role.table) == [["Execution role", "arn:aws:iam::123456789012:role/hello-http"]]
    assert page.summary.text() == "There are 3 ways in which this function comes to run."
    for section in (page.sources, page.grants, page.role):
        assert said(section) == []
        assert section.none.isHidden()


def test_a_function_without_triggers_says_how_to_run_it(
    page: TriggersPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": []})
    missing = "The resource you requested does not exist."
    aws.refuse("lambda", "get_policy", "ResourceNotFoundException", missing, 404)
    aws.answer("lambda", "list_function_url_configs", {"FunctionUrlConfigs": []})
    open_triggers(page, function, qtbot)
    assert page.summary.text() == "Nothing runs this function by itself. Invoke it on the Test tab."
    for section in (page.sources, page.grants):
        assert section.table.isHidden()
        assert section.none.isVisible()
        assert section.none.text() == "None."


MAPPINGS_DENIED = "Could not list the event source mappings of hello-http."
POLICY_DENIED = "Could not read who may invoke hello-http."
URLS_DENIED = "Could not list the URLs of hello-http."


@pytest.mark.parametrize(
    ("denied", "sources", "sources_said", "grants", "grants_said"),
    [
        (["list_event_source_mappings"], SOURCES[1:], [MAPPINGS_DENIED], GRANTS, []),
        (["get_policy"], SOURCES, [], [], [POLICY_DENIED]),
        (["list_function_url_configs"], SOURCES[:1], [URLS_DENIED], GRANTS, []),
        (list(ANSWERS), [], [MAPPINGS_DENIED, URLS_DENIED], [], [POLICY_DENIED]),
    ],
)
def test_what_may_not_be_read_is_said_in_its_section_alone(
    page: TriggersPage,
    function: OpenFunction,
    aws: StubbedAws,
    qtbot: QtBot,
    denied: list[str],
    sources: list[list[str]],
    sources_said: list[str],
    grants: list[list[str]],
    grants_said: list[str],
) -> None:
    answer(aws, *denied)
    open_triggers(page, function, qtbot)
    for section, rows, words in (
        (page.sources, sources, sources_said),
        (page.grants, grants, grants_said),
    ):
        assert texts(section.table) == rows
        assert said(section) == words
        assert section.none.isHidden() == bool(rows)
        assert rows or section.none.text() == "Could not be read."
    assert page.role.none.isHidden()
    assert page.summary.text() == "Not everything could be read, so there may be more than is shown."


def test_the_reason_is_awss_and_goes_once_the_part_can_be_read(
    page: TriggersPage, function: OpenFunction, aws: StubbedAws, qtbot: QtBot
) -> None:
    words = "User: me is not authorized to perform: lambda:GetPolicy on resource: x"
    answer(aws, "get_policy", words=words)
    open_triggers(page, function, qtbot)
    (banner,) = page.grants.problems.banners
    shown = " ".join(label.text() for label in banner.findChildren(QLabel))
    assert "lambda:GetPolicy" in shown
    assert "AccessDeniedException" in shown
    page.deactivate()
    answer(aws)
    page.activate()
    qtbot.waitUntil(lambda: texts(page.grants.table) == GRANTS)
    assert said(page.grants) == []


@pytest.mark.parametrize(
    ("function_name", "section", "service"),
    [("sqs-worker", "sources", "sqs"), ("s3-object-counter", "grants", "s3")],
)
def test_the_sandboxs_samples_show_their_wiring(
    page: TriggersPage,
    sample_connection: Connection,
    qtbot: QtBot,
    function_name: str,
    section: str,
    service: str,
) -> None:
    detail = get_function(sample_connection, function_name)
    open_triggers(page, OpenFunction(sample_connection, detail), qtbot)
    sections = {"sources": page.sources, "grants": page.grants}
    assert [row[0] for row in texts(sections[section].table)] == [service]
    assert [said(each) for each in sections.values()] == [[], []]
    assert texts(page.role.table)[0][1] == detail.role_arn
