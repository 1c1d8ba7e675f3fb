"""The states of functions in the table: ListFunctions leaves them out, so each is asked for by itself.

States are read for the visible rows while the State column is shown, and for all rows that the other filters
let through while a filter by state is set. Otherwise none is read: 10,000 functions would be 10,000 requests.
"""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.aws.retrying_connection import RateBudget
from workbench.core.jobs import Job, JobHandle, JobRunner
from workbench.core.messages import _
from workbench.functions.fleet import Connect, FleetRow, Scope, StateRead, StatesRefused, read_states
from workbench.ui.fleet.columns import BY_ID
from workbench.ui.fleet.window import FleetWindow

_KEY = "fleet.states"
_REST_MS, _TELL_MS = 300, 200
_UNSETTLED = ("Pending", "Deactivating", "Deleting")

_Key = tuple[Scope, str]


class SeenStates(QObject):
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
            self._running = self._jobs.submit(
                Job(
                    _("Reading states"),
                    lambda ctx: read_states(rows, self._connect, self._budget, ctx),
                    replaces=_KEY,
                    quiet=True,
                    on_item=self._take,
                    on_done=lambda __: self._ended(),
                    on_cancelled=self._ended,
                )
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
