"""An answer is looked at in several ways, whatever it is."""

import base64
import json

import pytest
from PySide6.QtCore import QModelIndex
from pytestqt.modeltest import ModelTester

from workbench.ui.result.answer_view import (
    MAX_PARSED_BYTES,
    JsonTree,
    ResponseFormat,
    body_of,
    format_response,
    is_binary,
)

PNG = b"\x89PNG\r\n\x1a\n\0\0"
HTTP = json.dumps({"statusCode": 200, "body": '{"a": 1}'}).encode()
IMAGE = json.dumps(
    {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(PNG).decode()}
).encode()


@pytest.mark.parametrize(
    ("response_format", "payload", "text"),
    [
        (ResponseFormat.PRETTY, b'{"a":1}', '{\n  "a": 1\n}'),
        (ResponseFormat.RAW, b'{"a":1}', '{"a":1}'),
        (ResponseFormat.RAW, b"\xff", "�"),
        (ResponseFormat.HEX, b"AB\n", f"00000000  {'41 42 0a':<48} AB."),
        (ResponseFormat.HEX, b"", ""),
        (ResponseFormat.BODY, HTTP, '{\n  "a": 1\n}'),
        (ResponseFormat.BODY, IMAGE, f"00000000  {PNG.hex(' '):<48} .PNG......"),
        (ResponseFormat.BODY, b'{"a": 1}', ""),
        (ResponseFormat.SENT, b"answer", "sent"),
        (ResponseFormat.TREE, b"no JSON", "no JSON"),
        (ResponseFormat.TREE, b"[" * 5_000, "[" * 5_000),
    ],
)
def test_each_format_gives_a_text(response_format: ResponseFormat, payload: bytes, text: str) -> None:
    shown = format_response(response_format, payload, None, b"sent")
    assert (shown.text, shown.whole, shown.is_json) == (text, True, False)


def test_too_much_for_a_way_is_said() -> None:
    large = json.dumps("x" * (MAX_PARSED_BYTES * 2)).encode()
    for response_format in (
        ResponseFormat.TREE,
        ResponseFormat.RAW,
        ResponseFormat.HEX,
        ResponseFormat.PRETTY,
    ):
        assert not format_response(response_format, large, None, b"").whole


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (b'{"statusCode": 200, "body": null}', None),
        (
            b'{"statusCode": 200, "body": "x", "isBase64Encoded": true}',
            b"x",
        ),
        (b'["body", "statusCode"]', None),
        (b'{"statusCode": 200, "body": "\\ud83d"}', b"\xed\xa0\xbd"),
    ],
)
def test_a_body_is_found_where_there_is_one(payload: bytes, body: bytes | None) -> None:
    assert body_of(payload) == body


def test_bytes_are_told_from_text() -> None:
    assert is_binary(PNG)
    assert is_binary(b"\xff\xfe\x00a" * 10)
    assert not is_binary("é".encode() * 40_000)  # one of them is cut where one looks


def test_a_tree_makes_its_branches_when_they_are_opened(qtmodeltester: ModelTester) -> None:
    checked, model = JsonTree(), JsonTree()
    checked.show([[1, {"a": 2}]])
    qtmodeltester.check(checked)  # type: ignore[no-untyped-call]
    model.show({"many": list(range(1_200)), "text": "Ä\ud83d", "none": None, "empty": {}})
    assert model.rowCount() == 0
    model.fetchMore(QModelIndex())
    rows = [(model.index(row, 0).data(), model.index(row, 1).data()) for row in range(model.rowCount())]
    assert rows == [
        ("many", "1,200 elements"),
        ("text", '"Ä\\ud83d"'),
        ("none", "null"),
        ("empty", "{}"),
    ]
    many = model.index(0, 0)
    model.fetchMore(many)
    assert model.rowCount(many) == 500
    assert model.canFetchMore(many)
    assert model.index(499, 1, many).data() == "499"
    assert model.parent(model.index(499, 1, many)) == many
    model.show("alone")
    model.fetchMore(QModelIndex())
    assert model.index(0, 1).data() == '"alone"'


@pytest.mark.parametrize(
    "answer",
    [
        {"body": '{"a": 1}'},  # no answer for API Gateway
        {"statusCode": 200, "body": "text"},
        {"statusCode": 200, "body": "5"},
        {"statusCode": 200, "body": "[" * 5000},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "eyJhIjoxfQ==", "isBase64Encoded": True},
    ],
)
def test_any_other_body_is_shown_as_it_is(answer: dict[str, object]) -> None:
    shown = format_response(ResponseFormat.PRETTY, json.dumps(answer).encode(), None, b"")
    assert not shown.has_parsed_body
    assert json.loads(shown.text) == answer
