"""Keeps the code that is deployed now, when it is not on this disk, so that it can be put back.

By this deploy itself, or later out of the history.
"""

import base64
import contextlib

from workbench.code.download import download_for
from workbench.code.tree import hash_of
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.deploy.records import Facts
from workbench.deploy.steps.running import Running, replaced
from workbench.functions.detail import get_function


def do(running: Running) -> Facts:
    """Downloads it beside the journal. It is removed when the deploy is over; the history's store keeps it.

    A deploy that would not be taken back anyway goes on without it.
    """
    running.say("Keeping the code that is deployed now")
    if _is_there(running):
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


def _is_there(running: Running) -> bool:
    """Whether the history had it: it lies here since the deploy began."""
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
        raise explain_os_error(error, "The previous code could not be kept.", running.backup) from error
    download_for(running.connection, detail.code_location, detail.code_sha256, running.backup, running.ctx)
