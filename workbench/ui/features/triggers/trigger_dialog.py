"""The settings of a trigger, checked while they are changed, and then planned; the dialogs that edit them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.functions.model import FunctionDetail
from workbench.triggers.async_settings import DEAD_LETTER, AsyncSettings, parameters
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import Fix, FixKind, SourceKind, Trigger, TriggerSpec, Values
from workbench.triggers.parameter import Parameter
from workbench.triggers.plan import Prepared
from workbench.ui.features.triggers.form import ParameterForm, field_of
from workbench.ui.features.triggers.labels import trigger_name
from workbench.ui.features.triggers.plan_form import FindingsView
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.fields import Editor
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.long_text import LongText
from workbench.ui.kit.text import PlainLabel, named, show_message, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.plan_form import PlanForm
from workbench_sandbox.rules.schedules import next_times

_PAUSE_MS = 350
_POLICY_SIZE = QSize(620, 420)
_LABEL_WIDTH = 190
_MIN_VISIBLE = 60  # px of the findings that must be visible
_EXPRESSION, _TIMEZONE = "ScheduleExpression", "ScheduleExpressionTimezone"


class TriggerForm(QWidget):
    """The qualifier and the parameters, with the findings below them; the summary does not scroll.

    Args:
        icons: For the findings.
        make_field: Makes the field of a parameter.

    Signals:
        changed: A setting was changed.
    """

    changed = Signal()

    def __init__(self, icons: Icons, make_field: Callable[[Parameter], Editor]) -> None:
        super().__init__()
        self.qualifier = named(CalmChoice(), "triggerQualifier", _("Target"))
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
        self.to_findings = named(QPushButton(_("Show Checks")), "triggerShowChecks")
        self.to_findings.setAutoDefault(False)
        policy = self.to_findings.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # what stands above it keeps its height
        self.to_findings.setSizePolicy(policy)
        self.to_findings.setVisible(False)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        foot.addWidget(self.checking, 1)
        foot.addWidget(self.to_findings)
        layout.addLayout(foot)  # in sight, however far the form is scrolled
        bar = self.area.verticalScrollBar()
        self.to_findings.clicked.connect(self._show_findings)
        bar.valueChanged.connect(self._offer_findings)
        bar.rangeChanged.connect(self._offer_findings)
        self.setFocusProxy(self.qualifier)
        self.form.changed.connect(self._show_times)
        self.form.changed.connect(self.changed)
        self.qualifier.activated.connect(lambda __: self.changed.emit())
        self.findings.accepted_changed.connect(self.changed)

    def show_qualifiers(self, qualifiers: Sequence[str], chosen: str = "") -> None:
        """Takes the aliases and versions that may be run; the unqualified function is always there."""
        chosen = chosen or self.chosen_qualifier()
        self.qualifier.clear()
        self.qualifier.addItem(_("The function itself ($LATEST)"), "")
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
        words = _("version {qualifier}") if qualifier.isdecimal() else _("alias {qualifier}")
        self.qualifier.addItem(words.format(qualifier=qualifier), qualifier)

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

    def show_status(self, words: str, role: str = "muted") -> None:
        """Says how the checks stand."""
        show_message(self.checking, words, role)
        self._offer_findings()

    def _show_findings(self) -> None:
        """Scrolls to the findings, and gives the keyboard to the first fix."""
        self.area.verticalScrollBar().setValue(self.findings.y())
        self.findings.focus_first()

    def _offer_findings(self) -> None:
        """Offers Show Checks while the findings below the fields are scrolled out of view."""
        visible_to = self.area.verticalScrollBar().value() + self.area.viewport().height()
        is_hidden = self.findings.y() + min(_MIN_VISIBLE, self.findings.height()) > visible_to
        is_offered = is_hidden and bool(self.findings.findings)
        if not is_offered and self.to_findings.hasFocus():  # Qt would give it to a field far above
            self.findings.focus_first()
        self.to_findings.setVisible(is_offered)

    def _show_times(self) -> None:
        """Says when a schedule comes next."""
        expression, zone = (self.form.typed(name) for name in (_EXPRESSION, _TIMEZONE))
        moments = next_times(expression, zone, datetime.now(UTC)) if expression else ()
        words = _("Next: {times} {zone}")
        times = "  ·  ".join(moment.strftime("%a %Y-%m-%d %H:%M") for moment in moments)
        if expression.startswith("rate("):
            words = _("Next: {times} {zone}, counted from its creation")
        self.times.setText(
            words.format(times=times, zone=zone or "UTC")
            if moments
            else _("This schedule has no future runs.")
        )
        self.times.setVisible(bool(expression) and not self.form.rows[_EXPRESSION].editor.fault())

    def _make_qualifier_row(self) -> QWidget:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        label = named(PlainLabel(_("Target")), "triggerQualifierLabel")
        label.setFixedWidth(scaled(_LABEL_WIDTH))
        label.setBuddy(self.qualifier)
        row.addWidget(label)
        row.addWidget(self.qualifier, 1)
        return widget


class TriggerDialog(PlanForm):
    """A dialog with the settings of a trigger. It asks for the checks by signals.

    Args:
        name: Its object name.
        title: Of the dialog.
        yes: The button that carries the plan out.
        icons: For the findings.
        parent: The window.

    Signals:
        check_wanted: This TriggerSpec is to be checked and planned.
        check_outdated: The check under way is of outdated settings.
        fix_wanted: A Fix that leads out of the dialog.
    """

    check_wanted = Signal(object)
    check_outdated = Signal()
    fix_wanted = Signal(object)

    def __init__(self, name: str, title: str, yes: str, icons: Icons, parent: QWidget) -> None:
        super().__init__(name, title, yes, parent)
        self.prepared: Prepared | None = None
        self.settings = TriggerForm(icons, lambda parameter: field_of(parameter, self.kind))
        self.back = self.add_button(f"{name}Back", _("Back"), part=QDialogButtonBox.ButtonRole.ResetRole)
        self.next = self.add_button(f"{name}Next", _("Next"), "primary")
        self._wait = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._wait.timeout.connect(lambda: self.check_wanted.emit(self.spec()))
        self.back.clicked.connect(self.go_back)
        self.next.clicked.connect(self.go_on)
        self.yes.clicked.connect(self.agree)
        self.settings.changed.connect(self.changed)
        self.settings.findings.fix_wanted.connect(self.apply_fix)

    @property
    def kind(self) -> SourceKind:
        """Of the source."""
        raise NotImplementedError

    def spec(self) -> TriggerSpec:
        """The specification that the fields hold; valid only when no field has a fault."""
        raise NotImplementedError

    def go_on(self) -> None:
        """To the next page; from the settings it is the plan."""
        if self.next.isEnabled() and self.prepared is not None and not self.settings.findings.is_blocked:
            self.show_plan(self.prepared.plan(self.settings.findings.accepted()))
            self.yes.setFocus()

    def go_back(self) -> None:
        """To the page before; what was typed stays."""
        self.pages.setCurrentWidget(self.settings)
        self.set_message("")
        self.switch()

    # Results of the checks ----------------------------------------------------------------------------------

    def show_prepared(self, prepared: Prepared) -> None:
        """Shows what was found, unless the settings were changed since."""
        if self._wait.isActive():
            return
        self.prepared = prepared
        self.settings.findings.show_findings(prepared.findings)
        self._show_check_summary()
        self.switch()

    def show_unprepared(self, error: WorkbenchError) -> None:
        """Says why nothing could be checked."""
        self.prepared = None
        self.settings.findings.show_findings(())
        self.settings.show_status(str(error), "danger")
        self.switch()

    def changed(self) -> None:
        """Something else is wanted: what was checked is out of date."""
        faulty = bool(self.settings.form.faults())
        if not faulty and self.prepared is not None and self.prepared.spec == self.spec():
            self._show_check_summary()  # only another fix was accepted
            self.switch()
            return
        self.prepared = None
        self.check_outdated.emit()
        if faulty:
            self._wait.stop()
            if missing := self.settings.form.missing():
                words = _("Required: {names}.").format(names=", ".join(missing))
                self.settings.show_status(words, "muted")
            else:
                self.settings.show_status(_("Some settings are not valid."), "danger")
        else:
            self.settings.show_status(_("Checking…"))
            self._wait.start()
        self.switch()

    def rest(self) -> None:
        """Nothing else is wanted than what is there."""
        self._wait.stop()
        self.check_outdated.emit()
        self.prepared = None
        self.settings.findings.show_findings(())
        self.settings.show_status(_("No unsaved changes."))
        self.switch()

    def apply_fix(self, fix: Fix) -> None:
        """Sets what a fix says, or lets the window lead to it."""
        if fix.kind is FixKind.EDIT:
            for name, value in fix.values.items():
                self.settings.form.set_value(name, value)
        elif fix.kind is FixKind.QUALIFIER:
            self.settings.choose_qualifier(fix.text)
        else:
            self.fix_wanted.emit(fix)

    def switch(self) -> None:
        super().switch()
        if not hasattr(self, "next"):
            return  # it is still being made
        self.next.setVisible(not self.shows_plan)
        ready = self.prepared is not None and not self.settings.findings.is_blocked
        self.next.setEnabled(ready and not self.is_busy)
        self.next.setText(_("Show Plan"))
        self.back.setVisible(self.shows_plan)
        self.back.setEnabled(not self.is_busy)
        (self.yes if self.shows_plan else self.next).setDefault(True)

    def _show_check_summary(self) -> None:
        if blocks := self.settings.findings.blocks:
            words = _("Not ready: {what}").format(what=blocks[0].what)
            if (more := len(blocks) - 1) > 0:
                words += " " + (
                    ngettext("{count} more problem.", "{count} more problems.", more).format(count=more)
                )
            self.settings.show_status(words, "danger")
        elif warnings := self.settings.findings.warnings:
            words = _("Ready, with a warning: {what}").format(what=warnings[0].what)
            if (more := len(warnings) - 1) > 0:
                words += " " + (
                    ngettext("{count} more warning.", "{count} more warnings.", more).format(count=more)
                )
            self.settings.show_status(words, "warning")
        elif self.settings.findings.accepted():
            self.settings.show_status(_("Ready. The plan adds what is missing."))
        elif self.settings.findings.findings:
            self.settings.show_status(_("Ready. Review the notes."))
        else:
            self.settings.show_status(_("All checks passed."), "good")


class EditTriggerDialog(TriggerDialog):
    """Changes a trigger's settings in place.

    Args:
        trigger: As it is.
        detail: The function.
        icons: For the findings.
        is_production: Of the profile.
        parent: The window.
    """

    def __init__(
        self, trigger: Trigger, detail: FunctionDetail, icons: Icons, parent: QWidget, *, is_production: bool
    ) -> None:
        super().__init__("editTrigger", "", "", icons, parent)
        self.set_title(_("Edit {trigger}").format(trigger=trigger_name(trigger)))
        self.yes.setText(_("Save Changes"))
        self._trigger, self._detail, self._is_production = trigger, detail, is_production
        self.pages.addWidget(self.settings)
        self.add_plan_page()
        self.settings.show_qualifiers((), trigger.qualifier)
        self.settings.lock_qualifier()
        known = TriggerSpec(trigger.kind, trigger.source_arn, detail, trigger.qualifier, trigger.values)
        self.settings.show_parameters(SOURCES[trigger.kind].parameters(known), trigger.values, is_edit=True)
        self._before = self.settings.form.values()
        self.rest()
        self.settings.form.focus_first()

    @property
    def kind(self) -> SourceKind:
        return self._trigger.kind

    def spec(self) -> TriggerSpec:
        trigger = self._trigger
        held: Values = self.settings.form.values()
        displayed = self.settings.form.rows
        kept = {name: value for name, value in trigger.values.items() if name not in displayed}
        return TriggerSpec(
            trigger.kind,
            trigger.source_arn,
            self._detail,
            trigger.qualifier,
            {**kept, **held},
            self._is_production,
        )

    def changed(self) -> None:
        if not self.settings.form.faults() and self.settings.form.values() == self._before:
            self.rest()
        else:
            super().changed()


class PolicyDialog(Dialog):
    """Shows a policy that someone with other permissions has to add, and copies it.

    Args:
        title: What it is.
        text: The JSON.
        parent: The dialog that it belongs to.
    """

    def __init__(self, title: str, text: str, parent: QWidget) -> None:
        super().__init__("policyDialog", title, parent)
        self.text = LongText("policyText", title)
        self.text.show_text(text)
        self.content.addWidget(self.text, 1)
        self.finish_layout(stretch=False)
        copy = self.add_button("policyCopy", _("Copy"), "primary")
        close = self.add_button("policyClose", _("Close"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        copy.clicked.connect(lambda: self.set_message(_("Copied."), "good"))
        close.clicked.connect(self.accept)
        self.resize(_POLICY_SIZE)

    def resize_to_content(self) -> None:
        """Keeps its size."""


class AsyncDialog(TriggerDialog):
    """Changes them, of the function or of one of its aliases or versions.

    Args:
        detail: The function.
        settings: As they were read; what has none has AWS's defaults.
        qualifiers: Aliases and versions.
        chosen: The one to begin with.
        icons: For the findings.
        parent: The window.
    """

    def __init__(
        self,
        detail: FunctionDetail,
        settings: Sequence[AsyncSettings],
        qualifiers: Sequence[str],
        chosen: str,
        icons: Icons,
        parent: QWidget,
    ) -> None:
        super().__init__("asyncSettings", "", "", icons, parent)
        self.set_title(
            _("Asynchronous Invocation of {function_name}").format(function_name=detail.function_name)
        )
        self.yes.setText(_("Save Changes"))
        self._detail = detail
        self._settings = {each.qualifier: each for each in settings}
        words = _(
            "Events that AWS services and asynchronous invocations send to Lambda wait in the "
            "function's queue."
        )
        if qualifiers:
            words += " " + _("An alias uses the dead-letter queue of its version.")
        self.content.insertWidget(1, text_label("asyncWords", words, "muted"))
        self.pages.addWidget(self.settings)
        self.add_plan_page()
        self.settings.show_qualifiers(qualifiers, chosen)
        self._shown = ""
        self._show_settings()
        self.settings.form.focus_first()

    @property
    def kind(self) -> SourceKind:
        return SourceKind("direct")

    @property
    def before(self) -> AsyncSettings:
        """As they are of what is chosen."""
        qualifier = self.settings.chosen_qualifier()
        known = self._settings.get(qualifier, AsyncSettings(qualifier))
        queue = "" if qualifier else self._detail.dead_letter_arn
        return replace(known, values={**known.values, DEAD_LETTER: queue}) if queue else known

    def spec(self) -> TriggerSpec:
        qualifier = self.settings.chosen_qualifier()
        return TriggerSpec(self.kind, "", self._detail, qualifier, self.settings.form.values())

    def changed(self) -> None:
        if self.settings.chosen_qualifier() != self._shown:
            self._show_settings()
        elif not self.settings.form.faults() and self.settings.form.values() == dict(self.before.values):
            self.rest()
        else:
            super().changed()

    def _show_settings(self) -> None:
        self._shown = self.settings.chosen_qualifier()
        self.settings.show_parameters(parameters(self._shown), self.before.values)
        self.rest()
