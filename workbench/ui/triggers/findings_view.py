"""What the checks found, each with AWS's own words and its ways out."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.core.messages import _
from workbench.triggers.model import Finding, Fix, FixKind, Severity
from workbench.ui.icon_label import IconLabel
from workbench.ui.icons import Icons
from workbench.ui.kit.text import PlainLabel, text_label, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.triggers.labels import SEVERITY_ICONS, severity_label

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
