"""What a listing leaves out of the rows: the functions' states, and whether their code was changed elsewhere.

ListFunctions has no states, so each is asked for by itself: for the visible rows while the State column is
shown, and for all rows that the other filters let through while a filter by state is set. Otherwise none is
read: 10,000 functions would be 10,000 requests. What was changed elsewhere is told without asking AWS:
workspaces and journals of deploys say what the code was here and when, the fleet says what it is now.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.aws.names import LATEST, unqualified
from workbench.aws.retry import RateBudget
from workbench.code.workspace_store import read_base
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobHandle, JobRunner
from workbench.core.messages import _
from workbench.deploy.history import moment
from workbench.deploy.journal import DeployOutcome, DeployRecord, Journal
from workbench.deploy.plan import StepKind
from workbench.functions.fleet import Connect, FleetRow, Scope, StateRead, StatesRefused, read_states
from workbench.ui.features.fleet.scopes import ScopeState
from workbench.ui.features.fleet.table import BY_ID
from workbench.ui.features.fleet.window import FleetWindow
from workbench.ui.pages.code_opening import workspaces_dir
from workbench.ui.shell.services import Services

_KEY = "fleet.states"
_REST_MS, _TELL_MS = 300, 200
_UNSETTLED = ("Pending", "Deactivating", "Deleting")

_Key = tuple[Scope, str]
_DRIFT_KEY = "fleet.drift"
_CLOCKS_APART = timedelta(minutes=5)
"""AWS refuses requests of a computer whose clock is further off than this.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
"""
_ARRIVED = (DeployOutcome.DEPLOYED, DeployOutcome.UPDATING, DeployOutcome.ALREADY_DEPLOYED)

Known = Mapping[str, "KnownCode"]
"""By a function's ARN."""


class RowStates(QObject):
    """Reads states and puts them into the table's model.

    Args:
        jobs: Asks.
        connect: The way to AWS.
        budget: Shared with all who ask AWS for much.
        window: Its rows are looked at, its model gets the states, its footer says how far it is when all are
            asked for, and has the button that cancels.

    Signals:
        refused: The states of a Scope cannot be read, and why (a WorkbenchError).
    """

    refused = Signal(object, object)

    def __init__(self, jobs: JobRunner, connect: Connect, budget: RateBudget, window: FleetWindow) -> None:
        super().__init__(window)
        self._jobs, self._connect, self._budget = jobs, connect, budget
        self._window = window
        self._model, self._table, self._footer = window.model, window.table, window.footer
        self._refused: set[Scope] = set()
        self._asked: set[_Key] = set()  # under way
        self._passed: set[_Key] = set()  # answered, if only with an error; not asked for again by itself
        self._again: set[_Key] = set()  # known, but maybe not so any more
        self._stopped = False
        self._running: JobHandle | None = None
        self._resting = QTimer(self, singleShot=True, interval=_REST_MS)
        self._resting.timeout.connect(self._ask)
        self._telling = QTimer(self, singleShot=True, interval=_TELL_MS)  # answers come by the hundred
        self._telling.timeout.connect(self._tell)
        bar = self._table.verticalScrollBar()
        for signal in (bar.valueChanged, bar.rangeChanged):  # the range changes with the table's height
            signal.connect(lambda *__: self._resting.start())
        self._model.counted.connect(lambda: self._resting.start())
        self._table.columns_menu.toggled.connect(lambda *__: self._resting.start())
        self._footer.reading.clicked.connect(self._toggle)
        window.filters_changed.connect(self._follow_filter)
        window.refresh_wanted.connect(lambda: self.renew(every=True))

    def renew(self, *, every: bool = False) -> None:
        """The functions were listed again: what was under way at AWS may have ended.

        Args:
            every: Whether all states are to be read again, also settled ones.
        """
        self._refused.clear()
        self._passed.clear()
        self._stopped = False
        self._again |= {
            _key(row)
            for row in self._model.every()
            if row.state and (every or row.state in _UNSETTLED or row.last_update_status == "InProgress")
        }
        self._resting.start()

    def _follow_filter(self) -> None:
        self._stopped = False
        if not self._model.wanted.state:
            self._drop()  # whom it reads for has lost interest
        self._ask()

    def _drop(self) -> None:
        self._jobs.drop(_KEY)
        self._asked, self._running = set(), None

    def _ask(self) -> None:
        rows = self._unread()
        wanted = {_key(row) for row in rows}
        if wanted - self._asked and not self._stopped and self._window.isVisible():
            self._asked = wanted
            self._running = self._jobs.start(
                _("Reading states"),
                lambda ctx: read_states(rows, self._connect, self._budget, ctx),
                replaces=_KEY,
                quiet=True,
                on_item=self._take,
                on_done=lambda __: self._ended(),
                on_cancelled=self._ended,
            )
        self._tell()

    def _unread(self) -> list[FleetRow]:
        """Whose state shall be read."""
        rows: Sequence[FleetRow] = ()
        if self._model.wanted.state:
            rows = self._model.candidates()
        elif not self._table.isColumnHidden(BY_ID["state"]) and self._table.isVisible():
            rows = self._table.visible_rows()
        return [row for row in rows if self._is_wanted(row)]

    def _is_wanted(self, row: FleetRow) -> bool:
        key = _key(row)
        if row.scope in self._refused or key in self._passed:
            return False
        return not row.state or key in self._again

    def _take(self, item: object) -> None:
        match item:
            case StatesRefused():
                self._refused.add(item.scope)
                self.refused.emit(item.scope, item.error)
            case StateRead():
                self._again.discard(_key(item.row))
                self._model.set_state(item.row, item.state, item.last_update_status)
        if not self._window.isVisible():
            self._drop()
        if not self._telling.isActive():
            self._telling.start()

    def _ended(self) -> None:
        if not self._stopped:
            self._passed |= {key for key in self._asked if key not in self._again}
            self._again -= self._asked
        self._asked, self._running = set(), None
        self._ask()  # what has come in the meantime

    def _toggle(self) -> None:
        """Cancel, or Continue."""
        self._stopped = self._running is not None
        if self._running is not None:
            self._running.cancel()
        self._ask()

    def _tell(self) -> None:
        if not self._model.wanted.state:
            self._footer.show_reading(0, 0, running=False)
            return
        rows = self._model.candidates()
        known = sum(1 for row in rows if row.state and _key(row) not in self._again)
        can_go_on = self._running is not None or any(map(self._is_wanted, rows))
        self._footer.show_reading(known, len(rows), running=self._running is not None, can_go_on=can_go_on)


def _key(row: FleetRow) -> _Key:
    return row.scope, row.function.function_name


@dataclass(frozen=True, slots=True)
class KnownCode:
    """What a function's code was on this computer: its CodeSha256, and when it was so."""

    code_sha256: str
    when: datetime


class DeployedHere:
    """Reads what is on disk; files that have not changed are not read again. For one job at a time.

    Args:
        workspaces: Where all workspaces lie.
        journal: Of all deploys.
    """

    def __init__(self, workspaces: Path, journal: Journal) -> None:
        self._workspaces = workspaces
        self._journal = journal
        self._read: dict[tuple[Path, int], tuple[str, KnownCode] | None] = {}

    def known(self, ctx: JobContext) -> Known:
        """The code that each function had when this computer last opened or deployed it.

        Raises:
            Cancelled: Between two files.
        """
        found: dict[str, KnownCode] = {}
        for each in self._all(ctx):
            if each is not None:
                arn, code = each
                if arn not in found or found[arn].when < code.when:
                    found[arn] = code
        return found

    def _all(self, ctx: JobContext) -> Iterator[tuple[str, KnownCode] | None]:
        before, self._read = self._read, {}
        for path in (*self._workspaces.glob("*/*/*/base.json"), *self._journal.files()):
            ctx.check()
            try:
                key = path, path.stat().st_mtime_ns
            except OSError:
                continue  # has just gone
            read = _of_base if path.suffix == ".json" else self._of_deploy
            self._read[key] = before[key] if key in before else read(path)
            yield self._read[key]

    def _of_deploy(self, path: Path) -> tuple[str, KnownCode] | None:
        record = self._journal.record(path)
        try:
            code = _left_by(record) if record else None
            return (unqualified(record.function_arn), code) if record and code else None
        except ValueError:
            return None


def drifted(row: FleetRow, known: Known, state: ScopeState | None) -> bool:
    """Whether a function's code was changed elsewhere, as far as can be told.

    Args:
        row: The function as it was listed.
        known: What it was here.
        state: When it was listed; what was listed before it was opened or deployed here proves nothing.
    """
    function = row.function
    code = known.get(function.function_arn)
    if code is None or code.code_sha256 == function.code_sha256 or not function.code_sha256:
        return False
    if state is None or state.refreshed_at is None or state.refreshed_at <= code.when:
        return False
    # A deploy from here may end while its region is being listed.
    return function.last_modified is None or function.last_modified > code.when - _CLOCKS_APART


class DriftMarks(QObject):
    """Marks in the table the functions whose code was changed elsewhere.

    Args:
        services: The program's shared parts.
        window: Its rows are marked.
        states: When each part of the fleet was listed.
        journal: Of all deploys.
    """

    def __init__(
        self,
        services: Services,
        window: FleetWindow,
        states: Callable[[], Mapping[Scope, ScopeState]],
        journal: Journal,
    ) -> None:
        super().__init__(window)
        self._jobs, self._window, self._states = services.jobs, window, states
        self._here = DeployedHere(workspaces_dir(services), journal)

    def look(self) -> None:
        """Looks on disk, and marks."""
        if self._window.isVisible():
            self._jobs.start(
                _("Finding drifted functions"),
                self._here.known,
                lane=_DRIFT_KEY,
                replaces=_DRIFT_KEY,
                quiet=True,
                on_done=self._mark,
            )

    def _mark(self, known: Known) -> None:
        model, states = self._window.model, self._states()
        rows = model.every()
        model.mark_drifted({_key(row) for row in rows if drifted(row, known, states.get(row.scope))})


def _of_base(path: Path) -> tuple[str, KnownCode] | None:
    try:
        base = read_base(path.parent)
        if base.version != LATEST or not base.code_sha256:
            return None
        return unqualified(base.function_arn), KnownCode(base.code_sha256, moment(base.when))
    except (WorkbenchError, FileNotFoundError, ValueError):
        return None  # damaged, or gone: opening it will tell


def _left_by(record: DeployRecord) -> KnownCode | None:
    """The code that a deploy has left in the function; None when it says nothing about that."""
    if StepKind.ALIAS in record.planned and StepKind.UPLOAD not in record.planned:
        return None  # only an alias was moved
    when = moment(record.finished or record.when)
    if record.outcome in _ARRIVED:
        return KnownCode(record.new_sha256, when)
    return KnownCode(record.old_sha256, when) if record.outcome is DeployOutcome.UNDONE else None
