"""Sends the code to the function, under the guard of the RevisionId; puts the previous code back."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.aws.bodies import ZipFileBody
from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error, megabytes
from workbench.deploy.records import Facts, Outcome
from workbench.deploy.staging import Staging, object_key
from workbench.deploy.steps import refresh
from workbench.deploy.steps.running import (
    NOT_KNOWN,
    STILL_NEW,
    STILL_OLD,
    Running,
    Stopped,
    replaced,
    with_state,
)
from workbench.deploy.steps.stage import code_in_s3, stage
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail

# How often an update is tried while others change the function's configuration.
_ATTEMPTS = 10
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
_WORTH_COUNTING_BYTES = 1_000_000
_SETTLING = ("ResourceConflictException", "PreconditionFailedException")


def do(running: Running) -> Facts:
    """Sends the package. Done when AWS has accepted it.

    Raises:
        Cancelled: The function has the previous code.
    """
    seen = running.plan.observed
    if running.resumed:
        seen = now = wait_until_updated(running.connection, running.name, running.ctx)
        running.revision_id = now.revision_id
        if now.code_sha256 == running.plan.new_sha256:
            return {}  # it arrived
    update = _Update(running, seen, running.plan.old_sha256, running.plan.new_sha256)
    package = running.plan.package
    text = "Taking the code from S3" if running.plan.staging else f"Sending {package.size_bytes:,} bytes"
    try:
        running.revision_id = update.run(package.path, text)
    except Cancelled:
        if not update.sent:
            raise
        # An attempt looked refused and may have arrived all the same.
        detail = running.look()
        if detail is None:
            error = WorkbenchError(f"The deploy of {running.name} was cancelled.", NOT_KNOWN)
            raise Stopped(error, None) from None
        if detail.code_sha256 != running.plan.new_sha256:
            raise
        running.revision_id = detail.revision_id
    return {}


def undo(running: Running, _facts: Facts) -> str:
    """Puts the previous code back, if the function still has ours."""
    plan = running.plan
    detail = wait_until_updated(running.connection, running.name, running.ctx)
    if detail.code_sha256 == plan.old_sha256:
        return ""
    if detail.code_sha256 != plan.new_sha256:
        return "The deployed code changed in the meantime. It was left unchanged."
    package = running.old_package()
    if package is None:
        raise WorkbenchError(
            "The previous code was not restored.",
            f"Its package is not stored on this computer: CodeSha256 {plan.old_sha256}.",
        )
    if plan.staging and not plan.staging.refers:
        _stage_old(running, plan.staging, package)
    update = _Update(running, detail, plan.new_sha256, plan.old_sha256)
    running.revision_id = detail.revision_id
    try:
        update.run(package, "Restoring the previous code")
    except Stopped as stopped:
        raise stopped.error from stopped
    detail = wait_until_updated(running.connection, running.name, running.ctx)
    running.revision_id = detail.revision_id
    if detail.code_sha256 != plan.old_sha256:
        return "The deployed code changed in the meantime. It was left unchanged."
    refresh.again(running)
    return "The previous code was restored."


def _stage_old(running: Running, staging: Staging, path: Path) -> None:
    """Brings the old package to S3, where it usually is: it may be too large to be sent directly."""
    sha256 = running.plan.old_sha256
    old = replace(staging, key=object_key(running.name, sha256), old_key="", unchanged_bytes=0)
    stage(running, old, Package(path, sha256, path.stat().st_size, Contents()))


@contextmanager
def sent_from(running: Running, package: Path, text: str) -> Iterator[dict[str, Any]]:
    """The parameters that carry a zip file directly; how much was sent is told as progress.

    Raises:
        WorkbenchError: It cannot be read.
    """

    def tell(sent: int, total: int) -> None:
        running.say(f"{text}: {megabytes(sent)} of {megabytes(total)} MB", sent / (total + 1))

    try:
        size_bytes = package.stat().st_size
        body = ZipFileBody(package, size_bytes, tell if size_bytes >= _WORTH_COUNTING_BYTES else None)
    except OSError as error:
        raise explain_os_error(error, "The package could not be read.", package) from error
    with closing(body):
        yield {"ZipFile": body}


class _Update:
    """UpdateFunctionCode, until it is accepted or is not worth another try."""

    def __init__(
        self, running: Running, seen: FunctionDetail | None, from_sha256: str, to_sha256: str
    ) -> None:
        self._running = running
        self._from = from_sha256
        self._to = to_sha256
        self.sent = False
        self._seen = seen

    def run(self, package: Path, text: str) -> str:
        """Makes the call. Returns the function's RevisionId afterwards."""
        running = self._running
        revision_id = running.revision_id
        for attempt in range(_ATTEMPTS):
            running.say(text)
            try:
                answer = self._send(package, revision_id, text)
            except WorkbenchError as error:
                detail = self._after_refusal(error, last=attempt == _ATTEMPTS - 1)
                if detail.code_sha256 == self._to:
                    return detail.revision_id  # an attempt arrived, its answer did not
                revision_id = detail.revision_id
                running.ctx.sleep(min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S))
            else:
                self._check(str(answer.get("CodeSha256", "")))
                return str(answer.get("RevisionId", ""))  # an answer may arrive cut short
        raise AssertionError("the last attempt raises")

    def _send(self, package: Path, revision_id: str, text: str) -> dict[str, Any]:
        running = self._running
        with self._code(package, text) as code:
            self.sent = True
            if self._seen is not None:
                code |= self._seen.source_key
            return running.connection.call(
                "lambda",
                "update_function_code",
                failure=f"Could not deploy {running.name}.",
                FunctionName=running.name,
                RevisionId=revision_id,
                Publish=False,
                **code,
            )

    def _check(self, sha256: str) -> None:
        """Refuses bytes that changed on their way: an object in S3 that somebody replaced."""
        if sha256 not in ("", self._to):
            raise Stopped(
                WorkbenchError(
                    f"{self._running.name} got other code than was sent.",
                    f"AWS has CodeSha256 {sha256}, the package here {self._to}. "
                    "The object in the staging bucket is not what this program put there.",
                    "Check who can write to the bucket, then deploy again.",
                ),
                Outcome.REPLACED,
            )

    @contextmanager
    def _code(self, package: Path, text: str) -> Iterator[dict[str, Any]]:
        staging = self._running.plan.staging
        if staging is None:
            with sent_from(self._running, package, text) as code:
                yield code
        else:
            yield code_in_s3(self._running, staging, self._to)

    def _after_refusal(self, error: WorkbenchError, last: bool) -> FunctionDetail:
        """The function after an update that was not accepted. Raises unless it is worth another try."""
        running = self._running
        settling = error.aws_code in _SETTLING and not last
        if settling:
            detail = wait_until_updated(running.connection, running.name, running.ctx)
        elif error.aws_code == "ResourceNotFoundException":
            raise Stopped(error, Outcome.GONE, "The function no longer exists.") from None
        elif (seen := running.look()) is None:
            raise Stopped(with_state(error, NOT_KNOWN), None) from None
        else:
            detail = seen
        if detail.code_sha256 == self._to:
            return detail
        if detail.code_sha256 != self._from:
            raise replaced(running, detail) from error
        if not settling:
            # Without an answer of AWS's the request may still be under way: the next start looks again.
            outcome = Outcome.UNCHANGED if error.request_id else None
            text = str(error)
            state = STILL_OLD if self._from == running.plan.old_sha256 else STILL_NEW
            raise Stopped(with_state(error, state), outcome, text) from None
        return detail
