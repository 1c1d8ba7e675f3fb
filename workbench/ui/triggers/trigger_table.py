"""The list of a function's triggers: what runs it, how it stands, and whether both ends fit."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QGuiApplication, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from workbench.core.messages import _
from workbench.triggers.model import Link, Trigger, TriggerState
from workbench.ui.icons import Icons
from workbench.ui.kit.text import tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.plain_table import make_plain
from workbench.ui.rows_model import HeadedTable
from workbench.ui.theme import Theme
from workbench.ui.triggers.labels import (
    TONES,
    kind_icon,
    kind_title,
    link_help,
    link_label,
    source_name,
    state_text,
)

_ROW_HEIGHT = 32
KIND, SOURCE, RUNS, STATE, LINK = range(5)
_MIN_SOURCE_WIDTH = 160
_WIDTHS = {KIND: 142, RUNS: 72, STATE: 80, LINK: 146}
_MIN_ROWS, _MAX_ROWS = 3, 8  # visible rows
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class TriggersModel(HeadedTable):
    """One row a trigger.

    Args:
        icons: For the kinds.
        parent: The table.
    """

    def __init__(self, icons: Icons, parent: QWidget) -> None:
        headers = (
            _("Kind"),
            _("Source"),
            _("Target"),
            _("State"),
            _("Link"),
        )
        super().__init__(headers, parent)
        self._icons = icons
        self.triggers: tuple[Trigger, ...] = ()

    def take(self, triggers: Sequence[Trigger]) -> None:
        """Shows these."""
        self.beginResetModel()
        self.triggers = tuple(triggers)
        self.endResetModel()

    def show_state(self, state: TriggerState) -> bool:
        """Shows in which state a trigger is now, and returns whether the list had another one."""
        is_new = False
        for row, trigger in enumerate(self.triggers):
            if trigger.identity == state.identity and state.state not in ("", trigger.state):
                changed = replace(trigger, state=state.state, reason="")
                self.triggers = (*self.triggers[:row], changed, *self.triggers[row + 1 :])
                self.dataChanged.emit(self.index(row, 0), self.index(row, LINK))
                is_new = True
        return is_new

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.triggers)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        trigger, column = self.triggers[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(trigger, column)
        if role == Qt.ItemDataRole.DecorationRole and column == KIND:
            return self._icons.get(kind_icon(trigger.kind), "muted")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(self._tip(trigger, column))
        return None

    def _text(self, trigger: Trigger, column: int) -> str:
        return (
            kind_title(trigger.kind),
            source_name(trigger),
            trigger.qualifier or "$LATEST",
            trigger.state,
            link_label(trigger.link),
        )[column]

    def _tip(self, trigger: Trigger, column: int) -> str:
        if column == LINK:
            problem = str(trigger.problem) if trigger.problem is not None else ""
            return "\n".join(filter(None, (link_help(trigger.link), problem)))
        if column == STATE:
            return state_text(trigger)
        kind = kind_title(trigger.kind) if column == KIND else ""  # which may be cut
        return "\n".join(filter(None, (kind, trigger.source_arn, trigger.identity)))


class TriggerTable(QTableView):
    """One is selected; Enter edits it.

    Args:
        theme: For the badges.
        icons: For the kinds.

    Signals:
        chosen_changed: Another one is selected.
    """

    chosen_changed = Signal()

    def __init__(self, theme: Theme, icons: Icons) -> None:
        super().__init__()
        named(self, "triggerTable", _("Triggers"))
        self.rows = TriggersModel(icons, self)
        self._noted: frozenset[tuple[str, str, str]] = frozenset()
        self.setModel(self.rows)
        make_plain(self, _ROW_HEIGHT)
        self.setItemDelegateForColumn(LINK, _Badge(theme, self))
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        self._kind_width = self.columnWidth(KIND)
        self.horizontalHeader().setSectionResizeMode(SOURCE, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setMinimumSectionSize(60)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        copy = QAction(_("Copy Source ARN"), self)
        copy.setObjectName("triggerTable.copyArn")
        copy.setShortcut("Ctrl+C")
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy)
        self.addAction(copy)
        self.selectionModel().selectionChanged.connect(lambda *__: self.chosen_changed.emit())

    def show_triggers(self, triggers: Sequence[Trigger]) -> None:
        """Shows these; the one that was selected stays so, else the first is."""
        chosen = self.chosen()
        self.rows.take(triggers)
        self._fit_kinds()
        rows = min(max(len(triggers), _MIN_ROWS), _MAX_ROWS)
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows * scaled(_ROW_HEIGHT) + 4)
        self.choose(_identity(chosen) if chosen else ("", "", ""))
        if self.chosen() is None and triggers:
            self.selectRow(0)
        self.chosen_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_kinds()

    def _fit_kinds(self) -> None:
        """Shows the kinds whole where there is room, unless the user has chosen a width."""
        if self.columnWidth(KIND) != self._kind_width:
            return
        others = sum(self.columnWidth(column) for column in _WIDTHS if column != KIND)
        room = self.viewport().width() - others - scaled(_MIN_SOURCE_WIDTH)
        self._kind_width = max(_WIDTHS[KIND], min(self.sizeHintForColumn(KIND), room))
        self.setColumnWidth(KIND, self._kind_width)

    def chosen(self) -> Trigger | None:
        """The selected one."""
        index = self.currentIndex()
        selected = self.selectionModel().selectedRows()
        if not selected or not index.isValid() or index.row() >= len(self.rows.triggers):
            return None
        return self.rows.triggers[index.row()]

    def choose(self, identity: tuple[str, str, str]) -> bool:
        """Selects a trigger by its kind, source and identity; empty ones fit all."""
        for row, trigger in enumerate(self.rows.triggers):
            parts = zip(identity, _identity(trigger), strict=True)
            if any(identity) and all(not wanted or wanted == has for wanted, has in parts):
                self.selectRow(row)
                return True
        return False

    def note(self) -> None:
        """Remembers which there are, so that one that comes is told from them."""
        self._noted = frozenset(map(_identity, self.rows.triggers))

    def choose_awaited(self, identity: tuple[str, str, str]) -> bool:
        """Selects as `choose`. Without an identity of AWS's it is the one that has come since `note`.

        Others may be of the same kind and source; what comes may have another source than was chosen (a table
        has a stream), or even another kind (a topic has a queue between).
        """
        kind, source_arn, known = identity
        came = [each for each in self.rows.triggers if _identity(each) not in self._noted]
        came = [each for each in came if kind or each.source_arn == source_arn]
        if came and not known:
            best = min(came, key=lambda each: (each.kind != kind, each.source_arn != source_arn))
            return self.choose(_identity(best))
        return bool(source_arn or known) and self.choose(identity)

    def _copy(self) -> None:
        if (trigger := self.chosen()) is not None:
            QGuiApplication.clipboard().setText(trigger.source_arn)


class _Badge(QStyledItemDelegate):
    """The link's class in a rounded frame of its colour."""

    def __init__(self, theme: Theme, table: TriggerTable) -> None:
        super().__init__(table)
        self._theme, self._table = theme, table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row = self._table.rows.triggers[index.row()]
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        text, plain.text = plain.text, ""
        style = plain.widget.style()
        style.drawControl(style.ControlElement.CE_ItemViewItem, plain, painter, plain.widget)
        color = QColor(getattr(self._theme.colors, TONES[row.link] or "muted"))
        width = min(option.fontMetrics.horizontalAdvance(text) + 16, option.rect.width() - 10)
        area = QRectF(option.rect.left() + 6, option.rect.center().y() - 10, width, 21)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_known = row.link is not Link.UNKNOWN
        painter.setPen(QPen(color, 1, Qt.PenStyle.SolidLine if is_known else Qt.PenStyle.DashLine))
        painter.drawRoundedRect(area, 4, 4)
        painter.setPen(color)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()


def _identity(trigger: Trigger) -> tuple[str, str, str]:
    return trigger.kind, trigger.source_arn, trigger.identity
