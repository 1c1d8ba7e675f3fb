"""The order in which workers take files."""

from tests.order import is_on_screen, spread

SCREEN = "tests/e2e/test_kill.py"


def test_one_worker_begins_with_the_screen_and_files_that_wait_are_spread() -> None:
    tests = {SCREEN: 1, "tests/e2e/test_faults.py": 2, "tests/e2e/test_quitting.py": 9}
    tests |= {f"tests/ui/test_{number}.py": number for number in range(6)}

    found = spread(tests)

    assert found[:2] == [SCREEN, "tests/e2e/test_quitting.py"]
    assert found[4] == "tests/e2e/test_faults.py"
    assert [name[-4] for name in found if "/ui/" in name] == ["5", "4", "3", "2", "1", "0"]
    assert sorted(found) == sorted(tests)


def test_without_files_that_wait_those_with_most_tests_come_first() -> None:
    assert spread({"a": 1, "b": 3, "c": 2}) == ["b", "c", "a"]


def test_who_asks_for_the_screen_is_known() -> None:
    assert is_on_screen(SCREEN)
    assert not is_on_screen("tests/ui/test_actions.py")


def test_the_file_whose_few_tests_open_every_dialog_is_not_left_for_the_end() -> None:
    tests = {"tests/ui/test_dialogs_fit.py": 3, **{f"tests/core/test_{number}.py": 9 for number in range(9)}}
    assert next(iter(spread(tests))) == "tests/ui/test_dialogs_fit.py"
