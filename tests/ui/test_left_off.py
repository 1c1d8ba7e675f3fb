"""How the window was left, kept in the settings: a damaged or hostile file counts as nothing kept."""

import json
from pathlib import Path

import pytest

from workbench.core.settings import Settings
from workbench.ui.editor import Position
from workbench.ui.features.left_off import feature as left_off
from workbench.ui.features.left_off.feature import LeftOff
from workbench.ui.files.open_files import FileLeft, FilesLeft
from workbench.ui.shell.session import left_off_key

KEY = left_off_key("alice", "eu-west-1")
LEFT = LeftOff(
    "orders",
    "testPage",
    "problemsPanel",
    {"orders": FilesLeft((FileLeft("app.py", Position(12, 5, 3)), FileLeft("lib/a.py")), "lib/a.py")},
)


def test_what_was_kept_is_read_again_and_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    Settings(path).set(KEY, left_off.written(LEFT))
    assert left_off.read(Settings(path), KEY) == LEFT
    assert left_off.read(Settings(path), left_off_key("alice", "us-east-1")) == LeftOff()
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "kept",
    [
        None,
        7,
        "orders",
        [["orders"]],
        {"function": 7, "tab": [], "panel": None, "files": "app.py"},
        {"function": "x" * 5_000, "files": {"y" * 5_000: {}}},
        {"files": {"orders": {"shown": {}, "open": "app.py"}}},
        {"files": {"orders": {"open": [["app.py"], ["app.py", "1", 1, 1], [7, 1, 1, 1], None, {}]}}},
    ],
)
def test_what_is_not_of_the_expected_form_counts_as_never_kept(settings: Settings, kept: object) -> None:
    settings.set(KEY, kept)
    left = left_off.read(settings, KEY)
    assert (left.function_name, left.tab, left.panel) == ("", "", "")
    assert all(files == FilesLeft() for files in left.files.values())


def test_numbers_out_of_any_range_are_brought_into_it(settings: Settings) -> None:
    settings.set(KEY, {"files": {"orders": {"open": [["app.py", -1, 0, 10**400]]}}})
    (file,) = left_off.read(settings, KEY).files["orders"].files
    assert (file.position.line, file.position.column) == (1, 1)
    assert file.position.top_line < 2**31  # as Qt takes it


def test_so_many_functions_and_files_are_kept_the_newest(settings: Settings) -> None:
    files = FilesLeft(tuple(FileLeft(f"{number}.py") for number in range(500)))
    settings.set(KEY, left_off.written(LeftOff(files={f"fn-{number}": files for number in range(500)})))
    left = left_off.read(settings, KEY)
    assert "fn-499" in left.files
    assert len(json.dumps(left_off.written(left))) < 100_000
