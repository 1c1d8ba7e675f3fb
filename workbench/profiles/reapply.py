"""Makes the edits of a journal entry fit files that another program has written since."""

from collections.abc import Container, Iterator
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.profiles.diff import MASK
from workbench.profiles.edit_journal import JournalEntry
from workbench.profiles.ini_editor import (
    AddSection,
    Edit,
    FileEdits,
    RenameSection,
    SetOption,
)
from workbench.profiles.replace import read_state
from workbench.profiles.verify import Sections, change, parse


def again(entry: JournalEntry, replaced: Container[tuple[Path, str, str]]) -> tuple[FileEdits, ...]:
    """The edits that bring an entry's effect back.

    Args:
        entry: What was done.
        replaced: (path, section, option) that later entries have set: those are left alone.

    Raises:
        WorkbenchError: It set secrets, which are not in the journal; or a file cannot be read.
    """
    changes: list[FileEdits] = []
    missing: list[str] = []
    for each in entry.changes:
        sections = parse(read_state(each.path).data or b"")
        edits: list[Edit] = []
        for edit in each.edits:
            for adapted in _adapt(edit, sections, missing):
                option = adapted.option.lower() if isinstance(adapted, SetOption) else ""
                if option and (each.path, adapted.section, option) in replaced:
                    continue
                edits.append(adapted)
                sections = change(sections, [adapted])
        changes.append(FileEdits(each.path, tuple(edits)))
    if missing:
        raise WorkbenchError(
            f"“{entry.title}” cannot be applied again.",
            f"The history does not contain secrets. Missing: {', '.join(missing)}.",
            "Edit the profile and enter the secrets again.",
            action="profile.edit",
        )
    return tuple(changes)


def _adapt(edit: Edit, sections: Sections, missing: list[str]) -> Iterator[Edit]:
    """An edit as edits that match the present sections. Secrets are added to `missing`."""
    present = sections.get(edit.section)
    match edit:
        case SetOption(section, option, value):
            yield from _set(section, ((option, value),), present, missing)
        case AddSection(section, options):
            yield from _set(section, options, present, missing)
        case RenameSection(_, new_section):
            if present is not None and new_section not in sections:
                yield edit
        case _:
            if present is not None:
                yield edit


def _set(
    section: str, options: tuple[tuple[str, str], ...], present: dict[str, str] | None, missing: list[str]
) -> Iterator[Edit]:
    known = present or {}
    missing += [
        f"{option} in [{section}]"
        for option, value in options
        if value == MASK and option.lower() not in known
    ]
    options = tuple((option, value) for option, value in options if value != MASK)
    if present is None:
        yield AddSection(section, options)
    else:
        yield from (SetOption(section, option, value) for option, value in options)
