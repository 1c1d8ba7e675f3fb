"""Lists, number fields and file dialogs are those of the kit."""

import ast
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "workbench" / "ui"
QT = frozenset({"QComboBox", "QSpinBox", "QDoubleSpinBox", "QDateTimeEdit", "QDateEdit", "QTimeEdit"})
QT |= {"QSlider", "QDial", "QFontComboBox", "QFileDialog"}
MAKERS = (UI / "kit" / "choices.py", UI / "kit" / "file_dialog.py")


def own(source: str) -> list[int]:
    """The lines that make one of Qt's own, or a kind of it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in QT:
                found.append(node.lineno)
            case ast.ClassDef(bases=bases) if QT & {ast.unparse(each).rpartition(".")[2] for each in bases}:
                found.append(node.lineno)
    return found


def test_only_the_kit_makes_qts_own_lists_number_fields_and_file_dialogs() -> None:
    found = {
        f"{path.relative_to(UI)}:{line}"
        for path in UI.rglob("*.py")
        if path not in MAKERS
        for line in own(path.read_text("utf-8"))
    }
    assert not found


@pytest.mark.parametrize(
    "source", ["x = QComboBox()", "class A(QtWidgets.QSpinBox): 1", "QSlider(parent)", "QFileDialog(self)"]
)
def test_the_rule_bites(source: str) -> None:
    assert own(source)
    assert not own("box: QComboBox = CalmChoice()\nisinstance(x, QComboBox)")
