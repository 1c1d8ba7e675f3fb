"""A change of 100 functions while AWS throttles and fails: all done or reported, none twice, Cancel."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from tests.aws.model_check import model_checked_sessions
from tests.fault_proxy import Proxy
from tests.sandbox_functions import create_function
from workbench.aws import retry
from workbench.aws.client_config import Access
from workbench.aws.connection import ApiCall, Connection
from workbench.aws.retry import RateBudget
from workbench.core.jobs import JobContext
from workbench.functions.bulk_plan import BulkChange, Configure, Retag, Target
from workbench.functions.bulk_run import BulkJournal
from workbench.functions.configure import Wanted
from workbench.functions.index import list_functions
from workbench.functions.model import FunctionSummary
from workbench.ui.features.bulk.run import BulkRun, Phase, RowState
from workbench.ui.shell.services import Services

SOURCE = "def handler(event, context):\n    return 1\n"
MANY, COUNT = 100, 20
UPDATE = "UpdateFunctionConfiguration"
MEMORY = Configure(Wanted(memory_mb=512))
THROTTLE = {"code": "TooManyRequestsException", "status": 429, "message": "Rate exceeded"}
FAULT = {"code": "ServiceException", "status": 500, "message": "internal"}


def kept(*_: object) -> Callable[[], object]:
    raise AssertionError("nothing is deleted here")


class Hands:
    """Somebody who changes the account's functions over a connection that has faults."""

    def __init__(
        self, qtbot: QtBot, services: Services, rows: list[FunctionSummary], faulty: Connection
    ) -> None:
        self._qtbot = qtbot
        self._owner = QObject()
        targets = [Target.of(row, "dev") for row in rows]
        connect = lambda _profile, _region, _ctx: faulty  # noqa: E731 - a function is expected
        self.journal = BulkJournal(services.paths.data_dir / "bulk-changes")
        nothing = lambda _target: ""  # noqa: E731
        self.run = BulkRun(services, targets, connect, nothing, RateBudget(), kept, self.journal, self._owner)

    def plan(self, change: BulkChange) -> None:
        self.run.plan_change(change)
        self.until(Phase.PLANNED)

    def until(self, phase: Phase) -> None:
        self._qtbot.waitUntil(lambda: self.run.phase is phase and not self.run.is_busy, timeout=60_000)

    def until_done(self, number: int) -> None:
        self._qtbot.waitUntil(lambda: self.run.count(RowState.DONE) >= number, timeout=60_000)


@pytest.fixture
def calls() -> list[ApiCall]:
    return []


@pytest.fixture
def functions(connection: Connection, request: pytest.FixtureRequest) -> list[FunctionSummary]:
    with ThreadPoolExecutor(12) as pool:  # each waits most of its time
        names = [f"fn-{number:03}" for number in range(getattr(request, "param", COUNT))]
        list(pool.map(lambda name: create_function(connection, SOURCE, name=name), names))
    return list(list_functions(connection, JobContext()))


@pytest.fixture
def hands(
    qtbot: QtBot,
    services: Services,
    functions: list[FunctionSummary],
    access: Access,
    proxy: Proxy,
    calls: list[ApiCall],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Hands]:
    for name in ("lambda", "lambda:GetFunction"):  # the rates have tests of their own
        monkeypatch.setitem(retry._RATES, name, 1000.0)
    faulty = Connection.open(
        replace(access, endpoint_url=proxy.url), calls.append, sessions=model_checked_sessions()
    )
    yield Hands(qtbot, services, functions, faulty)
    qtbot.waitUntil(lambda: not services.jobs.active())


def memories(connection: Connection) -> Counter[int]:
    return Counter(row.memory_mb for row in list_functions(connection, JobContext()))


def made(calls: list[ApiCall], operation: str) -> int:
    return sum(call.operation == operation and not call.error_code for call in calls)


@pytest.mark.parametrize("functions", [MANY], indirect=True)
def test_with_throttles_and_faults_all_are_done_or_reported_and_none_twice(
    hands: Hands, proxy: Proxy, connection: Connection, calls: list[ApiCall]
) -> None:
    proxy.inject({"probability": 0.05, "error": THROTTLE}, {"probability": 0.01, "error": FAULT})
    hands.plan(MEMORY)
    assert hands.run.count(RowState.TO_CHANGE) == MANY
    hands.run.start()
    hands.until(Phase.ENDED)
    failed = [row for row in hands.run.rows if row.state is RowState.FAILED]
    done = hands.run.count(RowState.DONE)
    assert done + len(failed) == MANY
    assert all(row.aws_code for row in failed)
    assert memories(connection) == Counter({512: done, 128: len(failed)}) - Counter({128: 0})
    assert made(calls, UPDATE) == done  # none twice
    assert any(call.error_code for call in calls)  # there were faults


def test_faults_whose_answer_is_lost_after_the_change_do_not_change_twice(
    hands: Hands, proxy: Proxy, connection: Connection, calls: list[ApiCall]
) -> None:
    proxy.inject({"operation": UPDATE, "probability": 0.3, "response": {"abort_bytes": 10}})
    hands.plan(MEMORY)
    hands.run.start()
    hands.until(Phase.ENDED)
    assert any(call.error_code == "ConnectionClosedError" for call in calls)
    assert hands.run.count(RowState.DONE) == COUNT
    assert memories(connection) == Counter({512: COUNT})


def test_cancel_stops_and_says_of_each_what_became_of_it(
    hands: Hands, proxy: Proxy, connection: Connection, calls: list[ApiCall]
) -> None:
    proxy.inject({"probability": 0.05, "error": THROTTLE}, {"latency": {"fixed_ms": 50}})
    hands.plan(Retag((("team", "core"),)))
    hands.run.start()
    hands.until_done(5)
    hands.run.cancel()
    hands.until(Phase.ENDED)
    done = hands.run.count(RowState.DONE)
    assert 5 <= done < COUNT
    assert hands.run.count(RowState.NOT_BEGUN) == COUNT - done
    assert made(calls, "TagResource") == done
    hands.run.retry()
    hands.until(Phase.ENDED)
    assert hands.run.count(RowState.DONE) == COUNT
    assert made(calls, "TagResource") == COUNT
    hands.run.plan_undo()
    hands.run.start()
    hands.until(Phase.ENDED)
    assert made(calls, "UntagResource") == COUNT


def test_a_region_that_denies_fails_with_aws_s_code_and_can_be_tried_again(
    hands: Hands, proxy: Proxy, connection: Connection
) -> None:
    hands.plan(MEMORY)
    proxy.inject(
        {"operation": UPDATE, "error": {"code": "AccessDeniedException", "status": 403, "message": "no"}}
    )
    hands.run.start()
    hands.until(Phase.ENDED)
    assert {row.aws_code for row in hands.run.rows} == {"AccessDeniedException"}
    assert memories(connection) == Counter({128: COUNT})
    proxy.inject()
    hands.run.retry()
    hands.until(Phase.ENDED)
    assert memories(connection) == Counter({512: COUNT})
