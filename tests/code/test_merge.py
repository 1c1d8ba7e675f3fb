"""Three versions of a text: what goes together by itself, and what a person has to decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.code.merge import Choice, Hunk, Origin, conflicts_in, merge_texts, merged_text

TEN = "\n".join(f"line {number}" for number in range(1, 11)) + "\n"


def replaced(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "merged"),
    [
        pytest.param(TEN, TEN, TEN, TEN, id="nobody changed anything"),
        pytest.param(TEN, TEN + "more\n", TEN, TEN + "more\n", id="only mine"),
        pytest.param(TEN, TEN, "first\n" + TEN, "first\n" + TEN, id="only theirs"),
        pytest.param(
            TEN,
            replaced(TEN, ("line 2\n", "mine 2\n")),
            replaced(TEN, ("line 9\n", "theirs 9\n")),
            replaced(TEN, ("line 2\n", "mine 2\n"), ("line 9\n", "theirs 9\n")),
            id="far apart",
        ),
        pytest.param(
            TEN,
            replaced(TEN, ("line 2\n", "mine 2\n")),
            replaced(TEN, ("line 4\n", "theirs 4\n")),
            replaced(TEN, ("line 2\n", "mine 2\n"), ("line 4\n", "theirs 4\n")),
            id="one line between",
        ),
        pytest.param(
            TEN,
            replaced(TEN, ("line 3\n", "")),
            replaced(TEN, ("line 7\n", "line 7\nnew\n")),
            replaced(TEN, ("line 3\n", ""), ("line 7\n", "line 7\nnew\n")),
            id="deleted here, added there",
        ),
        pytest.param("a\nb\nc", "a\nb\nc\n", "A\nb\nc", "A\nb\nc\n", id="the last line end was added here"),
        pytest.param("a\nb\nc\n", "a\nb\nc", "A\nb\nc\n", "A\nb\nc", id="the last line end was taken away"),
        pytest.param("", "new\n", "new\n", "new\n", id="both made the same file"),
        pytest.param("a\n", "", "", "", id="both emptied it"),
        pytest.param(TEN, TEN + "x\n", TEN + "x\n", TEN + "x\n", id="both did the same"),
        pytest.param("a\n\n\nb\n", "A\n\n\nb\n", "a\n\n\nB\n", "A\n\n\nB\n", id="empty lines between"),
    ],
)
def test_what_does_not_overlap_goes_together(base: str, mine: str, theirs: str, merged: str) -> None:
    hunks = merge_texts(base, mine, theirs)
    assert conflicts_in(hunks) == 0
    assert merged_text(hunks) == merged
    assert merged_text(merge_texts(base, theirs, mine)) == merged


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        pytest.param("a\nb\nc\n", "a\nM\nc\n", "a\nT\nc\n", "a\nM\nT\nc\n", id="the same line"),
        pytest.param("a\nb\nc\nd\n", "a\nM\nc\nd\n", "a\nb\nT\nd\n", "a\nM\nc\nb\nT\nd\n", id="side by side"),
        pytest.param("a\nb\nc\n", "a\nc\n", "a\nT\nc\n", "a\nT\nc\n", id="deleted against changed"),
        pytest.param("a\nb\n", "a\nM\nb\n", "a\nT\nb\n", "a\nM\nT\nb\n", id="both added at one place"),
        pytest.param("", "mine\n", "theirs\n", "mine\ntheirs\n", id="both made the file"),
        pytest.param("", "mine", "theirs", "mine\ntheirs", id="both made it without a last line end"),
        pytest.param("a\n", "", "b\n", "b\n", id="emptied against changed"),
        pytest.param("a", "M", "T", "M\nT", id="one line without an end"),
    ],
)
def test_what_overlaps_is_a_conflict_that_goes_either_way(
    base: str, mine: str, theirs: str, both: str
) -> None:
    hunks = merge_texts(base, mine, theirs)
    assert conflicts_in(hunks) == 1
    assert merged_text(hunks, [Choice.MINE]) == mine
    assert merged_text(hunks, [Choice.THEIRS]) == theirs
    assert merged_text(hunks, [Choice.BOTH]) == both
    with pytest.raises(ValueError, match="choice"):
        merged_text(hunks)


def test_a_conflict_is_as_small_as_it_can_be() -> None:
    hunks = merge_texts("a\nold\nz\n", "a\nboth 1\nmine\nboth 2\nz\n", "a\nboth 1\ntheirs\nboth 2\nz\n")
    assert [hunk.origin for hunk in hunks] == [
        Origin.NOBODY,
        Origin.BOTH,
        Origin.CONFLICT,
        Origin.BOTH,
        Origin.NOBODY,
    ]
    assert hunks[1] == Hunk(Origin.BOTH, (), ("both 1",), ("both 1",))
    assert hunks[2] == Hunk(Origin.CONFLICT, ("old",), ("mine",), ("theirs",))
    assert hunks[3] == Hunk(Origin.BOTH, (), ("both 2",), ("both 2",))


def test_two_new_files_share_what_is_alike_and_differ_in_two_places() -> None:
    shared = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
    hunks = merge_texts("", f"import mine\n{shared}m = 1\n", f"import theirs\n{shared}t = 1\n")
    assert conflicts_in(hunks) == 2
    merged = merged_text(hunks, [Choice.THEIRS, Choice.MINE])
    assert merged == f"import theirs\n{shared}m = 1\n"


@pytest.mark.parametrize(
    ("between", "conflicts"),
    [("}\n" * 5, 1), ("a\nb\nc\n", 1), ("a\n" + "}\n" * 3, 2)],
    ids=["many lines without a letter", "too few lines", "enough lines"],
)
def test_only_lines_that_tell_something_cut_a_conflict(between: str, conflicts: int) -> None:
    hunks = merge_texts("old\n", f"mine\n{between}more\n", f"theirs\n{between}other\n")
    assert conflicts_in(hunks) == conflicts


@pytest.mark.parametrize("mine", ["mine {\n}\nmore\n", "mine {\nof\nfour\nlines\n}\nmore\n"])
def test_a_brace_that_both_have_does_not_cut_a_conflict(mine: str) -> None:
    theirs = "theirs {\n}\nother\n"
    assert conflicts_in(merge_texts("old\n", mine, theirs)) == 1
    assert conflicts_in(merge_texts("old\n", theirs, mine)) == 1


TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", "}"]), max_size=12).map("\n".join)


@given(base=TEXTS, mine=TEXTS, theirs=TEXTS)
def test_no_line_is_lost_whatever_the_texts(base: str, mine: str, theirs: str) -> None:
    hunks = merge_texts(base, mine, theirs)
    conflicts = conflicts_in(hunks)
    sides = {
        side: [line for hunk in hunks for line in getattr(hunk, side)] for side in ("base", "mine", "theirs")
    }
    assert "\n".join(sides["base"]) == base
    assert "\n".join(sides["mine"]) == mine
    assert "\n".join(sides["theirs"]) == theirs
    assert merged_text(merge_texts(base, mine, base)) == mine
    assert merged_text(merge_texts(base, base, theirs)) == theirs
    assert merged_text(merge_texts(base, mine, mine)) == mine
    for choice in Choice:
        merged_text(hunks, [choice] * conflicts)
