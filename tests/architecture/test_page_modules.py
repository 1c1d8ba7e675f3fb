"""The modules of the editor's page (resources/editor/src): no import circle, and each one thing whole."""

import re
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "resources" / "editor" / "src"
_IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?["']\./(\w+)["']""", re.MULTILINE)


def imports(sources: Path) -> dict[str, set[str]]:
    """Module -> modules of the page that it imports, types too."""
    files = [*sources.glob("*.ts")]
    return {file.name.split(".")[0]: set(_IMPORT.findall(file.read_text("utf-8"))) for file in files}


def test_no_module_imports_itself_through_others() -> None:
    TopologicalSorter(imports(SOURCES)).prepare()


def test_a_module_that_one_other_imports_is_part_of_that() -> None:
    importers: defaultdict[str, set[str]] = defaultdict(set)
    for module, imported in imports(SOURCES).items():
        for each in imported:
            importers[each].add(module)
    # main is the composition root; schemas of one kind of file stand alone as they are long, and data.
    alone = {each: those for each, those in importers.items() if len(those) == 1 and those != {"main"}}
    assert alone == {
        "schema_events": {"languages"},
        "schema_sam": {"languages"},
        "language_protocol": {"language_client"},
    }


def test_a_circle_is_found_through_types_and_long_lists(tmp_path: Path) -> None:
    (tmp_path / "list.ts").write_text('import { A } from "monaco";\nimport {\n  row,\n} from "./row";\n')
    (tmp_path / "row.ts").write_text('import type { List } from "./list";\n')
    with pytest.raises(CycleError):
        TopologicalSorter(imports(tmp_path)).prepare()
