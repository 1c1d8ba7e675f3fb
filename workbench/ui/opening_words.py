"""How a file is shown once it is opened: its text, the editor's settings, or why there is no text to show."""

import os

from workbench.code.text import Document, FileKind
from workbench.code.workspace import Workspace
from workbench.code.workspace_store import Draft
from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.ui.editor import EditorOptions
from workbench.ui.preferences import (
    EDITOR_FONT,
    EDITOR_FONT_SIZE_PX,
    EDITOR_MINIMAP,
    EDITOR_TAB_SIZE,
    EDITOR_WHITESPACE,
    EDITOR_WORD_WRAP,
)


def editor_options(settings: Settings) -> EditorOptions:
    """The editor's settings."""
    return EditorOptions(
        font_family=EDITOR_FONT.read(settings) or "monospace",
        font_size_px=EDITOR_FONT_SIZE_PX.read(settings),
        tab_size=EDITOR_TAB_SIZE.read(settings),
        word_wrap=EDITOR_WORD_WRAP.read(settings),
        minimap=EDITOR_MINIMAP.read(settings),
        whitespace=EDITOR_WHITESPACE.read(settings),
    )


def read_to_show(workspace: Workspace, path: str, *, or_new: bool) -> tuple[Document, Draft | None]:
    """A file as it is on disk, and what was typed in it. Runs in a job.

    With `or_new` one that does not exist is empty; so is one of which there is only a draft: it was never
    saved, or another program has deleted it.

    Raises:
        WorkbenchError: It cannot be read.
    """
    draft = workspace.draft(path)
    if (or_new or draft is not None) and not os.path.lexists(workspace.root / path):
        return Document(FileKind.TEXT, "", 0), draft
    return workspace.read(path), draft


def fallback_words(reason: str) -> tuple[str, str]:
    """That Monaco cannot be used, and why."""
    why = _("The Monaco editor is unavailable: {reason}")
    return _("The plain text editor is used instead."), why.format(reason=reason)
