"""What an "access denied" text of AWS says: who was denied which action on which resource, and by what.

The text comes from the output of a function, so anything may stand in it. An action counts only if AWS has
it, a resource only if it names a single one, and only a denial of the function's own role can be allowed.
Source of the forms: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import re
from dataclasses import dataclass
from enum import Enum

from workbench.aws.names import Arn
from workbench.aws.needs import arn_service, is_one_resource
from workbench.aws.services import known_action
from workbench.core.messages import _

_MAX_TEXT = 200_000
_USER = r"User: (arn:aws[a-z-]{0,20}:(?:sts|iam)::[0-9]{12}:[\w+=,.@/-]{1,256})"
_DENIED = re.compile(
    _USER + r" is not authorized to perform: ([A-Za-z0-9-]{1,64}:[A-Za-z0-9]{1,128})"
    r"(?: on resource: ([^\s]{1,2100}))?([^\n]{0,300})"
)
_ROLE = re.compile(r"assumed-role/([\w+=,.@-]{1,64})/[\w+=,.@-]{1,64}")
_BY = re.compile(
    r"because no (?P<missing>[a-z -]{3,40}?) allows\b"
    r"|with an explicit deny in (?:an?|the) (?P<deny>[a-z -]{3,40})",
    re.IGNORECASE,
)
_MAY_BE_DENIED = re.compile(
    r"AccessDenied|UnauthorizedOperation|AuthorizationError|is not authorized to perform"
)
_ENCODED = re.compile(r"Encoded\s+authorization\s+failure\s+message:")
_AROUND = "\"'\\.,;:)"


class Cause(Enum):
    """What denied a call."""

    MISSING = "missing"
    """No policy of the role allows it, or the text does not say why."""
    EXPLICIT_DENY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    RESOURCE_POLICY = "resource-based policy"
    ENDPOINT = "VPC endpoint policy"
    TRUST = "role trust policy"


_CAUSES = {cause.value.lower(): cause for cause in Cause if cause is not Cause.MISSING}


@dataclass(frozen=True, slots=True)
class Denial:
    """A denied call.

    Attributes:
        caller: ARN of the caller, as in the text.
        action: An IAM action that AWS has.
        resource: The ARN that was denied; empty if the text names no single one.
        cause: What denied it.
    """

    caller: str
    action: str
    resource: str
    cause: Cause

    @property
    def role_name(self) -> str:
        """The name of the role that was denied; empty for another caller."""
        match = _ROLE.fullmatch(Arn.parse(self.caller).resource)
        return match[1] if match else ""

    def is_of(self, role_arn: str) -> bool:
        """Whether the denied caller is this role."""
        role, caller = Arn.parse(role_arn), Arn.parse(self.caller)
        same = (role.account_id, role.resource.rpartition("/")[2]) == (caller.account_id, self.role_name)
        return same and role.partition == caller.partition

    def is_other_account(self, role_arn: str) -> bool:
        """Whether the resource belongs to another account, whose policy must allow the role, too."""
        account_id = Arn.parse(self.resource).account_id if self.resource else ""
        return bool(account_id) and account_id != Arn.parse(role_arn).account_id


def may_be_denied(text: str) -> bool:
    """Whether a text looks like a denial; quick, for the main thread."""
    return _MAY_BE_DENIED.search(text[:_MAX_TEXT]) is not None


def denials_in(text: str) -> tuple[Denial, ...]:
    """The denied calls in a text, each once. Reads service models: not for the main thread."""
    found: dict[Denial, None] = {}
    for match in _DENIED.finditer(text[:_MAX_TEXT]):
        action = known_action(match[2])
        if action:
            resource = (match[3] or "").strip(_AROUND)
            found[Denial(match[1], action, _resource(action, resource), _cause(match[4]))] = None
    return tuple(found)


def is_encoded(text: str) -> bool:
    """Whether AWS has encoded what was denied."""
    return _ENCODED.search(text) is not None


def _resource(action: str, text: str) -> str:
    """The resource, if it is a single one of the action's service."""
    if not is_one_resource(text):
        return ""
    return text if Arn.parse(text).service == arn_service(action) else ""


def _cause(rest: str) -> Cause:
    match = _BY.search(rest)
    if match is None:
        return Cause.MISSING
    if match["deny"]:
        words = match["deny"].strip().lower()
        return next((cause for name, cause in _CAUSES.items() if words.startswith(name)), Cause.EXPLICIT_DENY)
    cause = _CAUSES.get(match["missing"].strip().lower(), Cause.MISSING)
    return Cause.MISSING if cause is Cause.EXPLICIT_DENY else cause


def why_not(denial: Denial, role_arn: str) -> str:
    """Why a statement in the role's policies would not help, and what does; empty if it helps."""
    if not denial.is_of(role_arn):
        who = denial.role_name or denial.caller
        words = _(
            "The denied caller is {who}, not the execution role of this function. Change the permissions of "
            "that caller."
        )
        return words.format(who=who)
    words = {
        Cause.EXPLICIT_DENY: _(
            "A policy of the role explicitly denies {action}. A deny overrides every allow: change the "
            "policy that contains the Deny."
        ),
        Cause.BOUNDARY: _(
            "The permissions boundary of the role does not allow {action}. Change the boundary; a policy of "
            "the role cannot go beyond it."
        ),
        Cause.SESSION: _(
            "The policy of the session does not allow {action}. Change that policy where the role is assumed."
        ),
        Cause.SERVICE_CONTROL: _(
            "A service control policy of the organization does not allow {action} in this account. Only its "
            "administrator can change that."
        ),
        Cause.RESOURCE_CONTROL: _(
            "A resource control policy of the organization does not allow {action} on this resource. Only "
            "its administrator can change that."
        ),
        Cause.RESOURCE_POLICY: _(
            "The policy of the resource itself does not allow {action}. Allow the role there, in the "
            "resource's policy."
        ),
        Cause.ENDPOINT: _(
            "The policy of the VPC endpoint does not allow {action}. Change the endpoint's policy."
        ),
        Cause.TRUST: _(
            "The trust policy of the role to assume does not allow {action}. Add this role to that trust "
            "policy."
        ),
    }.get(denial.cause, "")
    return words.format(action=denial.action)
