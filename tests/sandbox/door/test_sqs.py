"""The Sandbox refuses what SQS refuses. Sources are recorded cases of localstack/localstack (Apache-2.0)."""

import json
from typing import Any

import pytest

from tests.sandbox.door.world import Case, World

_T = "test_sqs.py::TestSqsProvider::"
_ID = "Reason: {} can only include alphanumeric and punctuation characters. 1 to 128 in length."
_BATCH_ID = (
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters "
    "long."
)
_DLQ = "arn:aws:sqs:us-east-1:000000000000:{}"
_ATTRIBUTE = {"k": {"DataType": "String", "StringValue": "x"}}


def _twenty(**members: object) -> list[dict[str, Any]]:
    return [{"Id": str(number), **members} for number in range(20)]


def _create(source: str, attributes: dict[str, str], code: str, message: str, name: str = "new") -> Case:
    return Case(source, "CreateQueue", {"QueueName": name, "Attributes": attributes}, code, message)


def _set(source: str, attributes: dict[str, str], code: str, message: str, queue: str = "<queue>") -> Case:
    return Case(source, "SetQueueAttributes", {"QueueUrl": queue, "Attributes": attributes}, code, message)


def _send(source: str, code: str, message: str, queue: str = "<queue>", **request: Any) -> Case:
    return Case(source, "SendMessage", {"QueueUrl": queue, "MessageBody": "m", **request}, code, message)


def _batch(source: str, code: str, message: str, *entries: dict[str, Any], queue: str = "<queue>") -> Case:
    return Case(source, "SendMessageBatch", {"QueueUrl": queue, "Entries": list(entries)}, code, message)


def _redrive(source: str, policy: dict[str, Any], reason: str) -> Case:
    text = json.dumps(policy)
    message = f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"
    return _set(source, {"RedrivePolicy": text}, "InvalidParameterValue", message)


_FIFO = f"{_T}test_create_standard_queue_with_fifo_attribute_raises_error[sqs]#"
_DOCS = "API_SetQueueAttributes.html#"
CASES = [
    Case(f"{_T}test_non_existent_queue#queue-does-not-exist", "GetQueueAttributes", {"QueueUrl": "<gone>"}, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."),
    _send(f"{_T}test_non_existent_queue#send", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.", "<gone>"),
    _create(f"{_FIFO}fifo-queue", {"FifoQueue": "false"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
    _create(f"{_FIFO}deduplication", {"ContentBasedDeduplication": "false"}, "InvalidAttributeName", "Unknown Attribute ContentBasedDeduplication."),
    _create(f"{_FIFO}scope", {"DeduplicationScope": "queue"}, "InvalidAttributeName", "You can specify the DeduplicationScope only when FifoQueue is set to true."),
    _create(f"{_FIFO}throughput", {"FifoThroughputLimit": "perQueue"}, "InvalidAttributeName", "You can specify the FifoThroughputLimit only when FifoQueue is set to true."),
    _create(f"{_T}test_create_queue_with_different_attributes_raises_exception[sqs]#create_queue_01", {"DelaySeconds": "1"}, "QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute DelaySeconds", "queue"),
    _create(f"{_T}test_create_fifo_queue_with_different_attributes_raises_error[sqs]#queue-already-exists", {"FifoQueue": "true", "ContentBasedDeduplication": "true"}, "QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute ContentBasedDeduplication", "queue.fifo"),
    _create("API_CreateQueue.html#name", {}, "InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length", "a b"),
    _create("API_CreateQueue.html#fifo", {"FifoQueue": "true"}, "InvalidParameterValue", "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."),
    _create(f"{_DOCS}unknown", {"Nonsense": "1"}, "InvalidAttributeName", "Unknown Attribute Nonsense."),
    _create(f"{_DOCS}range", {"VisibilityTimeout": "43201"}, "InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout."),
    _set(f"{_T}test_set_unsupported_attribute_standard[sqs]#invalid-attr-name-1", {"FifoQueue": "true"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
    _set(f"{_T}test_set_unsupported_attribute_fifo[sqs]#invalid-attr-name-2", {"FifoQueue": "false"}, "InvalidAttributeValue", "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.", "<queue.fifo>"),
    _set(f"{_DOCS}policy", {"Policy": "{"}, "InvalidAttributeValue", "Invalid value for the parameter Policy."),
    _redrive(f"{_DOCS}no-target", {"deadLetterTargetArn": _DLQ.format("gone"), "maxReceiveCount": 3}, "Dead letter target does not exist."),
    _redrive(f"{_DOCS}count", {"deadLetterTargetArn": _DLQ.format("small"), "maxReceiveCount": 0}, "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive."),
    _redrive(f"{_DOCS}no-count", {"deadLetterTargetArn": _DLQ.format("small")}, "Redrive policy does not contain mandatory attribute: maxReceiveCount."),
    _redrive(f"{_DOCS}type", {"deadLetterTargetArn": _DLQ.format("queue.fifo"), "maxReceiveCount": 3}, "Dead-letter queue must be same type of queue as the source."),
    _send(f"{_T}test_send_empty_message[sqs]#send_empty_message", "MissingParameter", "The request must contain the parameter MessageBody.", MessageBody=""),
    _send(f"{_T}test_send_oversized_message[sqs]#send_oversized_message", "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.", MessageBody="a" * 1_048_569, MessageAttributes=_ATTRIBUTE),
    _send(f"{_T}test_send_message_with_updated_maximum_message_size[sqs]#send_oversized_message", "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.", "<small>", MessageBody="a" * 1_017, MessageAttributes=_ATTRIBUTE),
    _send(f"{_T}test_send_message_to_standard_queue_with_invalid_message_group_id[too_long]#error-response", "InvalidParameterValue", f"Value {'a' * 129} for parameter MessageGroupId is invalid. {_ID.format('MessageGroupId')}", MessageGroupId="a" * 129),
    _send(f"{_T}test_send_message_to_standard_queue_with_invalid_message_group_id[spaces]#error-response", "InvalidParameterValue", f"Value group 123 for parameter MessageGroupId is invalid. {_ID.format('MessageGroupId')}", MessageGroupId="group 123"),
    _send(f"{_T}test_message_deduplication_id_invalid[spaces]#error-response", "InvalidParameterValue", f"Value group 123 for parameter MessageDeduplicationId is invalid. {_ID.format('MessageDeduplicationId')}", "<queue.fifo>", MessageGroupId="test", MessageDeduplicationId="group 123"),
    _send(f"{_T}test_fifo_queue_send_message_with_delay_seconds_fails[sqs]#send_message", "InvalidParameterValue", "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.", "<queue.fifo>", MessageGroupId="1", DelaySeconds=2),
    _send("API_SendMessage.html#delay", "InvalidParameterValue", "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", DelaySeconds=901),
    _send("test_sns.py#attributes", "InvalidParameterValue", "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.", MessageAttributes={"a": {"DataType": "String"}}),
    _batch(f"{_T}test_send_message_batch_with_oversized_contents[sqs]#send_oversized_message_batch", "AWS.SimpleQueueService.BatchRequestTooLong", "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.", {"Id": "1", "MessageBody": "a" * 1_048_568, "MessageAttributes": _ATTRIBUTE}, {"Id": "2", "MessageBody": "a"}),
    _batch(f"{_T}test_too_many_entries_in_batch_request[sqs]#test_too_many_entries_in_batch_request", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 20.", *_twenty(MessageBody="m")),
    _batch(f"{_T}test_invalid_batch_id[sqs]#test_invalid_batch_id", "AWS.SimpleQueueService.InvalidBatchEntryId", _BATCH_ID, {"Id": "message:c27d6789", "MessageBody": "m"}),
    _batch("API_SendMessageBatch.html#distinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Id 1 repeated.", {"Id": "1", "MessageBody": "m"}, {"Id": "1", "MessageBody": "m"}),
    _batch(f"{_T}test_send_batch_missing_deduplication_id_for_fifo_queue[sqs]#test_missing_deduplication_id_for_fifo_queue", "InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly", {"Id": "1", "MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "d"}, {"Id": "2", "MessageBody": "m", "MessageGroupId": "g"}, queue="<queue.fifo>"),
    _batch(f"{_T}test_send_batch_missing_message_group_id_for_fifo_queue[sqs]#test_missing_message_group_id_for_fifo_queue", "InvalidParameterValue", "The request must contain the parameter MessageGroupId.", {"Id": "1", "MessageBody": "m"}, queue="<queue.fifo>"),
    *(
        Case(f"{_T}{operation}_with_too_large_batch[sqs]#error_response", operation, {"QueueUrl": "<queue>", "Entries": _twenty(ReceiptHandle="h", **members)}, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 20.")
        for operation, members in (("DeleteMessageBatch", {}), ("ChangeMessageVisibilityBatch", {"VisibilityTimeout": 1}))
    ),
    Case(f"{_T}test_delete_message_batch_invalid_msg_id[sqs-]#error_response", "DeleteMessageBatch", {"QueueUrl": "<queue>", "Entries": [{"Id": "", "ReceiptHandle": "h"}]}, "AWS.SimpleQueueService.InvalidBatchEntryId", _BATCH_ID),
    Case(f"{_T}test_send_receive_max_number_of_messages[sqs]#send_max_number_of_messages", "ReceiveMessage", {"QueueUrl": "<queue>", "MaxNumberOfMessages": 11}, "InvalidParameterValue", "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."),
    *(
        Case(f"{_T}test_send_receive_wait_time_seconds[sqs_query]#{seconds}", "ReceiveMessage", {"QueueUrl": "<queue>", "WaitTimeSeconds": seconds}, "InvalidParameterValue", f"Value {seconds} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.")
        for seconds in (21, -1)
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_refused(world: World, case: Case) -> None:
    world.refuses("sqs", case)


def test_accepted(world: World) -> None:
    policy = {"deadLetterTargetArn": _DLQ.format("small"), "maxReceiveCount": "5"}
    accepted: list[tuple[str, dict[str, Any]]] = [
        ("CreateQueue", {"QueueName": "queue"}),
        ("CreateQueue", {"QueueName": "queue", "Attributes": {"VisibilityTimeout": "30"}}),
        (
            "CreateQueue",
            {"QueueName": "x.fifo", "Attributes": {"FifoQueue": "true", "DeduplicationScope": "queue"}},
        ),
        ("CreateQueue", {"QueueName": "source", "Attributes": {"RedrivePolicy": json.dumps(policy)}}),
        ("SetQueueAttributes", {"QueueUrl": "<queue.fifo>", "Attributes": {"FifoQueue": "true"}}),
        ("SetQueueAttributes", {"QueueUrl": "<queue>", "Attributes": {"Policy": "", "RedrivePolicy": ""}}),
        (
            "SendMessage",
            {"QueueUrl": "<queue>", "MessageBody": "m", "MessageGroupId": "g", "DelaySeconds": 900},
        ),
        ("SendMessage", {"QueueUrl": "<queue>", "MessageBody": "a" * 1_048_576}),
        (
            "SendMessage",
            {
                "QueueUrl": "<queue.fifo>",
                "MessageBody": "m",
                "MessageGroupId": "g",
                "MessageDeduplicationId": "!d",
            },
        ),
        ("ReceiveMessage", {"QueueUrl": "<queue>", "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}),
    ]
    for operation, request in accepted:
        world.call("sqs", operation, request)
