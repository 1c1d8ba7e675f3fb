"""Remembers the package as what is deployed: the base of the workspace that it came from."""

from workbench.core.errors import WorkbenchError
from workbench.deploy.records import Facts
from workbench.deploy.steps.running import Running, Stopped, with_state


def do(running: Running) -> Facts:
    """Makes the package the base of the workspace, if there is one."""
    if running.workspace:
        when = running.clock.now().isoformat()
        try:
            running.workspace.adopt(running.plan.package, running.revision_id, when)
        except WorkbenchError as error:
            state = "The function has the new code, but that could not be noted here."
            raise Stopped(with_state(error, state), None) from None
    return {}
