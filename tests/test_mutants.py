"""The table of what is changed to see whether the tests notice."""

import re

import pytest

from tests.mutants import ROOMS, ROOT, WITHOUT_EFFECT, Room, has_no_effect, is_wording


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_every_module_and_test_of_a_room_is_there(room: Room) -> None:
    assert all(list(ROOT.glob(pattern)) for pattern in room.modules)
    assert all((ROOT / path).exists() for path in room.tests)


@pytest.mark.parametrize(
    ("before", "after", "wording"),
    [
        ('raise Error("It is not there.")', 'raise Error("XXIt is not there.XX")', True),
        ('raise Error("It is not there.")', "raise Error(None)", True),
        ('x["event"] = 1', 'x["XXeventXX"] = 1', False),
        ("return a + b", "return a - b", False),
        ('say("It is", a)', 'say("It is", None)', False),
        ('say(a, "It is there.")', "say(a, )", True),
        ('say(a, _("It is there."))', "say(a, None)", True),
        ('say(a, "It is there.")', 'say("It is there.")', False),
        ('call("a_b", _("It is."), c)', 'call("a_b", _("XXIt is.XX"), c)', True),
        ('call("a_b", _("It is."), c)', 'call("XXa_bXX", _("It is."), c)', False),
        ('what = _("It is {a}.").format(a=len(b))', "what = None", True),
        ('what = _("It is {a}.").format(a=b)', 'what = _("It is {a}.").format(a=None)', False),
    ],
)
def test_a_fault_in_the_wording_of_a_message_is_not_counted(before: str, after: str, wording: bool) -> None:
    assert is_wording([f"-{before}", f"+{after}"]) is wording


@pytest.mark.parametrize(("before", "after", "why"), WITHOUT_EFFECT)
def test_a_fault_that_is_listed_is_one_of_a_line_that_is_there(before: str, after: str, why: str) -> None:
    sources = "\n".join(
        (ROOT / path).read_text("utf-8") for room in ROOMS.values() for path in room.sources()
    )
    assert re.search(before, sources, re.MULTILINE)
    re.compile(after)
    assert why


def test_a_fault_that_is_not_listed_has_an_effect() -> None:
    assert has_no_effect(
        ["-data = x.base_bytes(path) if old is None else y", "+data = x if (old is None) or True"]
    )
    assert not has_no_effect(
        ["-data = x.base_bytes(path) if old is None else y", "+data = x if (old is None) and False"]
    )
