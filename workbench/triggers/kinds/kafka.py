"""Apache Kafka: topics of self-managed clusters, and what Amazon MSK has in common with them.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-configure.html
"""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workbench.aws import quotas
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.triggers import retry_policy
from workbench.triggers.filters import json_or_text
from workbench.triggers.kinds import mapping as names
from workbench.triggers.kinds.cluster import (
    BATCH,
    ClusterSource,
    ObservedCluster,
    secret_parameter,
    slow_window_parameter,
)
from workbench.triggers.kinds.mapping import chosen_of, names_of
from workbench.triggers.kinds.source import target_name
from workbench.triggers.mappings import ACCESS
from workbench.triggers.model import (
    Explanation,
    Finding,
    Location,
    ObservedFunction,
    Severity,
    SourceKind,
    Trigger,
    TriggerSpec,
)
from workbench.triggers.parameter import Entry, Parameter, text_parameter
from workbench.triggers.rules import Authority, Model, Rule, Verdict

TOPICS = "Topics"


class KafkaTopic(ClusterSource):
    """A topic of a cluster."""

    prefix = "KAF"
    ready = ("ACTIVE",)
    endpoints = "Lambda, STS and, if there is a secret, Secrets Manager"
    body, takes_text = "value", True
    group: str
    """The name of the consumer group's setting."""

    def compared_record(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """The first record of the first partition."""
        record: Mapping[str, Any] = next(iter(event["records"].values()))[0]
        return {**record, "value": json_or_text(b64decode(record["value"]).decode("utf-8", "replace"))}

    def topic_parameters(self) -> tuple[Parameter, ...]:
        """What both kinds of cluster have: the topic, where reading starts, batches, the group, pollers."""
        return (
            text_parameter(
                TOPICS, "Topic", "Topic", "One trigger reads one topic.", Entry.NAMES, required=True, items=1
            ),
            *names.start_parameters(quotas.known_values("EventSourcePosition")),
            *names.batch_parameters(BATCH),
            slow_window_parameter(),
            Parameter(
                names.ON_FAILURE,
                "On-failure destination",
                Entry.ARN,
                "",
                help="A queue, topic or bucket that receives details of batches that failed.",
            ),
            text_parameter(
                self.group,
                "Consumer group",
                "URI",
                "The cluster keeps the position by this name. Without one, Lambda creates a name.",
                advanced=True,
            ),
            *names.poller_parameters(),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        """How a topic runs a function."""
        topics = ", ".join(chosen_of(trigger.values, TOPICS))
        group = trigger.values.get(self.group)
        location = f" The consumer group {group} keeps its position." if group else ""
        failed = str(trigger.values.get(retry_policy.ON_FAILURE) or "")
        return Explanation(
            retry_policy.PULL,
            "In order within each partition.",
            f"Events are not lost while the topic retains them; the partition waits.{location}",
            retry_policy.stream_retries(trigger.values),
            retry_policy.mapping_failures(trigger.values),
            self.authorised_by(),
            names_of(
                f"{trigger.name} · {topics}" if topics else trigger.name,
                "Lambda's poller",
                target_name(trigger, function),
                failed.rpartition(":")[2],
            ),
            "The Sandbox does not simulate Kafka.",
        )

    def authorised_by(self) -> str:
        """Which permission lets it through."""
        return retry_policy.BY_ROLE


_SERVERS = "SelfManagedEventSource.Endpoints.KAFKA_BOOTSTRAP_SERVERS"
_SUBNETS, _GROUPS = f"{ACCESS}.VPC_SUBNET", f"{ACCESS}.VPC_SECURITY_GROUP"
_SIGN_IN = {
    "BASIC_AUTH": "SASL/PLAIN",
    "SASL_SCRAM_512_AUTH": "SASL/SCRAM-512",
    "SASL_SCRAM_256_AUTH": "SASL/SCRAM-256",
    "CLIENT_CERTIFICATE_TLS_AUTH": "TLS certificate",
}


class OwnKafka(KafkaTopic):
    """A cluster that AWS does not run. It has addresses, no ARN."""

    kind = SourceKind("kafka")
    title, icon = "Self-managed Kafka", "radio-tower"
    description = "Records of a topic of an Apache Kafka cluster that AWS does not run, in batches."
    sample_event = "kafka-self-managed.json"
    rule = Rule(
        "cluster",
        "Self-managed Apache Kafka",
        Model.PULL,
        region=Verdict.ALLOW,
        account=Verdict.ALLOW,
        authority=Authority.EXECUTION_ROLE,
    )
    group = "SelfManagedKafkaEventSourceConfig.ConsumerGroupId"
    secret_types = (*_SIGN_IN, "SERVER_ROOT_CA_CERTIFICATE")

    def is_read_by(self, mapping: Mapping[str, Any]) -> bool:
        return bool(mapping.get("SelfManagedEventSource"))

    def location(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Location:
        """The function's: AWS does not know where such a cluster is."""
        return Location.of(spec.function.function_arn)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """The addresses, the topic, how Lambda signs in, and through which network."""
        sign_in = "It contains the user name and the password."
        tls = "It contains a certificate and a private key."
        return (
            text_parameter(
                _SERVERS,
                "Bootstrap servers",
                "Endpoint",
                "Addresses with ports, separated by commas: b1.example.com:9092, b2.example.com:9092",
                Entry.NAMES,
                required=True,
            ),
            *self.topic_parameters(),
            *(
                secret_parameter(each, f"Secret for {title}", tls if "TLS" in each else sign_in)
                for each, title in _SIGN_IN.items()
            ),
            secret_parameter(
                "SERVER_ROOT_CA_CERTIFICATE",
                "Secret with the root certificate",
                "Needed when a private certificate authority signed the brokers' certificates.",
                advanced=True,
            ),
            Parameter(
                _SUBNETS,
                "Subnets",
                Entry.NAMES,
                pattern=r"subnet-[0-9a-f]+",
                help="For a cluster in a VPC: the ids of its subnets, separated by commas.",
            ),
            Parameter(
                _GROUPS,
                "Security groups",
                Entry.NAMES,
                pattern=r"sg-[0-9a-f]+",
                help="For a cluster in a VPC: the ids of the security groups, separated by commas.",
            ),
        )

    def read(self, connection: Connection, spec: TriggerSpec) -> ObservedCluster:
        """AWS knows nothing of it."""
        return ObservedCluster(in_network=bool(spec.values.get(_SUBNETS)))

    def own_findings(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterator[Finding]:
        """Checks KAF-AUTH and KAF-SUBNETS."""
        sign_in = [title for each, title in _SIGN_IN.items() if spec.values.get(f"{ACCESS}.{each}")]
        if len(sign_in) > 1:
            what = f"Lambda cannot sign in by {' and '.join(sign_in)} at the same time."
            yield Finding("KAF-AUTH", Severity.BLOCK, what, "Choose one secret.")
        if bool(spec.values.get(_SUBNETS)) != bool(spec.values.get(_GROUPS)):
            what = "Subnets and security groups belong together."
            yield Finding("KAF-SUBNETS", Severity.BLOCK, what, "Set both, or neither.")
        elif not sign_in and not spec.values.get(_SUBNETS):
            what = "Lambda would poll the cluster over the internet without signing in."
            why = "Set a secret, or the subnets and security groups of the cluster's VPC."
            yield Finding("KAF-AUTH", Severity.WARN, what, why)

    def reading_actions(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterable[tuple[str, str]]:
        """Only what the on-failure destination needs: the cluster knows no IAM."""
        return names.destination_actions(spec.values, names.ON_FAILURE)

    def authorised_by(self) -> str:
        return f"{retry_policy.BY_ROLE} The cluster itself requires the mapping's secret or certificate."
