"""The functions of a fan-out: what they have now, whether the package suits them, their state in words."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from workbench.code.contents import Contents
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.deploy.fan_out import Connect, FanOut, Standing, Target, TargetState, check_compatibility
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.profiles.safety import Tier
from workbench.ui.features.fan_out.run import FanOutRun
from workbench.ui.services import Services

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
