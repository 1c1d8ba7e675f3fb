"""The Language Server Protocol on a byte stream, and what Workbench tells servers that it can do.

A message is a header with the length, then JSON. Messages stay plain JSON here: the editor's page, which is
JavaScript, makes most of them and gets the answers.
"""

import json
from typing import IO

type Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
type Message = dict[str, Json]

_LONGEST_HEADER = 4096
_LONGEST_MESSAGE = 256 * 1024 * 1024


class BrokenStream(Exception):
    """What came is not the protocol."""


def frame(message: Message) -> bytes:
    """The bytes of a message."""
    body = json.dumps({"jsonrpc": "2.0"} | message, separators=(",", ":")).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def read_message(stream: IO[bytes]) -> Message | None:
    """The next message; None when the stream has ended, even in the middle of one.

    Raises:
        BrokenStream: The bytes are no message. Nothing that follows can be read.
    """
    length = -1
    while (line := stream.readline(_LONGEST_HEADER)) not in (b"\r\n", b"\n"):
        if not line.endswith(b"\n") and len(line) < _LONGEST_HEADER:
            return None
        name, colon, value = line.partition(b":")
        if not colon or not line.endswith(b"\n"):
            raise BrokenStream(f"not a header: {line[:80]!r}")
        if name.strip().lower() == b"content-length":
            if not value.strip().isdigit():
                raise BrokenStream(f"not a length: {line[:80]!r}")
            length = int(value)
    if not 0 <= length <= _LONGEST_MESSAGE:
        raise BrokenStream(f"a message of {length} bytes")
    body = stream.read(length)
    if len(body) < length:
        return None
    try:
        message = json.loads(body)
    except ValueError as error:
        raise BrokenStream(f"not JSON: {body[:80]!r}") from error
    if not isinstance(message, dict):
        raise BrokenStream(f"not a message: {body[:80]!r}")
    return message


_MARKDOWN: Message = {"contentFormat": ["markdown", "plaintext"]}

CLIENT_CAPABILITIES: Message = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        # Without "diagnostic": servers then tell of problems unasked, after every change.
        "publishDiagnostics": {"versionSupport": True, "tagSupport": {"valueSet": [1, 2]}},
        "completion": {
            "contextSupport": True,
            "completionItem": {
                "snippetSupport": True,
                "documentationFormat": ["markdown", "plaintext"],
                "insertReplaceSupport": False,
                "labelDetailsSupport": True,
                "resolveSupport": {"properties": ["documentation", "detail", "additionalTextEdits"]},
            },
        },
        "hover": _MARKDOWN,
        "signatureHelp": {
            "contextSupport": True,
            "signatureInformation": {
                "documentationFormat": ["markdown", "plaintext"],
                "parameterInformation": {"labelOffsetSupport": True},
                "activeParameterSupport": True,
            },
        },
        "definition": {"linkSupport": False},
        "references": {},
        "documentHighlight": {},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "formatting": {},
        "rangeFormatting": {},
        "rename": {"prepareSupport": True},
        "codeAction": {
            "codeActionLiteralSupport": {
                "codeActionKind": {"valueSet": ["quickfix", "source.organizeImports", "source.fixAll"]}
            },
            "dataSupport": True,
            "isPreferredSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
    },
    "workspace": {"workspaceFolders": True, "workspaceEdit": {"documentChanges": True}, "symbol": {}},
}
