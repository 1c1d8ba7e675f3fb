"""How Monaco shows a text: font, white space, folding, and typing at several places at once."""

import pytest
from PySide6.QtCore import Qt

from tests.ui.editor.driving import CONTROL, Driver
from workbench.ui.editor import EditorOptions

APP = "file:///functions/hello/app.py"
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
LINES = "[...document.querySelectorAll('.view-line')]"


@pytest.fixture
def driver(monaco_editor: Driver) -> Driver:
    return monaco_editor


@pytest.mark.parametrize("family", ["DejaVu Sans Mono", 'Odd "Name"; color: red'])
def test_the_font_is_the_chosen_one_with_another_to_fall_back_on(driver: Driver, family: str) -> None:
    driver.editor.open_file(APP, "x = 1\n")
    driver.editor.set_options(EditorOptions(font_family=family))
    driver.settle()
    driver.wait_for_js(f"{LINES}.length > 0")
    shown = str(driver.js(f"getComputedStyle({LINES}[0]).fontFamily"))
    assert shown.endswith(", monospace")
    assert shown.replace("\\", "").startswith(f'"{family}", ')


def test_spaces_and_tabs_are_drawn_when_wished(driver: Driver) -> None:
    driver.editor.open_file(APP, "def f():\n\treturn  1\n")
    drawn = "document.querySelectorAll('.mtkw, .mtkz, .view-overlays svg').length"
    driver.wait_for_js(f"{LINES}.length > 1")
    assert driver.js(drawn) == 0
    driver.editor.set_options(EditorOptions(whitespace=True))
    driver.wait_for_js(f"{drawn} > 0")


def test_the_minimap_is_there(driver: Driver) -> None:
    driver.editor.open_file(APP, "x = 1\n" * 100)
    driver.wait_for_js("document.querySelector('.minimap').offsetWidth > 20")


def test_the_minimap_shows_what_was_typed(driver: Driver) -> None:
    driver.editor.open_file(APP, "x = 1\n" * 20)
    driver.wait_for_js("document.querySelector('.minimap').offsetWidth > 20")
    driver.settle()
    driver.js("window.before = document.querySelector('.minimap canvas').toDataURL(); true")
    driver.focus()
    driver.type("much_longer_than_it_was_before ")
    driver.wait_for_js("document.querySelector('.minimap canvas').toDataURL() !== window.before")


def test_a_function_folds_and_unfolds(driver: Driver) -> None:
    driver.editor.open_file(APP, "def f():\n    a = 1\n    return a\n\n\nx = f()\n")
    driver.wait_for_js(f"{LINES}.length === 7")
    driver.focus()
    driver.press(Qt.Key.Key_BracketLeft, CONTROL | SHIFT)
    driver.wait_for_js(
        f"{LINES}.length < 7 && document.querySelector('.cldr.codicon-folding-collapsed') !== null"
    )
    driver.press(Qt.Key.Key_BracketRight, CONTROL | SHIFT)
    driver.wait_for_js(f"{LINES}.length === 7")


def test_typing_goes_to_every_chosen_occurrence(driver: Driver) -> None:
    driver.editor.open_file(APP, "alpha = 1\nbeta = alpha\nalpha += 1\n")
    driver.focus()
    for _ in range(3):
        driver.press(Qt.Key.Key_D, CONTROL)  # the word at the cursor, then the next one like it
    driver.wait_for_js("document.querySelectorAll('.cursor').length === 3")
    driver.press(Qt.Key.Key_G)
    driver.wait_for_text(APP, "g = 1\nbeta = g\ng += 1\n")
    driver.press(Qt.Key.Key_Escape)
    driver.wait_for_js("document.querySelectorAll('.cursor').length === 1")


def test_a_second_cursor_comes_below(driver: Driver) -> None:
    driver.editor.open_file(APP, "a\nb\n")
    driver.focus()
    driver.press(Qt.Key.Key_Down, SHIFT | ALT)
    driver.wait_for_js("document.querySelectorAll('.cursor').length === 2")
    driver.press(Qt.Key.Key_X)
    driver.wait_for_text(APP, "xa\nxb\n")


def test_line_numbers_stay_beside_their_lines_when_a_text_is_replaced_at_its_end(driver: Driver) -> None:
    long_line = f"x = '{'1' * 130}'\n"  # calls for the horizontal scroll bar, but only once it is drawn
    driver.editor.open_file(APP, "x = 1\n" * 20 + long_line + "x = 1\n" * 30)
    driver.focus()
    driver.press(Qt.Key.Key_End, CONTROL)
    driver.wait_for_js("document.querySelector('.scrollbar.horizontal.invisible.fade') !== null")
    driver.editor.open_file(APP, "x = 1\n" * 18 + long_line + "x = 1\n" * 30)  # as reverting does
    tops = "[...document.querySelectorAll('.margin, .lines-content')].slice(-2).map((each) => each.style.top)"
    driver.wait_for_js(f"{tops}[1] !== '-406px'")
    driver.wait_for_js(f"{tops}[0] === {tops}[1]")
