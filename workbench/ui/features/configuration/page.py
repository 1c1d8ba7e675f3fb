"""The Configuration tab: everything that can be set of a function, to read and to change."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, Progress
from workbench.core.messages import _, ngettext
from workbench.functions import configure as applying
from workbench.functions import settings as allowed
from workbench.functions.emergency import Stopped
from workbench.functions.settings import OTHERS, Reading, SettingChange, read_others, with_detail
from workbench.ui.features.configuration import fields, pairs
from workbench.ui.features.configuration import form as forms
from workbench.ui.features.configuration.draft import Draft, Keeping, function_facts
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.field_table import FieldTable
from workbench.ui.kit.labels import progress_bar
from workbench.ui.kit.text import named, restyle, text_label, tool_tip
from workbench.ui.pages.base import Page
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.services import OpenFunction, Services

APPLY, DISCARD, REVERT = "configuration.apply", "configuration.discard", "configuration.revert"
STOP, RESUME = "function.emergency_stop", "function.resume"
_BAR_WIDTH = 140
_INDENT = 202  # where the fields of the form begin


class ApplyBar(QFrame):
    """The number of changes, why nothing can be changed, progress, and the buttons, in one line."""

    cancel_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "configurationBar", _("Configuration changes"))
        self.words = text_label("configurationWords", "", "muted")
        self.progress = progress_bar("configurationProgress", width=_BAR_WIDTH)
        self.cancel = named(QPushButton(_("Cancel")), "configurationCancel", _("Cancel applying"))
        self.cancel.clicked.connect(self.cancel_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 8, 16, 8)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.progress)
        row.addWidget(self.cancel)
        self.buttons = {
            REVERT: named(QPushButton(_("Revert Last Change")), "configurationRevert"),
            DISCARD: named(QPushButton(_("Discard")), "configurationDiscard"),
            APPLY: named(QPushButton(_("Apply…")), "configurationApply"),
        }
        for button in self.buttons.values():
            button.setAutoDefault(False)
            row.addWidget(button)
        self.show_work(None)

    def connect_actions(self, actions: ActionRegistry) -> None:
        """Lets the buttons trigger the actions of the same purpose, once there are any."""
        for name, button in self.buttons.items():
            action = actions[name]
            button.setAccessibleName(action.text())
            button.setToolTip(tool_tip(action.toolTip()))
            button.clicked.connect(action.trigger)

    def show_state(
        self, words: str, role: str, *, can_apply: bool, can_discard: bool, can_revert: bool
    ) -> None:
        """Says how things are, and which buttons make sense."""
        self.words.setText(words)
        self.words.setAccessibleName(words)
        restyle(self.words, role=role)
        self.buttons[APPLY].setEnabled(can_apply)
        self.buttons[DISCARD].setEnabled(can_discard)
        self.buttons[REVERT].setVisible(can_revert)

    def show_work(self, progress: Progress | None) -> None:
        """Shows how far the sending is; None while nothing is sent."""
        for widget in (self.progress, self.cancel):
            widget.setVisible(progress is not None)
        if progress is not None:
            self.progress.setRange(0, int(progress.total))
            self.progress.setValue(int(progress.done))


class StopBox(QWidget):
    """Emergency stop in the form: what it does or did, and the buttons for it.

    Args:
        actions: What its buttons trigger.
    """

    def __init__(self, actions: ActionRegistry) -> None:
        super().__init__()
        self.setObjectName("stopBox")
        self.words = text_label("stopWords", "", "muted")
        self.stop = named(QPushButton(_("Emergency Stop…")), "stopFunction", role="danger")
        self.go_on = named(QPushButton(_("Resume")), "resumeFunction")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.stop)
        row.addWidget(self.go_on)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(_INDENT, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.words)
        self.stop.clicked.connect(actions[STOP].trigger)
        self.go_on.clicked.connect(actions[RESUME].trigger)
        self.show_stopped(None)

    def show_stopped(self, stopped: Stopped | None) -> None:
        """Says whether the function is stopped, and what it had."""
        self.go_on.setVisible(stopped is not None)
        self.stop.setVisible(stopped is None)
        if stopped is None:
            words = _("Throttles all invocations and saves the reserved concurrency.")
        elif stopped.reserved is None:
            words = _("Stopped. There was no reserved concurrency before. Resume restores that.")
        else:
            words = _("Stopped. The reserved concurrency was {reserved}. Resume restores it.").format(
                reserved=f"{stopped.reserved:,}"
            )
        if stopped is not None and stopped.mappings:
            words = f"{words} {disabled_mappings_text(len(stopped.mappings))}"
        self.words.setText(words)
        self.words.setAccessibleName(words)


def disabled_mappings_text(count: int) -> str:
    """What was done to the event source mappings of a stopped function."""
    if count == 1:
        return _("One event source mapping was disabled. Resume enables it again.")
    words = _("{count} event source mappings were disabled. Resume enables them again.")
    return words.format(count=f"{count:,}")


class ConfigurationPage(Page):
    """A form. What is changed is collected, shown as a whole, and sent together; until then disk keeps it.

    Signals:
        permissions_wanted: The permissions of the function's role are to be shown.
        write_wanted: AWS is to be changed at once: the OpenFunction, and what to call after a yes.
        cancel_wanted: The sending of changes is to end; the ARN of their function.
    """

    object_name = "configurationPage"
    permissions_wanted = Signal()
    write_wanted = Signal(OpenFunction, object)
    cancel_wanted = Signal(str)

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.draft = Draft(self)
        self.form: forms.SettingsForm | None = None
        self._wanted_setting = ""  # shown once the form is made
        self._extras: dict[str, Callable[[], QWidget]] = {
            "tenant_isolation": self._make_facts,
            "reserved_concurrency": self._make_stop_box,
        }
        self._read_only_reason = ""
        self._stopped: Stopped | None = None
        self._stop_box: StopBox | None = None
        self._being_read = _("Loading…")
        self._facts: FieldTable | None = None
        self._running: set[str] = set()  # ARNs of functions whose changes are being sent
        self._waiting: dict[str, tuple[SettingChange, ...]] = {}  # by ARN: changes that were not sent
        self._last: dict[str, tuple[SettingChange, ...]] = {}  # by ARN: what was changed last
        self._arn, self._stale = "", True
        self._known: Reading | None = None  # what came with the function that is shown next
        self.bar = ApplyBar()
        self.empty = named(EmptyState(), "configurationEmpty")
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.kept = Keeping(services, self.draft, self)
        column.addWidget(self.bar)
        column.addWidget(self.kept.offer)
        self._body = column
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(body)
        self.draft.changed.connect(self.show_state)
        self.bar.cancel_wanted.connect(lambda: self.cancel_wanted.emit(self._arn))

    # The function -------------------------------------------------------------------------------------------

    def function_changed(self) -> None:
        if self._arn:
            self._waiting[self._arn] = self.draft.changes()
        arn = self.function.detail.function_arn if self.function else ""
        is_other, self._arn = arn != self._arn, arn
        self._stale = True
        self.show_stopped(None)
        if self.function is None:
            self.draft.close()
            return
        detail = self.function.detail
        pending = self._waiting.get(arn, ())
        known, self._known = self._known, None
        if known is not None and known.detail is detail:
            self._stale = False
            self.draft.open(known, pending, same=not is_other)
        elif is_other or self.draft.reading is None:
            self.draft.open(Reading.first(detail, self._being_read), pending)
            if (editor := self._environment()) is not None:
                editor.hide_values()
        else:
            self.draft.open(with_detail(self.draft.reading, detail), pending, same=True)
        if self.form is not None:
            self._show_kind()

    def load(self) -> None:
        if self.form is None:
            self.empty.set_text(_("Reading the settings…"), "")
            self.keep(
                self.services.jobs.submit(
                    Job(
                        _("Reading the supported values"),
                        lambda _ctx: allowed.load_limits(),
                        replaces="configuration.limits",
                        quiet=True,
                        on_done=self._make_form,
                    )
                )
            )
        elif self._stale and self.function is not None:
            self._read(self.function)

    def _read(self, function: OpenFunction) -> None:
        connection, detail = function.connection, function.detail
        self._stale = False

        def read(reading: Reading) -> None:
            self.draft.open(reading, self.draft.changes(), same=True)
            self.show_state()

        def failed(error: WorkbenchError) -> None:
            self._stale = True
            self.failed.emit(error)

        self.keep(
            self.services.jobs.submit(
                Job(
                    _("Reading the settings of {function_name}").format(function_name=detail.function_name),
                    lambda ctx: read_others(connection, detail, ctx),
                    replaces="configuration.read",
                    quiet=True,
                    on_done=read,
                    on_error=failed,
                )
            )
        )

    def deactivate(self) -> None:
        reading = self.draft.reading
        # What was being read was not read: the next look begins anew.
        self._stale = self._stale or reading is None or any(name in OTHERS for name, __ in reading.unread)
        super().deactivate()

    def go_to_setting(self, name: str) -> None:
        """Shows a setting, by its attribute, and brings the keyboard to it, once the form is made."""
        self._wanted_setting = "" if self.form is not None else name
        if self.form is not None:
            self.form.show_setting(name)

    # The form -----------------------------------------------------------------------------------------------

    def _make_form(self, limits: "allowed.Limits") -> None:
        if self.form is not None:
            return
        context = fields.EditorContext(
            limits,
            self.services.jobs,
            lambda: self.function,
            self.write_wanted.emit,
            self.failed.emit,
            self.permissions_wanted.emit,
        )
        self.form = forms.SettingsForm(self.draft, forms.Factory(context).editor, self._extras)
        self._body.addWidget(self.form, 1)
        self.setFocusProxy(self.form)
        if self.function is not None:
            self._show_kind()
        self._stack.setCurrentIndex(1)
        self.load()
        if self._wanted_setting:
            self.go_to_setting(self._wanted_setting)

    def _show_kind(self) -> None:
        assert self.form is not None
        assert self.function is not None
        self.form.show_kind(self.function.detail)
        if self._facts is not None:
            self._facts.show_fields(function_facts(self.function.detail))
        self.show_state()

    def _make_facts(self) -> QWidget:
        self._facts = FieldTable("fields.general", _("Function details"), self.services.icons)
        if self.function is not None:
            self._facts.show_fields(function_facts(self.function.detail))
        return self._facts

    def _make_stop_box(self) -> QWidget:
        self._stop_box = StopBox(self.services.actions)
        self._stop_box.show_stopped(self._stopped)
        return self._stop_box

    def show_stopped(self, stopped: Stopped | None) -> None:
        """Says whether the function is stopped, and what it had."""
        self._stopped = stopped
        if self._stop_box is not None:
            self._stop_box.show_stopped(stopped)

    def _environment(self) -> "pairs.EnvironmentEditor | None":
        row = self.form.rows.get("environment") if self.form else None
        return row.editor if row and isinstance(row.editor, pairs.EnvironmentEditor) else None

    def show_state(self) -> None:
        """Says how things are, and lets change what may be changed."""
        function, changed, faults = self.function, self.draft.changes(), self.draft.faults
        locked = self._why_locked(function) if function else ""
        is_running = self._arn in self._running
        can_change = function is not None and not locked and not is_running
        if is_running:
            words, role = _("Applying…"), "muted"
        elif locked:
            words, role = locked, "warning"
        elif faults:
            words, role = self._faulty(len(faults)), "danger"
        elif function is not None and self._is_reading():
            words, role = _("Reading the settings…"), "muted"
        elif changed:
            words, role = self._changed(len(changed)), "warning"
        else:
            words, role = _("No unsaved changes."), "muted"
        if not is_running:
            self.bar.show_work(None)
        can_apply = can_change and bool(changed) and not faults
        can_discard = can_change and bool(changed or faults)
        can_revert = can_change and bool(self._last.get(self._arn)) and not changed and not faults
        self.bar.show_state(words, role, can_apply=can_apply, can_discard=can_discard, can_revert=can_revert)
        for name, can in ((APPLY, can_apply), (DISCARD, can_discard), (REVERT, can_revert)):
            self.services.actions.set_there(name, there=can)
        if self.form is not None:
            self.form.lock(locked=not can_change)
        self.kept.show(self._arn, can_change=can_change)

    def _is_reading(self) -> bool:
        reading = self.draft.reading
        return reading is not None and ("recursion", self._being_read) in reading.unread

    def _faulty(self, count: int) -> str:
        return ngettext("{count} setting is not valid.", "{count} settings are not valid.", count).format(
            count=count
        )

    def _changed(self, count: int) -> str:
        return ngettext("{count} unapplied change.", "{count} unapplied changes.", count).format(count=count)

    def _why_locked(self, function: OpenFunction) -> str:
        if function.detail.version != "$LATEST":
            return _("The settings of a published version cannot be changed. Open $LATEST to change them.")
        return self._read_only_reason

    def set_read_only(self, reason: str) -> None:
        """Lets nothing be changed for this reason; an empty one allows it again."""
        self._read_only_reason = reason
        self.show_state()

    def unsent(self) -> tuple[str, ...]:
        """The names of the functions that have changes which were not sent."""
        waiting = {**self._waiting, self._arn: self.draft.changes()}
        return tuple(sorted(arn.rpartition(":")[2] for arn, changed in waiting.items() if changed))

    # Sending ------------------------------------------------------------------------------------------------

    def revert(self) -> None:
        """Puts what was before the last changes into the form; nothing is sent by that."""
        self.draft.take(applying.reversed_changes(self._last.get(self._arn, ())))

    def show_sending(self, function_arn: str, *, sending: bool) -> None:
        """Says whether changes of a function are being sent; meanwhile it cannot be changed."""
        (self._running.add if sending else self._running.discard)(function_arn)
        self.show_state()

    def show_progress(self, function_arn: str, progress: Progress) -> None:
        """Says how far the sending is."""
        if function_arn == self._arn:
            self.bar.show_work(progress)

    def take(
        self, reading: Reading, done: tuple[SettingChange, ...], waiting: tuple[SettingChange, ...]
    ) -> None:
        """Takes what a function is after changes were sent.

        Args:
            reading: The function.
            done: What was changed.
            waiting: What is still wanted.
        """
        arn = reading.detail.function_arn
        if done:
            self._last[arn] = done
        self._waiting[arn] = waiting
        self.kept.note(arn, waiting)
        if arn == self._arn:
            self.draft.open(reading, waiting, same=True)
            self._known = reading
