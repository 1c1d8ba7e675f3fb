"""What is looked at before a deploy, and what a test of it can use. For jobs; must not know widgets."""

from collections.abc import Sequence
from dataclasses import replace

from workbench.code.look_through import check_compiled
from workbench.code.package_contents import handler_left_out, secrets_removed
from workbench.code.packing_ahead import changed_files
from workbench.code.syntax import Problem, check_python
from workbench.code.workspace import Workspace
from workbench.core.jobs import JobContext
from workbench.core.paths import resources_dir
from workbench.deploy.options import DeployOptions
from workbench.functions.model import FunctionDetail
from workbench.invoke.events import TestEvent, load_samples
from workbench.ui.invoking.event_place import event_store
from workbench.ui.language_layers import known_imports
from workbench.ui.pages.code_facts import target_of
from workbench.ui.services import Services


def problems_of(
    services: Services, workspace: Workspace, detail: FunctionDetail, ctx: JobContext
) -> tuple[Problem, ...]:
    """Why the code will probably fail when it runs."""
    changed = changed_files(workspace, ctx)
    layers = known_imports(services, detail)
    problems = check_python(workspace.root, detail.handler, detail.runtime, changed, ctx, elsewhere=layers)
    left_out = handler_left_out(workspace, detail.handler) + secrets_removed(workspace)
    return left_out + problems + check_compiled(workspace, target_of(detail), ctx)


def problem_line(problem: Problem) -> str:
    """A problem with its place, in a line."""
    place = f"{problem.path}:{problem.line}: " if problem.line else ""
    return place + problem.message


def events_of(services: Services, detail: FunctionDetail) -> tuple[TestEvent, ...]:
    """The function's own test events, then the samples; the one that was used last goes first.

    Raises:
        WorkbenchError: They may not be read.
    """
    store = event_store(services, detail)
    events = (*store.list(), *load_samples(resources_dir() / "events"))
    last = store.last_used()
    return tuple(sorted(events, key=lambda event: last is None or event.name != last.name))


def with_events(options: DeployOptions, events: Sequence[TestEvent]) -> DeployOptions:
    """The options with the test event as it is now; one that has gone stays as it was."""
    test = options.smoke_test
    if test is None:
        return options
    text = next((event.text for event in events if event.name == test.name), test.payload)
    return replace(options, smoke_test=replace(test, payload=text))
