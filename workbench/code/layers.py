"""Layers as the runtime sees them: unpacked once, laid over each other in /opt.

Must not know: AWS. It is given links.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from workbench.code.download import download
from workbench.code.unpack import unpack
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext


def fetch_layer(location: str, code_sha256: str, cache_dir: Path, ctx: JobContext) -> Path:
    """The folder of an unpacked layer; only the first time it is downloaded.

    Args:
        location: The link to its zip.
        code_sha256: Of the zip, base64.
        cache_dir: Where layers are kept.
        ctx: The job.

    Raises:
        WorkbenchError: As `download` and `unpack`.
        Cancelled: Nothing is left.
    """
    name = code_sha256.replace("/", "_").replace("+", "-").rstrip("=")
    folder, archive = cache_dir / name, cache_dir / f"{name}.{id(ctx):x}.zip"
    if folder.is_dir():
        return folder
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        download(location, archive, ctx)
        unpack(archive, folder, ctx)
    except OSError as error:
        raise explain_os_error(error, "The layer could not be fetched.", cache_dir) from error
    finally:
        archive.unlink(missing_ok=True)
    return folder


def lay_over(layers: Sequence[Path], target: Path, ctx: JobContext) -> None:
    """Copies layers over each other, in their order. Raises WorkbenchError when the disk refuses."""
    try:
        for layer in layers:
            ctx.check()
            shutil.copytree(layer, target, symlinks=True, dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        cause = error if not isinstance(error, shutil.Error) else OSError(str(error))
        raise explain_os_error(cause, "The layers could not be laid out.", target) from error
