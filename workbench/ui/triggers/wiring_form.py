"""What a trigger is to be: the qualifier, the parameters, and what the checks find of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.triggers.kinds.next_times import next_times
from workbench.triggers.parameter import Parameter
from workbench.ui.configuring.editors import Editor
from workbench.ui.icons import Icons
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.sign_in.form import text_label
from workbench.ui.triggers.findings_view import FindingsView
from workbench.ui.triggers.form import ParameterForm

_LABEL_WIDTH = 190
_GLIMPSE = 60  # pixels of the findings that tell that they are there
_EXPRESSION, _TIMEZONE = "ScheduleExpression", "ScheduleExpressionTimezone"


class WiringForm(QWidget):
    """Scrolls as a whole; findings stand under the fields, and their sum below all.

    Args:
        icons: For the findings.
        make_field: Makes the field of a parameter.

    Signals:
        changed: Something else is wanted.
    """

    changed = Signal()

    def __init__(self, icons: Icons, make_field: Callable[[Parameter], Editor]) -> None:
        super().__init__()
        self.qualifier = named(QComboBox(), "triggerQualifier", self.tr("Target"))
        self.form = ParameterForm(make_field)
        self.times = text_label("triggerTimes", "", "muted")
        self.times.setVisible(False)
        self.checking = text_label("triggerChecking", "", "muted")
        self.findings = FindingsView(icons)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(12)
        self._qualifier_row = self._make_qualifier_row()
        for widget in (self._qualifier_row, self.form, self.times, self.findings):
            column.addWidget(widget)
        column.addStretch(1)
        self.area = named(QScrollArea(), "wiringArea")
        self.area.setWidget(body)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.area, 1)
        self.to_findings = named(QPushButton(self.tr("Show Checks")), "triggerShowChecks")
        self.to_findings.setAutoDefault(False)
        self.to_findings.setVisible(False)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        foot.addWidget(self.checking, 1)
        foot.addWidget(self.to_findings)
        layout.addLayout(foot)  # in sight, however far the form is scrolled
        bar = self.area.verticalScrollBar()
        self.to_findings.clicked.connect(lambda: bar.setValue(self.findings.y()))
        bar.valueChanged.connect(self._offer_findings)
        bar.rangeChanged.connect(self._offer_findings)
        self.setFocusProxy(self.qualifier)
        self.form.changed.connect(self._show_times)
        self.form.changed.connect(self.changed)
        self.qualifier.activated.connect(lambda _: self.changed.emit())
        self.findings.accepted_changed.connect(self.changed)

    def show_qualifiers(self, qualifiers: Sequence[str], chosen: str = "") -> None:
        """Takes the aliases and versions that may be run; the unqualified function is always there."""
        chosen = chosen or self.chosen_qualifier()
        self.qualifier.clear()
        self.qualifier.addItem(self.tr("the function itself ($LATEST)"), "")
        for each in qualifiers:
            self._add_qualifier(each)
        if self.qualifier.findData(chosen) < 0:
            self.qualifier.addItem(chosen, chosen)
        self.qualifier.setCurrentIndex(self.qualifier.findData(chosen))

    def choose_qualifier(self, qualifier: str) -> None:
        """Chooses an alias or version, as a click on it does."""
        if self.qualifier.findData(qualifier) < 0:
            self._add_qualifier(qualifier)
        self.qualifier.setCurrentIndex(self.qualifier.findData(qualifier))
        self.changed.emit()

    def _add_qualifier(self, qualifier: str) -> None:
        words = self.tr("version %1") if qualifier.isdecimal() else self.tr("alias %1")
        self.qualifier.addItem(words.replace("%1", qualifier), qualifier)

    def lock_qualifier(self) -> None:
        """A trigger that is there runs what it runs."""
        self.qualifier.setEnabled(False)

    def chosen_qualifier(self) -> str:
        """What is to run; empty for the unqualified function."""
        return str(self.qualifier.currentData() or "")

    def show_parameters(
        self, parameters: Sequence[Parameter], values: Mapping[str, object], *, is_edit: bool = False
    ) -> None:
        """Shows the fields; what was found of others is forgotten."""
        self.findings.clear()
        self.form.show_parameters(parameters, values, is_edit=is_edit)
        self._show_times()

    def say(self, words: str, role: str = "muted") -> None:
        """Says how the checks stand."""
        self.checking.setText(words)
        self.checking.setAccessibleName(words)
        self.checking.setProperty("role", role)
        self.checking.style().unpolish(self.checking)
        self.checking.style().polish(self.checking)
        self.checking.setVisible(bool(words))
        self._offer_findings()

    def _offer_findings(self) -> None:
        """What the checks found, and what mends it, stands under the fields: perhaps out of sight."""
        seen_to = self.area.verticalScrollBar().value() + self.area.viewport().height()
        is_hidden = self.findings.y() + min(_GLIMPSE, self.findings.height()) > seen_to
        self.to_findings.setVisible(is_hidden and bool(self.findings.findings))

    def _show_times(self) -> None:
        """Says when a schedule comes next."""
        expression, zone = (self.form.typed(name) for name in (_EXPRESSION, _TIMEZONE))
        moments = next_times(expression, zone, datetime.now(UTC)) if expression else ()
        words = self.tr("Next: %1") + f" {zone or 'UTC'}"
        times = "  ·  ".join(moment.strftime("%a %Y-%m-%d %H:%M") for moment in moments)
        if expression.startswith("rate("):
            words += self.tr(", counted from its creation")
        self.times.setText(
            words.replace("%1", times) if moments else self.tr("This schedule has no future runs.")
        )
        self.times.setVisible(bool(expression) and not self.form.rows[_EXPRESSION].editor.fault())

    def _make_qualifier_row(self) -> QWidget:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        label = named(PlainLabel(self.tr("Target")), "triggerQualifierLabel")
        label.setFixedWidth(scaled(_LABEL_WIDTH))
        label.setBuddy(self.qualifier)
        row.addWidget(label)
        row.addWidget(self.qualifier, 1)
        return widget
