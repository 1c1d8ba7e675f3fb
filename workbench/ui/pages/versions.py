"""The Versions tab: published versions, and the aliases that point to them; what can be done to either."""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QTableView, QToolButton, QVBoxLayout, QWidget

from workbench.aws.iam import is_missing
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.versions import Alias, Storage, Version, list_both, read_storage, stored_bytes
from workbench.ui.kit.bars import FlowLayout
from workbench.ui.kit.labels import FittingLabel
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, named, size_text, tool_tip
from workbench.ui.pages.base import ReadingPage
from workbench.ui.shell.banners import BannerStack
from workbench.ui.shell.services import OpenFunction, Services


class Read(NamedTuple):
    """What the page shows.

    Attributes:
        storage: The account's, or why it is not known.
        problem: Why versions or aliases are not known.
    """

    versions: tuple[Version, ...]
    aliases: tuple[Alias, ...]
    storage: Storage | WorkbenchError | None = None
    problem: WorkbenchError | None = None


class VersionsPage(ReadingPage[Read]):
    """Two tables: aliases, as there are few of them, then versions, the newest first.

    Signals:
        code_wanted: A version or an alias whose code is to be shown.
        comparison_wanted: One that the open code is to be compared with.
        roll_back_wanted: A version that an alias, or $LATEST, is to go back to.
        alias_wanted: A version that a new alias is to point to.
        edit_wanted: An Alias that is to be changed.
        alias_deletion_wanted: An Alias that is to go.
        deletion_wanted: A Version that is to go.
    """

    object_name = "versionsPage"
    code_wanted = Signal(str)
    comparison_wanted = Signal(str)
    roll_back_wanted = Signal(str)
    alias_wanted = Signal(str)
    edit_wanted = Signal(object)
    alias_deletion_wanted = Signal(object)
    deletion_wanted = Signal(object)

    def __init__(self, services: Services) -> None:
        super().__init__(services, "layers")
        self.shown = Read((), ())
        self.aliases = Table("aliasTable", _("Aliases"), alias_columns(), identity=lambda alias: alias.name)
        self.versions = Table(
            "versionTable",
            _("Versions"),
            version_columns(lambda: self.shown.aliases),
            identity=lambda version: version.version,
        )
        none = PlainLabel(_("No aliases point to a version."))
        self._no_aliases = named(none, "noAliases", role="muted")
        self.storage = named(FittingLabel(Qt.TextElideMode.ElideRight), "codeStorage", role="muted")
        self.problems = BannerStack(services.actions, services.icons)
        self.problems.setObjectName("versionProblems")
        self.open_code = self._button("openVersionCode", _("Open Code"), self.code_wanted)
        self.compare = self._button("compareVersion", _("Compare"), self.comparison_wanted)
        self.compare.setToolTip(_("Compare the open code with this version"))
        self.roll_back = self._button("rollBackToVersion", _("Roll Back…"), self.roll_back_wanted)
        self.roll_back.setToolTip(_("Point an alias to this version, or deploy its code again"))
        self.edit_alias = named(QToolButton(), "editChosenAlias")
        self.edit_alias.setText(_("Edit Alias…"))
        self.edit_alias.setToolTip(_("Point the selected alias to another version, or split its traffic"))
        self.edit_alias.clicked.connect(self._want(self.edit_wanted))
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        content = QWidget()
        content.setFocusProxy(self.versions)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        self._heading = heading = FlowLayout()
        heading.addWidget(named(PlainLabel(_("Aliases")), "aliasesHeading", role="heading"))
        heading.add_stretch()
        for button in (self.roll_back, self.open_code, self.compare):
            heading.addWidget(button)
        heading.addWidget(self.edit_alias)
        self._below = below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(named(PlainLabel(_("Versions")), "versionsHeading", role="heading"))
        below.addWidget(self.storage)
        below.addStretch(1)
        layout.addWidget(self.problems)
        layout.addLayout(heading)
        layout.addWidget(self._no_aliases)
        layout.addWidget(self.aliases)
        layout.addSpacing(8)
        layout.addLayout(below)
        layout.addWidget(self.versions, 1)
        self.set_content(content)

    def add_actions(self, publish: QAction, new_alias: QAction, prune: QAction) -> None:
        """Adds buttons for actions."""
        self._heading.addWidget(_action_button("newAlias", new_alias))
        self._below.addWidget(_action_button("publishVersion", publish))
        self._below.addWidget(_action_button("deleteOldVersions", prune))

    def _connect(self) -> None:
        self.aliases.selectionModel().selectionChanged.connect(
            lambda: self._selected(self.aliases, self.versions)
        )
        self.versions.selectionModel().selectionChanged.connect(
            lambda: self._selected(self.versions, self.aliases)
        )
        self.aliases.activated.connect(lambda _index: self.code_wanted.emit(self.selected()))
        self.versions.activated.connect(lambda _index: self.code_wanted.emit(self.selected()))
        want = self._want
        self._of_alias = (
            self._offer(self.aliases, "editAlias", _("Edit Alias…"), want(self.edit_wanted)),
            self._offer(self.aliases, "deleteAlias", _("Delete Alias…"), want(self.alias_deletion_wanted)),
        )
        self._of_version = (
            self._offer(
                self.versions,
                "aliasForVersion",
                _("New Alias for This Version…"),
                lambda: self.alias_wanted.emit(self.selected()),
            ),
            self._offer(self.versions, "deleteVersion", _("Delete Version…"), want(self.deletion_wanted)),
        )
        self._switch()

    def _offer(self, table: QWidget, name: str, title: str, handler: Callable[[], object]) -> QAction:
        """Puts something that can be done to the selected row into its table's context menu."""
        action = QAction(title, table)
        action.setObjectName(name)
        action.triggered.connect(lambda: handler())
        table.addAction(action)
        return action

    def _want(self, wanted: SignalInstance) -> Callable[[], object]:
        """Says that something is wanted of what is selected, if it is still there."""

        def emit() -> None:
            if (chosen := self.chosen_alias() or self.chosen_version()) is not None:
                wanted.emit(chosen)

        return emit

    def _button(self, name: str, title: str, wanted: SignalInstance) -> QToolButton:
        button = named(QToolButton(), name)
        button.setText(title)
        button.setEnabled(False)
        button.clicked.connect(lambda: wanted.emit(self.selected()))
        return button

    def _selected(self, table: QTableView, other: QTableView) -> None:
        if table.selectionModel().hasSelection():
            other.clearSelection()  # one choice on the page
        self._switch()

    def _switch(self) -> None:
        """Enables what makes sense for what is selected."""
        for button in (self.open_code, self.compare):
            button.setEnabled(bool(self.selected()))
        self.roll_back.setEnabled(self.selected().isdecimal())
        new_alias, delete = self._of_version
        new_alias.setEnabled(self.chosen_version() is not None)
        delete.setEnabled(self.selected().isdecimal())
        for action in (*self._of_alias, self.edit_alias):
            action.setEnabled(self.chosen_alias() is not None)

    def selected(self) -> str:
        """The version or alias that is selected, or ""."""
        if (alias := self.chosen_alias()) is not None:
            return alias.name
        version = self.chosen_version()
        return version.version if version is not None else ""

    def chosen_alias(self) -> Alias | None:
        """The alias that is selected, if one is."""
        return next(iter(self.aliases.chosen()), None)

    def chosen_version(self) -> Version | None:
        """The version that is selected, if one is."""
        return next(iter(self.versions.chosen()), None)

    def refresh(self) -> None:
        """Reads again, if somebody looks: something was just changed."""
        if self.active:
            self.load()

    def job_title(self, function_name: str) -> str:
        return _("Reading the versions of {function_name}").format(function_name=function_name)

    def read(self, function: OpenFunction, ctx: JobContext) -> Read:
        connection, name = function.connection, function.detail.function_name
        versions, aliases, problem = list_both(connection, name, ctx)
        try:
            storage: Storage | WorkbenchError = read_storage(connection)
        except WorkbenchError as error:
            storage = error  # many may look at functions and not at the account
        return Read(versions, aliases, storage, problem)

    def function_changed(self) -> None:
        super().function_changed()
        self.shown = Read((), ())
        self.aliases.set_rows(())  # what is selected is of the other function
        self.versions.set_rows(())

    def show_result(self, result: Read) -> None:
        self.shown = result
        versions, aliases, _storage, problem = result
        self.problems.clear()
        if problem is not None:
            self.problems.show_error(problem, "warning")
        self.aliases.set_rows(aliases)
        self.aliases.resize_to_content()
        self.aliases.setVisible(bool(aliases))
        self._no_aliases.setVisible(not aliases and problem is None)
        self.versions.set_rows(versions)
        self.versions.rows.repaint()  # aliases may point elsewhere
        self._show_storage(result)
        self._switch()

    def _show_storage(self, result: Read) -> None:
        here = _("All versions of this function: {size}")
        text = here.format(size=size_text(stored_bytes(result.versions))) if result.versions else ""
        tip = ""
        if isinstance(result.storage, Storage):
            region = self.function.detail.region if self.function else ""
            all_of_it = _("{region} uses {size} of {limit}").format(
                region=region,
                size=size_text(result.storage.used_bytes),
                limit=size_text(result.storage.limit_bytes),
            )
            text = " · ".join(filter(None, (text, all_of_it)))
        elif result.storage is not None:
            tip = str(result.storage)
            denied = is_missing(result.storage)
            unknown = _("account: not permitted") if denied else _("account: not read")
            text = " · ".join(filter(None, (text, unknown)))
        self.storage.show_text(text)
        self.storage.setToolTip(tool_tip("\n".join(filter(None, (text, tip)))))


def _action_button(name: str, action: QAction) -> QToolButton:
    button = named(QToolButton(), name)
    button.setDefaultAction(action)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    return button


_SHORT_SHA = 12


def alias_columns() -> tuple[Column[Alias], ...]:
    """Where an alias points, and who gets which share."""
    return (
        Column(_("Alias"), lambda alias: alias.name, 260),
        Column(_("Version"), lambda alias: alias.version, 90),
        Column(_("Weights"), _weights, 200),
        Column(_("Description"), lambda alias: alias.description),
    )


def version_columns(aliases: Callable[[], tuple[Alias, ...]]) -> tuple[Column[Version], ...]:
    """What a version is, and which aliases point to it."""
    return (
        Column(_("Version"), lambda version: version.version, 90),
        Column(_("Aliases"), lambda version: _names(version, aliases()), 180),
        Column(_("Description"), lambda version: version.description),
        Column(_("Runtime"), lambda version: version.runtime, 110),
        Column(
            _("Code SHA-256"),
            lambda version: version.code_sha256[:_SHORT_SHA],
            130,
            full=lambda version: version.code_sha256,
        ),
        Column(
            _("Code size"),
            lambda version: size_text(version.code_size_bytes),
            90,
            full=lambda version: str(version.code_size_bytes),
            is_number=True,
        ),
        Column(_("Last modified"), modified_text, 150, full=_moment),
    )


def modified_text(version: Version) -> str:
    """When a version was last modified, in local time; empty where that is not known."""
    modified = version.last_modified
    return modified.astimezone().strftime("%Y-%m-%d %H:%M") if modified else ""


def _moment(version: Version) -> str:
    return version.last_modified.isoformat(timespec="seconds") if version.last_modified else ""


def _weights(alias: Alias) -> str:
    return ", ".join(f"{version}: {_percent(weight)}" for version, weight in _shares(alias))


def _names(version: Version, aliases: tuple[Alias, ...]) -> str:
    names = []
    for alias in aliases:
        shares = dict(_shares(alias))
        if alias.version == version.version or version.version in shares:
            share = shares.get(version.version, 1)
            names.append(alias.name if share == 1 else f"{alias.name} ({_percent(share)})")
    return ", ".join(names)


def _shares(alias: Alias) -> list[tuple[str, float]]:
    """Which version gets which share of the alias's calls; empty when all go to one."""
    if not alias.weights:
        return []
    rest = 1 - sum(weight for _, weight in alias.weights)
    return [(alias.version, rest), *alias.weights]


def _percent(share: float) -> str:
    return f"{share * 100:.4g} %"
