"""The table of what is changed to see whether the tests notice."""

import pytest

from tests.mutants import ROOMS, ROOT, Room, is_wording


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
    ],
)
def test_a_fault_in_the_wording_of_a_message_is_not_counted(before: str, after: str, wording: bool) -> None:
    assert is_wording([f"-{before}", f"+{after}"]) is wording
