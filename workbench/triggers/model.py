"""Event sources and their rules, triggers, specifications and findings. Values only: no calls.

The invocation model, regions, accounts and permissions of a kind of event source are its `Rule`.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html and the page of each service below
it. What no page states is a warning, never a block.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NewType

from workbench.aws.names import Arn, unqualified
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail
from workbench.triggers.steps import Step

Values = Mapping[str, object]
"""Parameters by AWS's name of the member ("BatchSize"): those that the user set or AWS answered."""
SourceKind = NewType("SourceKind", str)
"""The short name of a kind of event source ("sqs"). Each file of kinds/ declares its own."""
OTHER = SourceKind("other")
"""Everyone else whom the function's policy allows: an account, or a service that this version does not
know."""
PASSING_STATES: Mapping[str, str] = {
    "Creating": _("Lambda polls the source"),
    "Enabling": _("Lambda polls the source"),
    "Disabling": _("Lambda no longer polls the source"),
    "Updating": _("the new settings apply"),
    "Deleting": _("it no longer exists"),
}
"""The states in which AWS is changing an event source mapping and refuses other changes, and what follows
each. Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html, State."""
_POLLS = _("Lambda only polls {noun}s in its own region.")
_NOTIFIES = _("A {noun} can only invoke functions in its own region.")
"""Why regions must not differ."""


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Location:
    """The location of a resource; empty parts are unknown (a bucket's ARN names no region or account)."""

    partition: str
    region: str
    account_id: str

    @classmethod
    def of(cls, arn: str) -> "Location":
        """The location in an ARN.

        Raises:
            ValueError: The text is not an ARN.
        """
        parts = Arn.parse(arn)
        return cls(parts.partition, parts.region, parts.account_id)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource that can become a source.

    Attributes:
        source_arn: Its ARN; for a bucket arn:{partition}:s3:::{name}.
        location: Its location; for a bucket as AWS answered it.
        detail: Other information for choosing: "FIFO", "stream off", "12 messages".
    """

    kind: SourceKind
    source_arn: str
    name: str
    location: Location
    detail: str = ""


def number_of(values: Values, name: str, default: int) -> int:
    """A number among the values; the default if it is missing or not a number."""
    value = values.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def chosen_of(values: Values, name: str) -> tuple[str, ...]:
    """The chosen values of a multiple choice; empty if none is chosen."""
    value = values.get(name)
    return tuple(str(each) for each in value) if isinstance(value, tuple | list) else ()


def qualified(function: str, qualifier: str) -> str:
    """A function's name or ARN, with the alias or version if there is one: "hello:live"."""
    return f"{function}:{qualifier}" if qualifier else function


def function_request(function: str, qualifier: str) -> dict[str, Any]:
    """The members of a request that name a function, an alias or a version."""
    return {"FunctionName": function} | ({"Qualifier": qualifier} if qualifier else {})


@dataclass(frozen=True, slots=True)
class TriggerSpec:
    """The desired state of a trigger.

    Attributes:
        source_arn: The resource; empty if the plan creates it (a rule, schedule, API, function URL).
        function: The function when it was last read.
        qualifier: Alias or version to invoke; empty for the unqualified function.
        is_production: The profile's safety tier, for check FN-LATEST.
        identity: Identity of the trigger to change; empty for a new one.
        is_new: Whether the plan creates the resource `source_arn`, or for a rule its event bus.
    """

    kind: SourceKind
    source_arn: str
    function: FunctionDetail
    qualifier: str = ""
    values: Values = field(default_factory=dict)
    is_production: bool = False
    identity: str = ""
    is_new: bool = False

    @property
    def target_arn(self) -> str:
        """The ARN that the source invokes, with its qualifier."""
        return qualified(self.function.function_arn, self.qualifier)

    @property
    def target_name(self) -> str:
        """The same for users: "hello:live"."""
        return qualified(self.function.function_name, self.qualifier)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a statement. All conditions must hold.

    Attributes:
        operator: IAM's operator ("ArnLike").
        key: In lower case ("aws:sourcearn"): IAM ignores case.
        values: One of them must match.
    """

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """One principal of one statement.

    Attributes:
        principal: As in the policy ("s3.amazonaws.com", an ARN, "*").
        service: Short name of a service principal ("s3"), otherwise empty.
        action: The actions, joined by commas.
        source_arn: The source in a condition; empty if there is none.
        source_account: The account in a condition.
        qualifier: The version or alias that the statement applies to.
        denies: Whether the effect is Deny.
        other_conditions: Conditions other than those two, as "key=value".
    """

    sid: str
    principal: str
    service: str
    action: str
    source_arn: str
    source_account: str
    qualifier: str
    denies: bool
    other_conditions: str
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedGrant:
    """A statement that the function's policy must have so that a push source may invoke it.

    Attributes:
        principal: "s3.amazonaws.com".
        source_arn: Value of aws:SourceArn.
        source_account: Value of aws:SourceAccount; for buckets, whose ARN has no account.
        auth_type: lambda:FunctionUrlAuthType in a function URL's first statement; otherwise empty.
        via_url: lambda:InvokedViaFunctionUrl in its second statement.
    """

    principal: str
    source_arn: str
    source_account: str = ""
    action: str = "lambda:InvokeFunction"
    auth_type: str = ""
    via_url: bool = False


class Link(Enum):
    """Whether source and function agree about a trigger."""

    LINKED = "linked"
    MISSING_PERMISSION = "missing permission"
    """The source calls the function, but the function's policy does not allow it."""
    STALE_PERMISSION = "stale permission"
    """The policy allows a source that no longer calls the function."""
    ORPHAN_MAPPING = "orphan mapping"
    """An event source mapping whose source, function, version or alias does not exist."""
    UNKNOWN = "unknown"
    """One side may not be read."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger of the function, as AWS has it.

    Attributes:
        qualifier: The alias or version that is invoked; empty for the unqualified function.
        identity: AWS's id of the connection: a mapping's UUID, a subscription's ARN, a target's id.
        state: AWS's term ("Enabled"); empty if there is none.
        link: Whether source and function agree.
        values: Its parameters as AWS answered them.
        grants: The statements of the function's policy that belong to it.
        problem: Why the link is unknown.
        reason: AWS's reason for the state.
    """

    kind: SourceKind
    source_arn: str
    name: str
    qualifier: str = ""
    identity: str = ""
    state: str = ""
    link: Link = Link.LINKED
    values: Values = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
    problem: WorkbenchError | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TriggerState:
    """The state of a single trigger.

    Attributes:
        identity: As in Trigger.
        state: AWS's term; empty if the trigger does not exist.
    """

    identity: str
    state: str


Denied = tuple[tuple[str, str, str], ...]
"""What a role may not do, as (action, resource, IAM's decision)."""


@dataclass(frozen=True, slots=True)
class ObservedRole:
    """A role, according to IAM.

    Attributes:
        trusts_lambda: Whether Lambda may assume it; None if unknown.
        denied: What it lacks; None if the policy simulator may not be used.
        problem: Why something is unknown.
    """

    trusts_lambda: bool | None = True
    denied: Denied | None = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ObservedFunction:
    """The function when it was read before planning. Values that could not be read are None.

    Attributes:
        detail: The function, or the version that the qualifier names.
        qualifier_exists: Whether the alias or version exists.
        grants: The grants for this qualifier; None if the policy may not be read.
        policy_bytes: Size of the policy.
        trusts_lambda: Whether lambda.amazonaws.com may assume the role.
        denied: What the role lacks, as (action, resource, AWS's decision); None if the policy simulator may
            not be used.
        role_problem: Why something about the role is unknown.
        mappings: The function's event source mappings for the same source.
        failure_arns: Destinations of failed asynchronous events (dead-letter queue, OnFailure); None if they
            may not be read.
        qualifiers: All aliases and numbered versions of the function; read for `find`, and for durable
            functions.
    """

    detail: FunctionDetail
    qualifier_exists: bool = True
    grants: tuple[Grant, ...] | None = ()
    policy_bytes: int = 0
    role: ObservedRole = ObservedRole()
    mappings: tuple[Trigger, ...] = ()
    failure_arns: tuple[str, ...] | None = ()
    async_retries: int = 2
    async_age_s: int = 21_600
    qualifiers: tuple[str, ...] = ()

    @property
    def arns(self) -> tuple[str, ...]:
        """The ARNs by which a source may name the function: unqualified, and with each qualifier."""
        arn = unqualified(self.detail.function_arn)
        return (arn, *(f"{arn}:{each}" for each in self.qualifiers))


@dataclass(frozen=True, slots=True)
class TriggerPlan:
    """The steps of a change, in order. A plan can be shown without being carried out.

    Attributes:
        title: Text for users ("Connect orders to resize").
        is_test: Whether all of it is undone at the end.
    """

    title: str
    function_arn: str
    kind: SourceKind
    steps: Steps
    is_test: bool = False

    @property
    def region(self) -> str:
        return self.function_arn.split(":")[3]

    @property
    def account_id(self) -> str:
        return self.function_arn.split(":")[4]

    @property
    def function_name(self) -> str:
        return self.function_arn.split(":")[6]


class Severity(Enum):
    """What a finding means for the trigger."""

    NOTICE = "notice"
    WARN = "warn"
    """The user may continue."""
    BLOCK = "block"
    """AWS would refuse, or the trigger would not work."""


class FixKind(Enum):
    """How a fix is applied: STEPS go into the plan, the others lead elsewhere in the window."""

    STEPS = "steps"
    SWITCH_REGION = "switch region"
    PICK_FUNCTION = "choose a function there"
    COPY_FUNCTION = "copy the function there"
    OTHER_SOURCE = "use another source"
    """Another kind of source with the same effect, such as a queue subscribed to a FIFO topic."""
    OPEN_EXISTING = "open the existing trigger"
    SHOW_POLICY = "show a policy to copy"
    EDIT = "change a setting"
    """Sets the `values` of the fix."""
    QUALIFIER = "use an alias or version"
    """`text` of the fix is its name."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A way to resolve a finding.

    Attributes:
        kind: How the fix is applied.
        title: Text of the button ("Set the visibility timeout to 360 s").
        steps: For STEPS: come first in the plan if the user accepts the fix, and are shown there.
        is_standard: Whether it is part of the plan unless the user removes it.
        region: For fixes that lead to another region.
        text: For SHOW_POLICY: the JSON; for OPEN_EXISTING: the trigger's identity; for QUALIFIER: the alias
            or version.
        values: For EDIT.
        source_kind: For OTHER_SOURCE.
        source_arn: For OTHER_SOURCE.
    """

    kind: FixKind
    title: str
    steps: Steps = ()
    is_standard: bool = False
    region: str = ""
    text: str = ""
    values: Values = field(default_factory=dict)
    source_kind: SourceKind | None = None
    source_arn: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check.

    Attributes:
        check_id: The id of the check.
        what: What was found, in a sentence that names both sides.
        why: The rule behind it, in a sentence.
        fixes: Ways to resolve it, the best first.
        typed_word: What the user must type to continue ("public"); empty if a click is enough.
        aws: AWS's own code and text, if it is AWS's answer.
    """

    check_id: str
    severity: Severity
    what: str
    why: str = ""
    fixes: tuple[Fix, ...] = ()
    typed_word: str = ""
    aws: str = ""


Findings = tuple[Finding, ...]


def block(check_id: str, what: str, why: str = "", *fixes: Fix, aws: str = "") -> Finding:
    """AWS would refuse, or the trigger would not work."""
    return Finding(check_id, Severity.BLOCK, what, why, fixes, aws=aws)


def warn(
    check_id: str, what: str, why: str = "", *fixes: Fix, typed_word: str = "", aws: str = ""
) -> Finding:
    """The user may continue."""
    return Finding(check_id, Severity.WARN, what, why, fixes, typed_word, aws)


def notice(check_id: str, what: str, why: str = "", *fixes: Fix, aws: str = "") -> Finding:
    """Nothing needs to be done."""
    return Finding(check_id, Severity.NOTICE, what, why, fixes, aws=aws)


def steps_fix(title: str, *steps: Step, is_standard: bool = False, text: str = "") -> Fix:
    """Its steps go into the plan."""
    return Fix(FixKind.STEPS, title, steps, is_standard, text=text)


def edit_fix(title: str, values: Values) -> Fix:
    """Changes settings in the form."""
    return Fix(FixKind.EDIT, title, values=values)


def open_fix(identity: str) -> Fix:
    """Opens the trigger that there is already."""
    return Fix(FixKind.OPEN_EXISTING, _("Open the existing trigger"), text=identity)


def source_fix(title: str, kind: SourceKind, source_arn: str = "") -> Fix:
    """Leads to another source."""
    return Fix(FixKind.OTHER_SOURCE, title, source_kind=kind, source_arn=source_arn)


def policy_fix(title: str, policy: str) -> Fix:
    """Shows a policy to copy."""
    return Fix(FixKind.SHOW_POLICY, title, text=policy)


def region_fixes(region: str) -> tuple[Fix, ...]:
    """Ways to bring the function to its source."""
    return (
        Fix(FixKind.SWITCH_REGION, _("Go to {region}").format(region=region), region=region),
        Fix(FixKind.PICK_FUNCTION, _("Choose a function in {region}").format(region=region), region=region),
        Fix(FixKind.COPY_FUNCTION, _("Copy the function to {region}").format(region=region), region=region),
    )


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a trigger works, with its settings. Each text is a sentence or two.

    Attributes:
        model: "Push, synchronous", "Push, asynchronous", "Pull".
        order: The order in which events arrive.
        source_retries: What the source does if Lambda does not accept the event.
        lambda_retries: What Lambda does if the function fails.
        failures: What happens to events that never succeed.
        authorises: Which of the two permissions allows it.
        flow: Names from left to right, for the diagram: source, queue or poller, function, failure
            destination.
        not_simulated: How the Sandbox differs; empty if it does not.
        no_pause: Why it cannot be paused, and what to do instead; empty if it can.
    """

    model: str
    order: str
    source_retries: str
    lambda_retries: str
    failures: str
    authorises: str
    flow: tuple[str, ...]
    not_simulated: str = ""
    no_pause: str = ""


class Verdict(Enum):
    """Whether two locations or accounts may differ."""

    ALLOW = "allow"
    WARN = "warn"
    """Not documented: AWS decides, and its answer is shown."""
    BLOCK = "block"


class Model(Enum):
    """How events reach the function."""

    PUSH_SYNC = "Push, synchronous"
    PUSH_ASYNC = "Push, asynchronous"
    PULL = "Pull"


class Authority(Enum):
    """Which permission allows the source to invoke the function."""

    FUNCTION_POLICY = "function policy"
    EXECUTION_ROLE = "execution role"
    OWN_ROLE = "role of the source"
    CALLER = "the caller's IAM permissions"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is documented of a kind of source.

    Attributes:
        noun: The word for one resource in a sentence.
        title: The service by AWS's name.
        region: Whether source and function may be in different regions.
        account: Whether they may belong to different accounts.
        let_in_by: The permission that allows it, if that does not follow from the model.
        because: Why regions must not differ, if that does not follow from the model; a sentence.
        account_actions: What a resource policy of the source must allow the execution role across accounts.
        hop: A kind of source that can connect different regions.
    """

    noun: str
    title: str
    model: Model
    region: Verdict = Verdict.BLOCK
    account: Verdict = Verdict.ALLOW
    let_in_by: Authority | None = None
    because: str = ""
    account_actions: tuple[str, ...] = ()
    hop: SourceKind | None = None

    @property
    def authority(self) -> Authority:
        usual = Authority.EXECUTION_ROLE if self.model is Model.PULL else Authority.FUNCTION_POLICY
        return self.let_in_by or usual

    @property
    def why_same_region(self) -> str:
        """Why regions must not differ; a sentence."""
        usual = _POLLS if self.model is Model.PULL else _NOTIFIES
        return (self.because or usual).format(noun=self.noun)
