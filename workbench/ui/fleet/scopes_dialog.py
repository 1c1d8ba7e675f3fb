"""Choosing the profiles and the regions whose functions the table shows."""

from collections.abc import Callable, Collection, Mapping, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.jobs import Job, JobRunner
from workbench.core.messages import _
from workbench.functions.fleet import Scope
from workbench.profiles.model import Profile
from workbench.ui.fleet.scopes import ScopeChoice, ScopeState
from workbench.ui.kit.dialog import BaseDialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_SIZE = (760, 560)
_STATE_HEIGHT = 170
_REGIONS = "fleet.regions"


_Stand = tuple[Scope, ScopeState]


class ScopesDialog(BaseDialog):
    """Two lists to tick, and how each part of the fleet stands.

    Args:
        profiles: Whom the program can act as.
        regions: The regions there are.
        chosen: The names of the profiles and of the regions that are in the fleet.
        parent: The window it belongs to.
    """

    def __init__(
        self,
        profiles: Sequence[Profile],
        regions: Sequence[str],
        chosen: tuple[Collection[str], Collection[str]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        named(self, "fleetScopes", _("Profiles and Regions"))
        self.setWindowTitle(_("Profiles and Regions"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        hint = named(PlainLabel(), "fleetScopesHint", role="muted")
        hint.setText(_("The table shows the functions of every selected profile in every selected region."))
        hint.setWordWrap(True)
        names = [profile.name for profile in profiles]
        accounts = {profile.name: profile.account_id for profile in profiles}
        labels = {name: f"{name} ({accounts[name]})" if accounts.get(name) else name for name in names}
        gone = sorted(set(chosen[0]) - set(names))
        self.profiles = _list("fleetProfiles", _("Profiles"), [*names, *gone], chosen[0], labels)
        unknown = sorted(set(chosen[1]) - set(regions))
        self.regions = _list("fleetRegions", _("Regions"), [*regions, *unknown], chosen[1], {})
        self._counts: Mapping[Scope, int] = {}
        self._words: Mapping[Scope, str] = {}
        columns = (
            Column[_Stand](_("Profile"), lambda row: row[0].profile_name, 140),
            Column[_Stand](_("Region"), lambda row: row[0].region, 120),
            Column[_Stand](_("Account"), lambda row: row[1].account_id, 120),
            Column[_Stand](_("Functions"), lambda row: f"{self._counts[row[0]]:,}", 90),
            Column[_Stand](
                _("State"),
                lambda row: self._words[row[0]],
                full=lambda row: str(row[1].error) if row[1].error else self._words[row[0]],
            ),
        )
        self.states = Table(
            "fleetStates",
            _("Status of each account and region"),
            columns,
            identity=lambda row: row[0],
            cells=True,
        )
        self.states.setFixedHeight(scaled(_STATE_HEIGHT))
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.setObjectName("fleetScopesButtons")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        lists = QHBoxLayout()
        lists.setSpacing(12)
        for title, each in ((_("Profiles"), self.profiles), (_("Regions"), self.regions)):
            column = QVBoxLayout()
            column.setSpacing(4)
            label = named(PlainLabel(title), f"{each.objectName()}Label", role="heading")
            label.setBuddy(each)
            column.addWidget(label)
            column.addWidget(each)
            lists.addLayout(column, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(hint)
        layout.addLayout(lists, 1)
        layout.addWidget(self.states)
        layout.addWidget(self.buttons)
        for each in (self.profiles, self.regions):
            each.itemChanged.connect(lambda _item: self._switch())
        self._switch()

    def chosen(self) -> tuple[list[str], list[str]]:
        """The ticked profiles and regions."""
        return _ticked(self.profiles), _ticked(self.regions)

    def show_states(
        self, states: Mapping[Scope, ScopeState], counts: Mapping[Scope, int], words: Mapping[Scope, str]
    ) -> None:
        """Shows how each part stands."""
        self._counts, self._words = counts, words
        self.states.set_rows(states.items())
        self.states.rows.repaint()

    def _switch(self) -> None:
        profiles, regions = self.chosen()
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(bool(profiles and regions))


def _list(
    name: str, title: str, entries: Sequence[str], chosen: Collection[str], labels: Mapping[str, str]
) -> QListWidget:
    made = named(QListWidget(), name, title)
    made.setSpacing(2)
    for entry in entries:
        item = QListWidgetItem(labels.get(entry, entry), made)
        item.setData(Qt.ItemDataRole.UserRole, entry)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if entry in chosen else Qt.CheckState.Unchecked)
    made.setCurrentRow(0)
    return made


def _ticked(entries: QListWidget) -> list[str]:
    items = [entries.item(number) for number in range(entries.count())]
    return [
        str(item.data(Qt.ItemDataRole.UserRole))
        for item in items
        if item.checkState() == Qt.CheckState.Checked
    ]


class ScopesFlow(QObject):
    """Opens the dialog and stores what is chosen.

    Args:
        jobs: Reads the regions.
        choice: What is chosen.
        counts: How many functions each part has.
        words: How a part stands, in words.
        window: What the dialog belongs to.

    Signals:
        changed: Something else is chosen.
    """

    changed = Signal()

    def __init__(
        self,
        jobs: JobRunner,
        choice: ScopeChoice,
        counts: Callable[[], Mapping[Scope, int]],
        words: Callable[[ScopeState], str],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._jobs, self._choice, self._counts, self._words = jobs, choice, counts, words
        self._window = window
        self._states: Mapping[Scope, ScopeState] = {}
        self._dialog: ScopesDialog | None = None

    def open(self) -> None:
        """Shows the dialog, once the regions are known."""
        self._jobs.submit(
            Job(
                _("Reading the regions"),
                lambda _ctx: self._choice.known_regions(),
                replaces=_REGIONS,
                quiet=True,
                on_done=self._show,
            )
        )

    def show_states(self, states: Mapping[Scope, ScopeState]) -> None:
        """Shows how the parts stand, if the dialog is open."""
        self._states = states
        if self._dialog is not None:
            words = {scope: self._words(state) for scope, state in states.items()}
            self._dialog.show_states(states, self._counts(), words)

    def _show(self, regions: Sequence[str]) -> None:
        if self._dialog is not None:
            return
        chosen = (self._choice.profiles, self._choice.regions)
        dialog = self._dialog = ScopesDialog(self._choice.known_profiles, regions, chosen, self._window)
        self.show_states(self._states)
        dialog.accepted.connect(lambda: self._chosen(*dialog.chosen()))
        dialog.finished.connect(lambda _result: self._closed())
        dialog.open()

    def _chosen(self, profiles: Sequence[str], regions: Sequence[str]) -> None:
        if (list(profiles), list(regions)) != (self._choice.profiles, self._choice.regions):
            self._choice.choose(profiles, regions)
            self.changed.emit()

    def _closed(self) -> None:
        self._dialog = None
