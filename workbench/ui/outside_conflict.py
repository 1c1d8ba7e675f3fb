"""A file that is one thing on disk and another in the editor."""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.code.text import Document, LineEdit
from workbench.ui.editor import TextEdit


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file with unsaved typing that is another one on disk; `document` is None when it was deleted."""

    document: Document | None


def text_edits(edits: Iterable[LineEdit]) -> list[TextEdit]:
    """Edits as the editor takes them."""
    return [TextEdit(edit.line, edit.column, edit.end_line, edit.end_column, edit.text) for edit in edits]
