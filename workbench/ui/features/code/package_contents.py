"""What goes into the package of the open code: the dialog, and two entries of the tree's menu."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from workbench.code.package import Patterns, read_patterns, write_patterns
from workbench.code.package.patterns import ALWAYS_OUT, leave_out, put_in
from workbench.code.package_contents import Material, PackagePreview, material_of, outlook
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.ui import contents_dialog
from workbench.ui.files.tree import Node
from workbench.ui.pages.code import CodePage
from workbench.ui.services import OpenFunction, Services

CONTENTS = "code.package_contents"


class PackageContents(QObject):
    """Shows and edits the package contents of the open code.

    Args:
        services: The program's.
        code: The Code tab.
        notify: Shows a message and its tone: what was done, or why it failed.
    """

    def __init__(
        self, services: Services, code: CodePage, notify: Callable[[WorkbenchError, str], object]
    ) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        self._notify = notify
        services.actions.bind(CONTENTS, self.open)
        code.tree.begin_group()
        self._leave_out = self._add("leaveOut", _("Exclude from Package"), stays_out=True)
        self._put_in = self._add("putIn", _("Include in Package"), stays_out=False)
        code.tree.addAction(services.actions[CONTENTS])
        code.tree.selectionModel().selectionChanged.connect(self._selected)
        for signal in (code.tree.nodes.layoutChanged, code.tree.nodes.modelReset):
            signal.connect(self._selected)
        self._selected()

    # The dialog ---------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Looks at all files, then shows what goes in."""
        self._code.when_open(self._look)

    def _look(self, function: OpenFunction, workspace: Workspace) -> None:
        def run(ctx: JobContext) -> tuple[Patterns, Material, PackagePreview]:
            patterns, material = read_patterns(workspace.folder), material_of(workspace, ctx)
            return patterns, material, outlook(material, patterns)

        self._services.jobs.submit(
            Job(
                _("Reading the package of {function_name}").format(
                    function_name=function.detail.function_name
                ),
                run,
                replaces=CONTENTS,
                on_done=lambda found: self._show(workspace, function.detail.function_name, *found),
                on_error=self._fail,
            )
        )

    def _show(
        self, workspace: Workspace, name: str, patterns: Patterns, material: Material, first: PackagePreview
    ) -> None:
        if workspace is not self._code.workspace:
            return
        window = self._code.window()
        dialog = contents_dialog.show_contents(self._services, name, patterns, material, first, window)
        dialog.agreed.connect(lambda text: self._save(dialog, workspace, text))

    def _save(self, dialog: "contents_dialog.ContentsDialog", workspace: Workspace, text: str) -> None:
        def saved(_patterns: Patterns) -> None:
            dialog.accept()
            self._code.files.stored.emit()  # marks of the tree, and the package made ahead

        self._services.jobs.submit(
            Job(
                _("Saving the package contents"),
                lambda _ctx: write_patterns(workspace.folder, text),
                lane=f"disk:{workspace.folder}",
                on_done=saved,
                on_error=dialog.set_error,
            )
        )

    # The tree's menu ----------------------------------------------------------------------------------------

    def _add(self, name: str, title: str, *, stays_out: bool) -> QAction:
        action = QAction(title, self._code.tree)
        action.setObjectName(f"fileTree.{name}")
        action.triggered.connect(lambda: self._decide(stays_out=stays_out))
        self._code.tree.addAction(action)
        return action

    def _nodes(self, *, stays_out: bool) -> list[Node]:
        """The selected files and folders that can be decided on."""
        workspace, tree = self._code.workspace, self._code.tree
        if workspace is None or workspace.read_only:
            return []
        found = (tree.nodes.node_at(path) for path in tree.selected())
        return [node for node in found if node is not None and node.stays_out is not stays_out]

    def _selected(self) -> None:
        self._leave_out.setVisible(bool(self._nodes(stays_out=True)))
        self._put_in.setVisible(bool(self._nodes(stays_out=False)))

    def _decide(self, *, stays_out: bool) -> None:
        workspace = self._code.workspace
        chosen = [(node.path, node.is_folder) for node in self._nodes(stays_out=stays_out)]
        if workspace is None or not chosen:
            return
        names = ", ".join(path for path, _is_folder in chosen)

        def run(_ctx: JobContext) -> None:
            patterns = read_patterns(workspace.folder)
            for path, is_folder in chosen:
                before = patterns
                patterns = (leave_out if stays_out else put_in)(before, path, is_folder)
                if patterns == before and not stays_out:
                    raise WorkbenchError(
                        _("{path} is excluded from the package.").format(path=path), ALWAYS_OUT
                    )
            write_patterns(workspace.folder, "\n".join((*patterns.lines, "")))

        words = (
            _("Will be excluded from the package in the next deployment: {names}.")
            if stays_out
            else _("Will be included in the package in the next deployment: {names}.")
        )

        def done(_result: None) -> None:
            if workspace is self._code.workspace:
                notice = WorkbenchError(words.format(names=names), action=CONTENTS)
                self._notify(notice, "info")
                self._code.files.stored.emit()

        self._services.jobs.submit(
            Job(
                _("Saving the package contents"),
                run,
                lane=f"disk:{workspace.folder}",
                on_done=done,
                on_error=self._fail,
            )
        )

    def _fail(self, error: WorkbenchError) -> None:
        self._notify(error, "danger")
