"""Log lines that get through filter patterns."""

import json

import pytest

from workbench.triggers.kinds.logs import sample_line


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("", "Workbench test m1"),
        ("ERROR", "Workbench test m1 ERROR"),
        ('"out of memory" ?WARN', "Workbench test m1 out of memory WARN"),
        ("ERROR -debug", "Workbench test m1 ERROR"),
    ],
)
def test_terms_are_in_the_line(pattern: str, line: str) -> None:
    assert sample_line(pattern, "m1") == (line, True)


@pytest.mark.parametrize(
    ("pattern", "path", "value"),
    [
        ('{ $.level = "ERROR" }', ("level",), "ERROR"),
        ('{ $.user.name = "a*" }', ("user", "name"), "a"),
        ("{ ($.latency > 300) && ($.status = 200) }", ("latency",), 301),
        ("{ $.status != 200 }", ("status",), 201),
        ('{ $.status != "ok" }', ("status",), "not-ok"),
    ],
)
def test_members_are_in_the_document(pattern: str, path: tuple[str, ...], value: object) -> None:
    line, is_sure = sample_line(pattern, "m1")
    found = json.loads(line)
    for name in path:
        found = found[name]
    assert found == value
    assert json.loads(line)["mark"] == "m1"
    assert is_sure


@pytest.mark.parametrize(
    "pattern",
    ["[ip, user, status = 4*]", "%^ERROR%", "{ $.a IS NULL }", "-Workbench", "{ $.list[0] = 1 }", "{"],
)
def test_what_is_not_understood_is_said(pattern: str) -> None:
    line, is_sure = sample_line(pattern, "m1")
    assert "m1" in line
    assert not is_sure
