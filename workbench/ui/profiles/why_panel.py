"""The tab "Why This Credential": every place where the SDK looks, which one wins, and which it hides."""

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import (
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.profiles.explain import Explanation, ProviderRow, explain
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
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
        columns = (
            self._column(_("Source"), lambda row: row.title, 250, bold=True),
            self._column(_("State"), _state_text, 80, bold=True, tone=lambda row: _COLORS[row.state]),
            self._column(_("Location"), _location, 150, full=lambda row: row.where),
            self._column(_("Explanation"), lambda row: row.why),
        )
        self.table = Table("whyTable", _("Credential sources"), columns, theme=services.theme, wraps=True)
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
        self.table.set_rows(found.rows)

    def show_message(self, text: str) -> None:
        """Shows a text instead of an explanation."""
        self._said.setText(text)
        self.table.set_rows(())

    def show_failure(self, error: WorkbenchError) -> None:
        """Shows why there is no explanation."""
        self.show_message(str(error))

    @staticmethod
    def _column(
        title: str,
        text: Callable[[ProviderRow], str],
        width: int = 0,
        *,
        bold: bool = False,
        tone: Callable[[ProviderRow], str] | None = None,
        full: Callable[[ProviderRow], str] | None = None,
    ) -> Column[ProviderRow]:
        """The source in use is bold; sources without credentials are muted."""

        def is_bold(row: ProviderRow) -> bool:
            return bold and row.state == "wins"

        return Column(title, text, width, bold=is_bold, tone=tone or _muted, full=full)


def _muted(row: ProviderRow) -> str:
    return "muted" if row.state in ("absent", "removed") else ""


def _location(row: ProviderRow) -> str:
    path, __, name = row.where.rpartition("/")
    return name if path else row.where


def _state_text(row: ProviderRow) -> str:
    return {
        "wins": _("Used"),
        "shadowed": _("Overridden"),
        "removed": _("Skipped"),
        "absent": _("Not found"),
    }[row.state]
