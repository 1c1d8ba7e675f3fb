"""The kinds of source to choose from."""

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from workbench.triggers.model import SourceKind
from workbench.ui.icons import Icons
from workbench.ui.named import named
from workbench.ui.sign_in.form import text_label
from workbench.ui.triggers.words import kind_icon, kind_title, kind_words

_KIND = Qt.ItemDataRole.UserRole
_ROW = QSize(0, 34)


class KindsView(QWidget):
    """A list; what cannot be wired yet is named below it.

    Args:
        icons: For the kinds.
    """

    chosen_changed = Signal()
    activated = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self.list = named(QListWidget(), "sourceKinds", self.tr("Source types"))
        self.later = text_label("sourceKindsLater", "", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.list, 1)
        column.addWidget(self.later)
        self.setFocusProxy(self.list)
        self.list.currentItemChanged.connect(lambda *_: self.chosen_changed.emit())
        self.list.itemActivated.connect(lambda _: self.activated.emit())

    def show_kinds(self, kinds: Iterable[SourceKind], later: Iterable[SourceKind]) -> None:
        """Shows what can be wired, and names what can only be found and explained."""
        self.list.clear()
        for kind in kinds:
            words = kind_words(kind)
            item = QListWidgetItem(f"{kind_title(kind)}  –  {words}" if words else kind_title(kind))
            item.setIcon(self._icons.get(kind_icon(kind), "accent"))
            item.setData(_KIND, kind)
            item.setSizeHint(_ROW)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        names = ", ".join(map(kind_title, later))
        words = self.tr(
            "Triggers of these types can be found, explained, paused and removed, but not created: %1."
        )
        self.later.setText(words.replace("%1", names))
        self.later.setVisible(bool(names))

    def chosen(self) -> SourceKind | None:
        """The kind that is selected."""
        item = self.list.currentItem()
        found = item.data(_KIND) if item is not None else None
        return found if isinstance(found, SourceKind) else None

    def choose(self, kind: SourceKind) -> None:
        """Selects a kind."""
        for place in range(self.list.count()):
            if self.list.item(place).data(_KIND) is kind:
                self.list.setCurrentRow(place)
