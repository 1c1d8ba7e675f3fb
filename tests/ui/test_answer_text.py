"""Whatever a function answers becomes text that can be read."""

import json

import pytest

from workbench.invoke.payload import parse_failure
from workbench.ui.result.answer_view import MOST_CHARACTERS, answer_text


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"", ""),
        (b"null", "null"),
        (b'"text"', '"text"'),
        (
            b'{"a":[1,2.50,{"b":null}]}',
            '{\n  "a": [\n    1,\n    2.5,\n    {\n      "b": null\n    }\n  ]\n}',
        ),
        ('{"name":"名前 \U0001f980"}'.encode(), '{\n  "name": "名前 \U0001f980"\n}'),
        (b'{"a":"\\u0000\\n"}', '{\n  "a": "\\u0000\\n"\n}'),
        (b'"<b>bold</b>"', '"<b>bold</b>"'),
        (b'"\\ud83d"', '"\\ud83d"'),
        (b"not json", "not json"),
        (b'{"a":', '{"a":'),
        (b"[NaN]", "[\n  NaN\n]"),
        (b"1" * 5_000, "1" * 5_000),  # Python limits the length of integers
        (b"[" * 5_000, "[" * 5_000),
        (b"\xff\x00\xfe", "�\0�"),
        (b"\x89PNG\r\n", "�PNG\r\n"),
    ],
)
def test_json_is_indented_and_anything_else_shown_as_it_is(payload: bytes, text: str) -> None:
    assert answer_text(payload, None) == (text, True)


@pytest.mark.parametrize(
    "payload",
    [
        b'"' + b"x" * 6_000_000 + b'"',
        b"[" + b"1," * 99_000 + b"1]",
        b"[" * 900 + b"1," * 90_000 + b"1" + b"]" * 900,  # 160 MB when it is indented
        b"\xff" * 300_000,
    ],
)
def test_no_answer_is_longer_than_what_can_be_shown(payload: bytes) -> None:
    text, whole = answer_text(payload, None)
    assert len(text) == MOST_CHARACTERS
    assert not whole


def test_a_failure_begins_with_its_error_and_trace_in_lines() -> None:
    frames = [
        '  File "/var/task/app.py", line 3, in handler\n    work()\n',
        '  File "/var/task/app.py", line 6\n',
    ]
    payload = json.dumps({"errorMessage": "boom", "errorType": "ValueError", "stackTrace": frames}).encode()
    text, whole = answer_text(payload, parse_failure("Unhandled", payload))
    assert text.startswith(
        "ValueError: boom\n\n"
        '  File "/var/task/app.py", line 3, in handler\n'
        "    work()\n"
        '  File "/var/task/app.py", line 6\n\n'
        "{\n"
    )
    assert json.loads(text[text.index("{") :]) == json.loads(payload)
    assert whole


@pytest.mark.parametrize(
    "payload",
    [
        b'{"errorMessage":"Task timed out after 3.00 seconds"}',
        b'{"errorType":"Runtime.ExitError","errorMessage":"exit status 1","stackTrace":[]}',
        b'{"errorMessage":null,"stackTrace":"none"}',
    ],
)
def test_a_failure_without_a_trace_is_its_answer(payload: bytes) -> None:
    assert answer_text(payload, parse_failure("Unhandled", payload)) == answer_text(payload, None)


def test_a_failure_of_any_size_stays_readable() -> None:
    frames = ["  at f (/var/task/a.js:1:1)" + "x" * 500_000] * 3
    payload = json.dumps({"errorType": "E" * 500_000, "errorMessage": "m", "stackTrace": frames}).encode()
    text, whole = answer_text(payload, parse_failure("Unhandled", payload))
    assert len(text) <= 3 * MOST_CHARACTERS + 4
    assert not whole
