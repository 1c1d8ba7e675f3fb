"""The checks of a table that is to run a function. Pure."""

from collections.abc import Collection, Iterator

from workbench.aws import quotas
from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import SourceKind, Values
from workbench.triggers.sources.filter_checks import patterns_of
from workbench.triggers.step import Step
from workbench.triggers.steps.table_stream import TABLE_STREAM

_BEST = "NEW_AND_OLD_IMAGES"
_READERS = 2
"""Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""
_HOLDS = {
    "KEYS_ONLY": "the keys of the changed item",
    "NEW_IMAGE": "the item after the change",
    "OLD_IMAGE": "the item before the change",
    _BEST: "the item before and after the change",
}
_IMAGES = {"KEYS_ONLY": (), "NEW_IMAGE": ("NewImage",), "OLD_IMAGE": ("OldImage",)}


def check_table(
    source_arn: str,
    table_arn: str,
    stream_arn: str,
    view_type: str,
    values: Values,
    others: Collection[str],
) -> Iterator[Finding]:
    """Checks DDB-NOSTREAM, DDB-TABLEARN, DDB-STALE, DDB-READERS and DDB-VIEW.

    Args:
        source_arn: What is to be wired.
        table_arn: Of its table.
        stream_arn: Of the stream that is on; empty when it is off.
        view_type: Of that stream.
        values: Of the mapping.
        others: The other functions that the stream is polled for.
    """
    name = table_arn.rpartition("/")[2]
    if not stream_arn:
        yield Finding(
            "DDB-NOSTREAM",
            Severity.BLOCK,
            f"The stream of the table {name} is off.",
            "Lambda reads the changes of a table from its stream. Choose what its records contain.",
            tuple(_turn_on(table_arn, each) for each in _view_types()),
        )
        return
    if source_arn != stream_arn:
        yield _another_arn(source_arn, table_arn, stream_arn)
    if len(others) >= _READERS:
        yield Finding(
            "DDB-READERS",
            Severity.WARN,
            f"The stream of {name} also invokes {', '.join(sorted(others))}.",
            f"More than {_READERS} readers of one stream are throttled.",
        )
    yield from _view(name, view_type, values)


def _another_arn(source_arn: str, table_arn: str, stream_arn: str) -> Finding:
    name = table_arn.rpartition("/")[2]
    fixes = (
        Fix(
            FixKind.OTHER_SOURCE,
            "Use the current stream",
            source_kind=SourceKind.DYNAMODB,
            source_arn=stream_arn,
        ),
    )
    if source_arn == table_arn:
        return Finding(
            "DDB-TABLEARN",
            Severity.BLOCK,
            f"{source_arn} is the ARN of the table {name}, not of its stream.",
            "Lambda polls a stream, which has a separate ARN.",
            fixes,
        )
    return Finding(
        "DDB-STALE",
        Severity.BLOCK,
        f"The stream {source_arn.rpartition('/')[2]} of {name} is not the current one.",
        "A stream that was turned off receives no more records, and a stream that is turned on "
        "has a new ARN.",
        fixes,
    )


def _view(name: str, view_type: str, values: Values) -> Iterator[Finding]:
    there = _IMAGES.get(view_type)
    if there is None:
        return
    missing = [each for each in ("NewImage", "OldImage") if each not in there]
    filtered = [each for each in missing if any(f'"{each}"' in text for text in patterns_of(values))]
    if filtered:
        yield Finding(
            "DDB-VIEW",
            Severity.WARN,
            f"A filter uses {' and '.join(filtered)}, which the stream of {name} does not contain.",
            f"Its view type is {view_type}: records contain {_HOLDS[view_type]}.",
        )
    elif not there:
        yield Finding(
            "DDB-VIEW",
            Severity.WARN,
            f"The function receives {_HOLDS[view_type]} of {name}, and no other attributes.",
            f"The stream's view type is {view_type}. To change it, turn the stream off and on again.",
        )


def _view_types() -> tuple[str, ...]:
    """What AWS knows, the most telling first."""
    return tuple(sorted(quotas.known_values("StreamViewType", "dynamodb"), key=lambda each: each != _BEST))


def _turn_on(table_arn: str, view_type: str) -> Fix:
    name, region = table_arn.rpartition("/")[2], table_arn.split(":")[3]
    holds = f": records contain {_HOLDS[view_type]}" if view_type in _HOLDS else ""
    step = Step(
        TABLE_STREAM,
        f"Turn on the stream of {name} with {view_type}",
        "dynamodb:UpdateTable",
        region,
        {"table": table_arn, "view_type": view_type},
        "Turn off the stream",
    )
    return Fix(FixKind.STEPS, f"Turn on the stream with {view_type}{holds}", (step,))
