"""What is kept of what a server finds wrong."""

from workbench.code.language_server import Json
from workbench.code.language_service import MAX_FINDINGS, read_published


def _finding(line: int, severity: int | None) -> dict[str, Json]:
    place: dict[str, Json] = {"line": line, "character": 0}
    found: dict[str, Json] = {"range": {"start": place, "end": place}, "message": f"{line}"}
    return found if severity is None else found | {"severity": severity}


def _lines(findings: list[dict[str, Json]]) -> list[Json]:
    return [finding["message"] for finding in findings]


def test_a_flood_of_hints_is_cut_and_hides_no_error() -> None:
    hints: list[Json] = [_finding(line, 4) for line in range(MAX_FINDINGS * 20)]
    late: list[Json] = [_finding(70_000, 1), _finding(70_001, None), _finding(70_002, 2)]

    uri, found = read_published({"uri": "file:///code/app.py", "diagnostics": [*hints, *late]})

    assert uri == "file:///code/app.py"
    assert len(found) == MAX_FINDINGS
    assert _lines(found)[:5] == ["70000", "70001", "70002", "0", "1"]


def test_what_is_few_stays_as_the_server_told_it() -> None:
    few: list[Json] = [_finding(1, 4), "nonsense", _finding(2, 1), _finding(3, None)]

    assert _lines(read_published({"uri": "file:///code/app.py", "diagnostics": few})[1]) == ["1", "2", "3"]
