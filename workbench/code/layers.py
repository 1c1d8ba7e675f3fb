"""Layers as the runtime sees them: unpacked once, laid over each other in /opt."""

import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.code.download import download_for
from workbench.code.package import package_name_of
from workbench.code.unpack import unpack
from workbench.core.files import explain_os_error, make_private_folder, path_below
from workbench.core.jobs import JobContext


def fetch_layer(
    connection: Connection, location: str, code_sha256: str, cache_dir: Path, ctx: JobContext
) -> Path:
    """The folder of an unpacked layer; only the first time it is downloaded.

    It lies below its reader's account, under the SHA-256 that its bytes have: what an account or an endpoint
    announces never leads to what another one brought.

    Args:
        connection: Whose account reads it.
        location: The link to its zip.
        code_sha256: Of the zip as AWS announced it, base64.
        cache_dir: Where layers are kept.
        ctx: The job.

    Raises:
        WorkbenchError: As `download` and `unpack`.
        Cancelled: Nothing is left.
    """
    own = path_below(cache_dir, connection.account_id)
    with contextlib.suppress(ValueError):  # no hash: `download` refuses it
        folder = own / Path(package_name_of(code_sha256)).stem
        if folder.is_dir():
            return folder
    archive = own / f"{os.urandom(8).hex()}.zip"
    try:
        make_private_folder(own)
        got = download_for(connection, location, code_sha256, archive, ctx)
        folder = own / Path(package_name_of(got.code_sha256)).stem
        unpack(archive, folder, ctx)
    except OSError as error:
        raise explain_os_error(error, "The layer could not be downloaded.", cache_dir) from error
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
        raise explain_os_error(cause, "The layers could not be extracted.", target) from error
