"""Amazon MSK: topics of its clusters.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.triggers.kinds import mapping as names
from workbench.triggers.kinds.cluster import ObservedCluster, secret_parameter
from workbench.triggers.kinds.kafka import TOPICS, KafkaTopic
from workbench.triggers.kinds.mapping import Existence, chosen_of
from workbench.triggers.mappings import ACCESS, name_of
from workbench.triggers.model import Candidate, Finding, Location, Severity, SourceKind, TriggerSpec
from workbench.triggers.parameter import Parameter
from workbench.triggers.rules import POLLS, Authority, Model, Rule, Verdict

_SCRAM, _TLS = f"{ACCESS}.SASL_SCRAM_512_AUTH", f"{ACCESS}.CLIENT_CERTIFICATE_TLS_AUTH"
_SECRET_NAME = "AmazonMSK_"
"""Source: https://docs.aws.amazon.com/msk/latest/developerguide/msk-password.html"""
_CONNECTION = ":vpc-connection/"
"""Comes before the account of the cluster, its name and an id, in the ARN of a private connection to it.
Source: https://docs.aws.amazon.com/lambda/latest/dg/msk-cross-account.html"""


class ManagedKafka(KafkaTopic):
    """A cluster that AWS runs, or its private connection from another account."""

    kind = SourceKind("msk")
    title, icon = "Amazon MSK", "radio-tower"
    description = "Records of a topic of an Amazon MSK cluster, in batches."
    arn_service = "kafka"
    sample_event = "msk.json"
    rule = Rule(
        "cluster",
        "Amazon MSK",
        Model.PULL,
        region=Verdict.BLOCK,
        account=Verdict.WARN,
        authority=Authority.EXECUTION_ROLE,
        because=POLLS,
    )
    group = "AmazonManagedKafkaEventSourceConfig.ConsumerGroupId"
    secret_types = ("SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH")

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The clusters of the region, provisioned and serverless. Raises as the base says."""
        for page in connection.paginate(
            "kafka", "list_clusters_v2", ctx=ctx, failure="Could not list the clusters."
        ):
            for each in page.get("ClusterInfoList") or ():
                arn, state = str(each["ClusterArn"]), str(each.get("State") or "")
                detail = str(each.get("ClusterType") or "").capitalize() if state in self.ready else state
                yield Candidate(self.kind, arn, str(each["ClusterName"]), Location.of(arn), detail)

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        """The topic, and how Lambda signs in."""
        return (
            *self.topic_parameters(),
            secret_parameter(
                "SASL_SCRAM_512_AUTH",
                "Secret for SASL/SCRAM",
                "It contains the user name and the password. Without a secret, Lambda signs in by IAM.",
            ),
            secret_parameter(
                "CLIENT_CERTIFICATE_TLS_AUTH",
                "Secret for a TLS certificate",
                "It contains a certificate and a private key.",
            ),
        )

    def existence(self, arn: Arn) -> Existence | None:
        """DescribeClusterV2; not for another account's cluster, whose private connection is the source."""
        if not arn.resource.startswith("cluster/"):
            return None
        return Existence("kafka", "describe_cluster_v2", {"ClusterArn": str(arn)}, ("NotFoundException",))

    def read(self, connection: Connection, spec: TriggerSpec) -> ObservedCluster:
        """DescribeClusterV2. Lambda always uses the cluster's network."""
        if not Arn.parse(spec.source_arn).resource.startswith("cluster/"):
            return ObservedCluster()
        answer = connection.call(
            "kafka",
            "describe_cluster_v2",
            failure=f"Could not read the cluster {name_of(spec.source_arn)}.",
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
            what = "Lambda cannot sign in by SASL/SCRAM and TLS at the same time."
            yield Finding("KAF-AUTH", Severity.BLOCK, what, "Choose one secret.")
        elif secrets and observed.authentication and secrets[0] not in observed.authentication:
            what = f"The cluster {name} does not accept {secrets[0]}."
            why = f"It accepts: {', '.join(observed.authentication)}."
            yield Finding("KAF-AUTH", Severity.BLOCK, what, why)
        elif not secrets and observed.authentication and not {"IAM", "none"} & {*observed.authentication}:
            what = f"The cluster {name} only accepts {' and '.join(observed.authentication)}, with a secret."
            yield Finding("KAF-AUTH", Severity.BLOCK, what, "Set the secret with which Lambda signs in.")
        secret = str(spec.values.get(_SCRAM) or "").rpartition(":secret:")[2]
        if secret and not secret.startswith(_SECRET_NAME):
            what = f"The name of the secret {secret} does not begin with {_SECRET_NAME}."
            why = "Only such a secret can be associated with an MSK cluster."
            yield Finding("KAF-SECRET-NAME", Severity.WARN, what, why)

    def reading_actions(self, spec: TriggerSpec, observed: ObservedCluster) -> Iterable[tuple[str, str]]:
        """Finding the brokers; reading the topic where Lambda signs in by IAM."""
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
        topic = next(iter(chosen_of(spec.values, TOPICS)), "*")
        for each in ("DescribeTopic", "ReadData"):
            yield f"kafka-cluster:{each}", f"{spec.source_arn.replace(':cluster/', ':topic/')}/{topic}"
        group = spec.values.get(self.group) or "*"
        for each in ("AlterGroup", "DescribeGroup"):
            yield f"kafka-cluster:{each}", f"{spec.source_arn.replace(':cluster/', ':group/')}/{group}"

    def managed_policy(self) -> str:
        """What lets Lambda find the cluster, and reach it through its network."""
        return "AWSLambdaMSKExecutionRole"
