"""Lists all places where the name at the cursor is used, in the Search tab."""

from PySide6.QtCore import QObject, Signal

from workbench.code.language_server import Json
from workbench.code.language_service import FileRanges, matches_of, ranges_by_file
from workbench.code.search import FileMatches, SearchSummary
from workbench.code.text import FileKind
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.ui.language import Language
from workbench.ui.pages.code import CodePage
from workbench.ui.search_panel import SearchPanel
from workbench.ui.services import Services

_KEY = "code.search"  # the panel shows one or the other


class ReferencesFlow(QObject):
    """Follows the cursor, and binds its own action.

    Signals:
        wanted: There is something to show: the panel is to be seen.
        failed: There is no name, or nobody knows.
    """

    wanted = Signal()
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, panel: SearchPanel, code: CodePage, language: Language) -> None:
        super().__init__(code)
        self._services = services
        self._panel = panel
        self._code = code
        self._language = language
        self._cursor = (1, 1)
        code.files.editor.cursor_moved.connect(self._note)
        services.actions.bind("edit.list_references", self.list_references)

    def _note(self, line: int, column: int) -> None:
        self._cursor = (line, column)

    def list_references(self) -> None:
        """Asks for the uses of the name at the cursor of the shown file."""
        workspace, path = self._code.workspace, self._code.files.shown_path()
        if workspace is None or not path:
            return
        line, column = self._cursor
        params: dict[str, Json] = {
            "textDocument": {"uri": (workspace.root / path).as_uri()},
            "position": {"line": line - 1, "character": column - 1},
            "context": {"includeDeclaration": True},
        }
        if not self._language.ask(
            "textDocument/references", params, lambda found: self._read(workspace, found)
        ):
            self._refuse(
                _("No language server is running for this code. Use Find in All Files to search for text.")
            )

    def _read(self, workspace: Workspace, answer: Json) -> None:
        places = ranges_by_file(answer, workspace.root)
        if workspace is not self._code.workspace:
            return
        if not places:
            self._refuse(_("There is no symbol at the cursor, or it has no references."))
            return
        self._services.jobs.drop(_KEY)
        self._panel.begin()
        self.wanted.emit()
        self._code.files.typed(lambda typed: self._start(workspace, places, typed))

    def _start(self, workspace: Workspace, places: FileRanges, typed: dict[str, str]) -> None:
        def text(path: str) -> str | None:
            if path in typed:
                return typed[path]
            if (draft := workspace.draft(path)) is not None:
                return draft.text
            try:
                document = workspace.read(path)
            except WorkbenchError:
                return None  # it has gone meanwhile
            return document.text if document.kind is FileKind.TEXT else None

        def run(_ctx: JobContext) -> tuple[FileMatches, ...]:
            return matches_of(places, text)

        def show(found: tuple[FileMatches, ...]) -> None:
            if workspace is self._code.workspace:
                self._panel.add(found)
                matches = sum(len(each.matches) for each in found)
                self._panel.finish(SearchSummary(len(found), matches, len(found)))

        self._services.jobs.submit(
            Job(_("Reading related files"), run, replaces=_KEY, quiet=True, on_done=show)
        )

    def _refuse(self, why: str) -> None:
        self.failed.emit(WorkbenchError(_("No references found."), why))
