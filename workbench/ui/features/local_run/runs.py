"""Run Locally: from the event and the code in the editor to a response in the Result panel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject

from workbench.aws.connection import Connection
from workbench.code.download import fetch_whole_layer, lay_over
from workbench.code.package_contents import stage
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobHandle
from workbench.core.messages import _
from workbench.functions.account_resources import layer_content
from workbench.functions.model import FunctionDetail
from workbench.invoke import local
from workbench.invoke.history import Mode
from workbench.invoke.local import FenceRefused, LocalCode, LocalIdentity
from workbench.invoke.run import InvocationResult, LogLines
from workbench.profiles.model import ProfileKind
from workbench.profiles.safety import Tier
from workbench.sandbox.processes import LOCAL_RUN_COMMAND, PACKAGE_FOLDER, fence_state, local_rights_text
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Question, confirm_by_name
from workbench.ui.kit.text import PlainLabel, named, text_label
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.test import TestPage
from workbench.ui.shell.context import Context
from workbench.ui.shell.invoker import Invocation, Request
from workbench.ui.shell.preferences import LOCAL_UNFENCED
from workbench.ui.shell.services import OpenFunction, Services

Identify = Callable[[JobContext], LocalIdentity]
"""Returns as whom the function acts. Raises WorkbenchError when the credentials cannot be had."""
RUN_AND_DEBUG = _("Run and Debug")
"""The submenu."""
NO_CREDENTIALS = "-"
"""In place of a profile's name, which is never this: the function gets no credentials."""


def lay_out(
    workspace: Workspace,
    detail: FunctionDetail,
    connection: Connection,
    folder: Path,
    cache_dir: Path,
    ctx: JobContext,
) -> LocalCode:
    """Lays out code and layers. A layer that cannot be had is reported in the log, and left out.

    Raises:
        WorkbenchError: As `stage`.
        Cancelled: At the next file.
    """
    task_root, opt = folder / "var/task", folder / "opt"
    stage(workspace, task_root, ctx)
    layers = []
    for arn in detail.layers:
        try:
            location, code_sha256 = layer_content(connection, arn)
            layers.append(
                fetch_whole_layer(connection, location, code_sha256, cache_dir / "local-layers", ctx)
            )
        except WorkbenchError as error:
            ctx.emit(LogLines(f"Workbench: runs without the layer {arn}. {error.why}\n"))
    if layers:
        lay_over(layers, opt, ctx)
    return LocalCode(folder, task_root, opt if layers else None)


def identity_of(connection: Connection) -> LocalIdentity:
    """A function that acts as a profile does. Raises WorkbenchError when there are no credentials."""
    endpoint_url = connection.endpoint_url if connection.is_custom_endpoint else ""
    return LocalIdentity(connection.credentials(), endpoint_url)


class UnfencedRuns(QObject):
    """Functions that the user allowed to run without isolation: until the program ends, or by a setting."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._allowed: set[str] = set()  # ARNs

    def is_allowed(self, function: OpenFunction) -> bool:
        """Whether a function may run without the fence where the system refuses that."""
        every = LOCAL_UNFENCED.read(self._context.services.settings)
        return every or function.detail.function_arn in self._allowed

    def ask(self, function: OpenFunction, refused: FenceRefused, then: Callable[[], object]) -> None:
        """Asks whether a function that was not run is to be run without the fence; `then` follows a yes."""
        text = _(
            "{function_name} was not run, because this system could not isolate it from your files. Without "
            "isolation it runs with your permissions and can read all your files, including "
            "credentials. Run without isolation until Workbench closes?"
        )
        question = Question(
            "runUnfenced",
            _("Run Without Isolation"),
            text.format(function_name=function.detail.function_name),
            _("Run Without Isolation"),
            self._context.window,
            refused.why,
            is_destructive=True,
        )

        def agreed() -> None:
            self._allowed.add(function.detail.function_arn)
            then()

        question.ask(agreed)


Then = Callable[[Identify], object]


class LocalCredentials(QObject):
    """The credentials of each function's local runs. In the Sandbox there is nothing to choose."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._agreed: set[tuple[str, str]] = set()  # function and profile of production

    @property
    def are_given(self) -> bool:
        """Whether there is nothing to choose."""
        return self._context.session.profile.kind is ProfileKind.SANDBOX

    def choose_for(self, function: OpenFunction, then: Then) -> None:
        """Calls `then` with the function's credentials; asks for them the first time."""
        if self.are_given:
            then(lambda _ctx: self._of_the_role(function))
        elif (known := self._context.services.settings.get(_key(function), "")) and self._is_offered(known):
            self._agree(function, known, then)
        else:
            self.ask(function, lambda: self.choose_for(function, then))

    def _of_the_role(self, function: OpenFunction) -> LocalIdentity:
        """In the Sandbox a function acts as its execution role, wherever it runs."""
        credentials = self._context.sandbox.function_credentials(
            function.detail.role_arn, function.detail.function_arn
        )
        return LocalIdentity(credentials, function.connection.endpoint_url)

    def ask(self, function: OpenFunction, then: Callable[[], object] = lambda: None) -> None:
        """Asks for the credentials again."""
        session, settings = self._context.session, self._context.services.settings
        own = session.profile.name
        everyone = [own, *(each.name for each in session.profiles if each.name != own)]
        names = [*filter(self._is_offered, everyone), NO_CREDENTIALS]
        known = settings.get(_key(function), "")
        if known not in names:
            known = own if self._context.tier_of(own) is Tier.NORMAL else NO_CREDENTIALS
        words = _("{function_name} With credentials, it makes real changes in AWS.")
        question = Question(
            "localCredentials",
            _("Credentials of Local Runs"),
            words.format(function_name=local_rights_text(function.detail.function_name)),
            _("Use These"),
            self._context.window,
        )
        field = named(CalmChoice(), "localCredentialsProfile", _("Credentials of"))
        for name in names:
            field.addItem(self._title(name), name)
        field.setCurrentIndex(names.index(known))
        label = PlainLabel(_("Credentials of"))
        label.setBuddy(field)
        question.content.addWidget(label)
        question.content.addWidget(field)

        if len(names) <= len(everyone):
            hint = _(
                "Read-only profiles are not listed, because Workbench cannot prevent the function "
                "from making changes."
            )
            question.content.addWidget(text_label("localCredentialsHint", hint, "muted"))

        def chosen() -> None:
            settings.set(_key(function), str(field.currentData()))
            then()

        question.ask(chosen, field)

    def _is_offered(self, name: str) -> bool:
        """What holds a read-only profile back is in this program; the function would have the bare keys."""
        return name == NO_CREDENTIALS or self._context.tier_of(name) is not Tier.READ_ONLY

    def _title(self, name: str) -> str:
        if name == NO_CREDENTIALS:
            if fence_state().is_on:
                return _("None (calls to AWS fail)")
            return _("None (but it can read credentials in your files)")
        if self._context.tier_of(name) is Tier.PRODUCTION:
            return _("{name} (production)").format(name=name)
        return name

    def _agree(self, function: OpenFunction, profile_name: str, then: Then) -> None:
        """Asks once for each function that may act in production."""
        session = self._context.session
        if profile_name == NO_CREDENTIALS:
            then(lambda _ctx: LocalIdentity())
            return
        own = profile_name == session.profile.name
        region = function.connection.region

        def agreed() -> None:
            self._agreed.add((function.detail.function_arn, profile_name))
            if own:
                then(lambda _ctx: identity_of(function.connection))
            else:
                then(lambda ctx: identity_of(session.open_named(profile_name, region, ctx)))

        key = (function.detail.function_arn, profile_name)
        if self._context.tier_of(profile_name) is not Tier.PRODUCTION or key in self._agreed:
            agreed()
            return
        words = _(
            "{function_name} will run on this computer with the credentials of the production "
            "profile {profile_name}."
        )
        confirm_by_name(
            self._context.window,
            _("Run with Production Credentials"),
            words.format(function_name=function.detail.function_name, profile_name=profile_name),
            function.detail.function_name,
            _("Run as {profile_name}").format(profile_name=profile_name),
            agreed,
        )


def _key(function: OpenFunction) -> str:
    return f"local.profile.{function.detail.function_arn}"


Attach = Callable[[Path, Path], Mapping[str, str]]
"""Given a run's folder and where its code is: the variables that a debugger needs."""


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A local run whose code, event and credentials are ready."""

    function: OpenFunction
    workspace: Workspace
    request: Request
    identify: Identify


Ready = Callable[[PreparedRun], object]


class LocalRuns(QObject):
    """Begins local runs of the open function."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._code, self._test = context.page(CodePage), context.page(TestPage)
        self._waiting: tuple[str, Ready] | None = None  # the function whose code is being opened
        self._last: Ready | None = None  # what was begun last: again, after a question
        self.credentials, self.unfenced = LocalCredentials(context), UnfencedRuns(context)
        context.invoker.ended.connect(self._ended)
        self._code.workspace_changed.connect(self._code_opened)

    def report(self, error: WorkbenchError) -> None:
        """Shows why a run could not begin."""
        self._context.report(error)

    def run(self) -> None:
        """Runs the open function's code, unsaved edits included, with the event of the Test tab."""
        self.begin(self._run)

    def begin(self, then: Ready) -> None:
        """Calls `then` once code, event and credentials are ready."""
        self._last = then
        function = self._context.function
        if function is None:
            return
        if refused := local.refusal_of(function.detail, self._context.services.policy):
            self.report(refused)
            return
        code = self._code
        shown = code.displayed
        if code.workspace is None or shown is None:
            self._waiting = (function.detail.function_arn, then)
            self._context.window.page.show_tab("codePage")  # it opens the code, and shows progress and errors
            return
        workspace = code.workspace
        self._context.navigate("test.settle", lambda: self._begin(shown, workspace, then))

    def _begin(self, shown: OpenFunction, workspace: Workspace, then: Ready) -> None:
        request = self._test.ask()
        if request is None:
            return
        wanted = replace(request, mode=Mode.LOCAL, streaming=False, qualifier="")
        self._code.files.flush(
            lambda: self.credentials.choose_for(
                shown, lambda identify: then(PreparedRun(shown, workspace, wanted, identify))
            )
        )

    def _code_opened(self) -> None:
        waiting, function = self._waiting, self._context.function
        if waiting is None or self._code.workspace is None:
            return
        self._waiting = None
        if function is not None and function.detail.function_arn == waiting[0]:
            self.begin(waiting[1])

    def _ended(self, invocation: Invocation, error: WorkbenchError) -> None:
        then, function = self._last, self._context.function
        if not isinstance(error, local.FenceRefused) or then is None or function is None:
            return
        if function.detail.function_arn == invocation.function.detail.function_arn:
            self.unfenced.ask(function, error, lambda: self.begin(then))

    def ask_credentials(self) -> None:
        """Asks for the credentials of the open function's local runs again."""
        function = self._context.function
        if function is None:
            return
        if self.credentials.are_given:
            words = _("In the Sandbox, a local run behaves like a deployed function.")
            self._context.notify(words, _("There are no credentials to choose."), key="local")
        else:
            self.credentials.ask(function)

    def _run(self, prepared: PreparedRun) -> None:
        name = prepared.function.detail.function_name
        self.submit(prepared, _("Running {name} locally").format(name=name), _("You stopped the local run."))

    def submit(
        self,
        prepared: PreparedRun,
        title: str,
        stopped: str,
        debug: Attach | None = None,
        after: Callable[[], object] = lambda: None,
    ) -> JobHandle:
        """Runs a function on this computer.

        Args:
            title: Of the job.
            stopped: What a Cancel means, as the first sentence of its error.
            debug: As for `run_draft`.
            after: Called on the worker thread once the run has ended.
        """
        services, is_fence_optional = self._context.services, self.unfenced.is_allowed(prepared.function)

        def run(payload: bytes, ctx: JobContext) -> InvocationResult:
            try:
                return run_draft(services, prepared, payload, ctx, debug, is_fence_optional=is_fence_optional)
            finally:
                after()

        return self._context.invoker.submit(
            prepared.function,
            prepared.request,
            run,
            title=title,
            cancelled=WorkbenchError(
                stopped,
                _("The function and its child processes were stopped."),
                _("Changes that it already made in AWS remain."),
                by_user=True,
            ),
        )


def run_draft(
    services: Services,
    prepared: PreparedRun,
    payload: bytes,
    ctx: JobContext,
    debug: Attach | None = None,
    *,
    is_fence_optional: bool,
) -> InvocationResult:
    """Lays the code out and runs it once; with a debugger, nothing limits its time and memory.

    Errors as `local.run_locally`, `lay_out`, `identify` and `debug`.
    """
    cache_dir, function = services.paths.cache_dir, prepared.function
    with local.run_folder(cache_dir / "local-runs") as folder:
        identity = prepared.identify(ctx)
        code = lay_out(prepared.workspace, function.detail, function.connection, folder, cache_dir, ctx)
        return local.run_locally(
            local.Runner(LOCAL_RUN_COMMAND, PACKAGE_FOLDER),
            function.detail,
            code,
            identity,
            payload,
            ctx,
            client_context=prepared.request.client_context,
            has_limits=debug is None,
            is_fence_optional=is_fence_optional,
            variables=debug(folder, code.task_root) if debug is not None else None,
            clock=services.clock,
            policy=services.policy,
        )
