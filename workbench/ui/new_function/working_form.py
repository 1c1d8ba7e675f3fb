"""A dialog that describes a function and stays open while it is made."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from workbench.core.jobs import Progress
from workbench.core.messages import _
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.form import Form


class WorkingForm(Dialog):
    """Who makes one adds its rows and its Cancel button, and switches what depends on `is_working`.

    Signals:
        wanted: It shall be made.
        cancel_wanted: While it works.
    """

    wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(name, "", parent)
        self.is_working = False
        self.form = Form()
        self.cancel_button = QPushButton()

    def switch(self) -> None:
        """What can be pressed, and what is said, follows what was typed and `is_working`."""
        raise NotImplementedError

    def show_progress(self, progress: Progress) -> None:
        """Says what is being done."""
        if self.is_working and progress.text:
            self.say(_("{progress}…").format(progress=progress.text))

    def set_working(self, *, working: bool) -> None:
        """While it works nothing can be changed, and Cancel deletes what was created."""
        self.is_working = working
        for row in self.form.rows.values():
            row.setEnabled(not working)
        self.cancel_button.setEnabled(True)
        self.switch()

    def reject(self) -> None:
        if self.is_working:
            self.cancel_button.setEnabled(False)
            self.say(_("Deleting what was created…"))
            self.cancel_wanted.emit()
        else:
            super().reject()
