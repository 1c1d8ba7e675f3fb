"""What a tab of the function page is; and one that reads one thing and shows it."""

from abc import abstractmethod

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSplitter, QStackedLayout, QWidget

from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.ui.kit.empty import EmptyState
from workbench.ui.shell.services import OpenFunction, Services

_LOADING_DELAY_MS = 100  # shorter waits show nothing


class Page(QWidget):
    """A tab. The window calls; the page emits what the user asked for and never calls another page.

    Life: `show_function` when another function (or a newer state of the same one) is opened, `clear` when
    there is none; `activate` and `deactivate` as the tab becomes visible or not. A page does its reading
    in `load`, so that tabs nobody looks at cost no call. Jobs that only serve this view go through
    `self.keep` and are dropped when the function changes.
    """

    failed = Signal(WorkbenchError)  # shown in the window's banner
    object_name = "page"
    has_panel = False
    """Whether one works with the bottom panel here: it is open on all such tabs, or on none of them."""
    beside: QSplitter | None = None
    """Where the bottom panel stands as long as there is room beside the page; None for below it."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self.function: OpenFunction | None = None
        self.active = False
        self._jobs: list[JobHandle] = []
        self.setObjectName(self.object_name)

    def show_function(self, function: OpenFunction) -> None:
        """Takes the function; reads at once only if visible."""
        self.drop_jobs()
        self.function = function
        self.function_changed()
        if self.active:
            self.load()

    def clear(self) -> None:
        """Forgets the function."""
        self.drop_jobs()
        self.function = None
        self.function_changed()

    def activate(self) -> None:
        """The tab has become visible."""
        self.active = True
        if self.function is not None:
            self.load()

    def deactivate(self) -> None:
        """The tab is hidden: what streams, stops."""
        self.active = False
        self.drop_jobs()

    def go_to_search(self) -> bool:
        """For the page: gives the keyboard to its search in a text; False when it has none."""
        return False

    def keep(self, handle: JobHandle) -> JobHandle:
        """Ties a job to this view."""
        self._jobs = [job for job in self._jobs if not job.finished]
        self._jobs.append(handle)
        return handle

    def drop_jobs(self) -> None:
        """Cancels and mutes the jobs that were kept."""
        for job in self._jobs:
            job.drop()
        self._jobs.clear()

    def function_changed(self) -> None:
        """For the page: another function, or none. Empty the view; no reading yet."""

    def load(self) -> None:
        """For the page: visible with a function; start reading."""


class ReadingPage[T](Page):
    """Reads whenever the tab becomes visible. What is shown stays while it is read again.

    A first reading that fails says so in the page's place, with a button to try again; a later one leaves the
    page as it is and reports through `failed`.
    """

    def __init__(self, services: Services, icon: str) -> None:
        super().__init__(services)
        self.message = EmptyState(services.icons, icon)
        self._retry = QAction(_("Try Again"), self)
        self._retry.triggered.connect(self.load)
        self._blank = QWidget()
        self._content: QWidget | None = None
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._blank)
        self._stack.addWidget(self.message)
        self._pause = QTimer(self, singleShot=True, interval=_LOADING_DELAY_MS)
        self._pause.timeout.connect(self._show_loading)

    @abstractmethod
    def job_title(self, function_name: str) -> str:
        """For the page: what the status bar says while it reads."""

    @abstractmethod
    def read(self, function: OpenFunction, ctx: JobContext) -> T:
        """For the page: reads, on a worker thread."""

    @abstractmethod
    def show_result(self, result: T) -> None:
        """For the page: shows what was read."""

    def show_part(self, part: object) -> None:
        """For the page: shows what has come already (what `read` emits), and then `show_content`."""

    def set_content(self, content: QWidget) -> None:
        """For the page: the widget that shows the result."""
        self._content = content
        self._stack.addWidget(content)
        self.setFocusProxy(content)

    def function_changed(self) -> None:
        self._pause.stop()
        self._stack.setCurrentWidget(self._blank)

    def deactivate(self) -> None:
        self._pause.stop()
        super().deactivate()

    def load(self) -> None:
        function = self.function
        if function is None:
            return
        if not self._is_content_visible():
            self._stack.setCurrentWidget(self._blank)
            self._pause.start()
        self.keep(
            self.services.jobs.submit(
                Job(
                    self.job_title(function.detail.function_name),
                    lambda ctx: self.read(function, ctx),
                    replaces=f"{self.object_name}.read",
                    on_item=self.show_part,
                    on_done=self._done,
                    on_error=self._failed,
                    on_cancelled=self._cancelled,
                )
            )
        )

    def _is_content_visible(self) -> bool:
        return self._stack.currentWidget() is self._content

    def _done(self, result: T) -> None:
        self.show_result(result)
        self.show_content()

    def show_content(self) -> None:
        """Shows the content in place of whatever message there is."""
        self._pause.stop()
        if self._content is not None:
            self._stack.setCurrentWidget(self._content)

    def _failed(self, error: WorkbenchError) -> None:
        if self._is_content_visible():
            self.failed.emit(error)
            return
        words = sentences(error.why, error.remedy, f"[{error.aws_code}]" if error.aws_code else "")
        self._show_message(error.what, words, self._retry)

    def _cancelled(self) -> None:
        if not self._is_content_visible():
            self._show_message(_("Loading was cancelled."), "", self._retry)

    def _show_loading(self) -> None:
        self._show_message(_("Loading…"), "", None)

    def _show_message(self, title: str, text: str, action: QAction | None) -> None:
        self._pause.stop()
        self.message.set_text(title, text)
        self.message.set_action(action)
        self._stack.setCurrentWidget(self.message)
