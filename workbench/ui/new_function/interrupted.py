"""What becomes of a function whose creation a crash interrupted."""

from PySide6.QtWidgets import QWidget

from workbench.functions.create_plan import Creation
from workbench.ui.finish_or_undo import FinishOrUndo, began_text
from workbench.ui.new_function.words import made_text


class InterruptedDialog(FinishOrUndo):
    """Asks about one creation."""

    def __init__(self, creation: Creation, parent: QWidget) -> None:
        title = self.tr("Creating %1 was interrupted").replace("%1", creation.wanted.function_name)
        where = began_text(creation.when, creation.region, creation.account_id)
        words = self.tr(
            "Finish creates what is missing. Undo deletes what was created; the function itself "
            "only if its code has not changed."
        )
        texts = (
            ("Where", where, "muted"),
            ("Made", made_text(creation.wanted, creation.begun), ""),
            ("Words", words, ""),
        )
        super().__init__("interruptedCreation", title, texts, parent)
