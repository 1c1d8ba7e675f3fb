"""A feature is a folder and a line: each has `activate(context)`, and only the list of features names it."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest

import workbench
from workbench.ui.assembly import FEATURES
from workbench.ui.shell.context import Context

PACKAGE = Path(workbench.__file__).parent
FOLDER = PACKAGE / "ui" / "features"


def test_each_folder_is_listed_once() -> None:
    folders = [each.name for each in FOLDER.iterdir() if (each / "__init__.py").is_file()]
    assert sorted(FEATURES) == sorted(folders)


@pytest.mark.parametrize("name", FEATURES)
def test_each_feature_can_be_activated(name: str) -> None:
    activate = import_module(f"workbench.ui.features.{name}.feature").activate
    (parameter,) = inspect.signature(activate).parameters.values()
    assert parameter.annotation is Context


def test_nothing_outside_knows_a_feature() -> None:
    others = [path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(FOLDER)]
    knowing = {
        path for path in others for name in _imported(path) if name.startswith("workbench.ui.features")
    }
    assert not knowing


def _imported(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found
