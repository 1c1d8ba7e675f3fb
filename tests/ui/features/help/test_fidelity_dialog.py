"""How true the Sandbox is, as a dialog."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from workbench.sandbox.fidelity import Fidelity, Measured, ServiceFidelity
from workbench.ui.features.help.feature import FidelityDialog

_MEASURED = Fidelity(
    date="2026-11-28",
    versions={"moto": "5.2.5"},
    services=(ServiceFidelity("events", 40, 38, 12), ServiceFidelity("lambda", 280, 270, 28)),
    states=Measured(190, 200),
    fields=Measured(60, 70),
)


@pytest.fixture
def dialog(qtbot: QtBot) -> Iterator[FidelityDialog]:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = FidelityDialog(_MEASURED, parent)
    dialog.open()
    yield dialog
    parent.close()


def test_each_service_is_a_row_with_what_was_measured(dialog: FidelityDialog) -> None:
    table = dialog.table.model()
    rows = [
        [table.index(row, column).data() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]
    assert rows == [
        ["EventBridge", "40", "38 (95 %)", "12 (30 %)"],
        ["Lambda", "280", "270 (96 %)", "28 (10 %)"],
        ["All services", "320", "308 (96 %)", "40 (12 %)"],
    ]


def test_it_says_when_and_beside_what_it_was_measured(dialog: FidelityDialog) -> None:
    texts = " ".join(label.text() for label in dialog.findChildren(QLabel))
    for words in ("2026-11-28", "moto 5.2.5", "190 of 200", "60 of 70", "cannot simulate", "Kafka"):
        assert words in texts
