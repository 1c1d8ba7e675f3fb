"""Tells the language servers of files that changed beside the editor: saved, moved, replaced, reverted.

Owns: when to look. It is often asked to, after each change of a draft even, and looks seldom.
"""

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from workbench.code.language_service import Stamps, file_changes, file_stamps
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.ui.services import LOOKING, Services

_SOON_MS = 300
_REST = 20
"""A look may take a twentieth of the time: of 20,000 files it takes about a tenth of a second."""

type Told = Callable[[list[tuple[str, str]]], object]


class SourceWatch(QObject):
    """Compares what is on disk with what was there before."""

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._root: Path | None = None
        self._told: Told = lambda _events: None
        self._seen: Stamps | None = None
        self._timer = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._timer.timeout.connect(self._look)

    def attach(self, root: Path, told: Told) -> None:
        """Begins with the files as they are now; `told` hears what changes from here on."""
        self._root, self._told, self._seen = root, told, None
        self._look()

    def detach(self) -> None:
        """Looks no more."""
        self._root = None
        self._timer.stop()
        self._services.jobs.drop("language.files")

    def expect_change(self) -> None:
        """Something may have changed: looks soon."""
        if self._root is not None and not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        root = self._root
        if root is None:
            return

        def run(ctx: JobContext) -> tuple[Stamps, float]:
            begun = time.monotonic()
            return file_stamps(root, ctx), time.monotonic() - begun

        def looked(result: tuple[Stamps, float]) -> None:
            now, taken_s = result
            before, self._seen = self._seen, now
            self._timer.setInterval(max(_SOON_MS, int(taken_s * 1000 * _REST)))
            if before is not None and (events := file_changes(before, now)):
                self._told(events)

        title = _("Checking for changed files")
        self._services.jobs.submit(
            Job(title, run, lane=LOOKING, replaces="language.files", quiet=True, on_done=looked)
        )
