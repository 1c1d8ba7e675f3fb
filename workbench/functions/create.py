"""Creates a function, and its role if it has none: either everything or nothing.

After a failure or Cancel, everything that this run created is undone in reverse order.
"""

from dataclasses import replace

from workbench.aws.connection import Connection
from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.aws.retry import Backoff, retry
from workbench.aws.retrying_connection import FAULTS
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts, JournalFile, Operation, StepContext
from workbench.functions import roles
from workbench.functions.create_plan import (
    Code,
    Creation,
    CreationJournal,
    CreationStep,
    InterruptedCreation,
    NewFunction,
    PartOfJob,
    Staged,
    StepKind,
    Uploader,
    code_sha256_of,
    package_beside,
    plan_create,
)
from workbench.functions.deletion import delete_function
from workbench.functions.detail import CONFLICT, GONE, get_function, wait_until_updated
from workbench.functions.model import FunctionDetail

# A new role takes some seconds to propagate before Lambda can assume it.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_NEW_ROLE = Backoff(0.5, longest_s=4.0, factor=1.5, total_s=60.0)
_ROLE_UNKNOWN = ("cannot be assumed by Lambda", "execution role does not have permissions to call")


def check_name_is_free(connection: Connection, function_name: str, ctx: JobContext) -> None:
    """Checks that no function of this name exists, before anything is created.

    Raises:
        WorkbenchError: It exists (aws_code "ResourceConflictException"), or AWS was not reached.
    """
    try:
        get_function(connection, function_name, "", ctx)
    except WorkbenchError as error:
        if error.aws_code == GONE:
            return
        raise
    raise WorkbenchError(
        _("The function {function_name} was not created.").format(function_name=function_name),
        _("A function with this name already exists in {region}.").format(region=connection.region),
        _("Choose another name, or open the existing resource."),
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
        package: The zip; empty unless `wanted.brings_package`.
        journal: Records every step before it is made.
        ctx: Cancel undoes what was made.
        uploader: Uploads zips of more than 50 MB to S3; without it they are refused.

    Raises:
        WorkbenchError: It failed; `why` says whether anything was left behind.
        Cancelled: Nothing was left behind.
    """
    check_name_is_free(connection, wanted.function_name, ctx)
    creation = Creation(connection.account_id, connection.region, wanted, code_sha256_of(package))
    with journal.begin_creation(creation, package) as file:
        return _Run(connection, creation, file, uploader, ctx).make()


def finish(
    connection: Connection,
    interrupted: InterruptedCreation,
    journal: CreationJournal,
    ctx: JobContext,
    uploader: Uploader | None = None,
) -> FunctionDetail:
    """Continues an interrupted creation. Raises as `create` does."""
    with journal.reopen_creation(interrupted) as file:
        return _Run(connection, file.record.about, file, uploader, ctx, file.record).make()


def undo(
    connection: Connection,
    interrupted: InterruptedCreation,
    journal: CreationJournal,
    uploader: Uploader | None = None,
) -> None:
    """Undoes an interrupted creation.

    Raises:
        WorkbenchError: Something could not be undone; the journal is kept.
    """
    with journal.reopen_creation(interrupted) as file:
        _Run(connection, file.record.about, file, uploader, JobContext(), file.record).undo_all()


class _Run:
    def __init__(
        self,
        connection: Connection,
        creation: Creation,
        file: JournalFile,
        uploader: Uploader | None,
        ctx: JobContext,
        interrupted: InterruptedCreation | None = None,
    ) -> None:
        self._connection, self._creation, self._file = connection, creation, file
        self._uploader, self._ctx, self._interrupted = uploader, ctx, interrupted
        self._wanted = creation.wanted
        self._package_path = package_beside(file.path)
        self._staged: Staged | None = None

    def make(self) -> FunctionDetail:
        operation = self._operation(None)
        try:
            if self._is_large:
                uploader, destination = self._required_uploader, self._destination()
                staged = uploader.observe(self._connection, destination, self._package_path, self._ctx)
                operation = self._operation(staged)
            operation.forward()
            detail = wait_until_updated(self._connection, self._wanted.function_name, self._ctx)
            if detail.state == "Failed":
                raise WorkbenchError(
                    _("AWS could not create the function {function_name}.").format(
                        function_name=self._wanted.function_name
                    ),
                    detail.state_reason,
                    _("Correct the cause, then try again."),
                    aws_code="State=Failed",
                )
        except Cancelled:
            self._undo_after_cancel(operation)
            raise
        except WorkbenchError as error:
            self._undo_after(error, operation)
            raise
        self._file.finish()
        return detail

    def _operation(self, staged: Staged | None) -> Operation[CreationStep]:
        """The operation, with the steps that an earlier run has begun."""
        interrupted = self._interrupted
        begun = interrupted.begun if interrupted else ()
        if interrupted and StepKind.FUNCTION.value not in interrupted.done:
            interrupted = replace(interrupted, done={})  # what the function needs may have been deleted since
        was_staged = StepKind.BUCKET.value in begun or StepKind.UPLOAD.value in begun
        if staged is None and (self._is_large or was_staged):
            staged = self._destination() if self._uploader else Staged("", "")
        if staged is not None and StepKind.BUCKET.value in begun:
            staged = replace(staged, exists=False)
        self._staged = staged
        steps = {step.kind.value: step for step in plan_create(self._wanted, staged)}
        return Operation(
            steps,
            self,
            self._file,
            self._ctx,
            interrupted,
            _is_refusal,
            lambda step: _TEXTS[step.kind].format(name=step.subject),
        )

    @property
    def _is_large(self) -> bool:
        """Whether the code is too large for a request."""
        try:
            return self._package_path.stat().st_size > ZIP_LIMIT_BYTES
        except OSError:
            return False  # `_package` reports it

    def _package(self) -> bytes:
        path = self._package_path
        try:
            return path.read_bytes()
        except OSError as error:
            raise explain_os_error(error, _("The new function's code could not be read."), path) from error

    @property
    def _required_uploader(self) -> Uploader:
        if self._uploader is not None:
            return self._uploader
        raise WorkbenchError(
            _("The function {function_name} was not created.").format(
                function_name=self._wanted.function_name
            ),
            _(
                "Its package is larger than the {zip_limit_bytes:,} bytes that AWS allows in a request."
            ).format(zip_limit_bytes=ZIP_LIMIT_BYTES),
            _("Upload it to a bucket in the function's region, and choose An S3 object."),
        )

    def _destination(self) -> Staged:
        wanted, sha256 = self._wanted, self._creation.code_sha256
        return self._required_uploader.destination(
            self._connection, wanted.staging_bucket, wanted.function_name, sha256
        )

    # One step -----------------------------------------------------------------------------------------------

    def do(self, step: CreationStep, context: StepContext) -> Facts:
        ctx = PartOfJob(context.ctx, context.number, context.total)
        match step.kind:
            case StepKind.BUCKET:
                assert self._staged is not None
                self._required_uploader.make_bucket(self._connection, self._staged, ctx)
            case StepKind.UPLOAD:
                assert self._staged is not None
                self._required_uploader.send(self._connection, self._staged, self._package_path, ctx)
            case StepKind.ROLE:
                name = self._wanted.function_name
                return {"role_arn": roles.create_role(self._connection, step.subject, name)}
            case StepKind.POLICY:
                roles.put_policy(self._connection, step.subject, self._wanted.policy)
            case StepKind.FUNCTION:
                made = context.done.get(StepKind.ROLE.value, {})
                self._create_function(str(made.get("role_arn", self._wanted.role_arn)), ctx)
            case StepKind.WAIT:
                pass  # the step has a result, see `make`
        return {}

    def undo(self, step: CreationStep, _facts: Facts, _context: StepContext) -> str:
        match step.kind:
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
        return ""

    def _create_function(self, role_arn: str, ctx: JobContext) -> None:
        wanted, staged = self._wanted, self._staged
        package = b"" if staged else self._package()
        if staged is not None:
            wanted = replace(wanted, s3_bucket=staged.bucket, s3_key=staged.key)
        request = wanted.request(role_arn, package)

        def send() -> None:
            try:
                self._connection.call(
                    "lambda",
                    "create_function",
                    failure=_("Could not create the function {function_name}.").format(
                        function_name=wanted.function_name
                    ),
                    **request,
                )
            except WorkbenchError as error:
                # An earlier attempt may have created it although its answer was lost.
                if error.aws_code != CONFLICT or not self._find_ours():
                    raise

        retry(send, ctx, _NEW_ROLE, self._is_role_unknown)

    def _is_role_unknown(self, error: WorkbenchError) -> bool:
        """Whether Lambda does not know the new role yet."""
        return not self._wanted.role_arn and any(text in error.why for text in _ROLE_UNKNOWN)

    def _find_ours(self) -> bool:
        """Whether the function exists, and is the one that this run created, with its code unchanged."""
        try:
            detail = get_function(self._connection, self._wanted.function_name)
        except WorkbenchError as error:
            if error.aws_code == GONE:
                return False
            raise
        wanted, sha256 = self._wanted, self._creation.code_sha256
        # The hash of code in S3 or ECR is not known in advance, so the other attributes are compared.
        marks = (detail.runtime, detail.handler, detail.description)
        same_marks = marks == (wanted.runtime, wanted.handler, wanted.description)
        same_code = detail.code_sha256 == sha256 if sha256 else same_marks
        return same_code and wanted.is_role(detail.role_arn)

    # Undoing all of them ------------------------------------------------------------------------------------

    def undo_all(self) -> None:
        """Undoes what was begun, in reverse order. Cannot be cancelled.

        Raises:
            WorkbenchError: Something could not be undone; the journal is kept.
        """
        self._undo(self._operation(None))

    def _undo(self, operation: Operation[CreationStep]) -> None:
        undone = operation.backward(stop_at_failure=True)
        for _step, error in undone.failed:
            raise error
        self._file.finish()

    def _undo_after_cancel(self, operation: Operation[CreationStep]) -> None:
        name = self._wanted.function_name
        try:
            self._undo(operation)
        except WorkbenchError as error:
            error.why = " ".join(filter(None, (error.what, error.why, _LATER)))
            error.what = _(
                "The creation of {name} was cancelled, but some resources could not be deleted."
            ).format(name=name)
            raise

    def _undo_after(self, error: WorkbenchError, operation: Operation[CreationStep]) -> None:
        """Undoes everything after a failure, and adds to the error what could not be undone."""
        has_made = any(name != StepKind.WAIT.value for name in operation.begun)
        try:
            self._undo(operation)
        except WorkbenchError as second:
            parts = (error.why, _("These resources could not be deleted:"), second.what, second.why, _LATER)
            error.why = " ".join(filter(None, parts))
        else:
            left = _NOTHING_LEFT if has_made else ""
            error.why = f"{error.why} {left}".strip()


def _is_refusal(error: WorkbenchError | Cancelled) -> bool:
    """Whether a request certainly created nothing: it was never sent (no code), or AWS refused it."""
    if isinstance(error, Cancelled):
        return False
    return not error.aws_code or (bool(error.request_id) and error.aws_code not in FAULTS)


_TEXTS = {
    StepKind.BUCKET: "Creating the bucket {name}",
    StepKind.UPLOAD: "Uploading the package to {name}",
    StepKind.ROLE: "Creating the role {name}",
    StepKind.POLICY: _("Adding permissions to the role"),
    StepKind.FUNCTION: "Creating {name}",
    StepKind.WAIT: "Waiting until {name} can be invoked",
}
_NOTHING_LEFT = _("All resources that were created for it were deleted.")
_LATER = _("The next time Workbench starts, it offers to finish or undo the creation.")
