"""The tab "Why This Credential": every place where the SDK looks, which one wins, and which it hides."""

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.profiles.explain import Explanation, ProviderRow, explain
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.copy_table import CopyTable
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.rows_model import TableRow
from workbench.ui.services import Services

EXPLAIN_JOB = "profiles.explain"
_COLORS = {"wins": "good", "shadowed": "warning", "removed": "muted", "absent": "muted"}


class WhyPanel(QWidget):
    """A sentence and a table in the SDK's order."""

    def __init__(self, services: Services, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._services = services
        self._environ = environ
        named(self, "whyPanel", _("Credential source"))
        self._said = named(PlainLabel(), "whySaid")
        self._said.setWordWrap(True)
        note = named(
            PlainLabel(
                _("The SDK checks these sources in order and uses the first credentials that it finds.")
            ),
            "whyNote",
            role="muted",
        )
        note.setWordWrap(True)
        headers = (_("Source"), _("State"), _("Location"), _("Explanation"))
        self.table = CopyTable("whyTable", _("Credential sources"), headers, (250, 80, 150, 0))
        self.table.setWordWrap(True)
        self.table.setSelectionBehavior(CopyTable.SelectionBehavior.SelectRows)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._delegate = _Delegate(services, self.table)
        self.table.setItemDelegate(self._delegate)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(self._said)
        layout.addWidget(note)
        layout.addWidget(self.table, 1)

    def explain(self, profile: Profile | None) -> None:
        """Finds out, and shows it."""
        self._services.jobs.drop(EXPLAIN_JOB)
        if profile is None:
            self.show_message("")
            return
        if profile.kind is ProfileKind.SANDBOX:
            self.show_message(_("The Sandbox has its own access key, which works only on this computer."))
            return
        name, environ = profile.name, self._environ

        def run(_ctx: JobContext) -> Explanation:
            return explain(name, environ)

        self._services.jobs.submit(
            Job(
                _("Finding the credential source"),
                run,
                replaces=EXPLAIN_JOB,
                quiet=True,
                on_done=self.show_explanation,
                on_error=self.show_failure,
            )
        )

    def show_explanation(self, found: Explanation) -> None:
        """Shows it."""
        if found.winner is None:
            words = _("No source has credentials for {profile_name}, so this profile cannot be used.")
            self._said.setText(words.format(profile_name=found.profile_name))
        else:
            words = _("{profile_name} gets its credentials from: {title}.")
            title = found.winner.title[0].lower() + found.winner.title[1:]
            self._said.setText(words.format(profile_name=found.profile_name, title=title))
        self._delegate.rows = found.rows
        self.table.take([self._row(row) for row in found.rows])

    def show_message(self, text: str) -> None:
        """Shows a text instead of an explanation."""
        self._said.setText(text)
        self._delegate.rows = ()
        self.table.take([])

    def show_failure(self, error: WorkbenchError) -> None:
        """Shows why there is no explanation."""
        self.show_message(str(error))

    def _row(self, row: ProviderRow) -> TableRow:
        path, __, name = row.where.rpartition("/")
        short = name if path else row.where
        return TableRow((row.title, self._state(row), short, row.why), ((2, row.where),))

    def _state(self, row: ProviderRow) -> str:
        return {
            "wins": _("Used"),
            "shadowed": _("Overridden"),
            "removed": _("Skipped"),
            "absent": _("Not found"),
        }[row.state]


class _Delegate(QStyledItemDelegate):
    """The source in use is bold; sources without credentials are muted."""

    def __init__(self, services: Services, parent: QWidget) -> None:
        super().__init__(parent)
        self._services = services
        self.rows: tuple[ProviderRow, ...] = ()

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        state = self.rows[index.row()].state if index.row() < len(self.rows) else "absent"
        if state in ("absent", "removed") or index.column() == 1:
            color = QColor(getattr(self._services.theme.colors, _COLORS[state]))
            option.palette.setColor(QPalette.ColorRole.Text, color)
            option.palette.setColor(QPalette.ColorRole.HighlightedText, color)
        option.font.setBold(state == "wins" and index.column() < 2)
