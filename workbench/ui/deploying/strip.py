"""The strip above the code while its function is being deployed: which step, how far, and Cancel."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from workbench.core.jobs import JobHandle, JobState
from workbench.ui.elided_label import ElidedLabel
from workbench.ui.kit.bar import Bar
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.pages.code import CodePage

_UNNOTICED_MS = 250
"""A deploy that is shorter would only push the text down and up again."""
_REFRESH_MS = 50
_STEPS = 1000
_BAR_WIDTH = 220


class DeployStrip(Bar):
    """Shows the deploy of the function that is open; takes no room while there is none.

    Args:
        code: The Code tab, which it joins.
    """

    def __init__(self, code: CodePage) -> None:
        super().__init__()
        named(self, "deployStrip", self.tr("Deploy"))
        self._code = code
        self._running: dict[str, JobHandle] = {}  # by function ARN
        self._title = named(PlainLabel(), "deployStripTitle", role="heading")
        self._text = named(ElidedLabel(), "deployStripText", role="muted")
        self._bar = named(QProgressBar(), "deployStripProgress", self.tr("Progress"))
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(scaled(_BAR_WIDTH))
        self._cancel = named(QPushButton(self.tr("Cancel")), "deployStripCancel")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(12)
        row.addWidget(self._title)
        row.addWidget(self._text, 1)
        row.addWidget(self._bar)
        row.addWidget(self._cancel)
        self._wait = QTimer(self, singleShot=True, interval=_UNNOTICED_MS)
        self._wait.timeout.connect(self._refresh)
        self._tick = QTimer(self, interval=_REFRESH_MS)
        self._tick.timeout.connect(self._refresh)
        self._cancel.clicked.connect(self._cancel_shown)
        code.workspace_changed.connect(lambda: self._refresh(is_other=True))
        layout = code.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(1, self)  # between the bar and the code
        self.setVisible(False)

    def follow(self, function_arn: str, handle: JobHandle) -> None:
        """Shows this deploy, whenever its function is open, until it has ended."""
        self._running[function_arn] = handle
        self._wait.start()

    def _shown(self) -> JobHandle | None:
        function = self._code.function
        return self._running.get(function.detail.function_arn) if function else None

    def _refresh(self, *, is_other: bool = False) -> None:
        self._running = {arn: handle for arn, handle in self._running.items() if not handle.finished}
        handle = self._shown()
        if not self._running:
            self._tick.stop()
        elif not self._tick.isActive():
            self._tick.start()
        if handle is None or self._wait.isActive():
            self.set_wanted(False, at_once=is_other)
            return
        self._show(handle)
        self.set_wanted(True)

    def _show(self, handle: JobHandle) -> None:
        progress, text = handle.progress, handle.progress.text
        if handle.cancelling:
            text = self.tr("Cancelling…")
        elif handle.state is JobState.WAITING:
            text = self.tr("Waiting for another change to this function")
        if handle.job.title != self._title.text():
            self._title.setText(handle.job.title)
            self._cancel.setAccessibleName(self.tr("Cancel: %1").replace("%1", handle.job.title))
        self._text.show_text(text)
        self._bar.setRange(0, _STEPS if progress.total > 0 else 0)
        if progress.total > 0:
            self._bar.setValue(round(_STEPS * min(1.0, progress.done / progress.total)))
        self._cancel.setEnabled(not handle.cancelling)

    def _cancel_shown(self) -> None:
        if (handle := self._shown()) is not None:
            handle.cancel()
            self._refresh()
