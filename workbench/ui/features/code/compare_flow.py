"""Compares the open code with what is deployed, or with any other version, file by file.

Owns: what it is compared with, and the list of what differs; compared_file.py shows a file of it. The text on
the right is the open file itself: typing, saving and drafts are as ever.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox

from workbench.code.compare import ComparedPackage, FileDifference, base_side, differences, fetch_side
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _, ngettext
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function
from workbench.ui.features.code.compare_panel import ComparePanel
from workbench.ui.features.code.compared_file import ComparedFile
from workbench.ui.kit.text import message_box
from workbench.ui.pages.code import CodePage
from workbench.ui.services import OpenFunction, Services
from workbench.ui.version_picker import VersionChoice

_KEY = "code.compare"

type _MakeSide = Callable[[JobContext], ComparedPackage]


class CompareFlow(QObject):
    """Lives as long as the Code tab.

    Signals:
        failed: The other side could not be read, or a file could not be reverted.
    """

    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        self._files = code.files
        self._make: _MakeSide | None = None
        self._side: ComparedPackage | None = None
        self._shown: tuple[FileDifference, ...] = ()
        self._file = ComparedFile(services, code.files, self)
        self.panel = ComparePanel(services)
        code.left.addWidget(self.panel)
        code.workspace_changed.connect(self.end)
        code.files.stored.connect(self.refresh)
        self._file.shown.connect(self._remark)
        self._file.failed.connect(self.failed)
        self.panel.chosen.connect(self.show_file)
        self.panel.revert_wanted.connect(self._ask_revert)
        self.panel.closed.connect(self.end)

    @property
    def is_active(self) -> bool:
        """Whether the open code is being compared."""
        return self._make is not None

    # What it is compared with

    def with_deployed(self) -> None:
        """Compares with what $LATEST has in AWS."""
        function, workspace = self._code.function, self._code.workspace
        if function is None or workspace is None:
            return
        title = _("Deployed")
        if workspace.stale or workspace.read_only:
            choice = VersionChoice(function.connection, function.detail.function_name, "")
            self._begin(workspace, self._fetching(function, workspace, choice, title), title)
        else:
            # Made anew each time: after a deploy it is another package.
            self._begin(workspace, lambda _ctx: base_side(workspace, title), title)

    def with_version(self, choice: VersionChoice) -> None:
        """Compares with a version or an alias, here or in another account or region."""
        function, workspace = self._code.function, self._code.workspace
        if function is None or workspace is None:
            return
        title = choice.qualifier or _("Deployed")
        if choice.qualifier.isdecimal():
            title = _("Version {qualifier}").format(qualifier=choice.qualifier)
        here, there = function.connection, choice.connection
        if there.account_id != here.account_id:
            title += f" · {there.account_id} · {there.region}"
        elif there.region != here.region:
            title += f" · {there.region}"
        self._begin(workspace, self._fetching(function, workspace, choice, title), title)

    def with_package(self, title: str, make: _MakeSide) -> None:
        """Compares with a package that is on this computer."""
        if self._code.workspace is not None:
            self._begin(self._code.workspace, make, title)

    def _fetching(
        self, function: OpenFunction, workspace: Workspace, choice: VersionChoice, title: str
    ) -> _MakeSide:
        kept_dir = self._services.paths.cache_dir / "packages"
        fetched: list[ComparedPackage] = []

        def make(ctx: JobContext) -> ComparedPackage:
            if not fetched or not fetched[0].package.is_file():
                detail = get_function(choice.connection, choice.function_name, choice.qualifier, ctx)
                source = code_source(detail, choice.connection)
                fetched[:] = [fetch_side(source, workspace, kept_dir, title, ctx)]
            return fetched[0]

        return make

    # The list of files

    def _begin(self, workspace: Workspace, make: _MakeSide, title: str) -> None:
        self.end()
        self._make = make
        mine = _("Version {version}").format(version=workspace.base.version)
        mine = mine if workspace.read_only else _("Working copy")
        self.panel.say(f"{title} ↔ {mine}", _("Comparing…"))
        self.panel.show_differences((), can_change=False)
        self._code.left.setCurrentWidget(self.panel)
        self._files.flush(partial(self._look, make, first=True))

    def refresh(self) -> None:
        """Looks again: something was typed, saved, reverted or deployed."""
        if self._make is not None:
            self._look(self._make, first=self._side is None)  # in the place of a look that is under way

    def _look(self, make: _MakeSide, *, first: bool = False) -> None:
        workspace = self._code.workspace
        if workspace is None or make is not self._make:
            return

        def run(ctx: JobContext) -> tuple[ComparedPackage, tuple[FileDifference, ...]]:
            side = make(ctx)
            return side, differences(workspace, side, ctx)

        self._services.jobs.submit(
            Job(
                _("Comparing the code of {function_name}").format(function_name=workspace.base.function_name),
                run,
                replaces=_KEY,
                quiet=not first,
                on_done=lambda found: self._looked(make, *found, first=first),
                on_error=lambda error: self._failed(make, error),
                on_cancelled=lambda: self._failed(make, None),
            )
        )

    def _looked(
        self, make: _MakeSide, side: ComparedPackage, found: tuple[FileDifference, ...], *, first: bool
    ) -> None:
        workspace = self._code.workspace
        if make is not self._make or workspace is None:
            return
        before, self._side, self._shown = self._side, side, found
        self.panel.show_differences(found, can_change=not workspace.read_only)
        self.panel.say(self.panel.title.text(), self._count())
        if first and found:
            paths = [each.path for each in found]
            shown = self._files.shown_path()
            self.show_file(shown if shown in paths else paths[0])
        elif before is not None and before.package != side.package and self._file.path:
            self._file.show_file(workspace, side, self._file.path)  # other code is deployed by now

    def _failed(self, make: _MakeSide, error: WorkbenchError | None) -> None:
        if make is self._make:
            self.end()
            if error is not None:
                self.failed.emit(error)

    # One file

    def show_file(self, path: str) -> None:
        """Shows a file beside its other side."""
        side, workspace = self._side, self._code.workspace
        if side is not None and workspace is not None:
            self.panel.select(path)
            self._file.show_file(workspace, side, path)

    def _remark(self, words: str) -> None:
        self.panel.say(self.panel.title.text(), "\n".join(filter(None, (self._count(), words))))

    def _count(self) -> str:
        count = len(self._shown)
        if not count:
            return _("No files differ.")
        return ngettext("{count} file differs", "{count} files differ", count).format(count=count)

    def go_to_change(self, *, forward: bool) -> None:
        """Moves to the next or previous difference in the shown file."""
        self._files.editor.comparing.go_to_change(forward=forward)

    # Reverting and ending

    def _ask_revert(self, path: str) -> None:
        side, workspace = self._side, self._code.workspace
        if side is None or workspace is None or not path:
            return
        box = message_box(
            self._code,
            _("Revert File"),
            _("Revert {path} to “{title}”? Your changes to this file will be discarded.").format(
                title=side.title, path=path
            ),
            icon=QMessageBox.Icon.Warning,
            buttons=QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
        )
        box.setObjectName("compareRevertQuestion")
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        if box.exec() == QMessageBox.StandardButton.Discard:
            self._files.flush(partial(self._revert, workspace, side, path))

    def _revert(self, workspace: Workspace, side: ComparedPackage, path: str) -> None:
        if workspace is self._code.workspace:
            self._code.change_on_disk(
                _("Reverting {path}").format(path=path),
                lambda _ctx: workspace.take(path, side.read(path), side.contents.files.get(path)),
                partial(self._reverted, side, path),
            )

    def _reverted(self, side: ComparedPackage, path: str) -> None:
        if self._file.close_file(path) and path in side.contents.files:
            self._files.open(path)
        self._files.stored.emit()
        if (make := self._make) is not None:
            self._look(make, first=True)

    def end(self) -> None:
        """Shows files and tree as they were before."""
        if self._make is None:
            return
        self._make, self._side, self._shown = None, None, ()
        self._services.jobs.drop(_KEY)
        self._code.left.setCurrentWidget(self._code.tree)
        self._file.end()
