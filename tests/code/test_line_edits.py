"""Edits that make one text of another: applied all at once, as an editor does, they give exactly that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.code.line_changes import LineEdit, line_edits

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
