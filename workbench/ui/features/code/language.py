"""Makes the function that the configured handler names, or configures another one; says where it is."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.code.download import FetchedLayers, fetch_layer_imports, is_complete
from workbench.code.language_server import Json, Message, ServerSpec, uri_of
from workbench.code.language_service import (
    TY,
    LanguageService,
    Stamps,
    file_changes,
    file_stamps,
    path_of,
    python_servers,
    python_version,
    relative_path,
)
from workbench.code.syntax import (
    CREATE_HANDLER,
    Problem,
    handler_at,
    handler_files,
    is_script,
    new_handler,
    script_texts,
)
from workbench.code.text import FileKind, decode
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions.configure import Wanted, configure_for_callers
from workbench.functions.model import FunctionDetail
from workbench.ui.editor import Editor, EditorCommand, Snapshot, TextEdit
from workbench.ui.kit.main_thread import MainThread
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.code_opening import known_imports, layers_dir
from workbench.ui.shell.services import LOOKING, OpenFunction, Services

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
            self.failed.emit(workspace.refusal(_("The handler was not set.")))
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

        self._services.jobs.start(
            self.setting_title(handler),
            lambda ctx: configure_for_callers(connection, seen, Wanted(handler=handler), ctx),
            lane=f"write:{seen.function_arn}",
            on_done=configured,
            on_error=self.failed.emit,
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
        self._services.jobs.start(
            _("Creating {path}").format(path=path),
            lambda _ctx: workspace.create(path),
            lane=f"disk:{workspace.folder}",
            on_done=lambda _none: self._open(workspace, path),
            on_error=self._code.failed.emit,
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


_MOST = 200
_LARGEST_BYTES = 2_000_000
_SUFFIXES = (".py", ".pyi")


def read_texts(
    services: Services,
    workspace: Workspace | None,
    asked: Message,
    answered: Callable[[Json], object],
    refused: Callable[[str], object],
) -> None:
    """Hands URI -> text to `answered`, without those that cannot be read. Drafts win over the disk.

    Outside the code only Python's files are read: a definition may be in the standard library.
    """
    uris = asked.get("uris")
    names = [uri for uri in uris if isinstance(uri, str)][:_MOST] if isinstance(uris, list) else []
    if workspace is None:
        refused(_("no code is open"))
        return

    def read(ctx: JobContext) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for uri in names:
            ctx.check()
            text = _text(workspace, uri)
            if text is not None:
                found[uri] = text
        return found

    services.jobs.start(
        _("Reading related files"),
        read,
        quiet=True,
        on_done=answered,
        on_error=lambda error: refused(str(error)),
    )


def _text(workspace: Workspace, uri: str) -> str | None:
    try:
        if path := relative_path(uri, workspace.root):
            draft = workspace.draft(path)
            if draft is not None:
                return draft.text
            document = workspace.read(path)
        else:
            file = path_of(uri)
            if file.suffix not in _SUFFIXES or file.stat().st_size > _LARGEST_BYTES:
                return None
            document = decode(file.read_bytes())
    except (OSError, ValueError, WorkbenchError):
        return None
    return document.text if document.kind is FileKind.TEXT else None


_SOON_MS = 300
_REST = 20
"""A look may take a twentieth of the time: of 20,000 files it takes about a tenth of a second."""

type Told = Callable[[list[tuple[str, str]]], object]


class SourceWatch(QObject):
    """Compares what is on disk with what was there before."""

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._root: Path | None = None
        self._told: Told = lambda _events: None
        self._seen: Stamps | None = None
        self._timer = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._timer.timeout.connect(self._look)

    def attach(self, root: Path, told: Told) -> None:
        """Begins with the files as they are now; `told` hears what changes from here on."""
        self._root, self._told, self._seen = root, told, None
        self._look()

    def detach(self) -> None:
        """Looks no more."""
        self._root = None
        self._timer.stop()
        self._services.jobs.drop("language.files")

    def expect_change(self) -> None:
        """Something may have changed: looks soon."""
        if self._root is not None and not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        root = self._root
        if root is None:
            return

        def run(ctx: JobContext) -> tuple[Stamps, float]:
            begun = time.monotonic()
            return file_stamps(root, ctx), time.monotonic() - begun

        def stamps_read(result: tuple[Stamps, float]) -> None:
            now, taken_s = result
            before, self._seen = self._seen, now
            self._timer.setInterval(max(_SOON_MS, int(taken_s * 1000 * _REST)))
            if before is not None and (events := file_changes(before, now)):
                self._told(events)

        title = _("Checking for changed files")
        self._services.jobs.start(
            title, run, lane=LOOKING, replaces="language.files", quiet=True, on_done=stamps_read
        )


class ScriptSources(QObject):
    """Gives the editor the scripts of the open code, so that it finds its way between them."""

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


_WIDE = 1_000


_LAYERS = "language.layers"


class FunctionLayers(QObject):
    """Layers on Python's path.

    Signals:
        failed: A layer cannot be read; of each layer that is said once.
    """

    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._said: set[str] = set()

    def fetch(self, function: OpenFunction, then: Callable[[], object]) -> None:
        """Fetches what is missing; `then` runs if there is more now than there was."""
        connection, arns = function.connection, function.detail.layers
        if not arns:
            return
        cache_dir = layers_dir(self._services, function.detail)

        def fetched(result: FetchedLayers) -> None:
            for arn, error in result.failures.items():
                self._report(arn, error)
            if result.changed:
                then()

        self._services.jobs.start(
            _("Downloading the layers of {function_name}").format(
                function_name=function.detail.function_name
            ),
            lambda ctx: fetch_layer_imports(connection, arns, cache_dir, ctx),
            lane=_LAYERS,
            replaces=_LAYERS,
            quiet=is_complete(cache_dir, arns),
            on_done=fetched,
        )

    def drop(self) -> None:
        """Nobody waits for them any more."""
        self._services.jobs.drop(_LAYERS)

    def _report(self, arn: str, error: WorkbenchError) -> None:
        if arn in self._said:
            return
        self._said.add(arn)
        name = ":".join(arn.split(":")[-2:])
        self.failed.emit(
            WorkbenchError(
                _("Completion and checks do not cover the layer {name}.").format(name=name),
                " ".join(part for part in (error.what, error.why) if part),
                _("Imports from it are reported as missing. Nothing else is affected."),
                aws_code=error.aws_code,
                request_id=error.request_id,
            )
        )


class PlainDocuments(QObject):
    """Tells the servers what is open while the plain editor shows it; Monaco's page does that itself.

    Args:
        editor: The editor.
        send: Sends a notification of the protocol: method, parameters, and a server or "" for all.
    """

    def __init__(self, editor: Editor, send: Callable[[str, Message, str], None]) -> None:
        super().__init__(editor)
        self._editor, self._send = editor, send
        self._texts: dict[str, str] = {}  # as the servers have them
        self._version = 0
        editor.ready.connect(self._follow)
        editor.opened.connect(self._opened)
        editor.changed.connect(self._changed)
        editor.closed.connect(self._closed)

    def open_in(self, server: str) -> None:
        """Opens all documents in a server that has started."""
        for uri, text in self._texts.items():
            self._send("textDocument/didOpen", self._document(uri, text), server)

    def _follow(self) -> None:
        """Another editor shows the documents, or the same one does anew."""
        if self._editor.is_plain:
            for uri in self._editor.open_uris():
                self._opened(uri)
        else:
            for uri in tuple(self._texts):
                self._closed(uri)

    def _opened(self, uri: str) -> None:
        if not self._editor.is_plain or not uri.endswith(_SUFFIXES):
            return
        self._closed(uri)
        text = self._texts[uri] = self._editor.shadow(uri)
        self._send("textDocument/didOpen", self._document(uri, text), "")

    def _changed(self, uri: str, text: str) -> None:
        if uri in self._texts and self._texts[uri] != text:
            self._texts[uri] = text
            self._version += 1
            document: Message = {"uri": uri, "version": self._version}
            change: Message = {"textDocument": document, "contentChanges": [{"text": text}]}
            self._send("textDocument/didChange", change, "")

    def _closed(self, uri: str) -> None:
        if self._texts.pop(uri, None) is not None:
            self._send("textDocument/didClose", {"textDocument": {"uri": uri}}, "")

    def _document(self, uri: str, text: str) -> Message:
        self._version += 1
        document: Message = {"uri": uri, "languageId": "python", "version": self._version, "text": text}
        return {"textDocument": document}


class Language(QObject):
    """Follows the Code tab: starts and ends servers with its workspace, from `__init__` to `stop`.

    Signals:
        problems_changed: tuple[Problem, ...], all of the open function.
        failed: A server has ended too often, or a layer cannot be read.
    """

    problems_changed = Signal(object)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, code: CodePage, confirm: Confirm) -> None:
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
        self.handler_fix = HandlerFix(services, code, confirm)
        self._sources = SourceWatch(services, self)
        self._layers = FunctionLayers(services, self)
        self._made_for: tuple[str, tuple[str, ...]] = ("", ())  # runtime and layers
        self._imports: tuple[Path, ...] = ()  # where the servers find the installed dependencies
        self._layers.failed.connect(self.failed)
        self._plain = PlainDocuments(code.files.editor, self._send)
        code.files.editor.ready.connect(lambda: self._bridge.handler_named.emit(*self.handler_fix.location()))
        self._bridge.started.connect(self._plain.open_in)
        self._given_up_servers: set[str] = set()
        self._bridge.started.connect(self._given_up_servers.discard)
        code.workspace_changed.connect(self._follow)
        code.problems_changed.connect(self._take_checks)
        code.imports_found.connect(self._take_imports)
        self._bridge.asked.connect(self._ask)
        self._bridge.notified.connect(self._tell)
        self._bridge.cancelled.connect(self._cancel)
        self._bridge.navigated.connect(self._go)
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
        self._show()  # nothing that was found in the code before
        workspace, function = self._code.workspace, self._code.displayed
        self._workspace = workspace
        if function is not None:
            self._made_for = function.detail.runtime, function.detail.layers
        if workspace is None or function is None:
            return
        if python_version(function.detail.runtime):
            self._start(workspace, self._specs(workspace, function))
            self._fetch_layers(workspace, function)

    def restart(self) -> None:
        """Starts the servers anew, also those that were given up."""
        self._follow()

    def _specs(self, workspace: Workspace, function: OpenFunction) -> tuple[ServerSpec, ...]:
        version = python_version(function.detail.runtime)
        self._imports = workspace.dependencies.imports()
        others = (*self._imports, *known_imports(self._services, function.detail))
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
        given_up = self._given_up_servers
        given_up.add(server)
        self.failed.emit(
            WorkbenchError(
                _("Python completion and checks are unavailable."),
                _("{server} stopped again after three restarts: {reason}.").format(
                    server=server, reason=reason
                ),
                _("Choose Restart Language Servers."),
                action="language.restart",
                until=lambda: server not in given_up,
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
            refused(_("no language server for this language"))
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
        self._send(method, json.loads(params), server)

    def _send(self, method: str, params: Message, server: str) -> None:
        if self._service is not None:
            self._service.notify(method, params, server)

    # Places and changes in other files

    def _go(self, uri: str, line: int, column: int) -> None:
        if self._workspace is None:
            return
        if path := relative_path(uri, self._workspace.root):
            self._code.files.reveal(path, line, column)
        elif self._code.tree.nodes.node_at(outside := path_of(uri).as_posix()) is not None:
            self._code.files.reveal(outside, line, column)  # of an installed dependency
        else:
            self._code.files.editor.run(EditorCommand.PEEK_DEFINITION)  # not the function's: only for a look

    def _edit(self, edits: str) -> None:
        """Changes files that are not open: they are opened, so that each change can be seen and undone."""
        if self._workspace is None or self._workspace.read_only:
            return
        files, shown = self._code.files, self._code.files.current_path()
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
        self._bridge.handler_named.emit(*self.handler_fix.location())

    def _take_imports(self, imports: tuple[Path, ...]) -> None:
        """Starts the servers anew when dependencies were installed: they look for them when they start."""
        if self._service is not None and imports != self._imports:
            self._follow()

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
