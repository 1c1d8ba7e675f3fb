"""The checks that all streams share, and the words that explain them. Pure."""

from collections.abc import Iterator

from workbench.triggers import ledgers
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import FunctionSeen, Trigger, Values, Wiring
from workbench.triggers.sources import mapping_parameters as names
from workbench.triggers.sources.mapping_source import names_of, number_of

BATCH_DEFAULT = 100
_RETRIES = 10
"""What is offered against a batch that always fails; a handful of seconds with Lambda's pauses."""
_DESTINATIONS = ("sqs", "sns", "s3")
"""Source: OnFailure in Lambda's service model."""


def target_of(wiring: Wiring) -> str:
    """The function with its qualifier, as mappings name it ("resize:live")."""
    return ":".join(wiring.target_arn.split(":")[6:])


def check_stream(values: Values) -> Iterator[Finding]:
    """Checks STR-POISON and ESM-DEST.

    Args:
        values: Of the mapping.
    """
    retries, age_s = number_of(values, names.RETRIES, -1), number_of(values, names.AGE, -1)
    destination = str(values.get(names.ON_FAILURE) or "")
    if retries < 0 and age_s < 0 and not destination and not values.get(names.BISECT):
        yield Finding(
            "STR-POISON",
            Severity.WARN,
            "One record that always fails blocks its shard until the record expires.",
            "Retries are unlimited, failed batches are not split, and there is no on-failure destination.",
            (
                Fix(
                    FixKind.EDIT,
                    f"Split failed batches, and stop after {_RETRIES} retries",
                    values={names.BISECT: True, names.RETRIES: _RETRIES},
                ),
            ),
        )
    service = destination.split(":")[2] if destination.count(":") >= 5 else ""
    if destination and service not in _DESTINATIONS:
        yield Finding(
            "ESM-DEST",
            Severity.BLOCK,
            f"{destination} cannot be the on-failure destination.",
            "AWS accepts the ARN of a queue, a topic or a bucket.",
        )


def explain_stream(
    trigger: Trigger, function: FunctionSeen, order: str, kept_s: int, not_simulated: str
) -> Explanation:
    """How a stream runs a function.

    Args:
        trigger: The mapping.
        function: The function's side.
        order: In which order records arrive.
        kept_s: How long the stream keeps a record; 0 when nobody knows.
        not_simulated: What the Sandbox does otherwise.
    """
    kept = f" for {ledgers.duration(kept_s)}" if kept_s else ""
    destination = str(trigger.values.get(names.ON_FAILURE) or "")
    return Explanation(
        model=ledgers.PULL,
        order=order,
        source_retries=f"They are not lost: the stream keeps each record{kept}, whether it was processed "
        "or not.",
        lambda_retries=ledgers.stream_ledger(trigger.values, kept_s=kept_s or None),
        failures=ledgers.mapping_failures(trigger.values),
        authorises=ledgers.BY_ROLE,
        flow=names_of(
            trigger.name, "Lambda's poller", function.detail.function_name, destination.rpartition(":")[2]
        ),
        not_simulated=not_simulated,
    )
