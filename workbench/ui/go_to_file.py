"""Go to file: every file of the open code, found by a few letters of its path."""

from PySide6.QtWidgets import QWidget

from workbench.core.messages import _
from workbench.ui.pages.code import CodePage
from workbench.ui.quick_pick import Pick, PickTexts, QuickPick


class GoToFile(QuickPick):
    """Shows the paths, those of open files first, and opens the one that is chosen.

    Args:
        window: The window it lies over.
        code: Whose files they are.
    """

    def __init__(self, window: QWidget, code: CodePage) -> None:
        texts = PickTexts(
            _("Go to file"),
            _("File"),
            _("Files"),
            _("Type part of a path"),
            _("No files match “{query}”."),
        )
        super().__init__(window, "goToFile", texts, code.files.open)
        self._code = code

    def open(self) -> None:
        """Shows the files; called again, goes away."""
        if self.isVisible():
            self.dismiss()
            return
        opened, shown = self._code.files.open_paths(), self._code.files.shown_path()
        # The shown file last of the open ones: Enter alone goes to the other one.
        first = {path: number for number, path in enumerate(opened)} | {shown: len(opened)}
        paths = sorted(self._code.tree.files(), key=lambda path: first.get(path, len(opened) + 1))
        self.show_picks([Pick(path, path) for path in paths])
