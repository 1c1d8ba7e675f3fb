"""Layers from AWS, kept in the cache: whole for local runs, and what `import` needs for the type checker.

Of the second only Python's sources and stubs below `python/` are kept. A layer version never changes, so what
is here is not read again, except from servers that are not AWS: those can start again from nothing and use a
version's number for something else.
"""

import contextlib
import hashlib
import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.code.download import download_for
from workbench.code.package import package_name_of
from workbench.code.unpack import unpack
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, make_private_folder, path_below, write_atomic
from workbench.core.jobs import JobContext


def fetch_whole_layer(
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


_TYPE_CHECKER_SUFFIXES = (".py", ".pyi")
_MARK = "layer.sha256"  # beside what was unpacked, written last: CodeSha256, base64
_FILES = "files"
_UNIX = 3
_MAX_LAYERS = 40


@dataclass(frozen=True, slots=True)
class FetchedLayers:
    """How fetching went.

    Attributes:
        changed: Whether the cache holds something that it did not hold before.
        failures: ARN -> why that layer is not here.
    """

    changed: bool
    failures: dict[str, WorkbenchError]


def layer_imports(cache_dir: Path, arns: Sequence[str], version: str) -> tuple[Path, ...]:
    """The folders that layers put on Python's path, as far as they are here, in the order of the search.

    All layers are unpacked over each other, so a later one wins over an earlier one.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html

    Args:
        cache_dir: As for `fetch_layer_imports`.
        arns: ARNs of layer versions, in the function's order.
        version: Of Python, "3.13".
    """
    found = [_folder(cache_dir, arn) / _FILES / "python" for arn in reversed(arns) if _sha256(cache_dir, arn)]
    sites = [python / "lib" / f"python{version}" / "site-packages" for python in found]
    return tuple(folder for folder in (*sites, *found) if folder.is_dir())


def is_complete(cache_dir: Path, arns: Sequence[str]) -> bool:
    """Whether all of these layers are here."""
    return all(_sha256(cache_dir, arn) for arn in arns)


def fetch_layer_imports(
    connection: Connection, arns: Sequence[str], cache_dir: Path, ctx: JobContext
) -> FetchedLayers:
    """Fetches the layers that are not here yet. One that cannot be had does not keep back the others.

    Not to be run twice at once for the same cache.

    Args:
        connection: To the function's account and region.
        arns: ARNs of layer versions. They may be another account's.
        cache_dir: A folder of the cache; made if it is not there.
        ctx: The job; progress is that of each layer.

    Raises:
        Cancelled: What was complete stays.
    """
    changed, failures = False, {}
    for arn in arns:
        ctx.check()
        try:
            if not _sha256(cache_dir, arn) or connection.is_custom_endpoint:
                changed |= _fetch(connection, arn, cache_dir, ctx)
        except WorkbenchError as error:
            failures[arn] = error
    _forget_oldest(cache_dir, keep={_folder(cache_dir, arn) for arn in arns})
    return FetchedLayers(changed, failures)


def _fetch(connection: Connection, arn: str, cache_dir: Path, ctx: JobContext) -> bool:
    """Fetches one. False when the same is here already."""
    answer = connection.call(
        "lambda", "get_layer_version_by_arn", failure=f"Could not read the layer {_title(arn)}.", Arn=arn
    )
    content = answer.get("Content") or {}
    sha256, location = str(content.get("CodeSha256") or ""), str(content.get("Location") or "")
    if sha256 and sha256 == _sha256(cache_dir, arn):
        return False
    unfinished = ""
    try:
        make_private_folder(cache_dir)
        unfinished = tempfile.mkdtemp(dir=cache_dir, prefix=".unfinished-")
        new = Path(unfinished)
        got = download_for(connection, location, sha256, new / "layer.zip", ctx)
        unpack(new / "layer.zip", new / _FILES, ctx, wanted=_is_for_type_checker)
        (new / "layer.zip").unlink()
        write_atomic(new / _MARK, got.code_sha256.encode(), lasting=False)
        folder = _folder(cache_dir, arn)
        shutil.rmtree(folder, ignore_errors=True)
        new.replace(folder)
        unfinished = ""
    except OSError as error:
        raise explain_os_error(error, f"The layer {_title(arn)} could not be saved.", cache_dir) from error
    finally:
        if unfinished:
            shutil.rmtree(unfinished, ignore_errors=True)
    return True


def _is_for_type_checker(info: zipfile.ZipInfo) -> bool:
    """Whether a type checker reads an entry. Links are no reason to refuse a layer; they are left out."""
    kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == _UNIX else 0
    name = info.orig_filename
    return (
        kind in (0, stat.S_IFREG)
        and name.startswith("python/")
        and (name.endswith(_TYPE_CHECKER_SUFFIXES) or name.endswith("/py.typed"))
    )


def _forget_oldest(cache_dir: Path, keep: set[Path]) -> None:
    """Keeps what is used and the youngest others."""
    for folder in keep:
        with contextlib.suppress(OSError):
            os.utime(folder)
    with contextlib.suppress(OSError):
        others = [folder for folder in cache_dir.iterdir() if folder not in keep]
        others.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
        for folder in others[max(0, _MAX_LAYERS - len(keep)) :]:
            shutil.rmtree(folder, ignore_errors=True)


def _sha256(cache_dir: Path, arn: str) -> str:
    """CodeSha256 of the layer that is here; "" when it is not."""
    try:
        return (_folder(cache_dir, arn) / _MARK).read_text("utf-8")
    except (OSError, ValueError):
        return ""


def _folder(cache_dir: Path, arn: str) -> Path:
    readable = re.sub(r"[^A-Za-z0-9-]", "-", _title(arn))[:80]
    return cache_dir / f"{readable}-{hashlib.sha256(arn.encode()).hexdigest()[:16]}"


def _title(arn: str) -> str:
    """Name and version."""
    return ":".join(arn.split(":")[-2:])
