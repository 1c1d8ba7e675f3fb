"""What stands side by side in a merge, and what comes out."""

import pytest

from workbench.code.merge import Choice, Origin, merge_texts
from workbench.ui.features.code.merge_dialog import Cell, first_row, result, side_by_side

BASE = "".join(f"line {number}\n" for number in range(1, 31))
MINE = BASE.replace("line 5\n", "mine\n").replace("line 20\n", "mine 20\n")
THEIRS = BASE.replace("line 5\n", "theirs\nmore\n").replace("line 28\n", "")
HUNKS = merge_texts(BASE, MINE, THEIRS)


def texts(cells: tuple[Cell, ...]) -> list[str]:
    return [cell.text for cell in cells]


def test_what_belongs_together_stands_in_one_row() -> None:
    panes = side_by_side(HUNKS)
    assert len(panes.base) == len(panes.theirs) == len(panes.mine)
    row = first_row(panes.mine, 0)
    assert (panes.base[row].text, panes.theirs[row].text, panes.mine[row].text) == (
        "line 5",
        "theirs",
        "mine",
    )
    assert panes.theirs[row + 1] == Cell("more", 6, Origin.CONFLICT, 0)
    assert panes.mine[row + 1] == Cell(conflict=0)
    assert panes.mine[row + 2].text == panes.theirs[row + 2].text == "line 6"
    assert (panes.mine[row + 2].number, panes.theirs[row + 2].number) == (6, 7)


def test_the_lines_that_go_are_told() -> None:
    panes = side_by_side(HUNKS)
    going = {cell.text for cell in panes.mine if cell.is_dropped}
    assert going == {"line 28"}  # they deleted it
    assert {cell.text for cell in panes.theirs if cell.is_dropped} == {"line 20"}


def test_long_runs_that_nobody_changed_are_one_row() -> None:
    panes = side_by_side(HUNKS)
    assert "⋯ 6 ⋯" in texts(panes.mine)
    assert "line 12" not in texts(panes.mine)
    assert len(panes.mine) < 30
    assert texts(result(HUNKS, [Choice.MINE], "?")).count("⋯ 6 ⋯") == 1


@pytest.mark.parametrize(
    ("choice", "lines", "origins"),
    [
        (None, ["?"], [Origin.CONFLICT]),
        (Choice.MINE, ["mine"], [Origin.MINE]),
        (Choice.THEIRS, ["theirs", "more"], [Origin.THEIRS] * 2),
        (Choice.BOTH, ["mine", "theirs", "more"], [Origin.MINE, Origin.THEIRS, Origin.THEIRS]),
    ],
)
def test_the_result_follows_the_choice(
    choice: Choice | None, lines: list[str], origins: list[Origin]
) -> None:
    cells = [cell for cell in result(HUNKS, [choice], "?") if cell.conflict == 0]
    assert [cell.text for cell in cells] == lines
    assert [cell.origin for cell in cells] == origins


def test_a_conflict_of_which_nothing_is_left_can_still_be_pointed_at() -> None:
    hunks = merge_texts("a\nb\nc\n", "a\nc\n", "a\nB\nc\n")
    cells = result(hunks, [Choice.MINE], "?")
    assert cells[first_row(cells, 0)] == Cell(conflict=0)


@pytest.mark.parametrize("count", [1, 50])
def test_a_huge_file_is_cut_and_each_of_its_conflicts_is_there(count: int) -> None:
    base = [f"line {number}" for number in range(50_000)]
    mine, theirs = list(base), list(base)
    for number in range(count):
        mine[number * 900] = "mine " * 1000
        theirs[number * 900] = "theirs"
    hunks = merge_texts("\n".join(base), "\n".join(mine), "\n".join(theirs))
    panes = side_by_side(hunks)
    assert len(panes.mine) < 40 * count
    assert {cell.conflict for cell in panes.mine} == {-1, *range(count)}
    assert max(len(cell.text) for cell in panes.mine) < 250


def test_a_huge_new_file_is_cut() -> None:
    new = "".join(f"{number}\n" for number in range(100_000))
    panes = side_by_side(merge_texts("", "", new))
    assert len(panes.theirs) < 400
    assert panes.theirs[-2].text == "99999"
