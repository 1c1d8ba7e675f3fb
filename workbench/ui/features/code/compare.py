"""Compares the open code with what is deployed, or with any other version, file by file.

The text on the right is the open file itself: typing, saving and drafts are as ever.
"""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QToolButton,
    QTreeView,
    QVBoxLayout,
)

from workbench.aws.names import LATEST
from workbench.code.compare import (
    ComparedPackage,
    FileDifference,
    FilePair,
    NonTextDifference,
    base_side,
    differences,
    fetch_side,
    pair_of,
)
from workbench.code.text import Document, FileKind
from workbench.code.tree import EntryKind, TreeEntry
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function
from workbench.ui.files.open_files import OpenFiles
from workbench.ui.files.tree import PATH_ROLE, FileTreeModel, build_nodes
from workbench.ui.kit.text import PlainLabel, message_box, named
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.services import OpenFunction, Services
from workbench.ui.shell.version_picker import VersionChoice


class ComparePanel(QFrame):
    """Shows what differs.

    Signals:
        chosen: A file of the list; its path.
        revert_wanted: A file that is to be made what the other side has.
        closed: The user has seen enough.
    """

    chosen = Signal(str)
    revert_wanted = Signal(str)
    closed = Signal()

    def __init__(self, services: Services) -> None:
        super().__init__()
        named(self, "comparePanel", _("Comparison"))
        self.title = named(PlainLabel(), "compareTitle", role="heading")
        self.title.setWordWrap(True)
        self.state = named(PlainLabel(), "compareState", role="muted")
        self.state.setWordWrap(True)
        self._nodes = FileTreeModel(services.icons, services.theme, self)
        self.tree = named(QTreeView(), "compareTree", _("Files that differ"))
        self.tree.setModel(self._nodes)
        self.tree.setHeaderHidden(True)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setUniformRowHeights(True)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(1, 28)
        self.close_button = named(QToolButton(), "compareClose", _("Close the comparison"), role="quiet")
        services.icons.attach(self.close_button, "x", "muted")
        self.close_button.setToolTip(_("Close the comparison"))
        self.revert_button = named(QToolButton(), "compareRevert", _("Revert File…"))
        self.revert_button.setText(_("Revert File…"))
        self.revert_button.setToolTip(_("Revert the file to the other version"))
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 4, 6)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.state)
        layout.addWidget(self.tree, 1)
        bottom = QHBoxLayout()
        bottom.addWidget(self.revert_button, 1)
        for action in ("code.revert_change", "code.previous_change", "code.next_change"):
            button = named(QToolButton(), f"compare.{action}", services.actions[action].text(), role="quiet")
            button.setDefaultAction(services.actions[action])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            services.actions.draw_icon(action)
            bottom.addWidget(button)
        layout.addLayout(bottom)
        self.setFocusProxy(self.tree)
        self.tree.clicked.connect(self._choose)
        self.tree.activated.connect(self._choose)
        self.tree.selectionModel().currentChanged.connect(self._enable)
        self.close_button.clicked.connect(self.closed)
        self.revert_button.clicked.connect(lambda: self.revert_wanted.emit(self.current_path()))
        self._can_change = False

    def set_message(self, title: str, state: str) -> None:
        """Says what is compared with what, and how it goes."""
        self.title.setText(title)
        self.state.setText(state)
        self.state.setVisible(bool(state))

    def show_differences(self, found: Sequence[FileDifference], *, can_change: bool) -> None:
        """Shows the files; what is current stays so."""
        current = self.current_path()
        self._can_change = can_change
        entries = tuple(
            TreeEntry(each.path, EntryKind.FILE, change=each.change, has_draft=each.has_draft)
            for each in found
        )
        self._nodes.show_nodes(build_nodes(entries))
        self.tree.expandAll()
        self.select(current)

    def select(self, path: str) -> None:
        """Makes a file current; its text is not asked for."""
        index = self._nodes.index_of(path) if path else QModelIndex()
        if index.isValid():
            self.tree.setCurrentIndex(index)
        self._enable()

    def current_path(self) -> str:
        """The current file, or "" for none."""
        index = self.tree.currentIndex()
        return str(index.siblingAtColumn(0).data(PATH_ROLE) or "") if index.isValid() else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _enable(self) -> None:
        self.revert_button.setEnabled(self._can_change and bool(self.current_path()))

    def _choose(self, index: QModelIndex) -> None:
        if path := index.siblingAtColumn(0).data(PATH_ROLE):
            self.chosen.emit(path)


_FILE = "code.compare.file"


class ComparedFile(QObject):
    """Shows one file at a time in the editor, as editable as it is.

    Signals:
        shown: What differs beside the lines, in words; empty for nothing.
        failed: The file could not be read on one of its sides.
    """

    shown = Signal(str)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, files: OpenFiles, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._files = files
        self._side: ComparedPackage | None = None
        self._wanted = ""  # the file that was asked for last
        self._preview = ""  # a file that was opened only to be compared

    @property
    def path(self) -> str:
        """The file that was asked for last; "" for none."""
        return self._wanted

    def show_file(self, workspace: Workspace, side: ComparedPackage, path: str) -> None:
        """Shows a file beside its other side."""
        self._side, self._wanted = side, path
        self._services.jobs.start(
            _("Comparing {path}").format(path=path),
            lambda _ctx: pair_of(workspace, side, path),
            lane=f"disk:{workspace.folder}",  # after the draft that is being written
            replaces=_FILE,
            quiet=True,
            urgent=True,
            on_done=lambda pair: self._show_pair(side, path, pair),
            on_error=self.failed.emit,
        )

    def close_file(self, path: str) -> bool:
        """Closes a file that is another one now. Returns whether it was opened for more than comparing."""
        was_open = bool(self._files.uri_of_open(path)) and path != self._preview
        self._files.close_path(path)
        self._preview = self._wanted = ""
        return was_open

    def end(self) -> None:
        """Shows the file alone again, or closes it when it was opened only to be compared."""
        self._services.jobs.drop(_FILE)
        self._side, self._wanted = None, ""
        self._files.editor.comparing.end()
        self._exchange_preview("")

    def _show_pair(self, side: ComparedPackage, path: str, pair: FilePair) -> None:
        if side is not self._side or path != self._wanted:
            return
        if words := self._no_text(pair):
            self._exchange_preview("")
            self._files.set_message(path, words)
            return
        preview = path if path == self._preview or not self._files.uri_of_open(path) else ""
        original = pair.old.text if pair.old else ""
        self._files.open(path, partial(self._compare, side, path, original, preview), or_new=True)
        self.shown.emit(self._asides(pair))

    def _compare(self, side: ComparedPackage, path: str, original: str, preview: str) -> None:
        if self._side is None:
            self._files.close_path(path, if_unchanged=path == preview)
            return
        self._exchange_preview(preview)
        if side is self._side and path == self._wanted == self._files.current_path():
            self._files.editor.comparing.show(original)

    def _exchange_preview(self, path: str) -> None:
        """Closes the file that was opened only to be compared, unless something was typed in it."""
        old, self._preview = self._preview, path
        if old not in ("", path):
            self._files.close_path(old, if_unchanged=True)

    # Words

    def _no_text(self, pair: FilePair) -> str:
        """Why the two cannot be shown as texts; empty when they can."""
        sides = [each for each in (pair.old, pair.new) if each is not None]
        if all(each.kind is FileKind.TEXT for each in sides):
            return ""
        words = _("This file is binary or too large to show. Theirs: {theirs}. Yours: {yours}.")
        return words.format(theirs=self._size(pair.old), yours=self._size(pair.new))

    def _size(self, document: Document | None) -> str:
        if document is None:
            return _("none")
        return _("{size_bytes} bytes").format(size_bytes=f"{document.size_bytes:,}")

    def _asides(self, pair: FilePair) -> str:
        words = {
            NonTextDifference.LINE_ENDS: _("line endings"),
            NonTextDifference.ENCODING: _("encoding"),
            NonTextDifference.EXECUTABLE: _("executable bit"),
        }
        if not pair.non_text:
            return ""
        also = ", ".join(words[aside] for aside in pair.non_text)
        return _("Also different: {also}").format(also=also)


_KEY = "code.compare"

type _MakeSide = Callable[[JobContext], ComparedPackage]


class CompareFlow(QObject):
    """Holds what the open code is compared with, and the list of what differs.

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
        mine = mine if workspace.base.version != LATEST else _("Working copy")
        self.panel.set_message(f"{title} ↔ {mine}", _("Comparing…"))
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

        self._services.jobs.start(
            _("Comparing the code of {function_name}").format(function_name=workspace.base.function_name),
            run,
            replaces=_KEY,
            quiet=not first,
            on_done=lambda found: self._compared(make, *found, first=first),
            on_error=lambda error: self._failed(make, error),
            on_cancelled=lambda: self._failed(make, None),
        )

    def _compared(
        self, make: _MakeSide, side: ComparedPackage, found: tuple[FileDifference, ...], *, first: bool
    ) -> None:
        workspace = self._code.workspace
        if make is not self._make or workspace is None:
            return
        before, self._side, self._shown = self._side, side, found
        self.panel.show_differences(found, can_change=not workspace.read_only)
        self.panel.set_message(self.panel.title.text(), self._count())
        if first and found:
            paths = [each.path for each in found]
            shown = self._files.current_path()
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
        self.panel.set_message(self.panel.title.text(), "\n".join(filter(None, (self._count(), words))))

    def _count(self) -> str:
        count = len(self._shown)
        if not count:
            return _("No files differ.")
        return ngettext("{count} file differs", "{count} files differ", count).format(count=count)

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
