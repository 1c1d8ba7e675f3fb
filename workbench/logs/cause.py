"""What sent the event of an invocation, as far as its log says.

Owns: the shapes of events in which a source names itself. Must not know: triggers. A function that prints its
event, as JSON or as Python shows it, says whose it is; of one that does not, nothing is known here.
"""

import re
from collections.abc import Iterable

_ARN = r"(arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d*:[^\s'\"\\]+)"
_QUOTE = r"""\\?['"]"""  # in either way; with a backslash in JSON within JSON
_IS = r"\s*:\s*"
_SHAPES = tuple(
    re.compile(f"{_QUOTE}{key}{_QUOTE}{_IS}{list_}{_QUOTE}{_ARN}{_QUOTE}")
    for key, list_ in (
        ("eventSourceARN", ""),  # SQS, Kinesis, DynamoDB
        ("eventSourceArn", ""),  # Kafka, Amazon MQ, DocumentDB
        ("TopicArn", ""),  # SNS
        ("resources", r"\[\s*"),  # EventBridge: the rule of a schedule
    )
)
_BUCKET = re.compile(
    rf"{_QUOTE}bucket{_QUOTE}{_IS}\{{.{{0,500}}?{_QUOTE}arn{_QUOTE}{_IS}{_QUOTE}{_ARN}{_QUOTE}"
)
_CHARACTERS = 20_000


def cause_of(texts: Iterable[str]) -> str:
    """The ARN of what sent the event; empty when the lines do not say.

    Args:
        texts: Lines of one invocation; of a very long one only the beginning is looked at.
    """
    for text in texts:
        if "arn:" not in text:
            continue
        for shape in (*_SHAPES, _BUCKET):
            if (found := shape.search(text[:_CHARACTERS])) is not None:
                return found[1]
    return ""
