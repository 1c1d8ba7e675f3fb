"""Payloads: checks before sending, variables, and events in what a function printed."""

import itertools
import json
from datetime import UTC, datetime

import pytest

from workbench.aws.quotas import SYNC_PAYLOAD_LIMIT_BYTES
from workbench.core.errors import WorkbenchError
from workbench.invoke.payload import (
    apply_outside_variables,
    as_json,
    check_client_context,
    check_payload,
    event_in,
    has_variables,
    lay_out,
    resolve_variables,
)


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b"null",
        b'"text"',
        b"-0.5e3",
        b'{"a": [1, 2, {"b": "\xc3\xa9"}]}',
        b"1" * 10_000,  # Python refuses to convert so long an integer; as JSON it is fine
        b'"\\ud800"',
    ],
)
def test_json_is_sent_byte_for_byte(payload: bytes) -> None:
    assert check_payload(payload) is payload


@pytest.mark.parametrize("payload", [b"", b" \n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf  "])
def test_nothing_but_white_space_is_an_empty_event(payload: bytes) -> None:
    assert check_payload(payload) == b""


def test_a_byte_order_mark_is_dropped() -> None:
    assert check_payload(b"\xef\xbb\xbf{}") == b"{}"


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        (b'{"a": 1,\n "b" 2}', "line 2, column 6"),
        (b"{'a': 1}", "line 1, column 2"),
        (b'{"a": 1}\n{"b": 2}', "line 2, column 1"),
        (b"hello", "line 1, column 1"),
        (b'{"a": 1,}', "line 1, column"),
        (b'"\n"', "line 1, column 2"),
        (b'{"a": NaN}', "NaN"),
        (b"-Infinity", "-Infinity"),
        (b'{\n"a": "\xff"}', "byte 9, in line 2"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_a_broken_payload_is_told_where_it_breaks(payload: bytes, place: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        check_payload(payload)
    assert place in caught.value.why
    assert caught.value.what == "The function was not invoked."
    assert caught.value.remedy


def test_the_size_limit_is_to_the_byte() -> None:
    largest = b'"' + b"x" * (SYNC_PAYLOAD_LIMIT_BYTES - 2) + b'"'
    assert check_payload(largest) is largest
    with pytest.raises(WorkbenchError, match=r"6,291,457 bytes; Lambda takes 6,291,456"):
        check_payload(largest + b" ")


@pytest.mark.parametrize(
    ("text", "laid_out"),
    [
        ('{"a":[1,{"b":{}}],"c":[]}', '{\n  "a": [\n    1,\n    {\n      "b": {}\n    }\n  ],\n  "c": []\n}'),
        ("[ \n ]", "[]"),
        ("12345678901234567890.50e400", "12345678901234567890.50e400"),  # no number of Python's holds it
        ('{"a": 1, "a": 2}', '{\n  "a": 1,\n  "a": 2\n}'),
        (r'["\u00e9\ud800 \"[{,:}] \\", "Ä😀"]', '[\n  "\\u00e9\\ud800 \\"[{,:}] \\\\",\n  "Ä😀"\n]'),
        ("\t true ", "true"),
        (" ", ""),
    ],
    ids=["nested", "empty", "number", "equal keys", "strings", "value", "nothing"],
)
def test_laying_out_changes_white_space_only(text: str, laid_out: str) -> None:
    assert lay_out(text) == laid_out
    assert lay_out(laid_out) == laid_out


@pytest.mark.parametrize("text", ['{"a": NaN}', "[1,]", "{} {}", "[" * 20_000])
def test_what_is_no_json_is_not_laid_out(text: str) -> None:
    with pytest.raises(WorkbenchError):
        lay_out(text)


@pytest.mark.parametrize(
    "text", ['{"custom": {"k": 1}', "{NaN: 1}", '{"a": NaN}', "[" * 100_000, "[1]", '"x"']
)
def test_a_client_context_that_is_refused_is_named_as_such(text: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        check_client_context(text)
    assert "client context" in caught.value.why
    assert "payload" not in f"{caught.value.why} {caught.value.remedy}"
    assert "test event" not in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ('{"a": 1}', {"a": 1}),
        ('GOT {"Records": [{"body": "x}"}]} in 3 ms', {"Records": [{"body": "x}"}]}),
        ("GOT {'a': None, 'b': True, 'c': \"it's\"}", {"a": None, "b": True, "c": "it's"}),
        ("[INFO]\t2026-11-26T12:00:00Z\tid\t{'a': [1, 2]}", {"a": [1, 2]}),
        ("[1, 2, 3]", [1, 2, 3]),
        ('{"grüße": "東京"}', {"grüße": "東京"}),
        ("no event at all", None),
        ("", None),
        ("[INFO] nothing", None),
        ("{broken", None),
        ("{'a': open('x')}", None),
        ("{'a': b'bytes'}", None),
        ("{'a': float('nan')}", None),
        ("{'a', 'b'}", None),
        ("{}", None),
        ("[" * 5000, None),
        ("{" * 5000, None),
        ('{"a": "' + "x" * 400_000 + '"}', None),
    ],
)
def test_the_event_in_a_log_line(text: str, event: object) -> None:
    found = event_in(text)
    assert (json.loads(found) if found else None) == event


NOW = datetime(2026, 7, 1, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ('{"a": "{{uuid}}", "b": "{{ uuid }}"}', '{"a": "id-1", "b": "id-2"}'),
        ('{"at": {{now}}}', '{"at": 1782907200}'),
        ('{"at": "{{now_iso}}"}', '{"at": "2026-07-01T12:00:00.250Z"}'),
        ('{"at": {{epoch_ms}}}', '{"at": 1782907200250}'),
        ('{"a": "{{{{name}}"}', '{"a": "{{name}}"}'),
        ('{"a": {"b": {}}}', '{"a": {"b": {}}}'),
        ('{"a": "{{"}', '{"a": "{{"}'),
        ('{"a": "{{not one}}"}', '{"a": "{{not one}}"}'),
        ("", ""),
    ],
)
def test_variables_become_values(text: str, sent: str) -> None:
    numbers = itertools.count(1)
    assert resolve_variables(text, NOW, lambda: f"id-{next(numbers)}") == sent


@pytest.mark.parametrize("name", ["user", "UUID", "a.b", "x" * 500])
def test_an_unknown_variable_is_refused_by_name_and_line(name: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        resolve_variables(f'{{\n"a": "{{{{{name}}}}}"}}', NOW)
    assert f"{{{{{name[:60]}}}}}, in line 2" in caught.value.why
    assert "{{uuid}}" in caught.value.remedy
    assert "{{{{" in caught.value.remedy


def test_the_form_is_checked_with_numbers_in_place_of_variables() -> None:
    text = '{"at": {{now}}, "in": "{{now}}"}'
    assert json.loads(as_json(text)) == {"at": 1111111, "in": "{{now}}"}
    assert len(as_json(text)) == len(text)  # so that places stay right
    assert has_variables(text)
    assert not has_variables('{"a": {"b": {}}}')


def test_variables_stay_when_the_event_is_laid_out() -> None:
    text = '{"at":{{now}},"id":"{{uuid}}","n":[{{epoch_ms}},12]}'
    assert apply_outside_variables(lay_out, text) == (
        '{\n  "at": {{now}},\n  "id": "{{uuid}}",\n  "n": [\n    {{epoch_ms}},\n    12\n  ]\n}'
    )
