"""What SNS refuses."""

import functools
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from workbench_sandbox.server.door import event_patterns, stores
from workbench_sandbox.server.door.event_patterns import Malformed, line_and_column, tokens
from workbench_sandbox.server.door.rules import Call, Check, Refused, Rules
from workbench_sandbox.server.door.rules.sqs import attributes_fault, message_bytes

_MAX_KEYS = 5
_MAX_COMBINATIONS = 150
"""Source: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html"""
_ATTRIBUTES = "MessageAttributes"
_SCOPES = (_ATTRIBUTES, "MessageBody")
_OR = "$or"
_DOCS = "https://docs.aws.amazon.com/sns/latest/"
_MAX_MESSAGE_BYTES = 262_144
_MAX_BATCH_ENTRIES = 10
_MAX_BATCH_ID = 80
_MAX_SUBJECT = 100
_TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")
_BATCH_ID = re.compile(r"[A-Za-z0-9_-]*")
_PHONE = re.compile(r"\+?[1-9]\d{1,14}", re.ASCII)
_SMS = re.compile(r"\+?[\s()]*\d(?:[\s()]*[./-]?[\s()]*\d)*[\s()]*", re.ASCII)
_TOKEN = re.compile(r"[0-9a-f]{64,}")
_PROTOCOLS = ("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")
_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "FifoTopic": "false",
    "FilterPolicyScope": "MessageAttributes",
    "RawMessageDelivery": "false",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
}
_IN_TOPIC = (
    "AddPermission", "DeleteTopic", "GetDataProtectionPolicy", "GetTopicAttributes",
    "ListSubscriptionsByTopic", "Publish", "PublishBatch", "RemovePermission", "SetTopicAttributes",
    "Subscribe",
)  # fmt: skip
_IDEMPOTENT = ("DeleteTopic",)
_PUBLISHES = ("Publish", "PublishBatch")
_ACTIONS = frozenset((*_IN_TOPIC, "ListTagsForResource", "Receive", "*"))
_MAX_APPLICATION_NAME = 256
_MAX_DATA_BYTES = 2048
_PLATFORMS = ("ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "FCM", "GCM", "MACOS", "MACOS_SANDBOX", "MPNS", "WNS")  # fmt: skip
_ENDPOINT_ATTRIBUTES = ("CustomUserData", "Enabled", "Token")
_WITH_APPLICATION = (
    "CreatePlatformEndpoint",
    "GetPlatformApplicationAttributes",
    "ListEndpointsByPlatformApplication",
    "SetPlatformApplicationAttributes",
)
_WITH_ENDPOINT = ("GetEndpointAttributes", "SetEndpointAttributes")

_not_found = functools.partial(Refused, "NotFound", status=404)

rules = Rules("sns")


def _policy_fault(text: str, scope: str) -> str:
    """Why AWS refuses a filter policy, in its words; empty if it does not.

    Args:
        text: The policy, as sent. AWS rewrites it without spaces before it checks it.
        scope: The subscription's scope; empty for MessageAttributes.
    """
    try:
        policy = json.loads(text)
    except ValueError:
        return _syntax_fault(text)
    except RecursionError:
        return "FilterPolicy: Filter policy is too complex"
    if policy == {}:
        return ""
    if isinstance(policy, dict):
        if len(policy) > _MAX_KEYS:
            return f"FilterPolicy: Filter policy can not have more than {_MAX_KEYS} keys"
        if (scope or _ATTRIBUTES) == _ATTRIBUTES and _is_nested(policy):
            return "Filter policy scope MessageAttributes does not support nested filter policy"
        if _combinations(policy, 1) > _MAX_COMBINATIONS:
            return "FilterPolicy: Filter policy is too complex"
    plain = json.dumps(policy, separators=(",", ":"), ensure_ascii=False)
    fault = event_patterns.fault(plain, event_patterns.TOPICS)
    return f"FilterPolicy: {fault}" if fault else ""


def _syntax_fault(text: str) -> str:
    try:
        list(tokens(text))
    except Malformed as malformed:
        return (
            f"FilterPolicy: failed to parse JSON. {malformed.message}\n at [Source: REDACTED "
            f"(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); {line_and_column(text, malformed.offset)}]"
        )
    return ""


def _is_nested(policy: dict[str, Any]) -> bool:
    branches = [each for each in _branches(policy) if isinstance(each, dict)]
    return any(isinstance(value, dict) for value in policy.values()) or any(map(_is_nested, branches))


def _branches(policy: dict[str, Any]) -> list[Any]:
    found = policy.get(_OR)
    return found if isinstance(found, list) else []


def _combinations(policy: dict[str, Any], depth: int) -> int:
    """The product of the number of values of all keys, each with its depth; alternatives are added."""
    return math.prod(
        _combinations(value, depth + 1)
        if isinstance(value, dict)
        else sum(_combinations(each, depth) for each in value if isinstance(each, dict))
        if name == _OR and any(isinstance(each, dict) for each in value)
        else max(len(value), 1) * depth
        for name, value in policy.items()
        if isinstance(value, dict | list)
    )


def _invalid(what: str, code: str = "InvalidParameter") -> Refused:
    return Refused(code, f"Invalid parameter: {what}")


def _entries(call: Call) -> tuple[Mapping[str, Any], ...]:
    if call.operation == "Publish":
        return (call.parameters,)
    return tuple(call.parameters.get("PublishBatchRequestEntries", ()))


def _message_bytes(message: Mapping[str, Any]) -> int:
    return message_bytes(message.get("Message", ""), message.get("MessageAttributes", {}))


# ---- ARNs ------------------------------------------------------------------------------------------------


def _check_arn(member: str) -> Check:
    """Checks that an ARN, if given, has six parts."""

    def check(call: Call) -> None:
        arn = call.parameters.get(member)
        if arn is not None and (parts := len(str(arn).split(":"))) < 6:
            raise _invalid(f"{member} Reason: An ARN must have at least 6 elements, not {parts}")

    return check


rules.add("Unsubscribe", "test_unsubscribe_wrong_arn_format")(_check_arn("SubscriptionArn"))


@rules.add("Unsubscribe", "test_unsubscribe_wrong_arn_format")
def _check_subscription_arn(call: Call) -> None:
    arn = call.parameters.get("SubscriptionArn")
    if not arn:
        raise _invalid("SubscriptionArn Reason: no value for required parameter")
    if len(str(arn).split(":")) == 6:
        raise _invalid("SubscriptionId")


rules.add(_IN_TOPIC, "test_create_topic_with_attributes")(_check_arn("TopicArn"))


@rules.add(_IN_TOPIC, "test_create_topic_with_attributes")
def _check_topic(call: Call) -> None:
    arn = call.parameters.get("TopicArn")
    if arn is None:
        return
    if str(arn).split(":")[3] != call.region:
        raise _invalid("TopicArn")
    if call.operation not in _IDEMPOTENT and stores.topic(arn) is None:
        raise _not_found("Topic does not exist")


for _operations, _member, _find, _text, _source in (
    (
        ("GetSubscriptionAttributes", "SetSubscriptionAttributes"), "SubscriptionArn", stores.subscription,
        "Subscription does not exist", "test_not_found_error_on_set_subscription_attributes",
    ),
    (
        _WITH_APPLICATION, "PlatformApplicationArn", stores.platform_application,
        "PlatformApplication does not exist", "test_create_platform_endpoint_non_existent_app",
    ),
    (
        _WITH_ENDPOINT, "EndpointArn", stores.platform_endpoint,
        "Endpoint does not exist", "test_get_platform_endpoint_attributes_non_existent_endpoint",
    ),
):  # fmt: skip
    rules.add(_operations, _source)(_check_arn(_member))
    rules.need(_operations, _source, _find, _member, _not_found, _text)


# ---- topics ----------------------------------------------------------------------------------------------


@rules.add("CreateTopic", "test_create_topic_different_attrs")
def _check_name(call: Call) -> None:
    is_fifo = call.parameters.get("Attributes", {}).get("FifoTopic") == "true"
    pattern = _FIFO_NAME if is_fifo else _TOPIC_NAME
    if not pattern.fullmatch(call.text("Name")):
        raise _invalid("Topic Name")


@rules.add("CreateTopic", "test_create_topic_different_attrs")
def _check_same_topic(call: Call) -> None:
    """A topic may be created again with the same attributes and tags."""
    name = call.text("Name")
    found = stores.topic(f"arn:aws:sns:{call.region}:{call.account_id}:{name}")
    if found is None:
        return
    if not _are_same(call.parameters.get("Attributes", {}), found["attributes"]):
        raise _invalid("Attributes Reason: Topic already exists with different attributes")
    tags = found.get("tags", {})
    if any(tags.get(each.get("Key")) != each.get("Value") for each in call.parameters.get("Tags", ())):
        raise _invalid("Tags Reason: Topic already exists with different tags")


def _are_same(wanted: Mapping[str, str], present: Mapping[str, str]) -> bool:
    return all(
        _plain(value) == _plain(present.get(name) or _DEFAULTS.get(name, ""))
        for name, value in wanted.items()
    )


def _plain(text: str) -> Any:
    """The content of a document."""
    try:
        return json.loads(text) if text.startswith("{") else text
    except (ValueError, RecursionError):
        return text


# ---- permissions -----------------------------------------------------------------------------------------


@rules.add("AddPermission", "test_add_permission_errors")
def _check_permission(call: Call) -> None:
    topic = stores.topic(call.text("TopicArn"))
    policy = _plain(topic["attributes"].get("Policy", "")) if topic else {}
    statements = policy.get("Statement", []) if isinstance(policy, dict) else []
    if call.parameters.get("Label") in [each.get("Sid") for each in statements if isinstance(each, dict)]:
        raise _invalid("Statement already exists")
    if not _ACTIONS.issuperset(call.parameters.get("ActionName", ())):
        raise _invalid("Policy statement action out of service scope!")


# ---- subscriptions ---------------------------------------------------------------------------------------


@rules.add("Subscribe", "test_subscribe_sqs_queue_url")
def _check_endpoint(call: Call) -> None:
    protocol, endpoint = call.text("Protocol"), call.text("Endpoint")
    if protocol not in _PROTOCOLS:
        raise _invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if protocol == "sqs" and not endpoint.startswith("arn:"):
        raise _invalid("SQS endpoint ARN")
    if protocol == "lambda" and not endpoint.startswith("arn:"):
        raise _invalid("Lambda endpoint ARN")
    if protocol == "sms" and not _SMS.fullmatch(endpoint):
        raise Refused("InvalidParameter", f"Invalid SMS endpoint: {endpoint}")
    if protocol == "sqs" and endpoint.endswith(".fifo") and not _topic_arn(call).endswith(".fifo"):
        raise _invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )


def _topic_arn(call: Call) -> str:
    if call.operation == "Subscribe":
        return call.text("TopicArn")
    return call.text("SubscriptionArn").rpartition(":")[0]


def _wanted(call: Call) -> tuple[str, Mapping[str, str]]:
    """Returns how AWS begins an error about an attribute of a subscription, and the attributes."""
    if call.operation == "Subscribe":
        return "Attributes Reason: ", call.parameters.get("Attributes", {})
    name = call.text("AttributeName")
    return "", {name: call.text("AttributeValue")}


@rules.add(("SetSubscriptionAttributes", "Subscribe"), "test_set_subscription_filter_policy_scope")
def _check_scope(call: Call) -> None:
    before, attributes = _wanted(call)
    scope = attributes.get("FilterPolicyScope")
    if scope is not None and scope not in _SCOPES:
        raise _invalid(
            f"{before}FilterPolicyScope: Invalid value [{scope}]. Please use either MessageBody or MessageAttributes"
        )


@rules.add(("SetSubscriptionAttributes", "Subscribe"), "test_validate_policy")
def _check_filter_policy(call: Call) -> None:
    before, attributes = _wanted(call)
    policy = attributes.get("FilterPolicy")
    if not policy:
        return
    scope = attributes.get("FilterPolicyScope", "")
    if call.operation != "Subscribe":
        found = stores.subscription(call.text("SubscriptionArn"))
        scope = found["attributes"].get("FilterPolicyScope", "") if found else ""
    if fault := _policy_fault(policy, scope):
        raise _invalid(before + fault)


@rules.add(("SetSubscriptionAttributes", "Subscribe"), "test_validations_for_fifo")
def _check_redrive_policy(call: Call) -> None:
    before, attributes = _wanted(call)
    policy = _plain(attributes.get("RedrivePolicy", ""))
    target = str(policy.get("deadLetterTargetArn", "")) if isinstance(policy, dict) else ""
    if target and _topic_arn(call).endswith(".fifo") and not target.endswith(".fifo"):
        raise _invalid(
            f"{before}RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."
        )


@rules.add("Subscribe", f"{_DOCS}api/API_Subscribe.html")
def _check_same_subscription(call: Call) -> None:
    """An endpoint may be subscribed again with the same attributes."""
    topic = stores.topic(call.text("TopicArn"))
    key = (call.parameters.get("Protocol"), call.parameters.get("Endpoint"))
    for each in topic["subscriptions"] if topic else ():
        present = each["attributes"]
        if (present.get("Protocol"), present.get("Endpoint")) == key and not _are_same(
            call.parameters.get("Attributes", {}), present
        ):
            raise _invalid("Attributes Reason: Subscription already exists with different attributes")


@rules.add("ConfirmSubscription", "test_sns_confirm_subscription_wrong_token")
def _check_token(call: Call) -> None:
    """Refuses an unknown token. AWS distinguishes whether it has the form of a token."""
    token = call.text("Token")
    topic = stores.topic(call.text("TopicArn"))
    if topic is None or token not in [each.get("token") for each in topic["subscriptions"]]:
        what = "parameter: Token" if _TOKEN.fullmatch(token) else "token"
        raise Refused("InvalidParameter", f"Invalid {what}")


# ---- messages --------------------------------------------------------------------------------------------


@rules.add("Publish", "test_publish_non_existent_target")
def _check_target(call: Call) -> None:
    number = call.parameters.get("PhoneNumber")
    if number is not None and not _PHONE.fullmatch(number):
        raise _invalid(f"PhoneNumber Reason: {number} is not valid to publish to")
    target = call.text("TargetArn")
    if ":endpoint/" in target and stores.platform_endpoint(target) is None:
        raise _invalid("TargetArn Reason: No endpoint found for the target arn specified")


@rules.add("PublishBatch", "test_publish_batch_exceptions")
def _check_batch(call: Call) -> None:
    entries = _entries(call)
    if not entries:
        raise Refused("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > _MAX_BATCH_ENTRIES:
        raise Refused(
            "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."
        )
    ids = [str(each.get("Id", "")) for each in entries]
    for each in ids:
        fault = "is too long" if len(each) > _MAX_BATCH_ID else ""
        if not _BATCH_ID.fullmatch(each):
            fault = "contains an impermissible character"
        if fault:
            raise Refused(
                "InvalidBatchEntryId", f"The Id of a batch entry in the batch request {fault}: {each}"
            )
    if len(set(ids)) < len(ids):
        raise Refused(
            "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."
        )
    if sum(map(_message_bytes, entries)) > _MAX_MESSAGE_BYTES:
        raise Refused(
            "BatchRequestTooLong", "The length of all the messages put together is more than the limit."
        )


def _each_message(check: Callable[[Mapping[str, Any]], None]) -> Check:
    def check_each(call: Call) -> None:
        for message in _entries(call):
            check(message)

    return check_each


@rules.add(_PUBLISHES, "test_empty_sns_message")
@_each_message
def _check_text(message: Mapping[str, Any]) -> None:
    if not message.get("Message"):
        raise _invalid("Empty message")
    subject = message.get("Subject")
    if subject is not None and (not subject or len(subject) > _MAX_SUBJECT or "\n" in subject):
        raise _invalid("Subject")
    if _message_bytes(message) > _MAX_MESSAGE_BYTES:
        raise _invalid("Message too long")


@rules.add(_PUBLISHES, "test_message_structure_json_exc")
@_each_message
def _check_structure(message: Mapping[str, Any]) -> None:
    if message.get("MessageStructure") != "json":
        return
    try:
        texts = json.loads(message.get("Message", ""))
    except (ValueError, RecursionError):
        raise _invalid("Message Structure - JSON message body failed to parse") from None
    if not isinstance(texts, dict) or not isinstance(texts.get("default"), str):
        raise _invalid("Message Structure - No default entry in JSON message body")


@rules.add(_PUBLISHES, "test_empty_or_wrong_message_attributes")
@_each_message
def _check_attributes(message: Mapping[str, Any]) -> None:
    if fault := attributes_fault(message.get("MessageAttributes", {})):
        raise Refused("ParameterValueInvalid", fault)


@rules.add(_PUBLISHES, "test_validations_for_fifo")
def _check_fifo(call: Call) -> None:
    topic = stores.topic(call.text("TopicArn"))
    if topic is None:
        return
    attributes = topic["attributes"]
    for message in _entries(call):
        has_id = bool(message.get("MessageDeduplicationId"))
        if attributes.get("FifoTopic") != "true":
            if has_id:
                raise _invalid(
                    "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that "
                    "is not valid for this topic type"
                )
            continue
        if not message.get("MessageGroupId"):
            raise _invalid("The MessageGroupId parameter is required for FIFO topics")
        if not has_id and attributes.get("ContentBasedDeduplication") != "true":
            raise _invalid(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
                "provided explicitly"
            )


# ---- mobile push: applications and endpoints ---------------------------------------------------------------


@rules.add("CreatePlatformApplication", "test_create_platform_application_invalid_name")
def _check_application_name(call: Call) -> None:
    name = call.text("Name")
    if not name:
        raise _invalid(f"{name} Reason: cannot be empty")
    if len(name) > _MAX_APPLICATION_NAME:
        raise _invalid(f"{name} Reason: must be at most {_MAX_APPLICATION_NAME} characters long")
    platform = call.parameters.get("Platform")
    if platform not in _PLATFORMS:
        raise _invalid(f"Platform Reason: {platform} is not supported")


@rules.add("CreatePlatformApplication", "test_create_platform_application_invalid_attributes")
def _check_credentials(call: Call) -> None:
    attributes = call.parameters.get("Attributes", {})
    for one, other in (
        ("PlatformPrincipal", "PlatformCredential"),
        ("PlatformCredential", "PlatformPrincipal"),
    ):
        if (
            one in attributes
            and other not in attributes
            and call.parameters.get("Platform") in ("ADM", "BAIDU")
        ):
            raise _invalid(f"Attributes Reason: {one} attribute provided without {other}")


@rules.add(
    ("CreatePlatformEndpoint", "SetEndpointAttributes"),
    "test_set_platform_endpoint_attributes_invalid_attributes",
)
def _check_endpoint_attributes(call: Call) -> None:
    attributes: Mapping[str, str] = call.parameters.get("Attributes", {})
    for name, value in attributes.items():
        if name not in _ENDPOINT_ATTRIBUTES:
            raise _invalid(f"Attributes Reason: Invalid attribute name: {name}")
        if name == "CustomUserData" and len(value.encode("utf-8", "surrogatepass")) > _MAX_DATA_BYTES:
            raise _invalid(
                f"Attributes Reason: Invalid value for attribute: {name}: must be at most {_MAX_DATA_BYTES} bytes long "
                "in UTF-8 encoding"
            )


@rules.add("CreatePlatformEndpoint", "test_create_platform_endpoint_idempotency")
def _check_same_endpoint(call: Call) -> None:
    token = call.parameters.get("Token")
    for each in stores.platform_endpoints():
        present = each["attributes"]
        if (
            each["application_arn"] != call.parameters.get("PlatformApplicationArn")
            or present.get("Token") != token
        ):
            continue
        wanted = {
            "CustomUserData": call.parameters.get("CustomUserData"),
            **call.parameters.get("Attributes", {}),
        }
        if any(value is not None and value != present.get(name, "") for name, value in wanted.items()):
            raise _invalid(
                f"Token Reason: Endpoint {each['arn']} already exists with the same Token, but different attributes."
            )
