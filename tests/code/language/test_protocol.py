"""The protocol's messages on a stream, whole and broken."""

from io import BytesIO

import pytest

from workbench.code.language_server import BrokenStream, Message, frame, read_message


def test_what_is_framed_is_read_again() -> None:
    messages: list[Message] = [
        {"id": 1, "method": "a", "params": {"text": "日本 \U0001f600\r\n\r\n"}},
        {"id": 2, "result": None},
    ]
    stream = BytesIO(b"".join(frame(message) for message in messages))
    version: Message = {"jsonrpc": "2.0"}
    assert [read_message(stream) for _ in messages] == [version | message for message in messages]
    assert read_message(stream) is None


def test_further_headers_are_allowed() -> None:
    stream = BytesIO(
        b"content-length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{}"
    )
    assert read_message(stream) == {}


@pytest.mark.parametrize(
    "whole", [b"Content-Length: 10\r\n\r\n{}", b"Content-Le", b"", b"Content-Length: 2\r\n"]
)
def test_an_end_in_the_middle_is_an_end(whole: bytes) -> None:
    assert read_message(BytesIO(whole)) is None


@pytest.mark.parametrize(
    "broken",
    [
        b"hello\r\n\r\n",
        b"\r\n{}",
        b"Content-Length: -2\r\n\r\n{}",
        b"Content-Length: 1e3\r\n\r\n{}",
        b"Content-Length: 99999999999\r\n\r\n{}",
        b"Content-Length: 2\r\n\r\n[]",
        b"Content-Length: 2\r\n\r\n{\xff",
        b"X" * 10_000,
    ],
)
def test_what_is_no_message_is_said(broken: bytes) -> None:
    with pytest.raises(BrokenStream):
        read_message(BytesIO(broken))
