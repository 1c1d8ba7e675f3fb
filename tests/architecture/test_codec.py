"""What lies on disk is written and read by workbench/core/codec.py: nobody writes a codec by hand."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_files import WORKBENCH, source_files

CODEC = re.compile(r"_*(\w+_)?(to|from)_json")


def codecs(text: str) -> Iterator[str]:
    """The functions that are named as codecs are."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and CODEC.fullmatch(node.name):
            yield node.name


def below_ui() -> Iterator[Path]:
    above = (WORKBENCH / "ui", WORKBENCH / "core" / "codec.py")
    return (path for path in source_files() if not any(path.is_relative_to(each) for each in above))


def test_no_codec_is_written_by_hand() -> None:
    found = [path for path in below_ui() if list(codecs(path.read_text("utf-8")))]
    assert not found, "use Format, or to_builtins and convert, of workbench/core/codec.py"


@pytest.mark.parametrize(
    "name", ["to_json", "from_json", "_step_to_json", "change_from_json", "_to_json", "__from_json"]
)
def test_a_codec_is_found(name: str) -> None:
    assert list(codecs(f"class Step:\n    def {name}(self):\n        return {{}}\n")) == [name]


@pytest.mark.parametrize("name", ["parse_json", "json_lines", "to_json_schema", "encode"])
def test_what_reads_other_json_is_no_codec(name: str) -> None:
    assert not list(codecs(f"def {name}(): ...\n"))
