"""Going to a definition in any file by a few letters of its name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.ui.features.code.coder import Coder
from tests.ui.features.code.opened import opened
from workbench.ui.features.code.search import GoToSymbol
from workbench.ui.shell.services import Services

FILES: dict[str, bytes | str] = {
    "app.py": "def handler(event, context):\n    return 1\n",
    "lib/orders.py": "TABLE = 'x'\n\n\nclass Order:\n    def total(self): ...\n",
}


@pytest.fixture
def coder(
    services: Services,
    aws: StubbedAws,  # noqa: F811 - pytest's way
    tmp_path: Path,
    qtbot: QtBot,
) -> Iterator[Coder]:
    with opened(FILES, services, aws, tmp_path, qtbot) as coder:
        yield coder


@pytest.fixture
def picker(coder: Coder, services: Services) -> GoToSymbol:
    return GoToSymbol(coder.page, services, coder.page)


def rows(picker: GoToSymbol) -> list[str]:
    said = Qt.ItemDataRole.AccessibleTextRole
    return [str(picker.model.index(row).data(said)) for row in range(picker.model.rowCount())]


def test_a_few_letters_and_enter_go_to_a_definition(coder: Coder, picker: GoToSymbol) -> None:
    places: list[tuple[int, int]] = []
    coder.files.editor.cursor_moved.connect(lambda line, column: places.append((line, column)))
    picker.open()
    coder.until(lambda: rows(picker))
    assert rows(picker) == [
        "handler, app.py:1, function",
        "TABLE, lib/orders.py:1, variable",
        "Order, lib/orders.py:4, class",
        "total, lib/orders.py:5, function",
    ]
    QTest.keyClicks(picker.search, "tot")
    assert rows(picker) == ["total, lib/orders.py:5, function"]
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    coder.until(lambda: coder.files.current_path() == "lib/orders.py" and (5, 9) in places)
    assert not picker.isVisible()


def test_what_is_typed_and_not_saved_is_found(coder: Coder, picker: GoToSymbol) -> None:
    coder.type("def brand_new(): ... # ")
    picker.open()
    coder.until(lambda: "brand_new, app.py:1, function" in rows(picker))
    picker.dismiss()
    coder.idle()


def test_letters_typed_before_the_names_are_there_count(coder: Coder, picker: GoToSymbol) -> None:
    picker.open()
    nothing = picker.findChild(QLabel, "goToSymbolNothing")
    assert nothing is not None
    assert nothing.text() == "Searching for symbols…"
    QTest.keyClicks(picker.search, "ord")
    coder.until(lambda: rows(picker))
    assert rows(picker)[0] == "Order, lib/orders.py:4, class"
    assert not any("handler" in row for row in rows(picker))
    picker.dismiss()


def test_what_was_found_is_there_at_once_the_next_time(coder: Coder, picker: GoToSymbol) -> None:
    picker.open()
    coder.until(lambda: rows(picker))
    picker.dismiss()
    picker.open()
    assert len(rows(picker)) == 4
    picker.open()
    assert not picker.isVisible()
    coder.idle()


def test_code_without_names_says_so(coder: Coder, picker: GoToSymbol) -> None:
    for path in ("app.py", "lib/orders.py"):
        (coder.workspace.root / path).write_text("")
    picker.open()
    nothing = picker.findChild(QLabel, "goToSymbolNothing")
    assert nothing is not None
    coder.until(lambda: nothing.text() == "The code has no names to go to.")
    assert nothing.isVisible()
    picker.dismiss()


def test_without_code_nothing_opens(coder: Coder, picker: GoToSymbol) -> None:
    coder.page.clear()
    coder.idle()
    picker.open()
    assert not picker.isVisible()
