"""Texts as Qt shows them: plain, unless a function made the markup."""

import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PySide6 import QtGui
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QScrollArea, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.kit import text as kit
from workbench.ui.kit.text import (
    Markup,
    PlainLabel,
    RichLabel,
    WrappedText,
    colored,
    escaped,
    joined,
    link,
    message_box,
    tool_tip,
    unbroken,
)
from workbench.ui.kit.theme import DARK, LIGHT, Theme, style_sheet

HOSTILE = "<img src=x>one <b>two</b>"
PIECES = (
    *("<", ">", "</", "<!", "<!--", "&", "&lt;", "&amp;", "<?xml ?>", "<!doctype html>"),
    *("img", "b", "x", " ", "\n", "\u2060"),
)


def test_a_label_shows_what_looks_like_markup(qtbot: QtBot) -> None:
    label = PlainLabel(HOSTILE)
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == HOSTILE


def test_a_rich_label_shows_a_plain_text_as_it_is(qtbot: QtBot) -> None:
    label = RichLabel(HOSTILE)
    qtbot.addWidget(label)
    assert label.text() == "&lt;img src=x&gt;one &lt;b&gt;two&lt;/b&gt;"
    label.setText(joined(" ", (colored("red", "#ff0000"), HOSTILE)))
    assert label.text() == f'<span style="color:#ff0000">red</span> {escaped(HOSTILE)}'


def test_markup_escapes_what_it_is_made_of() -> None:
    assert unbroken("a <b>") == "a&nbsp;&lt;b&gt;"
    assert link(HOSTILE, 'https://a.example/?"<') == (
        f'<a href="https://a.example/?&quot;&lt;">{escaped(HOSTILE)}</a>'
    )
    assert joined("<", ("a", Markup("<i>"))) == "a&lt;<i>"


@pytest.mark.parametrize("color", ["red", "#ff0000;background:url(x)", '#ff0000"', "#FF0000\n", "#f00"])
def test_a_colour_is_only_a_colour(color: str) -> None:
    with pytest.raises(ValueError, match=re.escape(color)):
        colored("text", color)


@pytest.mark.parametrize("url", ["http://a.example", "file:///etc/passwd", "javascript:alert(1)"])
def test_a_link_leads_to_the_web_only(url: str) -> None:
    with pytest.raises(ValueError, match=re.escape(url)):
        link("text", url)


@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join))
@example("<img src=x>")
@example("one &lt;b")
@example("  <!DOCTYPE html>")
def test_a_tool_tip_never_looks_like_markup(text: str) -> None:
    tip = tool_tip(text)
    assert not QtGui.Qt.mightBeRichText(tip)
    assert tip.replace("\u2060", "") == text.replace("\u2060", "")
    assert tool_tip(tip) == tip


def test_an_ordinary_tool_tip_stays_as_it_is() -> None:
    for text in ("", "Close", "a < b", "List<String>", "one\n  two\tthree", "x" * kit.TIP_LINE_CHARACTERS):
        assert tool_tip(text) == text


def test_a_long_tool_tip_is_wrapped_and_cut() -> None:
    words = "word " * 100
    assert tool_tip(words).replace("\n", " ") == words.strip()
    assert max(map(len, tool_tip("x" * 5_000).splitlines())) == kit.TIP_LINE_CHARACTERS
    for endless in ("x" * 1_000_000, "line\n" * 1_000_000, "<b>" * 1_000_000):
        tip = tool_tip(endless)
        assert tip.endswith("…")
        assert len(tip.splitlines()) <= kit.MAX_TIP_LINES
        assert not QtGui.Qt.mightBeRichText(tip)


def test_a_message_box_shows_what_looks_like_markup(qtbot: QtBot) -> None:
    box = kit.message_box(
        None,
        "Title",
        HOSTILE,
        HOSTILE,
        QMessageBox.Icon.Warning,
        QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
    )
    qtbot.addWidget(box)
    box.show()
    shown = [label for label in box.findChildren(QLabel) if label.text()]
    assert {label.objectName() for label in shown} == {"qt_msgbox_label", "qt_msgbox_informativelabel"}
    assert {label.textFormat() for label in shown} == {Qt.TextFormat.PlainText}
    assert box.text() == box.informativeText() == HOSTILE
    assert len(box.buttons()) == 2


def test_a_message_box_without_buttons_gets_one(qtbot: QtBot) -> None:
    box = kit.message_box(None, "Title", "Text")
    qtbot.addWidget(box)
    box.show()
    assert box.buttons() == [box.button(QMessageBox.StandardButton.Ok)]


def test_the_style_sheet_makes_qts_own_labels_plain(qtbot: QtBot, qapp: QApplication) -> None:
    """Those that nobody made with the functions of the module, before they lay out for the first time."""
    qapp.setStyleSheet(style_sheet(DARK))
    try:
        label, widget = QLabel("<table><tr><td>1</table>"), QWidget()
        rich = RichLabel(colored("red", "#ff0000"))
        for each in (label, rich, widget):
            qtbot.addWidget(each)
            each.sizeHint()
        assert label.textFormat() == Qt.TextFormat.PlainText
        assert rich.textFormat() == Qt.TextFormat.RichText
        widget.show()
        QToolTip.showText(QPoint(10, 10), HOSTILE, widget)
        (tip,) = [each for each in qapp.topLevelWidgets() if each.metaObject().className() == "QTipLabel"]
        assert isinstance(tip, QLabel)
        assert tip.textFormat() == Qt.TextFormat.PlainText
        assert tip.text() == HOSTILE
    finally:
        QToolTip.hideText()
        qapp.setStyleSheet("")


def test_a_very_long_text_of_a_message_box_scrolls_and_the_buttons_stay(qtbot: QtBot) -> None:
    words = "\n".join(f"line {number}" for number in range(90))
    box = message_box(None, "Title", words, "detail", buttons=QMessageBox.StandardButton.Ok)
    qtbot.addWidget(box)
    box.show()
    assert box.text() == words
    assert box.height() < 600
    scroll = box.findChild(QScrollArea)
    assert scroll is not None
    assert scroll.verticalScrollBar().maximum() > 0
    button = box.button(QMessageBox.StandardButton.Ok)
    assert box.rect().contains(button.rect().translated(button.mapTo(box, QPoint())))


def test_a_long_arn_wraps_where_a_label_would_be_cut_off(qtbot: QtBot) -> None:
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{'a' * 64} {HOSTILE}"
    text = WrappedText("arn", arn, "ARN")
    qtbot.addWidget(text)
    text.resize(600, 10)
    text.show()
    wide = text.height()
    text.resize(120, text.height())
    qtbot.waitUntil(lambda: text.height() > 2 * wide)
    assert text.minimumSizeHint().width() <= 120
    assert text.document().documentLayout().documentSize().height() * text.fontMetrics().lineSpacing() <= (
        text.height() + 1
    )
    assert text.text() == arn


def test_a_link_has_the_colour_of_the_theme_that_is_chosen_later(qtbot: QtBot, theme: Theme) -> None:
    """Qt gives a link the palette's colour once, when its text is set."""

    def has(label: RichLabel, color: str) -> bool:
        picture = label.grab().toImage()
        places = itertools.product(range(picture.width()), range(picture.height()))
        return any(picture.pixelColor(x, y).name() == color for x, y in places)

    theme.choose("light")
    label = RichLabel(link("███ prices", "https://example.com"))
    qtbot.addWidget(label)
    label.show()
    assert has(label, LIGHT.accent)
    theme.choose("dark")
    try:
        qtbot.waitUntil(lambda: has(label, DARK.accent))
    finally:
        theme.choose("light")
