"""Places that a server names, with the lines around them."""

from pathlib import Path

import pytest

from workbench.code.language_server import Json
from workbench.code.language_service import matches_of, ranges_by_file
from workbench.code.search import FileMatches, Match


def location(uri: str, line: int, start: int, end: int, end_line: int | None = None) -> Json:
    last = line if end_line is None else end_line
    return {
        "uri": uri,
        "range": {"start": {"line": line, "character": start}, "end": {"line": last, "character": end}},
    }


def test_places_are_sorted_by_file_and_line_and_said_once(tmp_path: Path) -> None:
    app, lib = (tmp_path / "my app.py").as_uri(), (tmp_path / "lib" / "a.py").as_uri()
    answer: Json = [
        location(app, 5, 4, 8),
        location(app, 0, 16, 20),
        location(app, 5, 4, 8),
        location(lib, 1, 0, 4),
        location("file:///usr/lib/python3/os.py", 1, 0, 4),
        "nonsense",
    ]
    assert ranges_by_file(answer, tmp_path) == {
        "lib/a.py": [(2, 1, 2, 5)],
        "my app.py": [(1, 17, 1, 21), (6, 5, 6, 9)],
    }


@pytest.mark.parametrize("answer", [None, [], {}, "x", [None], [{"uri": 1}]])
def test_no_answer_has_no_places(answer: Json, tmp_path: Path) -> None:
    assert ranges_by_file(answer, tmp_path) == {}


def test_a_match_has_the_line_around_it_as_a_search_has() -> None:
    texts = {"a.py": "x = 1\n    print('😀', name)\n", "b.py": "y" * 50 + "name" + "z" * 200}
    found = matches_of(
        {"a.py": [(2, 17, 2, 21)], "b.py": [(1, 51, 1, 55)], "gone.py": [(1, 1, 1, 2)]}, texts.get
    )
    assert found == (
        FileMatches("a.py", (Match(2, 17, 21, "print('😀', ", "name", ")"),)),
        FileMatches("b.py", (Match(1, 51, 55, "…" + "y" * 40, "name", "z" * 160),)),
    )


def test_places_that_the_text_does_not_have_any_more_are_left_out() -> None:
    assert matches_of({"a.py": [(9, 1, 9, 2), (1, 1, 2, 1)]}, {"a.py": "x\ny"}.get) == ()
