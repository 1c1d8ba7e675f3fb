"""The Test tab: a test event and the button that invokes the function with it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from workbench.aws.names import LATEST
from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.functions.versions import Alias, Version, list_both
from workbench.invoke.events import EventStore, TestEvent, load_samples
from workbench.invoke.history import Mode
from workbench.invoke.payload import apply_outside_variables, lay_out
from workbench.sandbox.processes import fence_state, isolation_summary, isolation_text
from workbench.ui.kit.bars import FlowLayout
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.text import PlainLabel, PlainLine, named, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.pages.base import Page
from workbench.ui.pages.test_events import (
    CHECKED_CHARACTERS,
    EventField,
    EventMenu,
    EventPicker,
    JsonColors,
    PayloadMeter,
    ask_name,
    ask_to_delete,
    event_store,
    lay_out_page,
    replace_text,
    side_by_side,
)
from workbench.ui.shell.invoker import Request
from workbench.ui.shell.services import OpenFunction, Services

_KEPT_AFTER_MS = 500


class TestPage(Page):
    """Chooses, edits and keeps test events, and how they are sent."""

    __test__ = False  # not a test case, whatever pytest thinks of the name
    object_name = "testPage"
    has_panel = True
    notice = Signal(str, str)
    event_shown = Signal()  # another event, or the same one as it is kept now

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.samples = load_samples(resources_dir() / "events")
        self._events: tuple[TestEvent, ...] = ()
        self.store: EventStore | None = None  # where the function's events are kept
        self._kept: TestEvent | None = None  # what is on disk as the last one
        self._own: tuple[TestEvent, ...] = ()
        self._shared: tuple[TestEvent, ...] = ()
        self.picker = EventPicker()
        self.save_button = named(QPushButton(_("Save As…")), "testEventSave")
        self.delete_button = named(QPushButton(_("Delete")), "testEventDelete")
        self.format_button = named(QPushButton(_("Format JSON")), "testEventFormat")
        self.edit_button = named(QPushButton(_("Edit in Code Editor")), "testEventEdit")
        self.local_button = named(QPushButton(_("Run Locally")), "testRunLocally")
        self.text = EventField(_("Event JSON"))
        self._keeping = QTimer(self, singleShot=True, interval=_KEPT_AFTER_MS)
        self._keeping.timeout.connect(self.keep_typed)
        self.text.textChanged.connect(self._keep_soon)
        self._colors = JsonColors(self.text.document(), services.theme)
        self.fault = PayloadMeter(self.text, self.samples)
        self.local_note = named(PlainLabel(isolation_summary()), "testLocalRights")
        self.local_note.setProperty("role", "muted" if fence_state().is_on else "warning")
        self.local_note.setToolTip(tool_tip(isolation_text()))
        self.menu = EventMenu(services, self)
        self.options = OptionsBar(services)
        buttons = (self.save_button, self.delete_button, self.format_button, self.edit_button)
        content = QWidget()
        lay_out_page(
            content,
            _("Test event"),
            (self.picker, *buttons, self.menu.button),
            (self.local_button,),
            (self.options, self.text, side_by_side(self.fault, self.local_note)),
            more=self.menu.button,
            rare=(self.edit_button, self.format_button, self.delete_button, self.save_button),
        )
        self.beside = named(QSplitter(), "testSplitter")
        self.beside.setChildrenCollapsible(False)
        self.beside.addWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.beside)
        self.setFocusProxy(self.text)
        self.picker.activated.connect(self._chosen)
        self.save_button.clicked.connect(self._save)
        self.delete_button.clicked.connect(self._delete)
        self.format_button.clicked.connect(self._format)
        self.menu.shared.connect(self._show_shared)
        self.menu.moved.connect(self._moved)
        self.menu.failed.connect(self.failed)
        self.options.changed.connect(lambda: self.fault.set_mode(self.options.chosen_mode))

    def ask(self) -> Request | None:
        """What Invoke would send, which is kept; None, and said, as long as the events are being read."""
        if (function := self.function) is None:
            return None
        if not self._events:
            self.notice.emit(
                _("The test event of {function_name} is still loading.").format(
                    function_name=function.detail.function_name
                ),
                _("Invoke again in a moment."),
            )
            return None
        self.keep_typed()
        return self.request()

    def request(self) -> Request:
        """What Invoke would send."""
        event, text = self.picker.chosen, self.text.toPlainText()
        return Request(
            text.encode(),
            self.options.chosen_mode,
            self.options.streaming,
            self.options.chosen_qualifier,
            self.options.client_context,
            event.name if event is not None and event.text == text else "",
            tenant_id=self.options.tenant_id,
        )

    def function_changed(self) -> None:
        function = self.function
        self.menu.show_function(function, self.current)
        if function is None:
            self.keep_typed()
            self.store, self._events, self._shared = None, (), ()
            return
        self.options.show_function(function)
        store = event_store(self.services, function.detail)
        if self.store is not None and store.memory == self.store.memory:
            return  # the same function in a newer state: what was typed stays
        self.keep_typed()
        self._shared = ()
        self._open(store, function.detail.function_name)

    def _open(self, store: EventStore, function_name: str) -> None:
        self.store = store
        self._events = ()
        self.picker.clear()
        self.text.clear()
        self._list(store, function_name)

    def _moved(self) -> None:
        """The events are kept in another folder."""
        self.keep_typed()
        if self.function is not None:
            self._open(event_store(self.services, self.function.detail), self.function.detail.function_name)

    def _keep_soon(self) -> None:
        """Keeps what is being typed, within a second, so that a crash does not lose it."""
        if not self._keeping.isActive():
            self._keeping.start()

    def keep_typed(self) -> None:
        """Keeps the event as it stands: it is back when its function is, after a restart too."""
        store, event = self.store, self.current()
        if store is not None and event is not None and event != self._kept:
            self._kept = event
            self.keep_for(store, event)

    def keep_for(self, store: EventStore, event: TestEvent) -> None:
        """Keeps an event as the one that its function, open or not, was used with last."""
        if event.is_shared:  # it is another's by tomorrow: the text is what is kept
            event = replace(event, name=self.samples[0].name, is_sample=True, is_shared=False)
        self.services.jobs.submit(
            Job(
                _("Saving the test event"),
                lambda _ctx: store.remember_used(event),
                lane=_lane(store),
                quiet=True,
                urgent=True,
                on_error=self.failed.emit,
            )
        )

    def _show_text(self, text: str) -> None:
        self._colors.expect(len(text))
        self.text.setPlainText(text)

    def take_text(self, text: str) -> None:
        """Puts a text in the event's place; that can be undone."""
        self._colors.expect(len(text))
        replace_text(self.text, text)
        self.text.setFocus()

    def _sample_for(self, function_name: str) -> TestEvent:
        """The sample whose words the function's name shares most; the empty event when none fits."""
        words = set(function_name.lower().replace("_", "-").split("-"))
        return max(self.samples, key=lambda sample: len(words & set(sample.name.split("-"))))

    # Events -------------------------------------------------------------------------------------------------

    def _list(self, store: EventStore, function_name: str) -> None:
        """Reads the events and shows the last one, or the sample that fits, unless one types meanwhile."""
        before = self.text.toPlainText()

        def run(_ctx: JobContext) -> tuple[tuple[TestEvent, ...], TestEvent]:
            return store.list(), store.last_used() or self._sample_for(function_name)

        self.services.jobs.submit(
            Job(
                _("Reading the test events"),
                run,
                lane=_lane(store),
                replaces="test.events",
                quiet=True,
                on_done=lambda read: self._show_events(*read, before),
                on_error=self._events_failed,
            )
        )

    def _events_failed(self, error: WorkbenchError) -> None:
        self._show_events((), self.samples[0], self.text.toPlainText())  # the samples serve all the same
        self.failed.emit(error)

    def _show_events(self, own: tuple[TestEvent, ...], chosen: TestEvent, before: str) -> None:
        self._events, self._own, self._kept = (*own, *self.samples), own, chosen
        self.picker.fill((own, self._shared, self.samples), chosen)
        if self.text.toPlainText() == before != chosen.text:
            self._show_text(chosen.text)
        self.delete_button.setEnabled(not chosen.is_sample)
        self.event_shown.emit()

    def _show_shared(self, function: OpenFunction, shared: tuple[TestEvent, ...]) -> None:
        """Shows what the registry holds, and chooses the first that is new; what was typed stays else."""
        if self.function is None or self.function.detail.function_arn != function.detail.function_arn:
            return
        known, self._shared = self._shared, shared
        chosen = next((each for each in shared if each not in known), self.picker.chosen or self.samples[0])
        self.picker.fill((self._own, shared, self.samples), chosen)
        if chosen.is_shared:
            self._chosen(self.picker.currentIndex())
        if not shared:
            self.notice.emit(_("This function has no shareable events."), "")

    def _chosen(self, row: int) -> None:
        if (event := self.picker.event_at(row)) is not None:
            self._show_text(event.text)
            self.delete_button.setEnabled(not event.is_sample)
            self.event_shown.emit()

    def current(self) -> TestEvent | None:
        """The chosen event with the text as it stands."""
        event = self.picker.chosen
        return replace(event, text=self.text.toPlainText()) if event else None

    def save(self) -> None:
        """Keeps the event under the name that it has; one that is not the user's own yet gets a name."""
        store, event = self.store, self.current()
        if store is None or event is None or event.is_sample or event.is_shared:
            self._save()
        else:
            self._change(store, lambda: store.remember_used(store.save(event.name, event.text)))

    def _save(self) -> None:
        store, text = self.store, self.text.toPlainText()
        if store is None:
            return

        def keep(name: str) -> None:
            self._change(store, lambda: store.remember_used(store.save(name, text)))

        ask_name(self, self._own, self.picker.chosen, keep)

    def _delete(self) -> None:
        store, current = self.store, self.picker.chosen
        if current is not None and current.is_shared:
            self.menu.delete(current)
        elif store is not None and current is not None and not current.is_sample:
            ask_to_delete(self, current, lambda: self._change(store, lambda: store.delete(current.name)))

    def _change(self, store: EventStore, change: Callable[[], object]) -> None:
        def changed(_result: object) -> None:
            if store is self.store and self.function is not None:  # else another function is open by now
                self._list(store, self.function.detail.function_name)

        self.services.jobs.submit(
            Job(
                _("Saving the test event"),
                lambda _ctx: change(),
                lane=_lane(store),
                quiet=True,
                on_done=changed,
                on_error=self.failed.emit,
            )
        )

    def _format(self) -> None:
        text = self.text.toPlainText()
        if len(text) <= CHECKED_CHARACTERS:
            try:
                self.take_text(apply_outside_variables(lay_out, text))
            except WorkbenchError:
                self.fault.check()  # says where it breaks
            return

        def laid_out(formatted: str) -> None:
            if self.text.toPlainText() == text:
                self.take_text(formatted)

        self.services.jobs.start(
            _("Formatting the event"),
            lambda _ctx: apply_outside_variables(lay_out, text),
            replaces="test.format",
            quiet=True,
            on_done=laid_out,
            on_error=lambda _error: self.fault.check(),
        )


def _lane(store: EventStore) -> str:
    return f"events:{store.memory.parent}"


def _labelled(text: str, field: QWidget) -> QWidget:
    """A field behind its label: no line break parts them."""
    pair, label = QWidget(), PlainLabel(text)
    label.setBuddy(field)
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(label)
    row.addWidget(field, 1)
    return pair


_QUALIFIER_WIDTH, _MODE_WIDTH, _TENANT_WIDTH = 170, 190, 120
_MAX_SHOWN = 200  # of versions, the newest; another number can be typed


class _LazyBox(CalmChoice):
    """Says that its list is about to be looked at: filling it takes calls that most visits do not need."""

    wanted = Signal()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.wanted.emit()
        super().enterEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.wanted.emit()
        super().focusInEvent(event)

    def showPopup(self) -> None:
        self.wanted.emit()
        super().showPopup()


class OptionsBar(QWidget):
    """A row of fields.

    Signals:
        changed: Another type of invocation: the limits are others.
    """

    changed = Signal()

    def __init__(self, services: Services) -> None:
        super().__init__()
        named(self, "invokeOptions")
        self._services = services
        self._function: OpenFunction | None = None
        self._job: JobHandle | None = None
        self.qualifier = named(_LazyBox(), "invokeQualifier", _("Version or alias"))
        self.qualifier.setEditable(True)  # also what nobody may list
        self.qualifier.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.qualifier.setMinimumWidth(scaled(_QUALIFIER_WIDTH))
        self.qualifier.addItem(LATEST, "")
        self.qualifier.setToolTip(_("The version or alias to invoke. You can also type its name."))
        self.mode = named(CalmChoice(), "invokeMode", _("Invocation type"))
        self.mode.setMinimumWidth(scaled(_MODE_WIDTH))
        self._modes = (
            (_("Synchronous"), Mode.SYNC, False, _("Wait for the response")),
            (
                _("Synchronous, streamed"),
                Mode.SYNC,
                True,
                _("Show the response as the function streams it"),
            ),
            (
                _("Asynchronous"),
                Mode.ASYNC,
                False,
                _("Lambda queues the event, and retries twice if the function fails"),
            ),
            (
                _("Dry run"),
                Mode.DRY_RUN,
                False,
                _("Check whether you may invoke it, without running the function"),
            ),
        )
        for number, (title, _mode, _streaming, tip) in enumerate(self._modes):
            self.mode.addItem(title)
            self.mode.setItemData(number, tool_tip(tip), Qt.ItemDataRole.ToolTipRole)
        self.context = named(PlainLine(), "invokeClientContext", _("Client context, as JSON"))
        self.context.setPlaceholderText('{"custom": {"key": "value"}}')
        self.context.setClearButtonEnabled(True)
        self.tenant = named(PlainLine(), "invokeTenant", _("Tenant ID"))
        self.tenant.setToolTip(
            _("The function separates its tenants: Lambda refuses an invocation without a tenant ID.")
        )
        self.tenant.setMinimumWidth(scaled(_TENANT_WIDTH))
        self._tenant_field = _labelled(_("Tenant ID"), self.tenant)
        layout = FlowLayout(self)
        for each in (
            _labelled(_("Version"), self.qualifier),
            _labelled(_("Type"), self.mode),
            self._tenant_field,
            _labelled(_("Client context"), self.context),
        ):
            layout.addWidget(each)
        self._show_tenant(shown=False)
        self.qualifier.wanted.connect(self._read)
        self.mode.currentIndexChanged.connect(self._mode_changed)
        self._mode_changed()

    @property
    def chosen_mode(self) -> Mode:
        """How the function is run."""
        return self._modes[self.mode.currentIndex()][1]

    @property
    def streaming(self) -> bool:
        """Whether the answer is taken in pieces."""
        return self._modes[self.mode.currentIndex()][2]

    @property
    def chosen_qualifier(self) -> str:
        """A version or an alias; empty for $LATEST."""
        typed = self.qualifier.currentText().strip()
        row = self.qualifier.findText(typed)
        return typed if row < 0 else str(self.qualifier.itemData(row) or "")

    @property
    def client_context(self) -> str:
        """As typed; empty for none."""
        return self.context.text().strip()

    @property
    def tenant_id(self) -> str:
        """As typed; empty for a function without tenant isolation."""
        has_tenants = self._function is not None and self._function.detail.has_tenants
        return self.tenant.text().strip() if has_tenants else ""

    def show_function(self, function: OpenFunction) -> None:
        """Another function has other versions; a newer state of the same one keeps the choice."""
        before = self._function.detail.function_arn if self._function is not None else ""
        self._function = function
        if self._job is not None:
            self._job.drop()
            self._job = None
        self._show_tenant(shown=function.detail.has_tenants)
        if function.detail.function_arn != before:
            self.tenant.clear()
            self._fill(())

    def _show_tenant(self, *, shown: bool) -> None:
        self._tenant_field.setVisible(shown)

    def _read(self) -> None:
        """Reads which versions and aliases there are, once. What may not be listed can be typed."""
        if self._function is None or self._job is not None:
            return
        connection, name = self._function.connection, self._function.detail.function_name
        self.qualifier.addItem(_("Loading…"), None)

        self._job = self._services.jobs.submit(
            Job(
                _("Reading the versions of {name}").format(name=name),
                lambda ctx: list_both(connection, name, ctx),
                quiet=True,
                on_done=lambda found: self._show(*found),
                on_error=self._failed,
            )
        )

    def _failed(self, error: WorkbenchError) -> None:
        self._fill(())
        self.qualifier.setToolTip(tool_tip(str(error)))

    def _show(
        self, versions: Sequence[Version], aliases: Sequence[Alias], problem: WorkbenchError | None
    ) -> None:
        rows = [
            (_("{alias} (version {version})").format(alias=each.name, version=each.version), each.name)
            for each in aliases
        ]
        numbers = [each.version for each in versions if each.version != LATEST]
        numbers.sort(key=lambda number: -int(number) if number.isdecimal() else 0)
        self._fill((*rows, *((number, number) for number in numbers[:_MAX_SHOWN])))
        if problem is not None:
            self.qualifier.setToolTip(tool_tip(str(problem)))

    def _fill(self, rows: Sequence[tuple[str, str]]) -> None:
        is_open = self.qualifier.view().isVisible()
        chosen = self.chosen_qualifier if self._job is not None else ""
        self.qualifier.clear()
        self.qualifier.addItem(LATEST, "")
        for title, qualifier in rows:
            self.qualifier.addItem(title, qualifier)
        row = self.qualifier.findData(chosen)
        if row >= 0:
            self.qualifier.setCurrentIndex(row)
        else:
            self.qualifier.setEditText(chosen)
        if is_open:
            self.qualifier.showPopup()  # as high as the list is now

    def _mode_changed(self) -> None:
        self.mode.setToolTip(tool_tip(self._modes[self.mode.currentIndex()][3]))
        self.changed.emit()
