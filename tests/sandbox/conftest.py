"""A Sandbox with a stand-in for its server, and a recorder of what it tells."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.recorder import STAND_IN, Make, Recorder
from workbench.sandbox.supervisor import Sandbox


@pytest.fixture
def told() -> Recorder:
    return Recorder()


@pytest.fixture
def make(tmp_path: Path, told: Recorder) -> Iterator[Make]:
    made: list[Sandbox] = []

    def build(*behaviours: str, data_dir: Path = tmp_path / "data", recorder: Recorder = told) -> Sandbox:
        sandbox = Sandbox(
            data_dir,
            on_status=recorder.take,
            on_notice=recorder.notices.append,
            command=(sys.executable, str(STAND_IN), *behaviours),
        )
        made.append(sandbox)
        return sandbox

    yield build
    for sandbox in made:
        sandbox.stop()
