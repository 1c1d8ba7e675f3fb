"""Listing what may become a source: the own region first, the others side by side."""

import pytest

from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.kinds import table
from workbench.triggers.kinds.table import SOURCES, list_candidates
from workbench.triggers.model import SourceKind


class Listening(JobContext):
    """Keeps what is emitted; cancelled after so many."""

    def __init__(self, most: int = 1_000) -> None:
        super().__init__()
        self.names: list[tuple[str, str]] = []
        self._most = most

    def emit(self, item: object) -> None:
        assert isinstance(item, tuple)
        assert len(item) <= table._BATCH
        self.names += [(each.location.region, each.name) for each in item]

    def check(self) -> None:
        if len(self.names) >= self._most:
            raise Cancelled


@pytest.fixture
def queues(connection: Connection) -> Connection:
    """Queues in three regions."""
    for region in ("us-east-1", "eu-west-1", "ap-southeast-2"):
        connection.in_region(region).call("sqs", "create_queue", QueueName=f"orders-{region}")
    return connection


def test_the_own_region_comes_first_and_all_others_after_it(queues: Connection) -> None:
    ctx = Listening()
    assert (
        list_candidates(queues, SourceKind("sqs"), ("eu-west-1", "ap-southeast-2", "eu-north-1"), ctx) == ()
    )
    assert ctx.names[0] == ("us-east-1", "orders-us-east-1")
    assert {region for region, _ in ctx.names[1:]} == {"eu-west-1", "ap-southeast-2"}


def test_cancel_ends_it_between_the_regions(queues: Connection) -> None:
    with pytest.raises(Cancelled):
        list_candidates(queues, SourceKind("sqs"), ("eu-west-1", "ap-southeast-2"), Listening(most=1))


def test_only_the_own_region_has_problems(queues: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    source = SOURCES[SourceKind("sqs")]
    usual = type(source).candidates

    def listed(self: object, connection: Connection, ctx: JobContext) -> object:
        if connection.region in ("us-east-1", "eu-west-1"):
            raise WorkbenchError("Could not list the queues.", "You may not.", aws_code="AccessDenied")
        return usual(self, connection, ctx)  # type: ignore[arg-type]

    monkeypatch.setattr(type(source), "candidates", listed)
    ctx = Listening()
    (problem,) = list_candidates(queues, SourceKind("sqs"), ("eu-west-1", "ap-southeast-2"), ctx)
    assert problem.aws_code == "AccessDenied"
    assert ctx.names == [("ap-southeast-2", "orders-ap-southeast-2")]
