"""A module is one thing: what only its neighbour imports belongs into it, unless there is a reason."""

import ast
import fnmatch
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REASONS = {
    "workbench.app": "the composition root, started by `python -m workbench`",
    "workbench.aws.*_errors": "tables that are loaded with the first error of their services",
    "workbench.code.dependencies.[nu][pv]*": "the installer of one language: npm's and uv's",
    "workbench.logs.find_worker": "a worker process",
    "workbench.sandbox.launcher.*": "one service's behaviour, installed over MiniStack's by the server",
    "workbench.triggers.kinds.*": "an entry in the table of event sources",
}
"""Patterns of modules below ui with one importer, in the same package: why they stand on their own."""
UI_MODULES = 50
"""So many such modules workbench/ui has; it has no more tomorrow."""


def single_importers(root: Path) -> dict[str, str]:
    """Modules that exactly one other module of the same package imports: module -> importer."""
    paths = sorted((root / "workbench").rglob("*.py"))
    names = {_name(path.relative_to(root)): path for path in paths}
    importers: defaultdict[str, set[str]] = defaultdict(set)
    for name, path in names.items():
        for imported in _imported(ast.parse(path.read_text("utf-8")), set(names)):
            importers[imported].add(name)
    found = {}
    for name, those in importers.items():
        others = those - {name}
        if len(others) == 1 and (importer := others.pop()).rpartition(".")[0] == name.rpartition(".")[0]:
            found[name] = importer
    return found


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(tree: ast.AST, names: set[str]) -> set[str]:
    """Modules that a module imports, or names in a text: what is loaded by name has an importer, too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                found.add(module if module in names else node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found & names


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return single_importers(ROOT)


def test_a_module_with_one_neighbour_that_imports_it_has_a_reason(found: dict[str, str]) -> None:
    below_ui = [name for name in found if not name.startswith("workbench.ui.")]
    without = {
        name: found[name]
        for name in below_ui
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in REASONS)
    }
    assert not without, "merge each into its importer, or give a reason in REASONS"


def test_every_reason_is_needed(found: dict[str, str]) -> None:
    assert not [pattern for pattern in REASONS if not fnmatch.filter(found, pattern)]


def test_the_window_is_torn_no_further(found: dict[str, str]) -> None:
    assert len([name for name in found if name.startswith("workbench.ui.")]) <= UI_MODULES


def test_a_module_without_a_reason_is_found(tmp_path: Path) -> None:
    room = tmp_path / "workbench" / "logs"
    room.mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "read": "from workbench.logs import lines\nfrom workbench.logs.group import group\n",
        "lines": "",
        "group": "",
        "find": "from workbench.logs.group import group\nWORKER = 'workbench.logs.worker'\n",
        "worker": "",
    }.items():
        (room / f"{name}.py").write_text(text, "utf-8")
    assert single_importers(tmp_path) == {
        "workbench.logs.lines": "workbench.logs.read",
        "workbench.logs.worker": "workbench.logs.find",
    }
