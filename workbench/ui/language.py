"""Language servers for the code that is open: between the editor's page, them and the Problems panel.

Owns: which servers run (those of the open workspace), and the list of problems: theirs and those of the
checks before a deploy. Must not know: the protocol's messages, beyond handing them on.
"""

import json
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from workbench.code.language.diagnostics import path_of, relative_path
from workbench.code.language.framing import Json, Message
from workbench.code.language.python import python_servers, python_version
from workbench.code.language.service import LanguageService
from workbench.code.syntax import Problem
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.ui.editor import TextEdit
from workbench.ui.language_texts import read_texts
from workbench.ui.main_thread import MainThread
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services


class Language(QObject):
    """Follows the Code tab: starts and ends servers with its workspace, from `__init__` to `stop`.

    Signals:
        problems_changed: tuple[Problem, ...], all of the open function.
        failed: A server has ended too often.
        notice(text, detail): What was asked cannot be shown.
    """

    problems_changed = Signal(object)
    failed = Signal(WorkbenchError)
    notice = Signal(str, str)

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
        code.workspace_changed.connect(self._follow)
        code.problems_changed.connect(self._take_checks)
        self._bridge.asked.connect(self._ask)
        self._bridge.told.connect(self._tell)
        self._bridge.cancelled.connect(self._cancel)
        self._bridge.place_wanted.connect(self._go)
        self._bridge.edits_wanted.connect(self._edit)

    def stop(self) -> None:
        """Ends all servers, and waits for that. Nothing is started any more."""
        self._code.workspace_changed.disconnect(self._follow)
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
        workspace, function = self._code.workspace, self._code.function
        version = python_version(function.detail.runtime) if function is not None else ""
        self._workspace = workspace
        if workspace is not None and version:
            self._start(workspace, version)

    def restart(self) -> None:
        """Starts the servers anew, also those that were given up."""
        self._follow()

    def _start(self, workspace: Workspace, version: str) -> None:
        imports_dir = self._services.paths.cache_dir / "imports"

        def on_main(call: Callable[..., object], *arguments: object) -> None:
            self._main_thread.post(lambda: service is self._service and call(*arguments))

        service = LanguageService(
            workspace.root,
            python_servers(workspace.root, version, imports_dir),
            partial(on_main, self._bridge.started.emit),
            partial(on_main, self._take_problems),
            partial(on_main, self._given_up),
        )
        self._service = service
        service.start()

    def _leave(self) -> None:
        self._workspace = None
        self._found.clear()
        if self._service is not None:
            service, self._service = self._service, None
            service.stop()
            self._ending.append(service)

    def _given_up(self, server: str, reason: str) -> None:
        self.failed.emit(
            WorkbenchError(
                self.tr("Completion and checks of Python do not work right now."),
                self.tr("%1 was restarted three times and has ended again: %2.")
                .replace("%1", server)
                .replace("%2", reason),
                self.tr("Start the language servers again."),
                action="language.restart",
            )
        )

    # Between page and servers

    def _ask(self, question: int, method: str, params: str) -> None:
        def answered(result: Json) -> None:
            text = json.dumps(result)  # on the server's thread: it may be large
            self._main_thread.post(lambda: self._answer(question, text))

        def refused(reason: str) -> None:
            self._main_thread.post(lambda: self._refuse(question, reason))

        asked: Message = json.loads(params)
        if method == "workbench/texts":
            read_texts(self._services, self._workspace, asked, answered, refused)
        elif self._service is None:
            refused("nobody knows this language")
        else:
            self._cancels[question] = self._service.ask(method, asked, answered, refused)

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
            self._service.tell(method, json.loads(params), server)

    # Places and changes in other files

    def _go(self, uri: str, line: int, column: int) -> None:
        if self._workspace is None:
            return
        if path := relative_path(uri, self._workspace.root):
            self._code.files.reveal(path, line, column)
        else:
            self.notice.emit(
                self.tr("This is defined outside the function's code."),
                self.tr("It is in %1. Press Alt+F12 to look at it.").replace("%1", path_of(uri).name),
            )

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

    def _take_problems(self, path: str, problems: tuple[Problem, ...]) -> None:
        if self._found.get(path) != problems:
            self._found[path] = problems
            self._show()

    def _show(self) -> None:
        """The checks read saved files: of a file that is open the servers know better."""
        problems = [each for each in self._checked if not (each.line and self._found.get(each.path))]
        problems.extend(problem for found in self._found.values() for problem in found)
        self._code.files.show_problems(problems)
        self.problems_changed.emit(tuple(each for each in problems if each.severity != "hint"))
