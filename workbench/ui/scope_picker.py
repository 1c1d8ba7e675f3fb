"""Where the same function may be as well: in another account, by its profile, and in another region."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from workbench.aws.connection import Connection
from workbench.aws.regions import lambda_regions
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.profiles.model import Profile
from workbench.ui.kit.text import PlainLabel, named
from workbench.ui.services import Services
from workbench.ui.session import Session

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
        self.profile = named(QComboBox(), "versionProfile", _("Account"))
        self.profile.addItem(_("This account ({account_id})").format(account_id=connection.account_id))
        for profile in self._profiles:
            account = f" ({profile.account_id})" if profile.account_id else ""
            self.profile.addItem(f"{profile.name}{account}")
        self.region = named(QComboBox(), "versionRegion", _("Region"))
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
