"""Questions before a change, or before something is trusted. They do not block the event loop."""

from collections.abc import Callable

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from workbench.core.messages import _
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_DETAIL_PADDING = 24
_WIDE = 560
_MAX_LINES = 12


class Question(Dialog):
    """A question to agree to or not. Escape means no, and so does Enter unless there is a field to type into.

    Args:
        words: The question.
        detail: What the user should read closely (a command, a URL), in a fixed-width font.
        yes: Text of the button that agrees.
    """

    def __init__(
        self, name: str, title: str, words: str, yes: str, parent: QWidget, detail: str = ""
    ) -> None:
        super().__init__(name, title, parent)
        self.content.addWidget(text_label(f"{name}Words", words))
        if detail:
            field = named(QPlainTextEdit(detail), f"{name}Detail", words)
            field.setReadOnly(True)
            field.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
            field.setTabChangesFocus(True)
            lines = min(max(2, detail.count("\n") + 1), _MAX_LINES)
            field.setFixedHeight(lines * field.fontMetrics().lineSpacing() + _DETAIL_PADDING)
            self.setMinimumWidth(scaled(_WIDE))
            self.content.addWidget(field)
        self.yes = QPushButton(yes)
        named(self.yes, f"{name}Yes", yes)
        self.no = QPushButton(_("Cancel"))
        named(self.no, f"{name}No", _("Cancel"))
        self.yes.clicked.connect(self.accept)
        self.no.clicked.connect(self.reject)

    def ask(self, then: Callable[[], object], field: QWidget | None = None) -> None:
        """Opens it; `then` is called after a yes.

        Args:
            field: Gets the focus; without one the safe answer has it, and Enter.
        """
        for button in (self.yes, self.no):
            button.setAutoDefault(button is self.no and field is None)
        self.buttons.add(self.yes, QDialogButtonBox.ButtonRole.YesRole)
        self.buttons.add(self.no)
        self.finish_layout()
        (field or self.no).setFocus()
        self.accepted.connect(then)
        self.open()


def confirm_by_name(
    parent: QWidget,
    title: str,
    words: str,
    name: str,
    yes: str,
    then: Callable[[], object],
    choice: QWidget | None = None,
) -> Question:
    """Asks the user to type a name before a change in production.

    Args:
        words: What will happen, and where.
        name: The text to type exactly.
        yes: Text of the button, with the account.
        then: Called once the name was typed and the button pressed.
        choice: A further decision, shown below the text.
    """
    question = Question("confirmByName", title, words, yes, parent)
    if choice is not None:
        question.content.addWidget(choice)
    hint = _("Type {name} to continue:").format(name=name)
    label = text_label("confirmHint", hint, "muted")
    field = named(QLineEdit(), "confirmName", hint)
    question.content.addWidget(label)
    question.content.addWidget(field)
    question.yes.setProperty("role", "danger")
    question.yes.setEnabled(False)
    field.textChanged.connect(lambda text: question.yes.setEnabled(text.strip() == name))

    def entered() -> None:
        if question.yes.isEnabled():
            question.accept()

    field.returnPressed.connect(entered)
    question.ask(then, field)
    return question
