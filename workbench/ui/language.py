"""Language servers for the code that is open: between the editor's page, them and the Problems panel.

Owns: which servers run (those of the open workspace), and the list of problems: theirs and those of the
checks before a deploy. Must not know: the protocol's messages, beyond handing them on.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from workbench.code.language_server import Json, Message, ServerSpec, uri_of
from workbench.code.language_service import TY, LanguageService, python_servers, python_version, relative_path
from workbench.code.syntax import Problem
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.ui.editor import EditorCommand, TextEdit
from workbench.ui.format_first import FormatFirst
from workbench.ui.handler_fix import HandlerFix
from workbench.ui.language_layers import FunctionLayers, known_imports
from workbench.ui.language_texts import read_texts
from workbench.ui.main_thread import MainThread
from workbench.ui.pages.code import CodePage
from workbench.ui.services import OpenFunction, Services
from workbench.ui.source_watch import SourceWatch

_WIDE = 1_000


class Language(QObject):
    """Follows the Code tab: starts and ends servers with its workspace, from `__init__` to `stop`.

    Signals:
        problems_changed: tuple[Problem, ...], all of the open function.
        failed: A server has ended too often, or a layer cannot be read.
    """

    problems_changed = Signal(object)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        self._bridge = code.files.editor.language
        self._workspace: Workspace | None = None
        self._service: LanguageService | None = None
        self._ending: list[LanguageService] = []
        self._cancels: dict[int, Callable[[], None]] = {}
        self._checked: tuple[Problem, ...] = ()
        self._found: dict[str, tuple[Problem, ...]] = {}
        self._main_thread = MainThread(self)
        self.handler_fix = HandlerFix(services, code)
        self._sources = SourceWatch(services, self)
        self._layers = FunctionLayers(services, self)
        self._made_for: tuple[str, tuple[str, ...]] = ("", ())  # runtime and layers
        self._layers.failed.connect(self.failed)
        self._is_plain = False
        self._format_first = FormatFirst(services, code.files.editor, self)
        code.files.before_save = self._format_first.save
        code.files.editor.ready.connect(lambda: self._bridge.handler_named.emit(*self.handler_fix.place()))
        code.files.editor.fell_back.connect(lambda _reason: self._go_without())
        code.workspace_changed.connect(self._follow)
        code.problems_changed.connect(self._take_checks)
        self._bridge.asked.connect(self._ask)
        self._bridge.notified.connect(self._tell)
        self._bridge.cancelled.connect(self._cancel)
        self._bridge.navigated.connect(self._go)
        self._bridge.edits_wanted.connect(self._edit)

    def stop(self) -> None:
        """Ends all servers, and waits for that. Nothing is started any more."""
        self._code.workspace_changed.disconnect(self._follow)
        self._format_first.stop()
        self._leave()
        for service in self._ending:
            service.join()
        self._ending.clear()
        self._main_thread.close()

    @property
    def service(self) -> LanguageService | None:
        """The servers of the open code, if there are any for its language."""
        return self._service

    # Which servers run

    def _follow(self) -> None:
        self._leave()
        self._show()  # nothing that was found in the code before
        workspace, function = self._code.workspace, self._code.displayed
        self._workspace = workspace
        if function is not None:
            self._made_for = function.detail.runtime, function.detail.layers
        if workspace is None or function is None or self._is_plain:
            return
        if python_version(function.detail.runtime):
            self._start(workspace, self._specs(workspace, function))
            self._fetch_layers(workspace, function)

    def _go_without(self) -> None:
        """The plain editor asks no servers."""
        self._is_plain = True
        self._follow()

    def restart(self) -> None:
        """Starts the servers anew, also those that were given up."""
        self._follow()

    def _specs(self, workspace: Workspace, function: OpenFunction) -> tuple[ServerSpec, ...]:
        version = python_version(function.detail.runtime)
        others = (*workspace.dependencies.imports(), *known_imports(self._services, function.detail))
        return python_servers(workspace.root, version, self._services.paths.cache_dir / "imports", others)

    def _fetch_layers(self, workspace: Workspace, function: OpenFunction) -> None:
        """Servers know what is there when they start; ty starts again once there is more."""

        def start_again() -> None:
            if workspace is self._workspace and self._service is not None:
                specs = self._specs(workspace, function)
                self._service.replace(next(spec for spec in specs if spec.name == TY))
                self._code.deployed()  # the handler may be in a layer: all is checked anew

        self._layers.fetch(function, start_again)

    def _start(self, workspace: Workspace, specs: tuple[ServerSpec, ...]) -> None:
        def on_main(call: Callable[..., object], *arguments: object) -> None:
            self._main_thread.post(lambda: service is self._service and call(*arguments))

        service = LanguageService(
            workspace.root,
            specs,
            partial(on_main, self._bridge.started.emit),
            partial(on_main, self._take_problems),
            partial(on_main, self._given_up),
        )
        self._service = service
        service.start()
        self._sources.attach(workspace.root, service.files_changed)

    def _leave(self) -> None:
        self._workspace = None
        self._found.clear()
        self._sources.detach()
        self._layers.drop()
        if self._service is not None:
            service, self._service = self._service, None
            service.stop()
            self._ending.append(service)

    def _given_up(self, server: str, reason: str) -> None:
        self.failed.emit(
            WorkbenchError(
                _("Python completion and checks are unavailable."),
                _("{server} stopped again after three restarts: {reason}.").format(
                    server=server, reason=reason
                ),
                _("Choose Restart Language Servers."),
                action="language.restart",
            )
        )

    # Between page and servers

    def ask(self, method: str, params: Message, then: Callable[[Json], object]) -> bool:
        """Asks for who is not the page. False when there are no servers: `then` is not called.

        Args:
            method: Of the protocol.
            params: Of the protocol.
            then: Gets the answer on the main thread, None when there is none. Not called for other code.
        """
        service = self._service
        if service is None:
            return False

        def answered(result: Json) -> None:
            self._main_thread.post(lambda: service is self._service and then(result))

        service.request(method, params, answered, lambda _reason: answered(None))
        return True

    def _ask(self, question: int, method: str, params: str) -> None:
        def answered(result: Json) -> None:
            text = json.dumps(result)  # on the server's thread: it may be large
            self._main_thread.post(lambda: self._answer(question, text))

        def refused(reason: str) -> None:
            self._main_thread.post(lambda: self._refuse(question, reason))

        asked: Message = json.loads(params)
        if method == "workbench/texts":
            read_texts(self._services, self._workspace, asked, answered, refused)
        elif method == "workbench/command":
            self.handler_fix.run(asked)
            answered(None)
        elif method == "textDocument/codeAction" and self._workspace is not None:
            path = relative_path(uri_of(asked), self._workspace.root)
            ours = self.handler_fix.offer(path, asked, self._checked)
            asked.pop("line", None)
            if self._service is None:
                answered(ours)
                return
            self._cancels[question] = self._service.request(
                method,
                asked,
                lambda theirs: answered([*ours, *(theirs if isinstance(theirs, list) else ())]),
                refused,
            )
        elif self._service is None:
            refused("no language server for this language")
        else:
            self._cancels[question] = self._service.request(method, asked, answered, refused)

    def _answer(self, question: int, result: str) -> None:
        self._cancels.pop(question, None)
        self._bridge.answered.emit(question, result)

    def _refuse(self, question: int, reason: str) -> None:
        self._cancels.pop(question, None)
        self._bridge.refused.emit(question, reason)

    def _cancel(self, question: int) -> None:
        if cancel := self._cancels.get(question):
            cancel()

    def _tell(self, server: str, method: str, params: str) -> None:
        if self._service is not None:
            self._service.notify(method, json.loads(params), server)

    # Places and changes in other files

    def _go(self, uri: str, line: int, column: int) -> None:
        if self._workspace is None:
            return
        if path := relative_path(uri, self._workspace.root):
            self._code.files.reveal(path, line, column)
        else:
            self._code.files.editor.run(EditorCommand.PEEK_DEFINITION)  # not the function's: only for a look

    def _edit(self, edits: str) -> None:
        """Changes files that are not open: they are opened, so that each change can be seen and undone."""
        if self._workspace is None or self._workspace.read_only:
            return
        files, shown = self._code.files, self._code.files.shown_path()
        for uri, changes in json.loads(edits).items():
            if path := relative_path(uri, self._workspace.root):
                name = (self._workspace.root / path).as_uri()
                wanted = [TextEdit(**change) for change in changes]
                files.open(path, partial(self._change, name, wanted, shown))

    def _change(self, uri: str, edits: list[TextEdit], shown: str) -> None:
        self._code.files.editor.edit(uri, edits)
        if shown:
            self._code.files.open(shown)

    # Problems

    def _take_checks(self, problems: tuple[Problem, ...]) -> None:
        self._checked = problems
        self._show()
        self._show_handler()
        self._sources.expect_change()  # the checks run after each
        detail = self._code.displayed.detail if self._code.displayed else None
        if self._workspace and detail and (detail.runtime, detail.layers) != self._made_for:
            self._follow()  # somebody has configured the function

    def _show_handler(self) -> None:
        """Marks it in the tree and beside the text."""
        self._code.tree.nodes.set_handler(self.handler_fix.path())
        self._bridge.handler_named.emit(*self.handler_fix.place())

    def _take_problems(self, path: str, problems: tuple[Problem, ...]) -> None:
        if self._found.get(path) != problems:
            self._found[path] = problems
            self._show()

    def _show(self) -> None:
        """The checks read saved files: of a file that is open the servers know better."""
        problems = [each for each in self._checked if not (each.line and self._found.get(each.path))]
        problems.extend(problem for found in self._found.values() for problem in found)
        self._code.files.show_problems([_on_a_line(each) for each in problems])
        self.problems_changed.emit(tuple(each for each in problems if each.severity != "hint"))


def _on_a_line(problem: Problem) -> Problem:
    """What is about a whole file is marked at its first line, where its fix is offered."""
    if problem.line or not problem.path:
        return problem
    return replace(problem, line=1, column=1, end_line=1, end_column=_WIDE)
