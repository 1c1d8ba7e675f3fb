"""The files of a workspace as a tree of nodes, made and compared in a job: 20,000 of them take a while.

Must not know: Qt.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.code.tree import EntryKind, FileChange, TreeEntry


@dataclass(slots=True, eq=False)
class Node:
    """A file or folder with what lies in it, folders first.

    Attributes:
        everything: Of the root only: all nodes below it, as `build_nodes` walked them.
        shape: Of the root only: a number that trees share which differ in marks only, 0 of an empty one.
    """

    name: str
    path: str = ""
    entry: TreeEntry | None = None
    parent: "Node | None" = None
    row: int = 0
    children: Sequence["Node"] = ()
    everything: tuple["Node", ...] = ()
    shape: int = 0

    @property
    def is_folder(self) -> bool:
        return self.entry is None or self.entry.kind is EntryKind.FOLDER

    @property
    def is_deleted(self) -> bool:
        """Whether only the deployed package has it, and nothing was typed for it."""
        entry = self.entry
        return entry is not None and entry.change is FileChange.DELETED and not entry.has_draft

    @property
    def stays_out(self) -> bool:
        """Whether it is in no package: caches, version control, what patterns keep out."""
        return self.entry is not None and not self.entry.packed

    @property
    def mark(self) -> str:
        """One letter a change, as version control writes it; empty when nothing changed."""
        if self.entry is None:
            return ""
        if self.entry.has_draft:
            return "●"
        return {FileChange.ADDED: "A", FileChange.CHANGED: "M", FileChange.DELETED: "D"}.get(
            self.entry.change, ""
        )


@dataclass(frozen=True, slots=True)
class Marks:
    """What is new in a tree whose files are the same as before.

    Attributes:
        root: The tree.
        changed: Its nodes that have another entry now, with that.
    """

    root: Node
    changed: Sequence[tuple[Node, TreeEntry]]


def build_nodes(entries: Sequence[TreeEntry]) -> Node:
    """Turns the flat list into a tree. Pure, so that a job can do it for 20,000 files."""
    root = Node("")
    folders: dict[str, Node] = {"": root}
    inside: defaultdict[str, list[Node]] = defaultdict(list)

    def folder(path: str) -> Node:
        if (known := folders.get(path)) is not None:
            return known
        above, _, name = path.rpartition("/")
        node = folders[path] = Node(name, path, None, folder(above))
        inside[above].append(node)
        return node

    for entry in entries:
        above, _, name = entry.path.rpartition("/")
        if entry.kind is EntryKind.FOLDER:
            folder(entry.path).entry = entry
        else:
            inside[above].append(Node(name, entry.path, entry, folder(above)))
    for path, node in folders.items():
        node.children = sorted(inside[path], key=lambda child: (not child.is_folder, child.name.lower()))
        for row, child in enumerate(node.children):
            child.row = row
    root.everything = tuple(_walk(root))
    if root.everything:
        root.shape = hash(tuple((node.path, node.is_folder) for node in root.everything))
    return root


def news_for(shown: Node, entries: Sequence[TreeEntry]) -> Node | Marks:
    """What has to be shown for these files: other marks, or, where files came or went, another tree."""
    known = {(node.path, node.is_folder): node for node in shown.everything if node.entry is not None}
    changed: list[tuple[Node, TreeEntry]] = []
    if len(known) != len(entries):
        return build_nodes(entries)
    for entry in entries:
        node = known.get((entry.path, entry.kind is EntryKind.FOLDER))
        if node is None:
            return build_nodes(entries)
        if node.entry != entry:
            changed.append((node, entry))
    return Marks(shown, changed)


def take_apart(root: Node) -> None:
    """Lets a tree that nobody shows any more go at once, without a search for garbage."""
    for node in root.everything:
        node.parent = None


def _walk(root: Node) -> Iterator[Node]:
    waiting = list(root.children)
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.children)
