"""Before anything is sent: lets an update that runs already end."""

from workbench.deploy.records import Facts
from workbench.deploy.steps.running import Running, replaced
from workbench.functions.detail import wait_until_updated


def do(running: Running) -> Facts:
    """Waits, and takes the RevisionId that guards what follows."""
    running.say("Waiting until the running update is over")
    detail = wait_until_updated(running.connection, running.name, running.ctx)
    if detail.code_sha256 != running.plan.old_sha256:
        raise replaced(running, detail)
    running.revision_id = detail.revision_id
    return {}
