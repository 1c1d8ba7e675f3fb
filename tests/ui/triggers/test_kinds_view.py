"""The list of kinds in the wizard: letters find a kind by any word of its title."""

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.triggers.kinds.table import SOURCES
from workbench.ui.features.triggers.add_dialog import KindsView
from workbench.ui.kit.icons import Icons


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("S3", "s3"),
        ("sqs", "sqs"),
        ("kafka", "kafka"),
        ("managed", "kafka"),
        ("http", "http-api"),
        ("k", "kinesis"),
        ("zzz", "s3"),
    ],
)
def test_letters_find_a_kind_by_any_word(qtbot: QtBot, icons: Icons, typed: str, kind: str) -> None:
    view = KindsView(icons)
    qtbot.addWidget(view)
    view.show_kinds([each for each, source in SOURCES.items() if source.can_create], ())
    QTest.keyClicks(view.list, typed)
    assert view.chosen() == kind
