"""Carries a deploy out: sends the package under the guard of the RevisionId, waits, verifies, remembers.

Whatever happens, the function has the old code or the new, and which is said. Owns: the calls of a deploy and
their order. Must not know: how the package came about.
"""

from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.deploy.journal import Entry, Journal, Outcome
from workbench.deploy.plan import DeployConflict, Plan, StepKind, conflict
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail

# How often an update is tried while others change the function's configuration.
_ATTEMPTS = 10
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
_SETTLING = ("ResourceConflictException", "PreconditionFailedException")

_STILL_OLD = "The function still has the old code."
_NOT_KNOWN = "Whether the function has the new code is not known. The next start looks."
_TEXTS = {
    Outcome.DEPLOYED: "The function has the new code.",
    Outcome.UPDATING: "AWS has the new code and is still putting it in place; nobody waits for it.",
    Outcome.ALREADY_DEPLOYED: "The function already has this code.",
}


@dataclass(frozen=True, slots=True)
class DeployResult:
    """How a deploy ended.

    Attributes:
        outcome: Which code the function has.
        text: The same in a sentence.
        old_sha256: CodeSha256 before.
        new_sha256: CodeSha256 of the package.
        old_revision_id: RevisionId before.
        revision_id: RevisionId afterwards.
        duration_s: From the first step to the last.
    """

    outcome: Outcome
    text: str
    old_sha256: str
    new_sha256: str
    old_revision_id: str
    revision_id: str
    duration_s: float


def execute(
    connection: Connection,
    plan: Plan,
    workspace: Workspace | None,
    journal: Journal,
    ctx: JobContext,
    clock: Clock | None = None,
) -> DeployResult:
    """Carries a plan out.

    Cancel before the package was sent leaves the function as it is and raises Cancelled. Afterwards it only
    ends the waiting: the result then says in what state the function is.

    Args:
        connection: To the function's account and region.
        plan: From `plan_deploy`.
        workspace: Where the package came from; it becomes that workspace's base.
        journal: Gets every step before and after it is made.
        ctx: The job.
        clock: Tells how long it took.

    Raises:
        DeployConflict: Somebody else deployed meanwhile. Nothing was replaced.
        WorkbenchError: It failed; `why` says which code the function has.
        Cancelled: Before anything was sent.
    """
    clock = clock or SystemClock()
    start = clock.monotonic()
    if plan.already_deployed:
        outcome = Outcome.ALREADY_DEPLOYED
        text, revision_id = _TEXTS[outcome], plan.revision_id
        if workspace and plan.old_sha256 == plan.new_sha256 != workspace.base.code_sha256:
            workspace.adopt(plan.package, plan.revision_id, clock.now().isoformat())
        elif workspace:
            workspace.discard(plan.package)
    else:
        with journal.begin(plan, workspace.folder if workspace else None) as entry:
            run = _Run(connection, plan, workspace, entry, ctx, clock)
            outcome, text, revision_id = run.run()
    return DeployResult(
        outcome,
        text,
        plan.old_sha256,
        plan.new_sha256,
        plan.revision_id,
        revision_id,
        clock.monotonic() - start,
    )


class _Run:
    def __init__(
        self,
        connection: Connection,
        plan: Plan,
        workspace: Workspace | None,
        entry: Entry,
        ctx: JobContext,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._workspace = workspace
        self._entry = entry
        self._ctx = ctx
        self._clock = clock
        self._sent = False

    def run(self) -> tuple[Outcome, str, str]:
        try:
            self._upload(self._settle())
        except Cancelled:
            if not self._arrived_all_the_same():
                self._not_deployed(Outcome.UNCHANGED, "Cancelled. The function has the old code.")
                raise
        except WorkbenchError as error:
            if not self._sent and not isinstance(error, DeployConflict):
                self._not_deployed(Outcome.UNCHANGED, str(error))
                raise _with_state(error, _STILL_OLD) from None
            raise
        detail, outcome = self._wait()
        revision_id = detail.revision_id if detail else ""
        self._keep(revision_id)
        text = _TEXTS[outcome]
        self._entry.finish(outcome, text, revision_id)
        return outcome, text, revision_id

    def _arrived_all_the_same(self) -> bool:
        """Whether AWS has the package though the job was cancelled while an attempt looked refused."""
        if not self._sent:
            return False
        detail = self._look()
        if detail is None:
            raise WorkbenchError(f"The deploy of {self._plan.function_name} was cancelled.", _NOT_KNOWN)
        return detail.code_sha256 == self._plan.new_sha256

    def _settle(self) -> str:
        """Lets a running update end first. Returns the RevisionId that guards ours."""
        if all(step.kind is not StepKind.SETTLE for step in self._plan.steps):
            return self._plan.revision_id
        self._ctx.progress(0, 4, "Waiting until the running update is over")
        self._entry.before(StepKind.SETTLE)
        detail = wait_until_updated(self._connection, self._plan.function_name, self._ctx)
        if detail.code_sha256 != self._plan.old_sha256:
            raise self._replaced(detail)
        self._entry.after(StepKind.SETTLE, detail.revision_id)
        return detail.revision_id

    def _upload(self, revision_id: str) -> None:
        """Sends the package. Done when AWS has accepted it."""
        package = self._plan.package
        try:
            zip_file = package.path.read_bytes()
        except OSError as error:
            raise explain_os_error(error, "The package could not be read.", package.path) from error
        for attempt in range(_ATTEMPTS):
            self._ctx.progress(1, 4, f"Sending {len(zip_file):,} bytes")
            self._entry.before(StepKind.UPLOAD, revision_id)
            self._sent = True
            try:
                answer = self._connection.call(
                    "lambda",
                    "update_function_code",
                    doing=f"deploy {self._plan.function_name}",
                    FunctionName=self._plan.function_name,
                    ZipFile=zip_file,
                    RevisionId=revision_id,
                    Publish=False,
                )
            except WorkbenchError as error:
                detail = self._after_refusal(error, last=attempt == _ATTEMPTS - 1)
                if detail.code_sha256 == self._plan.new_sha256:
                    revision_id = detail.revision_id  # an attempt arrived, its answer did not
                    break
                revision_id = detail.revision_id
                self._ctx.sleep(min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S))
            else:
                revision_id = str(answer.get("RevisionId", ""))  # an answer may arrive cut short
                break
        self._entry.after(StepKind.UPLOAD, revision_id)

    def _after_refusal(self, error: WorkbenchError, last: bool) -> FunctionDetail:
        """The function after an update that was not accepted. Raises unless it is worth another try."""
        settling = error.aws_code in _SETTLING and not last
        if settling:
            detail = wait_until_updated(self._connection, self._plan.function_name, self._ctx)
        elif error.aws_code == "ResourceNotFoundException":
            self._not_deployed(Outcome.GONE, "The function no longer exists.")
            raise error
        elif (seen := self._look()) is None:
            # The journal stays open: the next start looks which code the function has.
            raise _with_state(error, _NOT_KNOWN)
        else:
            detail = seen
        if detail.code_sha256 == self._plan.new_sha256:
            return detail
        if detail.code_sha256 != self._plan.old_sha256:
            raise self._replaced(detail) from error
        if not settling:
            if error.request_id:  # AWS answered, so nothing is under way any more
                self._not_deployed(Outcome.UNCHANGED, str(error))
            raise _with_state(error, _STILL_OLD)
        return detail

    def _wait(self) -> tuple[FunctionDetail | None, Outcome]:
        """Waits until the new code is in place and verifies it. Cancel only ends the waiting."""
        self._entry.before(StepKind.WAIT)
        outcome = Outcome.DEPLOYED
        detail: FunctionDetail | None
        try:
            self._ctx.progress(2, 4, "Waiting until the new code is in place")
            detail = wait_until_updated(self._connection, self._plan.function_name, self._ctx)
        except Cancelled:
            detail = self._look()
            if detail is None or detail.is_updating:
                outcome = Outcome.UPDATING
        except WorkbenchError as error:
            raise _with_state(
                error, "AWS accepted the new code; whether it is in place is not known."
            ) from None
        if detail and detail.code_sha256 != self._plan.new_sha256:
            raise self._replaced(detail)
        if detail and detail.last_update_status == "Failed":
            self._entry.finish(Outcome.FAILED, detail.last_update_status_reason, detail.revision_id)
            raise WorkbenchError(
                f"AWS could not put the new code of {self._plan.function_name} in place.",
                detail.last_update_status_reason,
                "Invocations still run the old code. Correct the cause, then deploy again.",
                aws_code="LastUpdateStatus=Failed",
            )
        self._entry.after(StepKind.WAIT, detail.revision_id if detail else "")
        return detail, outcome

    def _keep(self, revision_id: str) -> None:
        if not self._workspace:
            return
        self._entry.before(StepKind.KEEP, revision_id)
        try:
            self._workspace.adopt(self._plan.package, revision_id, self._clock.now().isoformat())
        except WorkbenchError as error:
            raise _with_state(
                error, "The function has the new code, but that could not be noted here."
            ) from None
        self._entry.after(StepKind.KEEP, revision_id)

    def _look(self) -> FunctionDetail | None:
        """The function now, also after Cancel; None when AWS cannot be asked."""
        try:
            return get_function(self._connection, self._plan.function_name, "", JobContext())
        except WorkbenchError:
            return None

    def _replaced(self, detail: FunctionDetail) -> WorkbenchError:
        error = conflict(detail, self._plan.old_sha256)
        self._not_deployed(Outcome.REPLACED, error.why)
        return error

    def _not_deployed(self, outcome: Outcome, text: str) -> None:
        self._entry.finish(outcome, text)
        if self._workspace:
            self._workspace.discard(self._plan.package)


def _with_state(error: WorkbenchError, state: str) -> WorkbenchError:
    error.why = f"{error.why} {state}".strip()
    return error
