"""Which profiles and regions are in the fleet, whose accounts they lead to, and how each part stands."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from workbench.aws.regions import lambda_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobRunner
from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.functions.fleet import Scope
from workbench.profiles.model import Profile
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, named
from workbench.ui.kit.text_size import scaled
from workbench.ui.shell.session import Session

_PROFILES, _REGIONS, _ACCOUNTS = "fleet.profiles", "fleet.regions", "fleet.accounts"
_SIZE = (760, 560)
_STATE_HEIGHT = 170
_JOB = "fleet.regions"


@dataclass(frozen=True, slots=True, eq=False)
class ScopeState:
    """How a part of the fleet stands.

    Attributes:
        account_id: The account; empty while it is unknown.
        refreshed_at: When it was last listed whole; None for never.
        error: Why the last listing did not succeed.
        tag_error: Why the tags could not be read.
        state_error: Why the functions' states could not be read.
        same_as: The profile that leads to the same functions and shows them; empty for none.
        is_listing: Whether it is being listed now.
    """

    account_id: str = ""
    refreshed_at: datetime | None = None
    error: WorkbenchError | None = None
    tag_error: WorkbenchError | None = None
    state_error: WorkbenchError | None = None
    same_as: str = ""
    is_listing: bool = False


class ScopeChoice:
    """What the user has chosen, stored in the settings. Until then it is what the main window shows.

    Args:
        settings: Where it is kept.
        session: Knows the profiles, and what the main window shows.
    """

    def __init__(self, settings: Settings, session: Session) -> None:
        self._settings = settings
        self._session = session

    @property
    def known_profiles(self) -> list[Profile]:
        """Whom the program can act as."""
        return self._session.profiles

    def known_regions(self) -> tuple[str, ...]:
        """Lambda's regions where the main window's profile is. Reads the SDK's data: call it in a job."""
        return lambda_regions(self._session.region)

    @property
    def profiles(self) -> list[str]:
        """The chosen profiles, in the order that the program lists them in."""
        stored: list[object] = self._settings.get(_PROFILES, [])
        chosen = [str(name) for name in stored] or [self._session.profile.name]
        order = {profile.name: number for number, profile in enumerate(self._session.profiles)}
        return sorted(chosen, key=lambda name: order.get(name, len(order)))

    @property
    def regions(self) -> list[str]:
        """The chosen regions."""
        stored: list[object] = self._settings.get(_REGIONS, [])
        return [str(name) for name in stored] or [self._session.region]

    def choose(self, profiles: Sequence[str], regions: Sequence[str]) -> None:
        """From now on it is these."""
        self._settings.set(_PROFILES, list(profiles))
        self._settings.set(_REGIONS, list(regions))

    def everywhere(self) -> tuple[Scope, ...]:
        """Every chosen profile in every chosen region."""
        return tuple(Scope(name, region) for name in self.profiles for region in self.regions)

    def reachable(self) -> tuple[Scope, ...]:
        """Those that the profile's credentials can reach. Reads the SDK's data: call it in a job."""
        found = {profile.name: profile for profile in self._session.profiles}
        return tuple(
            scope
            for scope in self.everywhere()
            if scope.region in self._reachable(found.get(scope.profile_name), scope.region)
        )

    def _reachable(self, profile: Profile | None, region: str) -> Iterable[str]:
        """Regions of another partition (China, GovCloud) need other credentials: asking there only fails."""
        if profile is None or not profile.region:
            return (region,)
        return (*lambda_regions(profile.region), profile.region)

    def account_of(self, profile_name: str) -> str:
        """Whose account a profile led to last; empty when it was never used."""
        accounts: dict[str, object] = self._settings.get(_ACCOUNTS, {})
        known = accounts.get(profile_name)
        return str(known) if known else self._settings.get(f"profile.{profile_name}.account", "")

    def note_account(self, profile_name: str, account_id: str) -> None:
        """A profile has led to an account."""
        accounts: dict[str, object] = self._settings.get(_ACCOUNTS, {})
        if accounts.get(profile_name) != account_id:
            self._settings.set(_ACCOUNTS, accounts | {profile_name: account_id})

    def apart(self, scopes: Sequence[Scope]) -> tuple[tuple[Scope, ...], dict[Scope, str]]:
        """Tells scopes that lead to the same functions, as far as is known, from the others.

        Returns:
            Those that lead somewhere of their own, and for the rest the profile that already leads there.
        """
        own: list[Scope] = []
        same: dict[Scope, str] = {}
        first: dict[tuple[str, str], str] = {}
        for scope in scopes:
            account_id = self.account_of(scope.profile_name)
            before = first.setdefault((account_id, scope.region), scope.profile_name) if account_id else ""
            if before and before != scope.profile_name:
                same[scope] = before
            else:
                own.append(scope)
        return tuple(own), same


_Stand = tuple[Scope, ScopeState]


class ScopesDialog(Dialog):
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
        super().__init__("fleetScopes", _("Profiles and Regions"), parent)
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
            Column[_Stand](_("Functions"), lambda row: f"{self._counts[row[0]]:,}", 90, is_number=True),
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
        self.content.addWidget(hint)
        self.content.addLayout(lists, 1)
        self.content.addWidget(self.states)
        self.finish_layout(stretch=False)
        self.ok_button = self.add_button("fleetScopesOk", _("OK"), "primary")
        self.ok_button.clicked.connect(self.accept)
        self.add_button("fleetScopesCancel", _("Cancel")).clicked.connect(self.reject)
        for each in (self.profiles, self.regions):
            each.itemChanged.connect(lambda _item: self._switch())
        self._switch()

    def resize_to_content(self) -> None:
        """The lists take all room: the size is the user's."""

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
        self.ok_button.setEnabled(bool(profiles and regions))


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
        self._jobs.start(
            _("Reading the regions"),
            lambda _ctx: self._choice.known_regions(),
            replaces=_JOB,
            quiet=True,
            on_done=self._show,
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
