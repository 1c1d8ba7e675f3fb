"""Packs a folder once."""

from pathlib import Path

from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES
from workbench.code.package.model import Package
from workbench.code.package.packer import Packer
from workbench.code.package.scan import Rules
from workbench.core.jobs import JobContext


def build_package(
    root: Path,
    target_dir: Path,
    ctx: JobContext,
    executables: frozenset[str] = frozenset(),
    empty_folders: frozenset[str] = frozenset(),
    limit_bytes: int = UNZIPPED_LIMIT_BYTES,
) -> Package:
    """Packs a folder, remembering nothing.

    Args:
        root: The code.
        target_dir: Where the zip goes; made when missing. An equal package there is replaced by itself.
        ctx: The job; progress is in unpacked bytes.
        executables: See `Rules`.
        empty_folders: See `Rules`.
        limit_bytes: The most that the code may measure unpacked. Layers count too, but are not known here.

    Raises:
        WorkbenchError: As `Packer.pack`.
        Cancelled: The same.
    """
    rules = Rules(executables=executables, empty_folders=empty_folders)
    return Packer(root, target_dir, limit_bytes=limit_bytes).pack(ctx, rules)
