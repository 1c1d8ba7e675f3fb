"""A configuration file that is edited, who edits it, and the edit."""

from pathlib import Path

import pytest

from tests.fake_time import FakeClock
from workbench.core.jobs import JobContext
from workbench.profiles.ini_editor import Edit, FileEdits, SetOption
from workbench.profiles.write import ConfigWriter

__all__ = ["config", "writer"]

CTX = JobContext()
TEXT = "# mine\n[default]\nregion = eu-west-1\n"
SET = SetOption("default", "region", "eu-central-1")
AFTER = TEXT.replace("eu-west-1", "eu-central-1")


@pytest.fixture
def writer(tmp_path: Path) -> ConfigWriter:
    return ConfigWriter(tmp_path / "state", FakeClock())


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "aws" / "config"
    path.parent.mkdir()
    path.write_text(TEXT)
    return path


def edit_of(path: Path, *edits: Edit) -> list[FileEdits]:
    return [FileEdits(path, edits or (SET,))]


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())
