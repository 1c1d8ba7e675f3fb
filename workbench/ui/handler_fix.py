"""Makes the function that the configured handler names, where the code has none, and says where it is.

Owns: where its text goes. Setting another handler is the Configuration tab's business.
"""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject

from workbench.code.language.framing import Json, Message
from workbench.code.syntax import CREATE_HANDLER, Problem, new_handler
from workbench.code.workspace import Workspace
from workbench.core.jobs import Job
from workbench.ui.editor import Snapshot, TextEdit
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services

_END = 10_000_000  # a line that no text has: editors take its last place instead


class HandlerFix(QObject):
    """Offers and makes it, on the Code tab."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code

    def _handler(self) -> tuple[str, str]:
        """Module and name of the configured handler."""
        function = self._code.function
        module, _, name = (function.detail.handler if function else "").rpartition(".")
        return module, name

    def place(self) -> tuple[str, str]:
        """The URI of the handler's file, as it is usually called, and the function's name."""
        workspace, (module, name) = self._code.workspace, self._handler()
        if workspace is None or not module:
            return "", ""
        stem = workspace.root / module.replace(".", "/")
        package = stem / "__init__.py"
        return (package if package.is_file() else stem.with_name(stem.name + ".py")).as_uri(), name

    def offer(self, path: str, asked: Message, problems: Sequence[Problem]) -> list[Json]:
        """The quick fixes for a place in a file: code actions of the protocol."""
        place = asked.get("range")
        start = place.get("start") if isinstance(place, dict) else None
        on_first_line = isinstance(start, dict) and start.get("line") == 0
        if not on_first_line or not any(
            each.fix == CREATE_HANDLER and each.path == path for each in problems
        ):
            return []
        _, name = self._handler()
        end: Message = {"line": _END, "character": 0}
        edit: Message = {"range": {"start": end, "end": end}, "newText": "\n\n" + new_handler(name)}
        document = asked.get("textDocument")
        uri = str(document.get("uri")) if isinstance(document, dict) else ""
        return [
            {
                "title": self.title(),
                "kind": "quickfix",
                "isPreferred": True,
                "edit": {"changes": {uri: [edit]}},
            }
        ]

    def title(self) -> str:
        """What a menu calls it."""
        return self.tr("Create Function “%1”").replace("%1", self._handler()[1])

    def apply(self, problem: Problem) -> None:
        """Adds the function to the handler's file, which is made if there is none. Undo takes it back."""
        workspace = self._code.workspace
        if workspace is None or workspace.read_only or problem.fix != CREATE_HANDLER:
            return
        module, _ = self._handler()
        if problem.path:
            self._open(workspace, problem.path)
            return
        path = module.replace(".", "/") + ".py"
        self._services.jobs.submit(
            Job(
                self.tr("Creating %1").replace("%1", path),
                lambda _ctx: workspace.create(path),
                lane=f"disk:{workspace.folder}",
                on_done=lambda _none: self._open(workspace, path),
                on_error=self._code.failed.emit,
            )
        )

    def _open(self, workspace: Workspace, path: str) -> None:
        if workspace is self._code.workspace:
            uri = (workspace.root / path).as_uri()
            editor = self._code.files.editor
            self._code.files.open(path, lambda: editor.text(uri, partial(self._add, uri)))

    def _add(self, uri: str, shown: Snapshot) -> None:
        lines = shown.text.split("\n")
        gap = "\n\n" if shown.text.endswith("\n") else "\n\n\n" if shown.text else ""
        text = gap + new_handler(self._handler()[1])
        line, column = len(lines), len(lines[-1].encode("utf-16-le")) // 2 + 1
        editor = self._code.files.editor
        editor.edit(uri, [TextEdit(line, column, line, column, text)])
        editor.reveal(uri, line + gap.count("\n") + 1, 5)
        editor.focus_text()
