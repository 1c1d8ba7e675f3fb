"""What the next package of a workspace would contain, determined before a deploy.

- `prepack` packs it in advance, so that a deploy finds it ready.
- `outlook` decides file by file for given patterns, with sizes and reasons.
- `code_problems` says why the code will fail.
- `xray_workspace` looks for what will fail or is not needed.
- `stage` lays it out in a folder, unsaved text included, to be run from there.
- `folder_workspace` and `zip_workspace` make a temporary workspace from a folder or zip whose code is
  deployed nowhere yet, or is a layer: so it is packed by the rules of a deploy.
"""

import base64
import contextlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.aws.names import LATEST
from workbench.code.contents import LOOKS_LIKE_SECRET, Contents
from workbench.code.dependencies.inventory import Inventory, PackedFile, take_inventory
from workbench.code.dependencies.missing_modules import names_in_folders
from workbench.code.dependencies.store import Target
from workbench.code.dependencies.use import DependencyState, DependencyStatus
from workbench.code.dependencies.xray import XRay, examine, may_be_compiled, what_cannot_load
from workbench.code.package import (
    PROJECT_PATTERNS,
    Decision,
    Patterns,
    Secret,
    package_name_of,
    preview,
    read_patterns,
    stays_out_by,
    write_patterns,
)
from workbench.code.package.patterns import why_out
from workbench.code.package.scan import SecretFinder, scan_tree
from workbench.code.package.zip_file import refusal
from workbench.code.package_remarks import cannot_run, failures
from workbench.code.syntax import Problem, check_python, check_script
from workbench.code.text import encode
from workbench.code.tree import EntryKind, FileChange, WalkEntry, hash_of, walk
from workbench.code.unpack import unpack
from workbench.code.working_copy import Workspace
from workbench.code.workspace_store import Base
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, explaining
from workbench.core.jobs import JobContext
from workbench.core.messages import _


def prepack(workspace: Workspace, ctx: JobContext) -> Contents | None:
    """Packs what `Workspace.package` would pack now.

    Returns None if dependencies would have to be installed. Raises as `Workspace.package` does; errors do not
    matter before a package is wanted.
    """
    dependencies = workspace.dependencies
    if dependencies.status(workspace.base).state is DependencyState.CHANGED:
        return None
    rules = workspace.rules(dependencies.folder_to_pack(workspace.base, ctx))
    return workspace.packer.get_ready(ctx, rules).contents


def changed_files(workspace: Workspace, ctx: JobContext) -> list[str]:
    """The saved files that differ from the deployed package and would go into the next one.

    If the packer watches, only touched files are checked. Raises as `prepack` does.
    """
    contents = prepack(workspace, ctx) if workspace.packer.is_watching else None
    if contents is None:
        return [entry.path for entry in workspace.changes(ctx)]
    before, after = workspace.base.contents.files, contents.files
    differ = [path for path, file in after.items() if before.get(path) != file]
    differ += before.keys() - after.keys()
    return [path for path in differ if os.path.lexists(workspace.root / path)]


_HANDLER_SUFFIXES = (".py", ".mjs", ".js", ".cjs", ".rb")
# For a file that was never packed: the usual ratio of text and machine code.
_USUAL_RATIO = 0.35
MAX_FOUND = 400_000
"""More files and folders than this are not a function's code: a package may contain half as many files."""
# In the zip, besides its bytes: two headers, and twice its name.
_HEADERS_BYTES = 76


@dataclass(frozen=True, slots=True)
class Material:
    """The files that can be packed.

    Attributes:
        packed_bytes: Sizes of files in the last package, by path.
        dependencies: Sizes of installed dependencies, which are included whatever the patterns say.
        secrets: Paths in `found` that look like secrets.
        deployed: Files that were deployed with the function, and stay although they look like secrets.
        development: What is in node_modules only for development (`Patterns.development`).
    """

    found: tuple[WalkEntry, ...]
    packed_bytes: Mapping[str, int]
    dependencies: Mapping[str, int]
    secrets: frozenset[str]
    deployed: frozenset[str]
    development: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PackagePreview:
    """The contents of the next package.

    Attributes:
        decisions: By file; for excluded folders only the folder.
        in_files: Number of included files of the code.
        dependencies: Number of files of dependencies.
        zip_bytes: Estimated size of the zip.
    """

    decisions: tuple[Decision, ...]
    in_files: int
    in_bytes: int
    out_bytes: int
    dependencies: int
    unpacked_bytes: int
    zip_bytes: int

    def secrets(self, kind: Secret) -> tuple[str, ...]:
        """The files that look like secrets and are handled in this way; folders end with `/`."""
        return tuple(_marked_path(each) for each in self.decisions if each.secret is kind)

    @property
    def others_out(self) -> tuple[str, ...]:
        """What is excluded for other reasons; folders end with `/`."""
        return tuple(_marked_path(each) for each in self.decisions if each.why_out and each.secret is None)


def _marked_path(decision: Decision) -> str:
    return f"{decision.path}/" if decision.is_folder else decision.path


def material_of(workspace: Workspace, ctx: JobContext) -> Material:
    """Reads everything once. Raises WorkbenchError, also if there are more files than a package may have."""
    in_project = workspace.local_folder is not None
    found, secrets, finder = [], set(), SecretFinder(workspace.root)
    for each in walk(workspace.root, only_packed=in_project):
        ctx.check()
        found.append(each)
        if len(found) > MAX_FOUND:
            raise refusal(
                _("There are more than {max_found:,} files and folders.").format(max_found=MAX_FOUND),
                _("Choose a smaller folder."),
            )
        if each.packed and finder.was_met(each.path, each.kind):
            secrets.add(each.path)
    is_ready = workspace.dependencies.status(workspace.base).state is DependencyState.READY
    installed = workspace.dependencies.installed() if is_ready else None
    dependencies = {}
    if installed is not None:
        for each in walk(installed.root):
            ctx.check()
            if each.kind is EntryKind.FILE and each.packed:
                dependencies[each.path] = each.size_bytes
    packed_bytes, deployed = workspace.packer.packed_bytes(), workspace.rules("").deployed
    development = workspace.development()
    return Material(tuple(found), packed_bytes, dependencies, frozenset(secrets), deployed, development)


def handler_left_out(workspace: Workspace, handler: str) -> tuple[Problem, ...]:
    """A problem if patterns exclude the handler's file. Raises WorkbenchError."""
    patterns, module = read_patterns(workspace.folder), handler.rpartition(".")[0].replace(".", "/")
    for path in (module + ending for ending in _HANDLER_SUFFIXES):
        if patterns.lines and module and (workspace.root / path).is_file():
            _above, why = why_out(patterns, path, is_folder=False)
            if why:
                words = _("The handler's file is excluded from the package by the line {why!r}.").format(
                    why=why
                )
                return (Problem(path, 0, 0, words),)
    return ()


def secrets_removed(workspace: Workspace) -> tuple[Problem, ...]:
    """A problem if the next deploy removes files from the function because they look like secrets.

    That is possible only in a folder that the user works in. Raises WorkbenchError.
    """
    why = stays_out_by(workspace.root, workspace.rules(""))
    words = _(
        "is in the deployed function, but not in the package: it looks like a secret, and is "
        "included only by its exact name."
    )
    return tuple(
        Problem(path, 0, 0, f"{path} {words}")
        for path in sorted(workspace.base.contents.secret_names)
        if (workspace.root / path).is_file() and why(path, EntryKind.FILE) == LOOKS_LIKE_SECRET
    )


def code_problems(
    workspace: Workspace,
    handler: str,
    target: Target,
    ctx: JobContext,
    *,
    changed: Iterable[str] = (),
    layers: Sequence[Path] | None = (),
    has_layers: bool = False,
    searches: bool = True,
    to_install: Collection[str] = (),
) -> tuple[Problem, ...]:
    """Why every invocation will fail, as far as the files tell: the same before a creation and a deploy.

    Args:
        changed: Files of Python that are checked besides the handler's.
        layers: The folders that layers add to the path of modules; None if they are unknown.
        has_layers: Whether there are layers, known or not.
        searches: Whether modules are looked for where they are by default, and not by PYTHONPATH.
        to_install: The modules that will be installed first, if that is known.

    Raises WorkbenchError if something cannot be read.
    """
    root, runtime = workspace.root, target.runtime
    left_out = handler_left_out(workspace, handler)
    problems = check_python(root, handler, runtime, changed, ctx, elsewhere=layers or ())
    if layers is None:
        problems = tuple(each for each in problems if each.path or not each.fix)
    if left_out:
        return left_out + problems  # the file that is missing is said
    packed = [
        entry.path
        for entry in workspace.tree(ctx)
        if entry.packed and entry.kind is EntryKind.FILE and entry.change is not FileChange.DELETED
    ]
    if reasons := cannot_run(packed, handler, target):
        return reasons
    ctx.check()
    problems += check_script(root, handler, runtime, packed, has_layers=has_layers)
    elsewhere = _brought(workspace, layers, target, to_install) if searches else None
    return problems + failures(root, packed, handler, target, elsewhere=elsewhere)


class CodeWillFail(WorkbenchError):
    """The code will fail for reasons that were not known before its packages were installed.

    Args:
        what: What was not done, one sentence.
    """

    def __init__(self, what: str, problems: Sequence[Problem]) -> None:
        lines = " ".join(each.message for each in problems)
        super().__init__(what, lines, _("Correct the code, or continue anyway."))
        self.problems = tuple(problems)


def refuse_new_problems(found: Sequence[Problem], agreed: Collection[Problem], what: str) -> None:
    """Raises CodeWillFail if the user has not agreed to one of these problems."""
    if any(each not in agreed for each in found):
        raise CodeWillFail(what, found)


def _brought(
    workspace: Workspace, layers: Sequence[Path] | None, target: Target, to_install: Collection[str]
) -> tuple[str, ...] | None:
    """The modules that come with layers and with installed packages; None if that is not known yet."""
    status = workspace.dependencies.status(workspace.base)
    is_pending = status.state is DependencyState.CHANGED
    if layers is None or status.state is DependencyState.IN_LAYER or (is_pending and not to_install):
        return None
    if is_pending:
        return tuple(to_install)
    installed = workspace.dependencies.installed() if status.state is DependencyState.READY else None
    folders = list(layers)
    if installed is not None:
        folders.append(installed.root)
        modules = installed.root / "node_modules"
        scopes = [each for each in modules.glob("@*") if each.is_dir()] if modules.is_dir() else []
        names = [f"{scope.name}/{each.name}" for scope in scopes for each in scope.iterdir()]
        if target.language == "nodejs":
            return (*names, *(each.name for each in modules.glob("[!@.]*")))
    return tuple(names_in_folders(folders))


def outlook(material: Material, patterns: Patterns) -> PackagePreview:
    """Decides on each file."""
    patterns = replace(patterns, development=material.development)
    decisions = preview(material.found, patterns, material.secrets, material.deployed)
    taken = {each.path: each.size_bytes for each in decisions if not each.why_out}
    dependencies_only = {path: size for path, size in material.dependencies.items() if path not in taken}
    everything = taken | dependencies_only
    known = material.packed_bytes
    zip_bytes = sum(
        known[path] if path in known else round(size * _USUAL_RATIO) for path, size in everything.items()
    )
    zip_bytes += sum(_HEADERS_BYTES + 2 * len(path.encode()) for path in everything)
    in_bytes = sum(taken.values())
    out_bytes = sum(each.size_bytes for each in decisions if each.why_out)
    return PackagePreview(
        decisions,
        len(taken),
        in_bytes,
        out_bytes,
        len(dependencies_only),
        in_bytes + sum(dependencies_only.values()),
        zip_bytes,
    )


@dataclass(frozen=True, slots=True)
class WorkspaceXRay:
    """The package as it would be built now, without dependencies not installed yet, and their state."""

    xray: XRay
    status: DependencyStatus


def xray_workspace(
    workspace: Workspace,
    target: Target,
    handler: str,
    layers: Sequence[str],
    ctx: JobContext,
    *,
    pack: bool = True,
) -> WorkspaceXRay:
    """Examines the next package of a function with these layers. Installs nothing.

    With `pack` it builds the package, which gives its size, and which the next deploy can use. Raises
    WorkbenchError if something cannot be packed, or a declaration cannot be read.
    """
    status = workspace.dependencies.status(workspace.base)
    is_ready = status.state is not DependencyState.CHANGED
    folder = workspace.dependencies.folder_to_pack(workspace.base, ctx) if is_ready else ""
    inventory = _inventory(workspace, folder, ctx)
    packed_bytes = None
    if pack and is_ready:  # otherwise the next complete package would have to be built from nothing
        with contextlib.suppress(WorkbenchError):  # too large: a finding reports it
            packed_bytes = workspace.packer.get_ready(ctx, workspace.rules(folder)).size_bytes
    layer = workspace.dependencies.installed() if status.state is DependencyState.IN_LAYER else None
    xray = examine(
        inventory, target, handler, bool(layers), packed_bytes, ctx,
        layer_bytes=layer.found.size_bytes if layer else 0,
    )  # fmt: skip
    return WorkspaceXRay(xray, status)


def check_compiled(workspace: Workspace, target: Target, ctx: JobContext) -> tuple[Problem, ...]:
    """Compiled files for other machines in the next package. Dependencies not installed yet will fit.

    Raises as `xray_workspace` does.
    """
    status = workspace.dependencies.status(workspace.base)
    installed = workspace.dependencies.installed() if status.state is DependencyState.READY else None
    dependencies = str(installed.root) if installed else ""
    contents = prepack(workspace, ctx) if workspace.packer.is_watching else None
    if contents is None:
        inventory = _inventory(workspace, dependencies, ctx)
    else:
        inventory = _compiled(workspace.root, dependencies, contents)
    findings = what_cannot_load(inventory, target, ctx)
    return tuple(Problem("", 0, 0, finding.what) for finding in findings)


def _compiled(root: Path, dependencies: str, contents: Contents) -> Inventory:
    """The files of a package that may be compiled, and the lists that tell which package they belong to."""
    files = contents.files
    wanted = [path for path, file in files.items() if may_be_compiled(path, file.executable)]
    if wanted:
        wanted += (path for path in files if path.endswith(("/RECORD", "/package.json")))
    return take_inventory(
        PackedFile(
            path,
            root / path if os.path.lexists(root / path) else Path(dependencies, path),
            files[path].size_bytes,
            files[path].executable,
        )
        for path in wanted
    )


def _inventory(workspace: Workspace, dependencies: str, ctx: JobContext) -> Inventory:
    found = scan_tree(workspace.root, workspace.rules(dependencies), {}, ctx)
    return take_inventory(
        PackedFile(file.path, Path(workspace.root, file.source), file.size_bytes, file.executable)
        for file in found.new
    )


_NOT_STAGED = _("The code could not be prepared for a local run.")


def stage(workspace: Workspace, target: Path, ctx: JobContext) -> None:
    """Copies the contents of the next package into a new folder, drafts included.

    Installs changed dependencies. If it raises, the folder may exist, incomplete. Raises WorkbenchError as
    for packing; a file cannot be written; there is no code.
    """
    rules = workspace.rules(workspace.dependencies.folder_to_pack(workspace.base, ctx))
    found = scan_tree(workspace.root, rules, {}, ctx)
    why_out = stays_out_by(workspace.root, rules)
    drafts = [draft for draft in workspace.drafts() if not why_out(draft.path, EntryKind.FILE)]
    if not found.new and not drafts:
        raise WorkbenchError(_NOT_STAGED, _("There are no files."), _("Create the handler's file first."))
    try:
        target.mkdir(parents=True)
        for folder in found.folders:
            (target / folder).mkdir(parents=True, exist_ok=True)
        for number, file in enumerate(found.new):
            ctx.progress(number, len(found.new), _("Preparing the code"))
            copy = target / file.path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(os.path.join(workspace.root, file.source), copy)
            copy.chmod(0o755 if file.executable else 0o644)
        for draft in drafts:
            copy = target / draft.path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(encode(draft.text, copy.read_bytes() if copy.exists() else b"", draft.path))
    except OSError as error:
        raise explain_os_error(error, _NOT_STAGED, Path(error.filename or target)) from error


PROJECT = Patterns(PROJECT_PATTERNS)
"""Default exclusions for the package of a folder."""

# A workspace is three folders deep: <root>/<account>/<region>/<function>.
_WORKSPACE_PATH = Path("new", "new", "new.local")


def folder_workspace(folder: Path, scratch: Path, patterns: Patterns = PROJECT) -> Workspace:
    """A folder as the workspace of a function that does not exist yet. The folder is not changed.

    `scratch` is a folder for the package and its state; it can be deleted afterwards. Raises WorkbenchError
    if the folder does not exist, or the disk refuses.
    """
    if not folder.is_dir():
        what = _("The folder could not be packaged.")
        raise WorkbenchError(
            what,
            _("The folder {folder} does not exist.").format(folder=folder),
            _("Choose the folder that contains the code."),
        )
    place = scratch / _WORKSPACE_PATH
    with explaining(_("The folder could not be packaged."), place):
        place.mkdir(parents=True, exist_ok=True)
    write_patterns(place, "\n".join(patterns.lines))
    return Workspace(place, Base("", folder.name, LATEST, "", "", "", Contents()), folder)


def zip_workspace(path: Path, scratch: Path, ctx: JobContext) -> Workspace:
    """A zip as the workspace of a function that was deployed with it. The zip is not changed.

    `scratch` is a folder for its files, a copy of it, and the package; it can be deleted afterwards. Raises
    WorkbenchError if Lambda could not unpack it, or the disk refuses.
    """
    place = scratch / _WORKSPACE_PATH.with_suffix("")
    with explaining(_("The zip file could not be unpacked."), place):
        (place / "packages").mkdir(parents=True, exist_ok=True)
        sha256 = base64.b64encode(bytes.fromhex(hash_of(path))).decode()
        shutil.copyfile(path, place / "packages" / package_name_of(sha256))
        contents = unpack(path, place / "files", ctx)
    workspace = Workspace(place, Base("", path.stem, LATEST, sha256, "", "", contents))
    workspace.dependencies.identity = str(path)
    workspace.dependencies.keeps_lock = False
    return workspace


def material_of_folder(folder: Path, ctx: JobContext) -> Material:
    """What can be packed of a folder; `outlook` decides what is. Raises as `folder_workspace` does."""
    with tempfile.TemporaryDirectory(prefix="workbench-look-") as scratch:
        return material_of(folder_workspace(folder, Path(scratch)), ctx)
