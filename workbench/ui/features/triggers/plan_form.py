"""Findings, and the dialogs that remove and repair triggers."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.messages import _
from workbench.triggers.model import Finding, Fix, FixKind, Severity, TriggerPlan
from workbench.triggers.steps import Step
from workbench.ui.features.triggers.labels import SEVERITY_ICONS, severity_label
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.labels import IconLabel
from workbench.ui.kit.text import PlainLabel, named, restyle, text_label, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.plan_form import PlanForm

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
        self._includes: dict[str, QPushButton] = {}  # by the title of the fix
        named(self, f"finding.{finding.check_id}", f"{severity_label(finding.severity)}: {finding.what}")
        self.setProperty("role", "card")
        self._sign = IconLabel(icons, *SEVERITY_ICONS[finding.severity])
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
        self._add_buttons(texts, [self._button(fix) for fix in finding.fixes])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(10)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)
        self.show_accepted(accepted)

    def show_accepted(self, accepted: str) -> None:
        """Shows which fix belongs to the plan, by its title; empty for none of them."""
        # Never the sign of success: what the finding says is true until the plan has been carried out.
        self._sign.show_icon(*(("wrench", "accent") if accepted else SEVERITY_ICONS[self.finding.severity]))
        is_open_block = self.finding.severity is Severity.BLOCK and not accepted
        restyle(self, tone="danger" if is_open_block else "")
        for title, button in self._includes.items():
            button.setChecked(title == accepted)
            words = _("Included: {title}") if button.isChecked() else "{title}"
            button.setText(words.format(title=title))

    @staticmethod
    def _add_buttons(column: QVBoxLayout, buttons: list[QPushButton]) -> None:
        """Side by side as far as they fit; a long title can be cut, and is in the tool tip."""
        row, room = QHBoxLayout(), 0
        for button in buttons:
            width = button.sizeHint().width() + _GAP
            if button.isCheckable():  # its text is longer while the fix belongs to the plan
                words = _("Included: {title}").format(title="")
                width += button.fontMetrics().horizontalAdvance(words)
            if room < width:
                row, room = QHBoxLayout(), _ROOM
                row.setSpacing(_GAP)
                row.addStretch(1)
                column.addLayout(row)
            room -= width
            button.setMinimumWidth(scaled(_GAP))
            row.insertWidget(row.count() - 1, button)

    def _button(self, fix: Fix) -> QPushButton:
        number = len(self.buttons) + 1
        button = named(QPushButton(fix.title), f"fix.{self.finding.check_id}.{number}", fix.title)
        button.setAutoDefault(False)
        self.buttons.append(button)
        if fix.kind is FixKind.STEPS:
            self._includes[fix.title] = button
            button.setCheckable(True)
            button.setToolTip(tool_tip("\n".join((fix.title, _("Adds these steps to the plan")))))
            button.clicked.connect(
                lambda on, title=fix.title: self.accepted_changed.emit(self.finding, title if on else "")
            )
        else:
            button.setToolTip(tool_tip(fix.title))
            button.clicked.connect(lambda: self.fix_wanted.emit(fix))
        return button


class FindingsView(QWidget):
    """All of them: the worst first, and last what the plan resolves anyway.

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
        ordered = tuple(sorted(findings, key=_rank))
        if ordered != self.findings:
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
        return self._open(Severity.BLOCK)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The warnings without an accepted fix."""
        return self._open(Severity.WARN)

    def _open(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of a severity for which no fix was accepted."""
        return tuple(
            each for each in self.findings if each.severity is severity and not self._accepted_of(each)
        )

    def _accepted_of(self, finding: Finding) -> str:
        """The title of the accepted fix: the user's choice, else the standard fix; empty for none."""
        fixes = [fix for fix in finding.fixes if fix.kind is FixKind.STEPS]
        standard = next((fix.title for fix in fixes if fix.is_standard), "")
        title = self._accepted.get(_key(finding), standard)
        return title if any(fix.title == title for fix in fixes) else ""

    def focus_first(self) -> None:
        """Gives the keyboard to the first fix, or to the list of findings where there is none."""
        buttons = [button for card in self._cards for button in card.buttons]
        (buttons[0] if buttons else self).setFocus(Qt.FocusReason.OtherFocusReason)

    def _make(self) -> None:
        """Shows the findings: the cards of those that were shown before stay, and so does the keyboard."""
        focused = QApplication.focusWidget()
        before = self._cards
        held = next((each for each in before if focused is not None and each.isAncestorOf(focused)), None)
        self._cards = [
            next((card for card in before if card.finding == finding), None) or self._card(finding)
            for finding in self.findings
        ]
        for card in self._cards:
            card.show_accepted(self._accepted_of(card.finding))
        gone = [card for card in before if card not in self._cards]
        if held in gone:  # else Qt gives the keyboard to a field far away, which is scrolled into view
            self._refocus(before.index(held), held.finding.check_id)
        for card in gone:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        for place, card in enumerate(self._cards):
            self._column.insertWidget(place, card)

    def _refocus(self, place: int, check_id: str) -> None:
        """Gives the keyboard to the card of the same check, or else of about the same place."""
        near = [card for card in self._cards if card.finding.check_id == check_id] or self._cards[place:]
        buttons = [button for card in near for button in card.buttons]
        (buttons[0] if buttons else self).setFocus(Qt.FocusReason.OtherFocusReason)

    def _card(self, finding: Finding) -> FindingCard:
        card = FindingCard(finding, "", self._icons)
        card.fix_wanted.connect(self.fix_wanted)
        card.accepted_changed.connect(self._accept)
        return card

    def _accept(self, finding: Finding, title: str) -> None:
        """One way out of each finding."""
        self._accepted[_key(finding)] = title
        for card in self._cards:
            card.show_accepted(self._accepted_of(card.finding))
        self.accepted_changed.emit()


def _rank(finding: Finding) -> int:
    """The place in the list. A fix that the user accepts moves nothing."""
    if any(fix.kind is FixKind.STEPS and fix.is_standard for fix in finding.fixes):
        return len(_ORDER)
    return _ORDER.index(finding.severity)


def _key(finding: Finding) -> tuple[str, str]:
    return finding.check_id, finding.what


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
