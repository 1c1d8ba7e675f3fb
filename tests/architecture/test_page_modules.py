"""The editor's page (resources/editor/src): no import circle, whole modules, translated texts."""

import json
import re
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.architecture.test_texts import FORBIDDEN, expression

SOURCES = Path(__file__).parents[2] / "resources" / "editor" / "src"
NAMES = {"ISO 8601", "Scheduled Event"}
_IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?["']\./(\w+)["']""", re.MULTILINE)
_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|`(?:[^`\\]|\\.)*`|(?P<call>[\w.]*)\(?(?P<text>"(?:[^"\\\n]|\\.)*")""", re.DOTALL
)


def texts(source: str) -> list[tuple[str, str]]:
    """The function that is called with a text (`_`, `Error`, or none), and the text."""
    found = _LITERAL.finditer(source)
    return [(each["call"], json.loads(each["text"])) for each in found if each["text"] is not None]


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


def test_what_the_user_reads_is_translated_and_in_plain_words() -> None:
    bare, puzzling = [], []
    for file in SOURCES.glob("*.ts"):
        for call, text in texts(file.read_text("utf-8")):
            if call == "_":
                puzzling += [text for pattern in FORBIDDEN if expression(pattern).search(text)]
            elif re.match("[A-Z].* ", text) and call != "Error" and text not in NAMES:
                bare.append(f"{file.name}: {text}")
    assert not puzzling
    assert not bare


def test_a_bare_text_is_found() -> None:
    source = '// "in a comment"\nf(_("Translated text"), `"code in a template"`, "Bare text of the page");'
    assert texts(source) == [("_", "Translated text"), ("", "Bare text of the page")]
