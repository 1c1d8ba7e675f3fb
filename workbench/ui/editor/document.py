"""The values that pass between an editor and its users, and the shadow copy of an open document.

Lines and columns count from 1; columns count UTF-16 units (as Monaco, Qt and the language servers do).
No Qt.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a marker is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    HINT = "hint"


class EditorCommand(StrEnum):
    """What a menu can ask of an editor. The values are Monaco's names."""

    UNDO = "undo"
    REDO = "redo"
    FIND = "actions.find"
    REPLACE = "editor.action.startFindReplaceAction"
    GO_TO_LINE = "editor.action.gotoLine"
    SELECT_ALL = "editor.action.selectAll"
    COMPLETE = "editor.action.triggerSuggest"
    HOVER = "editor.action.showHover"
    FORMAT = "editor.action.formatDocument"
    RENAME = "editor.action.rename"
    GO_TO_SYMBOL = "editor.action.quickOutline"
    PEEK_DEFINITION = "editor.action.peekDefinition"
    GO_TO_DEFINITION = "editor.action.revealDefinition"
    FIND_REFERENCES = "editor.action.goToReferences"
    QUICK_FIX = "editor.action.quickFix"


@dataclass(frozen=True, slots=True)
class Marker:
    """A problem in a range of a document. Its `tag` may be "unnecessary" (faded) or "deprecated"."""

    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    severity: Severity = Severity.ERROR
    source: str = ""
    rule: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class ChangedLines:
    """Lines that differ from another text.

    Attributes:
        kind: "added", "changed" or "deleted".
        line: The first, from 1. For "deleted" the line after which others are missing; 0 for the top.
        end_line: The last.
    """

    kind: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replaces a range by a text; a range that ends where it begins inserts."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class EditorOptions:
    """How the text is shown.

    Attributes:
        font_family: A family that is installed, or "monospace".
        minimap: Whether a small picture of the whole text is shown. The plain editor has none.
        whitespace: Spaces and tabs are drawn everywhere, not only in a selection. Not in the plain editor.
        label: What a screen reader calls the text field.
    """

    font_family: str = "monospace"
    font_size_px: int = 14
    tab_size: int = 4
    word_wrap: bool = False
    minimap: bool = True
    whitespace: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """How the user left a document.

    Attributes:
        line: Of the cursor.
        column: Of the cursor.
        top_line: The first line in sight; 0 when it is not known.
    """

    line: int = 1
    column: int = 1
    top_line: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document's text at one moment. Give it to `Editor.mark_saved` once the text is on disk.

    Attributes:
        uri: The document.
        text: With line feeds as line ends, without byte order mark.
        version: The surface's own count, equal again after an undo.
        generation: Which surface counted.
    """

    uri: str
    text: str
    version: int
    generation: int


@dataclass(slots=True)
class Document:
    """The shadow copy of an open document: enough to show it again when a renderer has died.

    `text` is at most 0.3 s (above 2 million characters: 0.9 s) behind what the user sees.
    """

    uri: str
    saved_text: str
    text: str
    language: str = ""
    read_only: bool = False
    dirty: bool = False
    line: int = 1
    column: int = 1
    top_line: int = 0
    markers: tuple[Marker, ...] = field(default=())
    marked_text: str = ""

    def mark(self, markers: tuple[Marker, ...]) -> bool:
        """Takes markers. False where the user sees just these, and nothing has moved them by typing."""
        if markers == self.markers and (not markers or self.text is self.marked_text):
            return False
        self.markers, self.marked_text = markers, self.text
        return True
