"""Row 3: a text of a stranger's that is very long does not stop the window.

A function can raise an error of 6 MB; a server that is not AWS's can answer with more.
"""

import pytest
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.growth import processor_s
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.labels import ElidedLabel
from workbench.ui.kit.text import PlainLabel, RichLabel, message_box

USUAL_S = 0.01
"""What a usual text takes at least; less is not measured."""
TEXTS = {
    "one word": "x" * 1_000_000,
    "words": "a b " * 250_000,
    "lines": "\n" * 1_000_000,
    "markup": "<" * 1_000_000,
    "marks": "a" + "\u0300" * 1_000_000,
    "right to left": "\u202e" * 1_000_000,
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
            QVBoxLayout(window).addWidget(shown)
        window.show()
        qtbot.wait(1)

    usual_s = max(USUAL_S, min(processor_s(lambda: show("a b " * 50)) for _ in range(2)))
    assert processor_s(lambda: show(TEXTS[name])) < 20 * usual_s
    shown = made[-1]
    assert any(
        "…" in label.text() for label in (shown, *shown.findChildren(QLabel)) if isinstance(label, QLabel)
    )
