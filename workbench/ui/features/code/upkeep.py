"""Once the code has settled: its package is made ahead, and memory is given back to the system."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, SignalInstance

from workbench.code.package_contents import prepack
from workbench.code.workspace import Workspace
from workbench.core.jobs import Job, JobHandle, JobState
from workbench.core.memory import give_back, give_back_the_start
from workbench.core.messages import _
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services

_PACK = "code.pack_ahead"
_OPENED_MS = 3_000  # whoever only looks in should not pay for it
_SETTLED_MS = 150  # several files are often written one after the other
_UNWATCHED_MS = 2_000  # each time costs a look at all files: not while somebody types


class PackageUpkeep(QObject):
    """Follows the Code tab, from `__init__` to `stop`.

    All that it does runs in the lane in which the function is deployed: never beside a deploy, and over
    before other code takes the workspace's folder.
    """

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        self._workspace: Workspace | None = None
        self._lane = ""
        self._pause_ms = _SETTLED_MS
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._pack)
        code.workspace_changed.connect(self._follow)
        code.files.stored.connect(self.note_change)
        code.changes.changed.connect(self.note_change)
        self._follow()

    def stop(self) -> None:
        """Follows no more, and leaves the open code. The end of the program waits for that."""
        self._code.workspace_changed.disconnect(self._follow)
        workspace, leaving = self._workspace, self._leave()
        if workspace is not None and leaving is not None and leaving.state is JobState.CANCELLED:
            workspace.packer.close()  # jobs have ended already, and nothing packs any more

    def _follow(self) -> None:
        workspace, function = self._code.workspace, self._code.function
        if workspace is self._workspace:
            return
        self._leave()
        if workspace is not None and function is not None and not workspace.read_only:
            self._workspace = workspace
            self._lane = f"write:{function.detail.function_arn}"
            self._pause_ms = _SETTLED_MS
            self._submit(_("Watching the code"), workspace.packer.watch, self._watched)
            self._timer.start(_OPENED_MS)

    def _watched(self, is_watched: object) -> None:
        self._pause_ms = _SETTLED_MS if is_watched else _UNWATCHED_MS

    def note_change(self) -> None:
        """The files, or what is deployed, are others now."""
        if self._workspace is not None:
            self._timer.start(self._pause_ms)

    def _pack(self) -> None:
        workspace = self._workspace
        if workspace is None:
            return
        self._services.jobs.submit(
            Job(
                _("Packing the code"),
                lambda ctx: prepack(workspace, ctx),
                lane=self._lane,
                replaces=_PACK,
                quiet=True,
                on_error=lambda _error: None,  # a deploy says why, if anybody wants one
            )
        )

    def _leave(self) -> JobHandle | None:
        """Ends the watch once what is under way has ended."""
        workspace, self._workspace = self._workspace, None
        self._timer.stop()
        if workspace is None:
            return None
        self._services.jobs.drop(_PACK)
        return self._submit(_("Closing the code"), workspace.packer.close)

    def _submit(
        self, title: str, run: Callable[[], object], done: Callable[[object], None] | None = None
    ) -> JobHandle:
        job = Job(title, lambda _ctx: run(), lane=self._lane, quiet=True, urgent=True, on_done=done)
        return self._services.jobs.submit(job)


_QUIET_MS = 3_000


class MemoryUpkeep(QObject):
    """Waits for a signal that says that much was done, then for quiet.

    Args:
        services: Runs it.
        busy: Tells of each big piece of work.
        parent: For as long as it lives.
    """

    def __init__(self, services: Services, busy: SignalInstance, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._is_first = True
        self._timer = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._timer.timeout.connect(self._give_back)
        busy.connect(self._timer.start)

    def stop(self) -> None:
        """Gives nothing back any more."""
        self._timer.stop()

    def _give_back(self) -> None:
        title = _("Freeing memory")
        if self._is_first:
            self._is_first = False
            self._services.jobs.submit(Job(title, lambda _ctx: give_back_the_start(), quiet=True))
        self._services.jobs.submit(Job(title, lambda _ctx: give_back(), replaces="memory", quiet=True))
