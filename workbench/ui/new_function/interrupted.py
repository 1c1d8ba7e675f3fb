"""What becomes of a function whose creation a crash interrupted."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from workbench.functions.creation_journal import Creation
from workbench.ui.new_function.words import made_text
from workbench.ui.sign_in.form import Form, text_label


class InterruptedDialog(Form):
    """Asks whether to finish or to take back; Escape leaves it as it is."""

    finish_wanted = Signal()
    undo_wanted = Signal()

    def __init__(self, creation: Creation, parent: QWidget) -> None:
        name = creation.wanted.function_name
        super().__init__("interruptedCreation", "", parent)
        self.set_title(self.tr("Creating %1 was interrupted").replace("%1", name))
        when = creation.when[:16].replace("T", " ")
        where = self.tr("It began on %1 UTC in %2, account %3.").replace("%1", when)
        where = where.replace("%2", creation.region).replace("%3", creation.account_id)
        for key, text, role in (
            ("Where", where, "muted"),
            ("Made", made_text(creation.wanted, creation.begun), ""),
            (
                "Words",
                self.tr(
                    "Finish makes what is missing. Take Back deletes what was made, and a function only as "
                    "long as it has the code that was made for it."
                ),
                "",
            ),
        ):
            self.content.addWidget(text_label(f"interruptedCreation{key}", text, role))
        self.finish_layout()
        go_on = self.add_button("interruptedCreationFinish", self.tr("Finish"), "primary")
        take_back = self.add_button("interruptedCreationUndo", self.tr("Take Back"))
        later = self.add_button("interruptedCreationLater", self.tr("Later"))
        for button, signal in ((go_on, self.finish_wanted), (take_back, self.undo_wanted)):
            button.clicked.connect(self.accept)
            button.clicked.connect(signal)
        later.clicked.connect(self.reject)
        go_on.setFocus()
        self.fit()
