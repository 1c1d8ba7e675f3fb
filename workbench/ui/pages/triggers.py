"""The Triggers tab: what makes the function run, who may run it, and what it may do. Read only for now."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

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
        self.problems = BannerStack(services.actions, services.icons)
        self.summary = named(QLabel(), "triggerSummary", role="muted")
        self.sources = CopyTable(
            "sourceTable",
            self.tr("What runs it"),
            (self.tr("Service"), self.tr("Source"), self.tr("State"), self.tr("Details")),
            (140, 0, 110, 320),
        )
        self.grants = CopyTable(
            "grantTable",
            self.tr("Who may run it"),
            (self.tr("Service"), self.tr("Source"), self.tr("Details"), self.tr("Statement ID")),
            (140, 0, 320, 200),
        )
        self.role = CopyTable(
            "roleTable",
            self.tr("What it may do"),
            (self.tr("Kind"), self.tr("ARN")),
            (140, 0),
        )
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(self.summary)
        self._add(
            layout,
            self.tr("What runs it"),
            self.tr("Event source mappings, which Lambda polls, and function URLs."),
            self.sources,
        )
        self._add(
            layout,
            self.tr("Who may run it"),
            self.tr("Statements of the function's resource-based policy."),
            self.grants,
        )
        self._add(
            layout,
            self.tr("What it may do"),
            self.tr("The execution role that its code runs with."),
            self.role,
        )
        layout.addStretch(1)
        scroll = named(QScrollArea(), "triggerScroll")
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        content.setFocusProxy(self.sources)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.problems)
        column.addWidget(scroll, 1)
        self.set_content(content)

    def job_title(self, function_name: str) -> str:
        return self.tr("Reading the triggers of %1").replace("%1", function_name)

    def read(self, function: OpenFunction, ctx: JobContext) -> TriggerReport:
        return discover(function.connection, function.detail, ctx)

    def show_result(self, result: TriggerReport) -> None:
        self.problems.clear()
        for problem in reversed(result.problems):
            self.problems.show_error(problem, "warning")
        # A part that could not be read is unknown, and the report does not tell which part it was.
        none = self.tr("None could be read.") if result.problems else self.tr("None.")
        grants = [trigger for trigger in result.triggers if trigger.kind is TriggerKind.GRANT]
        sources = [trigger for trigger in result.triggers if trigger.kind is not TriggerKind.GRANT]
        self._fill(self.sources, [self._source_row(trigger) for trigger in sources], none)
        self._fill(self.grants, [self._grant_row(trigger) for trigger in grants], none)
        role = self.function.detail.role_arn if self.function else ""
        self._fill(self.role, [TableRow((self.tr("Execution role"), role))] if role else [], self.tr("None."))
        self.summary.setText(self._summary(result))

    def _summary(self, result: TriggerReport) -> str:
        if result.problems:
            return self.tr("Not everything could be read, so there may be more than is shown.")
        if not result.triggers:
            return self.tr("Nothing runs this function by itself. Invoke it on the Test tab.")
        if len(result.triggers) == 1:
            return self.tr("There is one way in which this function comes to run.")
        return self.tr("There are %n ways in which this function comes to run.", "", len(result.triggers))

    def _add(self, layout: QVBoxLayout, title: str, words: str, table: CopyTable) -> None:
        layout.addSpacing(8)
        layout.addWidget(named(QLabel(title), f"{table.objectName()}Heading", role="heading"))
        layout.addWidget(named(QLabel(words), f"{table.objectName()}Words", role="muted"))
        layout.addWidget(named(QLabel(), f"{table.objectName()}None"))
        layout.addWidget(table)

    def _fill(self, table: CopyTable, rows: list[TableRow], none_text: str) -> None:
        table.take(rows)
        table.fit()
        table.setVisible(bool(rows))
        none = self.findChild(QLabel, f"{table.objectName()}None")
        if none is not None:
            none.setText(none_text)
            none.setVisible(not rows)

    def _source_row(self, trigger: Trigger) -> TableRow:
        service = self.tr("Function URL") if trigger.kind is TriggerKind.URL else trigger.service
        return TableRow((service, trigger.source_arn, trigger.state, self._details(trigger)))

    def _grant_row(self, trigger: Trigger) -> TableRow:
        source = trigger.source_arn or self.tr("any")
        return TableRow((trigger.service, source, self._details(trigger), trigger.identity))

    def _details(self, trigger: Trigger) -> str:
        qualifier = self.tr("for %1").replace("%1", trigger.qualifier) if trigger.qualifier else ""
        return " · ".join(part for part in (trigger.detail, qualifier) if part)
