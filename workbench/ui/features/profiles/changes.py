"""Every change of the AWS files: make the edits, show the diff, write it once confirmed."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import QPlainTextEdit, QWidget
from shiboken6 import isValid

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.profiles.ini_editor import FileEdits
from workbench.profiles.write import MASK, ConfigWriter, JournalEntry, preview
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.text import named, text_label
from workbench.ui.kit.theme import Theme, monospace
from workbench.ui.services import Services

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

        self._services.jobs.submit(
            Job(
                change.title,
                run,
                replaces=PREVIEW_JOB,
                quiet=True,
                on_done=lambda made: self._ask(change, *made),
                on_error=lambda error: self._fail(change, error),
            )
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
        self._services.jobs.submit(
            Job(
                change.title,
                lambda ctx: self._writer.write(edits, change.title, ctx),
                lane=_LANE,
                on_done=lambda entry: self._done(change, entry),
                on_error=lambda error: self._fail(change, error),
            )
        )

    def _done(self, change: ProposedChange, entry: JournalEntry) -> None:
        change.done()
        self.written.emit(entry)


def _is_open(dialog: QWidget | None) -> bool:
    """Whether a dialog, which deletes itself when it is closed, is still there."""
    return dialog is not None and isValid(dialog) and dialog.isVisible()
