"""Choosing one function to deploy to: a profile, a region, a name, and its wave."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.regions import lambda_regions
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.deploy.fan_out import Connect, Target
from workbench.functions.index import list_functions
from workbench.profiles.model import Profile
from workbench.ui.features.fan_out.targets import MAX_WAVES
from workbench.ui.kit.fields import number_box
from workbench.ui.kit.text import PlainLabel, named
from workbench.ui.services import Services

_FUNCTIONS, _REGIONS = "fanOut.functions", "fanOut.regions"


class TargetPicker(QWidget):
    """A row of fields and Add. At first it is where the source is.

    Args:
        services: For the jobs that read what there is.
        connect: The way to a profile's functions.
        profiles: Whom the program can act as.
        regions: A profile's usual region, by the profile's name.

    Signals:
        added: A Target, not checked yet.
        said: How the reading of the functions stands: words and a tone.
        failed: They could not be read, a WorkbenchError; its action may help the profile that is chosen.
    """

    added = Signal(object)
    said = Signal(str, str)
    failed = Signal(WorkbenchError)

    def __init__(
        self, services: Services, connect: Connect, profiles: Sequence[Profile], regions: dict[str, str]
    ) -> None:
        super().__init__()
        self.setObjectName("fanOutPicker")
        self._services = services
        self._connect = connect
        self._usual = regions
        self._wanted = ""  # the name that is looked for first everywhere
        self.profile = named(QComboBox(), "fanOutProfile", _("Profile"))
        for profile in profiles:
            account = f" ({profile.account_id})" if profile.account_id else ""
            self.profile.addItem(f"{profile.name}{account}", profile.name)
        self.region = named(QComboBox(), "fanOutRegion", _("Region"))
        self.function = named(QComboBox(), "fanOutFunction", _("Function"))
        self.function.setEditable(True)
        self.function.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        completer = self.function.completer()
        assert completer is not None  # an editable one has it
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.wave = number_box("fanOutWave", _("Wave"), 1, MAX_WAVES)
        self.wave.setToolTip(_("Each wave starts when the previous one has finished."))
        self.add_button = named(QPushButton(_("Add")), "fanOutAdd")
        self.add_button.setAutoDefault(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        fields = (
            (_("Profile"), self.profile, 3),
            (_("Region"), self.region, 3),
            (_("Function"), self.function, 5),
            (_("Wave"), self.wave, 1),
        )
        for text, field, stretch in fields:
            label = named(PlainLabel(text), f"{field.objectName()}Label", role="muted")
            label.setBuddy(field)
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(label)
            column.addWidget(field)
            row.addLayout(column, stretch)
            if isinstance(field, QComboBox):
                field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        row.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignBottom)
        self.profile.currentIndexChanged.connect(self._profile_changed)
        self.region.currentTextChanged.connect(lambda _region: self.read())
        self.function.currentTextChanged.connect(self._switch)
        self.add_button.clicked.connect(self.add)
        line = self.function.lineEdit()
        assert line is not None
        line.returnPressed.connect(self.add)

    def begin(self, profile_name: str, region: str, function_name: str) -> None:
        """Begins where the source is: other functions beside it, or its namesakes elsewhere."""
        self._wanted = function_name
        self.profile.blockSignals(True)
        self.profile.setCurrentIndex(max(0, self.profile.findData(profile_name)))
        self.profile.blockSignals(False)
        self._show_regions((region,), region)
        self._read_regions()
        self.read()

    def add(self) -> None:
        """Adds what is chosen; the wave and the place stay for the next."""
        name = self.function.currentText().strip()
        if name:
            self.added.emit(Target(self.profile_name, self.region.currentText(), name, self.wave.value()))

    def forget(self) -> None:
        """Nothing is wanted any more."""
        for key in (_FUNCTIONS, _REGIONS):
            self._services.jobs.drop(key)

    @property
    def profile_name(self) -> str:
        return str(self.profile.currentData())

    def read(self) -> None:
        """Reads the functions of the place that is chosen."""
        profile_name, region = self.profile_name, self.region.currentText()

        def run(ctx: JobContext) -> list[str]:
            connection = self._connect(profile_name, region, ctx)
            return [each.function_name for each in list_functions(connection, ctx)]

        self.said.emit(_("Reading the functions…"), "muted")
        self._services.jobs.submit(
            Job(
                _("Reading the functions of {profile_name} in {region}").format(
                    region=region, profile_name=profile_name
                ),
                run,
                replaces=_FUNCTIONS,
                on_done=self._show_functions,
                on_error=self._failed,
                on_cancelled=lambda: self.said.emit(_("The operation was cancelled."), "muted"),
            )
        )

    def _show_functions(self, names: Sequence[str]) -> None:
        typed = self.function.currentText()
        self.function.clear()
        self.function.addItems(sorted(names, key=str.casefold))
        for name in (typed, self._wanted):
            if name in names:
                self.function.setCurrentText(name)
                break
        words = _("Functions in this region: {count}.").format(count=f"{len(names):,}")
        self.said.emit(words if names else _("No functions in this region."), "muted")
        self._switch()

    def _failed(self, error: WorkbenchError) -> None:
        self.function.clear()
        self.failed.emit(error)

    def _switch(self) -> None:
        self.add_button.setEnabled(bool(self.function.currentText().strip()))

    def _profile_changed(self) -> None:
        region = self._usual.get(self.profile_name, self.region.currentText())
        self._show_regions((region,), region)
        self._read_regions()
        self.read()

    def _read_regions(self) -> None:
        beside = self.region.currentText()
        self._services.jobs.submit(
            Job(
                _("Reading the regions"),
                lambda _ctx: lambda_regions(beside),
                replaces=_REGIONS,
                quiet=True,
                on_done=lambda found: self._show_regions(found, self.region.currentText()),
            )
        )

    def _show_regions(self, regions: Sequence[str], current: str) -> None:
        """Nobody has chosen anything by this."""
        self.region.blockSignals(True)
        self.region.clear()
        self.region.addItems(list(regions) if current in regions else [current, *regions])
        self.region.setCurrentText(current)
        self.region.blockSignals(False)
