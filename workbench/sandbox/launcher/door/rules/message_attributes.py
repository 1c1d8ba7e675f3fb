"""The attributes of messages, which SNS and SQS check alike.

Source: sns/test_sns.py::TestSNSSubscriptionSQS::test_empty_or_wrong_message_attributes and
test_message_attributes_prefixes; SQS's texts are those of SNS.
"""

import re
from collections.abc import Mapping
from typing import Any

_TYPE = re.compile(r"(String|Number|Binary)(\.[^.].*)?", re.DOTALL)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]")
_MAX_NAME_LENGTH = 256


def fault(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """What is wrong with the attributes of one message, as AWS says it; empty when nothing is."""
    faults = (_name_fault(name) or _value_fault(name, value) for name, value in attributes.items())
    return next(filter(None, faults), "")


def size_bytes(body: object, attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """How large a message is: its body, and the names, types and values of its attributes."""
    return _bytes(str(body)) + sum(
        _bytes(name)
        + _bytes(each.get("DataType"))
        + _bytes(each.get("StringValue"))
        + len(each.get("BinaryValue") or b"")
        for name, each in attributes.items()
    )


def _bytes(text: str | None) -> int:
    return len((text or "").encode("utf-8", "surrogatepass"))


def _name_fault(name: str) -> str:
    if len(name) >= _MAX_NAME_LENGTH:
        return "Length of message attribute name must be less than 256 bytes."
    if bad := _NOT_IN_NAMES.search(name):
        return (
            f"Invalid non-alphanumeric character '#x{ord(bad[0]):X}' was found in the message attribute name. "
            "Can only include alphanumeric characters, hyphens, underscores, or dots."
        )
    if name.startswith("."):
        return "Invalid message attribute name starting with character '.' was found."
    if name.endswith("."):
        return "Invalid message attribute name ending with character '.' was found."
    if ".." in name:
        return "Message attribute name can not have successive '.' character."
    return ""


def _value_fault(name: str, attribute: Mapping[str, Any]) -> str:
    kind = str(attribute.get("DataType") or "")
    matched = _TYPE.fullmatch(kind)
    if matched is None:
        return (
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String."
        )
    right, wrong = ("Binary", "String") if matched[1] == "Binary" else ("String", "Binary")
    if attribute.get(f"{right}Value"):
        return ""
    if attribute.get(f"{wrong}Value"):
        return f"The message attribute '{name}' with type '{kind}' must use field '{right}'."
    return (
        f"The message attribute '{name}' must contain non-empty message attribute value for message attribute "
        f"type '{kind}'."
    )
