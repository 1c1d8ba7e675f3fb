"""Deploys one package to several functions in waves: the state of each, which are next, and the journal.

A wave begins when all functions of the previous one have the package; if one fails, no other begins. The
journal's steps are the functions, by their numbers. A copy of the package is stored beside it, so that a
resumed fan-out sends the same bytes, whatever was edited since.
"""

import contextlib
import logging
import os
import re
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from workbench.aws.connection import Connection
from workbench.aws.names import LATEST
from workbench.code.contents import Contents
from workbench.code.package import Package, package_name_of
from workbench.code.package.zip_file import link_or_copy
from workbench.code.syntax import handler_files
from workbench.code.tree import hash_of
from workbench.code.unpack import read_contents
from workbench.code.workspace_store import Base
from workbench.core import codec
from workbench.core.clock import Clock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error, try_lock
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import (
    Facts,
    JournalFile,
    Operation,
    OperationJournal,
    OperationRecord,
    StepContext,
    StepRunner,
)
from workbench.deploy.execute import DeployResult, execute
from workbench.deploy.journal import DeployOutcome, Journal
from workbench.deploy.options import DeployOptions
from workbench.deploy.plan import DeployConflict, plan_deploy
from workbench.deploy.run import way_through_s3
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail

_log = logging.getLogger(__name__)
_PACKAGE = ".zip"
_NOT_BEGUN = _("The deployment to several functions was not started.")
_CRASHED = _("Workbench closed during the deployment.")

Connect = Callable[[str, str, JobContext], Connection]
"""Connects with a profile (by name) to a region. Raises WorkbenchError."""

Adopt = Callable[[Package, JobContext], object]
"""Makes the package the base of open code. Raises WorkbenchError."""


class TargetState(Enum):
    """The state of one function."""

    WAITING = "waiting"
    RUNNING = "running"
    DEPLOYED = "deployed"
    SAME = "had it already"
    FAILED = "failed"
    STOPPED = "stopped"
    """Cancelled, or interrupted by a crash: its code is read when the fan-out continues."""

    @property
    def is_done(self) -> bool:
        return self in (TargetState.DEPLOYED, TargetState.SAME)


@dataclass(frozen=True, slots=True)
class Target:
    """A function that is to get the package.

    Attributes:
        profile_name: The profile used for it.
        function_name: Its short name.
        wave: Its wave, from 1.
        function_arn: The function when it was read; only this one is deployed to.
        seen_sha256: CodeSha256 of its code then; only this code is replaced.
    """

    profile_name: str
    region: str
    function_name: str
    wave: int = 1
    function_arn: str = ""
    seen_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a target, with the reason in sentences."""

    target: Target
    state: TargetState = TargetState.WAITING
    text: str = ""


@dataclass(frozen=True, slots=True)
class FanOutPlan:
    """A package that is to be deployed to several functions, in any accounts and regions.

    Attributes:
        source_name: The function that the code comes from.
        source_arn: ARN of that function.
        code_sha256: CodeSha256 of the package.
        size_bytes: Size of its zip.
        options: The options of each deploy.
        targets: The functions in the order in which they were chosen.
    """

    source_name: str
    source_arn: str
    code_sha256: str
    size_bytes: int
    options: DeployOptions
    targets: tuple[Target, ...]
    account_id: ClassVar[str] = ""
    region: ClassVar[str] = ""


type InterruptedFanOut = OperationRecord[FanOutPlan]


@dataclass(frozen=True, slots=True)
class FanOut:
    """A fan-out in progress.

    Attributes:
        plan: The plan.
        when: Time of its start, ISO 8601, UTC.
        standings: The states of all targets, in the plan's order.
    """

    plan: FanOutPlan
    when: str
    standings: tuple[Standing, ...]

    @classmethod
    def of(cls, record: InterruptedFanOut) -> "FanOut":
        """A fan-out from its journal. Deploys that were running count as stopped."""
        standings = (_standing(record, number, each) for number, each in enumerate(record.about.targets))
        return cls(record.about, record.when, tuple(standings))

    @property
    def is_complete(self) -> bool:
        return all(standing.state.is_done for standing in self.standings)

    def to_begin(self) -> tuple[int, ...]:
        """Numbers (from 0) of the targets to begin now: the whole next wave, or none."""
        states = {standing.state for standing in self.standings}
        if states & {TargetState.RUNNING, TargetState.FAILED, TargetState.STOPPED}:
            return ()
        left = [standing.target.wave for standing in self.standings if not standing.state.is_done]
        wave = min(left, default=0)
        return tuple(
            number
            for number, standing in enumerate(self.standings)
            if standing.target.wave == wave and not standing.state.is_done
        )

    def after(self, number: int, state: TargetState, text: str = "") -> "FanOut":
        """The fan-out with another state for one target."""
        standings = list(self.standings)
        standings[number] = replace(standings[number], state=state, text=text)
        return replace(self, standings=tuple(standings))

    def again(self) -> "FanOut":
        """The fan-out to resume: targets that did not succeed are waiting again."""
        return replace(
            self,
            standings=tuple(
                standing if standing.state.is_done else Standing(standing.target)
                for standing in self.standings
            ),
        )


def twice(targets: Sequence[Target]) -> Target | None:
    """The first target that names the same function as an earlier one, or None."""
    seen: set[str] = set()
    for target in targets:
        if target.function_arn and target.function_arn in seen:
            return target
        seen.add(target.function_arn)
    return None


# The journal ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Result:
    """The result for a target, as a fact of its step."""

    state: TargetState
    text: str = ""


def _standing(record: InterruptedFanOut, number: int, target: Target) -> Standing:
    name = str(number)
    facts = record.done.get(name) or record.failed.get(name)
    if facts is not None:
        try:
            result = codec.convert(facts, _Result)
            return Standing(target, result.state, result.text)
        except codec.Damaged as error:
            _log.info("a function's state in %s could not be read: %s", record.file, error)
    return Standing(target, TargetState.STOPPED, _CRASHED) if name in record.begun else Standing(target)


class FanOutFile:
    """A fan-out's package and the states of its functions. Thread-safe; `close` releases it.

    Attributes:
        file: The journal.
        package: A copy that nobody else changes or removes.
        fan_out: None before it was begun.
    """

    def __init__(
        self, journal: "FanOutJournal", file: JournalFile, package: Package, fan_out: FanOut | None = None
    ) -> None:
        self.file, self.package, self.fan_out = file, package, fan_out
        self._journal = journal
        self._mutex = threading.Lock()

    def begin(self, plan: FanOutPlan) -> None:
        """Records the plan, so that a crash can be recovered from.

        Raises:
            WorkbenchError: It cannot be written; then it must not begin.
        """
        self.fan_out = self._journal.start(self.file, plan)

    def set_state(self, number: int, state: TargetState, text: str = "") -> Facts:
        """Sets the state of a target. Returns it as the facts of its step."""
        with self._mutex:
            assert self.fan_out is not None
            self.fan_out = self.fan_out.after(number, state, text)
        facts: Facts = codec.to_builtins(_Result(state, text))
        return facts

    def close(self) -> None:
        """Releases it. Deletes it if it was never begun, or is complete."""
        if self.fan_out is None or self.fan_out.is_complete:
            self.discard()
        self.release()

    def discard(self) -> None:
        """Releases and deletes it."""
        self.file.finish()
        self.release()

    def release(self) -> None:
        """Releases it without deleting it."""
        self.file.close()


class FanOutJournal(OperationJournal[FanOutPlan]):
    """The journals of all fan-outs, each with a copy of its package until it is over."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        super().__init__(folder, FanOutPlan, clock, (_PACKAGE,))

    def hold(self, package: Package, source_name: str) -> FanOutFile:
        """Copies a package for a fan-out that may begin. Raises WorkbenchError."""
        file = self.prepare(source_name, _NOT_BEGUN)
        kept = file.path.with_suffix(_PACKAGE)
        try:
            link_or_copy(package.path, kept)
        except OSError as error:
            file.finish()
            file.close()
            raise explain_os_error(error, _NOT_BEGUN, kept) from error
        return FanOutFile(self, file, replace(package, path=kept))

    def start(self, file: JournalFile, plan: FanOutPlan) -> FanOut:
        """Begins a fan-out. Raises WorkbenchError if it cannot be written."""
        when = self._clock.now().isoformat()
        self.describe(file, replace(plan, options=plan.options.without_configuration()), _NOT_BEGUN)
        return FanOut(plan, when, tuple(map(Standing, plan.targets)))

    def interrupted(self) -> tuple[InterruptedFanOut, ...]:
        """The fan-outs that can be resumed and that no other window has, oldest first."""
        return tuple(each for each in self.unfinished("", "") if has_package(each))

    def take_up(self, ctx: JobContext, wanted: Path | None = None) -> FanOutFile | None:
        """Opens an interrupted fan-out; None if there is none.

        Args:
            wanted: The journal of the only one that will do; None for the oldest that can be continued.

        Raises:
            WorkbenchError: The wanted one is over, another window has it, or its package cannot be read.
        """
        if wanted is not None:
            return self._take_up(wanted, ctx)
        for record in self.interrupted():
            ctx.check()
            try:
                return self._take_up(record.file, ctx)
            except WorkbenchError as error:  # another window was faster, or its package was changed
                _log.info("%s cannot be continued: %s", record.file, error)
        return None

    def _take_up(self, path: Path, ctx: JobContext) -> FanOutFile:
        file = self.reopen(path, _NOT_BEGUN)
        with contextlib.ExitStack() as closing:
            closing.enter_context(file)
            package = _package_of(file.record, ctx)
            closing.pop_all()
        return FanOutFile(self, file, package, FanOut.of(file.record))

    def convert_old(self) -> None:
        """Converts the folders of earlier versions, with fan-out.json and the package."""
        for path in sorted(self._folder.glob("*/lock")):
            record = path.with_name("fan-out.json")
            try:
                descriptor = os.open(path, os.O_RDWR)
            except OSError:
                continue  # another window has just taken it
            try:
                if not try_lock(descriptor):
                    continue
                if record.exists():  # otherwise it was not begun, or is taken
                    self._convert(record)
            except (OSError, ValueError, WorkbenchError) as error:
                _log.info("the fan-out %s could not be read: %s", record, error)
                continue
            finally:
                os.close(descriptor)
            shutil.rmtree(path.parent, ignore_errors=True)

    def _convert(self, path: Path) -> None:
        old = _OLD_FORMAT.read(path)
        targets = tuple(each.target for each in old.standings)
        plan = FanOutPlan(
            old.source_name, old.source_arn, old.code_sha256, old.size_bytes, old.options, targets
        )
        package = path.with_name(package_name_of(old.code_sha256))
        with self.prepare(old.source_name, _NOT_BEGUN) as file:
            link_or_copy(package, file.path.with_suffix(_PACKAGE))
            file.write({"event": "begin", **codec.to_builtins(plan), "at": old.when})
            for number, each in enumerate(old.standings):
                if each.state is not TargetState.WAITING:
                    file.before(str(number))
                facts = codec.to_builtins(_Result(each.state, each.text))
                if each.state.is_done:
                    file.after(str(number), facts)
                elif each.state in (TargetState.FAILED, TargetState.STOPPED):
                    file.failed(str(number), facts)
        path.unlink()


def has_package(record: InterruptedFanOut) -> bool:
    """Whether a package of the right size is beside the journal; its content is checked on resuming."""
    try:
        return record.file.with_suffix(_PACKAGE).stat().st_size == record.about.size_bytes
    except OSError:
        return False


def _package_of(record: InterruptedFanOut, ctx: JobContext) -> Package:
    """The package beside a journal. Raises WorkbenchError if it cannot be read, or is a different one."""
    path, sha256 = record.file.with_suffix(_PACKAGE), record.about.code_sha256
    try:
        is_whole = package_name_of(sha256) == f"{hash_of(path)}{_PACKAGE}"
    except ValueError:
        is_whole = False
    if not is_whole:
        raise WorkbenchError(
            _("The deployment of {source_name} to several functions cannot be continued.").format(
                source_name=record.about.source_name
            ),
            _("Its package was changed on this computer."),
            _("Deploy again."),
        )
    return Package(path, sha256, path.stat().st_size, read_contents(path, ctx))


@dataclass(frozen=True, slots=True)
class _OldFanOut:
    source_name: str
    source_arn: str
    code_sha256: str
    size_bytes: int
    when: str
    options: DeployOptions
    standings: tuple[Standing, ...]


def _with_targets(values: dict[str, Any]) -> dict[str, Any]:
    """Converts a record from before files had versions, in which each target was part of its state."""
    standings = [each | {"target": each} for each in values["standings"]]
    return values | {"standings": standings}


_OLD_FORMAT = codec.Format(_OldFanOut, upgrades={0: _with_targets})


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
) -> DeployResult:
    """Deploys the package to a target, if that has not changed since it was read.

    Args:
        target: The function when it was read.
        package: The package to send.

    Raises:
        WorkbenchError: It failed; `why` says which code the function has.
        Cancelled: Nothing was sent.
    """
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
    try:
        plan = plan_deploy(observed, package, base, options=options, staging=staging)
        return execute(connection, plan, None, journal, ctx)
    except DeployConflict as conflict:
        raise _changed(target, conflict) from conflict


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
                architectures=target.architectures[0], compiled=compiled, built_for=source.architectures[0]
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
