"""One function's code on this machine, laid out so that a kill at any moment loses nothing.

    <root>/<account>/<region>/<function>/     ("<function>@7" for a version, which is read-only)
        base.json    what is deployed as far as we know: hash, revision, every file's hash
        packages/    the deployed zip, byte for byte; during a deploy also the one being sent
        files/       the working files: what Save writes and Deploy packs
        drafts/      typing that is not saved yet (drafts.py)
        scratch/     unfinished writes; emptied at every opening
    <function>.mine-1/    a whole workspace that made room for what somebody else deployed (`take_deployed`)

Every change is one replaced file, so each is done or not done:
- typing writes a draft; Save writes the file, then drops the draft: between the two, both hold the same text;
- a deploy packs into packages/, and once AWS has it a new base.json makes that zip the base (`adopt`);
- another base is built as a whole folder beside this one, and the two folders change places.

Owns: making, opening and exchanging workspaces. working_copy.py works on one. Must not know: AWS; it is told
what is deployed and given a link.
"""

import contextlib
import hashlib
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from workbench.code.base import LATEST, Base, read_base, write_base
from workbench.code.download import download
from workbench.code.package import package_name_of
from workbench.code.unpack import unpack
from workbench.code.working_copy import Workspace
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext

__all__ = ["CodeSource", "Workspace", "open_workspace", "refuse_images", "take_deployed", "workspace_folder"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CodeSource:
    """What GetFunction says about the code of one function.

    Attributes:
        function_arn: Unqualified or qualified ARN.
        function_name: Its short name.
        region: Such as "eu-central-1".
        account_id: 12 digits.
        code_location: The link to the zip, 10 minutes long. Empty for a container image.
        code_sha256: CodeSha256, base64.
        revision_id: RevisionId.
        version: "$LATEST" or a number.
        image_uri: Of a container image; empty for a zip.
    """

    function_arn: str
    function_name: str
    region: str
    account_id: str
    code_location: str
    code_sha256: str
    revision_id: str
    version: str = LATEST
    image_uri: str = ""


def open_workspace(
    source: CodeSource, root_dir: Path, ctx: JobContext, clock: Clock | None = None, ca_bundle: str = ""
) -> Workspace:
    """Opens a function's code: what is here already, or a fresh download.

    - Here, and the deployed code is the same: opened as it was left, nothing is downloaded.
    - Here, unchanged, and other code is deployed: replaced by that.
    - Here, with changes or drafts, and other code is deployed: opened as it was left, and `stale`.
    - Here, and the deployed code is a package that was sent from here (the program was killed while it
      deployed): that package is the base now.

    Args:
        source: The function, as just observed.
        root_dir: Where all workspaces lie.
        ctx: The job.
        clock: Tells when.
        ca_bundle: See `download`.

    Raises:
        WorkbenchError: A container image; or the errors of `download` and `unpack`. What was here remains.
        Cancelled: The same.
    """
    folder = workspace_folder(root_dir, source)
    clock = clock or SystemClock()
    _settle(folder)
    try:
        workspace = Workspace.load(folder)
    except FileNotFoundError:
        return _fetch(source, folder, ctx, clock, ca_bundle)
    except WorkbenchError as error:
        kept = _set_aside(folder)
        _log.warning("%s It is kept as %s.", error, kept)
        fresh = _fetch(source, folder, ctx, clock, ca_bundle)
        fresh.notes += (f"The earlier working copy was damaged. It is kept in {kept}.",)
        return fresh
    workspace.deployed_sha256 = source.code_sha256
    if not workspace.stale:
        return workspace
    if sent := workspace.kept_package(source.code_sha256, ctx):
        workspace.adopt(sent, source.revision_id, clock.now().isoformat())
        return workspace
    if workspace.is_clean(ctx):
        return _fetch(source, folder, ctx, clock, ca_bundle)
    return workspace


def take_deployed(
    source: CodeSource, root_dir: Path, ctx: JobContext, clock: Clock | None = None, ca_bundle: str = ""
) -> Workspace:
    """Starts again from what is deployed. Changes and drafts are set aside in a folder that `notes` names.

    Errors as `open_workspace`.
    """
    folder = workspace_folder(root_dir, source)
    _settle(folder)
    kept = None if _holds_nothing(folder, ctx) else _unused(folder, "mine")
    workspace = _fetch(source, folder, ctx, clock or SystemClock(), ca_bundle, kept)
    if kept is not None:
        workspace.notes += (f"Your changes are kept in {kept / 'files'}.",)
    return workspace


def workspace_folder(root_dir: Path, source: CodeSource) -> Path:
    """Where the workspace of a function, or of one of its versions, lies."""
    name = source.function_name
    if name != name.lower():  # on a disk that does not tell case apart, Orders and orders would be one
        name += "~" + hashlib.sha256(name.encode()).hexdigest()[:6]
    if source.version != LATEST:
        name += f"@{source.version}"
    return root_dir / source.account_id / source.region / name


def _fetch(
    source: CodeSource,
    folder: Path,
    ctx: JobContext,
    clock: Clock,
    ca_bundle: str,
    kept: Path | None = None,
) -> Workspace:
    """Builds a workspace, then puts it in the place of the present one, which goes to `kept`, if given."""
    refuse_images(source)
    new = _beside(folder, "new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        packages = new / "packages"
        packages.mkdir(parents=True)
        (new / "drafts").mkdir()
        arrived = packages / "arriving"
        got = download(source.code_location, arrived, ctx, ca_bundle)
        contents = unpack(arrived, new / "files", ctx)
        arrived.replace(packages / package_name_of(got.code_sha256))
        base = Base(
            source.function_arn,
            source.function_name,
            source.version,
            got.code_sha256,
            source.revision_id,
            clock.now().isoformat(),
            contents,
        )
        write_base(new, base)
        ctx.check()
        _exchange(new, folder, kept)
    except OSError as error:
        raise explain_os_error(error, "The workspace could not be made.", folder) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    workspace = Workspace.load(folder)
    if got.code_sha256 != source.code_sha256:
        # The Sandbox serves $LATEST for every version; on AWS somebody deployed a moment ago. A deploy
        # compares with what was really downloaded, so neither is overwritten unseen.
        workspace.notes += ("AWS gave other code than it announced: the function was just changed.",)
        workspace.deployed_sha256 = got.code_sha256
    return workspace


def _exchange(new: Path, folder: Path, kept: Path | None) -> None:
    old = kept or _beside(folder, "old")
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    if kept is None:
        shutil.rmtree(old, ignore_errors=True)


def _settle(folder: Path) -> None:
    """Finishes or undoes an exchange that a kill interrupted."""
    new, old = _beside(folder, "new"), _beside(folder, "old")
    try:
        if not folder.exists():
            complete = False
            with contextlib.suppress(FileNotFoundError, WorkbenchError):
                complete = bool(read_base(new))
            if complete or old.exists():
                (new if complete else old).rename(folder)
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise explain_os_error(error, "The workspace could not be opened.", folder) from error


def _holds_nothing(folder: Path, ctx: JobContext) -> bool:
    """Whether all that is in a workspace can be had from AWS again."""
    try:
        return Workspace.load(folder).is_clean(ctx)
    except (FileNotFoundError, WorkbenchError):
        return not folder.exists()  # damaged: who knows


def _set_aside(folder: Path) -> Path:
    kept = _unused(folder, "damaged")
    try:
        folder.rename(kept)
    except OSError as error:
        raise explain_os_error(error, "The workspace could not be opened.", folder) from error
    return kept


def _unused(folder: Path, what: str) -> Path:
    number = 1
    while (unused := _beside(folder, f"{what}-{number}")).exists():
        number += 1
    return unused


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f"{folder.name}.{what}")  # function names have no dots


def refuse_images(source: CodeSource) -> None:
    """Raises WorkbenchError for a function whose code is no zip, or that AWS gave no link to."""
    if source.image_uri:
        raise WorkbenchError(
            f"{source.function_name} has no code that can be opened.",
            f"It runs the container image {source.image_uri}.",
            "Change the image and update the function's image URI.",
        )
    if not source.code_location:
        raise WorkbenchError(
            f"The code of {source.function_name} could not be opened.",
            "AWS gave no link to it.",
            "Refresh the function, then try again.",
            action="function.refresh",
        )
