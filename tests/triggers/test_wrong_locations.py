"""A source of a wrong place is refused before anything is written, whatever its kind."""

import secrets

import pytest

from tests.aws.model_check import model_checked_sessions
from tests.sandbox_functions import create_function
from workbench.aws.client_config import Access
from workbench.aws.connection import ApiCall, Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.kinds.table import RULES, SOURCES
from workbench.triggers.model import FixKind, SourceKind, TriggerSpec, Verdict
from workbench.triggers.plan import Prepared, prepare

ELSEWHERE = "eu-west-1"
ARNS = {
    SourceKind("s3"): "arn:aws:s3:::{bucket}",
    SourceKind("dynamodb"): "arn:aws:dynamodb:{region}:{account}:table/t/stream/2026-01-01T00:00:00.000",
    SourceKind("kinesis"): "arn:aws:kinesis:{region}:{account}:stream/clicks",
    SourceKind("sqs"): "arn:aws:sqs:{region}:{account}:orders",
    SourceKind("logs"): "arn:aws:logs:{region}:{account}:log-group:/aws/x:*",
    SourceKind("events"): "arn:aws:events:{region}:{account}:rule/nightly",
    SourceKind("msk"): "arn:aws:kafka:{region}:{account}:cluster/clicks/0-1",
    SourceKind("mq"): "arn:aws:mq:{region}:{account}:broker:jobs:b-1",
    SourceKind("documentdb"): "arn:aws:rds:{region}:{account}:cluster:docs",
}
BLOCKED = [
    kind
    for kind, source in SOURCES.items()
    if source.can_create and RULES[kind].region is Verdict.BLOCK and kind != SourceKind("url")
]


class Watched:
    """A function, and every call that is made for it."""

    def __init__(self, access: Access) -> None:
        self.calls: list[ApiCall] = []
        self.connection = Connection.open(
            access, observer=self.calls.append, sessions=model_checked_sessions()
        )
        self.function = create_function(self.connection, "def handler(event, context): pass\n")
        self.bucket = f"elsewhere-{secrets.token_hex(4)}"
        self.connection.in_region(ELSEWHERE).call(
            "s3",
            "create_bucket",
            Bucket=self.bucket,
            CreateBucketConfiguration={"LocationConstraint": ELSEWHERE},
        )
        self.calls.clear()

    def prepare(self, kind: SourceKind, arn: str) -> Prepared:
        """Prepares the wiring of a source."""
        account = self.connection.account_id
        arn = arn.format(region=ELSEWHERE, account=account, bucket=self.bucket)
        return prepare(self.connection, TriggerSpec(kind, arn, self.function), JobContext())


@pytest.fixture
def watched(access: Access) -> Watched:
    return Watched(access)


@pytest.mark.parametrize("kind", BLOCKED)
def test_another_region_is_refused_without_a_write(watched: Watched, kind: SourceKind) -> None:
    prepared = watched.prepare(kind, ARNS[kind])
    assert prepared.blocks()[0].check_id == "GEN-REGION"
    assert ELSEWHERE in prepared.findings[0].what
    assert watched.connection.region in prepared.findings[0].what
    assert prepared.own_steps == ()
    assert [call.operation for call in watched.calls if call.is_write] == []
    with pytest.raises(ValueError, match="blocked"):
        prepared.plan(())


@pytest.mark.parametrize("kind", [kind for kind in BLOCKED if kind != SourceKind("s3")])
def test_another_partition_is_refused_without_any_call(watched: Watched, kind: SourceKind) -> None:
    prepared = watched.prepare(kind, ARNS[kind].replace("arn:aws:", "arn:aws-cn:"))
    assert [finding.check_id for finding in prepared.blocks()] == ["GEN-PARTITION"]
    assert watched.calls == []


@pytest.mark.parametrize(
    "text", ["orders", "arn:aws:sqs", "", "https://sqs.eu-west-1.amazonaws.com/1/orders"]
)
def test_what_is_no_arn_is_refused(watched: Watched, text: str) -> None:
    with pytest.raises(WorkbenchError, match="not an ARN"):
        watched.prepare(SourceKind("sqs"), text)
    assert watched.calls == []


@pytest.mark.parametrize(
    "kind", [kind for kind, source in SOURCES.items() if kind == SourceKind("rest-api") or kind in ARNS]
)
def test_an_arn_of_another_kind_is_refused_though_it_ends_with_a_name_that_is_there(
    watched: Watched, kind: SourceKind
) -> None:
    watched.connection.call("sqs", "create_queue", QueueName="orders")
    watched.calls.clear()
    service = "sns" if kind != SourceKind("sns") else "sqs"
    arn = f"arn:aws:{service}:{watched.connection.region}:{watched.connection.account_id}:orders"
    with pytest.raises(WorkbenchError, match="cannot be a trigger") as failure:
        watched.prepare(kind, arn)
    assert RULES[kind].noun in failure.value.why
    assert watched.calls == []


def test_a_queue_of_another_account_that_may_not_be_read_comes_with_the_policy_for_its_owner(
    watched: Watched,
) -> None:
    arn = f"arn:aws:sqs:{watched.connection.region}:999999999999:theirs"
    prepared = watched.prepare(SourceKind("sqs"), arn)
    (block,) = prepared.blocks()
    assert (block.check_id, "999999999999" in block.what) == ("GEN-ACCOUNT", True)
    assert "NonExistentQueue" in block.aws
    (fix,) = [fix for finding in prepared.findings for fix in finding.fixes]
    assert (fix.kind, arn in fix.text, "sqs:ReceiveMessage" in fix.text) == (FixKind.SHOW_POLICY, True, True)
    assert [call.operation for call in watched.calls if call.is_write] == []
