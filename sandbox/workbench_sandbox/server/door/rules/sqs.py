"""What SQS refuses, and errors in message attributes, which SNS checks in the same way."""

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.rules import Call, Check, Refused, Rules, read_object

_TYPE = re.compile(r"(String|Number|Binary)(\.[^.].*)?", re.DOTALL)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]")
_MAX_NAME_LENGTH = 256
_FLAGS = ("ContentBasedDeduplication", "FifoQueue", "SqsManagedSseEnabled")


def attributes_fault(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """The error in the attributes of a message, in AWS's words; empty if there is none."""
    faults = (_name_fault(name) or _value_fault(name, value) for name, value in attributes.items())
    return next(filter(None, faults), "")


def message_bytes(body: object, attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """The size of a message: its body, and the names, types and values of its attributes."""
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


_DOCS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/"

_MAX_BATCH_BYTES = 1_048_576
_MAX_BATCH_ENTRIES = 10
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_BATCH_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_TOKEN = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~]{1,128}")
"""Alphanumeric and punctuation: the ids of FIFO queues."""
_RANGES = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
_ONLY_FIFO = ("ContentBasedDeduplication", "FifoQueue")
_ONLY_HIGH_THROUGHPUT = ("DeduplicationScope", "FifoThroughputLimit")
_BOOLEANS = ("ContentBasedDeduplication", "FifoQueue", "SqsManagedSseEnabled")
_DOCUMENTS = ("Policy", "RedriveAllowPolicy", "RedrivePolicy")
_SETTABLE = {*_RANGES, *_ONLY_FIFO, *_ONLY_HIGH_THROUGHPUT, *_BOOLEANS, *_DOCUMENTS, "KmsMasterKeyId"}
_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DelaySeconds": "0",
    "KmsDataKeyReusePeriodSeconds": "300",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
_WITH_QUEUE = (
    "AddPermission", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage",
    "DeleteMessageBatch", "DeleteQueue", "GetQueueAttributes", "ListDeadLetterSourceQueues", "ListQueueTags",
    "PurgeQueue", "ReceiveMessage", "RemovePermission", "SendMessage", "SendMessageBatch",
    "SetQueueAttributes", "TagQueue", "UntagQueue",
)  # fmt: skip
_BATCHES = ("ChangeMessageVisibilityBatch", "DeleteMessageBatch", "SendMessageBatch")
_SENDS = ("SendMessage", "SendMessageBatch")
_bad_value = functools.partial(Refused, "InvalidParameterValue")
_bad_name = functools.partial(Refused, "InvalidAttributeName")

rules = Rules("sqs")


@rules.form(("CreateQueue", "SetQueueAttributes"), "test_fifo_queue_attribute_in_any_case")
def _flags_in_lower_case(call: Call) -> Mapping[str, Any]:
    attributes = call.parameters.get("Attributes") or {}
    lower = {name: text.lower() if name in _FLAGS else text for name, text in attributes.items()}
    return {"Attributes": lower} if lower != attributes else {}


def _invalid(value: object, name: str, reason: str) -> Refused:
    return _bad_value(f"Value {value} for parameter {name} is invalid. Reason: {reason}")


def _missing(name: str) -> Refused:
    return Refused("MissingParameter", f"The request must contain the parameter {name}.")


def _queue(call: Call) -> stores.Record | None:
    return stores.queue_at(call.text("QueueUrl"))


def _messages(call: Call) -> Iterable[Mapping[str, Any]]:
    return (call.parameters,) if call.operation == "SendMessage" else call.parameters.get("Entries", ())


def _message_bytes(message: Mapping[str, Any]) -> int:
    return message_bytes(message.get("MessageBody", ""), message.get("MessageAttributes", {}))


# ---- queues ----------------------------------------------------------------------------------------------


@rules.add(_WITH_QUEUE, "test_non_existent_queue")
def _check_queue_exists(call: Call) -> None:
    if call.parameters.get("QueueUrl") and _queue(call) is None:
        raise Refused("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")


@rules.add("CreateQueue", f"{_DOCS}API_CreateQueue.html")
def _check_name(call: Call) -> None:
    name = call.text("QueueName")
    is_fifo = call.parameters.get("Attributes", {}).get("FifoQueue") == "true"
    if is_fifo and not (name.endswith(".fifo") and _NAME.fullmatch(name)):
        raise _bad_value(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must "
            "end with .fifo suffix and be 1 to 80 in length."
        )
    if not _NAME.fullmatch(name) or (name.endswith(".fifo") and not is_fifo):
        raise _bad_value(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )


@rules.add(
    ("CreateQueue", "SetQueueAttributes"), "test_create_standard_queue_with_fifo_attribute_raises_error"
)
def _check_fifo_attributes(call: Call) -> None:
    attributes = call.parameters.get("Attributes", {})
    found = None if call.operation == "CreateQueue" else _queue(call)
    is_fifo = found["is_fifo"] if found else attributes.get("FifoQueue") == "true"
    for name in attributes:
        if not is_fifo and name in _ONLY_FIFO:
            raise _bad_name(f"Unknown Attribute {name}.")
        if not is_fifo and name in _ONLY_HIGH_THROUGHPUT:
            raise _bad_name(f"You can specify the {name} only when FifoQueue is set to true.")
    if found and is_fifo and attributes.get("FifoQueue") == "false":
        raise Refused(
            "InvalidAttributeValue",
            "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
        )


@rules.add(("CreateQueue", "SetQueueAttributes"), "test_set_unsupported_attribute_standard")
def _check_attribute_names(call: Call) -> None:
    for name in call.parameters.get("Attributes", {}):
        if name not in _SETTABLE:
            raise _bad_name(f"Unknown Attribute {name}.")


@rules.add(("CreateQueue", "SetQueueAttributes"), f"{_DOCS}API_SetQueueAttributes.html")
def _check_attribute_values(call: Call) -> None:
    for name, value in call.parameters.get("Attributes", {}).items():
        if not _is_valid(name, value):
            raise Refused("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def _is_valid(name: str, value: str) -> bool:
    if name in _RANGES:
        low, high = _RANGES[name]
        return value.isascii() and value.isdigit() and low <= int(value) <= high
    if name in _BOOLEANS:
        return value.lower() in ("true", "false")
    return name != "Policy" or not value or read_object(value) is not None


@rules.add(("CreateQueue", "SetQueueAttributes"), f"{_DOCS}API_SetQueueAttributes.html")
def _check_redrive_policy(call: Call) -> None:
    text = call.parameters.get("Attributes", {}).get("RedrivePolicy", "")
    if not text:
        return
    policy = read_object(text)
    if policy is None:
        reason = "Amazon SQS can't create the redrive policy, as it's in an unsupported format."
        raise _invalid(text, "RedrivePolicy", reason)
    for name in ("deadLetterTargetArn", "maxReceiveCount"):
        if name not in policy:
            reason = f"Redrive policy does not contain mandatory attribute: {name}."
            raise _invalid(text, "RedrivePolicy", reason)
    count = str(policy["maxReceiveCount"])
    if not (count.isascii() and count.isdigit() and 1 <= int(count) <= 1000):
        reason = (
            f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
        )
        raise _invalid(text, "RedrivePolicy", reason)
    target = stores.queue(str(policy["deadLetterTargetArn"]))
    if target is None:
        raise _invalid(text, "RedrivePolicy", "Dead letter target does not exist.")
    found = None if call.operation == "CreateQueue" else _queue(call)
    is_fifo = found["is_fifo"] if found else call.text("QueueName").endswith(".fifo")
    if target["is_fifo"] is not is_fifo:
        reason = "Dead-letter queue must be same type of queue as the source."
        raise _invalid(text, "RedrivePolicy", reason)


@rules.add("CreateQueue", "test_create_queue_with_different_attributes_raises_exception")
def _check_not_another(call: Call) -> None:
    """A queue may be created again with the same attributes."""
    found = stores.queue_at(call.text("QueueName"))
    if found is None:
        return
    present = found["attributes"]
    for name, value in call.parameters.get("Attributes", {}).items():
        if not _equal(name, value, present.get(name, _DEFAULTS.get(name, ""))):
            raise Refused(
                "QueueAlreadyExists",
                f"A queue already exists with the same name and a different value for attribute {name}",
            )


def _equal(name: str, one: str, other: str) -> bool:
    if name in _DOCUMENTS and (document := read_object(one)) is not None:
        return document == read_object(other)
    return one == other


@rules.add(_BATCHES, "test_invalid_batch_id")
def _check_batch(call: Call) -> None:
    entries = call.parameters.get("Entries") or ()
    if not entries:
        raise Refused(
            "AWS.SimpleQueueService.EmptyBatchRequest",
            f"There should be at least one {call.operation}RequestEntry in the request.",
        )
    if len(entries) > _MAX_BATCH_ENTRIES:
        raise Refused(
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {_MAX_BATCH_ENTRIES}. You have sent {len(entries)}.",
        )
    seen: set[str] = set()
    for entry in entries:
        entry_id = str(entry.get("Id", ""))
        if not _BATCH_ID.fullmatch(entry_id):
            raise Refused(
                "AWS.SimpleQueueService.InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be "
                "at most 80 letters long.",
            )
        if entry_id in seen:
            raise Refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", f"Id {entry_id} repeated.")
        seen.add(entry_id)


# ---- messages --------------------------------------------------------------------------------------------


@rules.add(_SENDS, "test_send_empty_message")
def _check_body(call: Call) -> None:
    if any(not message.get("MessageBody") for message in _messages(call)):
        raise _missing("MessageBody")


@rules.add("SendMessageBatch", "test_send_message_batch_with_oversized_contents")
def _check_batch_size(call: Call) -> None:
    sent = sum(map(_message_bytes, _messages(call)))
    if sent > _MAX_BATCH_BYTES:
        raise Refused(
            "AWS.SimpleQueueService.BatchRequestTooLong",
            f"Batch requests cannot be longer than {_MAX_BATCH_BYTES} bytes. You have sent {sent} bytes.",
        )


@rules.add(_SENDS, "test_send_oversized_message")
def _check_size(call: Call) -> None:
    found = _queue(call)
    most = int(found["attributes"].get("MaximumMessageSize", _MAX_BATCH_BYTES)) if found else _MAX_BATCH_BYTES
    if any(_message_bytes(message) > most for message in _messages(call)):
        raise _bad_value(
            f"One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
        )


@rules.add(_SENDS, "test_empty_or_wrong_message_attributes")
def _check_message_attributes(call: Call) -> None:
    for message in _messages(call):
        if fault := attributes_fault(message.get("MessageAttributes", {})):
            raise Refused("InvalidParameterValue", fault)


@rules.add(_SENDS, "test_message_deduplication_id_invalid")
def _check_message_ids(call: Call) -> None:
    for message in _messages(call):
        for name in ("MessageGroupId", "MessageDeduplicationId"):
            value = message.get(name)
            if value is not None and not _TOKEN.fullmatch(value):
                reason = (
                    f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
                )
                raise _invalid(value, name, reason)


@rules.add(_SENDS, "test_fifo_queue_send_message_with_delay_seconds_fails")
def _check_fifo_message(call: Call) -> None:
    found = _queue(call)
    if found is None:
        return
    is_fifo, attributes = found["is_fifo"], found["attributes"]
    for message in _messages(call):
        name = "DelaySeconds" if is_fifo else "MessageDeduplicationId"
        if message.get(name):
            reason = "The request include parameter that is not valid for this queue type."
            raise _invalid(message[name], name, reason)
        if is_fifo and not message.get("MessageGroupId"):
            missing = _missing("MessageGroupId")
            if call.operation == "SendMessage":
                raise missing
            raise Refused("InvalidParameterValue", missing.message)
        if is_fifo and not (
            message.get("MessageDeduplicationId") or attributes.get("ContentBasedDeduplication") == "true"
        ):
            raise _bad_value(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
                "provided explicitly"
            )


def _within(name: str, low: int, high: int, reason: str) -> Check:
    """Checks that a number of a message or request is absent or from `low` to `high`."""

    def check(call: Call) -> None:
        for holder in (call.parameters, *call.parameters.get("Entries", ())):
            value = holder.get(name)
            if value is not None and not low <= value <= high:
                raise _invalid(value, name, reason)

    return check


rules.add(_SENDS, f"{_DOCS}API_SendMessage.html")(
    _within("DelaySeconds", 0, 900, "DelaySeconds must be >= 0 and <= 900.")
)
rules.add("ReceiveMessage", "test_send_receive_max_number_of_messages")(
    _within("MaxNumberOfMessages", 1, 10, "Must be between 1 and 10, if provided.")
)
rules.add("ReceiveMessage", "test_send_receive_wait_time_seconds")(
    _within("WaitTimeSeconds", 0, 20, "Must be >= 0 and <= 20, if provided.")
)
rules.add(
    ("ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "ReceiveMessage"),
    f"{_DOCS}API_ChangeMessageVisibility.html",
)(_within("VisibilityTimeout", 0, 43_200, "Must be between 0 and 43200."))
