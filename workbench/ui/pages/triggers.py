"""The Triggers tab: what makes the function run, who may run it, and what it may do. Read only for now."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.discover import Trigger, TriggerKind, TriggerReport, discover
from workbench.ui.banner import BannerStack
from workbench.ui.copy_table import CopyTable
from workbench.ui.named import named
from workbench.ui.pages.reading import ReadingPage
from workbench.ui.rows_model import TableRow
from workbench.ui.services import OpenFunction, Services


class TriggersPage(ReadingPage[TriggerReport]):
    """Three sections in the words of the question each one answers."""

    object_name = "triggersPage"

    def __init__(self, services: Services) -> None:
        super().__init__(services, "plug")
        self.summary = named(QLabel(), "triggerSummary", role="muted")
        self.sources = Section(
            services,
            "source",
            self.tr("What runs it"),
            self.tr("Event source mappings, which Lambda polls, and function URLs."),
            (self.tr("Service"), self.tr("Source"), self.tr("State"), self.tr("Details")),
            (140, 0, 110, 320),
        )
        self.grants = Section(
            services,
            "grant",
            self.tr("Who may run it"),
            self.tr("Statements of the function's resource-based policy."),
            (self.tr("Service"), self.tr("Source"), self.tr("Details"), self.tr("Statement ID")),
            (140, 0, 320, 200),
        )
        self.role = Section(
            services,
            "role",
            self.tr("What it may do"),
            self.tr("The execution role that its code runs with."),
            (self.tr("Kind"), self.tr("ARN")),
            (140, 0),
        )
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(16)
        layout.addWidget(self.summary)
        for section in (self.sources, self.grants, self.role):
            layout.addWidget(section)
        layout.addStretch(1)
        scroll = named(QScrollArea(), "triggerScroll")
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setFocusProxy(self.sources.table)
        self.set_content(scroll)

    def job_title(self, function_name: str) -> str:
        return self.tr("Reading the triggers of %1").replace("%1", function_name)

    def read(self, function: OpenFunction, ctx: JobContext) -> TriggerReport:
        return discover(function.connection, function.detail, ctx)

    def show_result(self, result: TriggerReport) -> None:
        def errors(*kinds: TriggerKind) -> list[WorkbenchError]:
            return [problem.error for problem in result.problems if problem.kind in kinds]

        grants = [trigger for trigger in result.triggers if trigger.kind is TriggerKind.GRANT]
        sources = [trigger for trigger in result.triggers if trigger.kind is not TriggerKind.GRANT]
        role = self.function.detail.role_arn if self.function else ""
        self.sources.show_rows(
            [self._source_row(trigger) for trigger in sources], errors(TriggerKind.MAPPING, TriggerKind.URL)
        )
        self.grants.show_rows([self._grant_row(trigger) for trigger in grants], errors(TriggerKind.GRANT))
        self.role.show_rows([TableRow((self.tr("Execution role"), role))] if role else [])
        self.summary.setText(self._summary(result))

    def _summary(self, result: TriggerReport) -> str:
        count = len(result.triggers)
        if result.problems:
            return self.tr("Not everything could be read, so there may be more than is shown.")
        if not count:
            return self.tr("Nothing runs this function by itself. Invoke it on the Test tab.")
        return (
            self.tr("There is one way in which this function comes to run.")
            if count == 1
            else self.tr("There are %n ways in which this function comes to run.", "", count)
        )

    def _source_row(self, trigger: Trigger) -> TableRow:
        service = self.tr("Function URL") if trigger.kind is TriggerKind.URL else trigger.service
        return TableRow((service, trigger.source_arn, trigger.state, self._details(trigger)))

    def _grant_row(self, trigger: Trigger) -> TableRow:
        source = trigger.source_arn or self.tr("any")
        return TableRow((trigger.service, source, self._details(trigger), trigger.identity))

    def _details(self, trigger: Trigger) -> str:
        qualifier = self.tr("for %1").replace("%1", trigger.qualifier) if trigger.qualifier else ""
        return " · ".join(part for part in (trigger.detail, qualifier) if part)


class Section(QWidget):
    """One question: its answer as a table, and whatever of the answer could not be read.

    Args:
        services: For the messages.
        name: Begins the object names.
        title: The question.
        words: What answers it, in AWS's terms.
        headers: See CopyTable.
        widths: See CopyTable.
    """

    def __init__(
        self,
        services: Services,
        name: str,
        title: str,
        words: str,
        headers: Sequence[str],
        widths: Sequence[int],
    ) -> None:
        super().__init__()
        self.setObjectName(f"{name}Section")
        self.table = CopyTable(f"{name}Table", title, headers, widths)
        self.problems = BannerStack(services.actions, services.icons)
        self.problems.setObjectName(f"{name}Problems")
        self.none = named(QLabel(), f"{name}None")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(named(QLabel(title), f"{name}Heading", role="heading"))
        layout.addWidget(named(QLabel(words), f"{name}Words", role="muted"))
        layout.addWidget(self.problems)
        layout.addWidget(self.none)
        layout.addWidget(self.table)

    def show_rows(self, rows: Sequence[TableRow], problems: Sequence[WorkbenchError] = ()) -> None:
        """Shows what was found and why the rest could not be read. Without rows it says which of the two."""
        self.problems.clear()
        for problem in reversed(problems):
            self.problems.show_error(problem, "warning")
        self.none.setText(self.tr("Could not be read.") if problems else self.tr("None."))
        self.none.setVisible(not rows)
        self.table.take(rows)
        self.table.fit()
        self.table.setVisible(bool(rows))
