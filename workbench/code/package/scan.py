"""Finds the files of a package, those that look like secrets, and those that changed since it was packed.

Links are packed as copies of their targets. AWS supports links in a package, but other readers of packages
(Windows, the Sandbox, Workbench when it opens the function again) do not, and a copy works in nearly every
case: scripts in node_modules/.bin, versions of libraries (libx.so -> libx.so.1), workspaces of npm. Where it
does not (pnpm's store, whose modules find each other only through real paths) the link is refused. Source:
reports of deployed links, such as github.com/pnpm/pnpm/issues/6259 and
github.com/terraform-aws-modules/terraform-aws-lambda/issues/596
"""

import base64
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from workbench.code.contents import (
    ENVIRONMENT_MARK,
    HEAD_BYTES,
    LOOKS_LIKE_SECRET,
    TAIL_BYTES,
    Certainty,
    Contents,
    certainty_of,
    fault_in_name,
    folders_of,
    is_installed,
    is_secret,
    is_secret_folder,
    never_packed,
)
from workbench.code.package.patterns import NO_PATTERNS, Patterns, Secret, secret_of
from workbench.code.package.zip_file import WHAT, PackageEntry, SourceFile, Stamp, refusal
from workbench.code.tree import EntryKind
from workbench.code.unpack import read_heads
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _, ngettext

_MAX_NAMES = 20
_RECORD_BYTES = 8 << 20
_RECORD_LINE = re.compile(r'"?(?P<path>[^",]+)"?,sha256=(?P<sha256>[\w-]+),')


class SecretFinder:
    """Finds secrets in one tree. Files with ordinary names are not read.

    Its methods raise OSError if a file that must be read cannot be.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._recorded: dict[str, Mapping[str, str]] = {}

    def is_secret(self, path: str, is_folder: bool, source: str = "") -> bool:
        """Whether a file or folder looks like a secret, by its name in the package or its content.

        `source` is its location relative to the root, if it is found through a link.
        """
        source = source or path
        if is_folder:
            by_name = is_secret_folder(path) or is_secret_folder(source)
        else:
            by_name = _may_be_secret(path, source)
        if not by_name or is_installed(source):
            return False
        if is_folder:
            return True

        def read() -> bytes:
            return _look_into(os.path.join(self._root, source))

        return is_secret(path, read) or (source != path and is_secret(source, read))

    def was_met(self, path: str, kind: EntryKind) -> bool:
        """Whether an entry of a walk looks like a secret, and is no file of an installed package.

        Unreadable files do not count; packing reports them.
        """
        source, is_folder = path, kind is EntryKind.FOLDER
        if kind is EntryKind.LINK:
            real = os.path.realpath(os.path.join(self._root, path))
            is_folder = os.path.isdir(real)
            if real.startswith(self._root + os.sep):
                source = os.path.relpath(real, self._root).replace(os.sep, "/")
            elif not is_folder and certainty_of(path) is Certainty.DOUBTFUL:
                return False
        if kind is EntryKind.OTHER or not (is_folder or _may_be_secret(path, source)):
            return False
        try:
            if not self.is_secret(path, is_folder, source):
                return False
            return is_folder or not self.is_recorded(source)
        except OSError:
            return certainty_of(path) is Certainty.SECRET

    def is_recorded(self, source: str) -> bool:
        """Whether the RECORD of an installed Python package lists a file with exactly these bytes.

        A user's own file does not become part of that package because a list names it.
        """
        folder = source
        while folder:
            folder = folder.rpartition("/")[0]
            if expected := self._records(folder).get(source):
                return expected == _sha256(os.path.join(self._root, source))
        return False

    def _records(self, folder: str) -> Mapping[str, str]:
        """The lists of installed files in a folder: path -> SHA-256 as written there."""
        if folder not in self._recorded:
            above = Path(self._root, folder)
            found: dict[str, str] = {}
            for record in above.glob("*.dist-info/RECORD"):
                with record.open("rb") as file:
                    text = file.read(_RECORD_BYTES).decode("utf-8", "replace")
                for line in text.splitlines():
                    if match := _RECORD_LINE.match(line):
                        found["/".join(filter(None, (folder, match["path"])))] = match["sha256"]
            self._recorded[folder] = found
        return self._recorded[folder]


def left_out_notes(secrets: Mapping[str, Secret]) -> tuple[str, ...]:
    """A sentence on what is excluded because it looks like a secret; empty if nothing is."""
    out = _names(secrets, Secret.LEFT_OUT)
    if not out:
        return ()
    one, several = (
        _("{out} is excluded from the package because it looks like a secret."),
        _("These files are excluded from the package because they look like secrets: {out}."),
    )
    return ((several if out[1:] else one).format(out=_listed(out)),)


def development_notes(patterns: Patterns) -> tuple[str, ...]:
    """A sentence on packages in node_modules that stay out; empty if there are none."""
    folders = [path for path in patterns.development if "/.bin/" not in path]
    left_out = sum(not patterns.names(path, is_folder=True) for path in folders)
    if not left_out:
        return ()
    words = ngettext(
        "{count:,} package in node_modules is only for development (devDependencies) and is left out.",
        "{count:,} packages in node_modules are only for development (devDependencies) and are left out.",
        left_out,
    )
    return (words.format(count=left_out),)


def secrets_inside(secrets: Mapping[str, Secret]) -> tuple[str, ...]:
    """Sentences that warn of what is included although it looks like a secret."""
    named, deployed = _names(secrets, Secret.BY_NAME), _names(secrets, Secret.DEPLOYED)
    found = []
    if named:
        one, several = (
            _("Included by name: {named} looks like a secret."),
            _("Included by name: {named} look like secrets."),
        )
        found.append((several if named[1:] else one).format(named=_listed(named)))
    if deployed:
        one, several = (
            _("{deployed} is deployed with this function and looks like a secret."),
            _("{deployed} are deployed with this function and look like secrets."),
        )
        found.append((several if deployed[1:] else one).format(deployed=_listed(deployed)))
    return tuple(found)


def secrets_in_zip(zip_path: Path, ctx: JobContext) -> tuple[str, ...]:
    """The files of a zip that look like secrets, sorted. Raises WorkbenchError."""
    found = []
    for path, head in read_heads(zip_path, _is_doubtful, HEAD_BYTES):
        ctx.check()
        if not is_installed(path) and is_secret(path, partial(bytes, head)):
            found.append(path)
    return tuple(sorted(found))


def _is_doubtful(path: str) -> bool:
    return certainty_of(path) is Certainty.DOUBTFUL and not is_installed(path)


def _may_be_secret(path: str, source: str) -> bool:
    if certainty_of(path) is not Certainty.ORDINARY:
        return True
    return source != path and certainty_of(source) is not Certainty.ORDINARY


def _names(secrets: Mapping[str, Secret], kind: Secret) -> list[str]:
    return sorted(path for path, each in secrets.items() if each is kind)


def _listed(names: list[str]) -> str:
    more, listed = len(names) - _MAX_NAMES, ", ".join(names[:_MAX_NAMES])
    return _("{names} and {more:,} more").format(names=listed, more=more) if more > 0 else listed


def _look_into(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        head = file.read(HEAD_BYTES)
        size = os.fstat(file.fileno()).st_size
        if size <= HEAD_BYTES:
            return head
        file.seek(max(HEAD_BYTES, size - TAIL_BYTES))
        return head + file.read(TAIL_BYTES)


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


_PNPM_STORE = ".pnpm"


class Links:
    """Follows links within one tree. Its methods raise WorkbenchError for links that cannot be packed."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)

    def follow(self, path: str, source: str) -> str:
        """The target of the link at `source`, relative to the root; `path` is its name in the package."""
        real = os.path.realpath(os.path.join(self._root, source))
        if real != self._root and not real.startswith(self._root + os.sep):
            raise refusal(
                _("{path} is a link that leads out of the code folder.").format(path=path),
                _("Replace it with its target, or exclude it."),
            )
        if not os.path.exists(real):
            raise refusal(
                _("{path} is a link to a file that does not exist.").format(path=path),
                _("Remove or exclude it."),
            )
        target = os.path.relpath(real, self._root).replace(os.sep, "/")
        if os.path.isdir(real) and _PNPM_STORE in target.split("/"):
            raise refusal(
                _(
                    "{path} is a link into the pnpm store, where modules would not find each "
                    "other in a package."
                ).format(path=path),
                _(
                    'Install them as plain folders: set "node-linker=hoisted" in .npmrc, '
                    "then run pnpm install."
                ),
            )
        return "" if target == "." else target

    def enter(self, path: str, source: str, target: str, behind: tuple[str, ...]) -> tuple[str, ...]:
        """Notes that a folder is read through a link. Raises if that would never end.

        Args:
            path: The folder's name in the package, for errors.
            source: Location of the link or folder.
            target: Target of the link; the same as `source` for a folder.
            behind: The real folders that were entered on the way here.
        """
        real = os.path.realpath(os.path.join(self._root, target))
        holds_link = os.path.realpath(os.path.join(self._root, os.path.dirname(source)))
        if real in behind or f"{holds_link}{os.sep}".startswith(f"{real}{os.sep}"):
            raise refusal(
                _("{path} is a link to a folder that contains it.").format(path=path),
                _("Remove or exclude it."),
            )
        return (*behind, real)


# Lambda does not limit the number of files; Workbench opens packages with this many (unpack.py).
MAX_FILES = 200_000

NO_SECRETS: Mapping[str, Secret] = MappingProxyType({})

# Relative to an open folder, stat need not resolve the whole path: a sixth of a whole scan.
_BY_DESCRIPTOR = os.scandir in os.supports_fd


@dataclass(frozen=True, slots=True)
class Rules:
    """Decides which files are packed, and how.

    Attributes:
        executables: Paths to mark executable on a system without that bit (Windows).
        empty_folders: Empty folders to keep. Others are left out: they come and go with editing, and no
            handler can write into them.
        in_project: Whether the user works in the folder: virtual environments are left out.
        dependencies: Another folder to include, which never changes; the code's files win. Empty for none.
        deployed: Files with secret names that were deployed with the function before, and stay.
        of_packages: Whether all files belong to installed packages, so that none counts as a secret.
    """

    patterns: Patterns = NO_PATTERNS
    executables: frozenset[str] = frozenset()
    empty_folders: frozenset[str] = frozenset()
    in_project: bool = False
    dependencies: str = ""
    deployed: frozenset[str] = frozenset()
    of_packages: bool = False

    @classmethod
    def following(cls, base: Contents, patterns: Patterns = NO_PATTERNS, in_project: bool = False) -> "Rules":
        """For code that was deployed before: its empty folders stay, and on Windows its modes.

        So do files that look like secrets and were deployed, except in a folder that the user works in.
        """
        executable = (path for path, file in base.files.items() if file.executable and os.name != "posix")
        deployed = frozenset() if in_project else base.secret_names
        return cls(patterns, frozenset(executable), base.empty_folders, in_project, deployed=deployed)


@dataclass(slots=True)
class Scan:
    """The result of a scan.

    Attributes:
        same: Entries whose files have an unchanged stamp.
        new: Files to read: unknown, changed, or in doubt.
        folders: Empty folders to pack.
        walked: Every folder that was read, without following links.
        has_links: Whether files were found through links or have several names; watching the folders does not
            show their changes.
        secrets: What looks like a secret, and what happens to it; folders end with `/`. Included ones are
            checked again by every scan.
    """

    same: list[PackageEntry] = field(default_factory=list)
    new: list[SourceFile] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    walked: set[str] = field(default_factory=set)
    has_links: bool = False
    secrets: dict[str, Secret] = field(default_factory=dict)

    def add(self, other: "Scan", folder: str) -> None:
        """Adds the result for another folder, except paths that exist."""
        taken = {each.path for each in self.same} | {each.path for each in self.new}
        self.same += [entry for entry in other.same if entry.path not in taken]
        self.new += [
            file._replace(source=f"{folder}/{file.source}") for file in other.new if file.path not in taken
        ]


def scan_tree(
    root: Path,
    rules: Rules,
    known: Mapping[str, PackageEntry],
    ctx: JobContext,
    walked: Set[str] | None = None,
    differs: Callable[[str], object] = lambda _path: None,
    secrets: Mapping[str, Secret] = NO_SECRETS,
) -> Scan:
    """Scans the whole tree.

    Raises WorkbenchError if a folder cannot be read, or contains something that cannot be packed.

    Args:
        known: The last package's entries, by path.
        walked: The folders read by the scan of the known entries, if it used the same rules: their patterns
            need not be checked again.
        differs: Called at once with the path of each file that differs from what was packed.
        secrets: What looked like a secret in the scan of the known entries.
    """
    walk = _Walk(root, rules, known, ctx, differs)
    if walked is None or os.name != "posix":  # elsewhere a stamp is made in another way (see Stamp.of)
        walk.run({"": ("", ())}, {}, frozenset())
    else:
        try:
            trusted = known
            if again := known.keys() & secrets.keys():
                trusted = {path: entry for path, entry in known.items() if path not in again}
            walk.run({"": ("", ())}, trusted, walked - rules.empty_folders)
        except _NewEnvironment:
            return scan_tree(root, rules, known, ctx, None, differs)
    if rules.dependencies:
        walk.result.add(_dependencies(rules, known, ctx), rules.dependencies)
    return walk.result


def look_at(
    root: Path, paths: Iterable[str], rules: Rules, known: Mapping[str, PackageEntry], ctx: JobContext
) -> Scan:
    """Scans only some paths, and everything below those that are folders. Raises as `scan` does."""
    walk = _Walk(root, rules, known, ctx)
    for path in paths:
        walk.look(path)
    if rules.dependencies:
        walk.result.add(_dependencies(rules, known, ctx, paths), rules.dependencies)
    return walk.result


def _dependencies(
    rules: Rules, known: Mapping[str, PackageEntry], ctx: JobContext, paths: Iterable[str] | None = None
) -> Scan:
    """The files in the folder of dependencies, or some of them."""
    if not os.path.isdir(rules.dependencies):
        raise refusal(
            _("The installed dependencies are no longer on this computer."),
            _("Install them again (Install Dependencies)."),
        )
    plain = replace(rules, empty_folders=frozenset(), in_project=False, of_packages=True)
    walk = _Walk(Path(rules.dependencies), plain, known, ctx)
    if paths is None:
        walk.run({"": ("", ())}, known, frozenset())
    else:
        for path in paths:
            walk.look(path)
    return walk.result


def stays_out_by(root: Path, rules: Rules) -> Callable[[str, EntryKind], str]:
    """Returns a function that tells why a path is left out of the package; "" if it is not.

    By a pattern, or because it looks like a secret. It is not called for what is never packed.
    """
    finder = SecretFinder(root)

    def why_out(path: str, kind: EntryKind) -> str:
        is_folder = kind is EntryKind.FOLDER
        if why := rules.patterns.why_left_out(path, is_folder):
            return why
        if not finder.was_met(path, kind):
            return ""
        found = secret_of(path, is_folder, rules.patterns, rules.deployed)
        return LOOKS_LIKE_SECRET if found is Secret.LEFT_OUT else ""

    return why_out


class _NewEnvironment(Exception):
    """A packed folder has become a virtual environment."""


class _Walk:
    def __init__(
        self,
        root: Path,
        rules: Rules,
        known: Mapping[str, PackageEntry],
        ctx: JobContext,
        differs: Callable[[str], object] = lambda _path: None,
    ) -> None:
        self.result = Scan()
        self._differs = differs
        self._root = root
        self._rules = rules
        self._known = known
        self._ctx = ctx
        self._links = Links(root)
        self._finder = SecretFinder(root)
        self._kept: set[str] = set()

    def run(
        self,
        start: dict[str, tuple[str, tuple[str, ...]]],
        trusted: Mapping[str, PackageEntry],
        trusted_folders: Set[str],
    ) -> None:
        """Walks from some folders: path in the package -> path on disk, and folders entered through links."""
        # Folders to read: the prefix of their names, in the package and on disk: "" or "a/b/".
        waiting = [(path, source, behind) for path, (source, behind) in start.items()]
        same, walked, root = self.result.same, self.result.walked, os.fspath(self._root)
        while waiting:
            self._ctx.check()
            prefix, source, behind = waiting.pop()
            folder = f"{root}/{source}"
            if not behind:
                walked.add(prefix[:-1])
            place: str | int = folder
            try:
                if _BY_DESCRIPTOR:
                    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                with os.scandir(place) as entries:
                    for entry in entries:
                        path = prefix + entry.name
                        about = entry.stat(follow_symlinks=False)
                        old = trusted.get(path)
                        if old is not None and old.stamp == (
                            about.st_size,
                            about.st_mtime_ns,
                            about.st_ino,
                            about.st_ctime_ns,
                            about.st_mode,
                        ):
                            same.append(old)  # nearly all files of nearly all scans, so inlined
                            if about.st_nlink > 1:
                                self.result.has_links = True
                        elif path in trusted_folders and stat.S_ISDIR(about.st_mode) and not behind:
                            waiting.append((path + "/", path + "/", ()))
                        elif deeper := self._take(path, source + entry.name, about, behind):
                            waiting.append(deeper)
            except FileNotFoundError:
                continue  # removed in the meantime
            except OSError as error:
                name = error.filename if isinstance(error.filename, str) else ""
                raise explain_os_error(error, WHAT, Path(folder, name)) from error
            finally:
                if isinstance(place, int):
                    os.close(place)
            if len(same) + len(self.result.new) > MAX_FILES:
                raise refusal(
                    _("There are more than {max_files:,} files.").format(max_files=MAX_FILES),
                    _("Exclude files that the function does not need."),
                )
        if self._kept:
            paths = [each.path for each in self.result.same] + [each.path for each in self.result.new]
            self.result.folders = sorted(self._kept - folders_of([*paths, *self._kept]))

    def look(self, path: str) -> None:
        """Scans one path, if it exists and is included."""
        above = path.rpartition("/")[0]
        while above:
            if never_packed(above) or self._rules.patterns.why_left_out(above, is_folder=True):
                return
            if self._stays_out(above, above, is_folder=True):
                return
            above = above.rpartition("/")[0]
        try:
            about = os.lstat(os.path.join(self._root, path))
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise explain_os_error(error, WHAT, Path(error.filename or path)) from error
        if deeper := self._take(path, path, about, ()):
            self.run({deeper[0]: deeper[1:]}, {}, frozenset())

    def _take(
        self, path: str, source: str, about: os.stat_result, behind: tuple[str, ...]
    ) -> tuple[str, str, tuple[str, ...]] | None:
        """Scans a file; for a folder returns what to read next."""
        if never_packed(path):
            return None
        kind = stat.S_IFMT(about.st_mode)
        is_link = kind == stat.S_IFLNK
        is_folder = os.path.isdir(os.path.join(self._root, source)) if is_link else kind == stat.S_IFDIR
        if self._rules.patterns.why_left_out(path, is_folder):
            return None
        if fault := fault_in_name(path):
            raise refusal(
                _("The name {path!r} cannot be packaged: {fault}.").format(path=path, fault=fault),
                _("Rename it."),
            )
        link = source
        if is_link:
            by_name = is_secret_folder(path) if is_folder else certainty_of(path) is Certainty.SECRET
            if by_name and self._stays_out(path, link, is_folder):
                return None  # whatever its target
            self.result.has_links = True
            source = self._links.follow(path, link)
            about = os.stat(os.path.join(self._root, source))
            kind = stat.S_IFMT(about.st_mode)
        if kind == stat.S_IFDIR:
            if self._is_environment(source) or self._stays_out(path, source, is_folder=True):
                return None
            if path in self._rules.empty_folders:
                self._kept.add(path)
            if is_link or behind:
                behind = self._links.enter(path, link, source, behind)
            return path + "/", source + "/", behind
        if kind != stat.S_IFREG:
            raise refusal(
                _("{path} is a device, a socket or a pipe, not a file.").format(path=path),
                _("Move it elsewhere, or exclude it."),
            )
        if self._rules.in_project and path.endswith("/" + ENVIRONMENT_MARK):
            raise _NewEnvironment
        if self._stays_out(path, source, is_folder=False):
            return None
        if about.st_nlink > 1:
            self.result.has_links = True
        old = self._known.get(path)
        if old is not None and old.stamp == Stamp.of(about):
            self.result.same.append(old)
        else:
            executable = bool(about.st_mode & 0o111) if os.name == "posix" else False
            executable = executable or path in self._rules.executables
            self.result.new.append(SourceFile(path, source, about.st_size, executable))
            self._differs(path)
        return None

    def _stays_out(self, path: str, source: str, is_folder: bool) -> bool:
        """Whether it looks like a secret and is left out."""
        if self._rules.of_packages or not self._finder.is_secret(path, is_folder, source):
            return False
        found = secret_of(path, is_folder, self._rules.patterns, self._rules.deployed)
        if found is Secret.LEFT_OUT and not is_folder and self._finder.is_recorded(source):
            found = Secret.INSTALLED
        if found is Secret.LEFT_OUT or not is_folder:
            self.result.secrets[f"{path}/" if is_folder else path] = found
        return found is Secret.LEFT_OUT

    def _is_environment(self, source: str) -> bool:
        return self._rules.in_project and os.path.lexists(os.path.join(self._root, source, ENVIRONMENT_MARK))
