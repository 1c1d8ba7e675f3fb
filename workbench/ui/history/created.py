"""Notes in the history that a function was created, or restored, from this computer. For jobs."""

import contextlib

from workbench.core.errors import WorkbenchError
from workbench.deploy.journal import Journal
from workbench.functions.model import FunctionDetail
from workbench.ui.services import Services


def note_created(services: Services, detail: FunctionDetail, *, restored: bool = False) -> None:
    """Notes it. If the disk refuses, the function is there all the same, and its first code has no name."""
    with contextlib.suppress(WorkbenchError):
        journal = Journal(services.paths.data_dir / "deploys", services.clock)
        journal.note_created(detail.function_arn, detail.code_sha256, restored=restored)
