"""What can change in AWS's configuration files. Values only: lines.py applies them, write.py saves them."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SetOption:
    """Gives an option of an existing section a value, in place when it is there already."""

    section: str
    option: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RemoveOption:
    """Takes an option out, with its continuation lines."""

    section: str
    option: str


@dataclass(frozen=True, slots=True)
class AddSection:
    """Adds a section at the end of the file. The header is written as given: "profile dev", "default"."""

    section: str
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class RemoveSection:
    """Takes a section out, with everything in it."""

    section: str


@dataclass(frozen=True, slots=True)
class RenameSection:
    """Gives a section another header; what is in it stays."""

    section: str
    new_section: str


type Edit = SetOption | RemoveOption | AddSection | RemoveSection | RenameSection


@dataclass(frozen=True, slots=True)
class FileEdits:
    """What is to change in one file, in this order. Sections are named as between the brackets."""

    path: Path
    edits: tuple[Edit, ...]
