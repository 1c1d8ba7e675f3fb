"""What becomes of a deletion that a crash interrupted."""

from PySide6.QtWidgets import QWidget

from workbench.functions.deletion import Interrupted
from workbench.ui.deleting.words import gone_and_left
from workbench.ui.finish_or_undo import FinishOrUndo, began_text


class InterruptedDeletionDialog(FinishOrUndo):
    """Asks about one deletion."""

    def __init__(self, interrupted: Interrupted, parent: QWidget) -> None:
        title = self.tr("Deletion of %1 Was Interrupted").replace("%1", interrupted.function_name)
        where = began_text(interrupted.when, interrupted.region, interrupted.account_id)
        words = self.tr(
            "Finish deletes the remaining resources, unless the function was changed in the "
            "meantime. Undo stops the deletion, and restores the function from its copy if it "
            "was already deleted."
        )
        texts = (
            ("Account and region", where, "muted"),
            ("State", gone_and_left(interrupted.gone, interrupted.left), ""),
            ("Words", words, ""),
        )
        super().__init__("interruptedDeletion", title, texts, parent)
