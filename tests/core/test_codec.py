"""What is written comes back; what is older is upgraded; what is damaged or hostile is set aside and said."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.codec import Damaged, Format, Newer, convert, to_builtins
from workbench.core.errors import WorkbenchError


class Shift(Enum):
    CANARY = "canary"
    LINEAR = "linear"


class Point(NamedTuple):
    line: int
    column: int = 0


@dataclass(frozen=True, slots=True)
class Alias:
    name: str
    shift: Shift = Shift.LINEAR
    shares: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if any(not 0 < share < 1 for share in self.shares):
            raise ValueError(f"hidden-value {self.shares}")


@dataclass(frozen=True, slots=True)
class Move:
    alias: Alias | None = None
    when: datetime | None = None
    folder: Path | None = None
    places: Mapping[str, Point] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    data: bytes = b""
    old: object = None


MOVE = Move(
    Alias("live", Shift.CANARY, (0.1, 0.5)),
    datetime(2026, 11, 29, 8, 15, tzinfo=UTC),
    Path("/home/user/zoë"),
    {"app.py": Point(3, 7)},
    frozenset({"a", "b"}),
    b"\x00\xff",
    [1, {"a": None}],
)
FORMAT = Format(Move)


def test_a_value_comes_back_from_its_file(tmp_path: Path) -> None:
    FORMAT.write(tmp_path / "move.json", MOVE)
    assert FORMAT.read(tmp_path / "move.json") == MOVE
    assert FORMAT.load(tmp_path / "move.json") == MOVE
    assert json.loads((tmp_path / "move.json").read_bytes())["format"] == 1
    assert (tmp_path / "move.json").stat().st_mode & 0o077 == 0


def test_a_value_comes_back_from_a_journals_event() -> None:
    assert convert(json.loads(json.dumps(to_builtins(MOVE))), Move) == MOVE
    with pytest.raises(Damaged, match=r"^no Move, at alias\.shift$"):
        convert({"alias": {"name": "live", "shift": "hidden-value"}}, Move)


def test_what_must_be_understood_whole_has_no_member_that_is_not_known() -> None:
    assert convert({"name": "live", "later": 1}, Alias) == Alias("live")
    with pytest.raises(Damaged):
        convert({"name": "live", "later": 1}, Alias, exact=True)
    assert convert(to_builtins(Alias("live")), Alias, exact=True) == Alias("live")


@dataclass(frozen=True)
class Street:
    houses: tuple[Alias, ...]
    by_name: Mapping[str, Alias]


@pytest.mark.parametrize("later", ["houses", "by_name"])
def test_that_holds_for_what_is_inside_of_it(later: str) -> None:
    known: dict[str, Any] = {"houses": [{"name": "a"}, {"name": "b"}], "by_name": {"c": {"name": "c"}}}
    street = Street((Alias("a"), Alias("b")), {"c": Alias("c")})
    assert convert(known, Street, exact=True) == street
    {"houses": known["houses"][1], "by_name": known["by_name"]["c"]}[later]["later"] = 1
    assert convert(known, Street) == street
    with pytest.raises(Damaged):
        convert(known, Street, exact=True)


def test_a_version_that_there_never_was_ends_at_once() -> None:
    with pytest.raises(Damaged):
        Format(Alias).decode(b'{"format": -9000000000000000000, "name": 1}')


def test_an_empty_value_is_an_object_with_its_version() -> None:
    @dataclass(frozen=True)
    class Nothing:
        pass

    assert Format(Nothing, version=3).encode(Nothing()) == b'{"format":3}'


@pytest.mark.parametrize("name", ["\udc80.py", "a\ud800b", 'quote " and \\', "\x00\u2028", "\U0001f600"])
def test_names_that_are_no_text_come_back(name: str) -> None:
    move = Move(Alias(name), places={name: Point(1)}, folder=Path("/", name))
    assert FORMAT.decode(FORMAT.encode(move)) == move


@given(st.builds(Alias, name=st.text(st.characters(exclude_categories=())), shift=st.sampled_from(Shift)))
def test_every_text_comes_back(alias: Alias) -> None:
    form = Format(Alias)
    assert form.decode(form.encode(alias)) == alias


def test_what_json_cannot_hold_is_an_error_of_the_program() -> None:
    with pytest.raises(NotImplementedError, match=r"^range$"):
        FORMAT.encode(Move(old=range(3)))
    with pytest.raises(Damaged):
        convert("text", range)


def test_what_the_json_module_wrote_is_read() -> None:
    written = json.dumps({"format": 1, "alias": {"name": "\udc80"}, "odd": float("nan")})
    assert FORMAT.decode(written.encode()) == Move(Alias("\udc80"))


def test_a_missing_member_has_its_default_and_an_unknown_one_is_passed_over() -> None:
    assert FORMAT.decode(b'{"format": 1, "alias": {"name": "live", "later": {}}, "later": 1}') == Move(
        Alias("live")
    )


def test_an_older_file_is_upgraded_version_by_version() -> None:
    @dataclass(frozen=True)
    class Name:
        whole: str

    def joined(values: dict[str, Any]) -> dict[str, Any]:
        return {"name": f"{values['first']} {values['last']}"}

    def renamed(values: dict[str, Any]) -> dict[str, Any]:
        return {"whole": values["name"]}

    form = Format(Name, version=3, upgrades={0: joined, 2: renamed})
    expected = Name("Ada Lovelace")
    assert form.decode(b'{"first": "Ada", "last": "Lovelace"}') == expected
    assert form.decode(b'{"format": 1, "name": "Ada Lovelace"}') == expected
    assert form.decode(b'{"format": 2, "name": "Ada Lovelace"}') == expected
    assert form.decode(form.encode(expected)) == expected
    with pytest.raises(Damaged, match=r"^no Name$"):
        form.decode(b'{"first": "Ada"}')


HOSTILE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"\x00" * 100,
    b"[" * 100_000,
    b'{"format": 1, "later": ' + b"[" * 100_000,
    b'{"format": 1, "later": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"format": "1"}',
    b'{"format": null}',
    b'{"format": -1e400}',
    b'{"alias": {"name": "a", "shares": ["x"]}}',
    b'{"format": 1, "alias": {"name": "a", "shift": "hidden-value"}}',
    b'{"format": 1, "alias": {"name": "a", "shares": [2]}}',
    b'{"format": 1, "alias": {"name": "\\ud800", "shares": [2]}}',
    b'{"format": 1, "alias": {"name": 1}}',
    b'{"format": 1, "alias": {}}',
    b'{"format": 1, "when": "hidden-value"}',
    b'{"format": 1, "folder": 1}',
    b'{"format": 1, "places": {"hidden-value": "hidden-value"}}',
    b'{"format": 1, "places": {"a": []}}',
    b'{"format": 1, "data": "hidden-value!"}',
    b'{"format": 1, "names": 1' + b"0" * 5_000 + b"}",
    FORMAT.encode(MOVE)[:-10],
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_a_damaged_file_is_set_aside_and_said(
    tmp_path: Path, data: bytes, expect_log: Callable[[str], None]
) -> None:
    path = tmp_path / "move.json"
    path.write_bytes(data)
    with pytest.raises(Damaged) as caught:
        FORMAT.read(path)
    assert "hidden" not in str(caught.value)
    assert FORMAT.load(path) is None
    expect_log("move.json was damaged and is now .*move.json.damaged: no Move")
    assert not path.exists()
    assert (tmp_path / "move.json.damaged").read_bytes() == data
    assert FORMAT.load(path) is None
    FORMAT.write(path, MOVE)
    assert FORMAT.load(path) == MOVE


def test_a_file_of_a_later_version_stays(tmp_path: Path) -> None:
    path = tmp_path / "move.json"
    path.write_bytes(b'{"format": 2, "alias": "of another form"}')
    with pytest.raises(Newer):
        FORMAT.read(path)
    assert FORMAT.load(path) is None
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_read_stays(tmp_path: Path, expect_log: Callable[[str], None]) -> None:
    (tmp_path / "move.json").mkdir()
    assert FORMAT.load(tmp_path / "move.json") is None
    expect_log("move.json was not readable")
    assert (tmp_path / "move.json").is_dir()
    with pytest.raises(WorkbenchError):
        FORMAT.write(tmp_path / "move.json", MOVE)


def test_values_of_one_class_are_first_read_by_several_threads_at_once() -> None:
    """In a process of its own: msgspec crashes it."""
    program = (
        "import sys, threading\n"
        "from dataclasses import make_dataclass\n"
        "from workbench.core.codec import Format, convert\n"
        "sys.setswitchinterval(1e-6)\n"
        "for number in range(50):\n"
        "    inner = make_dataclass(f'Inner{number}', [(f'a{n}', int | None, None) for n in range(30)])\n"
        "    outer = make_dataclass(f'Outer{number}', [(f'b{n}', inner | None, None) for n in range(30)])\n"
        "    begin = threading.Event()\n"
        "    def read():\n"
        "        begin.wait()\n"
        '        Format(outer).decode(b\'{"format": 1, "b1": {"a1": 1}, "b29": {"a29": 1}}\')\n'
        "        convert({'b1': {'a1': 1}}, outer)\n"
        "    threads = [threading.Thread(target=read) for _ in range(6)]\n"
        "    for thread in threads: thread.start()\n"
        "    begin.set()\n"
        "    for thread in threads: thread.join()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
