"""Views of a deploy's plan: its steps, the files that change, and the changed lines of one file."""

from collections.abc import Sequence
from operator import itemgetter

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from workbench.code.dependencies.declared import InstallPreview
from workbench.code.tree import FileChange
from workbench.core.messages import _
from workbench.deploy.changes import ChangedFile
from workbench.deploy.plan import DeployStep
from workbench.ui.editor.fallback import PlainComparison
from workbench.ui.install_question import package_count
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import size_text
from workbench.ui.kit.theme import monospace

_SIZE = (900, 560)
_MAX_LENGTH = 200_000
"""More characters than this nobody reads, and they take long to lay out."""
_MAX_ROWS = 2_000
"""More files nobody reads one by one; they are counted."""


class StepTable(Table[tuple[str, str, str]]):
    """The steps of a plan, in order, each (title, API call, undo): with its call and how it is taken back."""

    def __init__(self) -> None:
        columns = (
            Column[tuple[str, str, str]](_("Step"), itemgetter(0)),
            Column[tuple[str, str, str]](
                _("API call"),
                lambda step: step[1].replace(":", ": "),  # to break it at
                210,
                full=itemgetter(1),
            ),
            Column[tuple[str, str, str]](_("Undo"), itemgetter(2), 190),
        )
        super().__init__("deploySteps", _("Deployment steps"), columns, wraps=True, cells=True)

    def show_steps(self, steps: Sequence[DeployStep]) -> None:
        """Shows them, numbered."""
        self.set_rows(
            (f"{number}. {step.title}", step.api_call, step.undo) for number, step in enumerate(steps, 1)
        )

    def show_installation(self, preview: InstallPreview) -> None:
        """Shows that the plan begins with packages, and that it is not known further."""
        words = _("1. Install {package_count} from {path}, after you confirm").format(
            package_count=package_count(len(preview.packages)), path=preview.path
        )
        self.set_rows([(words, "", _("Changes nothing in AWS."))])


class FileTable(Table[ChangedFile | str]):
    """The files that change, with their sizes before and after; a text for those that are too many to list.

    Enter or a double click asks for a look.

    Signals:
        lines_wanted: The lines of this path are to be shown.
    """

    lines_wanted = Signal(str)

    def __init__(self) -> None:
        columns = (
            Column[ChangedFile | str](_("File"), lambda row: row if isinstance(row, str) else row.path),
            Column(_("Change"), _change_text, 90),
            Column(_("Now"), _old_size, 90),
            Column(_("After"), _new_size, 90),
        )
        super().__init__("deployFiles", _("Changed files"), columns)
        self.activated.connect(lambda index: self._ask_for_lines(self.rows.row(index.row())))

    def show_files(self, files: Sequence[ChangedFile]) -> None:
        """Shows the first of them, and how many more there are."""
        more = len(files) - _MAX_ROWS
        rest = [_("… and {more} more").format(more=f"{more:,}")] if more > 0 else []
        self.set_rows([*files[:_MAX_ROWS], *rest])

    def _ask_for_lines(self, row: ChangedFile | str) -> None:
        if not isinstance(row, str):
            self.lines_wanted.emit(row.path)


def _change_text(row: ChangedFile | str) -> str:
    words = {
        FileChange.ADDED: _("new"),
        FileChange.CHANGED: _("changed"),
        FileChange.DELETED: _("deleted"),
    }
    return "" if isinstance(row, str) else words[row.change]


def _old_size(row: ChangedFile | str) -> str:
    return "" if isinstance(row, str) or row.change is FileChange.ADDED else size_text(row.old_bytes)


def _new_size(row: ChangedFile | str) -> str:
    return "" if isinstance(row, str) or row.change is FileChange.DELETED else size_text(row.new_bytes)


class FileDifference(Dialog):
    """The changed lines of a file, as a unified difference.

    Args:
        path: The file.
        lines: What differs; None when it is no text.
        parent: The dialog it lies over.
    """

    def __init__(self, path: str, lines: str | None, parent: QWidget) -> None:
        super().__init__("deployDifference", "", parent)
        self.set_title(path)
        self.text = PlainComparison(self)
        self.text.setFont(monospace())
        self.text.setTabChangesFocus(True)
        if lines is None:
            self.text.setPlainText(_("This file is not text, or it is too large to show."))
        else:
            shown = lines[:_MAX_LENGTH] + ("\n…" if len(lines) > _MAX_LENGTH else "")
            self.text.setPlainText(
                shown or _("The lines are the same. Only the executable permission differs.")
            )
        self.text.show()
        self.content.addWidget(self.text, 1)
        self.finish_layout(stretch=False)
        close = self.add_button("deployDifferenceClose", _("Close"), "primary")
        close.clicked.connect(self.accept)
        self.resize(*_SIZE)

    def resize_to_content(self) -> None:
        """Keeps its size: the text takes what room there is."""
