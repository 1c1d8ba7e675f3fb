"""What sources in a network share: clusters and brokers, with their secrets.

Lambda polls them from within their network, with the permissions of the execution role.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import GONE
from workbench.triggers.kinds.mapping import (
    MappingSource,
    check_start_time,
    window_parameter,
)
from workbench.triggers.mappings import ACCESS, customer_key_arn, name_of
from workbench.triggers.model import (
    Finding,
    Findings,
    ObservedFunction,
    Steps,
    TriggerSpec,
    Values,
    block,
    warn,
)
from workbench.triggers.parameter import Entry, Parameter, check_values

BATCH = 100
"""The default batch size of these sources.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
_LONGEST_TIMEOUT_S = 840
"""Maximum timeout of the function.
Source: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-configure.html"""
_UNREAD = datetime.max.replace(tzinfo=UTC)
_NETWORK_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html and its pages on Kafka and DocumentDB."""


@dataclass(frozen=True, slots=True)
class ObservedSecret:
    """A secret that a mapping names.

    Attributes:
        key_arn: ARN of the customer managed key that encrypts it; empty if there is none.
        deleted: When it was scheduled for deletion; None if it was not.
        problem: Why it could not be read.
    """

    arn: str
    key_arn: str = ""
    deleted: datetime | None = None
    problem: WorkbenchError | None = None

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class ObservedCluster:
    """A cluster or a broker.

    Attributes:
        state: The state in the service's terms; empty if it could not be read.
        engine: "ACTIVEMQ", "docdb"; empty if the kind has only one.
        version: The engine's version.
        authentication: The methods by which clients may sign in, by the service's names.
        in_network: Whether Lambda reaches it only from within its network.
        secrets: The secrets that the mapping names.
        now: When it was read, UTC.
        problem: Why it could not be read.
    """

    state: str = ""
    engine: str = ""
    version: str = ""
    authentication: tuple[str, ...] = ()
    in_network: bool = True
    secrets: tuple[ObservedSecret, ...] = ()
    now: datetime = _UNREAD
    problem: WorkbenchError | None = None


class ClusterSource(MappingSource[ObservedCluster]):
    """A source in a network. Each kind adds its parameters, `read`, `reading_actions` and its own checks."""

    prefix: ClassVar[str]
    """Prefix of the ids of its checks ("KAF")."""
    ready: ClassVar[tuple[str, ...]]
    """The states in which Lambda can poll it."""
    secret_types: ClassVar[tuple[str, ...]]
    """The types of SourceAccessConfigurations whose value is the ARN of a secret."""
    endpoints: ClassVar[str]
    """The services that must be reachable from its network."""

    @abstractmethod
    def read(self, connection: Connection, spec: TriggerSpec) -> ObservedCluster:
        """Reads the source without its secrets. Raises WorkbenchError."""

    @abstractmethod
    def reading_actions(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterable[tuple[str, str]]:
        """The (action, resource ARN) pairs that the role needs besides those for network and secrets."""

    def own_findings(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterator[Finding]:
        """The checks of this kind alone. Pure."""
        return iter(())

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedCluster:
        """Reads the source and the secrets that are named.

        Raises:
            WorkbenchError: The source does not exist. What may not be read is reported as unknown.
        """
        ctx.check()
        try:
            observed = self.read(connection, spec)
        except WorkbenchError as error:
            existence = self.existence(Arn.parse(spec.source_arn))
            if existence is not None and error.aws_code in existence.gone:
                raise
            observed = ObservedCluster(problem=error)
        secrets = []
        for secret_arn in self._secret_arns(spec.values):
            ctx.check()
            secrets.append(_read_secret(connection, secret_arn))
        return replace(observed, secrets=tuple(secrets), now=datetime.now(UTC))

    def check(self, spec: TriggerSpec, observed: ObservedCluster, function: ObservedFunction) -> Findings:
        """Checks ranges, filters, -STATE, -SECRET, -TIME and -TIMEOUT, and -VPC for a new trigger."""
        return (
            *check_values(self.parameters(spec), spec.values),
            *self.check_filters(spec.values),
            *self._state(spec, observed),
            *(found for secret in observed.secrets for found in self._secret(secret)),
            *check_start_time(f"{self.prefix}-TIME", spec.values, observed.now),
            *self.own_findings(spec, observed),
            *self._timeout(function),
            *(self._network(spec) if observed.in_network and not spec.identity else ()),
        )

    def plan(self, spec: TriggerSpec, observed: ObservedCluster) -> Steps:
        return (self.create_step(spec, spec.source_arn),)

    def role_actions(self, spec: TriggerSpec, observed: ObservedCluster) -> tuple[tuple[str, str], ...]:
        """Reading the source, network interfaces in its network, its secrets and their keys."""
        network = ((action, "*") for action in _NETWORK_ACTIONS) if observed.in_network else ()
        secrets = (("secretsmanager:GetSecretValue", secret.arn) for secret in observed.secrets)
        keys = (("kms:Decrypt", secret.key_arn) for secret in observed.secrets if secret.key_arn)
        return (*self.reading_actions(spec, observed), *network, *secrets, *keys)

    def _secret_arns(self, values: Values) -> tuple[str, ...]:
        named = (str(values.get(f"{ACCESS}.{each}") or "") for each in self.secret_types)
        return tuple(dict.fromkeys(arn for arn in named if ":secretsmanager:" in arn))

    def _state(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterator[Finding]:
        name, noun = name_of(spec.source_arn), self.rule.noun
        if observed.problem is not None:
            yield warn(
                f"{self.prefix}-STATE",
                _("The {noun} {name} could not be read, so its state is not known.").format(
                    noun=noun, name=name
                ),
                observed.problem.why,
                aws=observed.problem.aws_code,
            )
        elif observed.state and observed.state not in self.ready:
            yield block(
                f"{self.prefix}-STATE",
                _("The {noun} {name} is {state}.").format(noun=noun, name=name, state=observed.state),
                _("Lambda can only poll a {noun} that is {names}.").format(
                    noun=noun, names=" or ".join(self.ready)
                ),
            )

    def _secret(self, secret: ObservedSecret) -> Iterator[Finding]:
        check_id = f"{self.prefix}-SECRET"
        if secret.deleted is not None:
            what = _("The secret {secret} is scheduled for deletion.").format(secret=secret.name)
            yield block(check_id, what, _("Lambda cannot read it. Restore it first."))
        elif secret.problem is not None and secret.problem.aws_code == GONE:
            what = _("The secret {secret} does not exist.").format(secret=secret.name)
            yield block(check_id, what, _("Lambda signs in with it."))
        elif secret.problem is not None:
            what = _("Could not determine whether the secret {secret} exists.").format(secret=secret.name)
            why = _("You do not have permission to read it. The execution role needs that permission.")
            yield warn(check_id, what, why, aws=secret.problem.aws_code)

    def _timeout(self, function: ObservedFunction) -> Iterator[Finding]:
        detail = function.detail
        if detail.timeout_s > _LONGEST_TIMEOUT_S:
            yield warn(
                f"{self.prefix}-TIMEOUT",
                _("The timeout of {function_name} is {timeout_s:,} s.").format(
                    function_name=detail.function_name, timeout_s=detail.timeout_s
                ),
                _(
                    "For {title}, AWS only supports functions with a timeout of up to {longest_timeout_s} s."
                ).format(title=self.title, longest_timeout_s=_LONGEST_TIMEOUT_S),
            )

    def _network(self, spec: TriggerSpec) -> Iterator[Finding]:
        name = name_of(spec.source_arn) or _("the {noun}").format(noun=self.rule.noun)
        yield warn(
            f"{self.prefix}-VPC",
            _("Lambda polls {name} from within its network, which cannot be checked from here.").format(
                name=name
            ),
            _(
                "Its subnets need a NAT gateway, or VPC endpoints for {endpoints}, and its security group "
                "must allow traffic from itself. Otherwise the trigger reports “PROBLEM: Connection error”."
            ).format(endpoints=self.endpoints),
        )


def _read_secret(connection: Connection, arn: str) -> ObservedSecret:
    try:
        answer = connection.call(
            "secretsmanager",
            "describe_secret",
            failure=_("Could not read the secret {secret}.").format(secret=arn.rpartition(":")[2]),
            SecretId=arn,
        )
    except WorkbenchError as error:
        return ObservedSecret(arn, problem=error)
    key = customer_key_arn(str(answer.get("KmsKeyId") or ""), arn)
    return ObservedSecret(arn, key, answer.get("DeletedDate"))


def secret_parameter(
    access_type: str, label: str, help_text: str, *, required: bool = False, advanced: bool = False
) -> Parameter:
    """The ARN of a secret with which Lambda signs in."""
    return Parameter(
        f"{ACCESS}.{access_type}",
        label,
        Entry.ARN,
        required=required,
        pattern=r"arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:.+",
        advanced=advanced,
        help=_("The ARN of a secret in Secrets Manager. {help}").format(help=help_text),
    )


def slow_window_parameter() -> Parameter:
    """The batch window of these sources, whose default AWS does not let anyone set."""
    text = _("AWS's default is 0.5 s. Once it was changed, only a new trigger has the default again.")
    return replace(window_parameter(), default=None, help=f"{window_parameter().help} {text}")
