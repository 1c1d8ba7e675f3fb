"""Notes of moves of keys between AWS's files and a store, from which a crashed move is recovered."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.core.codec import Format
from workbench.core.jobs import JobContext
from workbench.profiles.edit_lock import edit_lock

_FOLDER = "key-moves"


@dataclass(frozen=True, slots=True)
class Note:
    """A move in progress.

    Attributes:
        profile: The profile's name.
        entry: The name under which the key is stored.
        store: The kind of store.
        had_process: Whether the profile already used our helper: a newer key replaces a stored one.
        made_section: Whether the profile had no section in the configuration file before.
        was_in_config: Whether its key was in that file, and not in the credentials file.
    """

    profile: str
    entry: str
    store: str
    had_process: bool = False
    made_section: bool = False
    was_in_config: bool = False


_FORMAT = Format(Note)


class KeyNotes:
    """The notes of one installation.

    Args:
        state_dir: Workbench's own folder.
    """

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / _FOLDER

    @contextlib.contextmanager
    def turn(self, ctx: JobContext) -> Iterator[None]:
        """Locks moves and notes: a move of another Workbench must not be taken for a crashed one.

        Raises:
            WorkbenchError: Another Workbench has moved keys for 30 s.
            Cancelled: While it waits.
        """
        with edit_lock(self._folder / "turn.lock", (), ctx):
            yield

    def write(self, note: Note) -> None:
        """Stores a note until `drop`.

        Raises:
            WorkbenchError: The disk is full or the folder not writable.
        """
        _FORMAT.write(self._path(note), note)

    def drop(self, note: Note) -> None:
        """Deletes the note of a finished move."""
        self._path(note).unlink(missing_ok=True)

    def of_store(self, kind: str) -> list[Note]:
        """The unfinished moves to or from a kind of store."""
        notes = (_read(path) for path in sorted(self._folder.glob("*.json")))
        return [note for note in notes if note is not None and note.store == kind]

    def _path(self, note: Note) -> Path:
        name = "\0".join((note.store, note.profile))
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()}.json"


def unfinished(state_dir: Path) -> bool:
    """Whether there is an unfinished move."""
    return any((state_dir / _FOLDER).glob("*.json"))


def _read(path: Path) -> Note | None:
    try:
        return _FORMAT.read(path)
    except (OSError, ValueError):
        return None  # a damaged one stays: the key that it is about may be nowhere else
