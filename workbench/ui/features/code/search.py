"""Searches, replaces and lists references in the open code; goes to a file or symbol by a few letters."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workbench.code.language_server import Json
from workbench.code.language_service import FileRanges, matches_of, ranges_by_file
from workbench.code.search import (
    FileMatches,
    Query,
    Replacement,
    SearchSummary,
    apply_replacements,
    search_workspace,
)
from workbench.code.syntax import Symbol, scan_symbols
from workbench.code.text import FileKind
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _, ngettext
from workbench.ui.editor import Snapshot, TextEdit
from workbench.ui.features.code.language import Language
from workbench.ui.features.code.search_panel import SearchPanel
from workbench.ui.kit.quick_pick import Pick, PickTexts, QuickPick
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services

_KEY = "code.search"

_Then = Callable[[], object]
_Refused = Callable[[WorkbenchError], object]


class SearchFlow(QObject):
    """Runs what the panel asks for on the workspace that is open.

    Signals:
        failed: Something was not replaced.
    """

    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, panel: SearchPanel, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._panel = panel
        self._code = code
        self._running: JobHandle | None = None
        code.workspace_changed.connect(self._follow)
        panel.asked.connect(self._search)
        panel.cancelled.connect(self._cancel)
        panel.replace_wanted.connect(self._replace)

    def _follow(self) -> None:
        self._services.jobs.drop(_KEY)
        workspace = self._code.workspace
        self._panel.set_searchable(
            there=workspace is not None, read_only=bool(workspace and workspace.read_only)
        )

    def _search(self, query: Query) -> None:
        self._services.jobs.drop(_KEY)
        if self._code.workspace is not None and query.text:
            self._panel.begin()
            self._code.files.typed(partial(self._start, self._code.workspace, query))

    def _start(self, workspace: Workspace, query: Query, typed: dict[str, str]) -> None:
        if workspace is not self._code.workspace:
            return
        self._running = self._services.jobs.submit(
            Job(
                _("Searching for {query}").format(query=query.text),
                lambda ctx: search_workspace(workspace, typed, query, ctx),
                replaces=_KEY,
                on_item=lambda found: self._panel.add(cast(Sequence[FileMatches], found)),
                on_done=self._panel.finish,
                on_error=self._panel.fail,
                on_cancelled=self._panel.stopped,
            )
        )

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()

    # Replacing

    def _replace(self, chosen: list[tuple[str, list[Replacement]]]) -> None:
        workspace = self._code.workspace
        if workspace is None:
            return
        waiting, done = len(chosen), 0

        def ended(replacements: int) -> None:
            nonlocal waiting, done
            waiting -= 1
            done += replacements
            if waiting == 0 and workspace is self._code.workspace:
                self._tell(done)

        def refused(error: WorkbenchError) -> None:
            self.failed.emit(error)
            ended(0)

        self._panel.clear()  # what was found does not stand there any more
        for path, replacements in chosen:
            then = partial(ended, len(replacements))
            if uri := self._code.files.uri_of_open(path):
                self._replace_in_editor(uri, path, replacements, then, refused)
            else:
                self._replace_in_draft(workspace, path, replacements, then, refused)

    def _replace_in_editor(
        self, uri: str, path: str, replacements: list[Replacement], then: _Then, refused: _Refused
    ) -> None:
        """One step for the editor, which can undo it."""
        editor = self._code.files.editor

        def change(shown: Snapshot) -> None:
            try:
                apply_replacements(path, shown.text, replacements)
            except WorkbenchError as error:
                refused(error)
                return
            editor.edit(uri, [_edit_of(each) for each in replacements])
            then()

        editor.text(uri, change)

    def _replace_in_draft(
        self,
        workspace: Workspace,
        path: str,
        replacements: list[Replacement],
        then: _Then,
        refused: _Refused,
    ) -> None:
        """As if it had been typed and the file closed: undo, once it is open, leads back to what is saved."""

        def run(_ctx: JobContext) -> None:
            draft = workspace.draft(path)
            text = draft.text if draft is not None else workspace.read(path).text
            workspace.put_draft(path, apply_replacements(path, text, replacements))

        self._services.jobs.submit(
            Job(
                _("Replacing in {path}").format(path=path),
                run,
                lane=f"disk:{workspace.folder}",
                on_done=lambda _none: then(),
                on_error=refused,
                quiet=True,
            )
        )

    def _tell(self, done: int) -> None:
        self._code.files.stored.emit()
        if done:
            self._panel.set_message(
                ngettext(
                    "Replaced {count} match. It is not saved yet.",
                    "Replaced {count} matches. They are not saved yet.",
                    done,
                ).format(count=done)
            )


def _edit_of(replacement: Replacement) -> TextEdit:
    match = replacement.match
    return TextEdit(match.line, match.column, match.line, match.end_column, replacement.text)


class ReferencesFlow(QObject):
    """Lists all places where the name at the cursor is used.

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

    def _note(self, line: int, column: int) -> None:
        self._cursor = (line, column)

    def list_references(self) -> None:
        """Asks for the uses of the name at the cursor of the shown file."""
        workspace, path = self._code.workspace, self._code.files.current_path()
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


class GoToFile(QuickPick):
    """Shows the paths, those of open files first, and opens the one that is chosen.

    Args:
        window: The window it lies over.
        code: Whose files they are.
    """

    def __init__(self, window: QWidget, code: CodePage) -> None:
        texts = PickTexts(
            _("Go to file"),
            _("File"),
            _("Files"),
            _("Type part of a path"),
            _("No files match “{query}”."),
        )
        super().__init__(window, "goToFile", texts, code.files.open)
        self._code = code

    def open(self) -> None:
        """Shows the files; called again, goes away."""
        if self.isVisible():
            self.dismiss()
            return
        opened, shown = self._code.files.open_paths(), self._code.files.current_path()
        # The shown file last of the open ones: Enter alone goes to the other one.
        first = {path: number for number, path in enumerate(opened)} | {shown: len(opened)}
        paths = sorted(self._code.tree.files(), key=lambda path: first.get(path, len(opened) + 1))
        self.show_picks([Pick(path, path) for path in paths])


_SYMBOLS = "code.symbols"


class GoToSymbol(QuickPick):
    """Shows the names, own ones first, and goes to the one that is chosen.

    What was found last time is there at once, while the files are read again.

    Args:
        window: The window it lies over.
        services: Run the reading.
        code: Whose files they are.
    """

    def __init__(self, window: QWidget, services: Services, code: CodePage) -> None:
        texts = PickTexts(
            _("Go to symbol in all files"),
            _("Symbol"),
            _("Symbols"),
            _("Type part of a function, class or variable name"),
            _("No names match “{query}”."),
        )
        super().__init__(window, "goToSymbol", texts, self._go)
        self._services = services
        self._code = code
        self._found: tuple[Symbol, ...] = ()
        self._found_in: Workspace | None = None

    def open(self) -> None:
        """Shows the names; called again, goes away."""
        workspace = self._code.workspace
        if self.isVisible():
            self.dismiss()
        elif workspace is not None:
            if workspace is not self._found_in:
                self._found, self._found_in = (), workspace
            self.show_picks(_picks(self._found))
            if not self._found:
                self.renew((), _("Searching for symbols…"))
            self._code.files.typed(lambda typed: self._read(workspace, typed))

    def _read(self, workspace: Workspace, typed: dict[str, str]) -> None:
        def run(ctx: JobContext) -> tuple[Symbol, ...]:
            drafts = {draft.path: draft.text for draft in workspace.drafts()}
            return scan_symbols(workspace.root, drafts | typed, ctx)

        self._services.jobs.submit(
            Job(
                _("Searching for symbols"),
                run,
                replaces=_SYMBOLS,
                quiet=True,
                on_done=lambda found: self._show(workspace, found),
                on_error=lambda error: self._fail(workspace, error),
            )
        )

    def _show(self, workspace: Workspace, found: Sequence[Symbol]) -> None:
        if workspace is self._found_in:
            self._found = tuple(found)
            words = _("No names match “{query}”.") if found else _("The code has no names to go to.")
            self.renew(_picks(self._found), words)

    def _fail(self, workspace: Workspace, error: WorkbenchError) -> None:
        if workspace is self._found_in:
            self.renew((), str(error))

    def _go(self, number: str) -> None:
        place = self._found[int(number)]
        if self._found_in is self._code.workspace:
            self._code.files.reveal(place.path, place.line, place.column)


def _picks(found: Sequence[Symbol]) -> list[Pick]:
    return [
        Pick(str(number), each.name, f"{each.path}:{each.line}", each.kind)
        for number, each in enumerate(found)
    ]
