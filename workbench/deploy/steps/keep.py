"""Remembers the package as what is deployed: the base of the workspace that it came from."""

from workbench.core.errors import WorkbenchError
from workbench.deploy.records import Facts
from workbench.deploy.steps.running import Running, Stopped, with_state


def do(running: Running) -> Facts:
    """Makes the package the base of the workspace, if there is one."""
    plan = running.plan
    if running.workspace and plan.package.code_sha256 != plan.new_sha256:
        running.workspace.discard(plan.package)  # the function has the same code in another zip
    elif running.workspace:
        when = running.clock.now().isoformat()
        try:
            running.workspace.adopt(plan.package, running.revision_id, when)
        except WorkbenchError as error:
            state = "The function has the new code, but that could not be noted here."
            raise Stopped(with_state(error, state), None) from None
    return {}
