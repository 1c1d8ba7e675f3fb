"""Labelled values to read, one a row, each with a copy button. A table, because widgets cost 1.4 ms a row."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from workbench.core.messages import _
from workbench.ui.copy_table import CopyTable
from workbench.ui.icons import Icons
from workbench.ui.rows_model import TableRow

_LABEL, _VALUE, _COPY = range(3)
_MASK = "••••••••"  # always as long: the length of a password is a secret too
_ICON_SIZE = 16

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Field:
    """A value. A secret one is shown only when asked for; an environment value may be a password."""

    label: str
    value: str
    secret: bool = False


class FieldTable(CopyTable):
    """As high as its rows. Enter, or a click on the copy sign, copies the row's value.

    Args:
        name: The object name.
        accessible_name: What the values belong to.
        icons: For the copy sign.
        parent: The widget it lies in.
    """

    def __init__(self, name: str, accessible_name: str, icons: Icons, parent: QWidget | None = None) -> None:
        headers = (_("Name"), _("Value"), _("Copy"))
        super().__init__(name, accessible_name, headers, (190, 0, 36), parent)
        self._fields: tuple[Field, ...] = ()
        self._shown = False
        self.horizontalHeader().setVisible(False)
        self.setItemDelegate(_Delegate(icons, self))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.activated.connect(self._copy_value)
        self.clicked.connect(self._clicked)

    def show_fields(self, fields: Sequence[Field]) -> None:
        """Shows these values; secrets are masked again."""
        self._fields = tuple(fields)
        self.show_secrets(shown=False)
        self.fit(most=len(self._fields))

    def show_secrets(self, *, shown: bool) -> None:
        """Shows or masks the secret values."""
        self._shown = shown
        self.take([self._row(field) for field in self._fields])

    def _row(self, field: Field) -> TableRow:
        masked = field.secret and not self._shown
        return TableRow(
            (field.label, _MASK if masked else field.value, _("Copy")),
            ((_VALUE, field.value), (_COPY, field.value)),
            discreet=masked,
        )

    def _clicked(self, index: QModelIndex) -> None:
        if index.column() == _COPY:
            self._copy_value(index)

    def _copy_value(self, index: QModelIndex) -> None:
        QGuiApplication.clipboard().setText(self._fields[index.row()].value)
        place = self.visualRect(index.siblingAtColumn(_COPY)).bottomLeft()
        QToolTip.showText(self.viewport().mapToGlobal(place), _("Copied"), self)


class _Delegate(QStyledItemDelegate):
    """Labels muted, values in plain text, the copy sign as an icon; as a word when there is no icon."""

    def __init__(self, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons = icons

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        if index.column() == _LABEL:
            muted = QApplication.palette().color(QPalette.ColorRole.PlaceholderText)
            option.palette.setColor(QPalette.ColorRole.Text, muted)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        icon = self._icons.get("copy", "muted") if index.column() == _COPY else None
        if icon is None or icon.isNull():
            super().paint(painter, option, index)
            return
        option = QStyleOptionViewItem(option)
        self.initStyleOption(option, index)
        option.text = ""
        style = option.widget.style()
        style.drawControl(style.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        area = option.rect
        left = area.left() + (area.width() - _ICON_SIZE) // 2
        top = area.top() + (area.height() - _ICON_SIZE) // 2
        icon.paint(painter, left, top, _ICON_SIZE, _ICON_SIZE)
