"""Check: asks AWS who a profile is. Only when a person wants to know, and never all profiles at once."""

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.profiles.model import Profile
from workbench.profiles.validate import Validation
from workbench.ui.profiles.tools import ProfileTools
from workbench.ui.services import Services


class CheckFlow(QObject):
    """Runs checks.

    Signals:
        checked: A Profile that answered, and its Validation.
        failed: A Profile that cannot be used, and why.
        changed: A check began or ended; `running` holds the names.
    """

    checked = Signal(object, object)
    failed = Signal(object, WorkbenchError)
    changed = Signal()

    def __init__(self, services: Services, tools: ProfileTools, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._tools = tools
        self.running: set[str] = set()

    def check(self, profile: Profile) -> None:
        """Asks; the answer comes as a signal."""
        if profile.name in self.running:
            return
        self.running.add(profile.name)
        self.changed.emit()
        self._services.jobs.submit(
            Job(
                self.tr("Checking %1").replace("%1", profile.name),
                lambda ctx: self._tools.check(profile, ctx),
                on_done=lambda found: self._done(profile, found),
                on_error=lambda error: self._failed(profile, error),
                on_cancelled=lambda: self._ended(profile.name),
            )
        )

    def _ended(self, name: str) -> None:
        self.running.discard(name)
        self.changed.emit()

    def _done(self, profile: Profile, found: Validation) -> None:
        self._ended(profile.name)
        self.checked.emit(profile, found)

    def _failed(self, profile: Profile, error: WorkbenchError) -> None:
        self._ended(profile.name)
        self.failed.emit(profile, error)
