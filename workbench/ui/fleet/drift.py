"""Which functions have other code than this computer last opened or deployed: they were changed elsewhere.

Joins three rooms: the workspaces and the journals of deploys on disk say what the code was here and when, the
fleet says what it is now. Nothing is asked of AWS.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QObject

from workbench.code.workspace_store import LATEST, read_base
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.deploy.history import moment
from workbench.deploy.journal import Journal
from workbench.deploy.records import DeployOutcome, DeployRecord
from workbench.deploy.step import StepKind
from workbench.functions.fleet import FleetRow, Scope
from workbench.ui.fleet.flow import FleetFlow
from workbench.ui.fleet.scopes import ScopeState
from workbench.ui.pages.code_opening import workspaces_dir
from workbench.ui.services import Services

_KEY = "fleet.drift"
_CLOCKS_APART = timedelta(minutes=5)
"""AWS refuses requests of a computer whose clock is further off than this.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
"""
_ARRIVED = (DeployOutcome.DEPLOYED, DeployOutcome.UPDATING, DeployOutcome.ALREADY_DEPLOYED)

Known = Mapping[str, "KnownCode"]
"""By a function's ARN."""


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
            return (_unqualified(record.function_arn), code) if record and code else None
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
    """Keeps the marks of drifted functions in the table, for as long as the main window lives.

    Args:
        services: The program's shared parts.
        fleet: Whose rows are marked.
        journal: Of all deploys.
    """

    def __init__(self, services: Services, fleet: FleetFlow, journal: Journal) -> None:
        super().__init__(fleet)
        self._jobs, self._fleet = services.jobs, fleet
        self._here = DeployedHere(workspaces_dir(services), journal)
        fleet.stored_loaded.connect(self.look)
        fleet.refreshed.connect(self.look)

    def look(self) -> None:
        """Looks on disk, and marks."""
        if self._fleet.window is not None and self._fleet.window.isVisible():
            self._jobs.submit(
                Job(
                    _("Finding drifted functions"),
                    self._here.known,
                    lane=_KEY,
                    replaces=_KEY,
                    quiet=True,
                    on_done=self._mark,
                )
            )

    def _mark(self, known: Known) -> None:
        window, states = self._fleet.window, self._fleet.states
        if window is not None:
            rows = window.model.every()
            found = {_key(row) for row in rows if drifted(row, known, states.get(row.scope))}
            window.model.mark_drifted(found)


def _key(row: FleetRow) -> tuple[Scope, str]:
    return row.scope, row.function.function_name


def _of_base(path: Path) -> tuple[str, KnownCode] | None:
    try:
        base = read_base(path.parent)
        if base.version != LATEST or not base.code_sha256:
            return None
        return _unqualified(base.function_arn), KnownCode(base.code_sha256, moment(base.when))
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


def _unqualified(function_arn: str) -> str:
    return ":".join(function_arn.split(":")[:7])
