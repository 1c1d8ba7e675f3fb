"""Creates a function, and its role if it has none: all of it, or nothing.

Whatever fails or is cancelled is undone in reverse, and only what this run made.
"""

from dataclasses import replace

from workbench.aws.connection import Connection
from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.aws.retry import Backoff, retry
from workbench.aws.retrying_connection import FAULTS
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions import roles
from workbench.functions.create_plan import (
    Code,
    Creation,
    CreationEntry,
    CreationJournal,
    CreationStep,
    NewFunction,
    PartOfJob,
    Staged,
    StepKind,
    Uploader,
    plan_create,
)
from workbench.functions.deletion import delete_function
from workbench.functions.detail import CONFLICT, GONE, get_function, wait_until_updated
from workbench.functions.model import FunctionDetail

# IAM tells all of AWS of a new role within some seconds; then Lambda can assume it.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_NEW_ROLE = Backoff(0.5, longest_s=4.0, factor=1.5, total_s=60.0)
_ROLE_UNKNOWN = ("cannot be assumed by Lambda", "execution role does not have permissions to call")


def check_name_is_free(connection: Connection, function_name: str, ctx: JobContext) -> None:
    """Looks whether there is a function of this name, before anything is made for a new one.

    Raises:
        WorkbenchError: There is (with aws_code "ResourceConflictException"), or AWS was not reached.
    """
    try:
        get_function(connection, function_name, "", ctx)
    except WorkbenchError as error:
        if error.aws_code == GONE:
            return
        raise
    raise WorkbenchError(
        f"The function {function_name} was not created.",
        f"A function with this name already exists in {connection.region}.",
        "Choose another name, or open the existing resource.",
        aws_code="ResourceConflictException",
    )


def create(
    connection: Connection,
    wanted: NewFunction,
    package: Code,
    journal: CreationJournal,
    ctx: JobContext,
    uploader: Uploader | None = None,
) -> FunctionDetail:
    """Creates a function and waits until it can be invoked.

    Args:
        connection: To the account and region.
        wanted: What it is to be.
        package: The zip; empty unless `wanted.brings_package`.
        journal: Gets every step before it is made.
        ctx: The job. Cancel undoes what was made.
        uploader: Takes a zip of more than 50 MB to S3; without one such a zip is refused.

    Raises:
        WorkbenchError: It failed; `why` says whether anything is left.
        Cancelled: Nothing is left.
    """
    check_name_is_free(connection, wanted.function_name, ctx)
    with journal.begin(wanted, package, connection.account_id, connection.region) as entry:
        return _Run(connection, entry, uploader).make(ctx)


def finish(
    connection: Connection,
    creation: Creation,
    journal: CreationJournal,
    ctx: JobContext,
    uploader: Uploader | None = None,
) -> FunctionDetail:
    """Goes on with a creation that was interrupted. Errors as `create`."""
    with journal.reopen(creation) as entry:
        return _Run(connection, entry, uploader).make(ctx)


def undo(
    connection: Connection, creation: Creation, journal: CreationJournal, uploader: Uploader | None = None
) -> None:
    """Takes back what an interrupted creation made.

    Raises:
        WorkbenchError: Something is left; the journal stays.
    """
    with journal.reopen(creation) as entry:
        _Run(connection, entry, uploader).undo()


class _Run:
    def __init__(self, connection: Connection, entry: CreationEntry, uploader: Uploader | None) -> None:
        self._connection = connection
        self._entry = entry
        self._uploader = uploader
        self._wanted = entry.creation.wanted
        self._role_arn = self._wanted.role_arn

    def make(self, ctx: JobContext) -> FunctionDetail:
        try:
            detail = self._steps(ctx)
        except Cancelled:
            self._undo_after_cancel()
            raise
        except WorkbenchError as error:
            self._undo_after(error)
            raise
        self._entry.close()
        return detail

    def _steps(self, ctx: JobContext) -> FunctionDetail:
        name = self._wanted.function_name
        staged = self._observe(ctx) if self._entry.is_large else None
        steps = plan_create(self._wanted, staged)
        for number, step in enumerate(steps):
            ctx.progress(number, len(steps), _TEXTS[step.kind].format(name=step.subject))
            self._entry.begin(step.kind)
            try:
                self._step(step, staged, PartOfJob(ctx, number, len(steps)))
            except WorkbenchError as error:
                if _is_refusal(error):
                    self._entry.refused(step.kind)
                raise
        detail = wait_until_updated(self._connection, name, ctx)
        if detail.state == "Failed":
            raise WorkbenchError(
                f"AWS could not create the function {name}.",
                detail.state_reason,
                "Correct the cause, then try again.",
                aws_code="State=Failed",
            )
        return detail

    @property
    def _required_uploader(self) -> Uploader:
        if self._uploader is not None:
            return self._uploader
        raise WorkbenchError(
            f"The function {self._wanted.function_name} was not created.",
            f"Its package is larger than the {ZIP_LIMIT_BYTES:,} bytes that AWS allows in a request.",
            "Upload it to a bucket in the function's region, and choose An S3 object.",
        )

    def _destination(self) -> Staged:
        wanted, sha256 = self._wanted, self._entry.creation.code_sha256
        return self._required_uploader.destination(
            self._connection, wanted.staging_bucket, wanted.function_name, sha256
        )

    def _observe(self, ctx: JobContext) -> Staged:
        return self._required_uploader.observe(
            self._connection, self._destination(), self._entry.package_path, ctx
        )

    def _step(self, step: CreationStep, staged: Staged | None, ctx: JobContext) -> None:
        match step.kind:
            case StepKind.BUCKET:
                assert staged is not None
                self._required_uploader.make_bucket(self._connection, staged, ctx)
            case StepKind.UPLOAD:
                assert staged is not None
                self._required_uploader.send(self._connection, staged, self._entry.package_path, ctx)
            case StepKind.ROLE:
                name = self._wanted.function_name
                self._role_arn = roles.create_role(self._connection, step.subject, name)
            case StepKind.POLICY:
                roles.put_policy(self._connection, step.subject, self._wanted.policy)
            case StepKind.FUNCTION:
                self._create_function(staged, ctx)
            case StepKind.WAIT:
                pass  # it has a result: see `_steps`

    def _create_function(self, staged: Staged | None, ctx: JobContext) -> None:
        wanted, package = self._wanted, b"" if staged else self._entry.package()
        if staged is not None:
            wanted = replace(wanted, s3_bucket=staged.bucket, s3_key=staged.key)
        request = wanted.request(self._role_arn, package)

        def send() -> None:
            try:
                self._connection.call(
                    "lambda",
                    "create_function",
                    failure=f"Could not create the function {wanted.function_name}.",
                    **request,
                )
            except WorkbenchError as error:
                # An attempt may have arrived though its answer did not; the next one meets what it made.
                if error.aws_code != CONFLICT or not self._find_ours():
                    raise

        retry(send, ctx, _NEW_ROLE, self._is_role_unknown)

    def _is_role_unknown(self, error: WorkbenchError) -> bool:
        """Whether Lambda does not know the role yet that this run made."""
        return not self._wanted.role_arn and any(text in error.why for text in _ROLE_UNKNOWN)

    def _find_ours(self) -> bool:
        """Whether the function is there and is the one that this run made, with nobody's code in it since."""
        try:
            detail = get_function(self._connection, self._wanted.function_name)
        except WorkbenchError as error:
            if error.aws_code == GONE:
                return False
            raise
        wanted, sha256 = self._wanted, self._entry.creation.code_sha256
        # The hash of code from S3 or ECR is not known before: the other attributes are compared instead.
        marks = (detail.runtime, detail.handler, detail.description)
        same_marks = marks == (wanted.runtime, wanted.handler, wanted.description)
        same_code = detail.code_sha256 == sha256 if sha256 else same_marks
        return same_code and wanted.is_role(detail.role_arn)

    # Taking back --------------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Takes back what was begun, in reverse. It cannot be cancelled.

        Raises:
            WorkbenchError: Something is left; the journal stays.
        """
        for step in reversed(self._entry.creation.begun):
            match step:
                case StepKind.FUNCTION:
                    if self._find_ours():
                        delete_function(self._connection, self._wanted.function_name, JobContext())
                case StepKind.POLICY:
                    roles.delete_policy(self._connection, self._wanted.role_name)
                case StepKind.ROLE:
                    roles.delete_role(self._connection, self._wanted.role_name)
                case StepKind.UPLOAD:
                    self._required_uploader.delete_package(self._connection, self._destination())
                case StepKind.BUCKET:
                    self._required_uploader.delete_bucket(self._connection, self._destination())
                case StepKind.WAIT:
                    pass
        self._entry.close()

    def _undo_after_cancel(self) -> None:
        name = self._wanted.function_name
        try:
            self.undo()
        except WorkbenchError as error:
            error.why = " ".join(filter(None, (error.what, error.why, _LATER)))
            error.what = f"The creation of {name} was cancelled, but some resources could not be deleted."
            raise

    def _undo_after(self, error: WorkbenchError) -> None:
        """Takes back what was made before something failed, and adds to the error what is left."""
        made = [step for step in self._entry.creation.begun if step is not StepKind.WAIT]
        try:
            self.undo()
        except WorkbenchError as second:
            parts = (error.why, "These resources could not be deleted:", second.what, second.why, _LATER)
            error.why = " ".join(filter(None, parts))
        else:
            left = _NOTHING_LEFT if made else ""
            error.why = f"{error.why} {left}".strip()


def _is_refusal(error: WorkbenchError) -> bool:
    """Whether a request surely made nothing: it was held back here (no code), or AWS said no."""
    return not error.aws_code or (bool(error.request_id) and error.aws_code not in FAULTS)


_TEXTS = {
    StepKind.BUCKET: "Creating the bucket {name}",
    StepKind.UPLOAD: "Uploading the package to {name}",
    StepKind.ROLE: "Creating the role {name}",
    StepKind.POLICY: "Adding permissions to the role",
    StepKind.FUNCTION: "Creating {name}",
    StepKind.WAIT: "Waiting until {name} can be invoked",
}
_NOTHING_LEFT = "All resources that were created for it were deleted."
_LATER = "The next time Workbench starts, it offers to finish or undo the creation."
