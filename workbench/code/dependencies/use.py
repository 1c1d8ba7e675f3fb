"""The dependencies of one workspace: their state, and which of them go into the package.

They are in the store, not among the code; the package takes them from there. Code that was deployed with its
dependencies contains them, and stays like that until its declaration changes. What a workspace takes from the
store is recorded in package-dependencies.json in its folder.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from workbench.code.contents import Contents
from workbench.code.dependencies import npm, uv
from workbench.code.dependencies.declared import (
    Declaration,
    DeclarationKind,
    InstallConsent,
    InstallNotConfirmed,
    InstallPreview,
    find_declaration,
)
from workbench.code.dependencies.inventory import missing_packages
from workbench.code.dependencies.local_folders import project_root
from workbench.code.dependencies.store import TOPS, DependencyStore, Installed, InstalledFiles, Target, key_of
from workbench.code.dependencies.unlisted import unlisted_tops
from workbench.code.package import package_name_of
from workbench.code.package.layout import files_in, is_installed, record_paths
from workbench.code.tree import EntryKind, hash_of, walk
from workbench.code.unpack import read_members
from workbench.code.workspace_store import Base
from workbench.core.codec import Damaged, Format
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext

_FILE = "package-dependencies.json"


class Delivery(Enum):
    """How a function gets its dependencies."""

    PACKAGE = "package"
    LAYER = "layer"


@dataclass(frozen=True, slots=True)
class UsedDependencies:
    """The dependencies that a workspace takes from the store.

    Attributes:
        tops: Top-level names of dependencies in the package, current or last deployed. They do not count as
            missing from the code.
        layer_arn: The layer version that contains them instead of the package.
    """

    key: str
    store: Path
    delivery: Delivery
    tops: frozenset[str]
    layer_arn: str = ""


_FORMAT = Format(
    UsedDependencies, upgrades={0: lambda values: values | {"delivery": values["way"]}}
)  # from before files had versions: another name


def read_used_dependencies(workspace_folder: Path) -> UsedDependencies | None:
    """What a workspace takes from the store; None if nothing.

    Raises WorkbenchError if that cannot be read: the package would not be as wanted.
    """
    path = workspace_folder / _FILE
    try:
        return _FORMAT.read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain_os_error(error, _("The installed dependencies could not be read."), path) from error
    except Damaged as error:
        raise WorkbenchError(
            _("The installed dependencies could not be read."),
            _("{path} is damaged: {error}.").format(path=path, error=error),
            _("Install them again."),
        ) from error


def install(
    declaration: Declaration, target: Target, store: DependencyStore, ctx: JobContext, *, anew: bool = False
) -> Installed:
    """Installs the dependencies for a target, unless they are in the store, or `anew`.

    An unlocked package may then have a newer version. Cancel leaves the store unchanged. Raises
    WorkbenchError as for `DependencyStore.fill` and `install` of npm.py and uv.py.
    """
    key = key_of(declaration, target)
    if not anew and (there := store.find(key)):
        return there
    ctx.progress(0, 0, _("Installing dependencies"))
    install_with = npm.install if target.language == "nodejs" else uv.install

    def fill(root: Path, scratch: Path) -> InstalledFiles:
        return install_with(declaration, target, root, scratch, ctx)

    return store.fill(key, target.language, fill)


def resolved(
    declaration: Declaration, store: DependencyStore, ctx: JobContext, *, anew: bool = False
) -> Declaration:
    """A declaration with exact versions. Without a lock file npm finds them, unless it did before.

    Raises WorkbenchError as for `resolve` of npm.py, or if the policy forbids installing.
    """
    if not declaration.is_unresolved and not (anew and declaration.lock):
        return declaration
    lock = b"" if anew else store.resolution(declaration.digest)
    if not lock:
        store.check_policy()
        with tempfile.TemporaryDirectory(prefix="workbench-resolve-", ignore_cleanup_errors=True) as folder:
            lock = npm.resolve(declaration, Path(folder), ctx)
        store.keep_resolution(declaration.digest, lock)
    return replace(declaration, lock=lock)


def keep_lock(root: Path, store: DependencyStore, consent: InstallConsent, ctx: JobContext) -> Path:
    """Writes the versions that npm found for a package.json into a package-lock.json beside it.

    The user is not asked again for the same packages. Raises WorkbenchError if there are none, npm failed, or
    the file cannot be written.
    """
    declaration = find_declaration(root, "nodejs")
    lock = store.resolution(declaration.digest) if declaration is not None else b""
    if declaration is None or not lock:
        raise WorkbenchError(
            _("The lock file was not written."),
            _("package.json has changed since its versions were found, or has a lock file."),
            _("Choose Install Dependencies."),
        )
    with tempfile.TemporaryDirectory(prefix="workbench-lock-", ignore_cleanup_errors=True) as folder:
        data = npm.keep_lock(declaration, lock, Path(folder), ctx)
    place = root / DeclarationKind.NPM.value
    write_atomic(place, data)
    kept = find_declaration(root, "nodejs")
    agreed = consent.allows(replace(declaration, lock=lock).consent)
    if agreed and kept and npm.have_same_packages(kept, replace(declaration, lock=lock)):
        consent.allow_digest(kept.consent)
    return place


def preview_of(declaration: Declaration, target: Target, ctx: JobContext) -> InstallPreview:
    """The packages that would be installed. Accesses no network, and installs nothing.

    Raises WorkbenchError if the declaration is refused.
    """
    preview = npm.preview if target.language == "nodejs" else uv.preview
    with tempfile.TemporaryDirectory(prefix="workbench-preview-", ignore_cleanup_errors=True) as folder:
        return preview(declaration, target, Path(folder), ctx)


class DependencyState(Enum):
    """The state of a workspace's dependencies."""

    NONE = "none"
    """Nothing is declared, or Workbench does not install dependencies for the runtime."""
    AS_DEPLOYED = "as deployed"
    """The declaration is as deployed and nothing is missing, so there is nothing to do."""
    IN_FOLDER = "in folder"
    """Somebody has installed packages in the local folder itself, and continues to do so."""
    READY = "ready"
    """Installed, and part of the package."""
    IN_LAYER = "in layer"
    CHANGED = "changed"
    """Must be installed before the next deploy."""


@dataclass(frozen=True, slots=True)
class DependencyStatus:
    """The state of the dependencies, what is declared, and what the package takes from the store.

    `is_confirmed` tells whether the user has agreed to install the declaration.
    """

    state: DependencyState
    declaration: Declaration | None = None
    used: UsedDependencies | None = None
    is_confirmed: bool = False


class WorkspaceDependencies:
    """The dependencies of one workspace.

    Args:
        is_foreign: Whether the code is in a folder of the user's, where nothing is changed.
    """

    def __init__(self, folder: Path, root: Path, is_foreign: bool) -> None:
        self._folder = folder
        self._root = root
        self._is_foreign = is_foreign
        self._store: DependencyStore | None = None
        self._consent: InstallConsent | None = None
        self._layers: Callable[[], Sequence[Path] | None] = lambda: ()
        # What an agreement to an index is for.
        self.identity = str(project_root(root) if is_foreign else folder)
        self.keeps_lock = True  # whether the code stays where it is, so that a lock file can be kept in it
        self._news = ("", "")  # CodeSha256 of the deployed package, and what is new compared with it
        self._tops: tuple[Path, frozenset[str]] = (Path(), frozenset())  # of the last package that was read
        self._compared: tuple[Path, str, tuple[str, ...]] = (Path(), "", ())  # see `undeployed`
        self.target: Target | None = None

    def attach(
        self,
        store: DependencyStore,
        target: Target,
        consent: InstallConsent,
        layers: Callable[[], Sequence[Path] | None] = lambda: (),
    ) -> None:
        """Sets where and for what packages are installed. Without it nothing is ever installed.

        Args:
            consent: Knows what the user has agreed to; nothing else is installed.
            layers: Returns the folders that layers add to Python's path; None if unknown.
        """
        self._store, self.target, self._consent, self._layers = store, target, consent, layers

    def status(self, base: Base) -> DependencyStatus:
        """The state compared with the deployed package.

        A set that was removed from the store must be installed again. Raises WorkbenchError.
        """
        used = self.used()
        if self.target is None:
            is_ready = used is not None and used.delivery is Delivery.PACKAGE
            return DependencyStatus(DependencyState.READY if is_ready else DependencyState.NONE, None, used)
        declaration = self._declaration(self.target)
        if declaration is None:
            return DependencyStatus(DependencyState.NONE, None, used)
        if used is not None:
            there = DependencyState.READY if used.delivery is Delivery.PACKAGE else DependencyState.IN_LAYER
            same = used.key == key_of(declaration, self.target)
            same = same and (used.delivery is Delivery.LAYER or self.installed() is not None)
            return DependencyStatus(
                there if same else DependencyState.CHANGED, declaration, used, self._is_confirmed(declaration)
            )
        here = self._has_installed()
        deployed_with = _have_installed(base.contents.files) or (
            self._is_foreign and not here and bool(self._tops_in(base.contents, self._package_of(base)))
        )
        is_same = (here or not deployed_with) and self._is_as_deployed(declaration, base)
        if is_same and not missing_packages(
            declaration, self.target, self._root, base.contents.files, self._layers()
        ):
            return DependencyStatus(DependencyState.AS_DEPLOYED, declaration)
        if here and self._is_foreign:
            return DependencyStatus(DependencyState.IN_FOLDER, declaration)
        return DependencyStatus(DependencyState.CHANGED, declaration, None, self._is_confirmed(declaration))

    def _declaration(self, target: Target) -> Declaration | None:
        project = project_root(self._root) if self._is_foreign else self._root
        found = find_declaration(self._root, target.language, project)
        if found is None:
            return None
        hosts = self._consent.hosts(self.identity) if self._consent is not None else frozenset()
        lock = (
            self._store.resolution(found.digest) if found.is_unresolved and self._store is not None else b""
        )
        return replace(found, hosts=hosts, lock=lock)

    def preview(self, declaration: Declaration, ctx: JobContext) -> InstallPreview:
        """The packages that would be installed for a declaration of `status`.

        Asks the user's registry if there is no lock file. Raises WorkbenchError if it is refused.
        """
        assert self.target is not None
        if self._store is not None:
            declaration = resolved(declaration, self._store, ctx)
        can_keep = bool(declaration.lock) and not declaration.folders and self.keeps_lock
        return replace(
            preview_of(declaration, self.target, ctx),
            project=self.identity,
            keep_in=str(self._root) if can_keep else "",
        )

    def folder_to_pack(self, base: Base, ctx: JobContext) -> str:
        """The folder of dependencies for the package, or ""; installs missing ones.

        Raises:
            InstallNotConfirmed: Something must be installed, and the user has not agreed to it.
            WorkbenchError: It cannot be installed; or a layer contains the dependencies, and they have
                changed since.
            Cancelled: Nothing has changed.
        """
        status = self.status(base)
        used = status.used
        if used is not None and used.delivery is Delivery.LAYER and status.declaration is not None:
            if status.state is DependencyState.CHANGED:
                raise WorkbenchError(
                    _("The dependencies have changed."),
                    _("{path} differs from the version that the layer {layer_arn} was created from.").format(
                        path=status.declaration.path, layer_arn=":".join(used.layer_arn.split(":")[-2:])
                    ),
                    _("Move them to a layer again, or install them into the package."),
                    action="dependencies.move_to_layer",
                )
            return ""
        if status.state is DependencyState.CHANGED:
            installed = self.install(base, ctx)
            count, path = len(installed.found.packages), status.declaration.path if status.declaration else ""
            news = ngettext(
                "It contains {count:,} package from {path}, newly installed.",
                "It contains {count:,} packages from {path}, newly installed.",
                count,
            ).format(count=count, path=path)
            self._news = (base.code_sha256, news)
            return str(installed.root)
        if status.state is not DependencyState.READY or used is None:
            return ""
        if there := self.installed():
            return str(there.root)
        raise WorkbenchError(
            _("The package could not be built."),
            _("The installed dependencies are no longer on this computer."),
            _("Install them again."),
            action="dependencies.install",
        )

    def news(self, base: Base) -> tuple[str, ...]:
        """What is new compared with the deployed package, after `folder_to_pack` has installed it."""
        return (self._news[1],) if self._news[1] and self._news[0] == base.code_sha256 else ()

    def install(self, base: Base, ctx: JobContext, *, anew: bool = False) -> Installed:
        """Installs the declaration, and makes it part of the package.

        Raises as `install` does; also if nothing is declared, or if packages are in a local folder.
        """
        installed = self.fetch(base, ctx, anew=anew)
        self._use(installed, base, Delivery.PACKAGE, "")
        return installed

    def fetch(self, base: Base, ctx: JobContext, *, anew: bool = False) -> Installed:
        """Installs the declaration into the store without changing the package.

        Raises:
            InstallNotConfirmed: The user has not agreed to it.
            WorkbenchError: Nothing is declared, it is refused, or it cannot be installed.
            Cancelled: Nothing has changed.
        """
        status = self.status(base)
        if status.declaration is None or self.target is None or self._store is None:
            raise WorkbenchError(
                _("There are no dependencies to install."),
                _("The code does not declare dependencies that Workbench can install."),
                _("Create a requirements.txt, a pyproject.toml or a package.json with the packages."),
            )
        if status.state is DependencyState.IN_FOLDER:
            raise WorkbenchError(
                _("The dependencies were not installed."),
                _("{root} itself contains installed packages, which Workbench does not change.").format(
                    root=self._root
                ),
                _(
                    "Remove them to let Workbench install packages outside the folder, or "
                    "continue to manage them yourself."
                ),
            )
        self._store.check_policy()  # do not ask the user about what is forbidden anyway
        declaration = resolved(status.declaration, self._store, ctx, anew=anew)
        if not self._is_confirmed(declaration):
            raise InstallNotConfirmed(self.preview(declaration, ctx))
        if self.target.language == "python" and (asked := self.preview(declaration, ctx)).new_hosts:
            raise InstallNotConfirmed(asked)
        return install(declaration, self.target, self._store, ctx, anew=anew)

    def use_layer(self, installed: Installed, base: Base, layer_arn: str) -> None:
        """Lets a layer provide the dependencies instead of the package. Raises as `install` does."""
        self._use(installed, base, Delivery.LAYER, layer_arn)

    def used(self) -> UsedDependencies | None:
        """What the package takes from the store, or a layer in its place. Raises WorkbenchError."""
        return read_used_dependencies(self._folder)

    def copy_used(self, folder: Path) -> None:
        """Records what the package takes from the store for another workspace. Raises WorkbenchError."""
        if (used := self.used()) is not None:
            _FORMAT.write(folder / _FILE, used)

    def installed(self) -> Installed | None:
        """The set of the package, or of its layer."""
        used = self.used()
        return DependencyStore(used.store).find(used.key) if used else None

    def imports(self) -> tuple[Path, ...]:
        """Where Python finds installed packages besides the code; reads only names."""
        with contextlib.suppress(WorkbenchError):  # packing reports the error
            if (used := self.used()) is not None:
                found = DependencyStore(used.store).folder_of(used.key)
                return (found / TOPS["python"],) if found is not None else ()
        return ()

    def without(self, contents: Contents, package: Path | None = None) -> Contents:
        """A package's contents without the dependencies, which may be absent without being missing.

        Args:
            package: The package itself, to find packages in it that are not known here. Required if somebody
                else may have made it.
        """
        used = self.used()
        if used is None and not self._brings_declared():
            return contents
        tops = used.tops if used is not None else frozenset()
        if package is not None:
            tops |= self._tops_in(contents, package)
        own = set(os.listdir(self._root)) if self._root.is_dir() else set()

        def is_hidden(path: str) -> bool:
            top = path.partition("/")[0]
            if top not in tops and not is_installed(path):
                return False
            return top not in own or not os.path.lexists(self._root / path)

        kept = {path: file for path, file in contents.files.items() if not is_hidden(path)}
        return replace(contents, files=kept)

    def undeployed(self, base: Base, ctx: JobContext) -> str:
        """The declaration whose installed packages are not those of the deployed package; "" if none.

        Says nothing about packages that are not installed. Raises WorkbenchError.
        """
        used = self.used()
        installed = self.installed()
        if used is None or used.delivery is not Delivery.PACKAGE or installed is None:
            return ""
        declaration = find_declaration(self._root, installed.language)
        if declaration is None:
            return ""
        if self._compared[:2] != (installed.folder, base.code_sha256):
            differing = _differing(installed.root, base.contents, ctx)
            self._compared = installed.folder, base.code_sha256, differing
        is_different = any(not os.path.lexists(self._root / path) for path in self._compared[2])
        return declaration.path if is_different else ""

    def _brings_declared(self) -> bool:
        """Whether a folder of the user's declares packages and does not contain them: a deploy adds them."""
        if not self._is_foreign or self._has_installed():
            return False
        try:
            languages = (self.target.language,) if self.target is not None else tuple(TOPS)
            return any(find_declaration(self._root, language) is not None for language in languages)
        except WorkbenchError:
            return True  # the error is reported when they are to be installed

    def _tops_in(self, contents: Contents, package: Path) -> frozenset[str]:
        """The top-level names that dependencies bring, read once from each package; none of a damaged one."""
        if self._tops[0] != package:
            with contextlib.suppress(WorkbenchError):  # whoever needs its files reports it
                found = _installed_tops(contents, package)
                if self._is_foreign and (declaration := find_declaration(self._root, "python")) is not None:
                    found |= unlisted_tops(self._root, declaration, contents.files, package)
                self._tops = package, found
        return self._tops[1] if self._tops[0] == package else frozenset()

    def _use(self, installed: Installed, base: Base, way: Delivery, layer_arn: str) -> None:
        used = self.used()
        tops = {path.partition("/")[0] for path in installed.found.paths}
        tops |= _installed_tops(base.contents, self._package_of(base))
        tops |= used.tops if used is not None else frozenset()
        if used is None and not self._is_foreign:
            self._remove_installed()
        used = UsedDependencies(installed.key, installed.folder.parent, way, frozenset(tops), layer_arn)
        _FORMAT.write(self._folder / _FILE, used)

    def _package_of(self, base: Base) -> Path:
        return self._folder / "packages" / package_name_of(base.code_sha256)

    def _remove_installed(self) -> None:
        """Removes packages that were deployed among the code, since they now come from the store."""
        tops = set()
        try:
            lists = record_paths(
                path.relative_to(self._root).as_posix()
                for path in self._root.glob("*.dist-info/RECORD")
                if path.is_file()
            )
            texts = [(self._root / each).read_bytes().decode("utf-8", "replace") for each in lists]
            for path in sorted(path for text in texts for path in files_in(text)):
                tops.add(path.partition("/")[0])
                if (self._root / path).is_file():
                    (self._root / path).unlink()
            if (self._root / "node_modules").is_dir():
                shutil.rmtree(self._root / "node_modules")
            for top in tops:
                _remove_empty(self._root / top)
        except OSError as error:
            where = Path(error.filename or self._root)
            raise explain_os_error(error, _("The old dependencies were not removed."), where) from error

    def _is_confirmed(self, declaration: Declaration) -> bool:
        return self._consent is not None and self._consent.allows(declaration.consent)

    def _has_installed(self) -> bool:
        return (self._root / "node_modules").is_dir() or any(self._root.glob("*.dist-info/RECORD"))

    def _is_as_deployed(self, declaration: Declaration, base: Base) -> bool:
        deployed = base.contents.files
        return all(
            path in deployed and deployed[path].sha256 == hashlib.sha256(data).hexdigest()
            for path, data in zip(declaration.files, declaration.data, strict=True)
        )


def _have_installed(paths: Collection[str]) -> bool:
    """Whether a package has top-level files of an installation among its code.

    It agrees with `WorkspaceDependencies._has_installed` for unchanged code.
    """
    return bool(record_paths(paths)) or any(path.startswith("node_modules/") for path in paths)


def _installed_tops(contents: Contents, package: Path) -> frozenset[str]:
    """The top-level names of installed packages in a package. Raises WorkbenchError."""
    files = contents.files
    if not (there := record_paths(files)):
        return frozenset()  # a function that does not exist yet has no package
    lists = (data.decode("utf-8", "replace") for __, data in read_members(package, there))
    listed = frozenset(path for text in lists for path in files_in(text))
    return frozenset(path.partition("/")[0] for path in listed if path in files)


def _differing(root: Path, deployed: Contents, ctx: JobContext) -> tuple[str, ...]:
    """The files below a folder that are not in a package, or with other bytes. Raises WorkbenchError."""
    found = []
    for each in walk(root):
        ctx.check()
        if each.kind is EntryKind.FILE and each.packed:
            there = deployed.files.get(each.path)
            same_size = there is not None and there.size_bytes == each.size_bytes
            if there is None or not same_size or there.sha256 != hash_of(root / each.path):
                found.append(each.path)
    return tuple(found)


def _remove_empty(folder: Path) -> None:
    for above, __, __ in os.walk(folder, topdown=False):
        if not any(Path(above).iterdir()):
            Path(above).rmdir()
