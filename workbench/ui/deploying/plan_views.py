"""Views of a deploy's plan: its steps, the files that change, and the changed lines of one file."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QWidget

from workbench.code.dependencies.declared import InstallPreview
from workbench.code.tree import FileChange
from workbench.core.messages import _
from workbench.deploy.changes import ChangedFile
from workbench.deploy.step import DeployStep
from workbench.ui.copy_table import CopyTable
from workbench.ui.dependencies.labels import package_count
from workbench.ui.editor.plain_comparison import PlainComparison
from workbench.ui.rows_model import TableRow
from workbench.ui.sign_in.form import Form
from workbench.ui.theme import monospace
from workbench.ui.units import size_text
from workbench.ui.wrapping_table import WrappingTable

_SIZE = (900, 560)
_MAX_LENGTH = 200_000
"""More characters than this nobody reads, and they take long to lay out."""
_MAX_ROWS = 2_000
"""More files nobody reads one by one; they are counted."""


class StepTable(WrappingTable):
    """The steps of a plan, in order, each with its API call and how it is taken back."""

    def __init__(self) -> None:
        headers = (_("Step"), _("API call"), _("Undo"))
        super().__init__("deploySteps", _("Deployment steps"), headers, (0, 210, 190))

    def show_steps(self, steps: Sequence[DeployStep]) -> None:
        """Shows them, numbered."""
        self.take(
            [
                TableRow(
                    (
                        f"{number}. {step.title}",
                        step.api_call.replace(":", ": "),
                        step.undo,
                    ),  # to break it at
                    ((1, step.api_call),),
                )
                for number, step in enumerate(steps, 1)
            ]
        )

    def show_installation(self, preview: InstallPreview) -> None:
        """Shows that the plan begins with packages, and that it is not known further."""
        words = _("1. Install {package_count} from {path}, after you confirm").format(
            package_count=package_count(len(preview.packages)), path=preview.path
        )
        self.take([TableRow((words, "", _("Changes nothing in AWS.")))])


class FileTable(CopyTable):
    """The files that change, with their sizes before and after. Enter or a double click asks for a look.

    Signals:
        lines_wanted: The lines of this path are to be shown.
    """

    lines_wanted = Signal(str)

    def __init__(self) -> None:
        headers = (_("File"), _("Change"), _("Now"), _("After"))
        super().__init__("deployFiles", _("Changed files"), headers, (0, 90, 90, 90))
        self._paths: tuple[str, ...] = ()
        self.setSelectionBehavior(CopyTable.SelectionBehavior.SelectRows)
        self.activated.connect(self._ask_for_lines)

    def show_files(self, files: Sequence[ChangedFile]) -> None:
        """Shows the first of them, and how many more there are."""
        words = {
            FileChange.ADDED: _("new"),
            FileChange.CHANGED: _("changed"),
            FileChange.DELETED: _("deleted"),
        }
        shown = files[:_MAX_ROWS]
        self._paths = tuple(file.path for file in shown)
        rows = [
            TableRow(
                (
                    file.path,
                    words[file.change],
                    "" if file.change is FileChange.ADDED else size_text(file.old_bytes),
                    "" if file.change is FileChange.DELETED else size_text(file.new_bytes),
                )
            )
            for file in shown
        ]
        if more := len(files) - len(shown):
            rows.append(TableRow((_("… and {more} more").format(more=f"{more:,}"), "", "", "")))
        self.take(rows)

    def _ask_for_lines(self, index: QModelIndex) -> None:
        if index.row() < len(self._paths):
            self.lines_wanted.emit(self._paths[index.row()])


class FileDifference(Form):
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

    def fit(self) -> None:
        """Keeps its size: the text takes what room there is."""
