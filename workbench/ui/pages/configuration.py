"""The Configuration tab: everything that can be set of a function, to read and to change."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, Progress
from workbench.core.messages import _, ngettext
from workbench.functions.settings import apply as applying
from workbench.functions.settings import limits as allowed
from workbench.functions.settings.model import OTHERS, Reading, SettingChange, read_others, with_detail
from workbench.ui.configuring import editors, environment
from workbench.ui.configuring import factory as factories
from workbench.ui.configuring import form as forms
from workbench.ui.configuring.apply_flow import ApplyFlow, ApplyOutcome
from workbench.ui.configuring.bar import ApplyBar
from workbench.ui.configuring.draft import Draft
from workbench.ui.configuring.labels import function_facts
from workbench.ui.configuring.stop_flow import StopBox, StopFlow
from workbench.ui.configuring.unapplied_changes import Keeping
from workbench.ui.empty_state import EmptyState
from workbench.ui.field_table import FieldTable
from workbench.ui.named import named
from workbench.ui.pages.base import Page
from workbench.ui.services import OpenFunction, Services

APPLY, DISCARD, REVERT = "configuration.apply", "configuration.discard", "configuration.revert"


class ConfigurationPage(Page):
    """A form. What is changed is collected, shown as a whole, and sent together; until then disk keeps it.

    Signals:
        configured: A function (OpenFunction) is different now.
        notice: Words, details and tone for the banner.
    """

    object_name = "configurationPage"
    configured = Signal(OpenFunction)
    notice = Signal(str, str, str)
    section_shown = Signal(str)

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        actions = services.actions
        self.draft = Draft(self)
        self.flow = ApplyFlow(services, self)
        # Why a function may not be changed; empty when it may.
        self.why_locked: Callable[[OpenFunction], str] = lambda _function: ""
        self.form: forms.SettingsForm | None = None
        self._wanted_setting = ""  # shown once the form is made
        self.factory: factories.Factory | None = None
        self.stop = StopFlow(services, self)
        self._extras: dict[str, Callable[[], QWidget]] = {
            "tenant_isolation": self._make_facts,
            "reserved_concurrency": lambda: StopBox(self.stop),
        }
        self._being_read = _("Loading…")
        self._facts: FieldTable | None = None
        self._waiting: dict[str, tuple[SettingChange, ...]] = {}  # by ARN: changes that were not sent
        self._last: dict[str, tuple[SettingChange, ...]] = {}  # by ARN: what was changed last
        self._arn, self._stale = "", True
        self._known: Reading | None = None  # what came with the function that is shown next
        self.bar = ApplyBar(actions[APPLY], actions[DISCARD], actions[REVERT])
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
        actions.bind(APPLY, self.apply)
        actions.bind(DISCARD, self.kept.discard)
        actions.bind(REVERT, self.revert)
        self.draft.changed.connect(self.show_state)
        self.flow.started.connect(lambda _arn: self.show_state())
        self.flow.progressed.connect(self._progressed)
        self.flow.ended.connect(lambda _arn: self.show_state())
        self.flow.applied.connect(self._applied)
        for part in (self.flow, self.stop):
            part.failed.connect(self.failed)
            part.notice.connect(self.notice)
        self.stop.configured.connect(self.configured)
        self.bar.cancel_wanted.connect(lambda: self.flow.cancel(self._arn))

    # The function -------------------------------------------------------------------------------------------

    def function_changed(self) -> None:
        if self._arn:
            self._waiting[self._arn] = self.draft.changes()
        arn = self.function.detail.function_arn if self.function else ""
        is_other, self._arn = arn != self._arn, arn
        self._stale = True
        self.stop.show_function(self.function)
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
        self.factory = factories.Factory(self._editor_context(limits))
        self.form = forms.SettingsForm(self.draft, self.factory.editor, self._extras)
        self.form.section_shown.connect(self._section_opened)
        self._body.addWidget(self.form, 1)
        self.setFocusProxy(self.form)
        if self.function is not None:
            self._show_kind()
        self._stack.setCurrentIndex(1)
        self.load()
        if self._wanted_setting:
            self.go_to_setting(self._wanted_setting)

    def _editor_context(self, limits: "allowed.Limits") -> "editors.EditorContext":
        return editors.EditorContext(
            limits,
            self.services.jobs,
            lambda: self.function,
            lambda function, then: self.flow.before_apply(function, then),
        )

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

    def _section_opened(self, name: str) -> None:
        editor = self._environment() if name == "environment" else None
        if editor is not None and not editor.property("connected"):
            editor.setProperty("connected", True)
            editor.failed.connect(self.failed)
        self.section_shown.emit(name)

    def _environment(self) -> "environment.EnvironmentEditor | None":
        row = self.form.rows.get("environment") if self.form else None
        return row.editor if row and isinstance(row.editor, environment.EnvironmentEditor) else None

    def show_state(self) -> None:
        """Says how things are, and lets change what may be changed."""
        function, changed, faults = self.function, self.draft.changes(), self.draft.faults
        locked = self._why_locked(function) if function else ""
        is_running = self.flow.is_running(self._arn)
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
        return self.why_locked(function)

    def unsent(self) -> tuple[str, ...]:
        """The names of the functions that have changes which were not sent."""
        waiting = {**self._waiting, self._arn: self.draft.changes()}
        return tuple(sorted(arn.rpartition(":")[2] for arn, changed in waiting.items() if changed))

    # The work -----------------------------------------------------------------------------------------------

    def apply(self) -> None:
        """Shows what is changed, and sends it after a yes."""
        if self.function is not None and self.draft.reading is not None and self.draft.changes():
            self.flow.begin(self.function, self.draft.reading, self.draft.changes())

    def revert(self) -> None:
        """Puts what was before the last changes into the form; nothing is sent by that."""
        self.draft.take(applying.reversed_changes(self._last.get(self._arn, ())))

    def _progressed(self, function_arn: str, progress: Progress) -> None:
        if function_arn == self._arn:
            self.bar.show_work(progress)

    def _applied(self, outcome: ApplyOutcome) -> None:
        arn = outcome.function.detail.function_arn
        if outcome.done:
            self._last[arn] = outcome.done
        self._waiting[arn] = outcome.waiting
        self.kept.note(arn, outcome.waiting)
        if arn == self._arn:
            self.draft.open(outcome.reading, outcome.waiting, same=True)
            self._known = outcome.reading
        self.configured.emit(outcome.function)
        self._known = None
