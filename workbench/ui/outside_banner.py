"""Above the text: another program has written, or deleted, a file in which something is typed."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from workbench.core.messages import _
from workbench.ui.icon_label import IconLabel
from workbench.ui.icons import Icons
from workbench.ui.kit.announce import announce
from workbench.ui.kit.bar import Bar
from workbench.ui.kit.text import text_label
from workbench.ui.named import named


class OutsideBanner(Bar):
    """Takes no room while there is nothing to choose.

    Signals:
        reload_wanted: What is on disk shall count; what was typed can be had back by undo.
        compare_wanted: Both shall be shown side by side, or no longer.
        keep_wanted: What was typed shall count, and be what is saved next.
    """

    reload_wanted = Signal()
    compare_wanted = Signal(bool)
    keep_wanted = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        named(self, "outsideBanner", _("Changed by another program"))
        self.setProperty("tone", "warning")
        self._what = text_label("outsideWhat", role="heading")
        self._why = text_label("outsideWhy")
        self._reload = named(QPushButton(_("Reload")), "outsideReload")
        self._compare = named(QPushButton(_("Compare")), "outsideCompare")
        self._compare.setCheckable(True)
        self._keep = named(QPushButton(_("Keep Mine")), "outsideKeep")
        self._reload.clicked.connect(self.reload_wanted)
        self._compare.clicked.connect(self.compare_wanted)
        self._keep.clicked.connect(self.keep_wanted)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._what)
        texts.addWidget(self._why)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(IconLabel(icons, "triangle-alert", "warning"), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        for button in (self._reload, self._compare, self._keep):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self._said = ""
        self.hide()

    def show_changed(self, path: str, *, is_text: bool) -> None:
        """A file has another text on disk than the one that was typed over."""
        self._reload.setText(_("Reload"))
        self._compare.setVisible(is_text)
        self._say(
            _("{path} was changed by another program.").format(path=path),
            _("Your edits are not saved. Reload shows the version on disk; Undo restores your edits."),
        )

    def show_deleted(self, path: str) -> None:
        """A file is not on disk any more."""
        self._reload.setText(_("Discard Mine"))
        self._compare.hide()
        self._say(
            _("{path} was deleted by another program.").format(path=path),
            _("Your edits are kept as a draft. Saving recreates the file."),
        )

    def end_comparison(self) -> None:
        """The two are not side by side any more."""
        self._compare.setChecked(False)

    def dismiss(self) -> None:
        """There is nothing to choose."""
        self._said = ""
        self.end_comparison()
        self.set_wanted(False, immediately=True)

    def _say(self, what: str, why: str) -> None:
        if what == self._said and self.isVisible():
            return
        self._said = what
        for label, text in ((self._what, what), (self._why, why)):
            label.setText(text)
            label.setAccessibleName(text)
        self.setAccessibleDescription(f"{what} {why}")
        self.end_comparison()
        self.set_wanted(True)
        announce(self, f"{what} {why}", urgent=True)
