"""What is looked at before a deploy, and what a test of it can use. For jobs; must not know widgets."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from workbench.code.package_contents import changed_files, check_compiled, handler_left_out, secrets_removed
from workbench.code.syntax import Problem, check_python, check_script
from workbench.code.tree import EntryKind, FileChange
from workbench.code.workspace import Workspace
from workbench.core.jobs import JobContext
from workbench.core.paths import resources_dir
from workbench.deploy.options import DeployOptions
from workbench.functions.model import FunctionDetail
from workbench.invoke.events import TestEvent, load_samples
from workbench.ui.pages.code_opening import known_imports, target_of
from workbench.ui.pages.test_events import event_store
from workbench.ui.services import Services


def problems_of(
    services: Services, workspace: Workspace, detail: FunctionDetail, ctx: JobContext
) -> tuple[Problem, ...]:
    """Why the code will probably fail when it runs."""
    about_handler = _about_handler(services, workspace, detail, changed_files(workspace, ctx), ctx)
    return secrets_removed(workspace) + about_handler + check_compiled(workspace, target_of(detail), ctx)


def handler_problems(services: Services, workspace: Workspace, detail: FunctionDetail) -> tuple[Problem, ...]:
    """Why every invocation will fail: the package has no handler, or its file cannot be read by Python."""
    return _about_handler(services, workspace, detail, (), JobContext())


def _about_handler(
    services: Services, workspace: Workspace, detail: FunctionDetail, changed: Iterable[str], ctx: JobContext
) -> tuple[Problem, ...]:
    handler, runtime = detail.handler, detail.runtime
    left_out = handler_left_out(workspace, handler)
    layers = known_imports(services, detail)
    problems = check_python(workspace.root, handler, runtime, changed, ctx, elsewhere=layers)
    if left_out:
        return left_out + problems  # the file that is missing is said
    packed = [
        entry.path
        for entry in workspace.tree(ctx)
        if entry.packed and entry.kind is EntryKind.FILE and entry.change is not FileChange.DELETED
    ]
    return problems + check_script(workspace.root, handler, runtime, packed, has_layers=bool(detail.layers))


def problem_line(problem: Problem) -> str:
    """A problem with its location, in a line."""
    location = f"{problem.path}:{problem.line}: " if problem.line else ""
    return location + problem.message


def offered_handler(problems: Iterable[Problem]) -> str:
    """The handler that could be set instead of one that is missing; "" for none."""
    return next((handler for problem in problems for handler in problem.handlers), "")


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
