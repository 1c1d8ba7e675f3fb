"""How a file of the tree looks that nobody has looked into: by its name and size."""

from workbench.code.text import Format, format_of_name, is_no_text
from workbench.code.tree import EntryKind, TreeEntry
from workbench.ui.format_words import format_words, size_words

_ICONS = {
    Format.IMAGE: "image",
    Format.ARCHIVE: "package",
    Format.LIBRARY: "box",
    Format.PROGRAM: "terminal",
}


def icon_of_entry(entry: TreeEntry | None) -> str:
    """The drawing beside its name; what is surely no text has another one than a text."""
    if entry is None or entry.kind is EntryKind.FOLDER:
        return "folder"
    kind = format_of_name(entry.path)
    if kind is None:
        return "binary" if is_no_text(entry.path, entry.size_bytes) else "file"
    return _ICONS.get(kind, "binary")


def about_file(entry: TreeEntry | None) -> str:
    """What it is and how large, as far as that is known; "" for a folder."""
    if entry is None or entry.kind is not EntryKind.FILE:
        return ""
    kind = format_of_name(entry.path)
    size = size_words(entry.size_bytes)
    return f"{format_words(kind)} · {size}" if kind is not None else size
