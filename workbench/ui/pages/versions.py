"""The Versions tab: published versions, and the aliases that point to them. Read only for now."""

from PySide6.QtCore import QModelIndex, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from workbench.core.jobs import JobContext
from workbench.functions.versions import Alias, Version, list_aliases, list_versions
from workbench.ui.copy_table import CopyTable
from workbench.ui.named import named
from workbench.ui.pages.reading import ReadingPage
from workbench.ui.rows_model import TableRow
from workbench.ui.services import OpenFunction, Services
from workbench.ui.units import size_text

_SHORT_SHA = 12

Read = tuple[tuple[Version, ...], tuple[Alias, ...]]


class VersionsPage(ReadingPage[Read]):
    """Two tables: aliases, as there are few of them, then versions, the newest first.

    Signals:
        code_wanted: A version or an alias whose code is to be shown.
        comparison_wanted: One that the open code is to be compared with.
        roll_back_wanted: A version that an alias, or $LATEST, is to go back to.
    """

    object_name = "versionsPage"
    code_wanted = Signal(str)
    comparison_wanted = Signal(str)
    roll_back_wanted = Signal(str)

    def __init__(self, services: Services) -> None:
        super().__init__(services, "layers")
        self.aliases = CopyTable(
            "aliasTable",
            self.tr("Aliases"),
            (self.tr("Alias"), self.tr("Version"), self.tr("Weights"), self.tr("Description")),
            (180, 90, 220, 0),
        )
        self.versions = CopyTable(
            "versionTable",
            self.tr("Versions"),
            (
                self.tr("Version"),
                self.tr("Aliases"),
                self.tr("Description"),
                self.tr("Runtime"),
                self.tr("Code SHA-256"),
                self.tr("Code size"),
                self.tr("Last modified"),
            ),
            (90, 180, 0, 110, 130, 90, 150),
        )
        none = QLabel(self.tr("No alias points to a version yet."))
        self._no_aliases = named(none, "noAliases", role="muted")
        content = QWidget()
        content.setFocusProxy(self.versions)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        heading = QHBoxLayout()
        heading.addWidget(named(QLabel(self.tr("Aliases")), "aliasesHeading", role="heading"), 1)
        self.open_code = self._button("openVersionCode", self.tr("Open Code"), self.code_wanted)
        self.compare = self._button("compareVersion", self.tr("Compare"), self.comparison_wanted)
        self.compare.setToolTip(self.tr("Compare the open code with this version"))
        self.roll_back = self._button("rollBackToVersion", self.tr("Roll Back…"), self.roll_back_wanted)
        self.roll_back.setToolTip(self.tr("Point an alias to this version, or deploy its code again"))
        for button in (self.roll_back, self.open_code, self.compare):
            heading.addWidget(button)
        layout.addLayout(heading)
        layout.addWidget(self._no_aliases)
        layout.addWidget(self.aliases)
        layout.addSpacing(8)
        layout.addWidget(named(QLabel(self.tr("Versions")), "versionsHeading", role="heading"))
        layout.addWidget(self.versions, 1)
        self.set_content(content)
        self.aliases.selectionModel().selectionChanged.connect(
            lambda: self._selected(self.aliases, self.versions)
        )
        self.versions.selectionModel().selectionChanged.connect(
            lambda: self._selected(self.versions, self.aliases)
        )
        for table in (self.aliases, self.versions):
            table.activated.connect(lambda index: self.code_wanted.emit(_name_in(index)))

    def _button(self, name: str, title: str, wanted: SignalInstance) -> QToolButton:
        button = named(QToolButton(), name)
        button.setText(title)
        button.setEnabled(False)
        button.clicked.connect(lambda: wanted.emit(self.selected()))
        return button

    def _selected(self, table: CopyTable, other: CopyTable) -> None:
        if table.selectionModel().hasSelection():
            other.clearSelection()  # one choice on the page
        for button in (self.open_code, self.compare):
            button.setEnabled(bool(self.selected()))
        self.roll_back.setEnabled(self.selected().isdecimal())

    def selected(self) -> str:
        """The version or alias that is selected, or ""."""
        for table in (self.aliases, self.versions):
            if table.selectionModel().hasSelection():
                return _name_in(table.selectionModel().selectedIndexes()[0])
        return ""

    def job_title(self, function_name: str) -> str:
        return self.tr("Reading the versions of %1").replace("%1", function_name)

    def read(self, function: OpenFunction, ctx: JobContext) -> Read:
        connection, name = function.connection, function.detail.function_name
        return list_versions(connection, name, ctx), list_aliases(connection, name, ctx)

    def show_result(self, result: Read) -> None:
        versions, aliases = result
        self.aliases.take([_alias_row(alias) for alias in aliases])
        self.aliases.fit()
        self.aliases.setVisible(bool(aliases))
        self._no_aliases.setVisible(not aliases)
        self.versions.take([_version_row(version, aliases) for version in versions])


def _name_in(index: QModelIndex) -> str:
    return str(index.siblingAtColumn(0).data())


def _alias_row(alias: Alias) -> TableRow:
    weights = ", ".join(f"{version}: {_percent(weight)}" for version, weight in _shares(alias))
    return TableRow((alias.name, alias.version, weights, alias.description))


def _version_row(version: Version, aliases: tuple[Alias, ...]) -> TableRow:
    names = []
    for alias in aliases:
        shares = dict(_shares(alias))
        if alias.version == version.version or version.version in shares:
            share = shares.get(version.version, 1)
            names.append(alias.name if share == 1 else f"{alias.name} ({_percent(share)})")
    modified, full = "", ""
    if version.last_modified is not None:
        modified = version.last_modified.astimezone().strftime("%Y-%m-%d %H:%M")
        full = version.last_modified.isoformat(timespec="seconds")
    return TableRow(
        (
            version.version,
            ", ".join(names),
            version.description,
            version.runtime,
            version.code_sha256[:_SHORT_SHA],
            size_text(version.code_size_bytes),
            modified,
        ),
        ((4, version.code_sha256), (5, str(version.code_size_bytes)), (6, full)),
    )


def _shares(alias: Alias) -> list[tuple[str, float]]:
    """Which version gets which share of the alias's calls; empty when all go to one."""
    if not alias.weights:
        return []
    rest = 1 - sum(weight for _, weight in alias.weights)
    return [(alias.version, rest), *alias.weights]


def _percent(share: float) -> str:
    return f"{share * 100:.4g} %"
