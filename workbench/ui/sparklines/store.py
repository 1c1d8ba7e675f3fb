"""The sparklines that are known, by profile, region, account and function name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.fleet import FleetRow, Scope
from workbench.ui.sparklines.sparkline import Sparkline


@dataclass(frozen=True, slots=True)
class SparklineRow:
    """A row: the profile and region that lead to it, its account and name."""

    scope: Scope
    account_id: str
    function_name: str

    @classmethod
    def at(cls, row: FleetRow) -> "SparklineRow":
        """A row of All Functions."""
        return cls(row.scope, row.function.account_id, row.function.function_name)


class SparklineStore(QObject):
    """What a list or a table shows of its rows.

    Signals:
        changed: Of some rows there is something else to show.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: dict[SparklineRow, Sparkline] = {}
        self._refused: dict[Scope, WorkbenchError] = {}
        self._off: frozenset[str] = frozenset()

    def of(self, row: SparklineRow) -> Sparkline | None:
        """The line of a row; None where nothing is known, or shall be shown."""
        return None if row.scope.profile_name in self._off else self._lines.get(row)

    def short(self, row: SparklineRow) -> str:
        """A short text in place of a line that cannot be read; empty while it is being read."""
        if row.scope.profile_name in self._off:
            return _("Off")
        if row.scope in self._refused and row not in self._lines:
            return _("Not loaded")
        return ""

    def description(self, row: SparklineRow) -> str:
        """What a row's line shows, in words; or why there is none."""
        if row.scope.profile_name in self._off:
            return _(
                "Sparklines are off for this profile. To turn them on, choose View > Sparklines. AWS "
                "charges for them; the Sandbox does not."
            )
        if (line := self._lines.get(row)) is not None:
            return line.description
        if (error := self._refused.get(row.scope)) is not None:
            said = " ".join(part for part in (error.what, error.why, error.remedy) if part)
            return f"{said} ({error.aws_code})" if error.aws_code else said
        return ""

    def put(self, lines: Mapping[SparklineRow, Sparkline]) -> None:
        """What was read."""
        self._lines |= lines
        for row in lines:
            self._refused.pop(row.scope, None)
        self.changed.emit()

    def refuse(self, scope: Scope, error: WorkbenchError) -> None:
        """Nothing can be read there. What is known stays."""
        self._refused[scope] = error
        self.changed.emit()

    def set_off(self, profile_names: Iterable[str]) -> None:
        """Whose rows have none, and no others."""
        off = frozenset(profile_names)
        if off != self._off:
            self._off = off
            self.changed.emit()

    def forget(self) -> None:
        """Other rows are shown from now on."""
        self._lines.clear()
        self._refused.clear()
        self.changed.emit()
