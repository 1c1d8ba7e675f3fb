"""Settings survive damage, wrong types and an unwritable place."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from workbench.core.codec import to_builtins
from workbench.core.settings import Settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def test_a_setting_is_there_at_the_next_start(path: Path) -> None:
    assert Settings(path).set("ui.theme", "dark") is None
    assert Settings(path).get("ui.theme", "system") == "dark"


@pytest.mark.parametrize("content", [b"{half", b"[1, 2]", b"\xff\xfe", b"null", b""])
def test_a_damaged_file_is_set_aside_and_defaults_apply(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    settings = Settings(path)
    assert settings.get("ui.theme", "system") == "system"
    assert path.with_name("settings.json.damaged").read_bytes() == content
    settings.set("ui.theme", "dark")
    assert json.loads(path.read_bytes()) == {"ui.theme": "dark"}


def test_a_value_of_another_type_is_not_handed_out(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"window.width": "wide", "invoke.timeout_s": null}')
    settings = Settings(path)
    assert settings.get("window.width", 1200) == 1200
    assert settings.get("invoke.timeout_s", 3) == 3


def test_a_value_has_the_type_that_is_asked_for_in_all_its_parts(path: Path) -> None:
    @dataclass(frozen=True)
    class Shown:
        tab: str
        lines: tuple[int, ...] = ()

    settings = Settings(path)
    settings.set("shown", to_builtins(Shown("code", (1, 2))))
    settings.set("folders", {"a": "/a", "b": 3})
    again = Settings(path)
    assert again.get_as("shown", Shown, Shown("")) == Shown("code", (1, 2))
    assert again.get_as("folders", Shown, Shown("none")) == Shown("none")
    assert again.get_as("folders", dict[str, str], {"c": "/c"}) == {"c": "/c"}
    assert again.get_as("absent", dict[str, str], {}) == {}


def test_what_cannot_be_saved_is_in_force_and_said(path: Path) -> None:
    settings = Settings(path)
    path.parent.write_bytes(b"a file where the folder should be")
    error = settings.set("ui.theme", "dark")
    assert error is not None
    assert "could not be saved" in error.what
    assert settings.get("ui.theme", "system") == "dark"


def test_an_unchanged_value_is_not_written_again(path: Path) -> None:
    settings = Settings(path)
    settings.set("ui.theme", "dark")
    path.unlink()
    settings.set("ui.theme", "dark")
    assert not path.exists()


def test_what_threads_set_at_once_is_all_kept(path: Path) -> None:
    settings = Settings(path)

    def work(number: int) -> None:
        for each in range(20):
            assert settings.set(f"thread.{number}.{each}", each) is None

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(json.loads(path.read_bytes())) == 80
