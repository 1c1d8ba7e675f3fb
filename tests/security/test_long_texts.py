"""Row 3: a text of a stranger's that is very long does not stop the window.

A function can raise an error of 6 MB; a server that is not AWS's can answer with more.
"""

import pytest
from PySide6.QtWidgets import QLabel, QLayout, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.growth import growth
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.labels import ElidedLabel
from workbench.ui.kit.text import PlainLabel, RichLabel, message_box

LENGTH = 250_000
"""The shorter of two lengths that are compared, in characters."""
GROWTH = 2.0
"""The most where a text is cut first; where it is laid out whole, four times the text takes at least 4."""
LEAST_S = 0.02
"""The text itself grows: it is made, and looked at to be cut. To lay out the shorter one takes far longer."""
TEXTS = {
    "one word": "x",
    "words": "a b ",
    "lines": "\n",
    "markup": "<",
    "marks": "\u0300",
    "right to left": "\u202e",
}


def plain(text: str) -> QWidget:
    label = PlainLabel(text)
    label.setWordWrap(True)
    return label


def rich(text: str) -> QWidget:
    label = RichLabel(text)
    label.setWordWrap(True)
    return label


def elided(text: str) -> QWidget:
    label = ElidedLabel()
    label.show_text(text)
    return label


def empty(text: str) -> QWidget:
    state = EmptyState()
    state.set_text(text, text)
    return state


def box(text: str) -> QWidget:
    return message_box(None, "Title", text, text)


@pytest.mark.parametrize("make", [plain, rich, elided, empty, box])
@pytest.mark.parametrize("name", TEXTS)
def test_it_is_cut_before_it_is_laid_out(qtbot: QtBot, name: str, make) -> None:  # type: ignore[no-untyped-def]
    made: list[QWidget] = []

    def show(text: str) -> None:
        shown = make(text)
        window = shown if make is box else QWidget()
        made.extend((window, shown))  # one that nobody holds is deleted
        qtbot.addWidget(window)
        if make is not box:
            window.resize(400, 300)
            layout = QVBoxLayout(window)
            # Without this, an unbroken text widens the window, and its pixels are measured, not the text.
            layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
            layout.addWidget(shown)
        window.show()
        qtbot.wait(1)

    assert growth(lambda length: show(TEXTS[name] * length), LENGTH, LEAST_S) < GROWTH
    shown = made[-1]
    assert any(
        "…" in label.text() for label in (shown, *shown.findChildren(QLabel)) if isinstance(label, QLabel)
    )
