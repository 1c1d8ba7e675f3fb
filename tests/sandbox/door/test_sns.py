"""The Sandbox refuses what SNS refuses. Sources are recorded cases of localstack/localstack (Apache-2.0)."""

import json
from typing import Any

import pytest

from tests.sandbox.door.world import Case, World

_TOPICS = "test_sns.py::TestSNSTopicCrudV2::"
_SUBSCRIPTIONS = "test_sns.py::TestSNSSubscriptionCrud::"
_PUBLISH = "test_sns.py::TestSNSPublishCrud::"
_SQS = "test_sns.py::TestSNSSubscriptionSQS::"
_FIFO = "test_sns.py::TestSNSSubscriptionSQSFifo::test_validations_for_fifo#"
_FILTERS = "test_sns_filter_policy.py::TestSNSFilterPolicy"
_PUSH = "test_sns.py::TestSNSPlatform"
_KEYS = {"PlatformPrincipal": "p", "PlatformCredential": "c"}
_MISSING = "arn:aws:sns:us-east-1:000000000000:missing"
_INVALID = "InvalidParameter"


def _subscribe(source: str, message: str, protocol: str, endpoint: str, **more: Any) -> Case:
    request = {"TopicArn": "<topic>", "Protocol": protocol, "Endpoint": endpoint, **more}
    return Case(source, "Subscribe", request, _INVALID, message)


def _policy(source: str, policy: object, message: str, subscription: str = "<subscription>") -> Case:
    request = {
        "SubscriptionArn": subscription,
        "AttributeName": "FilterPolicy",
        "AttributeValue": json.dumps(policy),
    }
    return Case(
        f"{_FILTERS}{source}", "SetSubscriptionAttributes", request, _INVALID, f"Invalid parameter: {message}"
    )


def _publish(source: str, message: str, code: str = _INVALID, **request: Any) -> Case:
    request = {"TopicArn": "<topic>", "Message": "m", **request}
    return Case(
        source, "Publish", {name: each for name, each in request.items() if each is not None}, code, message
    )


def _batch(
    source: str, message: str, code: str, *entries: dict[str, Any], topic: str = "<topic.fifo>"
) -> Case:
    request = {"TopicArn": topic, "PublishBatchRequestEntries": list(entries)}
    return Case(source, "PublishBatch", request, code, message)


def _too_few(name: str, number: int) -> str:
    return f"Invalid parameter: {name} Reason: An ARN must have at least 6 elements, not {number}"


CASES = [
    # Topics.
    Case("test_sns.py::TestSNSTopicCrud::test_create_topic_with_attributes#get-attrs-nonexistent-topic", "GetTopicAttributes", {"TopicArn": _MISSING}, "NotFound", "Topic does not exist", 404),
    Case("test_sns.py::TestSNSTopicCrud::test_create_topic_with_attributes#get-attrs-malformed-topic", "GetTopicAttributes", {"TopicArn": "test-topic"}, _INVALID, _too_few("TopicArn", 1)),
    *(
        Case(f"test_sns.py::TestSNSMultiRegions::test_cross_region_access#{operation}", operation, {"TopicArn": "arn:aws:sns:eu-west-1:000000000000:topic", **more}, _INVALID, "Invalid parameter: TopicArn")
        for operation, more in (("GetTopicAttributes", {}), ("DeleteTopic", {}), ("ListSubscriptionsByTopic", {}), ("SetTopicAttributes", {"AttributeName": "DisplayName", "AttributeValue": "x"}))
    ),
    Case(f"{_TOPICS}test_create_topic_different_attrs#create-topic-diff-attrs", "CreateTopic", {"Name": "topic", "Attributes": {"DisplayName": "Value2"}}, _INVALID, "Invalid parameter: Attributes Reason: Topic already exists with different attributes"),
    Case(f"{_TOPICS}test_create_topic_different_attrs#create-topic-new-and-same-attrs", "CreateTopic", {"Name": "topic", "Attributes": {"SignatureVersion": "2", "DisplayName": "Value1"}}, _INVALID, "Invalid parameter: Attributes Reason: Topic already exists with different attributes"),
    Case(f"{_TOPICS}test_create_topic_different_attrs#create-topic-new-attrs-fifo", "CreateTopic", {"Name": "topic", "Attributes": {"FifoTopic": "true"}}, _INVALID, "Invalid parameter: Topic Name"),
    Case("test_sns.py::TestSNSTopicCrud::test_create_duplicate_topic_with_more_tags#exception-duplicate", "CreateTopic", {"Name": "topic", "Tags": [{"Key": "key1", "Value": "value1"}]}, _INVALID, "Invalid parameter: Tags Reason: Topic already exists with different tags"),
    Case(f"{_TOPICS}test_add_permission_errors#invalid-action", "AddPermission", {"TopicArn": "<topic>", "Label": "test-2", "AWSAccountId": ["123456789012"], "ActionName": ["InvalidAction"]}, _INVALID, "Invalid parameter: Policy statement action out of service scope!"),
    Case(f"{_TOPICS}test_remove_permission_errors#topic-not-found", "RemovePermission", {"TopicArn": _MISSING, "Label": "test"}, "NotFound", "Topic does not exist", 404),
    # Subscriptions.
    Case(f"{_SUBSCRIPTIONS}test_subscribe_with_invalid_topic#invalid-subscribe-arn-1", "Subscribe", {"TopicArn": "randomstring", "Protocol": "email", "Endpoint": "a@example.com"}, _INVALID, _too_few("TopicArn", 1)),
    Case(f"{_SUBSCRIPTIONS}test_subscribe_with_invalid_topic#non-existent-topic", "Subscribe", {"TopicArn": _MISSING, "Protocol": "email", "Endpoint": "a@example.com"}, "NotFound", "Topic does not exist", 404),
    _subscribe("test_sns.py::TestSNSSubscriptionCrudV2::test_subscribe_sqs_queue_url#subscribe-sqs-via-url-error", "Invalid parameter: SQS endpoint ARN", "sqs", "<queue>"),
    *(
        _subscribe(f"test_sns.py::TestSNSSubscriptionCrudV2::test_subscribe_invalid_sms#subscribe-bad-sms-{number}", f"Invalid SMS endpoint: {number}", "sms", number)
        for number in ("+15--551234567", "NAA+15551234567", "+15551234567.", "/+15551234567")
    ),
    _subscribe(f"{_FIFO}not-fifo-topic", "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics", "sqs", "arn:aws:sqs:us-east-1:000000000000:queue.fifo"),
    _subscribe("API_Subscribe.html#protocol", "Invalid parameter: Amazon SNS does not support this protocol string: fax", "fax", "1"),
    _subscribe("API_Subscribe.html#again", "Invalid parameter: Attributes Reason: Subscription already exists with different attributes", "sqs", "arn:aws:sqs:us-east-1:000000000000:queue", Attributes={"RawMessageDelivery": "true"}),
    _subscribe("test_sns.py::TestSNSSubscriptionCrudV2::test_subscribe_invalid_filter_policy#subscribe-invalid-filter-policy", "Invalid parameter: Attributes Reason: FilterPolicy: failed to parse JSON. Unrecognized token 'invalid': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 8]", "email", "a@example.com", Attributes={"FilterPolicy": "invalid-json"}),
    Case(f"{_SUBSCRIPTIONS}test_not_found_error_on_set_subscription_attributes#sub-not-found", "SetSubscriptionAttributes", {"SubscriptionArn": f"{_MISSING}:5f1ea31c-f534-4426-82fa-67fadb2d50e6", "AttributeName": "RawMessageDelivery", "AttributeValue": "true"}, "NotFound", "Subscription does not exist", 404),
    Case(f"{_SUBSCRIPTIONS}test_unsubscribe_wrong_arn_format#invalid-unsubscribe-arn-1", "Unsubscribe", {"SubscriptionArn": "randomstring"}, _INVALID, _too_few("SubscriptionArn", 1)),
    Case(f"{_SUBSCRIPTIONS}test_unsubscribe_wrong_arn_format#invalid-unsubscribe-arn-3", "Unsubscribe", {"SubscriptionArn": "arn:aws:sns:us-east-1:111111111111:random"}, _INVALID, "Invalid parameter: SubscriptionId"),
    Case(f"{_SUBSCRIPTIONS}test_unsubscribe_wrong_arn_format#invalid-unsubscribe-arn-4", "Unsubscribe", {}, _INVALID, "Invalid parameter: SubscriptionArn Reason: no value for required parameter"),
    Case(f"{_FIFO}regular-queue-for-dlq-of-fifo-topic", "SetSubscriptionAttributes", {"SubscriptionArn": "<subscription.fifo>", "AttributeName": "RedrivePolicy", "AttributeValue": '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:queue"}'}, _INVALID, "Invalid parameter: RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."),
    *(
        Case(f"{_SUBSCRIPTIONS}test_sns_confirm_subscription_wrong_token#{token[:9]}", "ConfirmSubscription", {"TopicArn": "<topic>", "Token": token}, _INVALID, f"Invalid {what}")
        for token, what in (("randomtoken", "token"), ("51b2ff3edb475b7d91550e0ab6edf0c1" * 9, "parameter: Token"))
    ),
    # Mobile push.
    *(
        Case(f"{_PUSH}ApplicationCrud::test_create_platform_application_invalid_attributes[{one}]", "CreatePlatformApplication", {"Name": "n", "Platform": "ADM", "Attributes": {one: "x"}}, _INVALID, f"Invalid parameter: Attributes Reason: {one} attribute provided without {other}")
        for one, other in (("PlatformPrincipal", "PlatformCredential"), ("PlatformCredential", "PlatformPrincipal"))
    ),
    Case(f"{_PUSH}ApplicationCrud::test_create_platform_application_invalid_platform#invalid-platform", "CreatePlatformApplication", {"Name": "n", "Platform": "AAA", "Attributes": _KEYS}, _INVALID, "Invalid parameter: Platform Reason: AAA is not supported"),
    Case(f"{_PUSH}ApplicationCrud::test_create_platform_application_invalid_name[too-long]#name", "CreatePlatformApplication", {"Name": "a" * 257, "Platform": "ADM", "Attributes": _KEYS}, _INVALID, f"Invalid parameter: {'a' * 257} Reason: must be at most 256 characters long"),
    Case(f"{_PUSH}ApplicationCrud::test_get_platform_application_attributes_invalid_arn#invalid-application-arn", "GetPlatformApplicationAttributes", {"PlatformApplicationArn": "invalid-arn"}, _INVALID, _too_few("PlatformApplicationArn", 1)),
    Case(f"{_PUSH}EndpointCrud::test_create_platform_endpoint_non_existent_app#create-platform-endpoint", "CreatePlatformEndpoint", {"PlatformApplicationArn": "arn:aws:sns:us-east-1:000000000000:app/ADM/gone", "Token": "t"}, "NotFound", "PlatformApplication does not exist", 404),
    Case(f"{_PUSH}EndpointCrud::test_create_platform_endpoint_idempotency#create-platform-endpoint-different-token", "CreatePlatformEndpoint", {"PlatformApplicationArn": "<application>", "Token": "token", "Attributes": {"Enabled": "false"}}, _INVALID, "Invalid parameter: Token Reason: Endpoint <endpoint> already exists with the same Token, but different attributes."),
    Case(f"{_PUSH}EndpointCrud::test_get_platform_endpoint_attributes_non_existent_endpoint#endpoint", "GetEndpointAttributes", {"EndpointArn": "arn:aws:sns:us-east-1:000000000000:endpoint/ADM/a/1"}, "NotFound", "Endpoint does not exist", 404),
    Case(f"{_PUSH}EndpointCrud::test_set_platform_endpoint_attributes_invalid_attributes[Invalid_Name_Principal]#name", "SetEndpointAttributes", {"EndpointArn": "<endpoint>", "Attributes": {"PlatformPrincipal": "x"}}, _INVALID, "Invalid parameter: Attributes Reason: Invalid attribute name: PlatformPrincipal"),
    Case(f"{_PUSH}EndpointCrud::test_set_platform_endpoint_attributes_invalid_attributes[Data_Too_Long]#data", "SetEndpointAttributes", {"EndpointArn": "<endpoint>", "Attributes": {"CustomUserData": "a" * 2049}}, _INVALID, "Invalid parameter: Attributes Reason: Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding"),
    # Filter policies.
    Case(f"{_FILTERS}Crud::test_set_subscription_filter_policy_scope#sub-attrs-filter-scope-error", "SetSubscriptionAttributes", {"SubscriptionArn": "<subscription>", "AttributeName": "FilterPolicyScope", "AttributeValue": "RandomValue"}, _INVALID, "Invalid parameter: FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes"),
    _policy("Crud::test_sub_filter_policy_nested_property#sub-filter-policy-nested-error", {"object": {"key": [{"prefix": "auto-"}]}}, "Filter policy scope MessageAttributes does not support nested filter policy"),
    _policy("Crud::test_sub_filter_policy_nested_property_constraints#sub-filter-policy-nested-error-too-many-combinations", {"key_a": {"key_b": {"key_c": [1, 2, 3, 4]}}, "key_d": {"key_e": [1, 2, 3]}, "key_f": [1, 2, 3]}, "FilterPolicy: Filter policy is too complex", "<body>"),
    _policy("Crud::test_sub_filter_policy_nested_property_constraints#sub-filter-policy-max-attr-keys", {name: ["value"] for name in "abcdef"}, "FilterPolicy: Filter policy can not have more than 5 keys"),
    _policy("Crud::test_sub_filter_policy_nested_property_constraints#sub-filter-policy-rule-no-list", {"key_a": "value_one"}, 'FilterPolicy: "key_a" must be an object or an array\n at [Source: (String)"{"key_a":"value_one"}"; line: 1, column: 11]'),
    _policy("Conditions::test_policy_complexity_with_or#error-complexity-or-flat", {"source": [1, 2, 3, 4], "$or": [{"a": [1, 2, 3, 4, 5, 6]}, {"b": [1, 2, 3, 4], "$or": [{"c": [1, 2, 3, 4]}, {"d": [1, 2, 3, 4]}]}]}, "FilterPolicy: Filter policy is too complex"),
    # Messages.
    _publish(f"{_PUBLISH}test_publish_wrong_arn_format#invalid-topic-arn-1", _too_few("TopicArn", 2), TopicArn="randomstring:1"),
    _publish(f"{_PUBLISH}test_publish_wrong_arn_format#empty-topic", _too_few("TopicArn", 1), TopicArn=""),
    Case(f"{_PUBLISH}test_unknown_topic_publish#error", "Publish", {"TopicArn": _MISSING, "Message": "m"}, "NotFound", "Topic does not exist", 404),
    _publish(f"{_PUBLISH}test_publish_non_existent_target#non-existent-endpoint", "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified", TopicArn=None, TargetArn="arn:aws:sns:us-east-1:000000000000:endpoint/APNS/abcdef/0f7d5971-aa8b-4bd5-b585-0826e9f93a66"),
    _publish("test_sns.py::TestSNSSMS::test_publish_wrong_phone_format#wrong-format", "Invalid parameter: PhoneNumber Reason: NAA+15551234567 is not valid to publish to", TopicArn=None, PhoneNumber="NAA+15551234567"),
    _publish(f"{_PUBLISH}test_publish_with_empty_subject#response-with-empty-subject", "Invalid parameter: Subject", Subject=""),
    _publish(f"{_PUBLISH}test_empty_sns_message#empty-msg-error", "Invalid parameter: Empty message", Message=""),
    _publish(f"{_PUBLISH}test_publish_too_long_message#error-with-attrs", "Invalid parameter: Message too long", Message="a" * 262_133, MessageAttributes={"attr1": {"DataType": "Number", "StringValue": "1"}}),
    _publish(f"{_PUBLISH}test_message_structure_json_exc#missing-default-key", "Invalid parameter: Message Structure - No default entry in JSON message body", Message='{"sqs": "m"}', MessageStructure="json"),
    _publish(f"{_PUBLISH}test_message_structure_json_exc#invalid-json", "Invalid parameter: Message Structure - JSON message body failed to parse", Message='{"default": "m"} }', MessageStructure="json"),
    _publish(f"{_PUBLISH}test_message_structure_json_exc#key-is-not-string", "Invalid parameter: Message Structure - No default entry in JSON message body", Message='{"default": {"object": "m"}}', MessageStructure="json"),
    _publish(f"{_FIFO}no-msg-group-id", "Invalid parameter: The MessageGroupId parameter is required for FIFO topics", TopicArn="<topic.fifo>"),
    _publish(f"{_FIFO}no-dedup-policy", "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly", TopicArn="<topic.fifo>", MessageGroupId="g"),
    _publish(f"{_FIFO}no-msg-dedup-regular-topic", "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type", MessageDeduplicationId="d"),
    _batch(f"{_PUBLISH}test_publish_batch_too_long_message#error-no-attrs", "The length of all the messages put together is more than the limit.", "BatchRequestTooLong", {"Id": "1", "Message": "a" * 131_072}, {"Id": "2", "Message": "b" * 131_073}, topic="<topic>"),
    _batch(f"{_PUBLISH}test_publish_batch_invalid_entry_id#invalid-char-dot", "The Id of a batch entry in the batch request contains an impermissible character: message.id", "InvalidBatchEntryId", {"Id": "message.id", "Message": "m"}),
    _batch(f"{_PUBLISH}test_publish_batch_invalid_entry_id#id-too-long-81", f"The Id of a batch entry in the batch request is too long: {'a' * 81}", "InvalidBatchEntryId", {"Id": "a" * 81, "Message": "m"}),
    _batch(f"{_SQS}test_publish_batch_exceptions#no-group-id", "Invalid parameter: The MessageGroupId parameter is required for FIFO topics", _INVALID, {"Id": "1", "Message": "m"}),
    _batch(f"{_SQS}test_publish_batch_exceptions#too-many-msg", "The batch request contains more entries than permissible.", "TooManyEntriesInBatchRequest", *({"Id": str(number), "Message": "m"} for number in range(11))),
    _batch(f"{_SQS}test_publish_batch_exceptions#same-msg-id", "Two or more batch entries in the request have the same Id.", "BatchEntryIdsNotDistinct", {"Id": "1", "Message": "m"}, {"Id": "1", "Message": "m"}),
    _batch(f"{_SQS}test_publish_batch_exceptions#no-default-key-json", "Invalid parameter: Message Structure - No default entry in JSON message body", _INVALID, {"Id": "1", "Message": '{"sqs": "m"}', "MessageStructure": "json"}),
]  # fmt: skip

_EMPTY = "The message attribute 'a' must contain non-empty message attribute value for message attribute type '{}'."
_TYPE = "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
_FIELD = "The message attribute 'a' with type '{}' must use field '{}'."
ATTRIBUTES = [
    ({"a": {"DataType": "String", "StringValue": ""}}, _EMPTY.format("String")),
    ({"a": {"DataType": "String"}}, _EMPTY.format("String")),
    ({"a": {"DataType": "Binary", "BinaryValue": b""}}, _EMPTY.format("Binary")),
    ({"a": {"DataType": "String", "BinaryValue": b"123"}}, _FIELD.format("String", "String")),
    ({"a": {"DataType": "Number", "BinaryValue": b"123"}}, _FIELD.format("Number", "String")),
    ({"a": {"DataType": "Binary", "StringValue": "123"}}, _FIELD.format("Binary", "Binary")),
    ({"a": {"DataType": "InvalidType", "StringValue": "123"}}, _TYPE),
    ({"a": {"DataType": "String.", "StringValue": "1"}}, _TYPE),
    ({"a": {"DataType": "Stringprefixed", "StringValue": "1"}}, _TYPE),
    ({"a" * 257: {"DataType": "String", "StringValue": "1"}}, "Length of message attribute name must be less than 256 bytes."),
    ({"a^*?": {"DataType": "String", "StringValue": "1"}}, "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."),
    ({".abc": {"DataType": "String", "StringValue": "1"}}, "Invalid message attribute name starting with character '.' was found."),
    ({"abc.": {"DataType": "String", "StringValue": "1"}}, "Invalid message attribute name ending with character '.' was found."),
    ({"a..bc": {"DataType": "String", "StringValue": "1"}}, "Message attribute name can not have successive '.' character."),
]  # fmt: skip

NUMERIC = [
    ([], "Invalid member in numeric match: ]", 22),
    (["operator"], "Unrecognized numeric range operator: operator", 32),
    ([1, "<="], "Invalid member in numeric match: 1", 22),
    (["=", "000"], "Value of equals must be numeric", 26),
    ([">="], "Value of >= must be numeric", 26),
    (["<", 100, ">", 10], "Too many elements in numeric expression", 30),
    ([">=", 1, ">", 2], "Bad numeric range operator: >", 31),
    ([">", 3, "<", 1], "Bottom must be less than top", 33),
    ([">", 20, "<="], "Value of <= must be numeric", 33),
    ([">", 20, 30], "Bad value in numeric range: 30", 30),
    ([">", 20, "test"], "Bad numeric range operator: test", 34),
    ([">", "20", "<", "30"], "Value of > must be numeric", 26),
    ([">", 20, "<", "30"], "Value of < must be numeric", 33),
    ([">", 20, "<", 30, "<", 50], "Too many terms in numeric range expression", 36),
]
CONDITIONS = [
    (["value"], "Match value must be String, number, true, false, or null", 10),
    ({"wrong-operator": True}, "Unrecognized match type wrong-operator", 31),
    ({"suffix": "value", "prefix": "value2"}, "Only one key allowed in match expression", 37),
    ({"exists": None}, "exists match pattern must be either true or false.", 23),
    ({"exists": "no"}, "exists match pattern must be either true or false.", 20),
    ({"anything-but": {"wrong-operator": None}}, "Unsupported anything-but pattern: wrong-operator", 47),
    ({"anything-but": {"suffix": "test"}}, "Unsupported anything-but pattern: suffix", 36),
    ({"anything-but": {"exists": False}}, "Unsupported anything-but pattern: exists", 40),
    ({"anything-but": {"prefix": False}}, "prefix match pattern must be a string", 40),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_refused(world: World, case: Case) -> None:
    world.refuses("sns", case)


@pytest.mark.parametrize(("attributes", "message"), ATTRIBUTES)
def test_message_attributes(world: World, attributes: dict[str, Any], message: str) -> None:
    source = f"{_SQS}test_empty_or_wrong_message_attributes#"
    code = "ParameterValueInvalid"
    world.refuses("sns", _publish(source, message, code, MessageAttributes=attributes))
    world.refuses(
        "sns", _batch(source, message, code, {"Id": "1", "Message": "m", "MessageAttributes": attributes})
    )


@pytest.mark.parametrize(
    ("condition", "message", "column"),
    [*CONDITIONS, *(({"numeric": numbers}, message, column) for numbers, message, column in NUMERIC)],
)
def test_filter_policy(world: World, condition: object, message: str, column: int) -> None:
    policy = {"key": [condition]}
    plain = json.dumps(policy, separators=(",", ":"))
    refused = f'FilterPolicy: {message}\n at [Source: (String)"{plain}"; line: 1, column: {column}]'
    world.refuses("sns", _policy("Conditions::test_validate_policy#", policy, refused))
    attributes = {"FilterPolicy": json.dumps(policy)}
    message = f"Invalid parameter: Attributes Reason: {refused}"
    world.refuses("sns", _subscribe("#", message, "email", "a@example.com", Attributes=attributes))


def test_accepted(world: World) -> None:
    good = {
        "a": [{"prefix": "x"}, {"anything-but": ["y"]}, {"numeric": [">", 0, "<=", 5]}, None],
        "$or": [{"b": [1]}, {"c": [2]}],
    }
    accepted: list[tuple[str, dict[str, Any]]] = [
        ("CreateTopic", {"Name": "topic"}),
        ("CreateTopic", {"Name": "topic", "Attributes": {"DisplayName": "Value1"}}),
        ("DeleteTopic", {"TopicArn": _MISSING}),
        ("Subscribe", {"TopicArn": "<topic>", "Protocol": "sqs", "Endpoint": "arn:aws:sqs:us-east-1:000000000000:queue"}),
        ("Subscribe", {"TopicArn": "<topic>", "Protocol": "sms", "Endpoint": "+1 (555) 123-4567"}),
        ("Unsubscribe", {"SubscriptionArn": f"{_MISSING}:5f1ea31c-f534-4426-82fa-67fadb2d50e6"}),
        ("SetSubscriptionAttributes", {"SubscriptionArn": "<body>", "AttributeName": "FilterPolicy", "AttributeValue": '{"a": {"b": ["c"]}}'}),
        ("SetSubscriptionAttributes", {"SubscriptionArn": "<subscription>", "AttributeName": "FilterPolicy", "AttributeValue": json.dumps(good)}),
        ("SetSubscriptionAttributes", {"SubscriptionArn": "<subscription>", "AttributeName": "FilterPolicy", "AttributeValue": "{}"}),
        ("Publish", {"TopicArn": "<topic>", "Message": "m", "MessageGroupId": "g", "Subject": "s", "MessageAttributes": {"a.b": {"DataType": "String.Array", "StringValue": "[]"}}}),
        ("Publish", {"TopicArn": "<topic>", "Message": "a" * 262_144}),
    ]  # fmt: skip
    for operation, request in accepted:
        world.call("sns", operation, request)
