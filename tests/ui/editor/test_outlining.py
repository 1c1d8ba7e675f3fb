"""The symbols of the document in front, as Monaco's own workers find them."""

import os
import signal

import pytest

from tests.ui.editor.driving import Driver
from workbench.ui.editor import OutlineSymbol

type Told = dict[str, tuple[OutlineSymbol, ...]]

JS = "file:///functions/hello/index.mjs"
JSON = "file:///functions/hello/event.json"


@pytest.fixture
def told(monaco_editor: Driver) -> Told:
    found: Told = {}
    monaco_editor.editor.outline.changed.connect(found.__setitem__)
    monaco_editor.editor.outline.want(wanted=True)
    return found


def _names(symbols: tuple[OutlineSymbol, ...]) -> list[object]:
    return [[symbol.name, *_names(symbol.children)] if symbol.children else symbol.name for symbol in symbols]


def _has(told: Told, uri: str, *names: object) -> bool:
    return uri in told and _names(told[uri]) == [*names]


def test_functions_and_classes_of_javascript(monaco_editor: Driver, told: Told) -> None:
    driver = monaco_editor
    text = (
        "const limit = 3;\n\nclass Store {\n  get() {\n    return 1;\n  }\n}\nexport function handler() {}\n"
    )
    driver.editor.open_file(JS, text)
    driver.qtbot.waitUntil(lambda: _has(told, JS, "handler", "limit", ["Store", "get"]), timeout=20_000)
    store = next(each for each in told[JS] if each.name == "Store")
    assert (store.line, store.column, store.first_line, store.last_line, store.kind) == (3, 1, 3, 7, 4)


def test_keys_of_json_and_then_those_of_the_document_in_front(monaco_editor: Driver, told: Told) -> None:
    driver = monaco_editor
    driver.editor.open_file(JSON, '{"a": {"b": 1}, "c": []}\n')
    driver.qtbot.waitUntil(lambda: _has(told, JSON, ["a", "b"], "c"), timeout=20_000)
    driver.editor.open_file("file:///functions/hello/notes.txt", "nothing\n")
    driver.qtbot.waitUntil(lambda: _has(told, "file:///functions/hello/notes.txt"))
    told.clear()
    driver.editor.show_file(JSON)
    driver.qtbot.waitUntil(lambda: _has(told, JSON, ["a", "b"], "c"))
    driver.editor.close_file(JSON)
    driver.qtbot.waitUntil(lambda: _has(told, ""))


def test_what_is_typed_is_in_it_soon(monaco_editor: Driver, told: Told) -> None:
    driver = monaco_editor
    driver.editor.open_file(JSON, '"": 1}\n')
    driver.type("{")
    driver.editor.open_file(JSON, '{"n": 1}\n')
    driver.qtbot.waitUntil(lambda: _has(told, JSON, "n"), timeout=20_000)


def test_of_two_halves_it_is_the_one_where_the_person_types(monaco_editor: Driver, told: Told) -> None:
    driver = monaco_editor
    driver.editor.open_file(JSON, '{"a": 1}\n')
    driver.editor.halves.split()
    driver.editor.open_file("file:///functions/hello/other.json", '{"b": 1}\n')
    driver.qtbot.waitUntil(lambda: _has(told, "file:///functions/hello/other.json", "b"), timeout=20_000)
    told.clear()
    driver.editor.halves.enter(0)
    driver.qtbot.waitUntil(lambda: _has(told, JSON, "a"))


def test_a_new_renderer_tells_it_again(monaco_editor: Driver, told: Told) -> None:
    driver = monaco_editor
    driver.editor.open_file(JSON, '{"a": 1}\n')
    driver.qtbot.waitUntil(lambda: _has(told, JSON, "a"), timeout=20_000)
    told.clear()
    driver.qtbot.waitUntil(lambda: driver.page.renderProcessPid() > 0)
    with driver.qtbot.waitSignal(driver.editor.ready, timeout=20_000):
        os.kill(driver.page.renderProcessPid(), signal.SIGKILL)
    driver.qtbot.waitUntil(lambda: _has(told, JSON, "a"), timeout=20_000)


def test_nothing_is_told_that_nobody_wants(monaco_editor: Driver, told: Told) -> None:
    driver = monaco_editor
    driver.editor.outline.want(wanted=False)
    driver.settle()
    told.clear()
    driver.editor.open_file(JSON, '{"a": 1}\n')
    driver.wait_for_js("document.querySelectorAll('.view-line').length > 0")
    driver.qtbot.wait(600)  # twice as long as it would take
    assert told == {}
    driver.editor.outline.want(wanted=True)
    driver.qtbot.waitUntil(lambda: _has(told, JSON, "a"), timeout=20_000)


def test_a_file_of_endless_symbols_is_cut(monaco_editor: Driver, told: Told) -> None:
    driver = monaco_editor
    driver.editor.open_file(JSON, "{" + ", ".join(f'"k{number}": 1' for number in range(3_000)) + "}\n")
    driver.qtbot.waitUntil(lambda: JSON in told and bool(told[JSON]), timeout=20_000)
    assert len(told[JSON]) == 2_000
