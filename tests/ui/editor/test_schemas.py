"""JSON that Workbench knows the form of: test events and SAM templates."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.exceptions import TimeoutError

from tests.ui.editor.driving import Driver
from workbench.core.files import resources_dir
from workbench.ui.editor import EditorCommand

EVENT = "file:///functions/hello/events/one.json"
MADE_FROM = "test-event:/f/own/made-from/{}/events/mine.json"  # as Python opens the event of the Test tab
TEMPLATE = "file:///functions/hello/template.json"
ROWS = "[...document.querySelectorAll('.suggest-widget.visible .monaco-list-row')]"
LABELS = f"{ROWS}.map(row => row.querySelector('.label-name').textContent).join('|')"
WRONG = "document.querySelectorAll('.squiggly-warning, .squiggly-error').length"
SAMPLES = (
    "HTTP request",
    "S3 object created",
    "SQS messages",
    "SNS notification",
    "DynamoDB stream",
    "Kinesis records",
    "EventBridge schedule",
)
OURS = sorted((resources_dir() / "events").glob("*.json"))

SAM = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Transform": "AWS::Serverless-2016-10-31",
    "Parameters": {"Memory": {"Type": "Number", "Default": 128}},
    "Globals": {"Function": {"Timeout": {"Ref": "Seconds"}, "Runtime": "python3.99"}},
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": {"Fn::Sub": "${AWS::StackName}-in"}},
        },
        "Function": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Handler": "app.handler",
                "Runtime": {"Ref": "Runtime"},
                "MemorySize": {"Ref": "Memory"},
                "Policies": [
                    "AWSLambdaBasicExecutionRole",
                    {"S3ReadPolicy": {"BucketName": {"Ref": "Bucket"}}},
                ],
                "Events": {
                    "In": {
                        "Type": "S3",
                        "Properties": {"Bucket": {"Ref": "Bucket"}, "Events": ["s3:ObjectCreated:*"]},
                    },
                    "Get": {"Type": "HttpApi", "Properties": {"Path": "/", "Method": "GET"}},
                },
            },
        },
    },
    "Outputs": {"Name": {"Value": {"Ref": "Function"}}},
}


@pytest.fixture
def driver(kept_editor: Driver) -> Driver:
    return kept_editor


def _open_at_mark(driver: Driver, uri: str, text: str) -> None:
    """Opens a text with the cursor where it says ^, which is not part of it."""
    before, _, after = text.partition("^")
    driver.editor.open_file(uri, before + after)
    line = before.count("\n") + 1
    driver.editor.reveal(uri, line, len(before.rpartition("\n")[2]) + 1)
    driver.focus()


def _offers(driver: Driver, *names: str) -> None:
    """Asks for completions until they hold these: the worker may not have started yet."""
    wanted = f"{json.dumps(list(names))}.every(name => {LABELS}.split('|').includes(name))"
    for _ in range(8):
        driver.editor.run(EditorCommand.COMPLETE)
        try:
            driver.qtbot.waitUntil(lambda: bool(driver.js(wanted)), timeout=1_500)
        except TimeoutError:
            driver.press(Qt.Key.Key_Escape)
            continue
        return
    pytest.fail(f"offered: {driver.js(LABELS)}")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"Resources": {"F": {"Type": ^}}}', ['"AWS::Lambda::Function"', '"AWS::Lambda::Url"']),
        (
            '{"Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": {^}}}}',
            ["Architectures", "AutoPublishAlias", "CodeUri", "DeadLetterQueue"],
        ),
        (
            '{"Globals": {"Function": {"Events": {"E": {"Type": "SQS", "Properties": {^}}}}}}',
            ["Queue", "BatchSize", "FunctionResponseTypes"],
        ),
        ('{"Globals": {"Function": {"Runtime": ^}}}', ['"python3.13"', '"nodejs22.x"']),
    ],
)
def test_a_template_is_completed(driver: Driver, text: str, names: list[str]) -> None:
    _open_at_mark(driver, TEMPLATE, text)
    _offers(driver, *names)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"Records": [{"eventSource": "aws:sqs", ^}]}', ["body", "messageId", "receiptHandle"]),
        ('{"Records": [{"eventSource": "aws:s3", "s3": {"object": {^}}}]}', ["key", "size", "eTag"]),
        ('{"Records": [{"EventSource": "aws:sns", "Sns": {^}}]}', ["Message", "Subject", "TopicArn"]),
        ('{"version": "2.0", "requestContext": {"http": {"method": ^}}}', ['"GET"', '"DELETE"']),
        ('{"detail-type": "x", ^}', ["detail", "source", "resources"]),
    ],
)
def test_an_event_is_completed_by_its_source(driver: Driver, text: str, names: list[str]) -> None:
    _open_at_mark(driver, EVENT, text)
    _offers(driver, *names)


def test_an_event_is_completed_by_the_sample_that_it_was_made_from(driver: Driver) -> None:
    _open_at_mark(driver, MADE_FROM.format("s3-put"), '{"Records": [{"s3": {"object": {^}}}]}')
    _offers(driver, "key", "size", "eTag")
    _open_at_mark(driver, MADE_FROM.format("msk"), '{"records": {"orders-0": [{"at": {{now}}, ^}]}}')
    _offers(driver, "offset", "partition", "timestampType")


@pytest.mark.parametrize("sample", SAMPLES)
def test_an_empty_event_can_begin_with_a_whole_one(driver: Driver, sample: str) -> None:
    driver.editor.open_file(EVENT, "")
    driver.focus()
    _offers(driver, *SAMPLES)
    for _ in range(sorted(SAMPLES).index(sample)):
        driver.press(Qt.Key.Key_Down)
    focused = "document.querySelector('.suggest-widget .monaco-list-row.focused .label-name')"
    driver.wait_for_js(f"{focused}?.textContent === {sample!r}")
    driver.press(Qt.Key.Key_Tab)
    driver.qtbot.waitUntil(lambda: driver.snapshot(EVENT).text.endswith("}"))
    assert json.loads(driver.snapshot(EVENT).text)


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        (EVENT, '{"Records": [{"eventSource": "aws:sqs", "body": 1, "messageId": "1"}]}'),
        (EVENT, '{"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "b"}}}]}'),
        (MADE_FROM.format("s3-put"), '{"Records": [{"s3": {"bucket": {"name": {{now}}}}}]}'),
        (MADE_FROM.format("msk"), '{"records": [], "at": "{{now}}"}'),
        (TEMPLATE, '{"Resources": {"F": {"Properties": {}}}}'),
        (TEMPLATE, '{"Resources": {"F": {"Type": "AWS::Lambda::Alias", "Properties": {"Name": "live"}}}}'),
    ],
)
def test_what_cannot_be_is_marked(driver: Driver, uri: str, text: str) -> None:
    driver.editor.open_file(uri, text)
    driver.wait_for_js(f"{WRONG} > 0")


def _is_fine(driver: Driver, uri: str, text: str) -> None:
    """Nothing is marked, though what is wrong would be: the same worker finds a fault before it."""
    driver.editor.open_file(uri, "x " + text)
    driver.wait_for_js(f"{WRONG} > 0")
    driver.editor.open_file(uri, text)
    driver.wait_for_js(f"{WRONG} === 0")
    driver.qtbot.wait(700)  # longer than the worker takes to look
    assert driver.js(WRONG) == 0, driver.js("document.querySelector('.squiggly-warning')?.outerHTML")


def test_a_template_with_computed_values_and_newer_runtimes_is_fine(driver: Driver) -> None:
    _is_fine(driver, TEMPLATE, json.dumps(SAM, indent=2))


@pytest.mark.parametrize("event", OURS, ids=lambda path: path.stem)
def test_our_own_events_are_fine(driver: Driver, event: Path) -> None:
    _is_fine(driver, MADE_FROM.format(event.stem), event.read_text("utf-8"))


def test_variables_are_no_faults_and_keep_their_place_when_formatted(driver: Driver) -> None:
    uri = MADE_FROM.format("sqs")
    record = r'{"messageId":"{{uuid}}","body":"{{ {{ \" {{now}}"}'
    text = f'{{"Records":[{record}],\n"at":{{{{ epoch_ms }}}},"n":[{{{{now}}}}]}}'
    _is_fine(driver, uri, text)
    driver.editor.run(EditorCommand.FORMAT)
    driver.qtbot.waitUntil(lambda: '"at": {{ epoch_ms }},' in driver.snapshot(uri).text)
    formatted = driver.snapshot(uri).text
    assert "".join(formatted.split()) == "".join(text.split())
    assert "    {{now}}\n" in formatted
    driver.editor.open_file(uri, '{"at": {{tomorrow}}}')  # there is none of that name
    driver.wait_for_js(f"{WRONG} > 0")


def test_other_json_is_left_alone(driver: Driver) -> None:
    _is_fine(driver, "file:///functions/hello/data.json", '{"Records": 1, "Resources": 2}')
