"""What a search in the fleet finds, and what comes first."""

from dataclasses import replace

import pytest

from tests.functions.test_index import function
from workbench.functions.fleet import FleetRow
from workbench.ui.features.fleet.table import matching, searched_text

ROWS = [
    FleetRow("dev", function)
    for function in (
        function("audit-orders"),
        function("orders"),
        function("zebra", description="Reads orders at night"),
        function("one-rated-rest", runtime="nodejs22.x"),
        replace(function("plain"), tags=(("team", "Blue"),), environment_names=("TABLE_NAME",)),
    )
]


def found(query: str) -> list[str]:
    names = [row.function.function_name for row in ROWS]
    return [names[number] for number in matching(query, names, [searched_text(row.function) for row in ROWS])]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("orders", ["orders", "audit-orders", "zebra"]),
        ("ORDERS", ["orders", "audit-orders", "zebra"]),
        ("oned", ["one-rated-rest"]),  # letters in order
        ("o", ["orders", "one-rated-rest", "audit-orders", "zebra", "plain"]),
        ("z", ["zebra"]),
        ("team=blue", ["plain"]),
        ("table_name", ["plain"]),
        ("night orders", ["zebra"]),
        ("orders night", ["zebra"]),
        ("nodejs22 rest", ["one-rated-rest"]),
        ("nosuch", []),
        ("", [row.function.function_name for row in ROWS]),
        ("   ", [row.function.function_name for row in ROWS]),
    ],
)
def test_the_best_match_comes_first(query: str, names: list[str]) -> None:
    assert found(query) == names


@pytest.mark.parametrize("query", ["orders", "one r", "team", "night"])
def test_one_letter_more_finds_no_more(query: str) -> None:
    for length in range(1, len(query)):
        assert {*found(query[: length + 1])} <= {*found(query[:length])}
