"""What in a function's saved code will probably fail when it runs, looked for before the code is sent."""

from workbench.code.syntax import Problem, check_python
from workbench.code.workspace import Workspace
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.ui.language_layers import known_imports
from workbench.ui.services import Services


def problems_of(
    services: Services, workspace: Workspace, detail: FunctionDetail, ctx: JobContext
) -> tuple[Problem, ...]:
    """Checks the handler's file and the changed ones. Runs in a job.

    Raises:
        WorkbenchError: The files cannot be read.
    """
    changed = [entry.path for entry in workspace.changes(ctx)]
    layers = known_imports(services, detail)
    return check_python(workspace.root, detail.handler, detail.runtime, changed, ctx, elsewhere=layers)


def problem_line(problem: Problem) -> str:
    """A problem in one line: where, and what."""
    place = f"{problem.path}:{problem.line}: " if problem.line else ""
    return place + problem.message
