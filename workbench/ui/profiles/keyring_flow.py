"""Moves a profile's key out of the files and back: looks for places, asks, moves, says how it went."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.policy import Rule
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.helper_command import entry_of, helper_command
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.secret_store import PassphraseStore, SecretStore
from workbench.ui.profiles.keyring_dialog import Answer, KeyringDialog, Place
from workbench.ui.profiles.tools import ProfileTools
from workbench.ui.services import Services

LOOK_JOB = "profiles.keyring.look"
_LANE = "profiles.write"


class KeyringFlow(QObject):
    """One move at a time.

    Signals:
        moved: What was done, in words.
        failed: Why nothing can be asked.
    """

    moved = Signal(str)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, tools: ProfileTools, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._tools = tools
        self._window = window

    def begin(self, profile: Profile) -> None:
        """Asks where the key of a profile shall go; of one that is in a store, whether to take it back."""
        if profile.kind is ProfileKind.STATIC:
            self._ask(profile.name, back=False)
            return
        name, environ = profile.name, self._tools.environ

        def run(_ctx: JobContext) -> bool:
            parts = ConfigFiles.read(environ).profiles.get(name)
            return parts is not None and entry_of(parts.options.get("credential_process", "")) is not None

        self._services.jobs.submit(
            Job(
                self.tr("Reading profiles"),
                run,
                replaces=LOOK_JOB,
                quiet=True,
                on_done=lambda ours: self._ask(name, back=True) if ours else self._not_ours(name),
                on_error=self.failed.emit,
            )
        )

    def _not_ours(self, name: str) -> None:
        self.failed.emit(
            WorkbenchError(
                self.tr("%1 has no access key to move.").replace("%1", name),
                self.tr("Its credentials come from a program other than Workbench."),
            )
        )

    def _ask(self, name: str, *, back: bool) -> None:
        may_be_raw = not self._services.policy.forbids(Rule.RAW_KEYS)
        command = helper_command(name)
        dialog = KeyringDialog(name, command, self._window, back=back, may_be_raw=may_be_raw)
        dialog.submitted.connect(lambda answer: self._move(dialog, name, answer, back=back))
        dialog.open()

        def look(ctx: JobContext) -> tuple[Place, ...]:
            return tuple(_place(store, ctx) for store in self._tools.stores())

        handle = self._services.jobs.submit(
            Job(
                self.tr("Finding a keyring"),
                look,
                replaces=LOOK_JOB,
                quiet=True,
                on_done=lambda places: _if_open(dialog, lambda: dialog.show_places(places)),
                on_error=lambda error: _if_open(dialog, lambda: dialog.show_failed(error)),
            )
        )
        dialog.cancelled.connect(lambda: handle.drop())

    def _move(self, dialog: KeyringDialog, name: str, answer: Answer, *, back: bool) -> None:
        migrator = self._tools.migrator(answer.place.store)

        def run(ctx: JobContext) -> str:
            store = answer.place.store
            if answer.passphrase and isinstance(store, PassphraseStore):
                ctx.progress(0, 0, self.tr("Opening the file"))
                store.unlock(answer.passphrase)
            if back:
                migrator.restore(name, ctx)
            else:
                migrator.migrate(name, answer.mode, ctx)
            return answer.place.status.name

        title = (
            self.tr("Moving the access key of %1 back") if back else self.tr("Moving the access key of %1")
        )
        handle: JobHandle = self._services.jobs.submit(
            Job(
                title.replace("%1", name),
                run,
                lane=_LANE,
                on_progress=lambda progress: _if_open(dialog, lambda: dialog.show_working(progress)),
                on_done=lambda place: self._moved(dialog, name, place, back=back),
                on_error=lambda error: self._failed(dialog, error),
            )
        )
        dialog.cancelled.connect(lambda: handle.cancel())

    def _moved(self, dialog: KeyringDialog, name: str, place: str, *, back: bool) -> None:
        if isValid(dialog):
            dialog.accept()
        words = self.tr("The access key of %1 was moved to the credentials file.")
        if not back:
            words = self.tr("The access key of %1 was moved to %2 and removed from the files.").replace(
                "%2", place
            )
        self.moved.emit(words.replace("%1", name))

    def _failed(self, dialog: KeyringDialog, error: WorkbenchError) -> None:
        if isValid(dialog) and dialog.isVisible():
            dialog.show_failed(error)
        else:
            self.failed.emit(error)


def _place(store: SecretStore, ctx: JobContext) -> Place:
    status = store.describe(ctx)
    is_file = isinstance(store, PassphraseStore)
    is_new = isinstance(store, PassphraseStore) and not store.path.exists()
    return Place(store, status, is_file and not status.usable, is_new)


def _if_open(dialog: KeyringDialog, call: Callable[[], None]) -> None:
    """The dialog deletes itself when it is closed; what comes later is of no interest."""
    if isValid(dialog):
        call()
