"""Whether a caller may do what it asks, and AWS's answer if it may not.

A function is checked against its execution role. The services in `OFFERED` are all that functions may use:
others are refused, whatever the role allows. The program is checked only if its permissions are limited
(`Permissions`, for tests of denied calls).

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html (texts)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.needs import OFFERED, Needed, needs_of
from workbench_sandbox.server.door.policies import Asked, Verdict, judge, role_verdict, statements_of
from workbench_sandbox.server.door.rules import Call, Refused
from workbench_sandbox.server.request_context import Protocol
from workbench_sandbox.server.signature import Identity

_FOR_USERS = {("sts", "GetFederationToken"), ("sts", "GetSessionToken")}
"""Operations that no session of a role may call."""
_S3_READ = (
    "Your access has been denied by S3, please make sure your request credentials have permission to "
    "GetObject for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: {reason}"
)


def authorize(call: Call, protocol: Protocol) -> None:
    """Checks that a role allows its function's request.

    Raises:
        Refused: The role does not allow it, in the service's words; or functions may not use the service.
    """
    role = call.role
    if role is None:
        return
    if call.service not in OFFERED:
        raise not_offered(call.service, protocol)
    if (call.service, call.operation) in _FOR_USERS:
        # Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
        raise Refused("AccessDenied", f"Cannot call {call.operation} with session credentials", 403)
    for needed in needs_of(call):
        verdict = _verdict(role, needed, call.region)
        if verdict is not Verdict.ALLOWED:
            raise refusal(call, protocol, needed, is_denial=verdict is Verdict.DENIED)


def not_offered(service: str, protocol: Protocol) -> Refused:
    """Returns the refusal of a function's request to a service whose permissions are not checked here."""
    code, status = _denial(service, protocol)
    text = f"The Sandbox does not offer {service} to functions: it does not check their permissions for it."
    return Refused(code, text, status)


def authorize_endpoint(role: Identity, action: str, resource: str, region: str) -> None:
    """Checks that a role allows its function's request to a function's URL or to an API's stage.

    Raises:
        Refused: The role does not allow it.
    """
    if _verdict(role, Needed(action, (resource,)), region) is not Verdict.ALLOWED:
        text = f"User: {role.arn} is not authorized to perform: {action} on resource: {resource}"
        raise Refused("AccessDeniedException", text, 403)


def _verdict(role: Identity, needed: Needed, region: str) -> Verdict:
    """What the policies of a role say; a role that was deleted allows nothing."""
    if stores.role(role.role_arn) is None:
        return Verdict.SILENT
    keys = {"aws:requestedregion": region, "lambda:sourcefunctionarn": role.function_arn} | needed.keys
    resources = needed.resources or _anything(role, needed.action, region)
    verdict = role_verdict(role.role_arn, needed.action, resources, keys)
    if not role.policies or verdict is not Verdict.ALLOWED:
        return verdict
    return judge(role.policies, Asked(needed.action, resources, keys))


def _anything(role: Identity, action: str, region: str) -> tuple[str, ...]:
    """Stands for a resource that is not known: a policy that allows the action on all resources matches it.

    Requests to EC2 name too many kinds: only their action is checked.
    """
    service, account_id = action.partition(":")[0], role.role_arn.split(":")[4]
    if service == "ec2":
        return ()
    # Policies for all log groups are usual.
    names = "log-group:*" if service == "logs" else "*"
    return tuple(f"arn:aws:{service}:{each}:{account_id}:{names}" for each in (region, ""))


def refusal(call: Call, protocol: Protocol, needed: Needed, *, is_denial: bool = False) -> Refused:
    """Returns AWS's answer if a permission is missing."""
    action, resource = needed.action, needed.resources[0] if needed.resources else ""
    if not resource and call.role is None and call.service not in ("ec2", "s3"):
        resource = "*"
    code, status = _denial(call.service, protocol)
    if call.service == "sqs":
        action = action.lower()
    elif call.service == "sns":
        action, code = action.replace("sns:", "SNS:"), "AuthorizationError"
    elif needed.action.startswith("s3:") and resource:
        resource = f'"{resource}"'
    elif call.service == "secretsmanager":
        resource = call.text("SecretId")
    where = f" on resource: {resource}" if resource else ""
    why = f"because no identity-based policy allows the {action} action"
    if is_denial:
        why = "with an explicit deny in an identity-based policy"
    user = call.caller_arn or f"arn:aws:iam::{call.account_id}:user/workbench"
    text = f"User: {user} is not authorized to perform: {action}{where} {why}"
    if needed.is_of_package:
        bucket, _, key = needed.resources[0].removeprefix("arn:aws:s3:::").partition("/")
        text = _S3_READ.format(bucket=bucket, key=key, reason=text)
    elif call.service == "ec2":
        code, text = "UnauthorizedOperation", f"You are not authorized to perform this operation. {text}"
    return Refused(code, text, status)


def _denial(service: str, protocol: Protocol) -> tuple[str, int]:
    """The code and the status of a refusal."""
    # Services that had the query protocol before kept its code.
    if service not in ("cloudwatch", "sqs") and protocol in (
        Protocol.JSON,
        Protocol.REST_JSON,
        Protocol.CBOR_1_1,
    ):
        return "AccessDeniedException", 403 if protocol is Protocol.REST_JSON else 400
    return "AccessDenied", 403


@dataclass(frozen=True, slots=True)
class _Limits:
    """The limits of an account.

    `policies`: one of them must allow an action (None: no such limit). `denied`: actions.
    """

    policies: tuple[Any, ...] | None
    denied: frozenset[str]

    def allow(self, asked: Asked) -> bool:
        """Whether the limits allow an action on a resource."""
        if asked.action.lower() in self.denied:
            return False
        return self.policies is None or judge(self.policies, asked) is Verdict.ALLOWED


class Permissions:
    """The limits of each account; none unless a control request sets them."""

    def __init__(self) -> None:
        self._limits: dict[str, _Limits] = {}

    @property
    def are_limited(self) -> bool:
        """Whether there are limits."""
        return bool(self._limits)

    def set_from(self, wanted: Mapping[str, Any]) -> None:
        """Sets the limits of an account.

        Args:
            wanted: "account_id"; "policies", policy documents of which one must allow an action, or None for
                no such limit; "denied", actions that are always denied.

        Raises:
            KeyError, TypeError, ValueError: `wanted` is malformed.
        """
        account_id, policies = str(wanted["account_id"]), wanted.get("policies")
        denied = frozenset(str(each).lower() for each in wanted.get("denied", ()))
        if policies is not None and not all(statements_of(each) for each in policies):
            raise ValueError("A policy without statements allows nothing.")
        self._limits.pop(account_id, None)
        if policies is not None or denied:
            self._limits[account_id] = _Limits(None if policies is None else tuple(policies), denied)

    def check(self, call: Call, protocol: Protocol) -> None:
        """Raises `Refused` for a call that its account's limits do not allow."""
        limits = self._limits.get(call.account_id)
        if limits is None:
            return
        for needed in needs_of(call):
            if not limits.allow(Asked(needed.action, needed.resources, needed.keys)):
                raise refusal(call, protocol, needed)
