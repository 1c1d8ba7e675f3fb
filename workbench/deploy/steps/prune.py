"""Deletes old versions that nothing uses. What cannot be deleted stays; the deploy is done all the same."""

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.records import Facts
from workbench.deploy.step import StepKind
from workbench.deploy.steps.patience import call_patiently
from workbench.deploy.steps.running import Running
from workbench.functions.versions import list_aliases, list_versions


def do(running: Running) -> Facts:
    """Deletes the oldest first. Cancel ends it, and nothing else."""
    deleted: list[str] = []
    try:
        for version in _too_old(running):
            running.say(f"Deleting version {version}")
            if not _is_used(running, version):
                call_patiently(
                    running,
                    "delete_function",
                    f"Could not delete version {version} of {running.name}.",
                    FunctionName=running.name,
                    Qualifier=version,
                )
                deleted.append(version)
    except Cancelled:
        return {"deleted": " ".join(deleted), "left": "Cancelled."}
    except WorkbenchError as error:
        return {"deleted": " ".join(deleted), "left": str(error)}
    return {"deleted": " ".join(deleted)}


def _too_old(running: Running) -> list[str]:
    """The versions beyond the number to keep, oldest first, without those that an alias points to."""
    published = running.facts.get(StepKind.PUBLISH, {}).get("version", "")
    protected = {published}
    for alias in list_aliases(running.connection, running.name, JobContext()):
        protected |= {alias.version, *dict(alias.weights)}
    versions = list_versions(running.connection, running.name, JobContext())
    numbers = sorted((int(each.version) for each in versions if each.version.isdecimal()), reverse=True)
    old = numbers[running.plan.options.keep_versions :]
    return [str(number) for number in reversed(old) if str(number) not in protected]


def _is_used(running: Running, version: str) -> bool:
    """Whether an event source reads for this very version, or somebody may invoke it."""
    qualified = f"{running.name}:{version}"
    found = call_patiently(
        running,
        "list_event_source_mappings",
        f"Could not see what uses version {version} of {running.name}.",
        FunctionName=qualified,
    )
    if found.get("EventSourceMappings"):
        return True
    try:
        running.connection.call("lambda", "get_policy", FunctionName=running.name, Qualifier=version)
    except WorkbenchError as error:
        if error.aws_code == "ResourceNotFoundException":
            return False
        raise
    return True
