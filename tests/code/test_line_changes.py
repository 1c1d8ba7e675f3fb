"""Which lines differ; edits that make one text of another, applied all at once, as an editor does."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.growth import LINEAR, growth
from workbench.code.text import (
    LineChange,
    LineChangeKind,
    LineEdit,
    line_changes,
    line_edits,
    unified,
)

ADDED, CHANGED, DELETED = LineChangeKind.ADDED, LineChangeKind.CHANGED, LineChangeKind.DELETED


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("a\nb\n", "a\nb\n", []),
        ("a\nb\n", "a\nx\nb\n", [(ADDED, 2, 2)]),
        ("a\nb\n", "x\ny\na\nb\n", [(ADDED, 1, 2)]),
        ("a\nb\n", "a\nb\nx\n", [(ADDED, 3, 3)]),
        ("a\nb\nc\n", "a\nB\nc\n", [(CHANGED, 2, 2)]),
        ("a\nb\nc\n", "a\nc\n", [(DELETED, 1, 1)]),
        ("a\nb\n", "b\n", [(DELETED, 0, 0)]),
        ("a\nb\n", "a\n", [(DELETED, 1, 1)]),
        ("a\nb\nc\nd\ne\n", "A\nb\nc\ne\nf\n", [(CHANGED, 1, 1), (DELETED, 3, 3), (ADDED, 5, 5)]),
        ("a", "a\n", [(ADDED, 2, 2)]),
        ("a\na\na\n", "a\na\n", [(DELETED, 2, 2)]),
    ],
)
def test_changes_are_found_line_by_line(
    old: str, new: str, expected: list[tuple[LineChangeKind, int, int]]
) -> None:
    assert line_changes(old, new) == tuple(LineChange(*each) for each in expected)


@pytest.mark.parametrize("seed", range(20))
def test_lines_outside_the_changes_are_those_of_the_old_text_in_order(seed: int) -> None:
    chance = random.Random(seed)
    old = [chance.choice("abcdef") for _ in range(chance.randrange(60))]
    new = [line for line in old if chance.random() > 0.2]
    for _ in range(chance.randrange(8)):
        new.insert(chance.randrange(len(new) + 1), chance.choice("xyz"))
    touched: set[int] = set()
    for change in line_changes("\n".join(old), "\n".join(new)):
        if change.kind is not DELETED:
            touched |= set(range(change.line, change.end_line + 1))
    rest = [line for number, line in enumerate(new, 1) if number not in touched]
    waiting = iter(old)
    assert all(line in waiting for line in rest)  # a subsequence
    assert all(number in touched for number, line in enumerate(new, 1) if line in "xyz")


def test_a_text_that_is_wholly_other_is_one_change_and_takes_no_time() -> None:
    def changes(count: int) -> None:
        old, new = ("\n".join(f"{which} {number}" for number in range(count)) for which in ("old", "new"))
        assert line_changes(old, new) == (LineChange(CHANGED, 1, count),)

    assert growth(changes, 12_500) < LINEAR


def test_changes_far_apart_in_a_long_text_are_told_apart() -> None:
    old = [f"line {number}" for number in range(1, 50_001)]
    new = [*old]
    new[9], new[49_989] = "ten", "near the end"
    del new[24_999]
    assert line_changes("\n".join(old), "\n".join(new)) == (
        LineChange(CHANGED, 10, 10),
        LineChange(DELETED, 24_999, 24_999),
        LineChange(CHANGED, 49_989, 49_989),
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_long_text_keeps_the_order_of_what_is_the_same(seed: int) -> None:
    chance = random.Random(seed)
    old = [f"line {chance.randrange(6000)}" for _ in range(8000)]
    new = [line for line in old if chance.random() > 0.1]
    for _ in range(200):
        new.insert(chance.randrange(len(new) + 1), "new")
    touched: set[int] = set()
    changes = line_changes("\n".join(old), "\n".join(new))
    for change in changes:
        if change.kind is not DELETED:
            touched |= set(range(change.line, change.end_line + 1))
    waiting = iter(old)
    assert all(line in waiting for number, line in enumerate(new, 1) if number not in touched)
    assert all(number in touched for number, line in enumerate(new, 1) if line == "new")
    assert len(touched) < 2000
    assert [change.line for change in changes] == sorted(change.line for change in changes)


def test_a_unified_text_has_three_lines_around_and_shows_no_line_twice() -> None:
    old = [str(number) for number in range(1, 31)]
    new = [*old]
    new[9], new[11] = "ten", "twelve"
    del new[27]
    assert unified("\n".join(old), "\n".join(new)).split("\n") == [
        "@@ -10 +10 @@", " 7", " 8", " 9", "-10", "+ten", " 11", "-12", "+twelve", " 13", " 14", " 15",
        "@@ -28 +28 @@", " 25", " 26", " 27", "-28", " 29", " 30",
    ]  # fmt: skip
    assert unified("same\n", "same\n") == ""


TEXTS = st.lists(st.sampled_from(["", "a", "b", "ab", "é", "😀x"]), max_size=8).map("\n".join)


def applied(text: str, edits: tuple[LineEdit, ...]) -> str:
    """The text after the edits, whose places are all those in the text before."""
    lines = text.split("\n")

    def at(line: int, column: int) -> int:
        units = lines[line - 1].encode("utf-16-le")[: (column - 1) * 2]
        assert column - 1 <= len(lines[line - 1].encode("utf-16-le")) // 2
        return sum(len(each) + 1 for each in lines[: line - 1]) + len(units.decode("utf-16-le"))

    for edit in sorted(edits, key=lambda each: (each.line, each.column), reverse=True):
        start, end = at(edit.line, edit.column), at(edit.end_line, edit.end_column)
        text = text[:start] + edit.text + text[end:]
    return text


@given(TEXTS, TEXTS)
def test_they_give_the_new_text(old: str, new: str) -> None:
    assert applied(old, line_edits(old, new)) == new


@pytest.mark.parametrize(
    ("old", "new", "edits"),
    [
        ("a\nb\nc", "a\nb\nc", ()),
        ("a\nb\nc", "a\nX\nc", (LineEdit(2, 1, 3, 1, "X\n"),)),
        ("a\nb", "a\nb\nc", (LineEdit(2, 2, 2, 2, "\nc"),)),
        ("a\n😀\nc", "a\n😀", (LineEdit(2, 3, 3, 2, ""),)),
        ("", "a\n", (LineEdit(1, 1, 1, 1, "a\n"),)),
        ("a\n", "", (LineEdit(1, 1, 2, 1, ""),)),
    ],
)
def test_only_what_differs_is_touched(old: str, new: str, edits: tuple[LineEdit, ...]) -> None:
    assert applied(old, line_edits(old, new)) == new
    assert line_edits(old, new) == edits
