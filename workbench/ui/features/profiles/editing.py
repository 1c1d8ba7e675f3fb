"""Add, edit, duplicate, rename, delete: each a form, then the diff, then the writing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from workbench.aws.regions import all_lambda_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.profiles.config_files import SECRET, ConfigFiles
from workbench.profiles.credentials_helper import entry_of
from workbench.profiles.ini_editor import FileEdits
from workbench.profiles.manage import (
    FIELDS,
    NAME_PATTERN,
    FieldError,
    FieldSpec,
    Pairs,
    ProfileDraft,
    add_profile,
    check_draft,
    delete_profile,
    draft_of,
    duplicate_profile,
    edit_profile,
    name_error,
    rename_profile,
)
from workbench.profiles.model import ProfileKind
from workbench.profiles.sso_session import SsoSession, all_sessions
from workbench.ui.features.profiles.changes import ChangeFlow, ProfileTools, ProposedChange
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.form import Form
from workbench.ui.kit.text import PlainLine, complete_plainly, named, text_label, tool_tip
from workbench.ui.shell.profile_list import kind_label
from workbench.ui.shell.services import Services

_MAX_SUGGESTIONS = 5_000
_NAME = FieldSpec("name", _("Name"), required=True)
_PORTAL = ("sso_start_url", "sso_region")
_WIDTH, _HEIGHT = 620, 560
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


type Field = QLineEdit | QComboBox


def _make_line(spec: FieldSpec, value: str, choices: Sequence[str], *, kept: bool) -> QLineEdit:
    """A line with suggestions; `kept`: a secret that stays as it is if nothing is entered."""
    line = PlainLine()
    if spec.secret:
        line.setEchoMode(QLineEdit.EchoMode.Password)
    line.setPlaceholderText(_("Unchanged") if kept else spec.hint)
    line.setToolTip(tool_tip(spec.hint))
    if 0 < len(choices) <= _MAX_SUGGESTIONS:
        completer = QCompleter(list(choices), line)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        line.setCompleter(complete_plainly(completer))
    _show(line, value)
    return line


def _make_list(choices: Sequence[str], value: str) -> QComboBox:
    """The only valid values, nothing, and the value from the file even if it is wrong."""
    box = CalmChoice()
    for choice in dict.fromkeys(("", *choices, value)):
        box.addItem(choice, choice)
    box.setCurrentText(value)
    return box


def _show(line: Field, value: str) -> None:
    if isinstance(line, QLineEdit) and value != line.text():
        line.setText(value)
        line.setCursorPosition(0)


def _value(field: Field) -> str:
    return field.text().strip() if isinstance(field, QLineEdit) else field.currentText()


@dataclass(frozen=True, slots=True)
class FormContext:
    """What a form's suggestions and checks are made from.

    Attributes:
        names: Of all profiles.
        regions: That exist.
        sessions: The sign-ins that the files have.
    """

    names: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    sessions: tuple[SsoSession, ...] = ()


class EditForm(Dialog):
    """Fills in a draft. It stays open until what it gave out is written, or the user gives up.

    Args:
        draft: The first values of the fields.
        context: For suggestions and checks.
        editing: The name of the profile that is changed, empty for a new one.
        parent: The window.

    Signals:
        submitted: A ProfileDraft that passed all checks.
    """

    submitted = Signal(object)

    def __init__(self, draft: ProfileDraft, context: FormContext, editing: str, parent: QWidget) -> None:
        super().__init__("profileForm", "", parent)
        kind = kind_label(draft.kind)
        title = _("Edit {name}") if editing else _("Add Profile: {kind}")
        self.set_title(title.format(name=editing, kind=kind))
        self._kind = draft.kind
        self._context = context
        self._editing = editing
        self._fields: dict[str, Field] = {}
        self._form = Form(spacing=8, dotted=True)
        self._fill(draft)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.addWidget(self._form)
        column.addStretch(1)
        scroll = named(QScrollArea(), "profileFormScroll", _("Fields"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(body)
        self.content.addWidget(self._intro())
        self.content.addWidget(scroll, 1000)
        self.finish_layout()
        self.go_on = self.add_button("profileFormGo", _("Show Changes…"), "primary")
        cancel = self.add_button("profileFormCancel", _("Cancel"))
        self.go_on.clicked.connect(self._submit)
        cancel.clicked.connect(self.reject)
        self.resize(_WIDTH, min(_HEIGHT, body.sizeHint().height() + 170))
        fields = list(self._fields.values())
        (fields[1] if editing else next(each for each in fields if not _value(each))).setFocus()

    def resize_to_content(self) -> None:
        """The size stays: it is the scroll area that gives way."""

    def draft(self) -> ProfileDraft:
        """A draft of the fields' values."""
        given = {option: _value(field) for option, field in self._fields.items() if option != "name"}
        session = None
        if given.get("sso_session"):
            start_url, region = (given.pop(option, "") for option in _PORTAL)
            session = SsoSession(given["sso_session"], start_url, region)
            given |= dict.fromkeys(_PORTAL, "")  # they stand in the section of the sign-in, once
        secret = {spec.option for spec in FIELDS[self._kind] if spec.secret}
        options: Pairs = tuple((each, value) for each, value in given.items() if each not in secret)
        secrets: Pairs = tuple((each, value) for each, value in given.items() if each in secret and value)
        return ProfileDraft(_value(self._fields["name"]), self._kind, options, secrets, session)

    def _fill(self, draft: ProfileDraft) -> None:
        values = dict(draft.options)
        self._add(_NAME, draft.name, ())
        for spec in sorted(FIELDS[self._kind], key=_portal_first):
            choices: Sequence[str] = spec.choices
            if spec.option == "region" or spec.option == "sso_region":
                choices = self._context.regions
            elif spec.option == "source_profile":
                choices = self._context.names
            elif spec.option == "sso_session":
                choices = tuple(session.name for session in self._context.sessions)
            self._add(spec, values.get(spec.option, ""), choices)
        if self._kind is ProfileKind.SSO:
            self._session_named()

    def _add(self, spec: FieldSpec, value: str, choices: Sequence[str]) -> None:
        label = self._label(spec)
        kept = bool(self._editing) and spec.secret
        field: Field
        if spec.choices:
            field = _make_list(choices, value)
            field.currentTextChanged.connect(self._update_errors)
        else:
            field = _make_line(spec, value, choices, kept=kept)
            field.textChanged.connect(self._update_errors)
            field.editingFinished.connect(lambda: self._editing_finished(spec.option))
            if spec.option == "sso_session":
                field.textChanged.connect(self._session_named)
        self._fields[spec.option] = named(field, f"field.{spec.option}", label)
        field.setAccessibleDescription(spec.hint)
        title = label if not spec.required or kept else f"{label} *"
        self._form.add(field, title, name=spec.option)

    def _label(self, spec: FieldSpec) -> str:
        if self._kind is ProfileKind.SSO:
            # One pair of fields for both ways: with a sign-in they go to its section, else to the profile.
            portal = {"sso_start_url": _("Access portal URL"), "sso_region": _("Access portal region")}
            return portal.get(spec.option, spec.label)
        return spec.label

    def _intro(self) -> QLabel:
        texts = {
            ProfileKind.STATIC: _(
                "Access keys are saved in the credentials file as plain text. You can move them "
                "to the keyring afterwards."
            ),
            ProfileKind.ASSUME_ROLE: _(
                "A role that is assumed with another profile or an AWS credential source."
            ),
            ProfileKind.SSO: _("A role that IAM Identity Center grants to the signed-in user."),
            ProfileKind.PROCESS: _("A program that prints credentials. It cannot ask for input."),
        }
        text = texts.get(self._kind, "")
        label = text_label("profileFormIntro", text, "muted")
        label.setVisible(bool(text))
        return label

    def _session_named(self) -> None:
        """A sign-in that is there already: its portal is known."""
        name = _value(self._fields["sso_session"])
        for session in self._context.sessions:
            if session.name == name:
                _show(self._fields["sso_start_url"], session.start_url)
                _show(self._fields["sso_region"], session.region)

    def _errors(self) -> dict[str, str]:
        draft = self.draft()
        found: tuple[FieldError, ...] = check_draft(
            draft, self._context.names, self._editing, self._context.regions
        )
        texts: dict[str, str] = {}
        for error in found:
            texts.setdefault(error.field if error.field in self._fields else "name", error.text)
        return texts

    def _editing_finished(self, option: str) -> None:
        """A field that was filled in and left is checked; empty ones only when the form goes out."""
        if isValid(self) and _value(self._fields[option]):  # a line that is deleted loses the focus
            self._form.rows[option].set_message(self._errors().get(option, ""))

    def _update_errors(self) -> None:
        """What is wrong is said until it is right."""
        self.set_message("")
        errors = self._errors()
        self._form.show_faults(
            {name: errors.get(name, "") for name, row in self._form.rows.items() if row.message.text()}
        )

    def _submit(self) -> None:
        errors = self._errors()
        self._form.show_faults(errors)
        if errors:
            self._fields[next(option for option in self._fields if option in errors)].setFocus()
            return
        self.submitted.emit(self.draft())


def _portal_first(spec: FieldSpec) -> int:
    """A sign-in and its portal come first; the others stay in their order."""
    return 0 if spec.option in ("sso_session", *_PORTAL) else 1


class NameDialog(Dialog):
    """Submits only names that a new profile may have.

    Args:
        title: What it is for.
        text: What happens.
        suggestion: Stands in the field at first.
        known: The names that are taken.
        parent: The window.

    Signals:
        submitted: The name.
    """

    submitted = Signal(str)

    def __init__(
        self, title: str, text: str, suggestion: str, known: Collection[str], parent: QWidget
    ) -> None:
        super().__init__("profileNameDialog", title, parent)
        self._known = known
        self.name = named(PlainLine(suggestion), "profileName", _("Name"))
        self.name.selectAll()
        self.content.addWidget(text_label("profileNameWords", text))
        self.content.addWidget(self.name)
        self.finish_layout()
        self.go_on = self.add_button("profileNameGo", _("Show Changes…"), "primary")
        cancel = self.add_button("profileNameCancel", _("Cancel"))
        self.name.textChanged.connect(lambda _text: self.set_message(""))
        self.go_on.clicked.connect(self._submit)
        cancel.clicked.connect(self.reject)

    def _submit(self) -> None:
        name = self.name.text().strip()
        if text := name_error(name, self._known):
            self.set_message(text, "danger")
            self.name.setFocus()
            return
        self.submitted.emit(name)


def copy_name(name: str, known: Collection[str]) -> str:
    """A free name for a copy."""
    for number in range(1, len(known) + 2):
        found = f"{name}-copy" if number == 1 else f"{name}-copy-{number}"
        if found not in known:
            break
    else:
        found = ""
    return "".join(letter if NAME_PATTERN.fullmatch(letter) else "-" for letter in found)


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
        self._read(lambda files: self._fill_in(ProfileDraft("", kind, options), _context_of(files)))

    def edit(self, name: str) -> None:
        """Asks for what is to be different."""

        def read(files: ConfigFiles) -> Callable[[], None]:
            return self._fill_in(draft_of(name, files), _context_of(files), name)

        self._read(read)

    def duplicate(self, name: str) -> None:
        """Asks for the copy's name."""
        title = _("Duplicate {name}").format(name=name)
        words = _("The copy has all settings of {name}, including its access keys.").format(name=name)

        def submitted(dialog: Dialog, new_name: str) -> None:
            def done() -> None:
                self._tools.safety.set_tier(new_name, self._tools.safety.tier(name))
                self._close(dialog, new_name)

            make = lambda files: duplicate_profile(name, new_name, files)  # noqa: E731 - one line
            self._propose(title, make, dialog, done)

        self._read(lambda files: self._ask_name(title, words, "", name, tuple(files.profiles), submitted))

    def rename(self, name: str) -> None:
        """Asks for the new name."""
        title = _("Rename {name}").format(name=name)
        words = _("Profiles that use {name} as their source profile are updated.").format(name=name)

        def submitted(dialog: Dialog, new_name: str) -> None:
            def done() -> None:
                self._tools.safety.rename(name, new_name)
                self._close(dialog, new_name)

            make = lambda files: rename_profile(name, new_name, files)  # noqa: E731 - one line
            self._propose(title, make, dialog, done)

        self._read(lambda files: self._ask_name(title, words, name, name, tuple(files.profiles), submitted))

    def delete(self, name: str) -> None:
        """Shows what would go."""
        title = _("Delete {name}").format(name=name)

        def read(files: ConfigFiles) -> Callable[[], None]:
            options: Mapping[str, str] = files.profiles[name].options if name in files.profiles else {}
            warning = ""
            if SECRET in options:
                warning = _("Its secret access key is deleted too. AWS shows a secret access key only once.")
            elif entry_of(options.get("credential_process", "")) is not None:
                warning = _("Its access key remains in the keyring. To remove it, move it back first.")
            return lambda: self._propose(
                title,
                lambda files: delete_profile(name, files),
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

        self._services.jobs.start(
            _("Reading profiles"),
            run,
            replaces=EDITING_JOB,
            quiet=True,
            on_done=lambda then: then(),
            on_error=self.failed.emit,
        )

    def _fill_in(self, draft: ProfileDraft, context: FormContext, editing: str = "") -> Callable[[], None]:
        def ask() -> None:
            form = EditForm(draft, context, editing, self._window)
            form.submitted.connect(lambda filled: self._filled_in(form, filled, editing))
            form.open()

        return ask

    def _filled_in(self, form: EditForm, draft: ProfileDraft, editing: str) -> None:
        def make(files: ConfigFiles) -> tuple[FileEdits, ...]:
            return edit_profile(editing, draft, files) if editing else add_profile(draft, files)

        def done() -> None:
            if editing and editing != draft.name:
                self._tools.safety.rename(editing, draft.name)
            self._close(form, draft.name)

        words = _("Edit {name}") if editing else _("Add {name}")
        self._propose(words.format(name=editing or draft.name), make, form, done)

    def _ask_name(
        self,
        title: str,
        text: str,
        suggestion: str,
        name: str,
        known: tuple[str, ...],
        submitted: Callable[[Dialog, str], None],
    ) -> Callable[[], None]:
        suggestion = suggestion or copy_name(name, set(known))

        def ask() -> None:
            dialog = NameDialog(title, text, suggestion, set(known), self._window)
            dialog.submitted.connect(lambda new_name: submitted(dialog, new_name))
            dialog.open()

        return ask

    def _propose(
        self, title: str, make: Make, dialog: Dialog | None, done: Callable[[], object], warning: str = ""
    ) -> None:
        environ = self._tools.environ
        change = ProposedChange(
            title,
            lambda: make(ConfigFiles.read(environ)),
            done,
            warning,
            dialog,
            dialog.set_error if dialog is not None else None,
        )
        self._changes.propose(change)

    def _close(self, dialog: QDialog, name: str) -> None:
        if isValid(dialog):  # it deletes itself when the user closes it
            dialog.accept()
        self.named.emit(name)


def _context_of(files: ConfigFiles) -> FormContext:
    regions = tuple(region.name for region in all_lambda_regions())
    return FormContext(tuple(files.profiles), regions, all_sessions(files))
