"""Marks beside the lines of open files that differ from what is deployed, while one types."""

from PySide6.QtCore import QObject

from workbench.code.text import FileKind, LineChange, decode, line_changes
from workbench.code.workspace import Workspace
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.ui.editor import ChangedLines
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services

_MOST_CHARACTERS = 2_000_000  # beyond, marks would lag behind the typing and slow it down


class ChangeMarks(QObject):
    """Lives as long as the Code tab. A new file has no marks: all of it is new."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        # The deployed text of open files, with the package that it is from; None where there is none.
        self._deployed: dict[str, tuple[str, str | None]] = {}
        code.workspace_changed.connect(self._deployed.clear)
        code.files.opened.connect(self._look_at)
        code.files.editor.changed.connect(self._typed)

    def refresh(self) -> None:
        """Looks at every open file again: other code is deployed now."""
        for path in self._code.files.open_paths():
            self._look_at(path)

    def _look_at(self, path: str) -> None:
        files = self._code.files
        if uri := files.uri_of_open(path):
            files.editor.text(uri, lambda shown: self._compare(path, uri, shown.text))

    def _typed(self, uri: str, text: str) -> None:
        files = self._code.files
        path = next((each for each in files.open_paths() if files.uri_of_open(each) == uri), "")
        if path:
            self._compare(path, uri, text)

    def _compare(self, path: str, uri: str, text: str) -> None:
        workspace = self._code.workspace
        if workspace is None or workspace.read_only or len(text) > _MOST_CHARACTERS:
            return

        def run(_ctx: object) -> tuple[LineChange, ...]:
            deployed = self._deployed_text(workspace, path, uri)
            return () if deployed is None else line_changes(deployed, text)

        self._services.jobs.submit(
            Job(
                _("Comparing {path}").format(path=path),
                run,
                replaces=f"code.marks:{uri}",
                quiet=True,
                on_done=lambda found: self._mark(workspace, path, uri, found),
                # The marks are a courtesy; what is wrong with the package is said by opening and comparing.
                on_error=lambda _error: None,
            )
        )

    def _deployed_text(self, workspace: Workspace, path: str, uri: str) -> str | None:
        """Runs in a job."""
        package = workspace.base.code_sha256
        known = self._deployed.get(uri)
        if known is not None and known[0] == package:
            return known[1]
        data = workspace.base_bytes(path)
        document = decode(data) if data is not None else None
        text = document.text if document is not None and document.kind is FileKind.TEXT else None
        self._deployed[uri] = (package, text)
        return text

    def _mark(self, workspace: Workspace, path: str, uri: str, found: tuple[LineChange, ...]) -> None:
        files = self._code.files
        if workspace is self._code.workspace and files.uri_of_open(path) == uri:
            marks = [ChangedLines(change.kind, change.line, change.end_line) for change in found]
            files.editor.comparing.set_changes(uri, marks)
