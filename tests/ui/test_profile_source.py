"""The configuration files are read and watched, and the main thread touches neither."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from workbench.profiles import watch
from workbench.profiles.model import ProfileList
from workbench.ui.kit.main_thread import MainThread
from workbench.ui.shell.profile_source import ProfileSource
from workbench.ui.shell.services import Services


@pytest.fixture
def config() -> Path:
    path = Path(os.environ["HOME"]) / ".aws" / "config"
    path.parent.mkdir()
    path.write_text("[profile dev]\nregion = eu-west-1\n")
    return path


@pytest.fixture
def source(services: Services) -> Iterator[ProfileSource]:
    main_thread = MainThread()
    source = ProfileSource(services.jobs, main_thread.post)
    yield source
    source.stop()
    main_thread.close()


def names(found: ProfileList) -> list[str]:
    return [profile.name for profile in found.profiles]


def test_a_change_is_told_first_and_read_then(source: ProfileSource, config: Path, qtbot: QtBot) -> None:
    heard: list[list[str] | str] = []
    source.read.connect(lambda found: heard.append(names(found)))
    source.files_changed.connect(lambda: heard.append("changed"))
    source.reload()
    qtbot.waitUntil(lambda: heard == [["dev"]])
    config.write_text("[profile work]\nregion = eu-west-1\n")
    qtbot.waitUntil(lambda: heard == [["dev"], "changed", ["work"]])


def test_the_main_thread_does_not_look_at_the_files(
    source: ProfileSource, config: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a network folder even that takes long."""
    looking: set[threading.Thread] = set()
    stamps = watch.stamps

    def noted(paths: tuple[Path, ...]) -> tuple[watch.Stamp, ...]:
        looking.add(threading.current_thread())
        return stamps(paths)

    monkeypatch.setattr(watch, "stamps", noted)
    with qtbot.waitSignal(source.read):
        source.reload()
    assert looking
    assert threading.main_thread() not in looking


def test_once_stopped_no_watch_begins(source: ProfileSource, services: Services, qtbot: QtBot) -> None:
    """The program ends while the files are read for the first time."""
    source.reload()
    source.stop()
    qtbot.waitUntil(lambda: not services.jobs.active())
    assert not [thread for thread in threading.enumerate() if thread.name == "profile files"]
