"""Search and replace in all files of the open code: between the panel, the editor and the files on disk."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from PySide6.QtCore import QObject, Signal

from workbench.code.search import FileMatches, Query, Replacement, apply_replacements
from workbench.code.search_process import search_workspace
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _, ngettext
from workbench.ui.editor import Snapshot, TextEdit
from workbench.ui.pages.code import CodePage
from workbench.ui.search_panel import SearchPanel
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
        self._panel.set_place(there=workspace is not None, read_only=bool(workspace and workspace.read_only))

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
            self._panel.say(
                ngettext(
                    "Replaced {count} match. It is not saved yet.",
                    "Replaced {count} matches. They are not saved yet.",
                    done,
                ).format(count=done)
            )


def _edit_of(replacement: Replacement) -> TextEdit:
    match = replacement.match
    return TextEdit(match.line, match.column, match.line, match.end_column, replacement.text)
