"""A thing that a deploy can do beside sending the code: a tick, and below it what it needs to know."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFormLayout, QVBoxLayout, QWidget

from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_INDENT = 22
_LABEL_WIDTH = 84


class Section(QWidget):
    """Its fields are there while it is ticked.

    Args:
        name: Object name of the tick.
        title: What it does, in words.
        tip: What a person may want to know first.
    """

    toggled = Signal()

    def __init__(self, name: str, title: str, tip: str = "") -> None:
        super().__init__()
        self.setObjectName(f"{name}Section")
        self.tick = named(QCheckBox(title), name, title)
        self.tick.setToolTip(tool_tip(tip))
        self._body = QWidget()
        self._form = QFormLayout(self._body)
        self._form.setContentsMargins(_INDENT, 2, 0, 4)
        self._form.setSpacing(6)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.tick)
        column.addWidget(self._body)
        self._body.setVisible(False)
        self.tick.toggled.connect(self._toggle)

    def add(self, title: str, field: QWidget) -> None:
        """Adds a field; named already."""
        label = named(PlainLabel(title), f"{field.objectName()}Label")
        label.setBuddy(field)
        label.setMinimumWidth(scaled(_LABEL_WIDTH))
        label.setFixedHeight(field.sizeHint().height())
        if not field.accessibleName():
            field.setAccessibleName(title)
        self._form.addRow(label, field)

    def show_field(self, field: QWidget, *, shown: bool) -> None:
        """Shows or hides a field with its label."""
        self._form.setRowVisible(field, shown)

    @property
    def wanted(self) -> bool:
        """Whether it is ticked."""
        return self.tick.isChecked()

    def want(self, *, wanted: bool) -> None:
        """Ticks it, or not."""
        self.tick.setChecked(wanted)

    def _toggle(self, ticked: bool) -> None:
        self._body.setVisible(ticked and self._form.rowCount() > 0)
        self.toggled.emit()
