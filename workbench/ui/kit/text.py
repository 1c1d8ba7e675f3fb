"""Texts as Qt shows them: plain unless a function of this module made the markup.

Qt takes a text for HTML when it looks like HTML: in tool tips, in labels, in message boxes. HTML loads files:
a log line with `<img src="/dev/zero">` would freeze the window when the pointer rests on it, and on Windows
`<img src="//host/share/x">` would sign in to that host. Three things prevent it, each on its own:

1. Labels are PlainLabel, message boxes come from `message_box`, and what a tool tip shows goes through
   `tool_tip`. tests/architecture/test_sources.py finds every other way.
2. The style sheet gives the text format of Qt's own tool tip and labels (see `PLAIN_TEXT_SHEET`). So what Qt
   makes out of sight, such as an action's tool tip from its title, is plain text too.
3. Markup is a type of its own, and what makes it knows no element that loads anything.
"""

import re
import textwrap
from collections.abc import Iterable
from math import ceil
from pathlib import Path
from typing import cast

from PySide6 import QtCore, QtGui
from PySide6.QtCore import QEvent, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QCompleter,
    QFrame,
    QGraphicsView,
    QGridLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QProxyStyle,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionFrame,
    QStyleOptionMenuItem,
    QStyleOptionViewItem,
    QTableView,
    QTreeView,
    QWidget,
)

from workbench.core.messages import ngettext

PLAIN_TEXT_SHEET = """
QToolTip, QLabel { qproperty-textFormat: PlainText; }
RichLabel { qproperty-textFormat: RichText; }
"""
"""Part of the application's style sheet. Qt sets these properties before it lays out: only then it loads."""

MAX_TIP_CHARACTERS, MAX_TIP_LINES, TIP_LINE_CHARACTERS = 2_000, 40, 120
MAX_LABEL_CHARACTERS, MAX_LABEL_LINES = 5_000, 100
"""Qt lays out a whole label at once: 20 seconds for a million lines, as an error of a function may have."""
_MAX_BOX_CHARACTERS, _MAX_BOX_LINES, _BOX_LINE_CHARACTERS = 1_200, 15, 80
"""A longer text of a message box scrolls."""

_MARKUP_START = re.compile(r"<(?!\u2060)|&(?=lt;)")
_WORD_JOINER = "\u2060"  # has no width, and no tag begins with it
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


class PlainLabel(QLabel):
    """A label that shows its text literally; of a long one, the beginning. Empty, it is no stop of Tab."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._policy: Qt.FocusPolicy | None = None  # once it has a text again
        self.setTextFormat(Qt.TextFormat.PlainText)
        if text:
            self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(beginning(text))
        self._follow_text()

    def setTextInteractionFlags(self, flags: Qt.TextInteractionFlag) -> None:
        super().setTextInteractionFlags(flags)
        self._policy = None  # Qt has set another one
        self._follow_text()

    def _follow_text(self) -> None:
        if self.text() and self._policy is not None:
            self.setFocusPolicy(self._policy)
            self._policy = None
        elif not self.text() and self._policy is None and self.focusPolicy() != Qt.FocusPolicy.NoFocus:
            self._policy = self.focusPolicy()
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        super().paintEvent(event)
        paint_focus_ring(self)


def restyle(widget: QWidget, **properties: object) -> None:
    """Sets properties that the style sheet asks for ("role", "tone"), and shows what it makes of them."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def text_label(name: str, text: str = "", role: str = "") -> QLabel:
    """A label whose text may quote input: never markup, and selectable."""
    label = named(PlainLabel(text), name, text, role)
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


def show_message(label: QLabel, text: str, role: str = "muted") -> None:
    """Shows a temporary text, also to screen readers; an empty one takes no room.

    Args:
        role: The style sheet's name for its look: "muted", "warning", "danger", "good".
        label: From `text_label`.
    """
    if text != label.text() or role != label.property("role"):
        label.setText(text)
        label.setAccessibleName(text)
        restyle(label, role=role)
    label.setVisible(bool(text))


class WrappedText(QPlainTextEdit):
    """Text to read and copy from that is as high as it needs, and wraps anywhere.

    A QLabel wraps between words only: a long ARN makes it wider than its panel, and is cut off.
    """

    def __init__(self, name: str, text: str, accessible_name: str) -> None:
        super().__init__()
        named(self, name, accessible_name, "wrapped")
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setWordWrapMode(QtGui.QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        for policy in (self.setVerticalScrollBarPolicy, self.setHorizontalScrollBarPolicy):
            policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.setText(text)

    def setText(self, text: str) -> None:
        self.setPlainText(beginning(text))
        self._update_height()

    def text(self) -> str:
        """What it shows."""
        return self.toPlainText()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_height()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._update_height()

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        event.ignore()  # it is whole: what it lies in scrolls

    def _update_height(self) -> None:
        lines = self.document().documentLayout().documentSize().height()
        self.setFixedHeight(ceil(lines * self.fontMetrics().lineSpacing()))


class Markup(str):
    """HTML that is safe to show. Only the functions of this module make it."""

    __slots__ = ()


class RichLabel(QLabel):
    """A label that shows Markup, and other text literally. Tab reaches its links, Enter opens them."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(text if isinstance(text, Markup) else escaped(beginning(text)))
        by_keyboard = Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        flags = self.textInteractionFlags()
        if self._has_link() != bool(flags & by_keyboard):
            self.setTextInteractionFlags(flags ^ by_keyboard)  # makes it a stop of Tab, or not

    def focusInEvent(self, event: QtGui.QFocusEvent) -> None:
        super().focusInEvent(event)
        reasons = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if event.reason() in reasons and self._has_link():
            self.focusNextPrevChild(event.reason() == reasons[0])  # to its first or last link at once

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._has_link():
            markup = self.text()  # Qt gives links the palette's colour when a text is set
            super().setText("")
            super().setText(markup)

    def _has_link(self) -> bool:
        return "<a href" in self.text()


_LINE_PX = 2  # between the frame of a field and its text, as Qt has it
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that change the direction of what follows: with them `evil.py` reads `yp.live`."""


def visible(text: str) -> str:
    """A text in which no character can reorder the others: such a one is shown by its number."""
    if text.isascii():
        return text
    return BIDI.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


class PlainDelegate(QStyledItemDelegate):
    """Draws the rows of a list, tree or table with `visible` texts; `named` gives it to every view."""

    def initStyleOption(
        self,
        option: QStyleOptionViewItem,
        index: QtCore.QModelIndex | QtCore.QPersistentModelIndex,
    ) -> None:
        super().initStyleOption(option, index)
        option.text = visible(option.text)


class VisibleStyle(QProxyStyle):
    """Fusion, which draws the texts of buttons, closed lists, tabs, headers and bars `visible`.

    Menus and fields draw theirs themselves: see PlainMenu and PlainLine.
    """

    def __init__(self) -> None:
        super().__init__("Fusion")

    def drawItemText(
        self,
        painter: QPainter,
        rect: QtCore.QRect,
        flags: int,
        pal: QPalette | Qt.GlobalColor | QtGui.QColor,
        enabled: bool,
        text: str,
        textRole: QPalette.ColorRole = QPalette.ColorRole.NoRole,
    ) -> None:
        shown = visible(text)
        if shown != text:  # the widget has its size by the shorter one
            shown = painter.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideRight, rect.width())
        super().drawItemText(painter, rect, flags, pal, enabled, shown, textRole)


class PlainMenu(QMenu):
    """A menu whose entries are `visible`."""

    def initStyleOption(self, option: QStyleOptionMenuItem, action: QtGui.QAction) -> None:
        super().initStyleOption(option, action)
        option.text = visible(option.text)


class PlainLine(QLineEdit):
    """A field whose text is `visible` unless it is being edited."""

    def setPlaceholderText(self, text: str) -> None:
        super().setPlaceholderText(visible(text))

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        text = self.displayText()
        shown = visible(text)
        if shown == text or (self.hasFocus() and not self.isReadOnly()):
            super().paintEvent(event)
            return
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        style, painter = self.style(), QPainter(self)
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option, painter, self)
        area = style.subElementRect(QStyle.SubElement.SE_LineEditContents, option, self)
        area = area.marginsRemoved(self.textMargins()).adjusted(_LINE_PX, 0, -_LINE_PX, 0)
        shown = self.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideRight, area.width())
        flags = (self.alignment() | Qt.AlignmentFlag.AlignVCenter).value
        style.drawItemText(
            painter, area, flags, self.palette(), self.isEnabled(), shown, QPalette.ColorRole.Text
        )
        painter.end()


def complete_plainly(completer: QCompleter) -> QCompleter:
    """Makes what a completer proposes `visible`, and hands it back."""
    popup = completer.popup()
    assert popup is not None
    popup.setItemDelegate(PlainDelegate(popup))
    return completer


def beginning(text: str) -> str:
    """As much of a text as a label or message box can lay out at once, with "…" where it was cut."""
    text = visible(text[: MAX_LABEL_CHARACTERS + 1])
    if len(text) <= MAX_LABEL_CHARACTERS and text.count("\n") < MAX_LABEL_LINES:
        return text
    return "\n".join(text[:MAX_LABEL_CHARACTERS].split("\n")[:MAX_LABEL_LINES]) + "…"


def escaped(text: str) -> Markup:
    """A text as Markup. Markup is returned unchanged."""
    return text if isinstance(text, Markup) else Markup(_escape(text))


def unbroken(text: str) -> Markup:
    """A plain text as Markup without line breaks at its spaces."""
    return Markup(_escape(text).replace(" ", "&nbsp;"))


def colored(text: str, color: str) -> Markup:
    """A text in a colour.

    Args:
        text: Plain text or Markup.
        color: "#rrggbb".
    """
    if not _COLOR.fullmatch(color):
        raise ValueError(color)
    return Markup(f'<span style="color:{color}">{escaped(text)}</span>')


def link(text: str, url: str) -> Markup:
    """A link to a page of the web.

    Args:
        text: Plain text or Markup.
        url: Starts with "https://".
    """
    if not url.startswith("https://"):
        raise ValueError(url)
    return Markup(f'<a href="{escaped(url)}">{escaped(text)}</a>')


def joined(separator: str, parts: Iterable[str]) -> Markup:
    """Joins texts or Markup with a separator."""
    return Markup(escaped(separator).join(escaped(part) for part in parts))


def _escape(text: str) -> str:
    """Does what html.escape does, whose module would slow the start with all of HTML's entities."""
    for character, entity in _ESCAPES.items():  # "&" comes first
        text = text.replace(character, entity)
    return text


def tool_tip(text: str) -> str:
    """A text for a tool tip: for setToolTip, for ToolTipRole.

    It never looks like markup to Qt: if it would, a zero-width character follows each "<". Long lines are
    wrapped and long texts are cut, because Qt lays out a tool tip at once and as wide as the screen.
    """
    lines: list[str] = []
    for line in visible(text[:MAX_TIP_CHARACTERS])[:MAX_TIP_CHARACTERS].split("\n")[: MAX_TIP_LINES + 1]:
        lines += _wrapped(line) if len(line) > TIP_LINE_CHARACTERS else (line,)
    shown = "\n".join(lines[:MAX_TIP_LINES])
    if len(text) > MAX_TIP_CHARACTERS or len(lines) > MAX_TIP_LINES:
        shown += "…"
    if QtGui.Qt.mightBeRichText(shown):
        shown = _MARKUP_START.sub(rf"\g<0>{_WORD_JOINER}", shown)
    return shown


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(
        line, TIP_LINE_CHARACTERS, expand_tabs=False, replace_whitespace=False, break_on_hyphens=False
    )


def static_text(text: str) -> QtGui.QStaticText:
    """A plain text that is laid out once and painted often."""
    static = QtGui.QStaticText(text)
    static.setTextFormat(Qt.TextFormat.PlainText)
    return static


def message_box(
    parent: QWidget | None,
    title: str,
    text: str,
    detail: str = "",
    icon: QMessageBox.Icon = QMessageBox.Icon.NoIcon,
    buttons: QMessageBox.StandardButton = QMessageBox.StandardButton.NoButton,
) -> QMessageBox:
    """A message box that shows its texts literally.

    Args:
        text: What it says or asks.
        detail: A smaller text below.
        icon: Question, warning or information.
        buttons: Its standard buttons; the caller adds others.
    """
    box = QMessageBox(parent)
    box.setIcon(icon)
    box.setWindowTitle(visible(title))
    box.setText(beginning(text))
    if detail:
        box.setInformativeText(beginning(detail))
    if buttons != QMessageBox.StandardButton.NoButton:
        box.setStandardButtons(buttons)
    for label in box.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
        if len(label.text()) > _MAX_BOX_CHARACTERS or label.text().count("\n") >= _MAX_BOX_LINES:
            _make_scroll(box, label)
    return box


def _make_scroll(box: QMessageBox, label: QLabel) -> None:
    """Puts a label of a message box into a scroll area, so that the buttons stay on the screen."""
    grid = box.layout()
    if not isinstance(grid, QGridLayout) or (index := grid.indexOf(label)) < 0:
        return
    row, column, rows, columns = cast(tuple[int, int, int, int], grid.getItemPosition(index))
    grid.removeWidget(label)
    scroll = QScrollArea()
    scroll.setObjectName(f"{label.objectName()}Scroll")
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    scroll.setWidget(label)
    font = label.fontMetrics()
    scroll.setFixedSize(font.averageCharWidth() * _BOX_LINE_CHARACTERS, font.lineSpacing() * _MAX_BOX_LINES)
    grid.addWidget(scroll, row, column, rows, columns)


def show_status(label: QLabel, text: str, *, danger: bool = False) -> None:
    """Sets the text of a label; `danger` shows it as an error."""
    label.setText(text)
    label.setToolTip(tool_tip(text))
    restyle(label, role="danger" if danger else "muted")


def named[W: QWidget](widget: W, object_name: str, accessible_name: str = "", role: str = "") -> W:
    """Names a widget and hands it back, so that making and naming it is one expression.

    Args:
        widget: A widget just made.
        object_name: Unique on its page, in camelCase.
        accessible_name: What a screen reader says; needed where the widget shows no text of its own.
        role: The style sheet's name for its looks ("muted", "heading", "primary", "quiet").
    """
    widget.setObjectName(object_name)
    if isinstance(widget, QAbstractItemView) and type(widget.itemDelegate()) is QStyledItemDelegate:
        widget.setItemDelegate(PlainDelegate(widget))
    if accessible_name:
        widget.setAccessibleName(accessible_name)
        if isinstance(widget, QTableView):
            widget.horizontalHeader().setAccessibleName(accessible_name)
            widget.verticalHeader().setAccessibleName(accessible_name)
        elif isinstance(widget, QTreeView):
            widget.header().setAccessibleName(accessible_name)
        elif isinstance(widget, QGraphicsView):
            widget.viewport().setAccessibleName(accessible_name)  # takes the keyboard by itself
        elif isinstance(widget, QComboBox) and (line := widget.lineEdit()) is not None:
            line.setAccessibleName(accessible_name)
    if role:
        widget.setProperty("role", role)
    return widget


_RING_PX = 2  # as in the style sheet


def paint_focus_ring(widget: QWidget) -> None:
    """Paints the ring inside the edge of a widget that has the focus and is reached by Tab.

    Call it in the widget's paintEvent.
    """
    if not (widget.hasFocus() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus):
        return
    painter = QPainter(widget)
    painter.setPen(QPen(widget.palette().color(QPalette.ColorRole.Accent), _RING_PX))
    inset = _RING_PX / 2
    painter.drawRect(QRectF(widget.rect()).adjusted(inset, inset, -inset, -inset))
    painter.end()


def announce(widget: QWidget, text: str, *, urgent: bool = False) -> None:
    """Lets screen readers read a text aloud; an urgent one interrupts them."""
    event = QtGui.QAccessibleAnnouncementEvent(widget, text)
    if urgent:
        event.setPoliteness(QtGui.QAccessible.AnnouncementPoliteness.Assertive)
    QtGui.QAccessible.updateAccessibility(event)


def duration_text(duration_ms: float) -> str:
    """A duration: "12 ms", "1.24 s", "2 min 5 s", "3 h 10 min"."""
    if duration_ms < 1000:
        return f"{duration_ms:.0f} ms"
    seconds = duration_ms / 1000
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def size_text(size_bytes: int) -> str:
    """A size: "299 bytes", "1.2 KB", "48 MB". Powers of 1024, as Lambda's limits are meant."""
    if size_bytes < 1024:
        return ngettext("{count} byte", "{count} bytes", size_bytes).format(count=size_bytes)
    size, unit = size_bytes / 1024, "KB"
    for larger in ("MB", "GB"):
        if size >= 1024:
            size, unit = size / 1024, larger
    return f"{size:.1f} {unit}" if size < 10 else f"{size:.0f} {unit}"


def short_path(path: Path) -> str:
    """The path, with "~" for the home folder."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):  # elsewhere, or there is no home
        return str(path)


_ASK_WIDTH = 460


def ask_text(parent: QWidget, title: str, label: str, text: str = "") -> str | None:
    """Waits for the answer, without the white space around it; None when there is none.

    Args:
        parent: Over whose window the dialog stands.
        title: Of the dialog.
        label: What is asked for.
        text: What stands there. One that ends with "/" is the beginning of the answer, others are selected.
    """
    dialog = named(QInputDialog(parent), "askText")
    dialog.setWindowTitle(visible(title))
    dialog.setLabelText(label)
    for each in dialog.findChildren(QLabel):
        each.setTextFormat(Qt.TextFormat.PlainText)  # `label` may quote the name of a file
    dialog.setTextValue(text)
    dialog.resize(_ASK_WIDTH, dialog.sizeHint().height())
    if (field := dialog.findChild(QLineEdit)) is not None:
        field.setAccessibleName(label)
        if text.endswith("/"):
            QTimer.singleShot(0, field, lambda: field.end(False))  # a dialog that opens selects it
    accepted = dialog.exec() == QInputDialog.DialogCode.Accepted
    answer = dialog.textValue().strip()
    dialog.deleteLater()
    return answer if accepted else None
