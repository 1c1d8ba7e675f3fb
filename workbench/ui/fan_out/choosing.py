"""What comes before a fan-out begins: the package is put aside and described, production is confirmed.

And after it: the open code learns that it is what its own function has.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication

from workbench.aws.connection import Connection
from workbench.code.dependencies.use import Delivery
from workbench.code.package import Package
from workbench.code.syntax import Problem
from workbench.code.workspace import Workspace
from workbench.core.clock import Clock
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.deploy.fan_out_store import FanOutFile, FanOutStore, link_or_copy
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.profiles.safety import Tier
from workbench.ui.deploying.checks import problem_line, problems_of
from workbench.ui.fan_out.dialog import FanOutDialog
from workbench.ui.fan_out.looks import Source
from workbench.ui.safety.confirm import confirm_by_name
from workbench.ui.services import Services
from workbench.ui.units import size_text

_SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A package that was put aside, and what is known of it."""

    file: FanOutFile
    source: Source
    problems: tuple[Problem, ...]


def pack(
    services: Services, store: FanOutStore, detail: FunctionDetail, workspace: Workspace, ctx: JobContext
) -> Packed:
    """Packs the saved files and puts the package aside. Runs in a job.

    Raises:
        WorkbenchError: The code cannot be packed, or the disk refuses.
    """
    problems = problems_of(services, workspace, detail, ctx)
    package = workspace.package(ctx)
    used = workspace.dependencies.used()
    layer_arn = used.layer_arn if used and used.delivery is Delivery.LAYER else ""
    source = Source(detail, package.code_sha256, package.contents, layer_arn)
    return Packed(store.hold(package, detail.function_name), source, problems)


def describe(dialog: FanOutDialog, packed: Packed) -> None:
    """Says in the dialog what is to be deployed, and why it will probably fail."""
    package = packed.file.package
    assert package is not None
    words = _tr("Files: %1, %2, packaged from the saved files.")
    about = words.replace("%1", f"{len(package.contents.files):,}")
    lines = [problem_line(problem) for problem in packed.problems[:_SHOWN_PROBLEMS]]
    if more := len(packed.problems) - len(lines):
        lines.append(_tr("… and %1 more").replace("%1", f"{more:,}"))
    name = packed.source.detail.function_name
    about = "\n".join((about.replace("%2", size_text(package.size_bytes)), *package.notes))
    dialog.describe(name, about, lines, package.warnings)


def confirm(
    dialog: FanOutDialog, tier: Callable[[str], Tier], source_name: str, then: Callable[[], object]
) -> None:
    """Calls `then`; where a function is in production, once a person has typed the source's name."""
    targets = dialog.targets()
    careful = [target for target in targets if tier(target.profile_name) is Tier.PRODUCTION]
    if not careful:
        then()
        return
    words = _tr("This replaces the code of these functions in production: %1.")
    names = ", ".join(f"{each.function_name} ({each.profile_name}, {each.region})" for each in careful)
    confirm_by_name(
        dialog,
        _tr("Deploy to production"),
        words.replace("%1", names),
        source_name,
        _tr("Deploy to %1").replace("%1", str(len(targets))),
        then,
    )


def adopt(
    connection: Connection, workspace: Workspace, package: Package, clock: Clock, ctx: JobContext
) -> None:
    """Makes the package the base of the open code, if its function has it.

    Raises:
        WorkbenchError: AWS cannot be asked, or the disk refuses.
    """
    base = workspace.base
    now = get_function(connection, base.function_name, "", ctx)
    if workspace.read_only or not package.code_sha256 == now.code_sha256 != base.code_sha256:
        return
    kept = workspace.packages / package.path.name
    try:
        link_or_copy(package.path, kept)
    except OSError as error:
        raise explain_os_error(error, "The deployment could not be recorded in the history.", kept) from error
    workspace.adopt(replace(package, path=kept), now.revision_id, clock.now().isoformat())


def _tr(text: str) -> str:
    return QCoreApplication.translate("FanOut", text)
