"""Permissions of an execution role: all its policies, and the one that Workbench writes, by statements.

Only the inline policy `POLICY_NAME` is changed. Everything else is read.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.iam import MAX_INLINE_CHARACTERS, counted
from workbench.aws.names import Arn
from workbench.aws.needs import MAX_ARN, Need, grouped
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext
from workbench.functions.model import Owner, owner_of_tags
from workbench.functions.roles import (
    POLICY_NAME,
    Policy,
    PolicyKind,
    document_text,
    read_managed,
    read_policies,
)
from workbench_sandbox.rules.iam import like

_ACTION = re.compile(r"\*|[a-zA-Z0-9-]{1,64}:[a-zA-Z0-9*?]{1,128}")
_RESOURCE = re.compile(r"\*|arn:[a-z*?-]+:[a-z0-9*?-]+:[a-z0-9*?-]*:[0-9*?]*(?:aws)?:[\x20-\x7e\xa0-\xff]+")
_SERVICE_LINKED = "/aws-service-role/"
_VERSION = "2012-10-17"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy.

    Attributes:
        text: The statement as in the document, JSON with sorted members.
    """

    text: str

    @classmethod
    def allowing(cls, actions: Sequence[str], resources: Sequence[str]) -> "Statement":
        """A statement that allows actions on resources."""
        return cls.of({"Effect": "Allow", "Action": list(actions), "Resource": list(resources)})

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "Statement":
        """A statement of a parsed document."""
        return cls(json.dumps(members, sort_keys=True, ensure_ascii=False))

    @property
    def members(self) -> dict[str, Any]:
        members: dict[str, Any] = json.loads(self.text)
        return members

    @property
    def effect(self) -> str:
        return str(self.members.get("Effect", ""))

    @property
    def sid(self) -> str:
        return str(self.members.get("Sid", ""))

    @property
    def actions(self) -> tuple[str, ...]:
        """Its actions; of a statement with NotAction those that it leaves out."""
        return _texts(self.members, "Action", "NotAction")

    @property
    def resources(self) -> tuple[str, ...]:
        """Its resources; of a statement with NotResource those that it leaves out."""
        return _texts(self.members, "Resource", "NotResource")

    @property
    def excepts(self) -> tuple[bool, bool]:
        """Whether it names the actions, and the resources, that it does not mean."""
        return "NotAction" in self.members, "NotResource" in self.members

    @property
    def principals(self) -> tuple[str, ...]:
        """Whom a trust policy means ("Service: lambda.amazonaws.com")."""
        members = self.members
        found = members.get("Principal", members.get("NotPrincipal"))
        if isinstance(found, dict):
            return tuple(f"{kind}: {each}" for kind, values in found.items() for each in _listed(values))
        return tuple(map(str, _listed(found)))

    @property
    def conditions(self) -> tuple[str, ...]:
        """Its conditions, a line each ("StringEquals aws:SourceAccount: 123456789012")."""
        conditions = self.members.get("Condition")
        return tuple(
            f"{operator} {key}: {', '.join(map(str, _listed(values)))}"
            for operator, tests in (conditions.items() if isinstance(conditions, dict) else ())
            for key, values in (tests.items() if isinstance(tests, dict) else ())
        )

    @property
    def is_plain(self) -> bool:
        """Whether it allows actions on resources, so that both can be edited."""
        return self.effect == "Allow" and not any(self.excepts) and bool(self.actions and self.resources)

    def with_values(self, actions: Sequence[str], resources: Sequence[str]) -> "Statement":
        """The same with other actions and resources."""
        return Statement.of({**self.members, "Action": list(actions), "Resource": list(resources)})

    def covers(self, action: str, resource: str) -> bool:
        """Whether it allows an action on a resource, whatever the request: it has no condition.

        A resource with wildcards is covered by a statement that names it, or by one that names more.
        """
        return (
            self.is_plain
            and not self.members.get("Condition")
            and any(like(action.lower(), each.lower()) for each in self.actions)
            and any(like(resource, each) for each in self.resources)
        )


def _texts(members: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(str(each) for name in names if name in members for each in _listed(members[name]))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def statements_of(document: str) -> tuple[Statement, ...]:
    """The statements of a document; none if it is empty, or not a policy."""
    try:
        parsed = json.loads(document) if document else {}
    except (ValueError, RecursionError):
        return ()
    found = _listed(parsed.get("Statement")) if isinstance(parsed, dict) else []
    return tuple(Statement.of(each) for each in found if isinstance(each, dict))


def with_statements(document: str, statements: Sequence[Statement]) -> str:
    """A document with other statements, everything else of it kept; empty without statements.

    Args:
        document: The current document; empty for none.
    """
    if not statements:
        return ""
    current = json.loads(document) if document else {"Version": _VERSION}
    members = {**current, "Statement": [_ordered(each) for each in statements]}
    return json.dumps(members, indent=2, ensure_ascii=False)


_ORDER = ("Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition")


def _ordered(statement: Statement) -> dict[str, Any]:
    """The members in the order in which AWS's documentation has them; one value is no list."""
    members = statement.members
    names = [name for name in _ORDER if name in members] + [name for name in members if name not in _ORDER]
    return {name: _single(members[name]) for name in names}


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


# Reading ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RolePermissions:
    """A role with all its policies.

    Attributes:
        path: The path in its ARN ("/", "/service-role/").
        policies: Managed policies first, then inline ones, the permissions boundary and the trust policy.
        tags: Empty if they may not be read.
        problem: Why the role itself could not be read; empty if it was.
    """

    name: str
    arn: str
    path: str
    policies: tuple[Policy, ...]
    tags: tuple[tuple[str, str], ...] = ()
    problem: str = ""

    @property
    def own(self) -> Policy | None:
        """Workbench's own policy; None if the role has none."""
        return next((policy for policy in self.policies if policy.is_own), None)

    @property
    def own_document(self) -> str:
        """The document of Workbench's own policy; empty for none."""
        return self.own.document if self.own else ""

    @property
    def is_service_linked(self) -> bool:
        """Whether a service of AWS owns the role: nobody else can change it."""
        return self.path.startswith(_SERVICE_LINKED)

    @property
    def owner(self) -> Owner | None:
        """The tool that manages the role according to its tags."""
        return owner_of_tags(dict(self.tags))

    @property
    def unread(self) -> tuple[Policy, ...]:
        """The policies that could not be read."""
        return tuple(policy for policy in self.policies if policy.problem)

    def allows(self, action: str, resource: str) -> bool:
        """Whether a statement of its policies allows it, as far as they were read. Ignores denials."""
        kinds = (PolicyKind.MANAGED, PolicyKind.INLINE)
        return any(
            statement.covers(action, resource)
            for policy in self.policies
            if policy.kind in kinds
            for statement in statements_of(policy.document)
        )


def read_permissions(connection: Connection, role_arn: str, ctx: JobContext) -> RolePermissions:
    """Reads a role and all its policies. Each policy is emitted as it is read.

    Raises:
        WorkbenchError: The role does not exist, or neither it nor its policies may be read.
    """
    arn = Arn.parse(role_arn)
    path, __, name = arn.resource.removeprefix("role").rpartition("/")
    failure = _("Could not read the role {role_name}.").format(role_name=name)
    more: list[Policy] = []
    tags: tuple[tuple[str, str], ...] = ()
    problem = ""
    try:
        role = connection.call("iam", "get_role", failure=failure, RoleName=name)["Role"]
        tags = tuple((str(each["Key"]), str(each["Value"])) for each in role.get("Tags") or ())
        if boundary := (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"):
            more.append(read_managed(connection, str(boundary), PolicyKind.BOUNDARY, failure))
        trust = document_text(role.get("AssumeRolePolicyDocument") or {})
        more.append(Policy(_("Trust policy"), "", trust, kind=PolicyKind.TRUST))
    except WorkbenchError as error:
        if error.aws_code == "NoSuchEntity":
            raise
        problem = str(error)
    policies = read_policies(connection, role_arn, ctx)
    for policy in more:
        ctx.emit(policy)
    return RolePermissions(name, role_arn, f"{path}/", (*policies, *more), tags, problem)


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement and the policy that it is of. Of a policy without statements, the policy alone."""

    policy: Policy
    number: int
    statement: Statement | None


def statement_rows(policies: Iterable[Policy]) -> Iterator[StatementRow]:
    """The statements of policies, one by one; a policy that could not be read has a row, too."""
    for policy in policies:
        statements = statements_of(policy.document)
        if not statements:
            yield StatementRow(policy, 0, None)
        for number, statement in enumerate(statements):
            yield StatementRow(policy, number, statement)


# Proposals --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proposal:
    """A statement that something needs and the role does not have.

    Attributes:
        why: What needs it, a line each.
        note: What to know of the resource; empty for nothing.
    """

    statement: Statement
    why: tuple[str, ...]
    note: str = ""


def propose(needs: Sequence[Need], role: RolePermissions | None = None) -> tuple[Proposal, ...]:
    """Statements for needs, one for each resource, without what the role allows already."""
    missing = [need for need in needs if role is None or not role.allows(need.action, need.resource)]
    whys: dict[str, dict[str, None]] = {}
    for need in missing:
        whys.setdefault(need.resource, {})[need.why] = None
    return tuple(
        Proposal(
            Statement.allowing(sorted(need.action for need in each), [resource]),
            tuple(whys[resource]),
            next((need.note for need in each if need.note), ""),
        )
        for resource, each in grouped(missing)
    )


# Checks of a change -----------------------------------------------------------------------------------------


def action_fault(text: str) -> str:
    """What is wrong with an action that was typed; empty if nothing is."""
    if _ACTION.fullmatch(text):
        return ""
    return _("“{text}” is not an action. Enter one like s3:GetObject, or s3:Get* for several.").format(
        text=text
    )


def resource_fault(text: str) -> str:
    """What is wrong with a resource that was typed; empty if nothing is."""
    if _RESOURCE.fullmatch(text) and len(text) <= MAX_ARN:
        return ""
    return _("“{text}” is not a resource. Enter its ARN, or * for all resources.").format(text=text)


def is_powerful(statement: Statement) -> bool:
    """Whether a statement lets the function change who may do what."""
    patterns = [action.lower() for action in statement.actions]
    return statement.effect == "Allow" and any(each == "*" or each.startswith("iam:") for each in patterns)


@dataclass(frozen=True, slots=True)
class ChangeCheck:
    """What was found about a change of the own policy.

    Attributes:
        blocks: Why it cannot be made, a sentence or two each.
        warnings: What to know before it is made.
        characters: The size of all inline policies after it, as IAM counts.
    """

    blocks: tuple[str, ...]
    warnings: tuple[str, ...]
    characters: int


def check_change(role: RolePermissions, document: str) -> ChangeCheck:
    """Checks a new document of the own policy against IAM's limits and the role."""
    blocks, warnings = [], []
    inline = [each for each in role.policies if each.kind is PolicyKind.INLINE]
    characters = counted(document) + sum(counted(each.document) for each in inline if not each.is_own)
    if role.is_service_linked:
        blocks.append(
            _("{name} is a service-linked role: only the service that it belongs to can change it.").format(
                name=role.name
            )
        )
    if role.own is not None and role.own.problem:
        blocks.append(
            _("The policy {name} could not be read, so it is not replaced: {why}").format(
                name=POLICY_NAME, why=role.own.problem
            )
        )
    if characters > MAX_INLINE_CHARACTERS:
        words = _(
            "The inline policies of the role would have {characters:,} characters. IAM allows {maximum:,} "
            "without white space. Remove statements, combine them with wildcards, or use a managed policy."
        )
        blocks.append(words.format(characters=characters, maximum=MAX_INLINE_CHARACTERS))
    unread = [each.problem for each in role.unread if each.kind is PolicyKind.INLINE and not each.is_own]
    if unread:
        words = _("Not all inline policies could be read, so IAM's limit could not be checked: {why}")
        warnings.append(words.format(why=unread[0]))
    if (owner := role.owner) is not None:
        words = _("The role is managed by {tool}. Its next deployment may remove this policy.")
        warnings.append(words.format(tool=" ".join(filter(None, (owner.tool.value, owner.name)))))
    if any(each.kind is PolicyKind.BOUNDARY for each in role.policies):
        warnings.append(_("The role has a permissions boundary. It limits what this policy allows."))
    added = set(statements_of(document)) - set(statements_of(role.own_document))
    if any(map(is_powerful, added)):
        warnings.append(_("With iam actions the function can give itself and others any permission."))
    if any("*" in statement.resources for statement in added):
        warnings.append(_("A statement allows its actions on all resources (*)."))
    return ChangeCheck(tuple(blocks), tuple(warnings), characters)


def shared_text(functions: Sequence[str]) -> str:
    """That other functions use the role, too; empty without any."""
    if not functions:
        return ""
    shown = ", ".join(functions[:_SHOWN_FUNCTIONS])
    more = len(functions) - _SHOWN_FUNCTIONS
    if more > 0:
        shown = ngettext("{names} and {count} more", "{names} and {count} more", more).format(
            names=shown, count=more
        )
    return _("The change applies to these functions, too, which use the same role: {names}.").format(
        names=shown
    )


_SHOWN_FUNCTIONS = 8
