"""Looks at the files of the open code, in the background: marks in the tree, and problems."""

from PySide6.QtCore import QObject, Signal

from workbench.code.syntax import Problem, check_python
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.ui.file_tree_model import Node, build_nodes
from workbench.ui.services import OpenFunction, Services


class CodeChecks(QObject):
    """One look at a time; what is asked for meanwhile is one more: under a flood of changes each still ends.

    Signals:
        looked(workspace, nodes, problems): Workspace, Node and tuple[Problem, ...].
        failed: The files could not be read.
    """

    looked = Signal(object, object, object)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._running: tuple[Workspace, JobHandle] | None = None
        self._next: tuple[Workspace, OpenFunction] | None = None

    def look(self, workspace: Workspace, function: OpenFunction) -> None:
        """Looks soon."""
        if self._running is not None:
            if self._running[0] is workspace:
                self._next = (workspace, function)
                return
            self._running[1].drop()
        self._next = None
        self._start(workspace, function)

    def _start(self, workspace: Workspace, function: OpenFunction) -> None:
        detail = function.detail

        def run(ctx: JobContext) -> tuple[Node, tuple[Problem, ...]]:
            entries = workspace.tree(ctx)
            changed = [entry.path for entry in entries if entry.change.value != "same"]
            drafts = {draft.path: draft.text for draft in workspace.drafts()}
            problems = check_python(workspace.root, detail.handler, detail.runtime, changed, ctx, drafts)
            return build_nodes(entries), problems

        def done(found: tuple[Node, tuple[Problem, ...]]) -> None:
            self._ended()
            self.looked.emit(workspace, *found)

        def failed(error: WorkbenchError) -> None:
            self._ended()
            self.failed.emit(error)

        title = self.tr("Checking the code of %1").replace("%1", detail.function_name)
        job = Job(title, run, quiet=True, on_done=done, on_error=failed, on_cancelled=self._ended)
        self._running = (workspace, self._services.jobs.submit(job))

    def _ended(self) -> None:
        self._running = None
        if self._next is not None:
            again, self._next = self._next, None
            self._start(*again)
