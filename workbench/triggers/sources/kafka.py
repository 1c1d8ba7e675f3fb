"""Apache Kafka: topics of Amazon MSK clusters, and of clusters of one's own."""

from workbench.triggers import ledgers
from workbench.triggers.explanation import Explanation
from workbench.triggers.model import FunctionSeen, SourceKind, Trigger, Values, Wiring
from workbench.triggers.parameter import Parameter
from workbench.triggers.sources.looked_after import LookedAfterMapping, target_of
from workbench.triggers.sources.mapping_parameters import batch_parameters, window_parameter
from workbench.triggers.sources.mapping_source import chosen_of, names_of

_BATCH = 100
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kafka-parameters.html"""
_GROUPS = (
    "AmazonManagedKafkaEventSourceConfig.ConsumerGroupId",
    "SelfManagedKafkaEventSourceConfig.ConsumerGroupId",
)


class _Topic(LookedAfterMapping):
    """A topic of a cluster."""

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        """What AWS lets be changed later."""
        return (*batch_parameters(_BATCH), window_parameter())

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        """How a topic runs a function."""
        topics = ", ".join(chosen_of(trigger.values, "Topics"))
        group = _group(trigger.values)
        place = f" Its place is kept by the consumer group {group}." if group else ""
        failed = str(trigger.values.get(ledgers.ON_FAILURE) or "")
        return Explanation(
            ledgers.PULL,
            "In order within each partition.",
            f"Nothing is lost while the topic keeps it; the partition waits.{place}",
            ledgers.stream_ledger(trigger.values),
            ledgers.mapping_failures(trigger.values),
            self._authorises(),
            names_of(
                f"{trigger.name} · {topics}" if topics else trigger.name,
                "Lambda's poller",
                target_of(trigger, function),
                failed.rpartition(":")[2],
            ),
            "The Sandbox has no Kafka.",
        )

    def _authorises(self) -> str:
        return ledgers.BY_ROLE


class ManagedKafka(_Topic):
    """Amazon MSK."""

    kind = SourceKind.MSK
    title = "Amazon MSK"

    def managed_policy(self) -> str:
        """What lets Lambda find the cluster, and reach it through its network."""
        return "AWSLambdaMSKExecutionRole"


class OwnKafka(_Topic):
    """A cluster that AWS does not run."""

    kind = SourceKind.KAFKA
    title = "Apache Kafka"

    def _authorises(self) -> str:
        return f"{ledgers.BY_ROLE} The cluster itself asks for the mapping's secret or certificate."


def _group(values: Values) -> str:
    return next((str(values[name]) for name in _GROUPS if values.get(name)), "")
