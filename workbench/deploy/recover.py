"""After a crash: which code do the functions have whose deploys were interrupted?

A deploy of code alone changes AWS in one request: there is nothing to undo, only to find out. One that does
more, and stopped in between, waits for a person's word.
"""

from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.journal import DeployRecord, Journal, Outcome
from workbench.deploy.resume import needs_choice
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of an interrupted deploy.

    Attributes:
        record: Of it.
        outcome: Which code the function has; None for a deploy that stopped between its steps: a person is to
            say whether it is finished or taken back (see resume.py), and its journal stays open.
        text: The same in a sentence.
    """

    record: DeployRecord
    outcome: Outcome | None
    text: str


def recover(
    connection: Connection, journal: Journal, ctx: JobContext, clock: Clock | None = None
) -> tuple[Recovery, ...]:
    """Looks at every interrupted deploy that this connection can reach, and closes its journal if it can.

    A workspace whose package turns out to be deployed takes it as its base. Call it before workspaces are
    opened: one that is open already does not notice.

    Args:
        connection: Deploys to other accounts and regions are left for other connections.
        journal: Of all deploys.
        ctx: The job.
        clock: Tells when.

    Raises:
        WorkbenchError: AWS cannot be asked. What is not looked at yet stays open.
    """
    clock = clock or SystemClock()
    here = f":{connection.region}:{connection.account_id}:function:"
    found = []
    for record in journal.unfinished():
        if here not in record.function_arn:
            continue
        ctx.check()
        if needs_choice(record):
            found.append(Recovery(record, None, _half_way(record)))
            continue
        try:
            detail = wait_until_updated(connection, record.function_name, ctx)
        except WorkbenchError as error:
            if error.aws_code != "ResourceNotFoundException":
                raise
            outcome, text, revision_id = Outcome.GONE, "The function no longer exists.", ""
        else:
            outcome, text = _judge(record, detail)
            revision_id = detail.revision_id
        if outcome is Outcome.DEPLOYED and record.workspace:
            _adopt(record, revision_id, ctx, clock)
        journal.close(record, outcome, text, revision_id)
        found.append(Recovery(record, outcome, text))
    return tuple(found)


def _half_way(record: DeployRecord) -> str:
    done = ", ".join(kind.value for kind in record.planned if kind in record.facts) or "nothing"
    left = ", ".join(kind.value for kind in record.planned if kind not in record.facts)
    return f"The deployment of {record.function_name} stopped half-way. Done: {done}. Not done: {left}."


def _judge(record: DeployRecord, detail: FunctionDetail) -> tuple[Outcome, str]:
    name = record.function_name
    if record.new_sha256 == record.old_sha256 == detail.code_sha256 and not record.facts:
        return (
            Outcome.UNCHANGED,
            f"The interrupted deployment of {name} had not started: nothing was changed.",
        )
    if detail.code_sha256 == record.new_sha256:
        if detail.last_update_status == "Failed":
            return (
                Outcome.FAILED,
                f"AWS could not apply the new code of {name}: {detail.last_update_status_reason}",
            )
        return (
            Outcome.DEPLOYED,
            f"The interrupted deployment of {name} succeeded: the function has the new code.",
        )
    if detail.code_sha256 == record.old_sha256:
        return (
            Outcome.UNCHANGED,
            f"The interrupted deployment of {name} did not reach AWS: the function has the previous code.",
        )
    return (
        Outcome.REPLACED,
        f"The code of {name} changed after the interrupted deployment. It was left unchanged.",
    )


def _adopt(record: DeployRecord, revision_id: str, ctx: JobContext, clock: Clock) -> None:
    if not record.workspace:
        return
    try:
        workspace = Workspace.load(record.workspace)
    except FileNotFoundError:
        return  # removed since
    if package := workspace.kept_package(record.new_sha256, ctx):
        workspace.adopt(package, revision_id, clock.now().isoformat())
