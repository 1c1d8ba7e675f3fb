"""The Configuration tab: how the function is set up. Read only for now."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QFrame,
    QGridLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from workbench.ui.icons import Icons
from workbench.ui.named import named
from workbench.ui.pages.base import Page
from workbench.ui.pages.configuration_sections import ConfigurationWords, Field, Section
from workbench.ui.services import Services

_TWO_COLUMNS_FROM = 860
_LABEL_WIDTH = 170


class ConfigurationPage(Page):
    """Groups of labelled values, each with a copy button; in two columns where there is room.

    Everything shown is part of the function that the window has read, so this page reads nothing itself.
    """

    object_name = "configurationPage"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._words = ConfigurationWords(self)
        self._columns: QBoxLayout | None = None
        self._stale = True
        self.view = named(QScrollArea(), "configurationScroll", self.tr("Configuration"))
        self.view.setWidgetResizable(True)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusProxy(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)

    def function_changed(self) -> None:
        self._stale = True
        if self.function is None:
            self._fill((), ())

    def load(self) -> None:
        if self.function is not None and self._stale:
            detail = self.function.detail
            self._fill(self._words.left(detail), self._words.right(detail))
            self._stale = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _fill(self, left: tuple[Section, ...], right: tuple[Section, ...]) -> None:
        body = QWidget()
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight, body)
        self._columns.setContentsMargins(16, 12, 16, 12)
        self._columns.setSpacing(16)
        for sections in (left, right):
            column = QVBoxLayout()
            column.setSpacing(12)
            for section in sections:
                column.addWidget(_SectionBox(section, self.services.icons))
            column.addStretch(1)
            self._columns.addLayout(column, 1)
        self._arrange()
        self.view.setWidget(body)  # deletes the one before

    def _arrange(self) -> None:
        if self._columns is not None:
            wide = self.width() >= _TWO_COLUMNS_FROM
            direction = QBoxLayout.Direction
            self._columns.setDirection(direction.LeftToRight if wide else direction.TopToBottom)


class _SectionBox(QGroupBox):
    """One section."""

    def __init__(self, section: Section, icons: Icons) -> None:
        super().__init__(section.title)
        self.setObjectName(f"section.{section.name}")
        self._secrets: list[QLineEdit] = []
        grid = QGridLayout(self)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        grid.setColumnStretch(1, 1)
        for row, field in enumerate(section.fields):
            self._add(grid, row, section, field, icons)
        below = len(section.fields)
        if section.note:
            role = "warning" if section.fields else "muted"
            note = named(QLabel(section.note), f"note.{section.name}", role=role)
            note.setWordWrap(True)
            grid.addWidget(note, below, 0, 1, 3)
        if self._secrets:
            show = named(QCheckBox(self.tr("Show values")), f"show.{section.name}")
            show.toggled.connect(self._show_secrets)
            grid.addWidget(show, below + 1, 0, 1, 3)

    def _add(self, grid: QGridLayout, row: int, section: Section, field: Field, icons: Icons) -> None:
        label = named(QLabel(field.label), f"label.{section.name}.{row}", role="muted")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setToolTip(field.label)
        # A line to type in, made read-only: long values scroll, can be selected and are read out.
        value = named(QLineEdit(field.value), f"value.{section.name}.{row}", field.label, "value")
        value.setReadOnly(True)
        value.setFrame(False)
        value.setCursorPosition(0)
        value.setFocusPolicy(
            Qt.FocusPolicy.ClickFocus
        )  # by keyboard one goes from copy button to copy button
        if field.secret:
            value.setEchoMode(QLineEdit.EchoMode.Password)
            self._secrets.append(value)
        else:
            value.setToolTip(field.value)
        copy = named(
            QToolButton(),
            f"copy.{section.name}.{row}",
            self.tr("Copy %1").replace("%1", field.label),
            "quiet",
        )
        copy.setText(self.tr("Copy"))
        copy.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        copy.setAccessibleDescription("" if field.secret else field.value)
        icons.attach(copy, "copy", "muted")
        copy.clicked.connect(lambda: _copy(copy, field.value, self.tr("Copied")))
        grid.addWidget(label, row, 0)
        grid.addWidget(value, row, 1)
        grid.addWidget(copy, row, 2)

    def _show_secrets(self, shown: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        for value in self._secrets:
            value.setEchoMode(mode)


def _copy(button: QToolButton, text: str, words: str) -> None:
    QGuiApplication.clipboard().setText(text)
    QToolTip.showText(button.mapToGlobal(QPoint(0, button.height())), words, button)
