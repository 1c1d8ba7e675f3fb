"""How the user left the window as one profile in one region, as values that are kept in the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.core.settings import Settings
from workbench.ui.editor import Position

_MAX_FUNCTIONS, _MAX_FILES, _MAX_CHARACTERS = 30, 40, 1_000
_MAX_LINE = 10_000_000


@dataclass(frozen=True, slots=True)
class FileLeft:
    """An open file: its path in the code, and where the user was in it."""

    path: str
    position: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True)
class FilesLeft:
    """The open files of a function, in the order of their tabs, and the one in front ("" for none)."""

    files: tuple[FileLeft, ...] = ()
    shown: str = ""


@dataclass(frozen=True, slots=True)
class LeftOff:
    """How a profile and region were left.

    Attributes:
        function_name: The open function, or "".
        tab: Object name of the tab in front, or "".
        panel: Object name of the panel at the bottom; "" while it is closed.
        files: By function name, the one that was open last at the end.
    """

    function_name: str = ""
    tab: str = ""
    panel: str = ""
    files: Mapping[str, FilesLeft] = field(default_factory=dict)


def read(settings: Settings, key: str) -> LeftOff:
    """What was kept. What is damaged, or not of the expected form, counts as never kept."""
    kept: dict[str, object] = settings.get(key, {})
    files = kept.get("files")
    found = {
        name: _files_of(value)
        for name, value in (files.items() if isinstance(files, dict) else ())
        if _text(name)
    }
    return LeftOff(_text(kept.get("function")), _text(kept.get("tab")), _text(kept.get("panel")), found)


def written(left: LeftOff) -> dict[str, object]:
    """What is kept, as JSON; of the functions those that were open last."""
    return {
        "function": left.function_name,
        "tab": left.tab,
        "panel": left.panel,
        "files": {
            name: {
                "shown": files.shown,
                "open": [
                    [file.path, file.position.line, file.position.column, file.position.top_line]
                    for file in files.files[:_MAX_FILES]
                ],
            }
            for name, files in list(left.files.items())[-_MAX_FUNCTIONS:]
        },
    }


def _files_of(value: object) -> FilesLeft:
    kept = value if isinstance(value, dict) else {}
    entries = kept.get("open")
    files = (_file_of(each) for each in (entries if isinstance(entries, list) else ())[:_MAX_FILES])
    found = {file.path: file for file in files if file is not None}
    return FilesLeft(tuple(found.values()), _text(kept.get("shown")))


def _file_of(value: object) -> FileLeft | None:
    match value:
        case [str(path), int(line), int(column), int(top_line)] if _text(path):
            numbers = (
                min(max(number, least), _MAX_LINE)
                for number, least in ((line, 1), (column, 1), (top_line, 0))
            )
            return FileLeft(path, Position(*numbers))
    return None


def _text(value: object) -> str:
    """A text of a length that names have; anything else is ""."""
    return value if isinstance(value, str) and len(value) <= _MAX_CHARACTERS else ""
