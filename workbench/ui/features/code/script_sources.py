"""Gives the editor the scripts of the open code, so that it finds its way between them.

Owns: when they are read: once a script is open, and again after each change on disk.
"""

import json

from PySide6.QtCore import QObject

from workbench.code.scripts import is_script, script_texts
from workbench.code.workspace import Workspace
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services


class ScriptSources(QObject):
    """Lives as long as the Code tab."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        self._workspace: Workspace | None = None  # whose scripts the editor has, or is about to have
        code.workspace_changed.connect(self._leave)
        code.files.opened.connect(self._opened)
        code.files.stored.connect(self.refresh)

    def refresh(self) -> None:
        """Reads the scripts again, if the editor has any."""
        if self._workspace is not None:
            self._read(self._workspace)

    def _leave(self) -> None:
        self._workspace = None
        self._services.jobs.drop("code.scripts")
        self._code.files.editor.scripts.set("")

    def _opened(self, path: str) -> None:
        if is_script(path) and self._workspace is None and self._code.workspace is not None:
            self._workspace = self._code.workspace
            self._read(self._workspace)

    def _read(self, workspace: Workspace) -> None:
        def run(ctx: JobContext) -> str:
            texts = script_texts(workspace.root, ctx.check)
            texts |= {draft.path: draft.text for draft in workspace.drafts() if draft.path in texts}
            return json.dumps(texts)

        def take(texts: str) -> None:
            if workspace is self._workspace:
                self._code.files.editor.scripts.set(workspace.root.as_uri(), texts)

        job = Job(
            _("Reading the scripts"),
            run,
            replaces="code.scripts",
            quiet=True,
            on_done=take,
            # A courtesy: what cannot be read is said where it is opened.
            on_error=lambda _error: None,
        )
        self._services.jobs.submit(job)
