"""Plans and findings: dialogs that show a plan and stay open until it is carried out."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Progress
from workbench.core.messages import _, ngettext
from workbench.triggers.model import Finding, Fix, FixKind, Severity, TriggerPlan
from workbench.triggers.steps import Step
from workbench.ui.features.triggers.labels import SEVERITY_ICONS, severity_label
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.labels import IconLabel
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, named, text_label, tool_tip
from workbench.ui.kit.text_size import scaled

_ORDER = (Severity.BLOCK, Severity.WARN, Severity.NOTICE)
_ROOM, _GAP = 640, 8  # px


class FindingCard(QFrame):
    """One finding.

    Args:
        finding: Which.
        accepted: The title of the fix that was accepted, or "".
        icons: For the sign of how bad it is.
    """

    fix_wanted = Signal(object)
    accepted_changed = Signal(object, str)  # the finding, title of the fix or ""

    def __init__(self, finding: Finding, accepted: str, icons: Icons) -> None:
        super().__init__()
        self.finding = finding
        self.buttons: list[QPushButton] = []
        # Never the sign of success: what the finding says is true until the plan has been carried out.
        icon, color = ("wrench", "accent") if accepted else SEVERITY_ICONS[finding.severity]
        named(self, f"finding.{finding.check_id}", f"{severity_label(finding.severity)}: {finding.what}")
        self.setProperty("role", "card")
        if finding.severity is Severity.BLOCK and not accepted:
            self.setProperty("tone", "danger")
        texts = QVBoxLayout()
        texts.setSpacing(3)
        head = QHBoxLayout()
        head.addWidget(text_label(f"findingWhat.{finding.check_id}", finding.what), 1)
        check = named(PlainLabel(finding.check_id), f"findingId.{finding.check_id}", role="muted")
        head.addWidget(check, 0, Qt.AlignmentFlag.AlignTop)
        texts.addLayout(head)
        if finding.why:
            texts.addWidget(text_label(f"findingWhy.{finding.check_id}", finding.why, "muted"))
        if finding.aws:
            words = _("AWS reports: {aws}").format(aws=finding.aws)
            texts.addWidget(text_label(f"findingAws.{finding.check_id}", words, "muted"))
        self._add_buttons(texts, [self._button(fix, accepted) for fix in finding.fixes])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(10)
        layout.addWidget(IconLabel(icons, icon, color), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)

    @staticmethod
    def _add_buttons(column: QVBoxLayout, buttons: list[QPushButton]) -> None:
        """Side by side as far as they fit; a long title can be cut, and is in the tool tip."""
        row, room = QHBoxLayout(), 0
        for button in buttons:
            width = button.sizeHint().width() + _GAP
            if room < width:
                row, room = QHBoxLayout(), _ROOM
                row.setSpacing(_GAP)
                row.addStretch(1)
                column.addLayout(row)
            room -= width
            button.setMinimumWidth(scaled(_GAP))
            row.insertWidget(row.count() - 1, button)

    def _button(self, fix: Fix, accepted: str) -> QPushButton:
        number = len(self.buttons) + 1
        button = named(QPushButton(fix.title), f"fix.{self.finding.check_id}.{number}", fix.title)
        button.setAutoDefault(False)
        self.buttons.append(button)
        if fix.kind is FixKind.STEPS:
            button.setCheckable(True)
            button.setChecked(fix.title == accepted)
            if button.isChecked():
                button.setText(_("Included: {title}").format(title=fix.title))
            button.setToolTip(tool_tip("\n".join((fix.title, _("Adds these steps to the plan")))))
            button.clicked.connect(
                lambda on, title=fix.title: self.accepted_changed.emit(self.finding, title if on else "")
            )
        else:
            button.setToolTip(tool_tip(fix.title))
            button.clicked.connect(lambda: self.fix_wanted.emit(fix))
        return button


class FindingsView(QWidget):
    """All of them, the worst first.

    Args:
        icons: For the cards.

    Signals:
        fix_wanted: A Fix that is no part of the plan shall be done, or led to.
        accepted_changed: Another fix belongs to the plan.
    """

    fix_wanted = Signal(object)
    accepted_changed = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        named(self, "findings", _("Check results"))
        self._icons = icons
        self.findings: tuple[Finding, ...] = ()
        self._accepted: dict[tuple[str, str], str] = {}  # the title by finding; empty for none of them
        self._cards: list[FindingCard] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Shows these; what was accepted of the same check stays accepted."""
        ordered = tuple(sorted(findings, key=lambda each: _ORDER.index(each.severity)))
        if ordered == self.findings:
            return
        self.findings = ordered
        self._make()

    def clear(self) -> None:
        """Forgets them, and what was accepted."""
        self._accepted.clear()
        self.show_findings(())

    def accepted(self) -> tuple[Fix, ...]:
        """The fixes that belong to the plan."""
        return tuple(
            fix
            for finding in self.findings
            for fix in finding.fixes
            if fix.kind is FixKind.STEPS and self._accepted_of(finding) == fix.title
        )

    @property
    def is_blocked(self) -> bool:
        """Whether something blocks for which no fix was accepted."""
        return bool(self.blocks)

    @property
    def blocks(self) -> tuple[Finding, ...]:
        """What blocks, and has no accepted fix."""
        return tuple(
            finding
            for finding in self.findings
            if finding.severity is Severity.BLOCK and not self._accepted_of(finding)
        )

    @property
    def has_warnings(self) -> bool:
        """Whether there is a warning for which no fix was accepted."""
        return any(
            finding.severity is Severity.WARN and not self._accepted_of(finding) for finding in self.findings
        )

    def _accepted_of(self, finding: Finding) -> str:
        """The title of the accepted fix: the user's choice, else the standard fix; empty for none."""
        fixes = [fix for fix in finding.fixes if fix.kind is FixKind.STEPS]
        standard = next((fix.title for fix in fixes if fix.is_standard), "")
        title = self._accepted.get(_key(finding), standard)
        return title if any(fix.title == title for fix in fixes) else ""

    def _make(self) -> None:
        for card in self._cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = []
        for finding in self.findings:
            card = FindingCard(finding, self._accepted_of(finding), self._icons)
            card.fix_wanted.connect(self.fix_wanted)
            card.accepted_changed.connect(self._accept, Qt.ConnectionType.QueuedConnection)
            self._column.addWidget(card)
            self._cards.append(card)

    def _accept(self, finding: Finding, title: str) -> None:
        """One way out of each finding; queued, as the cards are made anew."""
        self._accepted[_key(finding)] = title
        self._make()
        self.accepted_changed.emit()


def _key(finding: Finding) -> tuple[str, str]:
    return finding.check_id, finding.what


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
        self.pages = named(QStackedWidget(), f"{name}Pages", title)
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


class RemoveDialog(PlanForm):
    """What removing a trigger does. `agreed` is the yes.

    Args:
        plan: The removal.
        words: What stops running the function, and what stays.
        offered: An optional step that removes a policy from the execution role; None for none.
        parent: The window.
    """

    def __init__(self, plan: TriggerPlan, words: str, offered: Step | None, parent: QWidget) -> None:
        super().__init__("removeTrigger", _("Remove Trigger"), _("Remove Trigger"), parent, "danger")
        self.content.insertWidget(1, text_label("removeWords", words))
        self.also = named(QCheckBox(), "removeAlso")
        self.also.setVisible(offered is not None)
        if offered is not None:
            title = _("Also: {title}").format(title=offered.title)
            self.also.setText(title)
            help_words = _("Other functions that use this role might need it, including for writing logs.")
            self.also.setToolTip(tool_tip(help_words))
            self.also.setAccessibleDescription(help_words)
            self.content.insertWidget(2, self.also)
            self.content.insertWidget(3, text_label("removeAlsoWords", help_words, "muted"))
            more = replace(plan, steps=(*plan.steps, offered))
            self.also.toggled.connect(lambda on: self.show_plan(more if on else plan))
        self.add_plan_page()
        self.yes.clicked.connect(self.agree)
        self.show_plan(plan)
        self.cancel.setFocus()


class RepairDialog(PlanForm):
    """What repairing does. `agreed` is the yes.

    Args:
        plan: The repair.
        words: What is wrong.
        parent: The window.
    """

    def __init__(self, plan: TriggerPlan, words: str, parent: QWidget) -> None:
        super().__init__("repairTrigger", _("Repair Trigger"), _("Repair"), parent)
        self.content.insertWidget(1, text_label("repairWords", words))
        self.add_plan_page()
        self.yes.clicked.connect(self.agree)
        self.show_plan(plan)
        self.yes.setFocus()
