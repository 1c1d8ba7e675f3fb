"""The profiles of AWS's configuration files: read in the background, and again whenever a file changes."""

import os
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobRunner
from workbench.core.messages import _
from workbench.core.policy import SET_BY_ORGANISATION
from workbench.profiles.model import ProfileList

if TYPE_CHECKING:
    from workbench.profiles.watch import FileWatch


class ProfileSource(QObject):
    """Reads the files when told to, and by itself from the first time on.

    Args:
        jobs: Runs the reading.
        post: Takes a call from the watch's thread to the main thread.
    """

    read = Signal(object)  # ProfileList
    files_changed = Signal()  # before they are read again: whoever keeps credentials of them lets go

    def __init__(self, jobs: JobRunner, post: Callable[[Callable[[], object]], None]) -> None:
        super().__init__()
        self._jobs = jobs
        self._post = post
        self._lock = threading.Lock()
        self._watch: FileWatch | None = None
        self._stopped = False

    def reload(self) -> None:
        """Reads the files; `read` has what they hold."""
        self._jobs.submit(
            Job(
                _("Reading profiles"),
                self._read,
                replaces="profiles.read",
                quiet=True,
                on_done=self.read.emit,
            )
        )

    def stop(self) -> None:
        """Watches no longer. A reading that goes on begins no watch either."""
        self._stopped = True  # without the lock: who holds it may be looking at a slow disk
        if self._watch is not None:
            self._watch.stop()

    def _read(self, _ctx: JobContext) -> ProfileList:
        """On a worker thread: even looking whether a file is there takes long on a network folder."""
        from workbench.profiles.read import read_profiles

        self._begin_watch()  # before the reading, so that no change falls in between
        return read_profiles(os.environ)

    def _begin_watch(self) -> None:
        from workbench.profiles.config_files import config_paths
        from workbench.profiles.watch import FileWatch

        with self._lock:
            if self._watch is None:
                self._watch = FileWatch(config_paths(os.environ), lambda: self._post(self._changed))
                self._watch.start()
            if self._stopped:
                self._watch.stop()

    def _changed(self) -> None:
        self.files_changed.emit()
        self.reload()


def no_such_profile(name: str) -> WorkbenchError:
    """What is said when the profile to start with is in no file."""
    return WorkbenchError(
        _("There is no profile {name}.").format(name=name),
        _("It is in neither the AWS config file nor the credentials file. The Sandbox is open instead."),
        _("Choose another profile, or add it to the files and reload."),
        action="profile.reload",
    )


def no_profile_chosen() -> WorkbenchError:
    """What is said when the Sandbox is forbidden and no other profile was used before."""
    return WorkbenchError(
        _("No profile is selected."),
        _("{set_by_organisation}: the Sandbox is not allowed on this computer.").format(
            set_by_organisation=SET_BY_ORGANISATION
        ),
        _("Choose an AWS profile at the top left, or add one in AWS Profiles."),
        action="profile.manage",
    )


def interrupted_move(profile_names: Sequence[str]) -> WorkbenchError:
    """What is said once moves of keys that the last run broke off in have been finished or undone."""
    words = _("Moving the access keys of {names} was interrupted.")
    detail = _("The move was repaired. No keys were lost.")
    return WorkbenchError(words.format(names=", ".join(profile_names)), detail)
