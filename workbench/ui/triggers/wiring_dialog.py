"""A dialog in which a trigger's settings are changed: checked while they are, then planned.

Owns: when the checks run, and what follows from them. Must not know: whether the trigger is there already.
"""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from workbench.core.errors import WorkbenchError
from workbench.functions.model import FunctionDetail
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import Fix, FixKind, SourceKind, Trigger, TriggerSpec, Values
from workbench.triggers.plan import Prepared
from workbench.ui.icons import Icons
from workbench.ui.triggers.all_fields import field_of
from workbench.ui.triggers.plan_form import PlanForm
from workbench.ui.triggers.wiring_form import WiringForm
from workbench.ui.triggers.words import trigger_name

_PAUSE_MS = 350


class WiringDialog(PlanForm):
    """Says what it needs by signals; the flow answers.

    Args:
        name: Its object name.
        title: Of the dialog.
        yes: The button that carries the plan out.
        icons: For the findings.
        parent: The window.

    Signals:
        check_wanted: What would come of this TriggerSpec.
        outgrown: What is checked is not wanted any more.
        fix_wanted: A Fix that leads away from here.
    """

    check_wanted = Signal(object)
    outgrown = Signal()
    fix_wanted = Signal(object)

    def __init__(self, name: str, title: str, yes: str, icons: Icons, parent: QWidget) -> None:
        super().__init__(name, title, yes, parent)
        self.prepared: Prepared | None = None
        self.wiring = WiringForm(icons, lambda parameter: field_of(parameter, self.kind))
        self.back = self.add_button(
            f"{name}Back", self.tr("Back"), part=QDialogButtonBox.ButtonRole.ResetRole
        )
        self.next = self.add_button(f"{name}Next", self.tr("Next"), "primary")
        self._wait = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._wait.timeout.connect(lambda: self.check_wanted.emit(self.wish()))
        self.back.clicked.connect(self.go_back)
        self.next.clicked.connect(self.go_on)
        self.yes.clicked.connect(self.agree)
        self.wiring.changed.connect(self.changed)
        self.wiring.findings.fix_wanted.connect(self.take_fix)

    @property
    def kind(self) -> SourceKind:
        """Of the source."""
        raise NotImplementedError

    def wish(self) -> TriggerSpec:
        """What is wanted; only to be asked for when no field holds something wrong."""
        raise NotImplementedError

    def go_on(self) -> None:
        """To the next page; from the settings it is the plan."""
        if self.next.isEnabled() and self.prepared is not None and not self.wiring.findings.is_blocked:
            self.show_plan(self.prepared.plan(self.wiring.findings.accepted()))
            self.yes.setFocus()

    def go_back(self) -> None:
        """To the page before; what was typed stays."""
        self.pages.setCurrentWidget(self.wiring)
        self.say("")
        self.switch()

    # What the checks say ------------------------------------------------------------------------------------

    def show_prepared(self, prepared: Prepared) -> None:
        """Shows what was found, unless the form has outgrown it."""
        if self._wait.isActive():
            return
        self.prepared = prepared
        self.wiring.findings.show_findings(prepared.findings)
        self._say_checked()
        self.switch()

    def show_unprepared(self, error: WorkbenchError) -> None:
        """Says why nothing could be checked."""
        self.prepared = None
        self.wiring.findings.show_findings(())
        self.wiring.say(str(error), "danger")
        self.switch()

    def changed(self) -> None:
        """Something else is wanted: what was checked is out of date."""
        faulty = bool(self.wiring.form.faults())
        if not faulty and self.prepared is not None and self.prepared.spec == self.wish():
            self._say_checked()  # only another fix was accepted
            self.switch()
            return
        self.prepared = None
        self.outgrown.emit()
        if faulty:
            self._wait.stop()
            if missing := self.wiring.form.missing():
                words = self.tr("Required: %1.").replace("%1", ", ".join(missing))
                self.wiring.say(words, "muted")
            else:
                self.wiring.say(self.tr("Some settings are not valid."), "danger")
        else:
            self.wiring.say(self.tr("Checking…"))
            self._wait.start()
        self.switch()

    def rest(self) -> None:
        """Nothing else is wanted than what is there."""
        self._wait.stop()
        self.outgrown.emit()
        self.prepared = None
        self.wiring.findings.show_findings(())
        self.wiring.say(self.tr("No unsaved changes."))
        self.switch()

    def take_fix(self, fix: Fix) -> None:
        """Sets what a fix says, or lets the window lead to it."""
        if fix.kind is FixKind.EDIT:
            for name, value in fix.values.items():
                self.wiring.form.set_value(name, value)
        elif fix.kind is FixKind.QUALIFIER:
            self.wiring.choose_qualifier(fix.text)
        else:
            self.fix_wanted.emit(fix)

    def switch(self) -> None:
        super().switch()
        if not hasattr(self, "next"):
            return  # it is still being made
        self.next.setVisible(not self.shows_plan)
        ready = self.prepared is not None and not self.wiring.findings.is_blocked
        self.next.setEnabled(ready and not self.is_working)
        self.next.setText(self.tr("Show Plan"))
        self.back.setVisible(self.shows_plan)
        self.back.setEnabled(not self.is_working)
        (self.yes if self.shows_plan else self.next).setDefault(True)

    def _say_checked(self) -> None:
        if blocks := self.wiring.findings.blocks:
            words = self.tr("Not ready: %1").replace("%1", blocks[0].what)
            if (more := len(blocks) - 1) > 0:
                words += " " + (
                    self.tr("1 more problem.") if more == 1 else self.tr("%n more problems.", "", more)
                )
            self.wiring.say(words, "danger")
        elif self.wiring.findings.has_warnings:
            self.wiring.say(self.tr("Ready. Review the warnings."), "warning")
        elif self.wiring.findings.accepted():
            self.wiring.say(self.tr("Ready. The plan adds what is missing."))
        elif self.wiring.findings.findings:
            self.wiring.say(self.tr("Ready. Review the notes."))
        else:
            self.wiring.say(self.tr("All checks passed."), "good")


class EditTriggerDialog(WiringDialog):
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
        self.set_title(self.tr("Edit %1").replace("%1", trigger_name(trigger)))
        self.yes.setText(self.tr("Save Changes"))
        self._trigger, self._detail, self._is_production = trigger, detail, is_production
        self.pages.addWidget(self.wiring)
        self.add_plan_page()
        self.wiring.show_qualifiers((), trigger.qualifier)
        self.wiring.lock_qualifier()
        known = TriggerSpec(trigger.kind, trigger.source_arn, detail, trigger.qualifier, trigger.values)
        self.wiring.show_parameters(SOURCES[trigger.kind].parameters(known), trigger.values, is_edit=True)
        self._before = self.wiring.form.values()
        self.rest()
        self.wiring.form.focus_first()

    @property
    def kind(self) -> SourceKind:
        return self._trigger.kind

    def wish(self) -> TriggerSpec:
        trigger = self._trigger
        held: Values = self.wiring.form.values()
        shown = self.wiring.form.rows
        kept = {name: value for name, value in trigger.values.items() if name not in shown}
        return TriggerSpec(
            trigger.kind,
            trigger.source_arn,
            self._detail,
            trigger.qualifier,
            {**kept, **held},
            self._is_production,
        )

    def changed(self) -> None:
        if not self.wiring.form.faults() and self.wiring.form.values() == self._before:
            self.rest()
        else:
            super().changed()
