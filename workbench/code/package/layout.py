"""Where each file stands in the next package, and from where on it differs from the last one.

Dependencies come first, the function's own code last, each sorted by path: an edit then leaves nearly all of
the zip as it is, on disk and in an upload that sends only what is new. The order follows from what is in the
package alone. Nothing is read but the lists of installed files.
"""

import contextlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from workbench.code.contents import Contents
from workbench.code.names import fault_in_name
from workbench.code.package.model import Package, PackageEntry, SourceFile
from workbench.code.package.patterns import Secret
from workbench.code.package.scan import NO_SECRETS, Rules, Scan
from workbench.code.package.zip_file import Mark


@dataclass(frozen=True, slots=True)
class LastPackage:
    """What was packed last.

    Attributes:
        package: The package.
        rules: Under which it was made.
        entries: Its files in their order.
        by_path: The same by path.
        positions: Where in `entries` each path is.
        offsets: Where each one's header stands; one more for the end of the last.
        central: Each one's line in the central directory.
        names: What is installed at the top of the code, which gave the order.
        marks: Hashes of its beginning.
        walked: The folders that were read.
        has_links: See Scan.
        secrets: See Scan.
        notes: What is to be known of the names of its files.
        unpacked_bytes: Of all files. Adding them up again takes longer than looking for an edit.
        is_foreign: Whether it was made of another tree (store.py), of which this one has many of the files.
    """

    package: Package
    rules: Rules
    entries: Sequence[PackageEntry]
    by_path: Mapping[str, PackageEntry]
    positions: Mapping[str, int]
    offsets: Sequence[int]
    central: Sequence[bytes]
    names: frozenset[str]
    marks: tuple[Mark, ...] = ()
    walked: Set[str] = frozenset()
    has_links: bool = False
    secrets: Mapping[str, Secret] = NO_SECRETS
    notes: tuple[str, ...] = ()
    unpacked_bytes: int = 0
    is_foreign: bool = False

    def known(self) -> Mapping[str, PackageEntry]:
        """The entries that a file with their stamp can be taken for, by path."""
        if not self.is_foreign:
            return self.by_path
        return {path: entry for path, entry in self.by_path.items() if entry.stamp.is_exact}


@dataclass(frozen=True, slots=True)
class PackagePlan:
    """The next package.

    Attributes:
        items: Its files in their order: entries of the last package, or files to be read.
        first: Before this one all are the last package's, in the same places.
        same_paths: Whether its files are the last package's by name.
        names: What is installed at the top of the code.
        gone: Paths of the last package that are not in it.
        notes: What is to be known of the names of its files.
    """

    items: list[PackageEntry | SourceFile]
    first: int
    same_paths: bool
    names: frozenset[str]
    gone: frozenset[str]
    notes: tuple[str, ...]


def arrange(found: Scan, last: LastPackage | None, roots: Sequence[Path]) -> PackagePlan:
    """Puts what a scan of everything found into order. `roots` hold the files."""
    if last is not None and len(found.same) + len(found.new) == len(last.entries):
        places = [last.positions.get(file.path, -1) for file in found.new]
        if -1 not in places and not record_paths(file.path for file in found.new):
            items: list[PackageEntry | SourceFile] = list(last.entries)
            for place, file in zip(places, found.new, strict=True):
                items[place] = file
            first = min(places, default=len(items))
            return PackagePlan(items, first, True, last.names, frozenset(), last.notes)
    files: dict[str, PackageEntry | SourceFile] = {each.path: each for each in found.same}
    files |= {each.path: each for each in found.new}
    names = _installed_names(roots, record_paths(files))
    key = _sort_key(names)
    items = [files[path] for path in sorted(files, key=key)]
    first = 0
    for item, old in zip(items, last.entries if last else (), strict=False):
        if item is not old:
            break
        first += 1
    gone = frozenset(last.by_path.keys() - files.keys()) if last else frozenset()
    return PackagePlan(items, first, False, names, gone, _case_notes(files))


def merged(last: LastPackage, touched: Set[str], found: Scan) -> Scan:
    """What a scan of everything would have found, from a look at the files that were touched."""
    same = [entry for entry in last.entries if entry.path not in touched]
    folders = sorted(last.package.contents.empty_folders)
    secrets = {path: each for path, each in last.secrets.items() if path not in touched} | found.secrets
    return Scan(same + found.same, found.new, folders, set(last.walked), found.has_links, secrets)


def contents_of(
    entries: Sequence[PackageEntry], plan: PackagePlan, last: LastPackage | None, folders: Iterable[str]
) -> Contents:
    """The package's contents; of thousands of files only what changed is touched."""
    if last is None:
        return Contents({entry.path: entry.content for entry in entries}, frozenset(folders))
    files = dict(last.package.contents.files)
    for path in plan.gone:
        del files[path]
    for entry in entries[plan.first :]:
        files[entry.path] = entry.content
    return Contents(files, frozenset(folders))


def _case_notes(paths: Iterable[str]) -> tuple[str, ...]:
    """Names that AWS tells apart and Windows and macOS do not."""
    taken: dict[str, str] = {}
    for path in sorted(paths):
        folded = path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
        if (other := taken.setdefault(folded, path)) != path:
            return (f"{other} and {path} are two files on AWS, but one on Windows and macOS.",)
    return ()


# Folders of installed packages, wherever they lie: Node.js, Python, PHP and Go and Ruby.
_INSTALLED = re.compile(
    r"(?:^|/)(?:node_modules|site-packages|vendor)/|^[^/]+\.(?:dist-info|egg-info|libs)/|\.jar$"
)
_RECORD = re.compile(r"^[^/]+\.dist-info/RECORD$")
_LONGEST_RECORD = 8 << 20


def record_paths(paths: Iterable[str]) -> frozenset[str]:
    """The lists of installed files that pip and uv leave beside packages installed into the code's folder."""
    return frozenset(path for path in paths if ".dist-info/RECORD" in path and _RECORD.match(path))


def is_installed(path: str) -> bool:
    """Whether a path alone tells that it belongs to an installed package."""
    return _INSTALLED.search(path) is not None


def files_in(text: str) -> frozenset[str]:
    """The files below the code that such a list names."""
    lines = text.splitlines()
    names = (line[1:].partition('"')[0] if line[:1] == '"' else line.partition(",")[0] for line in lines)
    return frozenset(name for name in names if not fault_in_name(name))


def _installed_names(roots: Sequence[Path], listed: Collection[str]) -> frozenset[str]:
    """The files and folders at the top of the package that these lists name. `roots` hold the lists."""
    names: set[str] = set()
    for path in listed:
        for line in _text_of(roots, path).splitlines():
            names.add(line.partition(",")[0].partition("/")[0].strip('"'))
    return frozenset(names - {"", "..", "."})


def _text_of(roots: Sequence[Path], path: str) -> str:
    for root in roots:
        with contextlib.suppress(OSError), (root / path).open("rb") as file:
            return file.read(_LONGEST_RECORD).decode("utf-8", "replace")
    return ""  # whoever packs it says so


def _sort_key(names: frozenset[str]) -> Callable[[str], tuple[bool, str]]:
    """What to sort paths by, given what is installed at the top."""

    def key(path: str) -> tuple[bool, str]:
        installed = path.partition("/")[0] in names or is_installed(path)
        return not installed, path

    return key
