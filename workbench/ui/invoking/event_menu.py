"""Test events: to choose from, where they are stored, and sharing them by the registry of AWS."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QFileDialog, QMenu, QPushButton, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail
from workbench.invoke.events import EventStore, TestEvent, delete_shareable, list_shareable, save_shareable
from workbench.ui.ask_text import ask_text
from workbench.ui.kit.question import Question
from workbench.ui.kit.text import tool_tip
from workbench.ui.named import named
from workbench.ui.services import OpenFunction, Services

_KEY = "events.folders"

_WIDTH, _MIN_LETTERS = 240, 10


def event_folder(services: Services, detail: FunctionDetail) -> Path | None:
    """The folder that was chosen for this function; None for Workbench's own."""
    folder = services.settings.get_as(_KEY, dict[str, str], {}).get(detail.function_arn)
    return Path(folder) if folder else None


def set_event_folder(
    services: Services, detail: FunctionDetail, folder: Path | None
) -> WorkbenchError | None:
    """Chooses the folder, None for Workbench's own. Returns why it could not be remembered."""
    folders = services.settings.get_as(_KEY, dict[str, str], {})
    folders.pop(detail.function_arn, None)
    if folder is not None:
        folders[detail.function_arn] = str(folder)
    return services.settings.set(_KEY, folders)


def event_store(services: Services, detail: FunctionDetail) -> EventStore:
    """The events of a function."""
    return EventStore(
        services.paths.data_dir / "events",
        detail.account_id,
        detail.region,
        detail.function_name,
        event_folder(services, detail),
    )


def ask_name(
    parent: QWidget, own: Sequence[TestEvent], chosen: TestEvent | None, then: Callable[[str], object]
) -> None:
    """Asks for the name of an event; the name of another event takes a confirmation, as that one is replaced.

    Args:
        parent: The tab.
        own: All events of one's own.
        chosen: The event that is kept; saving it under its own name replaces nobody else.
        then: Gets the name.
    """
    title, label = _("Save Test Event"), _("Name:")
    name = ask_text(parent, title, label, chosen.name if chosen is not None else "")
    if name is None:
        return
    if name not in {event.name for event in own if event != chosen}:
        then(name)
        return
    words = _("A test event named {name} exists. Its text will be replaced.")
    yes = _("Replace")
    question = Question("replaceEvent", title, words.format(name=name), yes, parent.window())
    question.ask(lambda: then(name))


def ask_to_delete(parent: QWidget, event: TestEvent, then: Callable[[], object]) -> None:
    """Asks before an event is deleted; it cannot be undone."""
    title, yes = _("Delete Test Event"), _("Delete")
    words = _("{event} will be permanently deleted.").format(event=event.name)
    Question("deleteEvent", title, words, yes, parent.window()).ask(then)


class EventPicker(QComboBox):
    """Each row holds its event; lines between the kinds hold none."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "testEventPicker", _("Test event"))
        # In a narrow window it gives way: the window's least width is that of this row.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_MIN_LETTERS)

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(QSize(_WIDTH, 0))

    def fill(self, groups: Sequence[Sequence[TestEvent]], chosen: TestEvent) -> None:
        """Shows events by kind, and chooses one.

        Args:
            groups: The events of each kind; empty kinds have no line.
            chosen: The event to choose, by its name and kind.
        """
        self.clear()
        for events in groups:
            if events and self.count():
                self.insertSeparator(self.count())
            for event in events:
                self.addItem(self._title(event), event)
        for row in range(self.count()):
            shown = self.event_at(row)
            if shown is not None and _kind(shown) == _kind(chosen):
                self.setCurrentIndex(row)

    def event_at(self, row: int) -> TestEvent | None:
        """The event of a row; None for a line between the kinds."""
        event = self.itemData(row)
        return event if isinstance(event, TestEvent) else None

    @property
    def chosen(self) -> TestEvent | None:
        """The event that is chosen, with the text that it was saved with."""
        return self.event_at(self.currentIndex())

    def _title(self, event: TestEvent) -> str:
        if event.is_sample:
            return _("Sample: {event}").format(event=event.name)
        return _("Shared: {event}").format(event=event.name) if event.is_shared else event.name


def _kind(event: TestEvent) -> tuple[str, bool, bool]:
    return event.name, event.is_sample, event.is_shared


class EventMenu(QObject):
    """The menu beside the list of test events.

    Args:
        services: The program's shared parts.
        page: The tab.

    Signals:
        shared: A function's shareable events were read: the OpenFunction, and TestEvents.
        moved: The events are kept elsewhere from now on.
        failed: Something could not be done.
    """

    shared = Signal(object, object)
    moved = Signal()
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, page: QWidget) -> None:
        super().__init__(page)
        self._services, self._page = services, page
        self._function: OpenFunction | None = None
        self._current: Callable[[], TestEvent | None] = lambda: None
        self.suggest: Callable[[], Path | None] = lambda: None
        """The folder of the function's code on this machine, if it has one."""
        self.button = named(QPushButton(_("More")), "testEventMore")
        self.button.setToolTip(_("Share events, or store them in your own folder"))
        menu = named(QMenu(self.button), "testEventMenu")
        self.load_action = self._action(menu, "load", _("Load Shareable Events"), self._load)
        self.share_action = self._action(menu, "share", _("Share This Event…"), self._share)
        self._shareable = tuple((each, each.text()) for each in (self.load_action, self.share_action))
        menu.addSeparator()
        self.folder_action = self._action(menu, "folder", _("Store Events in a Folder…"), self._choose_folder)
        self.own_action = self._action(
            menu, "own", _("Store Events in Workbench"), lambda: self.set_event_folder(None)
        )
        menu.aboutToShow.connect(self._enable)
        self.button.setMenu(menu)

    def show_function(self, function: OpenFunction | None, current: Callable[[], TestEvent | None]) -> None:
        """Sets the function, and how to get the current event."""
        self._function, self._current = function, current
        self._enable()

    def _action(self, menu: QMenu, name: str, title: str, does: Callable[[], object]) -> QAction:
        action = QAction(title, self)
        action.setObjectName(f"testEvent.{name}")
        action.triggered.connect(lambda _checked=False: does())
        menu.addAction(action)
        return action

    def _enable(self) -> None:
        function = self._function
        self.folder_action.setEnabled(function is not None)
        is_sandbox = function is not None and function.connection.is_custom_endpoint
        for action, title in self._shareable:
            action.setEnabled(function is not None and not is_sandbox)
            words = _("{title} (not in the Sandbox)").format(title=title)
            action.setText(words if is_sandbox else title)
        folder = event_folder(self._services, function.detail) if function is not None else None
        self.own_action.setEnabled(folder is not None)
        self.folder_action.setToolTip(tool_tip(str(folder)) if folder else "")

    # Shareable ----------------------------------------------------------------------------------------------

    def _load(self) -> None:
        self._change(_("Reading the shareable events"), lambda _function, _ctx: None)

    def _share(self) -> None:
        event = self._current()
        if event is None:
            return
        suggestion = "" if event.is_sample else event.name
        title, label = (
            _("Share Test Event"),
            _("Name (visible to everyone with access to the registry):"),
        )
        name = ask_text(self._page, title, label, suggestion)
        if name is not None:
            self._change(
                _("Sharing the test event"),
                lambda function, ctx: save_shareable(
                    function.connection, function.detail.function_name, name, event.text, ctx
                ),
            )

    def delete(self, event: TestEvent) -> None:
        """Deletes a shared event after a confirmation."""
        words = _("{event} is deleted for everyone who uses it.").format(event=event.name)
        question = Question(
            "deleteShared",
            _("Delete Shareable Event"),
            words,
            _("Delete"),
            self._page.window(),
        )
        question.ask(
            lambda: self._change(
                _("Deleting the shareable event"),
                lambda function, ctx: delete_shareable(
                    function.connection, function.detail.function_name, event.name, ctx
                ),
            )
        )

    def _change(self, title: str, change: Callable[[OpenFunction, JobContext], object]) -> None:
        """Changes the registry, then reads its events."""
        function = self._function
        if function is None:
            return

        def run(ctx: JobContext) -> tuple[TestEvent, ...]:
            change(function, ctx)
            return list_shareable(function.connection, function.detail.function_name, ctx)

        self._services.jobs.submit(
            Job(
                title,
                run,
                lane=f"shared:{function.detail.function_arn}",
                on_done=lambda events: self.shared.emit(function, events),
                on_error=self.failed.emit,
            )
        )

    # A folder of one's own ----------------------------------------------------------------------------------

    def _choose_folder(self) -> None:
        function = self._function
        if function is None:
            return
        code = self.suggest()
        start = event_folder(self._services, function.detail) or (code / "events" if code else Path.home())
        dialog = QFileDialog(self._page.window(), _("Store Events in a Folder"))
        dialog.setObjectName("chooseEventsFolder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setDirectory(str(start if start.is_dir() else start.parent))
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, _("Choose"))
        dialog.fileSelected.connect(lambda folder: self.set_event_folder(Path(folder)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def set_event_folder(self, folder: Path | None) -> None:
        """Stores the function's events in a folder from now on; existing ones are not moved."""
        if self._function is None:
            return
        error = set_event_folder(self._services, self._function.detail, folder)
        if error is not None:
            self.failed.emit(error)
        self.moved.emit()
