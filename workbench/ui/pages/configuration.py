"""The Configuration tab: how the function is set up. Read only for now."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QFrame,
    QGroupBox,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.ui.field_table import FieldTable
from workbench.ui.icons import Icons
from workbench.ui.named import named
from workbench.ui.pages.base import Page
from workbench.ui.pages.configuration_sections import ConfigurationWords, Section
from workbench.ui.services import Services

_TWO_COLUMNS_FROM = 860


class ConfigurationPage(Page):
    """Groups of labelled values that can be copied; in two columns where there is room.

    Everything shown is part of the function that the window has read, so this page reads nothing itself.
    """

    object_name = "configurationPage"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._words = ConfigurationWords(self)
        self._boxes: dict[str, _SectionBox] = {}
        self._stale = True
        body = QWidget()
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight, body)
        self._columns.setContentsMargins(16, 12, 16, 12)
        self._columns.setSpacing(16)
        self.view = named(QScrollArea(), "configurationScroll", self.tr("Configuration"))
        self.view.setWidgetResizable(True)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setWidget(body)
        self.setFocusProxy(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)

    def function_changed(self) -> None:
        self._stale = True
        for box in self._boxes.values():
            box.show_section(None)

    def load(self) -> None:
        if self.function is None or not self._stale:
            return
        columns = self._words.left(self.function.detail), self._words.right(self.function.detail)
        if not self._boxes:
            for sections in columns:
                self._add_column(sections)
        for section in (*columns[0], *columns[1]):
            self._boxes[section.name].show_section(section)
        self._stale = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = event.size().width() >= _TWO_COLUMNS_FROM
        direction = QBoxLayout.Direction
        self._columns.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        super().resizeEvent(event)

    def _add_column(self, sections: tuple[Section, ...]) -> None:
        column = QVBoxLayout()
        column.setSpacing(12)
        for section in sections:
            box = _SectionBox(section, self.services.icons)
            self._boxes[section.name] = box
            column.addWidget(box)
        column.addStretch(1)
        self._columns.addLayout(column, 1)


class _SectionBox(QGroupBox):
    """One section: its values, a note, and a switch when there are secrets among them."""

    def __init__(self, section: Section, icons: Icons) -> None:
        super().__init__(section.title)
        self.setObjectName(f"section.{section.name}")
        self._table = FieldTable(f"fields.{section.name}", section.title, icons)
        self._note = named(QLabel(), f"note.{section.name}", role="muted")
        self._note.setWordWrap(True)
        self._switch = named(QCheckBox(self.tr("Show values")), f"show.{section.name}")
        self._switch.toggled.connect(lambda shown: self._table.show_secrets(shown=shown))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 12, 8, 8)
        layout.setSpacing(4)
        for widget in (self._table, self._note, self._switch):
            layout.addWidget(widget)

    def show_section(self, section: Section | None) -> None:
        """Shows the values, or none."""
        fields = section.fields if section else ()
        note = section.note if section else ""
        self._switch.setChecked(False)
        self._switch.setVisible(any(field.secret for field in fields))
        self._table.show_fields(fields)
        self._table.setVisible(bool(fields))
        self._note.setText(note)
        self._note.setVisible(bool(note))
