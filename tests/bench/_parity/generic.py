"""Which recorded refusals Workbench tells in words that fit everything, or that lead astray."""

import re
from collections.abc import Iterator

from botocore.exceptions import ClientError

from tests.bench._parity.called import called_operations
from tests.bench._parity.corpus import Case, read
from workbench.aws.errors import translate

# What an answer's key, source or nearest call says of the operation may be wrong.
_GUESSED = ("nearest call", "key's name", "test's name", "")
_ANYTHING = re.compile(
    r"AWS rejected a value|does not accept a value|The request conflicts|^It does not exist"
)
_NO_REMEDY = re.compile(r"^\W*$|Check what AWS names|^Correct the value\.?$")
_RAW = re.compile(
    r"regular expression|enum value set|\[[^\]]*(?:a-z|A-Z)|\(\?[!:=]|\\d|Member must|at \[Source"
)
_OF_FUNCTIONS = re.compile(r"function|code|alias|version|revision|qualifier", re.IGNORECASE)


def generic(cases: list[Case]) -> Iterator[tuple[str, str, str]]:
    """The refusals of called operations that are told generically: what was refused, the text, the fault.

    Args:
        cases: The cases with requests; errors.json is read besides.
    """
    for service, operation, code, message in sorted(_refusals(cases)):
        answer = ClientError({"Error": {"Code": code, "Message": message}}, operation)
        told = translate(answer, failure="Could not do this.", operation=f"{service}:{operation}")
        fault = _fault(message, told.why, told.remedy)
        if fault:
            yield f"{service}.{operation} {code}: {message}", f"{told.why} | {told.remedy}", fault


def count(cases: list[Case]) -> int:
    """How many refusals of called operations were recorded."""
    return len(_refusals(cases))


def _refusals(cases: list[Case]) -> set[tuple[str, str, str, str]]:
    found = {
        (each.service, each.operation, each.refusal.code, each.refusal.message)
        for each in cases
        if not each.refusal.is_cut
    }
    found |= {
        (each["service"], each["operation"], each["code"], str(each["message"] or ""))
        for each in read("errors.json")
        if each["from"] not in _GUESSED
    }
    return {each for each in found if each[:2] in called_operations()}


def _fault(message: str, why: str, remedy: str) -> str:
    if message and why.strip() == message.strip():
        return "AWS's text alone"
    if _ANYTHING.search(why):
        return "fits every refusal"
    if _NO_REMEDY.search(remedy):
        return "no remedy"
    if _RAW.search(f"{why} {remedy}"):
        return "a raw pattern or list"
    if "Reload the function" in remedy and not _OF_FUNCTIONS.search(message):
        return "blames the function"
    return ""
