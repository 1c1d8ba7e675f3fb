"""Makes the function that the configured handler names, or configures another one; says where it is."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from workbench.code.language_server import Json, Message
from workbench.code.syntax import CREATE_HANDLER, Problem, handler_at, handler_files, new_handler
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.functions.configure import Wanted, configure_for_callers
from workbench.functions.model import FunctionDetail
from workbench.ui.editor import Snapshot, TextEdit
from workbench.ui.pages.code import CodePage
from workbench.ui.services import OpenFunction, Services

_END = 10_000_000  # a line that no text has: editors take its last place instead


SET_HANDLER = "workbench.set_handler"

type Confirm = Callable[[OpenFunction, str, Callable[[], None]], None]
"""Asked before a handler is set; calls what it is given if it may be."""


class HandlerFix(QObject):
    """Offers and makes it, on the Code tab.

    Signals:
        configured: OpenFunction, as it is with another handler.
        notice: Text and detail.
        failed: It has the handler that it had.
    """

    configured = Signal(object)
    notice = Signal(str, str)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, code: CodePage, confirm: Confirm) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        self._confirm = confirm

    def _handler(self) -> tuple[str, str]:
        """Module and name of the configured handler."""
        function = self._code.displayed
        module, __, name = (function.detail.handler if function else "").rpartition(".")
        return module, name

    def path(self) -> str:
        """The handler's file in the tree; "" when it is not there, or no name tells."""
        if (function := self._code.displayed) is None:
            return ""
        paths = handler_files(function.detail.handler, function.detail.runtime)
        nodes = ((path, self._code.tree.nodes.node_at(path)) for path in paths)
        return next((path for path, node in nodes if node is not None and not node.is_deleted), "")

    def location(self) -> tuple[str, str]:
        """The URI of the handler's file, as it is usually called, and the function's name."""
        workspace, (module, name) = self._code.workspace, self._handler()
        if workspace is None or not module:
            return "", ""
        path = self.path() or module.replace(".", "/") + ".py"
        return (workspace.root / path).as_uri(), name

    def offer(self, path: str, asked: Message, problems: Sequence[Problem]) -> list[Json]:
        """The quick fixes for a place in a file: code actions of the protocol.

        Args:
            path: The file.
            asked: The parameters of `codeAction`, and as "line" the text of the range's first line.
            problems: What the checks before a deploy have found.
        """
        workspace, function = self._code.workspace, self._code.function
        if workspace is None or workspace.read_only or function is None or not path:
            return []
        place = asked.get("range")
        start = place.get("start") if isinstance(place, dict) else None
        missed = next((each for each in problems if each.fix == CREATE_HANDLER and each.path == path), None)
        found = handler_at(path, str(asked.get("line") or ""))
        handlers = {found: "refactor"} if found and not _is_same(found, function.detail.handler) else {}
        if missed is None or not isinstance(start, dict) or start.get("line") != 0:
            return [self._setting(handler, kind) for handler, kind in handlers.items()]
        handlers |= dict.fromkeys(missed.handlers, "quickfix")
        settings = [self._setting(handler, kind) for handler, kind in handlers.items()]
        return [*self._creation(asked), *settings]

    def _setting(self, handler: str, kind: str) -> Message:
        title = self.setting_title(handler)
        command: Message = {"title": title, "command": SET_HANDLER, "arguments": [handler]}
        return {"title": title, "kind": kind, "command": command}

    def _creation(self, asked: Message) -> list[Json]:
        __, name = self._handler()
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
        return _("Create Function “{handler}”").format(handler=self._handler()[1])

    def setting_title(self, handler: str) -> str:
        """What a menu calls configuring another one."""
        return _("Set Handler to “{handler}”").format(handler=handler)

    def run(self, command: Message) -> None:
        """Does what a quick fix of `offer` names as its command."""
        arguments = command.get("arguments")
        if command.get("command") == SET_HANDLER and isinstance(arguments, list) and arguments:
            self.set_handler(str(arguments[0]))

    def set_handler(self, handler: str) -> None:
        """Configures it in AWS, unless the user does not want that in the end."""
        function, workspace = self._code.function, self._code.workspace
        if function is None or workspace is None:
            return
        if workspace.read_only:
            self.failed.emit(
                WorkbenchError(
                    _("The handler was not set."),
                    _("The handler of a published version cannot be changed."),
                    _("Open $LATEST to change the handler."),
                    action="code.latest",
                )
            )
            return
        self._confirm(function, handler, partial(self._configure, function, handler))

    def _configure(self, function: OpenFunction, handler: str) -> None:
        connection, seen = function.connection, function.detail

        def configured(detail: FunctionDetail) -> None:
            text = _("The handler of {function_name} is now {handler}.")
            self.configured.emit(OpenFunction(connection, detail))
            self.notice.emit(
                text.format(function_name=detail.function_name, handler=detail.handler), self._hint(detail)
            )

        self._services.jobs.submit(
            Job(
                self.setting_title(handler),
                lambda ctx: configure_for_callers(connection, seen, Wanted(handler=handler), ctx),
                lane=f"write:{seen.function_arn}",
                on_done=configured,
                on_error=self.failed.emit,
            )
        )

    def _hint(self, detail: FunctionDetail) -> str:
        """The handler is called in the code that is deployed, which may be older than what is shown."""
        shown = self._code.function
        if shown is None or shown.detail.function_arn != detail.function_arn:
            return ""
        node = self._code.tree.nodes.node_at(self.path())
        return _("Its file has undeployed changes. Deploy it as well.") if node and node.mark else ""

    def apply(self, problem: Problem) -> None:
        """Adds the function to the handler's file, which is made if there is none. Undo takes it back."""
        workspace = self._code.workspace
        if workspace is None or workspace.read_only or problem.fix != CREATE_HANDLER:
            return
        module, __ = self._handler()
        if problem.path:
            self._open(workspace, problem.path)
            return
        path = module.replace(".", "/") + ".py"
        self._services.jobs.submit(
            Job(
                _("Creating {path}").format(path=path),
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


def _is_same(handler: str, other: str) -> bool:
    """Whether Lambda reads both alike: it takes dots in Python's module for slashes."""
    return handler.replace("/", ".") == other.replace("/", ".")
