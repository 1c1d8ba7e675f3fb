"""Publishes $LATEST to $LATEST.PUBLISHED, which callers of a function on managed instances get."""

from workbench.deploy.records import Facts
from workbench.deploy.step import StepKind
from workbench.deploy.steps.running import Running
from workbench.functions.versions import PUBLISHED, publish_latest


def do(running: Running) -> Facts:
    """Publishes it, and waits until it can be invoked. Raises as `publish_latest`."""
    running.say(f"Publishing the changes to {PUBLISHED}")
    publish_latest(running.connection, running.name, running.ctx)
    return {}


def again(running: Running) -> None:
    """After $LATEST has its previous code again: callers get that too, if the plan published the new one."""
    if any(step.kind is StepKind.REFRESH for step in running.plan.steps):
        do(running)
