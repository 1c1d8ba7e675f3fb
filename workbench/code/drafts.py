"""Unsaved typing, on disk: one small file per edited file, replaced whole and synced at every change.

A draft file is a line of JSON (path, hash of the saved bytes it was typed over) and then the text itself. It
is named by the hash of the path, so that no path is too long or too odd.
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.core.codec import Damaged, Format
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Draft:
    """Text that was typed and not saved.

    Attributes:
        path: The file, relative to the workspace.
        text: As the editor holds it: lines end with LF only.
        over_sha256: Hash (hexadecimal) of the file's bytes when this was typed; empty when there was no file.
            Differs from the file's hash when something else has written the file since.
    """

    path: str
    text: str
    over_sha256: str


@dataclass(frozen=True, slots=True)
class _Head:
    """The first line of a draft's file; see `Draft`."""

    path: str
    over_sha256: str


_HEAD = Format(_Head)


class Drafts:
    """The drafts of one workspace. Calls for one path must not overlap (they share a job lane)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, draft: Draft) -> None:
        """Stores a draft; it survives a kill of the program from here on.

        Raises:
            WorkbenchError: The disk is full or not writable. The draft before it is intact then.
        """
        head = _HEAD.encode(_Head(draft.path, draft.over_sha256))
        body = draft.text.encode("utf-8", "surrogatepass")
        write_atomic(self._file(draft.path), head + b"\n" + body)

    def get(self, path: str) -> Draft | None:
        """The draft of a file, or None."""
        return _read(self._file(path))

    def base_sha256(self, path: str) -> str | None:
        """The `over_sha256` of the present draft; None when there is none that can be read."""
        try:
            draft = _read(self._file(path))
        except WorkbenchError:
            return None  # the next one takes its place
        return draft.over_sha256 if draft is not None else None

    def drop(self, path: str) -> None:
        """Forgets a draft; none is fine too."""
        try:
            self._file(path).unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(
                error, f"The draft of {path} could not be removed.", self._folder
            ) from error

    def __iter__(self) -> Iterator[Draft]:
        found = []
        for file in self._folder.glob("*.draft"):
            try:
                if draft := _read(file):
                    found.append(draft)
            except WorkbenchError as error:
                _log.warning("%s", error)  # one bad draft must not hide the others
        yield from sorted(found, key=lambda draft: draft.path)

    def _file(self, path: str) -> Path:
        return self._folder / f"{hashlib.sha256(path.encode()).hexdigest()[:32]}.draft"


def _read(file: Path) -> Draft | None:
    try:
        head, _, body = file.read_bytes().partition(b"\n")
        about = _HEAD.decode(head)
        return Draft(about.path, body.decode("utf-8", "surrogatepass"), about.over_sha256)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain_os_error(error, "A draft could not be read.", file) from error
    except (Damaged, UnicodeDecodeError) as error:
        raise WorkbenchError(
            "A draft could not be read.", f"{file} is damaged.", "Open the file in another editor."
        ) from error
