"""Packs a folder of Workbench's own once; what is a person's goes through a workspace (folder_package.py)."""

from pathlib import Path

from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES
from workbench.code.package.model import Package
from workbench.code.package.packer import Packer
from workbench.code.package.scan import Rules
from workbench.core.jobs import JobContext

_NO_RULES = Rules()


def build_package(
    root: Path,
    target_dir: Path,
    ctx: JobContext,
    rules: Rules = _NO_RULES,
    limit_bytes: int = UNZIPPED_LIMIT_BYTES,
) -> Package:
    """Packs a folder, remembering nothing.

    Args:
        root: The code.
        target_dir: Where the zip goes; made when missing. An equal package there is replaced by itself.
        ctx: The job; progress is in unpacked bytes.
        rules: What goes in.
        limit_bytes: The most that the code may measure unpacked. Layers count too, but are not known here.

    Raises:
        WorkbenchError: As `Packer.pack`.
        Cancelled: The same.
    """
    return Packer(root, target_dir, limit_bytes=limit_bytes).pack(ctx, rules)
