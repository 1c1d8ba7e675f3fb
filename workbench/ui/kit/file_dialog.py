"""The dialog in which a file or a folder is chosen: it begins where its field says, and cuts off no column.

Only this one is used, which a test holds (tests/architecture/test_choices.py).
"""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QHeaderView, QSplitter, QTreeView, QWidget

from workbench.core.messages import _
from workbench.ui.kit.reading_order import ReadingOrder
from workbench.ui.kit.text_size import scaled

_SIZE = (860, 520)
_SIDE_WIDTH = 150


class FileDialog(ReadingOrder, QFileDialog):
    """Deletes itself when it is closed. By default it asks for a file that exists.

    Args:
        name: Its object name.
        start: Where it begins: a folder, or a file in it. Of a path that does not exist, the nearest folder
            above; empty for the user's own folder.
    """

    def __init__(self, name: str, title: str, parent: QWidget, start: Path | str = "") -> None:
        super().__init__(parent, title)
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFileMode(QFileDialog.FileMode.ExistingFile)
        self.resize(scaled(_SIZE[0]), scaled(_SIZE[1]))
        path = _absolute(start)
        folder = next((each for each in (path, *path.parents) if _is_folder(each)), Path.home())
        self.setDirectory(str(folder))
        if folder == path.parent and _is_there(path):
            self.selectFile(path.name)

    def ask_for_folder(self, accept: str = "") -> None:
        """Asks for a folder that exists.

        Args:
            accept: Text of the button.
        """
        self.setFileMode(QFileDialog.FileMode.Directory)
        self.setOption(QFileDialog.Option.ShowDirsOnly)
        self.setLabelText(QFileDialog.DialogLabel.Accept, accept or _("Choose"))

    def ask_where_to_save(self, file_name: str, suffix: str = "") -> None:
        """Asks for a file to write.

        Args:
            file_name: The suggested name.
            suffix: Is added to a name without one, "csv".
        """
        self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self.setFileMode(QFileDialog.FileMode.AnyFile)
        self.setDefaultSuffix(suffix)
        self.selectFile(file_name)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        files = self.findChild(QTreeView, "treeView")
        if files is None:
            return  # the system's own
        header = files.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(scaled(60))
        if (splitter := self.findChild(QSplitter, "splitter")) is not None:
            splitter.setSizes([scaled(_SIDE_WIDTH), self.width() - scaled(_SIDE_WIDTH)])


def _absolute(start: Path | str) -> Path:
    if not str(start).strip():
        return Path.home()
    try:
        return Path(start).expanduser().absolute()
    except (OSError, RuntimeError, ValueError):  # no home folder of that name; no working folder
        return Path.home()


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
