"""The status bar's left side: what is being done, how far it is, and Cancel."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from workbench.core.clock import Clock, SystemClock
from workbench.core.jobs import JobHandle, JobState
from workbench.core.messages import _, ngettext
from workbench.ui.kit.labels import FittingLabel, progress_bar
from workbench.ui.kit.text import named
from workbench.ui.kit.text_size import scaled

_UNNOTICED_S = 0.15  # a job this short would only flicker
_REFRESH_MS = 50
_TEXT_WIDTH = 420
_WIDTH = 760  # of all of it; the newest message, beside it, has the rest
_STEPS = 1000


class StatusJobs(QWidget):
    """Shows the newest running job that is worth a line, and how many there are. Hidden when there is none.

    Tell it of every change with `job_changed`, on the main thread.
    """

    activity_wanted = Signal()

    def __init__(self, clock: Clock | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "statusJobs", _("Running jobs"))
        self._clock = clock or SystemClock()
        self._active: dict[int, tuple[JobHandle, float]] = {}  # by number: the job, when it was first seen
        self._shown: JobHandle | None = None
        self._title = named(FittingLabel(), "jobTitle")
        self._title.setMaximumWidth(scaled(_TEXT_WIDTH))
        self._bar = progress_bar("jobProgress", width=140)
        self._cancel = named(QPushButton(_("Cancel")), "jobCancel")
        self._count = named(QPushButton(), "jobCount", role="quiet")
        self._count.setToolTip(_("Show all activity"))
        self.setMinimumWidth(1)  # a long title must not widen the window
        self.setMaximumWidth(scaled(_WIDTH))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        for widget in (self._title, self._bar, self._cancel, self._count):
            row.addWidget(widget)
        row.addStretch(1)
        self._timer = QTimer(self, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        self._cancel.clicked.connect(self._cancel_current)
        self._count.clicked.connect(self.activity_wanted)
        self.setVisible(False)

    def job_changed(self, handle: JobHandle) -> None:
        """A job was submitted, went on or ended."""
        if handle.job.quiet:
            return
        if handle.finished:
            self._active.pop(handle.number, None)
            self._refresh()
        elif handle.number not in self._active:
            unnoticed_s = _UNNOTICED_S if handle.job.immediate else 0
            self._active[handle.number] = (handle, self._clock.monotonic() - unnoticed_s)
        # Progress may come a thousand times a second; the timer looks at it twenty times.
        if self._active and not self._timer.isActive():
            self._timer.start()

    def _refresh(self) -> None:
        if not self._active:
            self._timer.stop()
        heard = [(handle, since) for handle, since in self._active.values() if not handle.muted]
        # Once something is shown, the next job takes its place at once: hiding in between would flicker too.
        latest = self._clock.monotonic() - (0 if self._shown else _UNNOTICED_S)
        shown = [handle for handle, since in heard if since <= latest]
        running = [handle for handle in shown if handle.state is JobState.RUNNING]
        self._shown = max(running or shown, key=lambda handle: handle.number, default=None)
        if self._shown is not None:
            self._show(self._shown, len(heard))
        self.setVisible(self._shown is not None)

    def _show(self, handle: JobHandle, count: int) -> None:
        text = " · ".join(part for part in (handle.job.title, handle.progress.text) if part)
        if handle.cancelling:
            text = _("Cancelling… {title}").format(title=handle.job.title)
        elif handle.state is JobState.WAITING:
            text = _("Waiting: {title}").format(title=handle.job.title)
        self._title.show_text(text)
        known = handle.progress.total > 0
        self._bar.setRange(0, _STEPS if known else 0)
        if known:
            self._bar.setValue(round(_STEPS * min(1, handle.progress.done / handle.progress.total)))
        self._cancel.setEnabled(not handle.cancelling)
        self._cancel.setAccessibleName(_("Cancel: {title}").format(title=handle.job.title))
        self._count.setText(ngettext("{count} job", "{count} jobs", count).format(count=count))

    def _cancel_current(self) -> None:
        if self._shown is not None:
            self._shown.cancel()
            self._refresh()
