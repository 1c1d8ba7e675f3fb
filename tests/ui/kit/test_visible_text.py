"""No text of a list, a tree, a table or a label reorders what is read of it."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QImage, QStandardItem, QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QCompleter,
    QListWidget,
    QPushButton,
    QRadioButton,
    QStyleOptionViewItem,
    QTabBar,
    QTableView,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

from workbench.ui.files.tree import FileTree
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import (
    PlainDelegate,
    PlainLabel,
    PlainLine,
    PlainMenu,
    VisibleStyle,
    WrappedText,
    complete_plainly,
    message_box,
    named,
    tool_tip,
    visible,
)
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.banners import MessageCenter
from workbench.ui.shell.services import Services

EVIL, SHOWN = "evil\u202eyp.live", "evil[U+202E]yp.live"
UI = Path(__file__).parents[3] / "workbench" / "ui"


def drawn(view: QAbstractItemView, index: QModelIndex) -> str:
    """The text that the view's delegate draws."""
    delegate, option = view.itemDelegate(), QStyleOptionViewItem()
    assert isinstance(delegate, PlainDelegate)
    delegate.initStyleOption(option, index)
    return option.text


@pytest.mark.parametrize(
    "mark", ["\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2069"]
)
def test_what_changes_the_direction_is_shown_by_its_number(mark: str) -> None:
    assert visible(f"a{mark}b") == f"a[U+{ord(mark):04X}]b"


@pytest.mark.parametrize(
    "text", ["app.py", "größe.py", "שלום.py", "مرحبا", "日本語.txt", "a\u200db", "👩\u200d💻"]
)
def test_ordinary_names_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


def test_lists_trees_and_tables_of_qt_draw_it(qtbot: QtBot) -> None:
    listed, tree, table = named(QListWidget(), "l"), named(QTreeWidget(), "t"), named(QTableView(), "v")
    for view in (listed, tree, table):
        qtbot.addWidget(view)
    listed.addItem(EVIL)
    tree.addTopLevelItem(QTreeWidgetItem([EVIL]))
    model = QStandardItemModel()
    model.appendRow(QStandardItem(EVIL))
    table.setModel(model)
    for view in (listed, tree, table):
        index = view.model().index(0, 0)
        assert drawn(view, index) == SHOWN
        assert index.data(Qt.ItemDataRole.DisplayRole) == EVIL  # what is edited and copied


def test_the_kits_table_labels_and_tool_tips_show_it(qtbot: QtBot) -> None:
    table = Table("names", "Names", (Column[str]("Name", str),))
    qtbot.addWidget(table)
    table.set_rows([EVIL])
    assert table.rows.index(0, 0).data() == SHOWN
    assert PlainLabel(EVIL).text() == SHOWN
    assert tool_tip(EVIL) == SHOWN


def test_the_tree_of_files_draws_it(icons: Icons, theme: Theme, qtbot: QtBot) -> None:
    tree = FileTree(icons, theme)
    qtbot.addWidget(tree)
    assert isinstance(tree.itemDelegate(), PlainDelegate)


def test_every_delegate_is_one_of_the_kit() -> None:
    for path in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and path.name != "text.py":
                bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
                assert "QStyledItemDelegate" not in bases, f"{path}: {node.name}"


def test_headers_have_the_name_of_what_they_head(qtbot: QtBot) -> None:
    tree, table = named(QTreeWidget(), "t", "Files"), Table("n", "Names", (Column[str]("Name", str),))
    for view in (tree, table):
        qtbot.addWidget(view)
    assert tree.header().accessibleName() == "Files"
    assert table.horizontalHeader().accessibleName() == table.verticalHeader().accessibleName() == "Names"


ARABIC, HEBREW = "تقرير-المبيعات.csv", "דוח מכירות.csv"


def _combo(text: str, *, editable: bool = False) -> QWidget:
    box = CalmChoice()
    box.setEditable(editable)
    box.addItem(text)
    return box


def _tool_button(text: str) -> QWidget:
    button = QToolButton()
    button.setText(text)
    return button


def _tabs(text: str) -> QWidget:
    bar = QTabBar()
    bar.setUsesScrollButtons(False)
    bar.addTab(text)
    return bar


def _header(text: str) -> QWidget:
    tree = named(QTreeWidget(), "tree", "Files")
    tree.setHeaderLabels([text])
    tree.addTopLevelItem(QTreeWidgetItem([text]))
    return tree


def _read_only(text: str) -> QWidget:
    line = PlainLine(text)
    line.setReadOnly(True)
    return line


def _placeholder(text: str) -> QWidget:
    line = PlainLine()
    line.setPlaceholderText(text)
    return line


def _menu(text: str) -> QWidget:
    menu = PlainMenu()
    menu.addAction(text)
    below = PlainMenu(text, menu)
    menu.addMenu(below)
    return menu


KINDS: dict[str, Callable[[str], QWidget]] = {
    "closed list": _combo,
    "editable list": lambda text: _combo(text, editable=True),
    "button": QPushButton,
    "tool button": _tool_button,
    "check box": QCheckBox,
    "radio button": QRadioButton,
    "tabs": _tabs,
    "tree and header": _header,
    "label": PlainLabel,
    "text": lambda text: WrappedText("text", text, "Text"),
    "field": PlainLine,
    "read-only field": _read_only,
    "placeholder": _placeholder,
    "menu": _menu,
}


def picture(qtbot: QtBot, widget: QWidget) -> QImage:
    qtbot.addWidget(widget)
    widget.setFixedSize(420, 90)
    widget.ensurePolished()
    return widget.grab().toImage()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_dressed", [False, True])
def test_every_kind_of_widget_draws_it(
    qtbot: QtBot, request: pytest.FixtureRequest, theme: Theme, kind: str, *, is_dressed: bool
) -> None:
    if is_dressed:
        request.getfixturevalue("dressed")
    make = KINDS[kind]
    evil, as_shown = picture(qtbot, make(EVIL)), picture(qtbot, make(SHOWN))
    assert evil == as_shown
    assert evil != picture(qtbot, make("")), "it is drawn"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [ARABIC, HEBREW])
def test_arabic_and_hebrew_are_drawn_as_qt_draws_them(
    qtbot: QtBot, qapp: QApplication, theme: Theme, kind: str, text: str
) -> None:
    ours = picture(qtbot, KINDS[kind](text))
    qapp.setStyle("Fusion")
    try:
        assert picture(qtbot, KINDS[kind](text)) == ours
    finally:
        qapp.setStyle(VisibleStyle())


def test_what_a_completer_proposes_shows_it(qtbot: QtBot) -> None:
    line = PlainLine()
    qtbot.addWidget(line)
    completer = complete_plainly(QCompleter([EVIL], line))
    line.setCompleter(completer)
    popup = completer.popup()
    assert popup is not None
    assert drawn(popup, completer.completionModel().index(0, 0)) == SHOWN


def test_a_field_shows_what_is_edited_as_it_is(qtbot: QtBot, theme: Theme) -> None:
    line = PlainLine(EVIL)
    line.show()
    line.activateWindow()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    QTest.keyClick(line, Qt.Key.Key_End)
    QTest.keyClick(line, Qt.Key.Key_X)
    assert line.text() == f"{EVIL}x"


def test_titles_of_windows_and_messages_show_it(qtbot: QtBot, services: Services) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    box, dialog = message_box(None, EVIL, EVIL), Dialog("d", EVIL, parent)
    center = MessageCenter(services)
    for widget in (box, center):
        qtbot.addWidget(widget)
    assert box.windowTitle() == dialog.windowTitle() == SHOWN
    banner = center.show_notice(EVIL, EVIL)
    assert [label.text() for label in banner.findChildren(PlainLabel) if "evil" in label.text()] == [
        SHOWN
    ] * 2


def unguarded(source: str) -> list[int]:
    """The lines that make a menu or a field of Qt's own, or give a window a title as it is."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="QMenu" | "QLineEdit")):
                found.append(node.lineno)
            case ast.Call(func=ast.Attribute(attr="setCompleter"), args=[ast.Name()]):
                found.append(node.lineno)
            case ast.Call(func=ast.Attribute(attr="addMenu"), args=[ast.Call() | ast.Constant()]):
                found.append(node.lineno)
            case ast.Call(
                func=ast.Attribute(attr="setWindowTitle"), args=[ast.Call(func=ast.Name(id=maker))]
            ):
                if maker not in ("_", "visible"):
                    found.append(node.lineno)
            case ast.Call(func=ast.Attribute(attr="setWindowTitle"), args=[ast.Name()]):
                found.append(node.lineno)
            case ast.ClassDef() if {"QMenu", "QLineEdit"} & {ast.unparse(each) for each in node.bases}:
                if not node.name.startswith("Plain"):
                    found.append(node.lineno)
    return found


def test_only_the_kits_menus_fields_and_titles_are_used() -> None:
    found = {
        f"{path.relative_to(UI)}:{line}"
        for path in UI.rglob("*.py")
        for line in unguarded(path.read_text("utf-8"))
    }
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "QMenu(self)",
        "QLineEdit()",
        "menu.addMenu(_('More'))",
        "self.setWindowTitle(title)",
        "class A(QMenu): 1",
    ],
)
def test_the_rule_on_menus_fields_and_titles_bites(source: str) -> None:
    assert unguarded(source)
    assert not unguarded("menu.addMenu(below)\nself.setWindowTitle(visible(title))\nPlainLine()")
