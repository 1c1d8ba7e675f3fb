"""Carries a fan-out out: a few functions of a wave at a time, each in the lane of its function."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from workbench.aws.connection import Connection
from workbench.code.contents import Contents
from workbench.code.dependencies.use import Delivery
from workbench.code.package import Package, package_name_of
from workbench.code.package.zip_file import link_or_copy
from workbench.code.syntax import Problem
from workbench.code.workspace import Workspace
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import Job, JobContext, JobHandle, Progress
from workbench.core.messages import _
from workbench.deploy.fan_out import (
    Adopt,
    Connect,
    FanOut,
    FanOutFile,
    FanOutJournal,
    Standing,
    Target,
    TargetState,
    check_compatibility,
    deploy_number,
)
from workbench.deploy.journal import Journal
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.profiles.safety import Tier
from workbench.ui.pages.code_opening import problems_of
from workbench.ui.shell.services import Services

_MAX_CONCURRENT = 4
"""The window works on: reading and typing need threads too."""
_ENDED_BADLY = (TargetState.FAILED, TargetState.STOPPED)


class FanOutRun(QObject):
    """One fan-out, from its first function to the last.

    Args:
        services: The program's.
        file: What was begun.
        journal: Of all deploys.
        connect: The way to the functions.
        adopting: What makes the package the base of a function's open code; None where it is not open.
        parent: Its owner.

    Signals:
        changed: A function stands elsewhere, or is further.
        ended: Nothing runs any more; `fan_out` says what came of it.
    """

    changed = Signal()
    ended = Signal()

    def __init__(
        self,
        services: Services,
        file: FanOutFile,
        journal: Journal,
        connect: Connect,
        adopting: Callable[[Target], Adopt | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._file = file
        self._journal = journal
        self._connect = connect
        self._adopting = adopting
        self._handles: dict[int, JobHandle] = {}
        self._queue: list[int] = []
        self._stopping = False
        self.progress: dict[int, Progress] = {}

    @property
    def fan_out(self) -> FanOut:
        assert self._file.fan_out is not None
        return self._file.fan_out

    @property
    def is_running(self) -> bool:
        return bool(self._handles)

    @property
    def is_stopping(self) -> bool:
        return self._stopping and self.is_running

    def start(self) -> None:
        """Begins, or goes on with what did not succeed."""
        if self.is_running:
            return
        self._stopping = False
        self.progress.clear()
        self._file.fan_out = self.fan_out.again()
        self._go_on()
        self.changed.emit()

    def cancel(self) -> None:
        """Begins no other; what was not sent yet is not sent."""
        self._stopping = True
        for handle in tuple(self._handles.values()):
            handle.cancel()
        self.changed.emit()

    def _go_on(self) -> None:
        states = {standing.state for standing in self.fan_out.standings}
        if self._stopping or states.intersection(_ENDED_BADLY):
            self._queue.clear()
        elif not self._queue and not self._handles:
            self._queue.extend(self.fan_out.to_begin())
        while self._queue and len(self._handles) < _MAX_CONCURRENT:
            self._submit(self._queue.pop(0))
        if not self._handles:
            self.ended.emit()

    def _submit(self, number: int) -> None:
        target = self.fan_out.standings[number].target
        file, connect, journal, adopt = self._file, self._connect, self._journal, self._adopting(target)
        where = _("Deploying {function_name} in {region} as {profile_name}")
        self._handles[number] = self._services.jobs.submit(
            Job(
                where.format(
                    region=target.region, profile_name=target.profile_name, function_name=target.function_name
                ),
                lambda ctx: deploy_number(file, number, connect, adopt, journal, ctx),
                lane=f"write:{target.function_arn}",
                on_progress=lambda progress: self._progressed(number, progress),
                on_done=lambda _done: self._finished(number),
                on_error=lambda error: self._failed(number, error),
                on_cancelled=lambda: self._finished(number),
            )
        )

    def _progressed(self, number: int, progress: Progress) -> None:
        self.progress[number] = progress
        self.changed.emit()

    def _failed(self, number: int, error: WorkbenchError) -> None:
        """The program is at fault."""
        standing = self.fan_out.standings[number]
        if standing.state is TargetState.RUNNING:
            self._file.fan_out = self.fan_out.after(number, TargetState.STOPPED, str(error))
        self._finished(number)

    def _finished(self, number: int) -> None:
        del self._handles[number]
        self.progress.pop(number, None)
        self._go_on()
        self.changed.emit()


MAX_WAVES = 99
_TONES = {
    TargetState.DEPLOYED: "good",
    TargetState.SAME: "good",
    TargetState.FAILED: "danger",
    TargetState.STOPPED: "warning",
}


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One function.

    Attributes:
        target: Which.
        words: Where it stands, in a few words.
        detail: The same at length.
        tone: "muted", "good", "warning" or "danger".
        share: How far it is, 0 to 1; None while nothing is under way.
        is_ready: Whether it was checked and may be deployed to.
    """

    target: Target
    words: str
    detail: str = ""
    tone: str = "muted"
    share: float | None = None
    is_ready: bool = False


@dataclass(frozen=True, slots=True)
class FanOutSource:
    """What is to be deployed.

    Attributes:
        detail: The function that it was made for.
        code_sha256: CodeSha256 of the package.
        contents: What is in it.
        layer_arn: The layer that has its dependencies; empty when they are in it.
    """

    detail: FunctionDetail
    code_sha256: str
    contents: Contents
    layer_arn: str = ""


def unchecked_row(target: Target) -> TargetRow:
    """A row that nobody has checked yet."""
    return TargetRow(target, _("Checking…"))


def check_target(
    services: Services,
    connect: Connect,
    source: FanOutSource,
    target: Target,
    tier: Tier,
    then: Callable[[TargetRow], object],
) -> None:
    """Looks at a function in a job; `then` gets its row."""
    if tier is Tier.READ_ONLY:
        then(
            _refused(
                target, _("The profile {profile_name} is read-only.").format(profile_name=target.profile_name)
            )
        )
        return

    def run(ctx: JobContext) -> FunctionDetail:
        connection = connect(target.profile_name, target.region, ctx)
        return get_function(connection, target.function_name, "", ctx)

    services.jobs.submit(
        Job(
            _("Reading {function_name}").format(function_name=target.function_name),
            run,
            quiet=True,
            on_done=lambda found_detail: then(_row(source, target, found_detail, tier)),
            on_error=lambda error: then(_refused(target, _short(error), str(error))),
        )
    )


def _row(source: FanOutSource, target: Target, found_detail: FunctionDetail, tier: Tier) -> TargetRow:
    target = replace(
        target,
        function_name=found_detail.function_name,
        function_arn=found_detail.function_arn,
        seen_sha256=found_detail.code_sha256,
    )
    found = check_compatibility(source.detail, found_detail, source.contents, source.layer_arn)
    if found.refusal:
        return _refused(target, found.refusal)
    words = f"{found_detail.runtime} · {found_detail.architectures[0]}"
    if tier is Tier.PRODUCTION:
        words = f"{_('PRODUCTION')} · {words}"
    if found_detail.code_sha256 == source.code_sha256:
        words = f"{words} · {_('has this code already')}"
    elif found_detail.last_modified:
        day = f"{found_detail.last_modified.astimezone():%Y-%m-%d %H:%M}"
        words = f"{words} · {_('last changed {day}').format(day=day)}"
    detail = f"{found_detail.function_arn}\nCodeSha256 {found_detail.code_sha256}"
    if found.warning:
        return TargetRow(target, found.warning, f"{found.warning}\n{detail}", "warning", is_ready=True)
    return TargetRow(target, words, detail, "warning" if tier is Tier.PRODUCTION else "", is_ready=True)


def rows_of(run: FanOutRun) -> list[TargetRow]:
    """Where the functions of a fan-out stand."""
    return [_standing(run, number, standing) for number, standing in enumerate(run.fan_out.standings)]


def _standing(run: FanOutRun, number: int, standing: Standing) -> TargetRow:
    state, text = standing.state, standing.text
    if state is TargetState.RUNNING:  # else its end is known, and what was told before it comes late
        progress = run.progress.get(number)
        share = progress.done / progress.total if progress and progress.total else 0.0
        words = progress.text if progress else _("Starting")
        return TargetRow(standing.target, f"{words}…", share=share)
    title = {
        TargetState.WAITING: _("Not started"),
        TargetState.DEPLOYED: _("Deployed"),
        TargetState.SAME: _("Already had this code"),
        TargetState.FAILED: _("Failed"),
        TargetState.STOPPED: _("Stopped"),
    }[state]
    words = f"{title}: {text}" if text and not state.is_done else title
    return TargetRow(standing.target, words, text, _TONES.get(state, "muted"))


def summary_of(fan_out: FanOut) -> tuple[str, str]:
    """How a fan-out stands, in a sentence, and its tone."""
    states = [standing.state for standing in fan_out.standings]
    done = sum(state.is_done for state in states)
    words = _("{done} of {count} functions have the new code.")
    parts = [words.format(done=str(done), count=str(len(states)))]
    if failed := states.count(TargetState.FAILED):
        parts.append(_("Failed: {failed}.").format(failed=str(failed)))
    if stopped := states.count(TargetState.STOPPED):
        parts.append(_("Stopped: {stopped}.").format(stopped=str(stopped)))
    if waiting := states.count(TargetState.WAITING):
        parts.append(_("Not started: {waiting}.").format(waiting=str(waiting)))
    tone = "good" if fan_out.is_complete else "danger" if failed else "muted"
    return " ".join(parts), tone


def ending(fan_out: FanOut, action: str) -> tuple[WorkbenchError, str]:
    """What is said of one that ended while nobody watched, and the tone."""
    words, tone = summary_of(fan_out)
    title = _("The deployment of {source_name} to several functions has finished.").format(
        source_name=fan_out.plan.source_name
    )
    error = WorkbenchError(title, words, action="" if fan_out.is_complete else action)
    return error, tone if tone != "muted" else "warning"


def _refused(target: Target, words: str, detail: str = "") -> TargetRow:
    return TargetRow(target, words, detail or words, "danger")


def _short(error: WorkbenchError) -> str:
    return f"{error.why or error.what}{f' [{error.aws_code}]' if error.aws_code else ''}"


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A package that was put aside, and what is known of it."""

    file: FanOutFile
    source: FanOutSource
    problems: tuple[Problem, ...]


def pack(
    services: Services, journal: FanOutJournal, detail: FunctionDetail, workspace: Workspace, ctx: JobContext
) -> Packed:
    """Packs the saved files and puts the package aside. Runs in a job.

    Raises:
        WorkbenchError: The code cannot be packed, or the disk refuses.
    """
    problems = problems_of(services, workspace, detail, ctx)
    package = workspace.package(ctx)
    workspace.refuse_unless_shown(package)
    used = workspace.dependencies.used()
    layer_arn = used.layer_arn if used and used.delivery is Delivery.LAYER else ""
    source = FanOutSource(detail, package.code_sha256, package.contents, layer_arn)
    return Packed(journal.hold(package, detail.function_name), source, problems)


def adopt(
    connection: Connection, workspace: Workspace, package: Package, clock: Clock, ctx: JobContext
) -> None:
    """Makes the package the base of the open code, if its function has it.

    Raises:
        WorkbenchError: AWS cannot be asked, or the disk refuses.
    """
    base = workspace.base
    now = get_function(connection, base.function_name, "", ctx)
    if workspace.read_only or not package.code_sha256 == now.code_sha256 != base.code_sha256:
        return
    kept = workspace.packages / package_name_of(package.code_sha256)
    try:
        link_or_copy(package.path, kept)
    except OSError as error:
        raise explain_os_error(
            error, _("The deployment could not be recorded in the history."), kept
        ) from error
    workspace.adopt(replace(package, path=kept), now.revision_id, clock.now().isoformat())
