"""Looks at the files of the open code, in the background: marks in the tree, and problems."""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workbench.code.syntax import Problem, check_python
from workbench.code.tree import FileChange, Stamp
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.ui.file_nodes import Marks, Node, news_for
from workbench.ui.file_tree_model import FileTreeModel
from workbench.ui.language_layers import known_imports
from workbench.ui.services import LOOKING, OpenFunction, Services


class CleanFiles:
    """Remembers files that had no problem: in a folder where all is new, thousands need no second look.

    Used by one job at a time, but for one that was dropped, whose loss or gain is a file looked at once more.
    """

    def __init__(self) -> None:
        self._known: dict[str, Stamp] = {}
        self._about: tuple[Path, str] | None = None

    def without(
        self, root: Path, paths: Iterable[str], runtime: str, drafted: Collection[str]
    ) -> dict[str, Stamp]:
        """The files to look at, each as it is now; those with drafts always."""
        if self._about != (root, runtime):
            self._known, self._about = {}, (root, runtime)
        found: dict[str, Stamp] = {}
        for path in paths:
            if path.endswith(".py"):
                try:
                    about = os.stat(root / path)
                except OSError:
                    continue
                stamp = (about.st_mtime_ns, about.st_ctime_ns, about.st_size, about.st_ino)
                if path in drafted or self._known.get(path) != stamp:
                    found[path] = stamp
        return found

    def learn(self, looked_at: Mapping[str, Stamp], but: Collection[str]) -> None:
        """What was looked at had no problem, but for some."""
        self._known.update({path: stamp for path, stamp in looked_at.items() if path not in but})


class CodeChecks(QObject):
    """One look at a time; what is asked for meanwhile is one more: under a flood of changes each still ends.

    Signals:
        checked(workspace, news, problems, changed): Workspace, Node or Marks, tuple[Problem, ...], and the
            paths of the saved files that differ from the deployed package.
        failed: The files could not be read.
    """

    checked = Signal(object, object, object, object)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, tree: FileTreeModel) -> None:
        super().__init__(tree)
        self._tree = tree
        self._services = services
        self._running: tuple[Workspace, JobHandle] | None = None
        self._next: tuple[Workspace, OpenFunction] | None = None
        self._clean = CleanFiles()

    def check(self, workspace: Workspace, function: OpenFunction) -> None:
        """Looks soon."""
        if self._running is not None:
            if self._running[0] is workspace:
                self._next = (workspace, function)
                return
            self._running[1].drop()
        self._next = None
        self._start(workspace, function)

    def leave(self) -> None:
        """Looks no more at what is open."""
        if self._running is not None:
            self._running[1].drop()
        self._running = self._next = None

    def _start(self, workspace: Workspace, function: OpenFunction) -> None:
        detail = function.detail
        clean, shown = self._clean, self._tree.root

        def run(ctx: JobContext) -> tuple[Node | Marks, tuple[Problem, ...], tuple[str, ...]]:
            entries = workspace.tree(ctx)
            changed = tuple(entry.path for entry in entries if entry.change is not FileChange.SAME)
            drafts = {draft.path: draft.text for draft in workspace.drafts()}
            stamps = clean.without(workspace.root, changed, detail.runtime, drafts)
            layers = known_imports(self._services, detail)
            problems = check_python(
                workspace.root, detail.handler, detail.runtime, stamps, ctx, drafts, layers
            )
            clean.learn(stamps, {*drafts, *(problem.path for problem in problems)})
            return news_for(shown, entries), problems, changed

        def done(found: tuple[Node | Marks, tuple[Problem, ...], tuple[str, ...]]) -> None:
            self._ended()
            self.checked.emit(workspace, *found)

        def failed(error: WorkbenchError) -> None:
            self._ended()
            self.failed.emit(error)

        title = _("Checking the code of {function_name}").format(function_name=detail.function_name)
        job = Job(
            title, run, lane=LOOKING, quiet=True, on_done=done, on_error=failed, on_cancelled=self._ended
        )
        self._running = (workspace, self._services.jobs.submit(job))

    def _ended(self) -> None:
        self._running = None
        if self._next is not None:
            again, self._next = self._next, None
            self._start(*again)
