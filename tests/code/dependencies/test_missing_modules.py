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


@pytest.mark.parametrize(
    ("runtime", "module", "is_missing"),
    [
        ("python3.12", "aws_durable_execution_sdk_python", True),
        ("python3.13", "aws_durable_execution_sdk_python", False),
        ("python3.14", "aws_durable_execution_sdk_python", False),
        ("nodejs20.x", "@aws/durable-execution-sdk-js", True),
        ("nodejs22.x", "@aws/durable-execution-sdk-js", False),
        ("nodejs24.x", "@aws/durable-execution-sdk-js", False),
        ("nodejs16.x", "aws-sdk", False),
        ("nodejs18.x", "aws-sdk", True),
        ("nodejs18.x", "@aws-sdk/client-s3", False),
        ("python3.9", "boto3", False),
        ("python3.9", "dateutil", False),
    ],
)
def test_what_a_runtime_includes_is_not_missing(
    tmp_path: Path, runtime: str, module: str, is_missing: bool
) -> None:
    is_python = runtime.startswith("python")
    file = "index.py" if is_python else "index.js"
    (tmp_path / file).write_text(f"import {module}\n" if is_python else f"require('{module}');\n")
    found = missing_modules(tmp_path, [file], "index.handler", Target(runtime))
    assert [each.name for each in found] == ([module] if is_missing else [])
