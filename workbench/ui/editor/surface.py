"""What an editor widget needs from whatever shows the text: Monaco in a web view, or a plain Qt widget.

A surface shows documents and reports what the user does to them; it never owns the last copy of a text.
Lines and columns count from 1; columns count UTF-16 units (as Monaco, Qt and the language servers do).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from workbench.ui.editor.bridge import LanguageBridge


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


class BreakpointLook(StrEnum):
    """How a breakpoint is drawn."""

    PLAIN = "plain"
    CONDITIONAL = "conditional"
    LOG = "log"
    DISABLED = "disabled"
    UNVERIFIED = "unverified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class BreakpointMark:
    """A breakpoint in the margin.

    Attributes:
        number: Its own: it stays when the line changes.
        line: From 1.
        look: How it is drawn.
        title: What is said when the pointer rests on it.
        detail: What the user or the debugger has written, below the title.
    """

    number: int
    line: int
    look: BreakpointLook
    title: str
    detail: str = ""


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


class Surface(QWidget):
    """Shows one of several open documents. Every method may be called from the first `ready` on, not before.

    Signals:
        ready: Nothing is open and every method may be called. Comes again when the surface had to start anew.
        failed(reason): It cannot be continued. Nothing else comes after it.
        changed(uri, version, text): The text, at most 0.3 s after a change (large texts: 0.9 s).
        edited(uri, version, length, edits): In place of `changed`, for a large text: its length, and a JSON
            list of changes, each offset, length and new text; all in UTF-16 units.
        limited(uri): A line is so long that colors, checks and wrapping are off.
        dirty_changed(uri, dirty): The text differs from the saved one, or no longer does.
        cursor_moved(uri, line, column): Both from 1.
        scrolled(uri, line): The first line in sight, from 1, once scrolling has paused.
        half_entered(half): The user went to the other half: 0 or 1.
        share_moved(share): The user moved the line between the halves; the first one's part of the width.
        outlined(uri, symbols): What is in the document where the user types; tuple[OutlineSymbol, ...].
        breakpoints_moved(uri, lines): An edit moved breakpoints; a JSON list, number and line of each.
        margin_clicked(uri, line): The user clicked where breakpoints are.
        margin_menu_wanted(uri, line, point): The user asked for the menu of that; a QPoint of the screen.
        entered(is_by_key): The keyboard came to the text, by a key or by the mouse, or (False) left it.
        save_requested(uri): The user pressed Ctrl+S; `changed` came before it.
    """

    ready = Signal()
    failed = Signal(str)
    changed = Signal(str, int, str)
    edited = Signal(str, int, int, str)
    limited = Signal(str)
    dirty_changed = Signal(str, bool)
    cursor_moved = Signal(str, int, int)
    scrolled = Signal(str, int)
    half_entered = Signal(int)
    share_moved = Signal(float)
    outlined = Signal(str, object)
    breakpoints_moved = Signal(str, str)
    margin_clicked = Signal(str, int)
    margin_menu_wanted = Signal(str, int, QPoint)
    entered = Signal(bool)
    save_requested = Signal(str)

    can_split = False  # whether it can show two documents at once

    def use_language(self, bridge: LanguageBridge) -> None:
        """Takes what leads to the language servers, before `start`. A surface may have no use for it."""
        bridge.is_used = False

    def start(self) -> None:
        """Begins; `ready` or `failed` follows."""
        raise NotImplementedError

    def open(self, document: Document) -> None:
        """Opens a document, or opens it anew. Undoing everything leads to its saved text."""
        raise NotImplementedError

    def show_document(self, uri: str) -> None:
        """Shows an open document as it was left: cursor, selection, scroll position, undo history."""
        raise NotImplementedError

    def set_halves(self, split: bool, active: int, share: float) -> None:
        """One text or two; where the user types, which all methods mean; the first one's width (0 to 1)."""

    def show_in_other_half(self, uri: str) -> None:
        """Shows an open document in the half where the user does not type."""

    def set_scripts(self, root: str, texts: str) -> None:
        """The scripts in a folder (its URI), open or not: a JSON object, path -> text. Not all use it."""

    def want_outline(self, *, wanted: bool) -> None:
        """Whether `outlined` is of use; not every surface can."""

    def close_document(self, uri: str, then: Callable[[], None]) -> None:
        """Closes a document; `then` runs once its last `changed` has come."""
        raise NotImplementedError

    def read(self, uri: str, then: Callable[[int, str], None], lost: Callable[[], None]) -> None:
        """Hands version and text of this moment to `then`; `lost` runs instead when there is no answer."""
        raise NotImplementedError

    def send_text(self, uri: str) -> None:
        """Emits `changed` with the whole text of this moment, if the document is still open."""

    def flush(self, then: Callable[[], None]) -> None:
        """Runs `then` once `changed` has come for everything typed so far (or when there is no answer)."""
        raise NotImplementedError

    def edit(self, uri: str, edits: Sequence[TextEdit]) -> None:
        """Makes the edits as one undoable step."""
        raise NotImplementedError

    def mark_saved(self, uri: str, version: int) -> None:
        """The text of that version is on disk."""
        raise NotImplementedError

    def set_markers(self, uri: str, markers: Sequence[Marker]) -> None:
        """Replaces a document's markers."""
        raise NotImplementedError

    def set_changes(self, uri: str, changes: Sequence[ChangedLines]) -> None:
        """Replaces the marks beside a document's lines, where there is a margin for them."""

    def set_breakpoints(self, uri: str, marks: Sequence[BreakpointMark], stopped: int) -> None:
        """Replaces a document's breakpoints, and the line where the function has stopped; 0 for none."""

    def compare(self, uri: str, original: str) -> None:
        """Shows the document beside another text until another document is shown, or `end_comparison`."""
        raise NotImplementedError

    def end_comparison(self) -> None:
        """Shows the document alone again."""
        raise NotImplementedError

    def go_to_change(self, *, forward: bool) -> None:
        """Moves to the next or previous difference of a comparison."""
        raise NotImplementedError

    def revert_change(self) -> None:
        """Takes back the difference at the cursor of a comparison, where that can be edited."""

    def reveal(self, uri: str, line: int, column: int, top_line: int = 0, end_column: int = 0) -> None:
        """Shows the document with the cursor there, or the text up to `end_column` selected unless that is 0.

        `top_line` is the first in sight; 0 to scroll only as far as the cursor needs.
        """
        raise NotImplementedError

    def set_dark(self, dark: bool) -> None:
        """Chooses the colours. May be called before `ready`."""
        raise NotImplementedError

    def set_options(self, options: EditorOptions) -> None:
        """Changes how the text is shown."""
        raise NotImplementedError

    def run(self, command: EditorCommand) -> None:
        """Runs a menu's command on the shown document."""
        raise NotImplementedError

    def focus_text(self) -> None:
        """Gives the keyboard to the text."""
        raise NotImplementedError


type SurfaceFactory = Callable[[QWidget], Surface]


def is_window_shortcut(widget: QWidget, event: QKeyEvent) -> bool:
    """Whether an enabled action of the widget's window has these keys.

    Text widgets claim what the desktop's theme has for editing; the shortcuts of the window come first.
    """
    if not event.modifiers() and event.text():
        return False  # a letter: the common case, while typing
    keys = QKeySequence(event.keyCombination())
    return any(keys in action.shortcuts() for action in widget.window().actions() if action.isEnabled())
