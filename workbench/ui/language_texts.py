"""Texts of files that are not open, for a look at a definition or a reference in them."""

from collections.abc import Callable

from workbench.code.language_server import Json, Message
from workbench.code.language_service import path_of, relative_path
from workbench.code.text import FileKind, decode
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.ui.services import Services

_MOST = 200
_LARGEST_BYTES = 2_000_000
_SUFFIXES = (".py", ".pyi")


def read_texts(
    services: Services,
    workspace: Workspace | None,
    asked: Message,
    answered: Callable[[Json], object],
    refused: Callable[[str], object],
) -> None:
    """Hands URI -> text to `answered`, without those that cannot be read. Drafts win over the disk.

    Outside the code only Python's files are read: a definition may be in the standard library.
    """
    uris = asked.get("uris")
    names = [uri for uri in uris if isinstance(uri, str)][:_MOST] if isinstance(uris, list) else []
    if workspace is None:
        refused(_("no code is open"))
        return

    def read(ctx: JobContext) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for uri in names:
            ctx.check()
            text = _text(workspace, uri)
            if text is not None:
                found[uri] = text
        return found

    services.jobs.submit(
        Job(
            _("Reading related files"),
            read,
            quiet=True,
            on_done=answered,
            on_error=lambda error: refused(str(error)),
        )
    )


def _text(workspace: Workspace, uri: str) -> str | None:
    try:
        if path := relative_path(uri, workspace.root):
            draft = workspace.draft(path)
            if draft is not None:
                return draft.text
            document = workspace.read(path)
        else:
            file = path_of(uri)
            if file.suffix not in _SUFFIXES or file.stat().st_size > _LARGEST_BYTES:
                return None
            document = decode(file.read_bytes())
    except (OSError, ValueError, WorkbenchError):
        return None
    return document.text if document.kind is FileKind.TEXT else None
