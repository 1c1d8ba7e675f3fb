"""The steps of a deploy, each with its undo; here, the state that they share, and how one ends a deploy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, retry
from workbench.code.package import Package
from workbench.code.workspace import Workspace
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts, StepContext
from workbench.deploy.journal import DeployOutcome, PackageStore
from workbench.deploy.plan import Plan, conflict
from workbench.deploy.staging import Staging
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail

_BUSY = ("ResourceConflictException", "TooManyRequestsException", "ThrottlingException", "Throttling")
BUSY_BACKOFF = Backoff(first_s=0.1, longest_s=5.0, attempts=10)
"""For a call while the function is being changed."""
STILL_OLD = _("The function still has the previous code.")
STILL_NEW = _("The function still has the new code.")
NOT_KNOWN = _("Whether the function has the new code is not known. The next start looks.")


class SmokeResponse(Protocol):
    """The part of an invocation's result that a smoke test needs."""

    @property
    def function_error(self) -> str:
        """AWS's name of the failure; empty if the function succeeded."""
        ...

    @property
    def payload(self) -> bytes: ...


Invoke = Callable[..., SmokeResponse]
"""`invoke.run.invoke`, which this room must not import: connection, function_name, payload, qualifier,
timeout_s, ctx; and tenant_id, only for a function with tenant isolation."""


@dataclass(slots=True)
class Running:
    """A running deploy. Only its executor and its steps use it.

    Attributes:
        connection: To the function's account and region.
        workspace: The source of the package, or None.
        ctx: The job's context; during the undo, one that cannot be cancelled.
        backup: Where the replaced code is stored, if it is not in the workspace.
        invoke: Invokes the function, for smoke tests.
        revision_id: The last RevisionId that was seen: the guard of the next change.
        resumed: Whether a crash interrupted it: a step may have been made already.
        outcome: Which code the function has, once the new one is in place.
        number: Number of the current step, from 0.
        facts: What the steps so far returned, by step.
        noted: As in `StepContext`.
        note: As in `StepContext`.
        unready: The facts of a version that was published in this run and cannot be invoked.
        store: The package store of the history, if there is one.
    """

    connection: Connection
    plan: Plan
    workspace: Workspace | None
    ctx: JobContext
    clock: Clock
    backup: Path
    revision_id: str
    invoke: Invoke | None = None
    resumed: bool = False
    outcome: DeployOutcome = DeployOutcome.DEPLOYED
    number: int = 0
    facts: Mapping[str, Facts] = field(default_factory=dict)
    noted: Callable[[], Facts] = dict
    note: Callable[[Facts], None] = lambda _facts: None
    unready: Facts = field(default_factory=dict)
    store: PackageStore | None = None

    @property
    def name(self) -> str:
        return self.plan.function_name

    def report(self, text: str, share: float = 0.0) -> None:
        """Reports progress, which counts steps; `share` (0 to 1) is the progress of the current one."""
        self.ctx.progress(self.number + 1 + share, len(self.plan.steps) + 1, text)

    def at(self, step: StepContext) -> Self:
        """This deploy at one of its steps."""
        self.ctx, self.number, self.facts = step.ctx, step.number, step.done
        self.noted, self.note = step.noted, step.note
        return self

    def look(self) -> FunctionDetail | None:
        """Reads the function, also after Cancel; None if AWS was not reached."""
        try:
            return get_function(self.connection, self.name, "", JobContext())
        except WorkbenchError:
            return None

    def old_package(self) -> Path | None:
        """The replaced zip, or None if it is not on this disk."""
        workspace = self.workspace
        if workspace and workspace.base.code_sha256 == self.plan.old_sha256:
            return workspace.base_package if workspace.base_package.is_file() else None
        return self.backup if self.backup.is_file() else None


def running_upload(
    connection: Connection, function_name: str, package: Package, staging: Staging, ctx: JobContext
) -> Running:
    """The state for the steps of an upload without a deploy. Its progress is all of `ctx`."""
    plan = Plan(function_name, "", package, "", package.code_sha256, "", False, (), staging=staging)
    return Running(connection, plan, None, ctx, SystemClock(), package.path, "", number=-1)


class Stopped(Exception):
    """A step has ended the deploy and knows the outcome.

    Attributes:
        error: For the user.
        outcome: Which code the function has; None if that is uncertain: the journal then stays open, and the
            next start finds out.
        text: The outcome in a sentence; if empty, the error's text.
    """

    def __init__(self, error: WorkbenchError, outcome: DeployOutcome | None, text: str = "") -> None:
        super().__init__(str(error))
        self.error = error
        self.outcome = outcome
        self.text = text or str(error)


def replaced(running: Running, detail: FunctionDetail) -> Stopped:
    """Ends a deploy because somebody else has replaced the code."""
    error = conflict(detail, running.plan.old_sha256)
    return Stopped(error, DeployOutcome.REPLACED, error.why)


def with_state(error: WorkbenchError, state: str) -> WorkbenchError:
    """The error, completed with which code the function has."""
    why = error.why
    if why and state and why[-1] not in ".!?…":
        why += "."  # many of AWS's texts lack it
    error.why = f"{why} {state}".strip()
    return error


def call_when_idle(
    running: Running, method: str, failure: str, service: str = "lambda", **params: Any
) -> dict[str, Any]:
    """Makes a call, and repeats it while the function is busy or AWS throttles, after botocore's own retries.

    Raises:
        WorkbenchError: AWS refused for another reason, or the function stays busy.
    """
    return when_idle(running, lambda: running.connection.call(service, method, failure=failure, **params))


def when_idle[T](running: Running, call: Callable[[], T]) -> T:
    """Does what `call_when_idle` does, for any call."""

    def checked() -> T:
        running.ctx.check()
        return call()

    return retry(checked, running.ctx, BUSY_BACKOFF, lambda error: error.aws_code in _BUSY)
