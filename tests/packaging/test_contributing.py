"""CONTRIBUTING.md names paths that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
PATHS = sorted(
    set(re.findall(r"`((?:workbench|sandbox|tests|resources|packaging)/[^` ]*|[\w.]+\.toml)`", TEXT))
)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_room_is_in_the_layout() -> None:
    layout = TEXT.split("```")[1]
    packages = {"workbench/": ROOT / "workbench", "sandbox/": ROOT / "sandbox" / "workbench_sandbox"}
    for _, name, rows in re.findall(r"^((\w+/).*)\n((?:  .*\n)+)", layout, re.MULTILINE):
        rooms = {path.name for path in packages.pop(name).iterdir() if (path / "__init__.py").exists()}
        assert set(re.findall(r"^  (\w+)/ ", rows, re.MULTILINE)) == rooms
    assert not packages


def test_the_questions_are_answered_by_files() -> None:
    rows = TEXT.split("| Question | Answer |")[1].splitlines()[2:]
    answers = [row.split("`")[1] for row in rows if row]
    assert len(answers) >= 10
    assert all((ROOT / answer).is_file() for answer in answers)
