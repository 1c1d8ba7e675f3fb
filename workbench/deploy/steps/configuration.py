"""Brings the function's configuration to what is wanted, as far as nobody else changed the same; and back."""

from dataclasses import replace

from workbench.core.errors import WorkbenchError
from workbench.deploy.records import Facts
from workbench.deploy.steps.running import Running, replaced
from workbench.functions.configure import Wanted, configure
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail


def do(running: Running) -> Facts:
    """Changes it, and waits: the code is refused while that runs."""
    wanted, before = running.plan.options.configuration, running.plan.configuration
    assert wanted is not None
    assert before is not None
    running.say("Changing the configuration")
    detail = _bring(running, before, wanted)
    if detail.code_sha256 not in (running.plan.old_sha256, running.plan.new_sha256):
        raise replaced(running, detail)
    running.revision_id = detail.revision_id
    return {}


def undo(running: Running, _facts: Facts) -> str:
    """Puts the old values back, each as far as nobody else changed it since."""
    wanted, before = running.plan.options.configuration, running.plan.configuration
    if wanted is None or before is None:
        raise WorkbenchError(
            "The previous configuration was not restored.",
            ("The previous configuration is no longer stored on this computer."),
        )
    running.say("Restoring the previous configuration")
    now = get_function(running.connection, running.name, "", running.ctx)
    new, present = wanted.values(), wanted.of(now).values()
    back = {name: value for name, value in before.values().items() if present[name] == new[name] != value}
    theirs = [name for name in new if present[name] not in (new[name], before.values()[name])]
    if back:
        running.revision_id = _bring(running, wanted, Wanted(**back)).revision_id
    sentences = ["The previous configuration was restored."] if back else []
    if theirs:
        sentences.append(f"{', '.join(theirs)} changed in the meantime and was left unchanged.")
    return " ".join(sentences)


def _bring(running: Running, seen: Wanted, wanted: Wanted) -> FunctionDetail:
    now = get_function(running.connection, running.name, "", running.ctx)
    return configure(running.connection, replace(now, **seen.values()), wanted, running.ctx)
