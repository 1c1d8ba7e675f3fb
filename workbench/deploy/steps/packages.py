"""The local steps: backing up the deployed code, and making the new package the workspace's base."""

import base64
import contextlib

from workbench.code.download import download_for
from workbench.code.tree import hash_of
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.deploy.steps.running import Running, Stopped, replaced, with_state
from workbench.functions.detail import get_function


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
