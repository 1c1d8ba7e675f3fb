"""Run Locally: from the event and the code as they stand to an answer in the Result panel."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.invoke import local
from workbench.invoke.history_entry import Mode
from workbench.invoke.run import InvocationResult
from workbench.sandbox.processes import LOCAL_RUN_COMMAND, PACKAGE_FOLDER
from workbench.ui.invoking.request import Invocation, Request
from workbench.ui.local_run import prepare
from workbench.ui.local_run.credentials import LocalCredentials
from workbench.ui.local_run.prepare import Connect
from workbench.ui.local_run.unfenced import UnfencedRuns
from workbench.ui.parts import Parts
from workbench.ui.protection import Protection
from workbench.ui.services import OpenFunction, Services

Attach = Callable[[Path, Path], Mapping[str, str]]
"""Given a run's folder and where its code is: the variables that a debugger needs."""
Ready = Callable[[OpenFunction, Workspace, Request, Connect], object]


class LocalRuns(QObject):
    """Lives as long as the window.

    Signals:
        failed: It could not begin.
    """

    failed = Signal(WorkbenchError)

    def __init__(self, parts: Parts, protection: Protection) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._waiting: tuple[str, Ready] | None = None  # the function whose code is being opened
        self._last: Ready | None = None  # what was begun last: again, after a question
        self.credentials = LocalCredentials(parts, protection)
        self.unfenced = UnfencedRuns(parts)
        parts.test.ended.connect(self._ended)
        parts.code.workspace_changed.connect(self._code_opened)
        actions = parts.services.actions
        actions.bind("function.run_locally", self.run)
        actions.bind("function.local_credentials", self._ask_credentials)
        self.failed.connect(parts.window.function_banners.show_error)

    def run(self) -> None:
        """Runs the open function's code, typing included, with the event as it stands in the Test tab."""
        self.begin(self._run)

    def begin(self, then: Ready) -> None:
        """Hands over what is to be run once all of it is there: code, event and credentials."""
        self._last = then
        function = self._parts.window.page.function
        if function is None:
            return
        if refused := local.refusal_of(function.detail, self._parts.services.policy):
            self.failed.emit(refused)
            return
        code = self._parts.code
        shown = code.shown
        if code.workspace is None or shown is None:
            self._waiting = (function.detail.function_arn, then)
            self._parts.window.page.show_tab("codePage")  # it opens the code, and says how that goes
            return
        workspace = code.workspace
        self._parts.test.settled(lambda: self._begin(shown, workspace, then))

    def _begin(self, shown: OpenFunction, workspace: Workspace, then: Ready) -> None:
        request = self._parts.test.ask()
        if request is None:
            return
        wanted = replace(request, mode=Mode.LOCAL, streaming=False, qualifier="")
        self._parts.code.files.flush(
            lambda: self.credentials.choose_for(
                shown, lambda connect: then(shown, workspace, wanted, connect)
            )
        )

    def _code_opened(self) -> None:
        waiting, function = self._waiting, self._parts.window.page.function
        if waiting is None or self._parts.code.workspace is None:
            return
        self._waiting = None
        if function is not None and function.detail.function_arn == waiting[0]:
            self.begin(waiting[1])

    def _ended(self, invocation: Invocation, error: WorkbenchError) -> None:
        then, function = self._last, self._parts.window.page.function
        if not isinstance(error, local.FenceRefused) or then is None or function is None:
            return
        if function.detail.function_arn == invocation.function.detail.function_arn:
            self.unfenced.ask(function, error, lambda: self.begin(then))

    def _ask_credentials(self) -> None:
        function, banners = self._parts.window.page.function, self._parts.window.function_banners
        if function is None:
            return
        if self.credentials.are_given:
            words = self.tr("In the Sandbox, a local run behaves like a deployed function.")
            banners.show_notice(words, self.tr("There are no credentials to choose."), key="local")
        else:
            self.credentials.ask(function)

    def _run(self, function: OpenFunction, workspace: Workspace, request: Request, connect: Connect) -> None:
        services, name = self._parts.services, function.detail.function_name
        is_fence_optional = self.unfenced.is_allowed(function)

        def run(payload: bytes, ctx: JobContext) -> InvocationResult:
            return run_draft(
                services,
                function,
                workspace,
                request,
                connect,
                payload,
                ctx,
                is_fence_optional=is_fence_optional,
            )

        self._parts.test.invoker.submit(
            function,
            request,
            run,
            title=self.tr("Running %1 locally").replace("%1", name),
            cancelled=WorkbenchError(
                self.tr("You stopped the local run."),
                self.tr("The function and its child processes were stopped."),
                self.tr("Changes that it already made in AWS remain."),
                by_user=True,
            ),
        )


def run_draft(
    services: Services,
    function: OpenFunction,
    workspace: Workspace,
    request: Request,
    connect: Connect,
    payload: bytes,
    ctx: JobContext,
    debug: Attach | None = None,
    *,
    is_fence_optional: bool,
) -> InvocationResult:
    """Lays the code out and runs it once; with a debugger, nothing limits its time and memory.

    Errors as `local.run_locally`, `lay_out`, `connect` and `debug`.
    """
    cache_dir = services.paths.cache_dir
    with local.run_folder(cache_dir / "local-runs") as folder:
        connection = connect(ctx)
        code = prepare.lay_out(workspace, function.detail, function.connection, folder, cache_dir, ctx)
        return local.run_locally(
            local.Runner(LOCAL_RUN_COMMAND, PACKAGE_FOLDER),
            function.detail,
            code,
            prepare.identity_of(connection),
            payload,
            ctx,
            client_context=request.client_context,
            has_limits=debug is None,
            is_fence_optional=is_fence_optional,
            variables=debug(folder, code.task_root) if debug is not None else None,
            clock=services.clock,
            policy=services.policy,
        )
