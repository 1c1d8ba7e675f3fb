"""What becomes of a deletion that a crash interrupted."""

from PySide6.QtWidgets import QWidget

from workbench.functions.deletion_journal import Interrupted
from workbench.ui.deleting.words import gone_and_left
from workbench.ui.finish_or_undo import FinishOrUndo, began_text


class InterruptedDeletionDialog(FinishOrUndo):
    """Asks about one deletion."""

    def __init__(self, interrupted: Interrupted, parent: QWidget) -> None:
        title = self.tr("Deleting %1 was interrupted").replace("%1", interrupted.function_name)
        where = began_text(interrupted.when, interrupted.region, interrupted.account_id)
        words = self.tr(
            "Finish deletes what is left, as long as nobody has changed the function since. Take Back "
            "deletes nothing more, and makes the function again from its copy if it has gone."
        )
        texts = (
            ("Where", where, "muted"),
            ("State", gone_and_left(interrupted.gone, interrupted.left), ""),
            ("Words", words, ""),
        )
        super().__init__("interruptedDeletion", title, texts, parent)
