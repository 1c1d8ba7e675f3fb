"""Labelled values to read, one a row, each with a copy button. A table, because widgets cost 1.4 ms a row."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolTip, QWidget

from workbench.core.messages import _
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column

_COPY = 2


@dataclass(frozen=True, slots=True)
class Field:
    """A value and what it is."""

    label: str
    value: str


class FieldTable(Table[Field]):
    """As high as its rows. Enter, or a click on the copy sign, copies the row's value.

    Args:
        name: The object name.
        accessible_name: What the values belong to.
        icons: For the copy sign.
        parent: The widget it lies in.
    """

    def __init__(self, name: str, accessible_name: str, icons: Icons, parent: QWidget | None = None) -> None:
        columns = (
            Column[Field](_("Name"), lambda field: field.label, 190, tone=lambda _field: "muted"),
            Column[Field](_("Value"), lambda field: field.value),
            Column[Field](
                _("Copy"),
                lambda _field: _("Copy"),
                36,
                full=lambda field: field.value,
                icon=lambda _field: icons.get("copy", "muted"),
                is_icon=True,
            ),
        )
        super().__init__(
            name, accessible_name, columns, identity=lambda field: field.label, cells=True, parent=parent
        )
        self.horizontalHeader().setVisible(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.activated.connect(self._copy_value)
        self.clicked.connect(self._clicked)

    def show_fields(self, fields: Sequence[Field]) -> None:
        """Shows these values."""
        self.set_rows(fields)
        self.resize_to_content(most=len(fields))

    def _clicked(self, index: QModelIndex) -> None:
        if index.column() == _COPY:
            self._copy_value(index)

    def _copy_value(self, index: QModelIndex) -> None:
        QGuiApplication.clipboard().setText(self.rows.row(index.row()).value)
        place = self.visualRect(index.siblingAtColumn(_COPY)).bottomLeft()
        QToolTip.showText(self.viewport().mapToGlobal(place), _("Copied"), self)
