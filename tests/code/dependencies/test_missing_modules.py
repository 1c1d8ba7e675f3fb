"""Modules that code imports and nothing brings, in code that is made to take long."""

from pathlib import Path

import pytest

from workbench.code.dependencies.missing_modules import missing_modules
from workbench.code.dependencies.store import Target


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("require('left');\n", ["left"]),
        ("/* require('no'); */ require('left');\n", ["left"]),
        ("require('left'); /* require('no');\n", ["left"]),
        ("require('left');\n" + "/*" * 100_000, ["left"]),
        ("require('left');\n" + "/* x\n" * 40_000, ["left"]),
    ],
    ids=["plain", "comment", "open comment", "many open comments", "lines"],
)
def test_comments_are_no_code(tmp_path: Path, code: str, missing: list[str]) -> None:
    (tmp_path / "index.js").write_text(code)
    found = missing_modules(tmp_path, ["index.js"], "index.handler", Target("nodejs22.x"))
    assert [each.name for each in found] == missing
