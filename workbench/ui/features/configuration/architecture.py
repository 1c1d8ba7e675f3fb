"""Another architecture for a function: AWS takes it only with the code, which is sent again as it is.

The code's compiled files are checked before.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.code.dependencies.inventory import PackedFile, take_inventory
from workbench.code.dependencies.store import Target
from workbench.code.dependencies.xray import may_be_compiled, what_cannot_load
from workbench.code.download import download_for
from workbench.code.unpack import unpack
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.new_function import ThroughS3
from workbench.functions.model import FunctionDetail
from workbench.functions.restore import RestoredCode
from workbench.functions.snapshot import VersionSnapshot

_EXECUTABLE = 0o111 << 16
_LISTS = ("/RECORD", "/package.json")  # tell whose files they are
_MAX_WARNINGS = 5


def current_code(connection: Connection, detail: FunctionDetail, ctx: JobContext) -> Mapping[str, Any]:
    """The code that a function has, as UpdateFunctionCode takes it; a large package goes through S3.

    Raises:
        WorkbenchError: It could not be downloaded, is not what AWS announced, or S3 refuses.
        Cancelled: Meanwhile.
    """
    if detail.s3_object is not None:
        return detail.s3_object.request
    with tempfile.TemporaryDirectory(prefix="workbench-code-") as folder:
        package = _fetch(connection, detail, Path(folder), ctx)
        what = _("Could not change the architecture of {function_name}.").format(
            function_name=detail.function_name
        )
        code = RestoredCode(connection, detail.function_name, Path(folder), ThroughS3(), what)
        return {
            **code.request(package, VersionSnapshot("", {}, detail.code_sha256), ctx),
            **detail.source_key,
        }


def incompatible_files(
    connection: Connection, detail: FunctionDetail, architecture: str, runtime: str, ctx: JobContext
) -> tuple[str, ...]:
    """Warnings before a change: compiled files that are for another processor.

    Args:
        connection: That read the function.
        detail: The function, with a fresh link to its code.
        architecture: What it shall run on.
        runtime: What it shall run.
        ctx: The job.

    Raises:
        WorkbenchError: The code could not be looked at.
        Cancelled: Meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-look-") as folder:
        package = _fetch(connection, detail, Path(folder), ctx)
        files = Path(folder) / "files"
        contents = unpack(
            package,
            files,
            ctx,
            wanted=lambda info: (
                info.filename.endswith(_LISTS)
                or may_be_compiled(info.filename, bool(info.external_attr & _EXECUTABLE))
            ),
        )
        inventory = take_inventory(
            PackedFile(path, files / path, file.size_bytes, file.executable)
            for path, file in contents.files.items()
        )
        found = [each.what for each in what_cannot_load(inventory, Target(runtime, architecture), ctx)]
    warnings = found[:_MAX_WARNINGS]
    if len(found) > _MAX_WARNINGS:
        more = _("{count} more similar files.")
        warnings.append(more.format(count=f"{len(found) - _MAX_WARNINGS:,}"))
    if detail.layers:
        words = _("Its layers were not checked. Compiled files in them must also be for {architecture}.")
        warnings.append(words.format(architecture=architecture))
    return tuple(warnings)


def _fetch(connection: Connection, detail: FunctionDetail, folder: Path, ctx: JobContext) -> Path:
    package = folder / "package.zip"
    download_for(connection, detail.code_location, detail.code_sha256, package, ctx)
    return package
