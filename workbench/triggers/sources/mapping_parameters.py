"""The settings of event source mappings, as parameters: the service model's ranges, the console's words.

Data only. Where AWS's documents are stricter than the model, the source stands beside the number.
"""

from workbench.aws import quotas
from workbench.triggers import ledgers
from workbench.triggers.mapping_values import FILTERS
from workbench.triggers.parameter import Entry, Parameter

BATCH_SIZE, WINDOW = "BatchSize", "MaximumBatchingWindowInSeconds"
RESPONSES, PARTIAL = "FunctionResponseTypes", "ReportBatchItemFailures"
CONCURRENCY = "ScalingConfig.MaximumConcurrency"
MINIMUM_POLLERS = "ProvisionedPollerConfig.MinimumPollers"
MAXIMUM_POLLERS = "ProvisionedPollerConfig.MaximumPollers"
ON_FAILURE = ledgers.ON_FAILURE
POSITION, TIMESTAMP = "StartingPosition", "StartingPositionTimestamp"
RETRIES, AGE, BISECT = "MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError"
PARALLEL, TUMBLING = "ParallelizationFactor", "TumblingWindowInSeconds"
CONSUMER_NAME = "ConsumerName"
"""Not of the mapping: the consumer of the stream that is to be registered for it."""

FIFO_BATCH_MOST = 10
"""Source: BatchSize in https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
_AGE_LEAST_S = 60
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html; the model has -1."""
_SQS_POLLERS_LEAST = 2
"""Source: ProvisionedPollerConfig in Lambda's service model."""
_FOREVER = ((-1, "until it expires"),)


def batch_parameters(default: int, most: int = 0) -> tuple[Parameter, ...]:
    """Batch size, filters, and what all mappings have.

    Args:
        default: AWS's.
        most: When less than the model has.
    """
    limit = quotas.number_limit("BatchSize")
    return (
        _flag("Enabled", "Activate trigger", True, "Whether Lambda polls the source."),
        Parameter(
            BATCH_SIZE,
            "Batch size",
            Entry.NUMBER,
            default,
            minimum=limit.minimum,
            maximum=most or limit.maximum,
            unit="records",
            help="The maximum number of records in one invocation.",
        ),
        Parameter(
            FILTERS,
            "Filter criteria",
            Entry.FILTERS,
            (),
            help="Records that match none of the patterns are not sent to the function.",
        ),
        Parameter(
            RESPONSES,
            "Report batch item failures",
            Entry.CHOICES,
            (),
            choices=quotas.known_values("FunctionResponseType"),
            help="The function's response lists the records that failed; only those are retried.",
        ),
        Parameter(
            "MetricsConfig.Metrics",
            "Metrics",
            Entry.CHOICES,
            (),
            choices=quotas.known_values("EventSourceMappingMetric"),
            is_open=True,
            advanced=True,
            help="The metrics that Lambda records for this trigger.",
        ),
        Parameter(
            "KMSKeyArn",
            "KMS key of the filters",
            Entry.ARN,
            advanced=True,
            help="A customer managed key that encrypts the filter criteria.",
        ),
    )


def window_parameter() -> Parameter:
    """The batch window."""
    return _number(
        WINDOW, "Batch window", 0, "s", "How long Lambda gathers records before it invokes the function."
    )


def queue_scaling_parameters() -> tuple[Parameter, ...]:
    """How many invocations a queue may cause at once: one or the other."""
    help_text = "Pollers that are always running. Cannot be combined with maximum concurrency."
    return (
        _number(
            CONCURRENCY,
            "Maximum concurrency",
            None,
            "invocations",
            "The maximum number of concurrent invocations.",
        ),
        _number(
            MINIMUM_POLLERS,
            "Minimum pollers",
            None,
            "pollers",
            help_text,
            shape="MinimumNumberOfPollers",
            least=_SQS_POLLERS_LEAST,
            advanced=True,
        ),
        _number(
            MAXIMUM_POLLERS,
            "Maximum pollers",
            None,
            "pollers",
            help_text,
            shape="MaximumNumberOfPollers",
            least=_SQS_POLLERS_LEAST,
            advanced=True,
        ),
    )


def position_parameter(positions: tuple[str, ...]) -> Parameter:
    """Where reading starts; the one setting that streams cannot do without."""
    return Parameter(
        POSITION,
        "Starting position",
        Entry.CHOICE,
        required=True,
        choices=positions,
        create_only=True,
        help="TRIM_HORIZON: all records that are still in the stream. LATEST: records that are "
        "written from now on.",
    )


def stream_parameters() -> tuple[Parameter, ...]:
    """What streams have and queues have not, but for the position."""
    return (
        window_parameter(),
        _number(
            PARALLEL,
            "Concurrent batches per shard",
            1,
            "batches",
            "How many batches of one shard are processed at the same time.",
        ),
        _number(
            RETRIES,
            "Retry attempts",
            -1,
            "retries",
            "How many times a failed batch is retried.",
            shape="MaximumRetryAttemptsEventSourceMapping",
            least=0,
            also=_FOREVER,
        ),
        _number(
            AGE,
            "Maximum age of record",
            -1,
            "s",
            "Older records are not sent to the function.",
            least=_AGE_LEAST_S,
            also=_FOREVER,
        ),
        _flag(BISECT, "Split batch on error", False, "A failed batch is split in two and retried."),
        Parameter(
            ON_FAILURE,
            "On-failure destination",
            Entry.ARN,
            "",
            help="A queue, topic or bucket that receives details of batches that failed after all retries.",
        ),
        _number(
            TUMBLING,
            "Tumbling window duration",
            0,
            "s",
            "Invocations in one window share a state. 0 for no window.",
            advanced=True,
        ),
    )


def _flag(name: str, label: str, default: bool, help_text: str) -> Parameter:
    return Parameter(name, label, Entry.FLAG, default, help=help_text)


def _number(
    name: str,
    label: str,
    default: int | None,
    unit: str,
    help_text: str,
    *,
    shape: str = "",
    least: int | None = None,
    also: tuple[tuple[int, str], ...] = (),
    advanced: bool = False,
) -> Parameter:
    limit = quotas.number_limit(shape or name.rpartition(".")[2])
    return Parameter(
        name,
        label,
        Entry.NUMBER,
        default,
        minimum=limit.minimum if least is None else least,
        maximum=limit.maximum,
        also=also,
        unit=unit,
        advanced=advanced,
        help=help_text,
    )
