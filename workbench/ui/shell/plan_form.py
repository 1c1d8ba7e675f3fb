"""A plan as a table, and the dialog that shows one and stays open until it is carried out."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Progress
from workbench.core.messages import _, ngettext
from workbench.triggers.model import TriggerPlan
from workbench.triggers.steps import Step
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import named, text_label


class PlanView(Table[tuple[int, Step]]):
    """The steps, in order, each with its number."""

    def __init__(self) -> None:
        columns = (
            Column[tuple[int, Step]](_("Step"), lambda row: f"{row[0]}. {row[1].title}"),
            Column[tuple[int, Step]](
                _("API call"),
                lambda row: row[1].api_call.replace(":", ":\N{ZERO WIDTH SPACE}"),  # to break it at
                235,
                full=lambda row: row[1].api_call,
            ),
            Column[tuple[int, Step]](_("Region"), lambda row: row[1].region, 110),
            Column[tuple[int, Step]](_("Undo"), lambda row: row[1].undo, 200),
        )
        super().__init__(
            "triggerPlan",
            _("Steps of the plan"),
            columns,
            identity=lambda row: row[0],
            wraps=True,
            cells=True,
        )
        self.steps: tuple[Step, ...] = ()

    def show_steps(self, steps: Sequence[Step]) -> None:
        """Shows them, numbered."""
        self.steps = tuple(steps)
        self.set_rows(enumerate(self.steps, 1))

    def text(self) -> str:
        """The plan as a text to keep or to send."""
        return "\n".join(
            f"{number}. {step.title} ({step.api_call}, {step.region})"
            + (f"; undo: {step.undo}" if step.undo else "")
            for number, step in enumerate(self.steps, 1)
        )


_SIZE = QSize(940, 620)


class _Pages(QStackedWidget):
    """Pages with tables, which shrink to their minimum before anything scrolls."""

    def hasHeightForWidth(self) -> bool:
        return False


class PlanForm(Dialog):
    """A dialog whose last page is the plan. It stays open until the plan is carried out.

    Args:
        name: Its object name.
        title: Of the dialog.
        yes: The button that carries the plan out.
        role: The button's looks: "primary" or "danger".
        parent: The window.

    Signals:
        agreed: The TriggerPlan that is shown shall be carried out.
    """

    agreed = Signal(object)
    cancelling_text = _("Rolling back…")

    def __init__(self, name: str, title: str, yes: str, parent: QWidget, role: str = "primary") -> None:
        super().__init__(name, title, parent)
        self.setSizeGripEnabled(True)
        self.plan: TriggerPlan | None = None
        self.pages = named(_Pages(), f"{name}Pages", title)
        self.plan_view = PlanView()
        self._plan_words = text_label("planWords", "")
        self.content.addWidget(self.pages, 1)
        self.add_progress("planProgress")
        self.disable_while_busy(self.pages)
        self.finish_layout(stretch=False)
        self.copy = self.add_button("planCopy", _("Copy Plan"))
        self.cancel = self.add_button("planCancel", _("Cancel"))
        self.yes = self.add_button("planYes", yes, role)
        self._plan_page = self._make_plan_page()
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.plan_view.text()))
        self.cancel.clicked.connect(self.reject)
        self.resize(_SIZE)

    def resize_to_content(self) -> None:
        """Keeps its size: the pages take what room there is."""

    def add_plan_page(self) -> int:
        """Puts the plan behind the pages that were added; returns its number."""
        return self.pages.addWidget(self._plan_page)

    def show_plan(self, plan: TriggerPlan) -> None:
        """Shows what would be done."""
        self.plan = plan
        self.plan_view.show_steps(plan.steps)
        regions = ", ".join(dict.fromkeys(step.region for step in plan.steps if step.region))
        count = len(plan.steps)
        words = ngettext("{count} step in {regions}.", "{count} steps in {regions}.", count).format(
            regions=regions, count=count
        )
        after = _("If a step fails, all changes are rolled back.")
        if count > 1 and any(not step.undo for step in plan.steps):
            after = _("If a step fails, changes are rolled back where possible.")
        self._plan_words.setText(f"{plan.title}. {words} {after}")
        self.pages.setCurrentWidget(self._plan_page)
        self.switch()

    @property
    def shows_plan(self) -> bool:
        """Whether the plan is visible."""
        return self.pages.currentWidget() is self._plan_page

    def switch(self) -> None:
        """What can be pressed follows what is shown."""
        self.copy.setVisible(self.shows_plan)
        self.yes.setVisible(self.shows_plan)
        self.yes.setEnabled(self.shows_plan and self.plan is not None and not self.is_busy)

    # While it works -----------------------------------------------------------------------------------------

    def show_progress(self, progress: Progress) -> None:
        """Shows the step under way."""
        super().show_progress(progress)
        if self.is_busy and progress.text and not self.cancel.isEnabled():
            self.set_message(_("Rolling back. {progress}…").format(progress=progress.text))

    def show_failure(self, error: WorkbenchError) -> None:
        """Shows the error, and what was rolled back."""
        self.set_busy(busy=False)
        self.set_error(error)

    def show_cancelled(self) -> None:
        """All changes were rolled back."""
        self.set_busy(busy=False)
        self.set_message(_("Cancelled. All changes were rolled back."), "warning")

    def finish(self) -> None:
        """The plan was carried out: closes the dialog."""
        self.set_busy(busy=False)
        self.accept()

    def agree(self) -> None:
        """The plan that is shown shall be carried out."""
        if self.plan is not None and self.yes.isEnabled():
            self.agreed.emit(self.plan)

    def _make_plan_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._plan_words)
        column.addWidget(self.plan_view, 1)
        return page
