"""Opens the profiles window from the rest of the program, and passes its signals on.

Loads the window when it is first opened: nothing here imports it before.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.model import ProfileKind, ProfileList
from workbench.ui.services import Services
from workbench.ui.session import Session

if TYPE_CHECKING:
    from workbench.ui.profiles.tools import ProfileTools
    from workbench.ui.profiles.window import ProfilesWindow


class ProfilesEntry(QObject):
    """Binds the actions that lead to the window.

    Args:
        services: The program's shared parts.
        session: Acts as a profile that is chosen there.
        window: The main window, which the profiles window belongs to.
        make_tools: Called when the window is first opened.
        open_path: Opens a file in the system's editor.

    Signals:
        tier_changed: The name of a profile that is to be treated more, or less, carefully.
        remedy_wanted: An action that other parts do, and the Profile that it is wanted for.
    """

    tier_changed = Signal(str)
    remedy_wanted = Signal(str, object)

    def __init__(
        self,
        services: Services,
        session: Session,
        window: QWidget,
        make_tools: "Callable[[], ProfileTools]",
        open_path: Callable[[Path], object] | None = None,
    ) -> None:
        super().__init__(window)
        self._services = services
        self._session = session
        self._main = window
        self._make_tools = make_tools
        self._open_path = open_path or _open_path
        self._window: ProfilesWindow | None = None
        services.actions.bind("profile.manage", self.open)
        services.actions.bind("profile.edit", self.edit)
        services.actions.bind("profile.open_file", self.open_file)

    def open(self) -> "ProfilesWindow":
        """Shows the window, on the profile that the program acts as."""
        window = self._open_window()
        window.choose(self._session.profile.name)
        return window

    def edit(self) -> None:
        """Shows what is wrong with the profile that the program acts as, and the form to edit it."""
        profile = self._session.profile
        window = self._open_window()
        window.choose(profile.name, "problems" if profile.problems else "overview")
        if profile.kind is not ProfileKind.SANDBOX:
            window.editing.edit(profile.name)

    def open_file(self) -> None:
        """Opens the configuration file, or the credentials file when that one cannot be read."""

        def run(_ctx: JobContext) -> Path:
            files = ConfigFiles.read(os.environ)
            broken = files.credentials.error is not None and files.config.error is None
            return files.credentials.path if broken else files.config.path

        self._services.jobs.submit(Job(_("Opening the AWS file"), run, quiet=True, on_done=self._open_path))

    def take(self, found: ProfileList) -> None:
        """Shows profiles that were just read in the window, if it is open."""
        if self._window is not None and self._window.isVisible():
            self._window.refresh(found)

    def refresh(self) -> None:
        """Reads the profiles again, if the window is open: for a change outside the files, like a sign-in."""
        if self._window is not None and self._window.isVisible():
            self._window.refresh()

    def _open_window(self) -> "ProfilesWindow":
        from workbench.ui.profiles.window import open_profiles_window

        if self._window is None:
            self._window = open_profiles_window(self._main, self._services, self._make_tools())
            self._window.use_wanted.connect(self._session.choose)
            self._window.tier_changed.connect(self.tier_changed)
            self._window.remedy_wanted.connect(self.remedy_wanted)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
        return self._window


def _open_path(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
