"""Real editors, each shown and ready: Monaco in a real web view, and the plain one."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QEventLoop
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.no_graphics import NO_GRAPHICS
from tests.ui.editor.driving import Driver
from workbench.core.files import resources_dir
from workbench.ui.editor import Editor, SurfaceFactory, monaco
from workbench.ui.editor.surface import Surface
from workbench.ui.kit.web_views import prepare_window


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = f"{Path(__file__).parent}{os.sep}"  # as texts: all tests are asked
    for item in items:
        if str(item.path).startswith(here):
            # Only the closest marker counts: it has to hold what the others say.
            others = [pattern for marker in item.iter_markers("qt_log_ignore") for pattern in marker.args]
            item.add_marker(pytest.mark.qt_log_ignore(*NO_GRAPHICS, *others), append=False)


@pytest.fixture(scope="session")
def page_dir() -> Path:
    built = resources_dir() / "editor" / "dist"
    assert (built / "index.html").is_file(), "build the editor's page first: ./dev setup"
    return built


@pytest.fixture
def make_editor(qtbot: QtBot) -> Callable[[SurfaceFactory], Driver]:
    """Makes an editor and waits until it is ready."""

    def make(make_surface: SurfaceFactory) -> Driver:
        driver = Driver(Editor(make_surface), qtbot)
        editor = driver.editor
        qtbot.addWidget(editor)
        editor.resize(900, 600)
        prepare_window(editor)
        with qtbot.waitActive(editor):  # without a window manager a window has to ask for the keyboard
            editor.show()
            editor.activateWindow()
        with qtbot.waitSignal(editor.ready, timeout=20_000):
            editor.prewarm()
        return driver

    return make


def without_web_engine(parent: QWidget) -> Surface:
    """What making a web view comes to where QtWebEngine is not installed."""
    raise ImportError("No module named 'PySide6.QtWebEngineCore'")


@pytest.fixture
def monaco_editor(make_editor: Callable[[SurfaceFactory], Driver], page_dir: Path) -> Driver:
    return make_editor(monaco(page_dir))


@pytest.fixture(scope="module")
def _kept(qapp: QApplication, page_dir: Path) -> Iterator[Editor]:
    """An editor that lives as long as a module: its page and workers start once."""
    editor = Editor(monaco(page_dir))
    editor.resize(900, 600)
    prepare_window(editor)
    editor.show()
    editor.activateWindow()
    assert QTest.qWaitForWindowActive(editor)
    loop = QEventLoop()
    editor.ready.connect(loop.quit)
    editor.fell_back.connect(loop.quit)
    editor.prewarm()
    loop.exec()
    assert editor.is_ready
    yield editor
    shiboken6.delete(editor)


@pytest.fixture
def kept_editor(_kept: Editor, qtbot: QtBot) -> Iterator[Driver]:
    """A real Monaco that was used before, without documents, for what the text alone decides."""
    driver = Driver(_kept, qtbot)
    with qtbot.waitActive(_kept):  # another test's editor may have the keyboard
        _kept.activateWindow()
    yield driver
    _kept.halves.join()
    for uri in _kept.open_uris():
        _kept.close_file(uri)
    qtbot.waitUntil(lambda: not _kept.open_uris())


@pytest.fixture(params=["monaco", "plain"])
def driver(
    request: pytest.FixtureRequest,
    make_editor: Callable[[SurfaceFactory], Driver],
    _kept: Editor,  # made before a test begins, as it outlives the test
) -> Driver:
    """Each of the two editors: what a test with it says holds for both."""
    if request.param == "plain":
        return make_editor(without_web_engine)
    kept: Driver = request.getfixturevalue("kept_editor")
    return kept
