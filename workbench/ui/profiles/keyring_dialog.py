"""Asks where a profile's long-lived key shall be kept, and how it is handed out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QGroupBox,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Progress
from workbench.profiles.secret_store import (
    MIN_PASSPHRASE_CHARACTERS,
    Mode,
    SecretStore,
    StoreStatus,
    fault_of_passphrase,
)
from workbench.ui.named import named
from workbench.ui.organisation import set_by_organisation
from workbench.ui.sign_in.form import Form, text_label

_WIDTH = 580


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Somewhere that keys can go.

    Attributes:
        store: It.
        status: What it said of itself.
        needs_passphrase: Whether a person has to give one first.
        is_new: Whether that passphrase is to be made up.
    """

    store: SecretStore
    status: StoreStatus
    needs_passphrase: bool = False
    is_new: bool = False

    @property
    def usable(self) -> bool:
        return self.needs_passphrase or (self.status.usable and self.status.lasts)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person chose. `passphrase` is empty when none is needed."""

    place: Place
    mode: Mode
    passphrase: str = field(repr=False)


class KeyringDialog(Form):
    """Open until the key is moved, or the person gives up. Closing it cancels what is under way.

    Args:
        profile_name: Whose key.
        back: Whether it is to go from the store to the files again.
        may_be_raw: Whether programs may get the key itself.
        parent: The window.

    Signals:
        submitted: An Answer.
        cancelled: The person gave up.
    """

    submitted = Signal(object)
    cancelled = Signal()

    def __init__(
        self,
        profile_name: str,
        command: str,
        parent: QWidget,
        *,
        back: bool = False,
        may_be_raw: bool = True,
    ) -> None:
        super().__init__("keyringDialog", "", parent)
        self._back = back
        self._places: tuple[Place, ...] = ()
        title = self.tr("Move Keys of %1 Back") if back else self.tr("Move Keys of %1")
        self.setWindowTitle(title.replace("%1", profile_name))
        self.setAccessibleName(self.windowTitle())
        self.resize(_WIDTH, self.height())
        self._group = named(QGroupBox(self.tr("From") if back else self.tr("To")), "keyringPlaces")
        self._column = QVBoxLayout(self._group)
        self._column.setSpacing(8)
        self._choice = QButtonGroup(self)
        self.passphrase = self._secret("keyringPassphrase", self.tr("Passphrase"))
        self.again = self._secret("keyringPassphraseAgain", self.tr("Confirm passphrase"))
        self.progress = named(QProgressBar(), "keyringProgress", self.tr("Progress"))
        self.progress.setTextVisible(False)
        self.progress.setVisible(False)
        self.content.addWidget(text_label("keyringWords", self._words(command)))
        self.content.addWidget(self._group)
        for line in (self.passphrase, self.again):
            self.content.addWidget(line)
        self._passphrase_note = text_label("keyringPassphraseNote", "", "muted")
        self.content.addWidget(self._passphrase_note)
        self._modes = self._make_modes(may_be_raw=may_be_raw)
        self._modes.setVisible(not back)
        self.content.addWidget(self._modes)
        self.content.addWidget(self.progress)
        self.finish_layout()
        self.go_on = self.add_button(
            "keyringGo", self.tr("Move Back to the File") if back else self.tr("Move Keys"), "primary"
        )
        self._cancel = self.add_button("keyringCancel", self.tr("Cancel"))
        self.go_on.clicked.connect(self._submit)
        self._cancel.clicked.connect(self.reject)
        self.rejected.connect(self.cancelled)
        self._choice.buttonToggled.connect(lambda _button, _on: self._follow_choice())
        self.show_places(())
        self.say(self.tr("Finding a keyring…"))

    def show_places(self, places: Sequence[Place]) -> None:
        """Shows where keys can go; the first usable one is chosen."""
        self.say("")
        self._places = tuple(places)
        for number, place in enumerate(self._places):
            button = named(QRadioButton(place.status.name), f"keyringPlace.{number}")
            button.setEnabled(place.usable)
            self._choice.addButton(button, number)
            self._column.addWidget(button)
            if place.status.why and not place.needs_passphrase:
                note = text_label(f"keyringWhy.{number}", place.status.why, "muted")
                note.setContentsMargins(24, 0, 0, 0)
                self._column.addWidget(note)
            if place.usable and self._choice.checkedId() < 0:
                button.setChecked(True)
        self._group.setVisible(bool(self._places))
        self._follow_choice()

    def show_working(self, progress: Progress) -> None:
        """How far the move is."""
        self._set_busy(busy=True)
        self.progress.setMaximum(int(progress.total))
        self.progress.setValue(int(progress.done))
        self.say(f"{progress.text}…" if progress.text else "")

    def show_failed(self, error: WorkbenchError) -> None:
        """It did not work; another try is possible."""
        self._set_busy(busy=False)
        self.say_error(error)

    def fit(self) -> None:
        """As high as all its texts, wrapped, need; what is in groups included."""
        self.request_size(QSize(_WIDTH, self.content.totalHeightForWidth(_WIDTH)))

    def _set_busy(self, *, busy: bool) -> None:
        self.progress.setVisible(busy)
        self.fit()
        for widget in (self._group, self._modes, self.passphrase, self.again):
            widget.setEnabled(not busy)
        self.go_on.setEnabled(not busy and self._place() is not None)
        if not busy:
            for field in (self.passphrase, self.again):
                field.clear()

    def _words(self, command: str) -> str:
        if self._back:
            return self.tr(
                "The access key is moved from the keyring to the credentials file and saved as plain text."
            )
        words = self.tr(
            "The access key is stored as plain text in the AWS files. To store it more "
            "securely, its two lines are replaced by this line, which the AWS CLI and all "
            "SDKs support:\n\n%1"
        )
        return words.replace("%1", f"credential_process = {command}")

    def _secret(self, name: str, label: str) -> QLineEdit:
        field = named(QLineEdit(), name, label)
        field.setEchoMode(QLineEdit.EchoMode.Password)
        field.setPlaceholderText(label)
        field.textChanged.connect(lambda _text: self.say(""))
        return field

    def _make_modes(self, *, may_be_raw: bool) -> QGroupBox:
        group = named(QGroupBox(self.tr("Programs receive")), "keyringModes")
        column = QVBoxLayout(group)
        column.setSpacing(4)
        self.session = named(QRadioButton(self.tr("Temporary credentials")), "keyringSession")
        self.session.setChecked(True)
        self.raw = named(QRadioButton(self.tr("The access key")), "keyringRaw")
        self.raw.setEnabled(may_be_raw)
        raw_note = self.tr("For programs that use IAM, or work without a network.")
        raw_note = raw_note if may_be_raw else set_by_organisation()
        for button, note in (
            (self.session, self.tr("They expire automatically. IAM accepts them only with an MFA code.")),
            (self.raw, raw_note),
        ):
            column.addWidget(button)
            label = text_label(f"{button.objectName()}Note", note, "muted")
            label.setContentsMargins(24, 0, 0, 4)
            column.addWidget(label)
        return group

    def _place(self) -> Place | None:
        number = self._choice.checkedId()
        return self._places[number] if 0 <= number < len(self._places) else None

    def _follow_choice(self) -> None:
        place = self._place()
        needs = place is not None and place.needs_passphrase
        is_new = place is not None and needs and place.is_new
        self.passphrase.setVisible(needs)
        self.again.setVisible(is_new)
        self._passphrase_note.setVisible(needs)
        words = self.tr(
            "The passphrase is required to open the file. Workbench keeps it in memory until "
            "you quit; other programs need it in WORKBENCH_PASSPHRASE."
        )
        if is_new:
            rule = self.tr(
                "Use at least %1 characters. Anyone who copies the file can try any number of "
                "passphrases. Four unrelated words are a good choice."
            ).replace("%1", str(MIN_PASSPHRASE_CHARACTERS))
            words = f"{rule} {words}"
        self._passphrase_note.setText(words)
        self.go_on.setEnabled(place is not None)
        self.fit()

    def _submit(self) -> None:
        place = self._place()
        if place is None:
            return
        passphrase = self.passphrase.text() if place.needs_passphrase else ""
        if place.is_new and place.needs_passphrase:
            if fault := fault_of_passphrase(passphrase):
                self.say(fault, "danger")
                return
            if passphrase != self.again.text():
                self.say(self.tr("The passphrases do not match."), "danger")
                return
        if place.needs_passphrase and not passphrase:
            self.say(self.tr("Enter the passphrase."), "danger")
            return
        self.submitted.emit(Answer(place, "session" if self.session.isChecked() else "raw", passphrase))
