"""The gallery: every part in light and dark, 1x and 2x, with short and long texts, nothing cut off."""

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.gallery import SCALES, THEMES, WIDTH, Gallery, picture
from workbench.ui.kit.empty import EmptyMessage
from workbench.ui.kit.labels import ElidedLabel, FittingLabel
from workbench.ui.kit.theme import Theme

_PARTS = {
    "Texts and badges",
    "Buttons",
    "Form",
    "Table",
    "Table without rows, table of long texts",
    "Dialog",
    "Status",
}
_CUT_ON_PURPOSE = (ElidedLabel, FittingLabel, EmptyMessage)


def _is_cut(widget: QWidget) -> bool:
    """Whether a text needs more room than it has."""
    if isinstance(widget, QLabel):
        if widget.wordWrap():
            return widget.heightForWidth(widget.width()) > widget.height()
        return widget.minimumSizeHint().width() > widget.width()
    return widget.sizeHint().width() > widget.width()


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
@pytest.mark.parametrize("name", THEMES)
def test_every_part_is_drawn_and_nothing_is_cut_off(
    name: str, long: bool, dressed: Theme, tmp_path: Path, qtbot: QtBot
) -> None:
    dressed.choose(name)
    gallery = Gallery(dressed, long=long)
    qtbot.addWidget(gallery)
    for scale in SCALES:
        file = tmp_path / f"{scale}.png"
        assert picture(gallery, scale).save(str(file))
        image = QImage(str(file))
        assert image.width() == WIDTH * scale
        assert image.pixelColor(1, 1).name() == dressed.colors.window
        assert len({image.pixelColor(x, y).rgb() for x in range(0, 900, 3) for y in range(0, 900, 3)}) > 20
    titles = {
        label.text() for label in gallery.findChildren(QLabel) if label.objectName().startswith("title")
    }
    assert titles == _PARTS
    texts = [*gallery.findChildren(QLabel), *gallery.findChildren(QAbstractButton)]
    cut = [
        each for each in texts if each.isVisible() and not isinstance(each, _CUT_ON_PURPOSE) and _is_cut(each)
    ]
    assert [each.objectName() for each in cut] == []
