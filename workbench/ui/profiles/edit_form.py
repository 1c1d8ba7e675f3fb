"""The form of one profile: a field for each option that its kind has, checked while it is filled in."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QScrollArea, QWidget

from workbench.profiles.draft import FIELDS, FieldError, FieldSpec, Pairs, ProfileDraft, check_draft
from workbench.profiles.model import ProfileKind
from workbench.profiles.sso.session import SsoSession
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.profiles.form_field import FormField
from workbench.ui.profiles.words import kind_word
from workbench.ui.sign_in.form import Form, text_label

_NAME = FieldSpec("name", "Name", required=True)
_PORTAL = ("sso_start_url", "sso_region")
_LABEL_WIDTH = 170
_WIDTH, _HEIGHT = 620, 560


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a form is filled in beside.

    Attributes:
        names: Of all profiles.
        regions: That exist.
        sessions: The sign-ins that the files have.
    """

    names: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    sessions: tuple[SsoSession, ...] = ()


class EditForm(Form):
    """Fills in a draft. It stays open until what it gave out is written, or the person gives up.

    Args:
        draft: What stands in the fields at first.
        around: For suggestions and checks.
        editing: The name of the profile that is changed, empty for a new one.
        parent: The window.

    Signals:
        submitted: A ProfileDraft that passed all checks.
    """

    submitted = Signal(object)

    def __init__(self, draft: ProfileDraft, around: Surroundings, editing: str, parent: QWidget) -> None:
        super().__init__("profileForm", "", parent)
        kind = kind_word(draft.kind)
        title = self.tr("Edit %1").replace("%1", editing) if editing else self.tr("Add Profile: %1")
        self.setWindowTitle(title.replace("%1", kind))
        self.setAccessibleName(self.windowTitle())
        self._kind = draft.kind
        self._around = around
        self._editing = editing
        self._fields: dict[str, FormField] = {}
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(12)
        self._form.setVerticalSpacing(8)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._fill(draft)
        body = QWidget()
        body.setLayout(self._form)
        self._form.setContentsMargins(0, 0, 8, 0)
        scroll = named(QScrollArea(), "profileFormScroll", self.tr("Fields"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(body)
        self.content.addWidget(self._intro())
        self.content.addWidget(scroll, 1000)
        self.finish_layout()
        self.go_on = self.add_button("profileFormGo", self.tr("Show Changes…"), "primary")
        cancel = self.add_button("profileFormCancel", self.tr("Cancel"))
        self.go_on.clicked.connect(self._submit)
        cancel.clicked.connect(self.reject)
        self.resize(_WIDTH, min(_HEIGHT, body.sizeHint().height() + 170))
        fields = list(self._fields.values())
        (fields[1] if editing else next(each for each in fields if not each.value)).focus()

    def fit(self) -> None:
        """The size stays: it is the scroll area that gives way."""

    def draft(self) -> ProfileDraft:
        """What stands in the fields."""
        given = {option: field.value for option, field in self._fields.items() if option != "name"}
        session = None
        if given.get("sso_session"):
            start_url, region = (given.pop(option, "") for option in _PORTAL)
            session = SsoSession(given["sso_session"], start_url, region)
            given |= dict.fromkeys(_PORTAL, "")  # they stand in the section of the sign-in, once
        secret = {spec.option for spec in FIELDS[self._kind] if spec.secret}
        options: Pairs = tuple((each, value) for each, value in given.items() if each not in secret)
        secrets: Pairs = tuple((each, value) for each, value in given.items() if each in secret and value)
        return ProfileDraft(self._fields["name"].value, self._kind, options, secrets, session)

    def _fill(self, draft: ProfileDraft) -> None:
        values = dict(draft.options)
        self._add(_NAME, draft.name, ())
        for spec in sorted(FIELDS[self._kind], key=_place):
            choices: Sequence[str] = spec.choices
            if spec.option == "region" or spec.option == "sso_region":
                choices = self._around.regions
            elif spec.option == "source_profile":
                choices = self._around.names
            elif spec.option == "sso_session":
                choices = tuple(session.name for session in self._around.sessions)
            self._add(spec, values.get(spec.option, ""), choices)
        if self._kind is ProfileKind.SSO:
            self._fields["sso_session"].changed.connect(self._session_named)
            self._session_named()

    def _add(self, spec: FieldSpec, value: str, choices: Sequence[str]) -> None:
        label = self._label(spec)
        kept = bool(self._editing) and spec.secret
        field = FormField(spec, label, value, choices, kept=kept)
        field.changed.connect(self._check_shown)
        field.left.connect(lambda: self._left(field))
        self._fields[spec.option] = field
        words = PlainLabel(label if not spec.required or kept else f"{label} *")
        words.setMinimumWidth(scaled(_LABEL_WIDTH))
        words.setFixedHeight(field.line_height)
        words.setBuddy(field.editor)
        self._form.addRow(words, field)

    def _label(self, spec: FieldSpec) -> str:
        if self._kind is ProfileKind.SSO:
            # One pair of fields for both ways: with a sign-in they go to its section, else to the profile.
            portal = {
                "sso_start_url": self.tr("Access portal URL"),
                "sso_region": self.tr("Access portal region"),
            }
            return portal.get(spec.option, spec.label)
        return spec.label

    def _intro(self) -> QLabel:
        texts = {
            ProfileKind.STATIC: self.tr(
                "Access keys are saved in the credentials file as plain text. You can move them "
                "to the keyring afterwards."
            ),
            ProfileKind.ASSUME_ROLE: self.tr(
                "A role that is assumed with another profile or an AWS credential source."
            ),
            ProfileKind.SSO: self.tr("A role that IAM Identity Center grants to the signed-in user."),
            ProfileKind.PROCESS: self.tr("A program that prints credentials. It cannot ask for input."),
        }
        text = texts.get(self._kind, "")
        label = text_label("profileFormIntro", text, "muted")
        label.setVisible(bool(text))
        return label

    def _session_named(self) -> None:
        """A sign-in that is there already: its portal is known."""
        name = self._fields["sso_session"].value
        for session in self._around.sessions:
            if session.name == name:
                self._fields["sso_start_url"].set_value(session.start_url)
                self._fields["sso_region"].set_value(session.region)

    def _errors(self) -> dict[str, str]:
        draft = self.draft()
        found: tuple[FieldError, ...] = check_draft(
            draft, self._around.names, self._editing, self._around.regions
        )
        texts: dict[str, str] = {}
        for error in found:
            texts.setdefault(error.field if error.field in self._fields else "name", error.text)
        return texts

    def _left(self, field: FormField) -> None:
        """A field that was filled in and left is checked; empty ones only when the form goes out."""
        if field.value:
            field.show_error(self._errors().get(field.option, ""))

    def _check_shown(self) -> None:
        """What is wrong is said until it is right."""
        self.say("")
        errors = self._errors()
        for option, field in self._fields.items():
            if field.error:
                field.show_error(errors.get(option, ""))

    def _submit(self) -> None:
        errors = self._errors()
        for option, field in self._fields.items():
            field.show_error(errors.get(option, ""))
        if errors:
            self._fields[next(option for option in self._fields if option in errors)].focus()
            return
        self.submitted.emit(self.draft())


def _place(spec: FieldSpec) -> int:
    """A sign-in and its portal come first; the others stay in their order."""
    return 0 if spec.option in ("sso_session", *_PORTAL) else 1
