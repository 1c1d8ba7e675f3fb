"""What a tab of the function page is."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobHandle
from workbench.ui.services import OpenFunction, Services


class Page(QWidget):
    """A tab. The window calls; the page emits what the person asked for and never calls another page.

    Life: `show_function` when another function (or a newer state of the same one) is opened, `clear` when
    there is none; `activate` and `deactivate` as the tab becomes visible or not. A page does its reading
    in `load`, so that tabs nobody looks at cost no call. Jobs that only serve this view go through
    `self.keep` and are dropped when the function changes.
    """

    failed = Signal(WorkbenchError)  # shown in the window's banner
    object_name = "page"

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
