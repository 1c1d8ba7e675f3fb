"""Versions to choose from, of the same function in other accounts and regions too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from workbench.aws.connection import Connection
from workbench.aws.names import LATEST
from workbench.aws.regions import lambda_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.versions import Alias, Version, list_both
from workbench.profiles.model import Profile
from workbench.ui.kit.choices import DeliberateChoice
from workbench.ui.kit.dialog import BaseDialog
from workbench.ui.kit.fuzzy import rank
from workbench.ui.kit.text import PlainLabel, PlainLine, named, visible
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.sign_in import REPAIRS

_REGIONS = "versions.regions"


class ScopePicker(QWidget):
    """Asks for a profile and a region. At first it is where the function itself is.

    Args:
        services: For the job that reads the regions.
        session: Knows the profiles, and connects as one of them.
        connection: Where the function is.

    Signals:
        changed: Another place is chosen.
    """

    changed = Signal()

    def __init__(self, services: Services, session: Session, connection: Connection) -> None:
        super().__init__()
        self.setObjectName("elsewhere")
        self._services = services
        self._session = session
        self._here = connection
        self._profiles = [each for each in session.profiles if not self._is_here(each)]
        self._connected: dict[str, Connection] = {}  # by profile
        self.profile = named(DeliberateChoice(), "versionProfile", _("Account"))
        self.profile.addItem(_("This account ({account_id})").format(account_id=connection.account_id))
        for profile in self._profiles:
            account = f" ({profile.account_id})" if profile.account_id else ""
            self.profile.addItem(f"{profile.name}{account}")
        self.region = named(DeliberateChoice(), "versionRegion", _("Region"))
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setColumnStretch(1, 1)
        for row, (text, field) in enumerate(((_("Account"), self.profile), (_("Region"), self.region))):
            label = PlainLabel(text)
            label.setBuddy(field)
            layout.addWidget(label, row, 0)
            layout.addWidget(field, row, 1)
            field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._show_regions([connection.region], connection.region)
        self._read_regions()
        self.profile.currentIndexChanged.connect(self._profile_changed)
        self.region.currentTextChanged.connect(lambda _region: self.changed.emit())

    @property
    def chosen_profile(self) -> Profile | None:
        """Whose account is looked into; None for the function's own."""
        row = self.profile.currentIndex() - 1
        return self._profiles[row] if row >= 0 else None

    def connecting(self) -> Callable[[JobContext], Connection]:
        """What connects to the place that is chosen now; to be called in a job. Raises as Connection.open."""
        profile, region = self.chosen_profile, self.region.currentText()
        connected = self._connected.get(profile.name) if profile is not None else self._here

        def connect(ctx: JobContext) -> Connection:
            there = connected
            if there is None and profile is not None:
                there = self._session.open_as(profile, region, ctx)
            assert there is not None
            return there if region == there.region else there.in_region(region)

        return connect

    def remember(self, connection: Connection) -> None:
        """It is connected there: another region needs no new sign-in."""
        if (profile := self.chosen_profile) is not None:
            self._connected[profile.name] = connection

    def forget(self) -> None:
        """The regions are not wanted any more."""
        self._services.jobs.drop(_REGIONS)

    def _is_here(self, profile: Profile) -> bool:
        session, here = self._session, self._here
        if here.access.profile_name is not None:
            return profile.name == here.access.profile_name
        return session.profile.name == profile.name and session.account_id == here.account_id

    def _profile_changed(self) -> None:
        profile = self.chosen_profile
        region = self._here.region if profile is None else self._session.usual_region(profile)
        self._show_regions([region], region)
        self._read_regions()
        self.changed.emit()

    def _read_regions(self) -> None:
        region = self.region.currentText()
        self._services.jobs.submit(
            Job(
                _("Reading the regions"),
                lambda _ctx: lambda_regions(region),
                replaces=_REGIONS,
                quiet=True,
                on_done=lambda regions: self._show_regions(regions, self.region.currentText()),
            )
        )

    def _show_regions(self, regions: Sequence[str], current: str) -> None:
        """Nobody has chosen anything by this."""
        self.region.blockSignals(True)
        self.region.clear()
        self.region.addItems(list(regions) if current in regions else [current, *regions])
        self.region.setCurrentIndex(self.region.findText(current, Qt.MatchFlag.MatchExactly))
        self.region.blockSignals(False)


_CHOICE = Qt.ItemDataRole.UserRole
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_SIZE = (520, 460)

_Found = tuple[Connection, tuple[Version, ...], tuple[Alias, ...], WorkbenchError | None]


@dataclass(frozen=True, slots=True, eq=False)
class VersionChoice:
    """What was chosen.

    Attributes:
        connection: Where the function is: its account and region.
        function_name: Its bare name.
        qualifier: A version or an alias; empty for $LATEST.
    """

    connection: Connection
    function_name: str
    qualifier: str


class VersionPicker(BaseDialog):
    """A list that narrows down as one types. Enter or a double click chooses.

    Args:
        services: For the job that reads the list.
        connection: Where to look first.
        function_name: Whose versions.
        title: What the choice is for.
        parent: The window.
        elsewhere: Given if the same function in another account or region can be chosen too.
        latest: What the first row says, which has no qualifier, when it is not $LATEST's code.

    Signals:
        chosen: What was chosen.
        remedy_wanted: An action that the profile (None: the session's) needs before it can be looked into.
    """

    chosen = Signal(VersionChoice)
    remedy_wanted = Signal(str, object)

    def __init__(
        self,
        services: Services,
        connection: Connection,
        function_name: str,
        title: str,
        parent: QWidget,
        *,
        elsewhere: ScopePicker | None = None,
        latest: str = "",
    ) -> None:
        super().__init__(parent)
        named(self, "versionPicker", title)
        self.setWindowTitle(visible(title))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self._services = services
        self._connection = connection
        self._function_name = function_name
        self._latest = latest or _("$LATEST   editable code")
        self._rows: list[tuple[str, str]] = []  # what is shown, and the qualifier
        self._mending = ""  # the action that mends what failed
        self.search = named(PlainLine(), "versionSearch", _("Version or alias"))
        self.search.setPlaceholderText(_("Version, alias or description"))
        self.list = named(QListWidget(), "versionList", _("Versions and aliases"))
        self.list.setUniformItemSizes(True)
        self.state = named(PlainLabel(), "versionState", role="muted")
        self.state.setWordWrap(True)
        self.elsewhere = elsewhere
        self.remedy = named(QPushButton(), "versionRemedy")
        self.again = named(QPushButton(_("Try Again")), "versionAgain")
        mending = QHBoxLayout()
        for button in (self.remedy, self.again):
            button.setAutoDefault(False)
            button.hide()
            mending.addWidget(button)
        mending.addStretch(1)
        buttons = named(QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel), "versionButtons")
        self.accept_button = named(QPushButton(_("Choose")), "versionChoose", role="primary")
        buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.AcceptRole)
        layout = self.add_column()
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.state)
        layout.addLayout(mending)
        if elsewhere is not None:
            layout.addWidget(elsewhere)
            elsewhere.changed.connect(self.read)
        layout.addWidget(buttons)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._narrow)
        self.list.itemDoubleClicked.connect(self._choose)
        self.list.currentRowChanged.connect(lambda row: self.accept_button.setEnabled(row >= 0))
        self.remedy.clicked.connect(self._repair)
        self.again.clicked.connect(self.read)
        self.accept_button.setDefault(True)
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.reject)
        self.finished.connect(self._forget)
        self.read()

    def _forget(self) -> None:
        self._services.jobs.drop("versions.pick")
        if self.elsewhere is not None:
            self.elsewhere.forget()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self.search or not isinstance(event, QKeyEvent) or event.key() not in _MOVES:
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.KeyPress:
            self.list.keyPressEvent(event)
        return True

    def read(self) -> None:
        """Reads the list, of the place that is chosen."""
        here, name = self._connection, self._function_name
        connect = self.elsewhere.connecting() if self.elsewhere is not None else lambda _ctx: here
        self._rows = []
        self._narrow()
        self.state.setText(_("Loading…"))
        self.state.setVisible(True)
        for button in (self.remedy, self.again):
            button.hide()

        def run(ctx: JobContext) -> _Found:
            there = connect(ctx)
            return there, *list_both(there, name, ctx)

        self._services.jobs.submit(
            Job(
                _("Reading the versions of {name}").format(name=name),
                run,
                replaces="versions.pick",
                on_done=lambda found: self._show(*found),
                on_error=self._fail,
                on_cancelled=self._cancelled,
            )
        )

    def _show(
        self,
        connection: Connection,
        versions: tuple[Version, ...],
        aliases: tuple[Alias, ...],
        problem: WorkbenchError | None,
    ) -> None:
        self._connection = connection
        if self.elsewhere is not None:
            self.elsewhere.remember(connection)
        self._rows = [(self._latest, "")]
        self._rows += [
            (_joined(alias.name, f"→ {alias.version}", alias.description), alias.name) for alias in aliases
        ]
        for version in versions:
            if version.version != LATEST:
                when = version.last_modified.astimezone() if version.last_modified else None
                day = when.strftime("%Y-%m-%d %H:%M") if when else ""
                self._rows.append((_joined(version.version, day, version.description), version.version))
        self.state.setText(str(problem or ""))
        self.state.setVisible(problem is not None)
        self._narrow()

    def _fail(self, error: WorkbenchError) -> None:
        self.state.setText(str(error))
        self._mending = error.action
        if error.action in REPAIRS:
            title = self._services.actions[error.action].text()
            self.remedy.setText(title)
            self.remedy.setAccessibleName(title)
            self.remedy.show()
        self.again.show()

    def _cancelled(self) -> None:
        self.state.setText(_("Loading was cancelled."))
        self.again.show()

    def _repair(self) -> None:
        profile = self.elsewhere.chosen_profile if self.elsewhere is not None else None
        self.remedy_wanted.emit(self._mending, profile)

    def _narrow(self, query: str | None = None) -> None:
        query = self.search.text() if query is None else query
        self.list.clear()
        for number in rank(query, [text for text, _qualifier in self._rows]):
            text, qualifier = self._rows[number]
            item = QListWidgetItem(text)
            item.setData(_CHOICE, qualifier)
            self.list.addItem(item)
        self.list.setCurrentRow(0 if self.list.count() else -1)
        self.accept_button.setEnabled(self.list.count() > 0)

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.chosen.emit(VersionChoice(self._connection, self._function_name, item.data(_CHOICE)))
            self.accept()


def _joined(*parts: str) -> str:
    return "   ".join(part for part in parts if part)
