"""Looks whether open files are on disk what they were: another program may have written them. Reads only."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.code.hashes import Stamp
from workbench.code.line_edits import LineEdit, line_edits
from workbench.code.overtaken import is_overtaken
from workbench.code.text import Document, FileKind
from workbench.code.working_copy import Workspace
from workbench.core.errors import WorkbenchError


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a file.

    Attributes:
        stamp: Of the file when it was looked at last; None before the first look, or when there was none.
        text: What it held, as far as that is known.
    """

    stamp: Stamp | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found.

    Attributes:
        stamp: None: there is no such file.
        document: What it holds; None when it has not been written since the last look, or cannot be read.
        edits: Make of the known text what it holds now.
        is_overtaken: Its draft was begun over something else (of a first look only).
    """

    stamp: Stamp | None
    document: Document | None = None
    edits: tuple[LineEdit, ...] = ()
    is_overtaken: bool = False


def look_at(workspace: Workspace, known: Mapping[str, Known]) -> dict[str, Seen]:
    """Looks at files of a workspace, given by path with what is known of each."""
    return {path: _look(workspace, path, about) for path, about in known.items()}


def _look(workspace: Workspace, path: str, known: Known) -> Seen:
    try:
        about = os.lstat(workspace.root / path)
    except OSError:
        return Seen(None)
    if not stat.S_ISREG(about.st_mode):
        return Seen(None)
    stamp = (about.st_mtime_ns, about.st_ctime_ns, about.st_size, about.st_ino)
    if stamp == known.stamp:
        return Seen(stamp)
    try:
        document = workspace.read(path)
        overtaken = known.stamp is None and is_overtaken(workspace, path)
    except WorkbenchError:
        return Seen(None if not (workspace.root / path).exists() else known.stamp)
    edits: tuple[LineEdit, ...] = ()
    if document.kind is FileKind.TEXT and known.text is not None:
        edits = line_edits(known.text, document.text)
    return Seen(stamp, document, edits, overtaken)
