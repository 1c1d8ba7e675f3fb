"""Which function carries out which kind of step, and which one takes it back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.deploy.plan import StepKind
from workbench.deploy.records import Facts
from workbench.deploy.steps import (
    alias,
    backup,
    bucket,
    check,
    code,
    configuration,
    keep,
    prune,
    publish,
    refresh,
    settle,
    smoke,
    stage,
    wait,
)
from workbench.deploy.steps.running import Running


@dataclass(frozen=True, slots=True)
class StepRun:
    """How one kind of step is carried out.

    Both may run again after a crash, so both look first at what is there.

    Attributes:
        do: Does it; returns what the undo needs to know. Raises Stopped when it knows how the deploy ends by
            it, WorkbenchError when it changed nothing, Cancelled likewise.
        undo: Takes it back as far as nobody else has changed the same since; returns what came of it in a
            sentence, empty when there is nothing to say. Raises WorkbenchError. None for steps that leave
            nothing behind. Its facts are empty when the step was begun and may not be done.
    """

    do: Callable[[Running], Facts]
    undo: Callable[[Running, Facts], str] | None = None


STEP_RUNS: Mapping[StepKind, StepRun] = {
    StepKind.SETTLE: StepRun(settle.do),
    StepKind.BACKUP: StepRun(backup.do),
    StepKind.BUCKET: StepRun(bucket.do),
    StepKind.STAGE: StepRun(stage.do),
    StepKind.CHECK: StepRun(check.do),
    StepKind.CONFIGURE: StepRun(configuration.do, configuration.undo),
    StepKind.UPLOAD: StepRun(code.do, code.undo),
    StepKind.WAIT: StepRun(wait.do),
    StepKind.REFRESH: StepRun(refresh.do),
    StepKind.SMOKE: StepRun(smoke.do),
    StepKind.PUBLISH: StepRun(publish.do, publish.undo),
    StepKind.ALIAS: StepRun(alias.do, alias.undo),
    StepKind.KEEP: StepRun(keep.do),
    StepKind.PRUNE: StepRun(prune.do),
}
