"""The steps of the package: backup, settle, check, configure, update, wait, refresh, adopt; and their undo.

Each change is guarded by the last RevisionId that was seen.
"""

import base64
import contextlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.aws.client_config import ZipFileBody
from workbench.aws.retry import poll
from workbench.code.contents import Contents
from workbench.code.download import download_for
from workbench.code.package import Package
from workbench.code.tree import hash_of
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error, megabytes
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.plan import StepKind
from workbench.deploy.staging import Staging, object_key
from workbench.deploy.steps import (
    BUSY_BACKOFF,
    NOT_KNOWN,
    STILL_NEW,
    STILL_OLD,
    Running,
    Stopped,
    call_when_idle,
    replaced,
    with_state,
)
from workbench.deploy.steps.s3 import code_in_s3, upload
from workbench.functions.configure import Wanted, configure
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.versions import PUBLISHED, publish_latest

_MIN_PROGRESS_BYTES = 1_000_000
_SETTLING = ("ResourceConflictException", "PreconditionFailedException")


def settle(running: Running) -> Facts:
    """Waits for an update in progress, and reads the RevisionId that guards what follows."""
    running.report(_("Waiting until the running update is over"))
    detail = wait_until_updated(running.connection, running.name, running.ctx)
    if detail.code_sha256 != running.plan.old_sha256:
        raise replaced(running, detail)
    running.revision_id = detail.revision_id
    return {}


def check_code(running: Running) -> Facts:
    """A dry run: AWS checks permission and the package in S3, and changes nothing."""
    staging = running.plan.staging
    assert staging is not None, "sent directly, a dry run costs as much as the update"
    running.report(_("Asking whether AWS would take the code"))
    try:
        call_when_idle(
            running,
            "update_function_code",
            _("Could not deploy {running}.").format(running=running.name),
            FunctionName=running.name,
            RevisionId=running.revision_id,
            DryRun=True,
            **code_in_s3(running, staging, running.plan.new_sha256),
        )
    except WorkbenchError as error:
        if error.aws_code != "PreconditionFailedException":
            raise
        detail = get_function(running.connection, running.name, "", running.ctx)
        if detail.code_sha256 != running.plan.old_sha256:
            raise replaced(running, detail) from None
        running.revision_id = detail.revision_id  # only its configuration was changed
    return {}


def change_configuration(running: Running) -> Facts:
    """Changes the configuration, and waits, because AWS refuses code meanwhile."""
    wanted, before = running.plan.options.configuration, running.plan.configuration
    assert wanted is not None
    assert before is not None
    running.report(_("Changing the configuration"))
    detail = _configure(running, before, wanted)
    if detail.code_sha256 not in (running.plan.old_sha256, running.plan.new_sha256):
        raise replaced(running, detail)
    running.revision_id = detail.revision_id
    return {}


def restore_configuration(running: Running, _facts: Facts) -> str:
    """Restores the old values, except those that somebody else has changed since."""
    wanted, before = running.plan.options.configuration, running.plan.configuration
    if wanted is None or before is None:
        raise WorkbenchError(
            _("The previous configuration was not restored."),
            (_("The previous configuration is no longer stored on this computer.")),
        )
    running.report(_("Restoring the previous configuration"))
    now = get_function(running.connection, running.name, "", running.ctx)
    new, present = wanted.values(), wanted.of(now).values()
    back = {name: value for name, value in before.values().items() if present[name] == new[name] != value}
    theirs = [name for name in new if present[name] not in (new[name], before.values()[name])]
    if back:
        running.revision_id = _configure(running, wanted, Wanted(**back)).revision_id
    sentences = [_("The previous configuration was restored.")] if back else []
    if theirs:
        sentences.append(
            _("{names} changed in the meantime and was left unchanged.").format(names=", ".join(theirs))
        )
    return " ".join(sentences)


def _configure(running: Running, seen: Wanted, wanted: Wanted) -> FunctionDetail:
    now = get_function(running.connection, running.name, "", running.ctx)
    return configure(running.connection, replace(now, **seen.values()), wanted, running.ctx)


def update_code(running: Running) -> Facts:
    """Sends the package. Ends when AWS has accepted it.

    Raises:
        Cancelled: The function has the old code.
    """
    seen = running.plan.observed
    if running.resumed:
        seen = now = wait_until_updated(running.connection, running.name, running.ctx)
        running.revision_id = now.revision_id
        if now.code_sha256 == running.plan.new_sha256:
            return {}  # it arrived
    update = _Update(running, seen, running.plan.old_sha256, running.plan.new_sha256)
    package = running.plan.package
    text = (
        _("Taking the code from S3")
        if running.plan.staging
        else _("Sending {size_bytes:,} bytes").format(size_bytes=package.size_bytes)
    )
    try:
        running.revision_id = update.run(package.path, text)
    except Cancelled:
        if not update.sent:
            raise
        # An attempt that seemed refused may have arrived.
        detail = running.look()
        if detail is None:
            error = WorkbenchError(
                _("The deploy of {running} was cancelled.").format(running=running.name), NOT_KNOWN
            )
            raise Stopped(error, None) from None
        if detail.code_sha256 != running.plan.new_sha256:
            raise
        running.revision_id = detail.revision_id
    return {}


def restore_code(running: Running, _facts: Facts) -> str:
    """Restores the old code, if the function still has ours."""
    plan = running.plan
    detail = wait_until_updated(running.connection, running.name, running.ctx)
    if detail.code_sha256 == plan.old_sha256:
        return ""
    if detail.code_sha256 != plan.new_sha256:
        return _("The deployed code changed in the meantime. It was left unchanged.")
    package = running.old_package()
    if package is None:
        raise WorkbenchError(
            _("The previous code was not restored."),
            _("Its package is not stored on this computer: CodeSha256 {old_sha256}.").format(
                old_sha256=plan.old_sha256
            ),
        )
    if plan.staging and not plan.staging.refers:
        _stage_old(running, plan.staging, package)
    update = _Update(running, detail, plan.new_sha256, plan.old_sha256)
    running.revision_id = detail.revision_id
    try:
        update.run(package, _("Restoring the previous code"))
    except Stopped as stopped:
        raise stopped.error from stopped
    detail = wait_until_updated(running.connection, running.name, running.ctx)
    running.revision_id = detail.revision_id
    if detail.code_sha256 != plan.old_sha256:
        return _("The deployed code changed in the meantime. It was left unchanged.")
    _refresh_again(running)
    return _("The previous code was restored.")


def _stage_old(running: Running, staging: Staging, path: Path) -> None:
    """Uploads the old package to S3, where it usually already is: it may be too large to be sent directly."""
    sha256 = running.plan.old_sha256
    old = replace(staging, key=object_key(running.name, sha256), old_key="", unchanged_bytes=0)
    upload(running, old, Package(path, sha256, path.stat().st_size, Contents()))


@contextmanager
def sent_from(running: Running, package: Path, text: str) -> Iterator[dict[str, Any]]:
    """The parameters that contain a zip file; the sent bytes are reported as progress.

    Raises:
        WorkbenchError: It cannot be read.
    """

    def report(sent: int, total: int) -> None:
        running.report(
            _("{text}: {size} of {total} MB").format(text=text, size=megabytes(sent), total=megabytes(total)),
            sent / (total + 1),
        )

    try:
        size_bytes = package.stat().st_size
        body = ZipFileBody(package, size_bytes, report if size_bytes >= _MIN_PROGRESS_BYTES else None)
    except OSError as error:
        raise explain_os_error(error, _("The package could not be read."), package) from error
    with closing(body):
        yield {"ZipFile": body}


class _Update:
    """Calls UpdateFunctionCode until it is accepted or cannot succeed."""

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
        attempts, revision_id = 0, running.revision_id

        def attempt() -> str | None:
            nonlocal attempts, revision_id
            attempts += 1
            running.report(text)
            try:
                answer = self._send(package, revision_id, text)
            except WorkbenchError as error:
                detail = self._after_refusal(error, last=attempts == BUSY_BACKOFF.attempts)
                revision_id = detail.revision_id
                # The code may have arrived with an attempt whose answer was lost.
                return revision_id if detail.code_sha256 == self._to else None
            self._check(str(answer.get("CodeSha256", "")))
            return str(answer.get("RevisionId", ""))  # an answer may be truncated

        updated = poll(attempt, lambda found: found is not None, running.ctx, BUSY_BACKOFF)
        assert updated is not None, "the last attempt returns or raises"
        return updated

    def _send(self, package: Path, revision_id: str, text: str) -> dict[str, Any]:
        running = self._running
        staging = running.plan.staging
        with contextlib.ExitStack() as closing:
            if staging is None:
                code = closing.enter_context(sent_from(running, package, text))
            else:
                code = code_in_s3(running, staging, self._to)
            self.sent = True
            if self._seen is not None:
                code |= self._seen.source_key
            return running.connection.call(
                "lambda",
                "update_function_code",
                failure=_("Could not deploy {running}.").format(running=running.name),
                FunctionName=running.name,
                RevisionId=revision_id,
                Publish=False,
                **code,
            )

    def _check(self, sha256: str) -> None:
        """Refuses code that changed on the way, such as an S3 object that somebody replaced."""
        if sha256 not in ("", self._to):
            raise Stopped(
                WorkbenchError(
                    _("{running} got other code than was sent.").format(running=self._running.name),
                    _(
                        "AWS has CodeSha256 {sha256}, the package here {to}. The object in the "
                        "staging bucket is not what this program put there."
                    ).format(sha256=sha256, to=self._to),
                    _("Check who can write to the bucket, then deploy again."),
                ),
                DeployOutcome.REPLACED,
            )

    def _after_refusal(self, error: WorkbenchError, last: bool) -> FunctionDetail:
        """The function after an update that was not accepted. Raises unless another attempt is useful."""
        running = self._running
        settling = error.aws_code in _SETTLING and not last
        if settling:
            detail = wait_until_updated(running.connection, running.name, running.ctx)
        elif error.aws_code == "ResourceNotFoundException":
            raise Stopped(error, DeployOutcome.GONE, _("The function no longer exists.")) from None
        elif (seen := running.look()) is None:
            raise Stopped(with_state(error, NOT_KNOWN), None) from None
        else:
            detail = seen
        if detail.code_sha256 == self._to:
            return detail
        if detail.code_sha256 != self._from:
            raise replaced(running, detail) from error
        if not settling:
            # Without an answer the request may still be in progress: the next start checks again.
            outcome = DeployOutcome.UNCHANGED if error.request_id else None
            text = str(error)
            state = STILL_OLD if self._from == running.plan.old_sha256 else STILL_NEW
            raise Stopped(with_state(error, state), outcome, text) from None
        return detail


def wait_for_update(running: Running) -> Facts:
    """Waits until the new code is in place, and verifies it. Without undo, Cancel only ends the wait."""
    detail: FunctionDetail | None
    try:
        running.report(_("Waiting until the update is complete"))
        detail = wait_until_updated(running.connection, running.name, running.ctx)
    except Cancelled:
        if running.plan.options.undo_on_failure:
            raise
        detail = running.look()
        if detail is None or detail.is_updating:
            running.outcome = DeployOutcome.UPDATING
    except WorkbenchError as error:
        state = _("AWS accepted the new code. Whether the update is complete is unknown.")
        raise Stopped(with_state(error, state), None) from None
    if detail and detail.code_sha256 != running.plan.new_sha256:
        raise replaced(running, detail)
    if detail and detail.last_update_status == "Failed":
        raise _update_failed(running, detail)
    running.revision_id = detail.revision_id if detail else ""
    return {}


def _update_failed(running: Running, detail: FunctionDetail) -> Stopped:
    """Ends a deploy because AWS accepted its update and failed to apply it."""
    error = WorkbenchError(
        _("AWS could not apply the new code of {running}.").format(running=running.name),
        detail.last_update_status_reason,
        _("Invocations still run the previous code. Fix the cause, then deploy again."),
        aws_code="LastUpdateStatus=Failed",
    )
    return Stopped(error, DeployOutcome.FAILED, detail.last_update_status_reason)


def refresh(running: Running) -> Facts:
    """Publishes $LATEST to $LATEST.PUBLISHED, which callers of a function on managed instances get.

    Waits until it can be invoked. Raises as `publish_latest` does.
    """
    running.report(_("Publishing the changes to {published}").format(published=PUBLISHED))
    publish_latest(running.connection, running.name, running.ctx)
    return {}


def _refresh_again(running: Running) -> None:
    """Publishes the old code to $LATEST.PUBLISHED, if the plan published the new code there."""
    if any(step.kind is StepKind.REFRESH for step in running.plan.steps):
        refresh(running)


def back_up_code(running: Running) -> Facts:
    """Downloads the deployed code next to the journal, unless it is on this computer.

    It is removed when the deploy is over; the history's store keeps it. A deploy without undo continues even
    if this fails.
    """
    running.report(_("Keeping the code that is deployed now"))
    if _is_backed_up(running):
        return {}
    try:
        _fetch(running)
    except WorkbenchError:
        with contextlib.suppress(OSError):
            running.backup.unlink(missing_ok=True)
        if running.plan.options.undo_on_failure:
            raise
    else:
        if running.store:
            running.store.keep(running.backup, running.plan.old_sha256)
    return {}


def _is_backed_up(running: Running) -> bool:
    """Whether the history had it: then it has been here since the deploy began."""
    try:
        found = running.backup.is_file() and hash_of(running.backup)
    except WorkbenchError:
        return False
    return found == base64.b64decode(running.plan.old_sha256).hex()


def _fetch(running: Running) -> None:
    detail = get_function(running.connection, running.name, "", running.ctx)
    if detail.code_sha256 != running.plan.old_sha256:
        raise replaced(running, detail)
    try:
        running.backup.unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(error, _("The previous code could not be kept."), running.backup) from error
    download_for(running.connection, detail.code_location, detail.code_sha256, running.backup, running.ctx)


def adopt_package(running: Running) -> Facts:
    """Makes the package the workspace's base, if there is a workspace."""
    plan = running.plan
    if running.workspace and plan.package.code_sha256 != plan.new_sha256:
        running.workspace.discard(plan.package)  # the function has the same code in another zip
    elif running.workspace:
        when = running.clock.now().isoformat()
        try:
            running.workspace.adopt(plan.package, running.revision_id, when)
        except WorkbenchError as error:
            state = _("The function has the new code, but that could not be noted here.")
            raise Stopped(with_state(error, state), None) from None
    return {}
