"""Asks a server what AWS was asked, in an account that has what the request needs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from tests.bench._parity.compare import is_same
from tests.bench._parity.corpus import Case, short
from tests.bench._parity.lambda_things import package
from tests.bench._parity.scenes import steps_for
from tests.bench._parity.servers import Server
from tests.bench._parity.world import World

ACCEPTED = "<<ACCEPTED>>"
NO_ANSWER = "<<NO ANSWER>>"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a server answered to a case.

    Attributes:
        case: The case.
        code: The error's code; `ACCEPTED` when there was none, `NO_ANSWER` when no request could be made.
        message: The error's text.
        is_same: Whether AWS answered so.
        failed: Steps before it that did not succeed.
    """

    case: Case
    code: str
    message: str
    is_same: bool
    failed: tuple[str, ...] = ()


def replay(case: Case, server: Server) -> Outcome:
    """Makes what must be there, asks, and compares."""
    account, client = server.account()
    steps, absent = steps_for(case)
    world = World(account, client, absent)
    for step in steps:
        world.make(step, case.request)
    code, message = ask(world, case)
    return Outcome(case, code, message, is_same(case.refusal, code, message), tuple(world.failed))


def ask(world: World, case: Case) -> tuple[str, str]:
    """The code and the text of the refusal, `ACCEPTED` when there is none."""
    try:
        request = whole(world.substituted(case.request), case)
        getattr(world.client(case.service), xform_name(case.operation))(**request)
    except ClientError as error:
        found = error.response.get("Error", {})
        return str(found.get("Code", "")), str(found.get("Message", ""))
    except BotoCoreError as error:
        return NO_ANSWER, str(error)
    except Exception as error:  # noqa: BLE001 - serializing what is not of the model's shape fails in many ways
        return NO_ANSWER, f"{type(error).__name__}: {error}"
    return ACCEPTED, ""


def whole(value: Any, case: Case) -> Any:
    """A request whose recorded stand-ins are values again: bytes, times, texts that were cut."""
    if isinstance(value, str):
        return _value(value, case)
    if isinstance(value, Mapping):
        return {
            key: _cut_member(key, case) if member == "…" else whole(member, case)
            for key, member in value.items()
        }
    if isinstance(value, list):
        return [whole(member, case) for member in value]
    return value


def _value(text: str, case: Case) -> Any:
    if text == "<class 'datetime.datetime'>":
        return datetime.now(UTC)
    if match := re.fullmatch(r"<(\d+) bytes>", text):
        return _bytes(int(match[1]), case)
    if match := re.fullmatch(r"(.+)…\((\d+)\)", text, re.DOTALL):
        kept, size = match[1], int(match[2])
        return kept + kept[-1] * (size - len(kept))
    return text


def _bytes(size: int, case: Case) -> bytes:
    for key, content in _CONTENTS:
        if key in short(case.key):
            return content
    if case.operation in ("CreateFunction", "UpdateFunctionCode", "PublishLayerVersion"):
        return package(size=size) if size > 1000 else package()
    return b"{}" if size == 2 else b"x" * size


def _cut_member(key: str, case: Case) -> Any:
    for words, value in _CUT_MEMBERS:
        if words in short(case.key):
            return value
    return {"DataType": "String", "StringValue": "x"}


_CONTENTS: tuple[tuple[str, bytes], ...] = (
    ("test_create_lambda_exceptions#invalid_zip_exc", b"this is not a zipfile, just a random string"),
    ("test_lambda_invoke_payload_encoding_error[body-n", b"n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt"),
    ("test_lambda_invoke_payload_encoding_error[message-", b"\x99\xeb,j\x07\xa1zYh"),
)
# Members of requests that were cut out of the recorded ones, by what the keys of the cases say.
_CUT_MEMBERS: tuple[tuple[str, Any], ...] = (
    ("#batch-missing_string_attr", {"DataType": "String", "StringValue": ""}),
    ("#batch-fully_missing_string_attr", {"DataType": "String"}),
    ("#batch-fully_missing_data_type", {"StringValue": "123"}),
    ("#batch-missing_binary_attr", {"DataType": "Binary", "BinaryValue": b""}),
    ("#batch-str_attr_binary_value", {"DataType": "String", "BinaryValue": b"123"}),
    ("#batch-int_attr_binary_value", {"DataType": "Number", "BinaryValue": b"123"}),
    ("#batch-binary_attr_string_value", {"DataType": "Binary", "StringValue": "123"}),
    ("#batch-invalid_attr_string_value", {"DataType": "InvalidType", "StringValue": "123"}),
    ("#batch-too_long_name", {"DataType": "String", "StringValue": "123"}),
    ("#batch-invalid_name", {"DataType": "String", "StringValue": "123"}),
    (
        "test_put_event_input_path_and_input_transformer",
        {"detail-type": "$.detail-type", "timestamp": "$.time", "command": "$.detail.command"},
    ),
    ("test_put_events_with_input_transformer_missing_keys", {"detail-type": "$.detail-type"}),
)  # fmt: skip
