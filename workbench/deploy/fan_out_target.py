"""Deploys a fan-out's package to one of its functions, after checking that it can run there."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from workbench.aws.connection import Connection
from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.code.syntax import handler_files
from workbench.code.workspace_store import LATEST, Base
from workbench.core.clock import Clock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts, Operation, StepContext, StepRunner
from workbench.deploy.execute import DeployResult, execute
from workbench.deploy.fan_out import Adopt, Connect, FanOutFile, Target, TargetState
from workbench.deploy.journal import DeployOutcome, Journal
from workbench.deploy.options import DeployOptions
from workbench.deploy.plan import DeployConflict, Plan, plan_deploy
from workbench.deploy.run import way_through_s3
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail

_STATES = {DeployOutcome.DEPLOYED: TargetState.DEPLOYED, DeployOutcome.ALREADY_DEPLOYED: TargetState.SAME}


def deploy_number(
    file: FanOutFile, number: int, connect: Connect, adopt: Adopt | None, journal: Journal, ctx: JobContext
) -> None:
    """Deploys to a target, and records its state before and after.

    Args:
        number: Number of the target, from 0.
        adopt: None if its code is not open.

    Raises:
        Cancelled: Nothing was sent.
    """
    assert file.fan_out is not None
    runner = _Runner(file, number, connect, adopt, journal)
    try:
        Operation({str(number): file.fan_out.plan.targets[number]}, runner, file.file, ctx).forward()
    except WorkbenchError as error:
        if not runner.has_ended:  # its beginning could not be recorded
            file.set_state(number, TargetState.FAILED, str(error))


@dataclass(slots=True)
class _Runner(StepRunner[Target]):
    """Deploys to one target. The deploy itself has a journal of its own, which can undo it."""

    file: FanOutFile
    number: int
    connect: Connect
    adopt: Adopt | None
    journal: Journal
    has_ended: bool = False

    def do(self, step: Target, context: StepContext) -> Facts:
        self.file.set_state(self.number, TargetState.RUNNING)
        failure: WorkbenchError | Cancelled
        try:
            state, text = self._deploy(step, context.ctx)
            failure = WorkbenchError(text)
        except Cancelled as cancelled:
            failure, state = cancelled, TargetState.STOPPED
            text = _("Cancelled. The function still has its previous code.")
        except WorkbenchError as error:
            failure, state, text = error, TargetState.FAILED, str(error)
        facts = self.file.set_state(self.number, state, text)
        self.has_ended = True
        if state.is_done:
            return facts
        context.failed(facts)
        raise failure

    def _deploy(self, target: Target, ctx: JobContext) -> tuple[TargetState, str]:
        """The state of the target, and the text about it."""
        assert self.file.fan_out is not None
        ctx.progress(0, 0, _("Connecting"))
        connection = self.connect(target.profile_name, target.region, ctx)
        options = self.file.fan_out.plan.options
        result = deploy_target(connection, target, self.file.package, options, self.journal, ctx)
        state, text = state_of(result), result.text
        if self.adopt is not None and state.is_done:
            try:
                self.adopt(self.file.package, ctx.shielded())
            except WorkbenchError as error:
                text = f"{text} {error}"
        return state, text


def state_of(result: DeployResult) -> TargetState:
    """The state of a target after its deploy. While AWS is still applying it, that is "stopped"."""
    return _STATES.get(result.outcome, TargetState.STOPPED)


def deploy_target(
    connection: Connection,
    target: Target,
    package: Package,
    options: DeployOptions,
    journal: Journal,
    ctx: JobContext,
    clock: Clock | None = None,
) -> DeployResult:
    """Deploys the package to a target, if that has not changed since it was read.

    Args:
        target: The function when it was read.
        package: The package to send.

    Raises:
        WorkbenchError: It failed; `why` says which code the function has.
        Cancelled: Nothing was sent.
    """
    try:
        plan = plan_target(connection, target, package, options, ctx)
        return execute(connection, plan, None, journal, ctx, clock)
    except DeployConflict as conflict:
        raise _changed(target, conflict) from conflict


def plan_target(
    connection: Connection, target: Target, package: Package, options: DeployOptions, ctx: JobContext
) -> Plan:
    """Reads the function and plans. Raises as `deploy_target` does."""
    observed = get_function(connection, target.function_name, "", ctx)
    if observed.function_arn != target.function_arn:
        raise WorkbenchError(
            _("{function_name} was not deployed.").format(function_name=target.function_name),
            _(
                "{profile_name} in {region} now resolves to {function_arn}; when the plan was "
                "made it was {planned_arn}."
            ).format(
                profile_name=target.profile_name,
                region=target.region,
                function_arn=observed.function_arn,
                planned_arn=target.function_arn,
            ),
            _("Check which account the profile is for, then choose the function again."),
        )
    # A base for the other function's code, of which only the hash is known.
    base = Base(target.function_arn, target.function_name, LATEST, target.seen_sha256, "", "", Contents())
    staging = way_through_s3(connection, package, observed, None, options, ctx)
    return plan_deploy(observed, package, base, options=options, staging=staging)


def _changed(target: Target, conflict: DeployConflict) -> WorkbenchError:
    return WorkbenchError(
        _("{function_name} was not deployed.").format(function_name=target.function_name),
        _(
            "The deployed code changed after the plan was made: CodeSha256 was {base_sha256} and "
            "is now {deployed_sha256}."
        ).format(base_sha256=conflict.base_sha256, deployed_sha256=conflict.deployed_sha256),
        _("Review the deployed code, then choose the function again."),
    )


_COMPILED = re.compile(r"\.(so|node|pyd)(\.[0-9.]+)?$")
_LAYER_NAME = re.compile(r":layer:([^:]+)")


@dataclass(frozen=True, slots=True)
class Compatibility:
    """Whether a package can run in a function.

    Attributes:
        refusal: Why it cannot, in sentences; empty if it can.
        warning: What the user should know; may be empty.
    """

    refusal: str = ""
    warning: str = ""


def check_compatibility(
    source: FunctionDetail, target: FunctionDetail, contents: Contents, layer_arn: str = ""
) -> Compatibility:
    """Whether a package of one function can run in another one.

    Args:
        source: The function that the package was made for.
        contents: The package's contents.
        layer_arn: The layer with the package's dependencies; empty if they are in the package.
    """
    if target.package_type == "Image":
        return Compatibility(_("It runs a container image, not a zip file."))
    if _family(source.runtime) != _family(target.runtime):
        return Compatibility(
            _("It runs {runtime}, the package is for {built_for}.").format(
                runtime=target.runtime, built_for=source.runtime
            )
        )
    compiled = _compiled(contents)
    if source.architectures != target.architectures and compiled:
        return Compatibility(
            _("It runs on {architectures}; {compiled} in the package is compiled for {built_for}.").format(
                architectures=target.architectures[0],
                compiled=compiled,
                built_for=source.architectures[0],
            )
        )
    if layer_arn and layer_arn not in target.layers:
        return Compatibility(
            _("The package's dependencies are in the layer {layer_arn}, which it does not have.").format(
                layer_arn=layer_arn
            )
        )
    warnings = []
    if source.runtime != target.runtime:
        if compiled:
            return Compatibility(
                _("It runs {runtime}; {compiled} in the package is compiled for {built_for}.").format(
                    runtime=target.runtime, compiled=compiled, built_for=source.runtime
                )
            )
        warnings.append(f"It runs {target.runtime}, the package was made for {source.runtime}.")
    files = handler_files(target.handler, target.runtime)
    if files and not contents.files.keys() & set(files):
        problem = _("Its handler {handler} is not in the package.").format(handler=target.handler)
        if not target.layers:
            return Compatibility(problem)
        warnings.append(f"{problem} A layer may have it.")
    if missing := sorted(_layer_names(source) - _layer_names(target)):
        warnings.append(f"It lacks the layer {', '.join(missing)}.")
    return Compatibility("", " ".join(warnings))


def _family(runtime: str) -> str:
    """A runtime without its version: "python" for "python3.13"."""
    return re.sub(r"[0-9.].*$", "", runtime)


def _compiled(contents: Contents) -> str:
    for path, file in contents.files.items():
        name = PurePosixPath(path).name
        if _COMPILED.search(name) or (path == "bootstrap" and file.executable):
            return name
    return ""


def _layer_names(detail: FunctionDetail) -> set[str]:
    return {found[1] for arn in detail.layers if (found := _LAYER_NAME.search(arn))}
