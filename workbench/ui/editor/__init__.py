"""The code editor: Monaco in a web view, or a plain text field where that cannot be.

What a program does: `prepare_application()` and `prepare_window(window)` of ui/kit/web_views.py before its
QApplication and before the first show, `Editor(monaco(...))` where the code is shown, `prewarm()` when idle,
`flush()` before it ends. Only the first `prewarm` or `open_file` loads QtWebEngine.
"""

from workbench.ui.editor.editor import Editor, monaco
from workbench.ui.editor.parts import OutlineSymbol
from workbench.ui.editor.surface import (
    BreakpointLook,
    BreakpointMark,
    ChangedLines,
    EditorCommand,
    EditorOptions,
    Marker,
    Position,
    Severity,
    Snapshot,
    SurfaceFactory,
    TextEdit,
)

__all__ = [
    "BreakpointLook",
    "BreakpointMark",
    "ChangedLines",
    "Editor",
    "EditorCommand",
    "EditorOptions",
    "Marker",
    "OutlineSymbol",
    "Position",
    "Severity",
    "Snapshot",
    "SurfaceFactory",
    "TextEdit",
    "monaco",
]
