"""More about test events: sharing them by the registry of AWS, and keeping them in a folder of one's own."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.invoke.events import TestEvent
from workbench.invoke.shareable import delete_shareable, list_shareable, save_shareable
from workbench.ui.ask_text import ask_text
from workbench.ui.invoking.event_place import keep_in, kept_in
from workbench.ui.kit.text import tool_tip
from workbench.ui.named import named
from workbench.ui.safety.confirm import Question
from workbench.ui.services import OpenFunction, Services


class EventMenu(QObject):
    """Lives as long as the Test tab.

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
        self.button = named(QPushButton(self.tr("More")), "testEventMore")
        self.button.setToolTip(self.tr("Share events, or store them in your own folder"))
        menu = named(QMenu(self.button), "testEventMenu")
        self.load_action = self._action(menu, "load", self.tr("Load Shareable Events"), self._load)
        self.share_action = self._action(menu, "share", self.tr("Share This Event…"), self._share)
        self._shareable = tuple((each, each.text()) for each in (self.load_action, self.share_action))
        menu.addSeparator()
        self.folder_action = self._action(
            menu, "folder", self.tr("Store Events in a Folder…"), self._choose_folder
        )
        self.own_action = self._action(
            menu, "own", self.tr("Store Events in Workbench"), lambda: self.keep_in(None)
        )
        menu.aboutToShow.connect(self._enable)
        self.button.setMenu(menu)

    def show_function(self, function: OpenFunction | None, current: Callable[[], TestEvent | None]) -> None:
        """Whose events they are, and how to know which is chosen."""
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
            words = self.tr("%1 (not in the Sandbox)").replace("%1", title)
            action.setText(words if is_sandbox else title)
        folder = kept_in(self._services, function.detail) if function is not None else None
        self.own_action.setEnabled(folder is not None)
        self.folder_action.setToolTip(tool_tip(str(folder)) if folder else "")

    # Shareable ----------------------------------------------------------------------------------------------

    def _load(self) -> None:
        self._change(self.tr("Reading the shareable events"), lambda _function, _ctx: None)

    def _share(self) -> None:
        event = self._current()
        if event is None:
            return
        suggestion = "" if event.is_sample else event.name
        title, label = (
            self.tr("Share Test Event"),
            self.tr("Name (visible to everyone with access to the registry):"),
        )
        name = ask_text(self._page, title, label, suggestion)
        if name is not None:
            self._change(
                self.tr("Sharing the test event"),
                lambda function, ctx: save_shareable(
                    function.connection, function.detail.function_name, name, event.text, ctx
                ),
            )

    def delete(self, event: TestEvent) -> None:
        """Takes a shared event away, after a yes."""
        words = self.tr("%1 is deleted for everyone who uses it.").replace("%1", event.name)
        question = Question(
            "deleteShared",
            self.tr("Delete Shareable Event"),
            words,
            self.tr("Delete"),
            self._page.window(),
        )
        question.ask(
            lambda: self._change(
                self.tr("Deleting the shareable event"),
                lambda function, ctx: delete_shareable(
                    function.connection, function.detail.function_name, event.name, ctx
                ),
            )
        )

    def _change(self, title: str, change: Callable[[OpenFunction, JobContext], object]) -> None:
        """Does something in the registry, then reads what it holds."""
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
        start = kept_in(self._services, function.detail) or (code / "events" if code else Path.home())
        dialog = QFileDialog(self._page.window(), self.tr("Store Events in a Folder"))
        dialog.setObjectName("chooseEventsFolder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setDirectory(str(start if start.is_dir() else start.parent))
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, self.tr("Choose"))
        dialog.fileSelected.connect(lambda folder: self.keep_in(Path(folder)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def keep_in(self, folder: Path | None) -> None:
        """Keeps the function's events there from now on; those that are elsewhere stay where they are."""
        if self._function is None:
            return
        error = keep_in(self._services, self._function.detail, folder)
        if error is not None:
            self.failed.emit(error)
        self.moved.emit()
