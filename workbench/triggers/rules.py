"""What holds for each kind of event source: the rulebook's master table as data.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html and the pages of each service below
it. What no page states is a warning, never a block.
"""

from dataclasses import dataclass
from enum import Enum

from workbench.triggers.model import SourceKind


class Verdict(Enum):
    """Whether two places, or two accounts, may differ."""

    ALLOW = "allow"
    WARN = "warn"
    """Nobody could verify it: AWS is asked, and its answer shown."""
    BLOCK = "block"


class Model(Enum):
    """How events come to the function."""

    PUSH_SYNC = "Push, synchronous"
    PUSH_ASYNC = "Push, asynchronous"
    PULL = "Pull"


class Authority(Enum):
    """Which permission lets the source through."""

    FUNCTION_POLICY = "function policy"
    EXECUTION_ROLE = "execution role"
    OWN_ROLE = "role of the source"
    CALLER = "the caller's IAM permissions"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Attributes:
        noun: What one of them is called in a sentence.
        title: The service, as AWS calls it.
        model: How events come.
        region: Whether source and function may be in different regions.
        account: Whether they may belong to different accounts.
        authority: Who lets it through.
        because: Why regions must not differ; a sentence.
        account_actions: What a resource policy of the source must let the execution role do across accounts.
        hop: A kind of source that may stand between when regions differ.
    """

    noun: str
    title: str
    model: Model
    region: Verdict
    account: Verdict
    authority: Authority
    because: str = ""
    account_actions: tuple[str, ...] = ()
    hop: SourceKind | None = None


_A, _W, _B = Verdict.ALLOW, Verdict.WARN, Verdict.BLOCK
_SYNC, _ASYNC, _PULL = Model.PUSH_SYNC, Model.PUSH_ASYNC, Model.PULL
_POLICY, _ROLE = Authority.FUNCTION_POLICY, Authority.EXECUTION_ROLE

_POLLS = "Lambda only polls {noun}s in its own region."
_NOTIFIES = "A {noun} can only invoke functions in its own region."

RULES = {
    SourceKind.S3: Rule("bucket", "Amazon S3", _ASYNC, _B, _A, _POLICY, _NOTIFIES, hop=SourceKind.SNS),
    SourceKind.DYNAMODB: Rule("table", "Amazon DynamoDB", _PULL, _B, _W, _ROLE, _POLLS),
    SourceKind.KINESIS: Rule(
        "stream",
        "Amazon Kinesis",
        _PULL,
        _B,
        _A,
        _ROLE,
        _POLLS,
        (
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ),
    ),
    SourceKind.SQS: Rule(
        "queue",
        "Amazon SQS",
        _PULL,
        _B,
        _A,
        _ROLE,
        _POLLS,
        ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    ),
    SourceKind.SNS: Rule("topic", "Amazon SNS", _ASYNC, _A, _A, _POLICY),
    SourceKind.RULE: Rule("rule", "Amazon EventBridge", _ASYNC, _B, _A, _POLICY, _NOTIFIES),
    SourceKind.SCHEDULE: Rule("schedule", "Amazon EventBridge Scheduler", _ASYNC, _W, _W, Authority.OWN_ROLE),
    SourceKind.LOGS: Rule("log group", "Amazon CloudWatch Logs", _ASYNC, _B, _B, _POLICY, _NOTIFIES),
    SourceKind.HTTP_API: Rule("HTTP API", "Amazon API Gateway", _SYNC, _A, _A, _POLICY),
    SourceKind.REST_API: Rule("REST API", "Amazon API Gateway", _SYNC, _A, _A, _POLICY),
    SourceKind.URL: Rule(
        "function URL", "Function URL", _SYNC, _B, _A, _POLICY, "A {noun} belongs to its function."
    ),
    SourceKind.DIRECT: Rule("caller", "Custom events", _ASYNC, _A, _A, Authority.CALLER),
    SourceKind.IOT: Rule("rule", "AWS IoT", _ASYNC, _B, _W, _POLICY, _NOTIFIES),
    SourceKind.COGNITO: Rule("user pool", "Amazon Cognito", _SYNC, _B, _W, _POLICY, _NOTIFIES),
    SourceKind.MSK: Rule("cluster", "Amazon MSK", _PULL, _B, _W, _ROLE, _POLLS),
    SourceKind.KAFKA: Rule("cluster", "Self-managed Apache Kafka", _PULL, _A, _A, _ROLE),
    SourceKind.MQ: Rule("broker", "Amazon MQ", _PULL, _B, _B, _ROLE, _POLLS),
    SourceKind.DOCUMENTDB: Rule("cluster", "Amazon DocumentDB", _PULL, _B, _B, _ROLE, _POLLS),
    SourceKind.OTHER: Rule("source", "Other", _ASYNC, _W, _W, _POLICY),
}
