"""What the tests of sources that push have in common."""

from collections.abc import Callable

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext, Progress
from workbench.core.operations import Facts
from workbench.triggers.model import Condition, Grant
from workbench.triggers.steps import Running


def grant(
    principal: str, source_arn: str, account: str = "", qualifier: str = "", sid: str = "wb-x"
) -> Grant:
    """A statement that lets a service run the function for a source."""
    conditions = [Condition("ArnLike", "aws:sourcearn", (source_arn,))]
    if account:
        conditions.append(Condition("StringEquals", "aws:sourceaccount", (account,)))
    return Grant(
        sid,
        principal,
        principal.split(".")[0],
        "lambda:InvokeFunction",
        source_arn,
        account,
        qualifier,
        False,
        "",
        tuple(conditions),
    )


class Hurried(JobContext):
    """Waits no time, and notes how long it should have."""

    def __init__(
        self,
        slept: list[float] | None = None,
        report: Callable[[Progress], None] | None = None,
        emit: Callable[[object], None] | None = None,
    ) -> None:
        super().__init__(report, emit)
        self.slept: list[float] = [] if slept is None else slept

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Trial:
    """What a step is given, with what it noted and how long it slept."""

    def __init__(self, connection: Connection, **earlier: Facts) -> None:
        self.notes: dict[str, object] = {}
        self.slept: list[float] = []
        self.running = Running(connection, Hurried(self.slept), self.notes.update, earlier)
