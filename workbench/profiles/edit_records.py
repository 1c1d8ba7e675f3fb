"""What the journal keeps of an edit: never a secret.

Owns: the shape of an entry, in memory and as JSON. Must not know: where entries are kept.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.profiles.diff import shown
from workbench.profiles.edits import (
    AddSection,
    Edit,
    FileEdits,
    RemoveOption,
    RemoveSection,
    RenameSection,
    SetOption,
)
from workbench.profiles.verify import Sections


@dataclass(frozen=True, slots=True)
class Effect:
    """What an edit did to one option, or with an empty `option` to a section.

    `before` and `after` are values, MASK for a secret one, and None for what is not there.
    """

    path: Path
    section: str
    option: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One change that was made.

    Attributes:
        id: Unique; entries sort by it in the order they were made.
        when: UTC.
        title: What it was for, in a person's words.
        changes: The edits; MASK stands for values that are secret.
        effects: What came of them.
    """

    id: str
    when: datetime
    title: str
    changes: tuple[FileEdits, ...]
    effects: tuple[Effect, ...]


def effects_of(path: Path, old: Sections, new: Sections) -> Iterator[Effect]:
    """What differs between two states of a file; of sections that are gone only that."""
    for section in old.keys() | new.keys():
        before, after = old.get(section), new.get(section)
        if before is None or after is None:
            was, now = (None if each is None else "" for each in (before, after))
            yield Effect(path, section, "", was, now)
        if after is None:
            continue
        for option in (before or {}).keys() | after.keys():
            was, now = (seen(option, each) for each in (before, after))
            if was != now:
                yield Effect(path, section, option, was, now)


def seen(option: str, options: Mapping[str, str] | None) -> str | None:
    """An option's value as the journal knows it."""
    value = (options or {}).get(option)
    return None if value is None else shown(option, value)


def masked(changes: Sequence[FileEdits]) -> tuple[FileEdits, ...]:
    """Edits with MASK in place of every secret value."""
    return tuple(FileEdits(each.path, tuple(map(_masked, each.edits))) for each in changes)


def _masked(edit: Edit) -> Edit:
    match edit:
        case SetOption(section, option, value):
            return SetOption(section, option, shown(option, value))
        case AddSection(section, options):
            return AddSection(section, tuple((option, shown(option, value)) for option, value in options))
    return edit


def to_json(entry: JournalEntry) -> dict[str, Any]:
    """An entry as what JSON can hold."""
    return {
        "id": entry.id,
        "when": entry.when.isoformat(),
        "title": entry.title,
        "changes": [
            [str(change.path), [[type(edit).__name__, *dataclasses.astuple(edit)] for edit in change.edits]]
            for change in entry.changes
        ],
        "effects": [[str(each.path), *dataclasses.astuple(each)[1:]] for each in entry.effects],
    }


def from_json(record: dict[str, Any]) -> JournalEntry:
    """The entry again.

    Raises:
        ValueError, KeyError, TypeError: It is none.
    """
    changes = (
        FileEdits(Path(path), tuple(_edit(*edit) for edit in edits)) for path, edits in record["changes"]
    )
    effects = (Effect(Path(path), *rest) for path, *rest in record["effects"])
    when = datetime.fromisoformat(record["when"])
    return JournalEntry(record["id"], when, record["title"], tuple(changes), tuple(effects))


def _edit(kind: str, *fields: Any) -> Edit:
    match kind:
        case "SetOption":
            return SetOption(*fields)
        case "RemoveOption":
            return RemoveOption(*fields)
        case "AddSection":
            section, options = fields
            return AddSection(section, tuple((option, value) for option, value in options))
        case "RemoveSection":
            return RemoveSection(*fields)
        case "RenameSection":
            return RenameSection(*fields)
    raise ValueError(kind)
