"""Settings survive damage, wrong types, an unwritable place, and other windows."""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workbench.core.codec import to_builtins
from workbench.core.settings import Preference, Settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def test_a_setting_is_there_at_the_next_start(path: Path) -> None:
    assert Settings(path).set("ui.theme", "dark") is None
    assert Settings(path).get("ui.theme", "system") == "dark"


DAMAGED = [b"{half", b"[1, 2]", b"\xff\xfe", b"null", b"", b"\x00" * 200, b"[" * 200_000]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_set_aside_and_defaults_apply(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    settings = Settings(path)
    assert settings.get("ui.theme", "system") == "system"
    assert path.with_name("settings.json.damaged").read_bytes() == content
    assert settings.problem is not None
    assert settings.problem.what == "settings.json was damaged."
    assert "settings.json.damaged" in settings.problem.why
    settings.set("ui.theme", "dark")
    assert json.loads(path.read_bytes()) == {"ui.theme": "dark"}
    assert Settings(path).problem is None


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_of_what_must_not_be_lost_there_is_a_copy(path: Path, content: bytes) -> None:
    settings = Settings(path, keeps_copy=True)
    settings.set("tier", "production")
    path.write_bytes(content)
    again = Settings(path, keeps_copy=True)
    assert again.get("tier", "normal") == "production"
    assert again.problem is not None
    assert "Its last good copy is used." in again.problem.why
    assert not again.is_lost
    path.unlink(missing_ok=True)
    assert Settings(path, keeps_copy=True).get("tier", "normal") == "production"


def test_a_file_that_is_lost_with_its_copy_stays_lost_at_the_next_start(path: Path) -> None:
    Settings(path, keeps_copy=True).set("tier", "production")
    path.write_bytes(b"{")
    path.with_name("settings.json.good").write_bytes(b"{")
    assert Settings(path, keeps_copy=True).is_lost
    assert Settings(path, keeps_copy=True).is_lost
    assert not Settings(path.with_name("new.json"), keeps_copy=True).is_lost


def test_a_value_of_another_type_is_not_handed_out(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"window.width": "wide", "invoke.timeout_s": null, "number": true, "switch": 1}')
    settings = Settings(path)
    assert settings.get("window.width", 1200) == 1200
    assert settings.get("invoke.timeout_s", 3) == 3
    assert settings.get("number", 3) == 3
    assert settings.get("switch", False) is False


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


@pytest.mark.parametrize(
    ("preference", "stored", "value"),
    [
        (Preference("x", 14, limits=(8, 40)), "3", 8),
        (Preference("x", 14, limits=(8, 40)), "-1" + "0" * 5000, 8),
        (Preference("x", 14, limits=(8, 40)), "1" + "0" * 5000, 40),
        (Preference("x", 14, limits=(8, 40)), "20", 20),
        (Preference("x", 14, limits=(8, 40)), "20.5", 14),
        (Preference("x", 14, limits=(8, 40)), "NaN", 14),
        (Preference("x", 14, limits=(8, 40)), "true", 14),
        (Preference("x", 14), "99999999999999", 2**31 - 1),
        (Preference("x", 0.5, limits=(0, 1)), "1e999", 0.5),
        (Preference("x", 0.5, limits=(0, 1)), "7.0", 1),
        (Preference("x", "a", choices=("a", "b")), '"b"', "b"),
        (Preference("x", "a", choices=("a", "b")), '"c"', "a"),
        (Preference("x", 900, choices=(900, 3600)), "901", 900),
        (Preference[list[int]]("x", [], limits=(1, 9), items=int), "[0, 5, 1000000000000]", [1, 5, 9]),
        (Preference[list[int]]("x", [], limits=(1, 9), items=int), "[5, null]", []),
        (Preference[list[int]]("x", [], limits=(1, 9), items=int), "[5, true]", []),
        (Preference[dict[str, str]]("x", {}, items=str), '{"a": "b"}', {"a": "b"}),
        (Preference[dict[str, str]]("x", {}, items=str), '{"a": 1}', {}),
        (Preference("x", ""), '"half \\ud800 of a character"', "half ? of a character"),
        (Preference("x", ""), '"whole \\ud83d\\ude00"', "whole \N{GRINNING FACE}"),
    ],
)
def test_a_value_is_brought_into_its_range_where_it_is_read(
    path: Path, preference: Preference[Any], stored: str, value: object
) -> None:
    path.parent.mkdir()
    path.write_text(f'{{"x": {stored}}}')
    found = preference.read(Settings(path))
    assert (type(found), found) == (type(value), value)


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


# Several windows --------------------------------------------------------------------------------------------


def test_what_one_window_stores_survives_another_one(path: Path) -> None:
    one, other = Settings(path), Settings(path)
    one.set("profile.prod.tier", "production")
    other.set("window.geometry", "b")
    one.set("ui.theme", "dark")
    other.set("window.splitter", [1, 2])
    expected = {
        "profile.prod.tier": "production",
        "window.geometry": "b",
        "ui.theme": "dark",
        "window.splitter": [1, 2],
    }
    assert json.loads(path.read_bytes()) == expected
    assert other.get("ui.theme", "system") == "dark"


def test_a_window_follows_the_others(path: Path) -> None:
    one, other = Settings(path), Settings(path)
    one.set("tier", "production")
    other.follow()
    assert other.get("tier", "normal") == "production"
    path.write_bytes(b"{")
    other.follow()
    assert other.get("tier", "normal") == "production", "what was known stays known"
    other.set("a", 1)
    assert json.loads(path.read_bytes()) == {"a": 1, "tier": "production"}
    assert path.with_name("settings.json.damaged").read_bytes() == b"{"


def test_what_could_not_be_saved_is_not_undone_by_another_window(path: Path) -> None:
    one = Settings(path)
    path.mkdir(parents=True)  # in the file's place, so that it cannot be replaced
    assert one.set("tier", "production") is not None
    path.rmdir()
    Settings(path).set("tier", "normal")
    one.follow()
    assert one.get("tier", "normal") == "production"
    one.set("a", 1)
    assert json.loads(path.read_bytes()) == {"a": 1, "tier": "production"}


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


STORE = """
import sys
from pathlib import Path
from workbench.core.settings import Settings

settings = Settings(Path(sys.argv[1]))
for each in range(20):
    assert settings.set(f"process.{sys.argv[2]}.{each}", each) is None
"""


def test_what_windows_set_at_once_is_all_kept(path: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", STORE, str(path), str(number)]) for number in range(4)
    ]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert len(json.loads(path.read_bytes())) == 80
