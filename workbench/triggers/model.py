"""Event sources and their rules, triggers, specifications and findings. Values only: no calls.

What is stated of a kind of event source (invocation model, regions, accounts, permission) is its `Rule`.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html and the pages of each service below
it. What no page states is a warning, never a block.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType

from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail
from workbench.triggers.policy import Grant
from workbench.triggers.step import Step

Values = Mapping[str, object]
"""Parameters by AWS's name of the member ("BatchSize"); only those that the user set or AWS answered."""
SourceKind = NewType("SourceKind", str)
"""The short name of a kind of event source ("sqs"). Each file of kinds/ declares its own."""
OTHER = SourceKind("other")
"""Whoever else the function's policy lets in: an account, a service that this version does not know."""
PASSING_STATES: Mapping[str, str] = {
    "Creating": "Lambda polls the source",
    "Enabling": "Lambda polls the source",
    "Disabling": "Lambda no longer polls the source",
    "Updating": "the new settings apply",
    "Deleting": "it no longer exists",
}
"""The states in which AWS works on an event source mapping, and what comes after each. Until then it refuses
other changes. Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html, State."""
_POLLS = _("Lambda only polls {noun}s in its own region.")
_NOTIFIES = _("A {noun} can only invoke functions in its own region.")
"""Why regions must not differ."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where something is. Empty where unknown (a bucket's ARN names neither)."""

    partition: str
    region: str
    account_id: str

    @classmethod
    def of(cls, arn: str) -> "Location":
        """The place that an ARN names.

        Raises:
            ValueError: The text is no ARN.
        """
        parts = Arn.parse(arn)
        return cls(parts.partition, parts.region, parts.account_id)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource that may become a source.

    Attributes:
        kind: Of which kind.
        source_arn: Its ARN; of a bucket, arn:{partition}:s3:::{name}.
        name: Its display name.
        location: Where it is; of a bucket, as AWS answered.
        detail: What else helps to choose: "FIFO", "stream off", "12 messages".
    """

    kind: SourceKind
    source_arn: str
    name: str
    location: Location
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TriggerSpec:
    """A trigger as the user wants it.

    Attributes:
        kind: Of the source.
        source_arn: The resource; empty where the plan creates it (a rule, schedule, API, function URL).
        function: As it was last read.
        qualifier: Alias or version that is to run; empty for the unqualified function.
        values: The parameters.
        is_production: The profile's safety tier, for FN-LATEST.
        identity: Of the trigger that is changed; empty for a new one.
        is_new: Whether the plan creates the resource `source_arn`; of a rule, its event bus.
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
        """The ARN that the source is to call, with its qualifier."""
        arn = self.function.function_arn
        return f"{arn}:{self.qualifier}" if self.qualifier else arn


@dataclass(frozen=True, slots=True)
class WantedGrant:
    """A statement that the function's policy must have so that a push source may run it.

    Attributes:
        principal: "s3.amazonaws.com".
        source_arn: What aws:SourceArn names.
        source_account: What aws:SourceAccount names; for buckets, whose ARN has no account.
        action: Of Lambda.
        auth_type: lambda:FunctionUrlAuthType of a function URL's first statement; else empty.
        via_url: lambda:InvokedViaFunctionUrl of its second one.
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
    """The source calls the function, and the function's policy does not let it."""
    STALE_PERMISSION = "stale permission"
    """The policy lets a source in that does not call the function any more."""
    ORPHAN_MAPPING = "orphan mapping"
    """An event source mapping whose source, function, version or alias does not exist."""
    UNKNOWN = "unknown"
    """One side may not be read."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One way in which the function comes to run, as AWS has it.

    Attributes:
        kind: Of the source.
        source_arn: The resource.
        name: Its display name.
        qualifier: What is run; empty for the unqualified function.
        identity: What AWS calls the link: a mapping's UUID, a subscription's ARN, a target's id.
        state: AWS's term ("Enabled"); empty where there is none.
        link: Whether source and function agree.
        values: Its parameters as AWS answered them.
        grants: The statements of the function's policy that belong to it.
        problem: Why it is unknown.
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
    """The state of one trigger, read alone.

    Attributes:
        identity: The Trigger's.
        state: AWS's term; empty when it does not exist.
    """

    identity: str
    state: str


@dataclass(frozen=True, slots=True)
class ObservedFunction:
    """The function's side, as it was read before planning. What could not be read is None.

    Attributes:
        detail: The function, or the version that the qualifier names.
        qualifier_exists: Whether the alias or version is there.
        grants: Of the policy for this qualifier; None when it may not be read.
        policy_bytes: Its size.
        trusts_lambda: Whether the role lets lambda.amazonaws.com assume it.
        denied: What the role lacks, as (action, resource, AWS's decision); None when the simulator may not
            be asked.
        role_problem: Why something of the role is not known.
        mappings: Event source mappings of the function that concern the same source.
        failure_arns: The destinations of failed asynchronous events (dead-letter queue, OnFailure);
            None when that may not be read.
        async_retries: MaximumRetryAttempts of asynchronous invocations.
        async_age_s: MaximumEventAgeInSeconds.
        qualifiers: All aliases and numbered versions of the function; read for `find`, and for a
            durable function.
    """

    detail: FunctionDetail
    qualifier_exists: bool = True
    grants: tuple[Grant, ...] | None = ()
    policy_bytes: int = 0
    trusts_lambda: bool | None = True
    denied: tuple[tuple[str, str, str], ...] | None = ()
    role_problem: str = ""
    mappings: tuple[Trigger, ...] = ()
    failure_arns: tuple[str, ...] | None = ()
    async_retries: int = 2
    async_age_s: int = 21_600
    qualifiers: tuple[str, ...] = ()

    @property
    def arns(self) -> tuple[str, ...]:
        """The ARNs by which a source may name the function: without qualifier, and with each there is."""
        arn = ":".join(self.detail.function_arn.split(":")[:7])
        return (arn, *(f"{arn}:{each}" for each in self.qualifiers))


@dataclass(frozen=True, slots=True)
class TriggerPlan:
    """What will be done, in order. It can be shown without being carried out.

    Attributes:
        title: Shown to users ("Connect orders to resize").
        function_arn: The function's.
        kind: Of the source.
        steps: All of them.
        is_test: Whether all of it is undone at the end.
    """

    title: str
    function_arn: str
    kind: SourceKind
    steps: tuple[Step, ...]
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


@dataclass(frozen=True, slots=True)
class TestEvent:
    """An event sent through the real source.

    Attributes:
        what: What is about to happen ("Puts the object in/workbench-test-… and deletes it").
        warning: What else it sets off ("Every subscriber of the topic gets it"): asked first; else empty.
        steps: The calls; undoing them cleans up (the object is deleted again), which is always done.
        mark: A text in the event by which its invocation is found in the logs.
    """

    __test__ = False  # pytest takes the name for a test's

    what: str
    steps: tuple[Step, ...]
    mark: str
    warning: str = ""


class Severity(Enum):
    """What a finding means for the trigger."""

    NOTICE = "notice"
    WARN = "warn"
    """The user may continue."""
    BLOCK = "block"
    """AWS would refuse, or the trigger would not work."""


class FixKind(Enum):
    """What becomes of a fix: steps go into the plan, all others are ways that the window leads to."""

    STEPS = "steps"
    SWITCH_REGION = "switch region"
    PICK_FUNCTION = "choose a function there"
    COPY_FUNCTION = "copy the function there"
    OTHER_SOURCE = "use another source"
    """Another kind of source that does the same, such as a queue behind a FIFO topic."""
    OPEN_EXISTING = "open the existing trigger"
    SHOW_POLICY = "show a policy to copy"
    EDIT = "change a setting"
    """`values` of the fix are what to set."""
    QUALIFIER = "use an alias or version"
    """`text` of the fix is its name."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A way out of a finding.

    Attributes:
        kind: What becomes of it.
        title: On the button ("Set the visibility timeout to 360 s").
        steps: For STEPS: what is done first when the user accepts; shown in the plan like all others.
        is_standard: Part of the plan unless the user takes it out.
        region: For the ways that lead to another region.
        text: For SHOW_POLICY: the JSON; for OPEN_EXISTING: the trigger's identity; for QUALIFIER:
            the alias or version.
        values: For EDIT.
        source_kind: For OTHER_SOURCE.
        source_arn: For OTHER_SOURCE.
    """

    kind: FixKind
    title: str
    steps: tuple[Step, ...] = ()
    is_standard: bool = False
    region: str = ""
    text: str = ""
    values: Values = field(default_factory=dict)
    source_kind: SourceKind | None = None
    source_arn: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        check_id: From the rulebook.
        severity: What it means.
        what: The finding, in a sentence that names both sides.
        why: The rule behind it, in a sentence.
        fixes: Ways out, the best first.
        typed_word: What the user must type to continue ("public"); empty when a click will do.
        aws: AWS's own code and text, if it is AWS's answer.
    """

    check_id: str
    severity: Severity
    what: str
    why: str = ""
    fixes: tuple[Fix, ...] = ()
    typed_word: str = ""
    aws: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a trigger works, with its own numbers. Each text is a sentence or two.

    Attributes:
        model: "Push, synchronous", "Push, asynchronous", "Pull".
        order: In which order events arrive.
        source_retries: What the source does when Lambda does not take the event.
        lambda_retries: What Lambda does when the function fails.
        failures: What becomes of events that never succeed.
        authorises: Which of the two permissions lets it through.
        flow: Names from left to right, for the drawing: source, queue or poller, function, where
            failures land.
        not_simulated: What the Sandbox does otherwise; empty when nothing.
        no_pause: Why it cannot be paused, and what to do instead; empty where it can.
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
    """Whether two places, or two accounts, may differ."""

    ALLOW = "allow"
    WARN = "warn"
    """Not documented: AWS decides, and its answer is shown."""
    BLOCK = "block"


class Model(Enum):
    """How events come to the function."""

    PUSH_SYNC = "Push, synchronous"
    PUSH_ASYNC = "Push, asynchronous"
    PULL = "Pull"


class Authority(Enum):
    """Which permission lets the source through."""

    FUNCTION_POLICY = "function policy"
    EXECUTION_ROLE = "execution role"
    OWN_ROLE = "role of the source"
    CALLER = "the caller's IAM permissions"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Attributes:
        noun: What one of them is called in a sentence.
        title: The service, as AWS calls it.
        model: How events come.
        region: Whether source and function may be in different regions.
        account: Whether they may belong to different accounts.
        let_in_by: Who lets it through, where that does not follow from the model.
        because: Why regions must not differ, where that does not follow from the model; a sentence.
        account_actions: What a resource policy of the source must let the execution role do across accounts.
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
        """Who lets it through."""
        usual = Authority.EXECUTION_ROLE if self.model is Model.PULL else Authority.FUNCTION_POLICY
        return self.let_in_by or usual

    @property
    def why_same_region(self) -> str:
        """Why regions must not differ; a sentence."""
        usual = _POLLS if self.model is Model.PULL else _NOTIFIES
        return (self.because or usual).format(noun=self.noun)
