"""What Lambda counts of an event source mapping. Must not know: which mappings there are."""

from workbench.metrics.model import MetricSpec

GROUP = "EventCount"
"""What a mapping's MetricsConfig must name, or Lambda counts nothing of it."""

MAPPING_METRICS = (
    "PolledEventCount",
    "FilteredOutEventCount",
    "InvokedEventCount",
    "FailedInvokeEventCount",
    "DroppedEventCount",
    "OnFailureDestinationDeliveredEventCount",
    "DeletedEventCount",
    "CommittedEventCount",
)
"""Of no source there are all: queues delete, Kafka commits, streams drop and deliver to a destination.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics"""


def mapping_specs(uuid: str) -> tuple[MetricSpec, ...]:
    """What is read for the chart of a mapping, in the order of MAPPING_METRICS."""
    dimensions = (("EventSourceMappingUUID", uuid),)
    return tuple(MetricSpec(name, "Sum", dimensions) for name in MAPPING_METRICS)
