"""What Lambda would refuse is said before it is sent, with the place."""

import pytest

from workbench.aws.quotas import SYNC_PAYLOAD_LIMIT_BYTES
from workbench.core.errors import WorkbenchError
from workbench.invoke.payload import check_client_context, check_payload, lay_out


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
