"""Changes of the AWS files: edits are shown, then written; keys move to a keyring and back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import (
    QButtonGroup,
    QGroupBox,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobHandle, Progress
from workbench.core.messages import _
from workbench.core.policy import Rule
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.credentials_helper import entry_of, helper_command
from workbench.profiles.identities import Identities, Validation
from workbench.profiles.ini_editor import FileEdits
from workbench.profiles.migrate import Migrator
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.safety import Safety
from workbench.profiles.secret_store import (
    MIN_PASSPHRASE_CHARACTERS,
    Mode,
    PassphraseStore,
    SecretStore,
    StoreStatus,
    fault_of_passphrase,
)
from workbench.profiles.write import MASK, ConfigWriter, JournalEntry, preview
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import PlainLine, named, text_label
from workbench.ui.kit.theme import Theme, monospace
from workbench.ui.shell.organisation import set_by_organisation
from workbench.ui.shell.services import Services


@dataclass(frozen=True, slots=True, eq=False)
class ProfileTools:
    """The parts of the program that know of profiles.

    Attributes:
        environ: Names the configuration files.
        writer: Changes them, with a journal.
        safety: How careful to be with each profile.
        check: Asks AWS who a profile is. On a worker thread.
        stores: The places that keys can be moved to, the best first. On a worker thread: it looks for them.
        migrator: Moves keys to and from one of those places.
        always: Profiles that stand in no file, the Sandbox; shown first, never changed.
    """

    environ: Mapping[str, str]
    writer: ConfigWriter
    safety: Safety
    check: Callable[[Profile, JobContext], Validation]
    stores: Callable[[], tuple[SecretStore, ...]]
    migrator: Callable[[SecretStore], Migrator]
    always: tuple[Profile, ...] = ()

    @classmethod
    def of(
        cls, identities: Identities, environ: Mapping[str, str], always: tuple[Profile, ...] = ()
    ) -> "ProfileTools":
        """The tools of a running program."""
        return cls(
            environ,
            identities.writer,
            identities.safety,
            identities.check,
            identities.stores,
            identities.migrator,
            always,
        )


_SIZE = (820, 480)
_LONGEST = 200_000
"""A longer diff is cut: it takes long to lay out."""
_LANE = "profiles.write"
PREVIEW_JOB = "profiles.preview"


class DiffDialog(Dialog):
    """Asks whether to write a change; `accepted` is the yes.

    Args:
        title: What is to be done.
        diff: A unified diff.
        theme: For the colours of what comes and what goes.
        parent: The window it belongs to.
        warning: What the user should know first, empty for nothing.
    """

    def __init__(self, title: str, diff: str, theme: Theme, parent: QWidget, warning: str = "") -> None:
        super().__init__("diffDialog", title, parent)
        said = text_label("diffSaid", _("These changes will be made to your AWS files."))
        note = text_label("diffWarning", warning, "warning")
        note.setVisible(bool(warning))
        masked = _("Secrets are shown as {mask}, but are written in full.").format(mask=MASK)
        hidden = text_label("diffMasked", masked, "muted")
        hidden.setVisible(MASK in diff)
        self.text = named(QPlainTextEdit(readOnly=True), "diffText", _("Changes"))
        self.text.setFont(monospace())
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        shown = diff[:_LONGEST]
        if len(diff) > _LONGEST:
            shown += "\n…"
        self._colors = _DiffColors(self.text, theme)
        self.text.setPlainText(shown)
        for widget in (said, note, self.text, hidden):
            self.content.addWidget(widget, 1000 if widget is self.text else 0)
        self.finish_layout()
        self.write = self.add_button("diffWrite", _("Write"), "primary")
        cancel = self.add_button("diffCancel", _("Cancel"))
        self.write.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        self.resize(*_SIZE)
        self.write.setFocus()


class _DiffColors(QSyntaxHighlighter):
    """Added lines in green, removed ones in red; the sign at the start of a line says the same."""

    def __init__(self, text: QPlainTextEdit, theme: Theme) -> None:
        super().__init__(text.document())
        self._theme = theme
        theme.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        colors = self._theme.colors
        color, bold = "", False
        if text.startswith(("+++", "---")):
            color, bold = colors.text, True
        elif text.startswith("@@"):
            color = colors.muted
        elif text.startswith("+"):
            color = colors.good
        elif text.startswith("-"):
            color = colors.danger
        if color:
            form = QTextCharFormat()
            form.setForeground(QColor(color))
            form.setFontWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
            self.setFormat(0, len(text), form)


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """A change of the AWS files to propose.

    Attributes:
        title: What it is, for the dialog, the status bar and the journal: "Rename dev to work".
        make: The edits, on a worker thread, from what the files hold then.
        done: Called when it is written.
        warning: What the user should know before saying yes.
        parent: The dialog that wants it, which stays open meanwhile; None for the window.
        failed: Hears why it was not made, instead of the flow's signal.
    """

    title: str
    make: Callable[[], tuple[FileEdits, ...]]
    done: Callable[[], object] = lambda: None
    warning: str = ""
    parent: QWidget | None = None
    failed: Callable[[WorkbenchError], object] | None = None


class ChangeFlow(QObject):
    """Proposes changes, one after the other.

    Signals:
        written: The JournalEntry of a change that was made.
        failed: Why one was not made.
        nothing: The title of a change that would change nothing.
    """

    written = Signal(object)
    failed = Signal(WorkbenchError)
    nothing = Signal(str)

    def __init__(self, services: Services, writer: ConfigWriter, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._writer = writer
        self._window = window

    def propose(self, change: ProposedChange) -> None:
        """Makes the edits and asks for a yes."""

        def run(_ctx: JobContext) -> tuple[tuple[FileEdits, ...], str]:
            edits = change.make()
            return edits, preview(edits)

        self._services.jobs.start(
            change.title,
            run,
            replaces=PREVIEW_JOB,
            quiet=True,
            on_done=lambda made: self._ask(change, *made),
            on_error=lambda error: self._fail(change, error),
        )

    def _fail(self, change: ProposedChange, error: WorkbenchError) -> None:
        if change.failed is not None and _is_open(change.parent):
            change.failed(error)
        else:
            self.failed.emit(error)

    def _ask(self, change: ProposedChange, edits: tuple[FileEdits, ...], diff: str) -> None:
        if change.parent is not None and not _is_open(change.parent):
            return  # the user has closed the dialog meanwhile
        if not diff:
            self.nothing.emit(change.title)
            change.done()
            return
        parent = change.parent or self._window
        dialog = DiffDialog(change.title, diff, self._services.theme, parent, change.warning)
        dialog.accepted.connect(lambda: self._write(change, edits))
        dialog.open()

    def _write(self, change: ProposedChange, edits: tuple[FileEdits, ...]) -> None:
        self._services.jobs.start(
            change.title,
            lambda ctx: self._writer.write(edits, change.title, ctx),
            lane=_LANE,
            on_done=lambda entry: self._done(change, entry),
            on_error=lambda error: self._fail(change, error),
        )

    def _done(self, change: ProposedChange, entry: JournalEntry) -> None:
        change.done()
        self.written.emit(entry)


def _is_open(dialog: QWidget | None) -> bool:
    """Whether a dialog, which deletes itself when it is closed, is still there."""
    return dialog is not None and isValid(dialog) and dialog.isVisible()


_KEYRING_WIDTH = 580
FIND_STORES_JOB = "profiles.keyring.look"


@dataclass(frozen=True, slots=True, eq=False)
class StoreChoice:
    """A store that keys can be moved to.

    Attributes:
        store: The store.
        status: Its name, and whether it can be used.
        needs_passphrase: Whether the user has to enter one first.
        is_new: Whether the user chooses that passphrase now.
    """

    store: SecretStore
    status: StoreStatus
    needs_passphrase: bool = False
    is_new: bool = False

    @property
    def usable(self) -> bool:
        return self.needs_passphrase or self.status.usable


@dataclass(frozen=True, slots=True)
class KeyringAnswer:
    """What the user chose. `passphrase` is empty when none is needed."""

    choice: StoreChoice
    mode: Mode
    passphrase: str = field(repr=False)


class KeyringDialog(Dialog):
    """Open until the key is moved, or the user gives up. Closing it cancels what is under way.

    Args:
        profile_name: Whose key.
        back: Whether it is to go from the store to the files again.
        may_be_raw: Whether programs may get the key itself.
        parent: The window.

    Signals:
        submitted: A KeyringAnswer.
        cancelled: The user gave up.
    """

    submitted = Signal(object)
    cancelled = Signal()

    def __init__(
        self, profile_name: str, command: str, parent: QWidget, *, back: bool = False, may_be_raw: bool = True
    ) -> None:
        super().__init__("keyringDialog", "", parent)
        self._back = back
        self._stores: tuple[StoreChoice, ...] = ()
        title = _("Move Keys of {profile_name} Back") if back else _("Move Keys of {profile_name}")
        self.set_title(title.format(profile_name=profile_name))
        self.resize(_KEYRING_WIDTH, self.height())
        self._group = named(QGroupBox(_("From") if back else _("To")), "keyringPlaces")
        self._column = QVBoxLayout(self._group)
        self._column.setSpacing(8)
        self._choice = QButtonGroup(self)
        self.passphrase = self._secret("keyringPassphrase", _("Passphrase"))
        self.again = self._secret("keyringPassphraseAgain", _("Confirm passphrase"))
        self.content.addWidget(text_label("keyringWords", self._explanation(command)))
        self.content.addWidget(self._group)
        for line in (self.passphrase, self.again):
            self.content.addWidget(line)
        self._passphrase_note = text_label("keyringPassphraseNote", "", "muted")
        self.content.addWidget(self._passphrase_note)
        self._modes = self._make_modes(may_be_raw=may_be_raw)
        self._modes.setVisible(not back)
        self.content.addWidget(self._modes)
        self.progress = self.add_progress("keyringProgress")
        self.finish_layout()
        self.go_on = self.add_button(
            "keyringGo", _("Move Back to the File") if back else _("Move Keys"), "primary"
        )
        self._cancel = self.add_button("keyringCancel", _("Cancel"))
        self.go_on.clicked.connect(self._submit)
        self._cancel.clicked.connect(self.reject)
        self.rejected.connect(self.cancelled)
        self._choice.buttonToggled.connect(lambda _button, _on: self._follow_choice())
        self.show_stores(())
        self.set_message(_("Finding a keyring…"))

    def show_stores(self, stores: Sequence[StoreChoice]) -> None:
        """Shows where keys can go; the first usable one is chosen."""
        self.set_message("")
        self._stores = tuple(stores)
        for number, choice in enumerate(self._stores):
            button = named(QRadioButton(choice.status.name), f"keyringPlace.{number}")
            button.setEnabled(choice.usable)
            self._choice.addButton(button, number)
            self._column.addWidget(button)
            if choice.status.why and not choice.needs_passphrase:
                note = text_label(f"keyringWhy.{number}", choice.status.why, "muted")
                note.setContentsMargins(24, 0, 0, 0)
                self._column.addWidget(note)
            if choice.usable and self._choice.checkedId() < 0:
                button.setChecked(True)
        self._group.setVisible(bool(self._stores))
        self._follow_choice()

    def show_working(self, progress: Progress) -> None:
        """How far the move is."""
        self._set_busy(busy=True)
        self.progress.setMaximum(int(progress.total))
        self.progress.setValue(int(progress.done))
        self.set_message(f"{progress.text}…" if progress.text else "")

    def show_failed(self, error: WorkbenchError) -> None:
        """It did not work; another try is possible."""
        self._set_busy(busy=False)
        self.set_error(error)

    def resize_to_content(self) -> None:
        """As high as all its texts, wrapped, need; what is in groups included."""
        self.request_size(QSize(_KEYRING_WIDTH, self.content.totalHeightForWidth(_KEYRING_WIDTH)))

    def _set_busy(self, *, busy: bool) -> None:
        self.progress.setVisible(busy)
        self.resize_to_content()
        for widget in (self._group, self._modes, self.passphrase, self.again):
            widget.setEnabled(not busy)
        self.go_on.setEnabled(not busy and self._selected() is not None)
        if not busy:
            for field in (self.passphrase, self.again):
                field.clear()

    def _explanation(self, command: str) -> str:
        if self._back:
            return _(
                "The access key is moved from the keyring to the credentials file and saved as plain text."
            )
        words = _(
            "The access key is stored as plain text in the AWS files. To store it more "
            "securely, its two lines are replaced by this line, which the AWS CLI and all "
            "SDKs support:\n\n{command}"
        )
        return words.format(command=f"credential_process = {command}")

    def _secret(self, name: str, label: str) -> QLineEdit:
        field = named(PlainLine(), name, label)
        field.setEchoMode(QLineEdit.EchoMode.Password)
        field.setPlaceholderText(label)
        field.textChanged.connect(lambda _text: self.set_message(""))
        return field

    def _make_modes(self, *, may_be_raw: bool) -> QGroupBox:
        group = named(QGroupBox(_("Programs receive")), "keyringModes")
        column = QVBoxLayout(group)
        column.setSpacing(4)
        self.session = named(QRadioButton(_("Temporary credentials")), "keyringSession")
        self.session.setChecked(True)
        self.raw = named(QRadioButton(_("The access key")), "keyringRaw")
        self.raw.setEnabled(may_be_raw)
        raw_note = _("For programs that use IAM, or work without a network.")
        raw_note = raw_note if may_be_raw else set_by_organisation()
        for button, note in (
            (self.session, _("They expire automatically. IAM accepts them only with an MFA code.")),
            (self.raw, raw_note),
        ):
            column.addWidget(button)
            label = text_label(f"{button.objectName()}Note", note, "muted")
            label.setContentsMargins(24, 0, 0, 4)
            column.addWidget(label)
        return group

    def _selected(self) -> StoreChoice | None:
        number = self._choice.checkedId()
        return self._stores[number] if 0 <= number < len(self._stores) else None

    def _follow_choice(self) -> None:
        choice = self._selected()
        needs = choice is not None and choice.needs_passphrase
        is_new = choice is not None and needs and choice.is_new
        self.passphrase.setVisible(needs)
        self.again.setVisible(is_new)
        self._passphrase_note.setVisible(needs)
        words = _(
            "The passphrase is required to open the file. Workbench keeps it in memory until "
            "you quit; other programs need it in WORKBENCH_PASSPHRASE."
        )
        if is_new:
            rule = _(
                "Use at least {min_passphrase_characters} characters. Anyone who copies the file "
                "can try any number of "
                "passphrases. Four unrelated words are a good choice."
            ).format(min_passphrase_characters=str(MIN_PASSPHRASE_CHARACTERS))
            words = f"{rule} {words}"
        self._passphrase_note.setText(words)
        self.go_on.setEnabled(choice is not None)
        self.resize_to_content()

    def _submit(self) -> None:
        choice = self._selected()
        if choice is None:
            return
        passphrase = self.passphrase.text() if choice.needs_passphrase else ""
        if choice.is_new and choice.needs_passphrase:
            if fault := fault_of_passphrase(passphrase):
                self.set_message(fault, "danger")
                return
            if passphrase != self.again.text():
                self.set_message(_("The passphrases do not match."), "danger")
                return
        if choice.needs_passphrase and not passphrase:
            self.set_message(_("Enter the passphrase."), "danger")
            return
        self.submitted.emit(
            KeyringAnswer(choice, "session" if self.session.isChecked() else "raw", passphrase)
        )


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

        self._services.jobs.start(
            _("Reading profiles"),
            run,
            replaces=FIND_STORES_JOB,
            quiet=True,
            on_done=lambda ours: self._ask(name, back=True) if ours else self._not_ours(name),
            on_error=self.failed.emit,
        )

    def _not_ours(self, name: str) -> None:
        self.failed.emit(
            WorkbenchError(
                _("{name} has no access key to move.").format(name=name),
                _("Its credentials come from a program other than Workbench."),
            )
        )

    def _ask(self, name: str, *, back: bool) -> None:
        may_be_raw = not self._services.policy.forbids(Rule.RAW_KEYS)
        command = helper_command(name)
        dialog = KeyringDialog(name, command, self._window, back=back, may_be_raw=may_be_raw)
        dialog.submitted.connect(lambda answer: self._move(dialog, name, answer, back=back))
        dialog.open()

        def look(ctx: JobContext) -> tuple[StoreChoice, ...]:
            return tuple(_choice_of(store, ctx) for store in self._tools.stores())

        handle = self._services.jobs.start(
            _("Finding a keyring"),
            look,
            replaces=FIND_STORES_JOB,
            quiet=True,
            on_done=lambda stores: _if_open(dialog, lambda: dialog.show_stores(stores)),
            on_error=lambda error: _if_open(dialog, lambda: dialog.show_failed(error)),
        )
        dialog.cancelled.connect(lambda: handle.drop())

    def _move(self, dialog: KeyringDialog, name: str, answer: KeyringAnswer, *, back: bool) -> None:
        migrator = self._tools.migrator(answer.choice.store)

        def run(ctx: JobContext) -> str:
            store = answer.choice.store
            if answer.passphrase and isinstance(store, PassphraseStore):
                ctx.progress(0, 0, _("Opening the file"))
                store.unlock(answer.passphrase)
            if back:
                migrator.restore(name, ctx)
            else:
                migrator.migrate(name, answer.mode, ctx)
            return answer.choice.status.name

        title = _("Moving the access key of {name} back") if back else _("Moving the access key of {name}")
        handle: JobHandle = self._services.jobs.start(
            title.format(name=name),
            run,
            lane=_LANE,
            on_progress=lambda progress: _if_open(dialog, lambda: dialog.show_working(progress)),
            on_done=lambda store_name: self._moved(dialog, name, store_name, back=back),
            on_error=lambda error: self._failed(dialog, error),
        )
        dialog.cancelled.connect(lambda: handle.cancel())

    def _moved(self, dialog: KeyringDialog, name: str, store_name: str, *, back: bool) -> None:
        if isValid(dialog):
            dialog.accept()
        words = _("The access key of {name} was moved to the credentials file.")
        if not back:
            words = _("The access key of {name} was moved to {store_name} and removed from the files.")
        self.moved.emit(words.format(name=name, store_name=store_name))

    def _failed(self, dialog: KeyringDialog, error: WorkbenchError) -> None:
        if _is_open(dialog):
            dialog.show_failed(error)
        else:
            self.failed.emit(error)


def _choice_of(store: SecretStore, ctx: JobContext) -> StoreChoice:
    status = store.describe(ctx)
    is_file = isinstance(store, PassphraseStore)
    is_new = isinstance(store, PassphraseStore) and not store.path.exists()
    return StoreChoice(store, status, is_file and not status.usable, is_new)


def _if_open(dialog: KeyringDialog, call: Callable[[], None]) -> None:
    """The dialog deletes itself when it is closed; what comes later is of no interest."""
    if isValid(dialog):
        call()
