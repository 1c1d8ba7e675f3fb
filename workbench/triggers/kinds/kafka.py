"""Apache Kafka: topics of Amazon MSK clusters and of self-managed clusters."""

from collections.abc import Mapping
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers import retry_policy
from workbench.triggers.kinds.discover_only import DiscoverOnlyMapping, target_of
from workbench.triggers.kinds.mapping import (
    Existence,
    batch_parameters,
    chosen_of,
    names_of,
    window_parameter,
)
from workbench.triggers.mappings import name_of
from workbench.triggers.model import (
    Explanation,
    Finding,
    ObservedFunction,
    Severity,
    SourceKind,
    Trigger,
    TriggerSpec,
    Values,
)
from workbench.triggers.parameter import Parameter
from workbench.triggers.rules import POLLS, Authority, Model, Rule, Verdict

TOPICS = "Topics"
_ACTIVE = "ACTIVE"
_BATCH = 100
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kafka-parameters.html"""
_GROUPS = (
    "AmazonManagedKafkaEventSourceConfig.ConsumerGroupId",
    "SelfManagedKafkaEventSourceConfig.ConsumerGroupId",
)


class _Topic(DiscoverOnlyMapping):
    """A topic of a cluster."""

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """What AWS lets be changed later."""
        return (*batch_parameters(_BATCH), window_parameter())

    def check(self, spec: TriggerSpec, observed: Any, function: ObservedFunction) -> tuple[Finding, ...]:
        """Checks KAF-STATE, KAF-TOPIC and KAF-VPC."""
        found = list(super().check(spec, observed, function))
        name = name_of(spec.source_arn)
        if observed and observed != _ACTIVE:
            what, why = (
                f"The cluster {name} is {observed}.",
                f"Lambda only polls clusters that are {_ACTIVE}.",
            )
            found.append(Finding("KAF-STATE", Severity.BLOCK, what, why))
        if TOPICS in spec.values:  # of a new mapping: it is taken at creation only
            topics = chosen_of(spec.values, TOPICS)
            if len(topics) != 1:
                what = f"{len(topics)} topics are named."
                found.append(
                    Finding(
                        "KAF-TOPIC", Severity.BLOCK, what, "An event source mapping polls exactly one topic."
                    )
                )
            if self.kind == SourceKind("msk"):
                what = f"Lambda polls {name} from within the cluster's network."
                why = (
                    "The cluster's subnets need a NAT gateway, or endpoints for Lambda, STS and, if "
                    "there is a secret, Secrets Manager. Otherwise the mapping reports PROBLEM: "
                    "Connection error."
                )
                found.append(Finding("KAF-VPC", Severity.WARN, what, why))
        return tuple(found)

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        """How a topic runs a function."""
        topics = ", ".join(chosen_of(trigger.values, TOPICS))
        group = _group(trigger.values)
        location = f" The consumer group {group} keeps its position." if group else ""
        failed = str(trigger.values.get(retry_policy.ON_FAILURE) or "")
        return Explanation(
            retry_policy.PULL,
            "In order within each partition.",
            f"Events are not lost while the topic retains them; the partition waits.{location}",
            retry_policy.stream_retries(trigger.values),
            retry_policy.mapping_failures(trigger.values),
            self._authorises(),
            names_of(
                f"{trigger.name} · {topics}" if topics else trigger.name,
                "Lambda's poller",
                target_of(trigger, function),
                failed.rpartition(":")[2],
            ),
            "The Sandbox does not simulate Kafka.",
        )

    def _authorises(self) -> str:
        return retry_policy.BY_ROLE


class ManagedKafka(_Topic):
    """Amazon MSK."""

    kind = SourceKind("msk")
    title, icon = "Amazon MSK", "radio-tower"
    description = "Records of a topic of an Amazon MSK cluster, in batches."
    arn_service = "kafka"
    rule = Rule(
        "cluster",
        "Amazon MSK",
        Model.PULL,
        region=Verdict.BLOCK,
        account=Verdict.WARN,
        authority=Authority.EXECUTION_ROLE,
        because=POLLS,
    )

    def existence(self, arn: Arn) -> Existence | None:
        """DescribeClusterV2; not for another account's cluster, whose private connection is the source."""
        if not arn.resource.startswith("cluster/"):
            return None
        return Existence("kafka", "describe_cluster_v2", {"ClusterArn": str(arn)}, ("NotFoundException",))

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> str:
        """The cluster's state; empty when it may not be read, or is another account's."""
        ctx.check()
        try:
            answer = connection.call(
                "kafka",
                "describe_cluster_v2",
                failure=f"Could not read the cluster {name_of(spec.source_arn)}.",
                ClusterArn=spec.source_arn,
            )
        except WorkbenchError:
            return ""
        return str((answer.get("ClusterInfo") or {}).get("State") or "")

    def managed_policy(self) -> str:
        """What lets Lambda find the cluster, and reach it through its network."""
        return "AWSLambdaMSKExecutionRole"


class OwnKafka(_Topic):
    """A cluster that AWS does not run."""

    kind = SourceKind("kafka")
    title, icon = "Self-managed Kafka", "radio-tower"
    description = "Records of a topic of an Apache Kafka cluster that AWS does not run, in batches."
    rule = Rule(
        "cluster",
        "Self-managed Apache Kafka",
        Model.PULL,
        region=Verdict.ALLOW,
        account=Verdict.ALLOW,
        authority=Authority.EXECUTION_ROLE,
    )

    def is_read_by(self, mapping: Mapping[str, Any]) -> bool:
        """Such a cluster has addresses, no ARN."""
        return bool(mapping.get("SelfManagedEventSource"))

    def _authorises(self) -> str:
        return f"{retry_policy.BY_ROLE} The cluster itself requires the mapping's secret or certificate."


def _group(values: Values) -> str:
    return next((str(values[name]) for name in _GROUPS if values.get(name)), "")
