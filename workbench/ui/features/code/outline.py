"""The outline below the file tree: the symbols of the file in front, the one at the cursor marked."""

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QSplitter,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.messages import _
from workbench.ui.editor import Symbol
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.text import PlainLabel, named, tool_tip
from workbench.ui.kit.theme import Theme
from workbench.ui.pages.code import CodePage
from workbench.ui.preferences import EDITOR_OUTLINE
from workbench.ui.services import Services

_GROUPS = {
    "class": (4, 9, 10, 22),
    "function": (5, 8, 11),
    "value": (6, 7, 12, 13, 19, 21),
    "module": (1, 2, 3),
    "list": (17,),
    "object": (18,),
    "number": (15,),
}
_GROUP_OF = {kind: group for group, kinds in _GROUPS.items() for kind in kinds}  # the others: "text"
_ICONS = {
    "class": ("box", "warning"),
    "function": ("square-function", "accent"),
    "value": ("variable", "muted"),
    "module": ("package", "muted"),
    "list": ("brackets", "muted"),
    "object": ("braces", "muted"),
    "number": ("hash", "muted"),
    "text": ("type", "muted"),
}
_SIZES = (3, 2)  # the file tree's part of the height, and the outline's


class Outline(QWidget):
    """A tree of symbols.

    Args:
        icons: Where its drawings come from.
        theme: Whose change repaints them.

    Signals:
        chosen(line, column): The user goes to a symbol.
    """

    chosen = Signal(int, int)

    def __init__(self, icons: Icons, theme: Theme) -> None:
        super().__init__()
        named(self, "outline", _("Outline"))
        self._icons = icons
        self._symbols: tuple[Symbol, ...] = ()
        self._rows: list[tuple[Symbol, QTreeWidgetItem]] = []  # each before those inside it
        self._line = 1
        self.tree = named(QTreeWidget(), "outlineTree", _("Outline of the file"))
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.itemClicked.connect(self._choose)
        self.tree.itemActivated.connect(self._choose)
        self._words = named(PlainLabel(), "outlineWords", role="muted")
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._words.setContentsMargins(12, 4, 8, 4)
        title = named(PlainLabel(_("Outline")), "outlineTitle", role="heading")
        title.setContentsMargins(12, 6, 8, 4)
        place = QWidget()
        self._stack = QStackedLayout(place)
        self._stack.addWidget(self._words)
        self._stack.addWidget(self.tree)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(title)
        layout.addWidget(place, 1)
        theme.changed.connect(self._fill)
        self.set_message("")

    def set_message(self, words: str) -> None:
        """Says why there are no symbols."""
        self._symbols = ()
        self._fill()
        self._words.setText(words)
        self._stack.setCurrentWidget(self._words)

    def show_symbols(self, symbols: tuple[Symbol, ...]) -> None:
        """Shows the symbols of a text; the one at the line that was told last is marked."""
        if not symbols:
            self.set_message(_("No symbols in this file."))
            return
        is_same = [_shape(each) for each in symbols] == [_shape(each) for each in self._symbols]
        self._symbols = symbols
        if is_same:  # the tree stays as it was opened and scrolled
            self._rows = list(zip(_in_order(symbols), (item for __, item in self._rows), strict=True))
        else:
            self._fill()
        self._stack.setCurrentWidget(self.tree)
        self.follow(self._line)

    def follow(self, line: int) -> None:
        """Marks the innermost symbol around a line of the text."""
        self._line = line
        around = [item for symbol, item in self._rows if symbol.first_line <= line <= symbol.last_line]
        if not around:
            self.tree.setCurrentIndex(QModelIndex())
            return
        at = around[-1]
        while (outer := at.parent()) is not None and not outer.isExpanded():
            at = outer
        if at is not self.tree.currentItem():
            self.tree.setCurrentItem(at)

    def _choose(self, item: QTreeWidgetItem) -> None:
        for symbol, each in self._rows:
            if each is item:
                self.chosen.emit(symbol.line, symbol.column)

    def _fill(self) -> None:
        self._rows = []
        self.tree.clear()
        self.tree.addTopLevelItems([self._item(symbol) for symbol in self._symbols])
        for symbol, item in self._rows:
            if symbol.children:  # for 2,000 rows it takes a tenth of a second
                item.setExpanded(True)
        self.follow(self._line)

    def _item(self, symbol: Symbol) -> QTreeWidgetItem:
        item = QTreeWidgetItem([symbol.name])
        drawing, color = _ICONS[_GROUP_OF.get(symbol.kind, "text")]
        item.setIcon(0, self._icons.get(drawing, color))
        item.setToolTip(0, tool_tip(symbol.name))
        words = f"{symbol.name}, {_kind_label(symbol.kind)}"
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, words)
        self._rows.append((symbol, item))
        item.addChildren([self._item(child) for child in symbol.children])
        return item


def _kind_label(kind: int) -> str:
    return {
        "class": _("class"),
        "function": _("function"),
        "module": _("module"),
        "list": _("list"),
        "object": _("object"),
    }.get(_GROUP_OF.get(kind, ""), _("value"))


type _Shape = tuple[str, int, tuple["_Shape", ...]]


def _shape(symbol: Symbol) -> _Shape:
    """Everything that is seen of it: not its place."""
    return symbol.name, symbol.kind, tuple(_shape(child) for child in symbol.children)


def _in_order(symbols: tuple[Symbol, ...]) -> list[Symbol]:
    return [found for symbol in symbols for found in (symbol, *_in_order(symbol.children))]


class OutlineFlow(QObject):
    """Shows the outline below the file tree."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code, self._editor = code, code.files.editor
        self._uri = ""
        self._is_plain = False
        self.outline = Outline(services.icons, services.theme)
        column = code.findChild(QSplitter, "codeColumn")
        assert isinstance(column, QSplitter)
        column.addWidget(self.outline)
        column.setSizes([part * 1_000 for part in _SIZES])
        for number, part in enumerate(_SIZES):
            column.setStretchFactor(number, part)
        self._editor.outline.changed.connect(self._show)
        self._editor.cursor_moved.connect(lambda line, _column: self.outline.follow(line))
        self._editor.fell_back.connect(self._go_without)
        self.outline.chosen.connect(self._go)
        code.workspace_changed.connect(self._forget)
        self._apply()

    def toggle(self) -> None:
        """Shows or hides it, from now on."""
        wanted = not EDITOR_OUTLINE.read(self._services.settings)
        self._services.settings.set(EDITOR_OUTLINE.key, wanted)
        self._apply()

    def _apply(self) -> None:
        wanted = EDITOR_OUTLINE.read(self._services.settings)
        self.outline.setVisible(wanted)
        self._editor.outline.want(wanted=wanted and not self._is_plain)

    def _go_without(self) -> None:
        self._is_plain = True
        self.outline.set_message(_("The plain editor has no outline."))

    def _forget(self) -> None:
        """Another function is opened: until its file is told, nothing of the one before is shown."""
        if self._code.workspace is None:
            self.outline.set_message("")

    def _show(self, uri: str, symbols: tuple[Symbol, ...]) -> None:
        self._uri = uri
        if uri:
            self.outline.show_symbols(symbols)
        else:
            self.outline.set_message(_("No file is open."))

    def _go(self, line: int, column: int) -> None:
        if self._uri == self._editor.active_uri():
            self._editor.reveal(self._uri, line, column)
            self._editor.focus_text()
