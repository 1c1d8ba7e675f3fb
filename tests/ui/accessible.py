"""What assistive technology finds in a window: every node that can have the keyboard, by QAccessible."""

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QWidget

_CELLS = (QAccessible.Role.Cell, QAccessible.Role.ListItem, QAccessible.Role.TreeItem)
"""Their names are what they show, which may be nothing. The view around them has a name."""


def nodes(root: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    """A node and all below it that can be seen, but for the cells of tables and lists."""
    if not root.isValid() or root.state().invisible:
        return
    yield root
    for number in range(root.childCount()):
        child = root.child(number)
        if child is not None and child.isValid() and child.role() not in _CELLS:
            yield from nodes(child)


def focusable(window: QWidget) -> list[QAccessibleInterface]:
    """The nodes of a window that can have the keyboard, and those of its widgets that its tree leaves out."""
    root = QAccessible.queryAccessibleInterface(window)
    assert root is not None
    found = [node for node in nodes(root) if node.state().focusable]
    known = {id(node.object()) for node in found}
    for widget in window.findChildren(QWidget):
        takes_focus = widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.focusProxy() is None
        if takes_focus and widget.isVisible() and widget.window() is window and id(widget) not in known:
            node = QAccessible.queryAccessibleInterface(widget)
            assert node is not None
            found.append(node)
    return found


def faults(window: QWidget) -> list[str]:
    """The nodes that can have the keyboard and have no name, no role, or the name of their class."""
    found = []
    for node in focusable(window):
        widget = node.object()
        name = node.text(QAccessible.Text.Name).strip()
        classes = {type(widget).__name__, widget.metaObject().className()} if widget is not None else set()
        parent = node.parent()
        around = parent.object().objectName() if parent is not None and parent.object() is not None else ""
        own = widget.objectName() if widget is not None else ""
        what = f"{node.role().name} {' '.join(sorted(classes))} {own} in {around}"
        if not name:
            found.append(f"no name: {what}")
        elif name in classes:
            found.append(f"the name of its class: {what}")
        if node.role() == QAccessible.Role.NoRole:
            found.append(f"no role: {what}")
    return found
