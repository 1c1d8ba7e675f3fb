"""A tab that reads one thing and shows it: waiting, failing, trying again and refreshing, once for all."""

from abc import abstractmethod

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedLayout, QWidget

from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import Job, JobContext
from workbench.ui.empty_state import EmptyState
from workbench.ui.pages.base import Page
from workbench.ui.services import OpenFunction, Services

_UNNOTICED_MS = 100  # a shorter wait is not worth a word


class ReadingPage[T](Page):
    """Reads whenever the tab becomes visible. What is shown stays while it is read again.

    A first reading that fails says so in the page's place, with a button to try again; a later one leaves the
    page as it is and reports through `failed`.
    """

    def __init__(self, services: Services, icon: str) -> None:
        super().__init__(services)
        self.message = EmptyState(services.icons, icon)
        self._retry = QAction(self.tr("Try Again"), self)
        self._retry.triggered.connect(self.load)
        self._blank = QWidget()
        self._content: QWidget | None = None
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._blank)
        self._stack.addWidget(self.message)
        self._pause = QTimer(self, singleShot=True, interval=_UNNOTICED_MS)
        self._pause.timeout.connect(self._say_loading)

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
        if not self._is_shown():
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

    def _is_shown(self) -> bool:
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
        if self._is_shown():
            self.failed.emit(error)
            return
        words = sentences(error.why, error.remedy, f"[{error.aws_code}]" if error.aws_code else "")
        self._say(error.what, words, self._retry)

    def _cancelled(self) -> None:
        if not self._is_shown():
            self._say(self.tr("Loading was cancelled."), "", self._retry)

    def _say_loading(self) -> None:
        self._say(self.tr("Loading…"), "", None)

    def _say(self, title: str, text: str, action: QAction | None) -> None:
        self._pause.stop()
        self.message.set_text(title, text)
        self.message.set_action(action)
        self._stack.setCurrentWidget(self.message)
