"""The states of the functions that are seen: ListFunctions leaves them out, so each is asked for by itself.

Only while the State column is there, and only for rows that somebody looks at for a moment: 10,000 would be
10,000 requests.
"""

from PySide6.QtCore import QObject, QTimer

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobRunner
from workbench.functions.detail import get_function
from workbench.functions.fleet import Connect, FleetRow, Scope
from workbench.ui.fleet.columns import BY_ID
from workbench.ui.fleet.model import FleetModel
from workbench.ui.fleet.table import FleetTable

_KEY = "fleet.states"
_REST_MS = 300


class SeenStates(QObject):
    """Lives as long as the table.

    Args:
        jobs: Asks.
        connect: The way to AWS.
        budget: Shared with all who ask AWS for much.
        model: Gets the states.
        table: Whose rows are looked at.
    """

    def __init__(
        self, jobs: JobRunner, connect: Connect, budget: RateBudget, model: FleetModel, table: FleetTable
    ) -> None:
        super().__init__(table)
        self._jobs, self._connect, self._budget = jobs, connect, budget
        self._model, self._table = model, table
        self._refused: set[Scope] = set()
        self._resting = QTimer(self, singleShot=True, interval=_REST_MS)
        self._resting.timeout.connect(self._ask)
        bar = table.verticalScrollBar()
        for signal in (bar.valueChanged, bar.rangeChanged):  # the range changes with the table's height
            signal.connect(lambda *_: self._resting.start())
        model.counted.connect(lambda: self._resting.start())
        table.columns_menu.toggled.connect(lambda *_: self._resting.start())

    def _ask(self) -> None:
        if self._table.isColumnHidden(BY_ID["state"]) or not self._table.isVisible():
            return
        rows = [row for row in self._table.seen() if not row.state and row.scope not in self._refused]
        if rows:
            self._jobs.submit(
                Job(
                    self.tr("Reading states"),
                    lambda ctx: self._read(rows, ctx),
                    replaces=_KEY,
                    quiet=True,
                    on_item=self._take,
                )
            )

    def _read(self, rows: list[FleetRow], ctx: JobContext) -> None:
        connections: dict[Scope, Connection] = {}
        refused: set[Scope] = set()
        for row in rows:
            scope = row.scope
            if scope in refused:
                continue
            try:
                if scope not in connections:
                    connections[scope] = self._connect(scope.profile_name, scope.region, ctx).unobserved()
                connection = connections[scope]
                if connection.account_id != row.function.account_id:
                    continue  # the profile leads elsewhere by now; the next refresh will tell
                self._budget.spend(connection, "lambda", "GetFunction", ctx)
                ctx.emit((row, get_function(connection, row.function.function_name, "", ctx).state))
            except WorkbenchError as error:
                # What may not be read, or has gone, stays without a state; listing says why, if it fails too.
                if error.aws_code != "ResourceNotFoundException":
                    refused.add(scope)
                    ctx.emit(scope)

    def _take(self, item: object) -> None:
        match item:
            case Scope():
                self._refused.add(item)
            case (FleetRow() as row, str(state)):
                self._model.set_state(row, state)
