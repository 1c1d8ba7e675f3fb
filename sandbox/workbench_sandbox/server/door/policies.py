"""IAM policies: evaluation as on AWS, and what Lambda requires of roles.

An explicit deny wins, and what no statement allows is denied. What cannot be evaluated here (a condition on
something that the Sandbox does not know) allows and never denies: a request that AWS accepts must pass.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html; for
Lambda's requirements https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, with-kinesis.html,
with-ddb.html, and texts reported by users of AWS, see tests/aws/documented_refusals.py.
"""

import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from workbench_sandbox.rules.iam import holds, like
from workbench_sandbox.server.door import stores

Statement = Mapping[str, Any]
Statements = tuple[Statement, ...]
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_MAX_KEPT = 256
_OF_SERVICES = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceowner")
"""Condition keys that only requests of services have. SNS's default topic policy uses AWS:SourceOwner."""
_OF_QUEUE = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_OF_STREAM = ("GetRecords", "GetShardIterator", "DescribeStream")
_LISTS = {"kinesis": "ListShards, and ListStreams", "dynamodb": "and ListStreams"}
_SENDS = {"sqs": ("SendMessage", "SQS"), "sns": ("Publish", "SNS")}
_CALLS = {"sqs": "SendMessage", "sns": "Publish", "lambda": "InvokeFunction"}
_OF_NETWORK = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface")
_LACKS = "The provided execution role does not have permissions to call {} on {}"


class Verdict(Enum):
    """The result of evaluating policies."""

    ALLOWED = "allowed"
    DENIED = "denied"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Asked:
    """An action to evaluate.

    Attributes:
        action: In the form of policies ("s3:GetObject").
        resources: The ARNs by which policies may name the resource; empty if unknown.
        keys: Condition keys in lower case. "" means that the request does not have the key; a missing key is
            unknown.
    """

    action: str
    resources: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)


def judge(
    documents: Iterable[Any], asked: Asked, is_meant: Callable[[Statement], bool] = lambda _: True
) -> Verdict:
    """Evaluates several policies together.

    Args:
        documents: Policies, as text or parsed. Anything else is ignored.
        is_meant: Whether a statement applies to the caller: resource policies name principals.
    """
    verdict = Verdict.SILENT
    for document in documents:
        for statement in statements_of(document):
            is_denial = statement.get("Effect") == "Deny"
            if not is_denial and (statement.get("Effect") != "Allow" or verdict is Verdict.ALLOWED):
                continue
            if is_meant(statement) and _covers(statement, asked, is_denial=is_denial):
                if is_denial:
                    return Verdict.DENIED
                verdict = Verdict.ALLOWED
    return verdict


def statements_of(document: Any) -> Statements:
    """Returns the statements of a policy, as text or parsed; none if it is not a policy."""
    return _read(document) if isinstance(document, str) else _statements(document)


def listed(value: Any) -> list[Any]:
    """Returns the values of a member that is one value or a list."""
    return list(value) if isinstance(value, list) else [value]


@functools.lru_cache(maxsize=_MAX_KEPT)
def _read(document: str) -> Statements:
    try:
        return _statements(json.loads(document))
    except (ValueError, RecursionError):
        return ()


def _statements(policy: Any) -> Statements:
    found = policy.get("Statement", []) if isinstance(policy, dict) else []
    return tuple(each for each in listed(found) if isinstance(each, dict))


def _covers(statement: Statement, asked: Asked, *, is_denial: bool) -> bool:
    return (
        _names_action(statement, asked.action.lower())
        and _names_resource(statement, asked, is_denial=is_denial)
        and _is_met(statement.get("Condition"), asked, is_denial=is_denial)
    )


def _names_action(statement: Statement, action: str) -> bool:
    if "NotAction" in statement:
        return not _is_like(action, statement["NotAction"])
    return "Action" in statement and _is_like(action, statement["Action"])


def _is_like(action: str, patterns: Any) -> bool:
    return any(like(action, str(each).lower()) for each in listed(patterns))


def _names_resource(statement: Statement, asked: Asked, *, is_denial: bool) -> bool:
    is_other = "NotResource" in statement
    if not is_other and "Resource" not in statement:
        return True  # trust policies have no resource
    patterns = [str(each) for each in listed(statement["NotResource" if is_other else "Resource"])]
    if not asked.resources:
        return not is_denial or (not is_other and "*" in patterns)
    is_named = any(
        like(resource, filled)
        for pattern in patterns
        if (filled := _filled(pattern, asked, is_denial=is_denial)) is not None
        for resource in asked.resources
    )
    return is_named is not is_other


def _filled(pattern: str, asked: Asked, *, is_denial: bool) -> str | None:
    """A pattern with its policy variables replaced; None if it matches nothing."""
    if "${" not in pattern:
        return pattern
    values = [asked.keys.get(name.lower().partition(",")[0]) for name in _VARIABLE.findall(pattern)]
    if "" in values or (is_denial and None in values):
        return None
    # Unknown variables match anything. ${*}, ${?} and ${$} stand for the character, which matches itself.
    return _VARIABLE.sub(lambda match: asked.keys.get(match[1].lower().partition(",")[0], "*"), pattern)


def _is_met(conditions: Any, asked: Asked, *, is_denial: bool) -> bool:
    """Whether all conditions are met; unknown ones count in favour of the caller."""
    if not isinstance(conditions, dict):
        return True
    for operator, tests in conditions.items():
        for key, expected in tests.items() if isinstance(tests, dict) else ():
            value = asked.keys.get(key.lower())
            is_met = None if value is None else holds(operator, _texts(expected, asked), value)
            if is_met is False or (is_met is None and is_denial):
                return False
    return True


def _texts(expected: Any, asked: Asked) -> list[str]:
    texts = [str(each) for each in listed(expected)]
    return [_filled(each, asked, is_denial=False) or "" for each in texts]


# ---- what policies let others do -----------------------------------------------------------------------


class Principal(NamedTuple):
    """A service of AWS as the caller.

    Attributes:
        service: In the form of policies ("s3.amazonaws.com").
        source_arn: The resource on whose behalf it calls, for conditions; empty if unknown.
        account_id: The account of that resource; empty if unknown.
    """

    service: str
    source_arn: str = ""
    account_id: str = ""


def may_assume(role_arn: str, principal: Principal) -> bool:
    """Whether a role exists and its trust policy allows a service to assume it."""
    role = stores.role(role_arn)
    return role is not None and allows(role.get("AssumeRolePolicyDocument", ""), principal, "sts:AssumeRole")


def may_invoke(function_arn: str, principal: Principal) -> bool:
    """Whether a function exists and its policy allows a service to invoke it.

    The policy of the version or alias in the ARN applies.
    """
    _, _, _, region, account_id, *resource = [*function_arn.split(":"), *[""] * 7][:8]
    function = stores.function(resource[1], account_id, region) if resource[0] == "function" else None
    statements = statements_of((function or {}).get("policy", {}))
    own = [each for each in statements if each.get("Resource") == function_arn]
    return allows({"Statement": own}, principal, "lambda:InvokeFunction")


def accepts(target_arn: str, principal: Principal) -> bool:
    """Whether the policy of a function, queue or topic lets a service deliver to it."""
    service = stores.service_of(target_arn)
    if service == "lambda":
        return may_invoke(target_arn, principal)
    return allows(stores.resource_policy(target_arn), principal, f"{service}:{_CALLS[service]}")


def allows(document: Any, principal: Principal, action: str) -> bool:
    """Whether a policy, as text or parsed, allows an action to a service."""
    known = {"aws:sourcearn": principal.source_arn, "aws:sourceaccount": principal.account_id}
    keys = {name: value for name, value in known.items() if value}
    if principal.service != "cloudwatch.amazonaws.com":
        keys["aws:sourceowner"] = ""  # of all services that deliver here, alarms alone send it

    def is_meant(statement: Statement) -> bool:
        names = statement.get("Principal", {})
        named = _principals(names, "Service") + _principals(names, "AWS")
        return any(_is_service(name, principal.service) for name in named)

    return judge([document], Asked(action, keys=keys), is_meant) is Verdict.ALLOWED


def role_verdict(
    role_arn: str, action: str, resources: tuple[str, ...] = (), keys: Mapping[str, str] | None = None
) -> Verdict:
    """Evaluates the policies of a function's role, and that of the first resource, for an action.

    A role that does not exist is not evaluated: Lambda itself refuses to run its functions.
    """
    policies = stores.role_policies(role_arn)
    if policies is None:
        return Verdict.ALLOWED
    account_id = role_arn.split(":")[4]
    own = {
        "aws:principalarn": role_arn,
        "aws:principalaccount": account_id,
        "aws:principaltype": "AssumedRole",
        "aws:securetransport": "true",
        **dict.fromkeys(_OF_SERVICES, ""),
        "aws:username": "",
    }
    asked = Asked(action, resources, {**own, **(keys or {})})
    identity = judge(policies.documents, asked)
    if policies.boundary is not None and identity is Verdict.ALLOWED:
        identity = judge([policies.boundary], asked)
    if identity is Verdict.DENIED or not resources:
        return identity
    policy = stores.resource_policy(resources[0])
    of_resource = judge([policy], asked, _means_role(role_arn))
    if of_resource is not Verdict.SILENT:
        return of_resource
    # Alone of all resources, a role must name its caller, or leave it to the caller's account.
    is_trusted = (
        action != "sts:AssumeRole" or judge([policy], asked, _means_account(role_arn)) is Verdict.ALLOWED
    )
    return identity if is_trusted else Verdict.SILENT


def may(role_arn: str, action: str, *resources: str) -> bool:
    """Whether a role allows an action on a resource."""
    return role_verdict(role_arn, action, resources) is Verdict.ALLOWED


def _means_role(role_arn: str) -> Callable[[Statement], bool]:
    """Whether a statement of a resource policy applies to a role.

    One that names the account leaves it to the role's policies.
    """
    account_id, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    own = f"arn:aws:sts::{account_id}:assumed-role/{name}/"
    means_account = _means_account(role_arn)

    def is_meant(statement: Statement) -> bool:
        names = _principals(statement.get("Principal", {}), "AWS")
        if any(each in ("*", role_arn) or each.startswith(own) for each in names):
            return True
        return statement.get("Effect") == "Deny" and means_account(statement)

    return is_meant


def _means_account(role_arn: str) -> Callable[[Statement], bool]:
    """Whether a statement of a resource policy names the whole account of a role."""
    account_id = role_arn.split(":")[4]
    whole = (account_id, f"arn:aws:iam::{account_id}:root")
    return lambda statement: any(each in whole for each in _principals(statement.get("Principal", {}), "AWS"))


def _principals(principal: Any, kind: str) -> list[str]:
    found = principal.get(kind, []) if isinstance(principal, dict) else principal
    return [str(each) for each in listed(found)]


def _is_service(principal: str, service: str) -> bool:
    """A service may be named with a region: logs.us-east-1.amazonaws.com."""
    name, _, domain = service.partition(".")
    parts = principal.split(".")
    return principal in ("*", service) or (parts[0] == name and principal.endswith(f".{domain}"))


def lacks_for_source(role_arn: str, source_arn: str) -> str:
    """Returns the permissions that a role lacks to read a queue or stream; empty if none.

    A Kinesis consumer is not checked. For a stream only what AWS requires for a mapping is: it accepts roles
    that may not list shards. Source: https://github.com/serverless/serverless/issues/8540
    """
    service = stores.service_of(source_arn)
    if service == "sqs":
        denied = [each for each in _OF_QUEUE if not may(role_arn, f"sqs:{each}", source_arn)]
        return _LACKS.format(denied[0], "SQS") if denied else ""
    if service not in _LISTS or "/consumer/" in source_arn:
        return ""
    if all(may(role_arn, f"{service}:{each}", source_arn) for each in _OF_STREAM):
        return ""
    return (
        f"Cannot access stream {source_arn}. Please ensure the role can perform the GetRecords, "
        f"GetShardIterator, DescribeStream, {_LISTS[service]} Actions on your stream in IAM."
    )


def lacks_for_target(role_arn: str, target_arn: str) -> str:
    """Returns the permissions that a role lacks for a dead-letter queue or a mapping's destination."""
    service = stores.service_of(target_arn)
    if service not in _SENDS:
        return ""
    action, name = _SENDS[service]
    return "" if may(role_arn, f"{service}:{action}", target_arn) else _LACKS.format(action, name)


def lacks_for_destination(role_arn: str, target_arn: str) -> str:
    """Returns the permissions that a role lacks for a destination of asynchronous invocations.

    Buckets and event buses are not checked: AWS's answer is unknown.
    Source: https://github.com/hashicorp/terraform-provider-aws, lambda_function_event_invoke_config
    """
    service = stores.service_of(target_arn)
    action = _CALLS.get(service, "")
    if not action or may(role_arn, f"{service}:{action}", target_arn):
        return ""
    return f"The function's execution role does not have permissions to call {action} on {target_arn}"


def may_deliver(role_arn: str, target_arn: str, object_key: str = "") -> bool:
    """Whether a role may send a record to a destination; for a bucket, with this key."""
    service = stores.service_of(target_arn)
    if service == "s3":
        return may(role_arn, "s3:PutObject", f"{target_arn}/{object_key}")
    action = _CALLS.get(service, "")
    if service == "events":
        action = "InvokeApiDestination" if ":api-destination/" in target_arn else "PutEvents"
    return not action or may(role_arn, f"{service}:{action}", target_arn)


def lacks_for_network(role_arn: str) -> str:
    """Returns the permissions that a role lacks for a VPC; empty if none."""
    denied = [each for each in _OF_NETWORK if not may(role_arn, f"ec2:{each}")]
    return _LACKS.format(denied[0], "EC2") if denied else ""


def grants(document: Any, account_id: str, action: str) -> bool:
    """Whether a resource's policy allows an action to another account."""

    def is_meant(statement: Statement) -> bool:
        names = _principals(statement.get("Principal", {}), "AWS")
        return any(name in ("*", account_id) or f"::{account_id}:" in name for name in names)

    return judge([document], Asked(action), is_meant) is Verdict.ALLOWED
