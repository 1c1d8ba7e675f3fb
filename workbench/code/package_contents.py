"""What the next package of a workspace would hold by given patterns: file by file, with sizes and reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.code.dependencies.use import DependencyState
from workbench.code.package import Decision, Patterns, Secret, preview, read_patterns, stays_out_by
from workbench.code.package.model import refusal
from workbench.code.package.patterns import why_out
from workbench.code.package.secrets_found import SecretFinder
from workbench.code.secret_files import LOOKS_LIKE_SECRET
from workbench.code.syntax import Problem
from workbench.code.tree import EntryKind, Found, walk
from workbench.code.working_copy import Workspace
from workbench.core.jobs import JobContext

_ENDINGS = (".py", ".mjs", ".js", ".cjs", ".rb")
# Of a file that was never packed: what text and machine code come down to, roughly.
_USUAL_RATIO = 0.35
MAX_FOUND = 400_000
"""More files and folders than this are no function's code: a package may hold half as many files."""
# In the zip, beside its bytes: two headers, and twice its name.
_HEADERS_BYTES = 76


@dataclass(frozen=True, slots=True)
class Material:
    """What there is to be packed.

    Attributes:
        found: All that lies in the code's folder.
        packed_bytes: What files measured in the last package, by path.
        dependencies: Sizes of what is installed beside the code and goes in whatever the patterns say.
        secrets: Paths in `found` that look like secrets.
        deployed: Files that were deployed with the function, and stay in though they do.
    """

    found: tuple[Found, ...]
    packed_bytes: Mapping[str, int]
    dependencies: Mapping[str, int]
    secrets: frozenset[str]
    deployed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would go in.

    Attributes:
        decisions: File by file; of folders that stay out as a whole only the folder.
        in_files: How many files of the code go in.
        in_bytes: What they measure.
        out_bytes: What stays out.
        dependencies: How many files of dependencies go in beside them.
        unpacked_bytes: Of everything.
        zip_bytes: Of the zip, as far as can be said without packing.
    """

    decisions: tuple[Decision, ...]
    in_files: int
    in_bytes: int
    out_bytes: int
    dependencies: int
    unpacked_bytes: int
    zip_bytes: int

    def secrets(self, kind: Secret) -> tuple[str, ...]:
        """The files that look like secrets and of which this becomes; a folder ends with `/`."""
        return tuple(_shown(each) for each in self.decisions if each.secret is kind)

    @property
    def others_out(self) -> tuple[str, ...]:
        """What stays out for another reason; a folder ends with `/`."""
        return tuple(_shown(each) for each in self.decisions if each.why_out and each.secret is None)


def _shown(decision: Decision) -> str:
    return f"{decision.path}/" if decision.is_folder else decision.path


def material_of(workspace: Workspace, ctx: JobContext) -> Material:
    """Looks at everything once.

    Raises:
        WorkbenchError: A folder cannot be read, or there are more files than a package may have.
        Cancelled: In between.
    """
    in_project = workspace.local_folder is not None
    found, secrets, finder = [], set(), SecretFinder(workspace.root)
    for each in walk(workspace.root, only_packed=in_project):
        ctx.check()
        found.append(each)
        if len(found) > MAX_FOUND:
            raise refusal(f"There are more than {MAX_FOUND:,} files and folders.", "Choose a smaller folder.")
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
    return Material(tuple(found), packed_bytes, dependencies, frozenset(secrets), deployed)


def handler_left_out(workspace: Workspace, handler: str) -> tuple[Problem, ...]:
    """Says so when patterns keep the handler's file out of the package. Raises WorkbenchError."""
    patterns, module = read_patterns(workspace.folder), handler.rpartition(".")[0].replace(".", "/")
    for path in (module + ending for ending in _ENDINGS):
        if patterns.lines and module and (workspace.root / path).is_file():
            _above, why = why_out(patterns, path, is_folder=False)
            if why:
                words = f"The handler's file is excluded from the package by the line {why!r}."
                return (Problem(path, 0, 0, words),)
    return ()


def secrets_removed(workspace: Workspace) -> tuple[Problem, ...]:
    """Says so when the next deploy takes files from the function because they look like secrets.

    That can only be in a folder that somebody works in. Raises WorkbenchError.
    """
    why = stays_out_by(workspace.root, workspace.rules(""))
    words = (
        "is in the deployed function, but not in the package: it looks like a secret, and is "
        "included only by its exact name."
    )
    return tuple(
        Problem(path, 0, 0, f"{path} {words}")
        for path in sorted(workspace.base.contents.secret_names)
        if (workspace.root / path).is_file() and why(path, EntryKind.FILE) == LOOKS_LIKE_SECRET
    )


def outlook(material: Material, patterns: Patterns) -> Outlook:
    """Decides on each file. Pure."""
    decisions = preview(material.found, patterns, material.secrets, material.deployed)
    taken = {each.path: each.size_bytes for each in decisions if not each.why_out}
    beside = {path: size for path, size in material.dependencies.items() if path not in taken}
    everything = taken | beside
    known = material.packed_bytes
    zip_bytes = sum(
        known[path] if path in known else round(size * _USUAL_RATIO) for path, size in everything.items()
    )
    zip_bytes += sum(_HEADERS_BYTES + 2 * len(path.encode()) for path in everything)
    in_bytes = sum(taken.values())
    out_bytes = sum(each.size_bytes for each in decisions if each.why_out)
    return Outlook(
        decisions, len(taken), in_bytes, out_bytes, len(beside), in_bytes + sum(beside.values()), zip_bytes
    )
