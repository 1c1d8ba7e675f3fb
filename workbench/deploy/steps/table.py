"""The functions that make and undo each kind of step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.core.operations import Facts
from workbench.deploy.plan import StepKind
from workbench.deploy.steps import packages, release, s3, update
from workbench.deploy.steps.running import Running


@dataclass(frozen=True, slots=True)
class StepRun:
    """How one kind of step is made and undone.

    Both may run again after a crash, so both first read the current state.

    Attributes:
        do: Makes the step; returns what the undo needs. Raises Stopped if it knows the outcome of the deploy,
            WorkbenchError or Cancelled if it changed nothing.
        undo: Undoes it as far as nobody else has changed the same since; returns what was undone in a
            sentence, or an empty text. Raises WorkbenchError. None for steps that leave nothing behind. Its
            facts are empty if the step was begun and may not be done.
    """

    do: Callable[[Running], Facts]
    undo: Callable[[Running, Facts], str] | None = None


STEP_RUNS: Mapping[StepKind, StepRun] = {
    StepKind.SETTLE: StepRun(update.settle),
    StepKind.BACKUP: StepRun(packages.back_up_code),
    StepKind.BUCKET: StepRun(s3.create_bucket),
    StepKind.STAGE: StepRun(s3.stage_package),
    StepKind.CHECK: StepRun(update.check_code),
    StepKind.CONFIGURE: StepRun(update.change_configuration, update.restore_configuration),
    StepKind.UPLOAD: StepRun(update.update_code, update.restore_code),
    StepKind.WAIT: StepRun(update.wait_for_update),
    StepKind.REFRESH: StepRun(update.refresh),
    StepKind.SMOKE: StepRun(release.smoke_test),
    StepKind.PUBLISH: StepRun(release.publish_version, release.unpublish_version),
    StepKind.ALIAS: StepRun(release.move_alias, release.restore_alias),
    StepKind.KEEP: StepRun(packages.adopt_package),
    StepKind.PRUNE: StepRun(release.prune_versions),
}
