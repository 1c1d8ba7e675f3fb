"""What AWS recorded: the cases of ../shared/truth, as requests and the refusals they end in.

Source of the data: localstack/localstack, tests/aws (Apache-2.0); see the README beside the files.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.bench._common import ROOT

# The account and the region of the recorded requests.
RECORDED_ACCOUNT = "123456789012"
REGION = "us-east-1"
_ENVIRONMENT = "WORKBENCH_TRUTH"
# Answers in the recorded files are cut to this many characters.
_CUT = 500
# Cases whose recorded request is not the one that was refused.
_OF_ANOTHER_REQUEST = ("test_large_environment", "put_function_concurrency_with_qualified_arn")
# sqs-query is SQS in the protocol that it had before; the SDK of today speaks JSON.
_SERVICES = {"sqs-query": "sqs"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a request was refused; `is_cut`: only the message's beginning is recorded."""

    code: str
    message: str
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A recorded request.

    Attributes:
        key: The test that recorded it, and the name of the answer in it ("…::test_x#create_exc").
        service: botocore's name of the service.
        operation: Name in the service model.
        request: Parameters as recorded; texts such as "<264 bytes>" stand for what was not recorded.
        refusal: AWS's refusal.
        steps: What must be there before, besides what the request itself tells (see `scenes`).
        is_built: The request was not recorded: a builder made it for a recorded refusal.
    """

    key: str
    service: str
    operation: str
    request: Mapping[str, Any]
    refusal: Refusal
    steps: tuple[str, ...] = ()
    is_built: bool = False


def truth_folder() -> Path | None:
    """The folder of the recorded files, None when it is not there."""
    places = [os.environ.get(_ENVIRONMENT), ROOT / "../shared/truth"]
    folders = (Path(place).resolve() for place in places if place)
    return next((folder for folder in folders if (folder / "cases.json").is_file()), None)


@cache
def read(name: str) -> Any:
    """What a recorded file holds ("cases.json" → its cases)."""
    folder = truth_folder()
    if folder is None:
        raise FileNotFoundError("There is no ../shared/truth: name its folder in WORKBENCH_TRUTH.")
    document = json.loads((folder / name).read_bytes())
    return next(value for key, value in document.items() if key != "source")


def recorded_refusals() -> Iterator[Case]:
    """The requests of cases.json that AWS refused."""
    for row in read("cases.json"):
        refusal = _refusal(row)
        is_own = not any(words in row["test"] for words in _OF_ANOTHER_REQUEST)
        if is_own and row.get("request") is not None and refusal is not None:
            service, operation = row["operation"].split(".")
            yield Case(row["test"], _SERVICES.get(service, service), operation, row["request"], refusal)


def short(key: str) -> str:
    """A test's key without the folders and classes: "test_x[y]#answer"."""
    return key.rsplit("::", 1)[-1]


@cache
def _whole() -> Mapping[str, Refusal]:
    """The refusals of errors.json, whose texts are whole, by the keys of their answers."""
    return {
        short(key): Refusal(error["code"], str(error["message"] or ""))
        for error in read("errors.json")
        for key in error["tests"]
    }


def _refusal(row: Mapping[str, Any]) -> Refusal | None:
    found = row.get("aws")
    if isinstance(found, str) and (whole := _whole().get(short(row["test"]))):
        return whole
    if isinstance(found, Mapping) and "Code" in found:
        return Refusal(found["Code"], str(found.get("Message") or ""))
    if isinstance(found, str):
        parts = re.match(r'\{"Code": "([^"]+)", "Message": "(.*)', found, re.DOTALL)
        assert parts, found
        return Refusal(parts[1], _unescaped(parts[2]), is_cut=True)
    recorded = {each["path"]: each["aws"] for each in row["differences"]}
    if ".Code" not in recorded or ".Errors" not in recorded:
        return None
    text = recorded[".Errors"]
    errors = json.loads(text) if len(text) < _CUT else _unescaped(text[2:]).split('", "')
    count = recorded.get(".Count", len(errors))
    message = f"{count} validation error{'s' * (count != 1)} detected: {'; '.join(errors)}"
    return Refusal(recorded[".Code"], message, is_cut=len(text) >= _CUT)


def _unescaped(text: str) -> str:
    """The text of JSON strings of which the last one's end was cut off."""
    text = text.removesuffix('"}').replace('", "', '\\", \\"')
    for end in range(len(text), max(len(text) - 6, 0), -1):
        try:
            return str(json.loads(f'"{text[:end]}"'))
        except ValueError:
            continue
    return text
