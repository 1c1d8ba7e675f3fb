"""A function and wishes for the tests of this room."""

from typing import Any

from workbench.functions.model import FunctionDetail, detail_of
from workbench.triggers.model import ObservedFunction, SourceKind, TriggerSpec

ACCOUNT = "111111111111"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/worker"


def detail(**configuration: Any) -> FunctionDetail:
    """The function f of us-east-1."""
    known = {"FunctionName": "f", "FunctionArn": ARN, "Role": ROLE_ARN, "State": "Active", "Timeout": 3}
    concurrency = configuration.pop("Concurrency", {})
    return detail_of({"Configuration": known | configuration, "Concurrency": concurrency})


SQS = SourceKind("sqs")


def spec(kind: SourceKind = SQS, source_arn: str = QUEUE, **more: Any) -> TriggerSpec:
    """A wish for it."""
    return TriggerSpec(kind, source_arn, more.pop("function", None) or detail(), **more)


def seen(**more: Any) -> ObservedFunction:
    """What was read of it; nothing is wrong with it."""
    more.setdefault("failure_arns", ("arn:aws:sqs:us-east-1:111111111111:dead",))
    return ObservedFunction(more.pop("detail", None) or detail(), **more)
