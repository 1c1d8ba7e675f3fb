"""Apache Kafka: topics of Amazon MSK clusters and of self-managed clusters.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-configure.html and
https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
"""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from workbench.aws import quotas
from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.errors import sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.triggers.filters import json_or_text
from workbench.triggers.kinds import mapping as names
from workbench.triggers.kinds.cluster import (
    BATCH,
    ClusterSource,
    ObservedCluster,
    secret_parameter,
    slow_window_parameter,
)
from workbench.triggers.kinds.mapping import (
    BY_ROLE,
    ON_FAILURE,
    Existence,
    mapping_failures,
    names_of,
    stream_retries,
)
from workbench.triggers.kinds.source import PULL, target_name
from workbench.triggers.mappings import ACCESS, name_of
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Location,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Trigger,
    TriggerSpec,
    Verdict,
    block,
    chosen_of,
    warn,
)
from workbench.triggers.parameter import Entry, Parameter, text_parameter

_TOPICS = "Topics"
_SERVERS = "SelfManagedEventSource.Endpoints.KAFKA_BOOTSTRAP_SERVERS"
_SUBNETS, _GROUPS = f"{ACCESS}.VPC_SUBNET", f"{ACCESS}.VPC_SECURITY_GROUP"
_SIGN_IN = {
    "BASIC_AUTH": "SASL/PLAIN",
    "SASL_SCRAM_512_AUTH": "SASL/SCRAM-512",
    "SASL_SCRAM_256_AUTH": "SASL/SCRAM-256",
    "CLIENT_CERTIFICATE_TLS_AUTH": "TLS certificate",
}
_SCRAM, _TLS = f"{ACCESS}.SASL_SCRAM_512_AUTH", f"{ACCESS}.CLIENT_CERTIFICATE_TLS_AUTH"
_SECRET_NAME = "AmazonMSK_"
"""Required prefix of a secret's name.
Source: https://docs.aws.amazon.com/msk/latest/developerguide/msk-password.html"""
_CONNECTION = ":vpc-connection/"
"""In the ARN of a private connection to a cluster: followed by the cluster's account, its name and an id.
Source: https://docs.aws.amazon.com/lambda/latest/dg/msk-cross-account.html"""


class KafkaTopic(ClusterSource):
    """A topic of a cluster."""

    prefix = "KAF"
    ready = ("ACTIVE",)
    endpoints = _("Lambda, STS and, if there is a secret, Secrets Manager")
    body, takes_text = "value", True
    group: str
    """Name of the setting that holds the consumer group."""

    def compared_record(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """The first record of the first partition."""
        record: Mapping[str, Any] = next(iter(event["records"].values()))[0]
        return {**record, "value": json_or_text(b64decode(record["value"]).decode("utf-8", "replace"))}

    def topic_parameters(self) -> tuple[Parameter, ...]:
        """Parameters of both kinds of cluster: topic, start position, batches, consumer group, pollers."""
        return (
            text_parameter(
                _TOPICS,
                _("Topic"),
                shape="Topic",
                entry=Entry.NAMES,
                required=True,
                items=1,
                create_only=True,
                help=_("One trigger reads one topic."),
            ),
            *names.start_parameters(quotas.known_values("EventSourcePosition")),
            *names.batch_parameters(BATCH),
            slow_window_parameter(),
            names.failure_parameter(
                _("A queue, topic or bucket that receives details of batches that failed.")
            ),
            text_parameter(
                self.group,
                _("Consumer group"),
                shape="URI",
                create_only=True,
                advanced=True,
                help=_("The cluster keeps the position by this name. Without one, Lambda creates a name."),
            ),
            *names.poller_parameters(),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        topics = ", ".join(chosen_of(trigger.values, _TOPICS))
        group = trigger.values.get(self.group)
        location = _("The consumer group {group} keeps its position.").format(group=group) if group else ""
        failed = str(trigger.values.get(ON_FAILURE) or "")
        return Explanation(
            PULL,
            _("In order within each partition."),
            sentences(_("Events are not lost while the topic retains them; the partition waits."), location),
            stream_retries(trigger.values),
            mapping_failures(trigger.values),
            self.authorised_by(),
            names_of(
                f"{trigger.name} · {topics}" if topics else trigger.name,
                _("Lambda's poller"),
                target_name(trigger, function),
                failed.rpartition(":")[2],
            ),
            _("The Sandbox does not simulate Kafka."),
        )

    def authorised_by(self) -> str:
        """The permission that allows it."""
        return BY_ROLE


class OwnKafka(KafkaTopic):
    """A cluster outside AWS. It has addresses instead of an ARN."""

    kind = SourceKind("kafka")
    title, icon = "Self-managed Kafka", "radio-tower"
    description = _("Records of a topic of an Apache Kafka cluster that AWS does not run, in batches.")
    sample_event = "kafka-self-managed.json"
    rule = Rule(_("cluster"), _("Self-managed Apache Kafka"), Model.PULL, region=Verdict.ALLOW)
    group = "SelfManagedKafkaEventSourceConfig.ConsumerGroupId"
    secret_types = (*_SIGN_IN, "SERVER_ROOT_CA_CERTIFICATE")

    def is_read_by(self, mapping: Mapping[str, Any]) -> bool:
        return bool(mapping.get("SelfManagedEventSource"))

    def location(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Location:
        """The function's location: AWS does not know where such a cluster is."""
        return Location.of(spec.function.function_arn)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """The addresses, the topic, how Lambda signs in, and the network."""
        sign_in = _("It contains the user name and the password.")
        tls = _("It contains a certificate and a private key.")
        return (
            text_parameter(
                _SERVERS,
                _("Bootstrap servers"),
                shape="Endpoint",
                entry=Entry.NAMES,
                required=True,
                create_only=True,
                help=_("Addresses with ports, separated by commas: b1.example.com:9092, b2.example.com:9092"),
            ),
            *self.topic_parameters(),
            *(
                secret_parameter(
                    each, _("Secret for {title}").format(title=title), tls if "TLS" in each else sign_in
                )
                for each, title in _SIGN_IN.items()
            ),
            secret_parameter(
                "SERVER_ROOT_CA_CERTIFICATE",
                _("Secret with the root certificate"),
                _("Needed when a private certificate authority signed the brokers' certificates."),
                advanced=True,
            ),
            Parameter(
                _SUBNETS,
                _("Subnets"),
                Entry.NAMES,
                pattern=r"subnet-[0-9a-f]+",
                help=_("For a cluster in a VPC: the ids of its subnets, separated by commas."),
            ),
            Parameter(
                _GROUPS,
                _("Security groups"),
                Entry.NAMES,
                pattern=r"sg-[0-9a-f]+",
                help=_("For a cluster in a VPC: the ids of the security groups, separated by commas."),
            ),
        )

    def read(self, connection: Connection, spec: TriggerSpec) -> ObservedCluster:
        """AWS knows nothing about the cluster."""
        return ObservedCluster(in_network=bool(spec.values.get(_SUBNETS)))

    def own_findings(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterator[Finding]:
        """Checks KAF-AUTH and KAF-SUBNETS."""
        sign_in = [title for each, title in _SIGN_IN.items() if spec.values.get(f"{ACCESS}.{each}")]
        if len(sign_in) > 1:
            what = _("Lambda cannot sign in by {names} at the same time.").format(names=" and ".join(sign_in))
            yield block("KAF-AUTH", what, _("Choose one secret."))
        if bool(spec.values.get(_SUBNETS)) != bool(spec.values.get(_GROUPS)):
            what = _("Subnets and security groups belong together.")
            yield block("KAF-SUBNETS", what, _("Set both, or neither."))
        elif not sign_in and not spec.values.get(_SUBNETS):
            what = _("Lambda would poll the cluster over the internet without signing in.")
            why = _("Set a secret, or the subnets and security groups of the cluster's VPC.")
            yield warn("KAF-AUTH", what, why)

    def reading_actions(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterable[tuple[str, str]]:
        """Only the permissions for the on-failure destination: the cluster does not use IAM."""
        return names.destination_actions(spec.values, names.ON_FAILURE)

    def authorised_by(self) -> str:
        return _("{by_role} The cluster itself requires the mapping's secret or certificate.").format(
            by_role=BY_ROLE
        )


class ManagedKafka(KafkaTopic):
    """An Amazon MSK cluster, or its private connection from another account."""

    kind = SourceKind("msk")
    title, icon = "Amazon MSK", "radio-tower"
    description = _("Records of a topic of an Amazon MSK cluster, in batches.")
    arn_service = "kafka"
    sample_event = "msk.json"
    rule = Rule(_("cluster"), _("Amazon MSK"), Model.PULL, account=Verdict.WARN)
    group = "AmazonManagedKafkaEventSourceConfig.ConsumerGroupId"
    secret_types = ("SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH")

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        for page in connection.paginate(
            "kafka", "list_clusters_v2", ctx=ctx, failure=_("Could not list the clusters.")
        ):
            for each in page.get("ClusterInfoList") or ():
                arn, state = str(each["ClusterArn"]), str(each.get("State") or "")
                detail = str(each.get("ClusterType") or "").capitalize() if state in self.ready else state
                yield Candidate(self.kind, arn, str(each["ClusterName"]), Location.of(arn), detail)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        return (
            *self.topic_parameters(),
            secret_parameter(
                "SASL_SCRAM_512_AUTH",
                _("Secret for SASL/SCRAM"),
                _("It contains the user name and the password. Without a secret, Lambda signs in by IAM."),
            ),
            secret_parameter(
                "CLIENT_CERTIFICATE_TLS_AUTH",
                _("Secret for a TLS certificate"),
                _("It contains a certificate and a private key."),
            ),
        )

    def existence(self, arn: Arn) -> Existence | None:
        """Calls DescribeClusterV2.

        None for another account's cluster, whose private connection is the source.
        """
        if not arn.resource.startswith("cluster/"):
            return None
        return Existence("kafka", "describe_cluster_v2", {"ClusterArn": str(arn)}, ("NotFoundException",))

    def read(self, connection: Connection, spec: TriggerSpec) -> ObservedCluster:
        """Calls DescribeClusterV2. Lambda always uses the cluster's network."""
        if not Arn.parse(spec.source_arn).resource.startswith("cluster/"):
            return ObservedCluster()
        answer = connection.call(
            "kafka",
            "describe_cluster_v2",
            failure=_("Could not read the cluster {source_arn}.").format(source_arn=name_of(spec.source_arn)),
            ClusterArn=spec.source_arn,
        )
        info = answer.get("ClusterInfo") or {}
        signing = (info.get("Provisioned") or info.get("Serverless") or {}).get("ClientAuthentication") or {}
        sasl = signing.get("Sasl") or {}
        ways = {"IAM": sasl.get("Iam"), "SASL/SCRAM": sasl.get("Scram"), "TLS": signing.get("Tls")}
        ways["none"] = signing.get("Unauthenticated")
        offered = tuple(way for way, setting in ways.items() if (setting or {}).get("Enabled"))
        return ObservedCluster(str(info.get("State") or ""), authentication=offered)

    def own_findings(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterator[Finding]:
        """Checks KAF-AUTH and KAF-SECRET-NAME."""
        name = name_of(spec.source_arn)
        secrets = [way for way, key in (("SASL/SCRAM", _SCRAM), ("TLS", _TLS)) if spec.values.get(key)]
        if len(secrets) > 1:
            what = _("Lambda cannot sign in by SASL/SCRAM and TLS at the same time.")
            yield block("KAF-AUTH", what, _("Choose one secret."))
        elif secrets and observed.authentication and secrets[0] not in observed.authentication:
            what = _("The cluster {name} does not accept {secrets}.").format(name=name, secrets=secrets[0])
            why = _("It accepts: {names}.").format(names=", ".join(observed.authentication))
            yield block("KAF-AUTH", what, why)
        elif not secrets and observed.authentication and not {"IAM", "none"} & {*observed.authentication}:
            what = _("The cluster {name} only accepts {names}, with a secret.").format(
                name=name, names=" and ".join(observed.authentication)
            )
            yield block("KAF-AUTH", what, _("Set the secret with which Lambda signs in."))
        secret = str(spec.values.get(_SCRAM) or "").rpartition(":secret:")[2]
        if secret and not secret.startswith(_SECRET_NAME):
            what = _("The name of the secret {secret} does not begin with {secret_name}.").format(
                secret=secret, secret_name=_SECRET_NAME
            )
            why = _("Only such a secret can be associated with an MSK cluster.")
            yield warn("KAF-SECRET-NAME", what, why)

    def reading_actions(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterable[tuple[str, str]]:
        """Finding the brokers; with IAM sign-in also reading the topic."""
        cluster_arn = spec.source_arn
        if "/" in (rest := cluster_arn.partition(_CONNECTION)[2]):
            yield "kafka:DescribeVpcConnection", spec.source_arn
            owner, name = rest.split("/")[:2]
            arn = Arn.parse(spec.source_arn)
            cluster_arn = str(replace(arn, account_id=owner, resource=f"cluster/{name}/*"))
        for each in ("DescribeClusterV2", "GetBootstrapBrokers"):
            yield f"kafka:{each}", cluster_arn
        yield from names.destination_actions(spec.values, names.ON_FAILURE)
        if "IAM" not in observed.authentication or spec.values.get(_SCRAM) or spec.values.get(_TLS):
            return
        for each in ("Connect", "DescribeClusterDynamicConfiguration"):
            yield f"kafka-cluster:{each}", spec.source_arn
        topic = next(iter(chosen_of(spec.values, _TOPICS)), "*")
        for each in ("DescribeTopic", "ReadData"):
            yield f"kafka-cluster:{each}", f"{spec.source_arn.replace(':cluster/', ':topic/')}/{topic}"
        group = spec.values.get(self.group) or "*"
        for each in ("AlterGroup", "DescribeGroup"):
            yield f"kafka-cluster:{each}", f"{spec.source_arn.replace(':cluster/', ':group/')}/{group}"

    managed_policy = "AWSLambdaMSKExecutionRole"
