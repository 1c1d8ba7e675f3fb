"""Add, edit, duplicate, rename, delete: each a question, then the diff, then the writing."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget
from shiboken6 import isValid

from workbench.aws.regions import service_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.profiles import manage
from workbench.profiles.config_files import SECRET, ConfigFiles
from workbench.profiles.draft import ProfileDraft
from workbench.profiles.helper_command import entry_of
from workbench.profiles.ini_editor import FileEdits
from workbench.profiles.model import ProfileKind
from workbench.profiles.sso.session import all_sessions
from workbench.ui.profiles.changes import Change, ChangeFlow
from workbench.ui.profiles.edit_form import EditForm, Surroundings
from workbench.ui.profiles.name_dialog import NameDialog, copy_name
from workbench.ui.profiles.tools import ProfileTools
from workbench.ui.services import Services
from workbench.ui.sign_in.form import Form

KINDS = (
    ProfileKind.SSO,
    ProfileKind.ASSUME_ROLE,
    ProfileKind.STATIC,
    ProfileKind.TEMPORARY,
    ProfileKind.PROCESS,
    ProfileKind.WEB_IDENTITY,
    ProfileKind.LOGIN,
)
"""What can be added, the best way first."""
ENDPOINT = "http://localhost:4566"
"""Where local stand-ins for AWS listen. Source: LocalStack's and MiniStack's documentation."""

EDITING_JOB = "profiles.editing"

type Make = Callable[[ConfigFiles], tuple[FileEdits, ...]]


class Editing(QObject):
    """Asks, and proposes the change.

    Signals:
        named: The name under which a profile is to be found once its change is written.
        failed: Why nothing can be asked.
    """

    named = Signal(str)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, tools: ProfileTools, changes: ChangeFlow, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._tools = tools
        self._changes = changes
        self._window = window

    def add(self, kind: ProfileKind, *, endpoint: str = "") -> None:
        """Asks for a new profile of this kind."""
        options = (("endpoint_url", endpoint), ("region", "us-east-1")) if endpoint else ()
        self._read(lambda files: self._fill_in(ProfileDraft("", kind, options), _around(files)))

    def edit(self, name: str) -> None:
        """Asks for what is to be different."""

        def read(files: ConfigFiles) -> Callable[[], None]:
            return self._fill_in(manage.draft_of(name, files), _around(files), name)

        self._read(read)

    def duplicate(self, name: str) -> None:
        """Asks for the copy's name."""
        title = self.tr("Duplicate %1").replace("%1", name)
        words = self.tr("The copy has all settings of %1, including its access keys.").replace("%1", name)

        def submitted(dialog: Form, new_name: str) -> None:
            def done() -> None:
                self._tools.safety.set_tier(new_name, self._tools.safety.tier(name))
                self._close(dialog, new_name)

            make = lambda files: manage.duplicate_profile(name, new_name, files)  # noqa: E731 - one line
            self._propose(title, make, dialog, done)

        self._read(lambda files: self._ask_name(title, words, "", name, tuple(files.profiles), submitted))

    def rename(self, name: str) -> None:
        """Asks for the new name."""
        title = self.tr("Rename %1").replace("%1", name)
        words = self.tr("Profiles that use %1 as their source profile are updated.").replace("%1", name)

        def submitted(dialog: Form, new_name: str) -> None:
            def done() -> None:
                self._tools.safety.rename(name, new_name)
                self._close(dialog, new_name)

            make = lambda files: manage.rename_profile(name, new_name, files)  # noqa: E731 - one line
            self._propose(title, make, dialog, done)

        self._read(lambda files: self._ask_name(title, words, name, name, tuple(files.profiles), submitted))

    def delete(self, name: str) -> None:
        """Shows what would go."""
        title = self.tr("Delete %1").replace("%1", name)

        def read(files: ConfigFiles) -> Callable[[], None]:
            options: Mapping[str, str] = files.profiles[name].options if name in files.profiles else {}
            warning = ""
            if SECRET in options:
                warning = self.tr(
                    "Its secret access key is deleted too. AWS shows a secret access key only once."
                )
            elif entry_of(options.get("credential_process", "")) is not None:
                warning = self.tr("Its access key remains in the keyring. To remove it, move it back first.")
            return lambda: self._propose(
                title,
                lambda files: manage.delete_profile(name, files),
                None,
                lambda: self._tools.safety.forget(name),
                warning,
            )

        self._read(read)

    def _read(self, read: Callable[[ConfigFiles], Callable[[], None]]) -> None:
        """Reads the files on a worker thread; what `read` makes of them is called on the main thread."""
        environ = self._tools.environ

        def run(_ctx: JobContext) -> Callable[[], None]:
            files = ConfigFiles.read(environ)
            if error := files.config.error or files.credentials.error:
                raise error
            return read(files)

        self._services.jobs.submit(
            Job(
                self.tr("Reading profiles"),
                run,
                replaces=EDITING_JOB,
                quiet=True,
                on_done=lambda then: then(),
                on_error=self.failed.emit,
            )
        )

    def _fill_in(self, draft: ProfileDraft, around: Surroundings, editing: str = "") -> Callable[[], None]:
        def ask() -> None:
            form = EditForm(draft, around, editing, self._window)
            form.submitted.connect(lambda filled: self._filled_in(form, filled, editing))
            form.open()

        return ask

    def _filled_in(self, form: EditForm, draft: ProfileDraft, editing: str) -> None:
        def make(files: ConfigFiles) -> tuple[FileEdits, ...]:
            return manage.edit_profile(editing, draft, files) if editing else manage.add_profile(draft, files)

        def done() -> None:
            if editing and editing != draft.name:
                self._tools.safety.rename(editing, draft.name)
            self._close(form, draft.name)

        words = self.tr("Edit %1") if editing else self.tr("Add %1")
        self._propose(words.replace("%1", editing or draft.name), make, form, done)

    def _ask_name(
        self,
        title: str,
        words: str,
        suggestion: str,
        name: str,
        known: tuple[str, ...],
        submitted: Callable[[Form, str], None],
    ) -> Callable[[], None]:
        suggestion = suggestion or copy_name(name, set(known))

        def ask() -> None:
            dialog = NameDialog(title, words, suggestion, set(known), self._window)
            dialog.submitted.connect(lambda new_name: submitted(dialog, new_name))
            dialog.open()

        return ask

    def _propose(
        self,
        title: str,
        make: Make,
        dialog: Form | None,
        done: Callable[[], object],
        warning: str = "",
    ) -> None:
        environ = self._tools.environ
        change = Change(
            title,
            lambda: make(ConfigFiles.read(environ)),
            done,
            warning,
            dialog,
            dialog.say_error if dialog is not None else None,
        )
        self._changes.propose(change)

    def _close(self, dialog: QDialog, name: str) -> None:
        if isValid(dialog):  # it deletes itself when the person closes it
            dialog.accept()
        self.named.emit(name)


def _around(files: ConfigFiles) -> Surroundings:
    regions = tuple(region.name for region in service_regions("lambda"))
    return Surroundings(tuple(files.profiles), regions, all_sessions(files))
