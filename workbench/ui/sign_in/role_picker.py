"""The dialog in which accounts and roles of IAM Identity Center are ticked, to become profiles."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableView,
    QWidget,
)

from workbench.core.jobs import Progress
from workbench.profiles.sso.bulk import NAME_TEMPLATE, PLACEHOLDERS
from workbench.profiles.sso.portal import AccountRole
from workbench.profiles.sso.session import SsoSession
from workbench.ui.kit.empty_message import EmptyMessage
from workbench.ui.kit.text import tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.sign_in.form import Form
from workbench.ui.sign_in.role_model import RoleFilter, RoleModel

_SIZE = QSize(760, 560)
_SEARCH_PAUSE_MS = 120


class RolePicker(Form):
    """Shows roles while they come. `wanted` is the yes; it stays open until it is told to close.

    Args:
        session: Whose roles they are.
        there: Account numbers and role names that have a profile already.
        region: What the new profiles' region is at first.
        parent: The window.
    """

    wanted = Signal()

    def __init__(
        self, session: SsoSession, there: Collection[tuple[str, str]], region: str, parent: QWidget
    ) -> None:
        super().__init__("rolePicker", self.tr("Profiles from %1").replace("%1", session.title), parent)
        self.model = RoleModel(there)
        self.filter = RoleFilter(self.model)
        self.search = named(QLineEdit(), "roleSearch", self.tr("Search accounts and roles"))
        self.search.setPlaceholderText(self.tr("Search accounts and roles"))
        self.search.setClearButtonEnabled(True)
        self.tick_shown = _button("roleTickShown", self.tr("Select All Shown"))
        self.untick = _button("roleUntick", self.tr("Clear Selection"))
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.search, 1)
        top.addWidget(self.tick_shown)
        top.addWidget(self.untick)
        self.table = self._make_table()
        EmptyMessage(self.table, self.tr("No account or role matches the search."))
        self.name = named(QLineEdit(NAME_TEMPLATE), "roleNames", self.tr("Profile name pattern"))
        self.name.setToolTip(tool_tip(" ".join(f"{{{each}}}" for each in PLACEHOLDERS)))
        self.region = named(QLineEdit(region), "roleRegion", self.tr("Region of the new profiles"))
        fields = QFormLayout()
        fields.setSpacing(8)
        fields.addRow(self.tr("Names"), self.name)
        fields.addRow(self.tr("Region"), self.region)
        self.content.addLayout(top)
        self.content.addWidget(self.table, 1)
        self.content.addLayout(fields)
        self.finish_layout(stretch=False)
        self.add = self.add_button("roleAdd", "", "primary")
        cancel = self.add_button("roleCancel", self.tr("Cancel"))
        self._pause = QTimer(self, singleShot=True, interval=_SEARCH_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.filter.search(self.search.text()))
        self.search.textChanged.connect(lambda _text: self._pause.start())
        self.tick_shown.clicked.connect(lambda: self.model.tick(self.filter.shown(), on=True))
        self.untick.clicked.connect(lambda: self.model.tick(range(self.model.rowCount()), on=False))
        self.model.ticked.connect(self._count)
        self.add.clicked.connect(self.wanted)
        cancel.clicked.connect(self.reject)
        self._count()
        self.say(self.tr("Reading the accounts…"))
        self.resize(_SIZE)
        self.search.setFocus()

    @property
    def chosen(self) -> tuple[AccountRole, ...]:
        return self.model.chosen

    def show_roles(self, roles: Sequence[AccountRole]) -> None:
        """Takes roles that have just come."""
        self.model.add(roles)

    def show_progress(self, progress: Progress) -> None:
        """Says how many accounts were asked."""
        words = self.tr("Reading the roles of %1 (%2 of %3)…").replace("%1", progress.text)
        if progress.total and progress.done < progress.total:
            self.say(words.replace("%2", f"{progress.done:.0f}").replace("%3", f"{progress.total:.0f}"))

    def show_complete(self) -> None:
        """All have come."""
        none = self.tr("You have no roles in this portal. Ask your administrator for access.")
        self.say("" if self.model.rowCount() else none)

    def fit(self) -> None:
        """Keeps its size: the table takes what room there is."""

    def _make_table(self) -> QTableView:
        table = named(_Table(self.model, self.filter), "roleTable", self.tr("Accounts and roles"))
        table.setModel(self.filter)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().setVisible(False)
        table.verticalHeader().setDefaultSectionSize(scaled(28))
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(1, 130)
        return table

    def _count(self) -> None:
        count = len(self.model.chosen)
        words = self.tr("Add 1 Profile…") if count == 1 else self.tr("Add %1 Profiles…")
        self.add.setText(words.replace("%1", f"{count:,}"))
        self.add.setAccessibleName(self.add.text())
        self.add.setEnabled(bool(count))


class _Table(QTableView):
    """Space ticks what is selected, all of it at once."""

    def __init__(self, model: RoleModel, shown: RoleFilter) -> None:
        super().__init__()
        self._model = model
        self._shown = shown

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)
            return
        rows = [self._shown.mapToSource(index).row() for index in self.selectionModel().selectedRows()]
        states = [self._model.data(self._model.index(row, 0), Qt.ItemDataRole.CheckStateRole) for row in rows]
        self._model.tick(rows, on=Qt.CheckState.Unchecked in states)


def _button(name: str, text: str) -> QPushButton:
    button = named(QPushButton(text), name, text)
    button.setAutoDefault(False)
    return button
