"""Drives the real program in a real X window: key strokes and clicks come from the X server, like a person's.

The program runs in this process, so that its state can be looked at; nothing is ever called on it to act.
"""

import builtins
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEventLoop, QModelIndex, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QAbstractItemView, QApplication, QComboBox, QLabel, QLineEdit, QWidget

PATIENCE_S = 60.0  # no measure: a start with its samples took 15 s on a machine with ten busy processes
TYPING = "document.hasFocus() && document.activeElement.matches('.inputarea')"
FINDING = "document.activeElement.matches('.find-widget.visible .monaco-findInput .input')"
DRAWN = "innerWidth > 200 && document.querySelector('.view-line')?.getBoundingClientRect().width > 0"
"""What an eye sees of the editor: the caret in the text, or in the find field; and that there is text."""
_PART_PX = 40
_LOOK_MS = 10


class Driver:
    """A person at keyboard and mouse.

    Args:
        window: The window to act in; shown.
    """

    def __init__(self, window: QWidget) -> None:
        self.window = window
        self.after_start: Callable[[], object] = lambda: None  # of xdotool, which keeps this thread waiting

    def focus_window(self) -> None:
        """Gives the X focus to the window: there is no window manager to do it."""
        self._x("windowfocus", "--sync", str(int(self.window.winId())))
        self.until(lambda: QApplication.activeWindow() is not None, "the window is active")

    def keys(self, *chords: str) -> None:
        """Presses key combinations in xdotool's words: "ctrl+s", "Return"."""
        for chord in chords:
            self._x("key", "--clearmodifiers", chord)

    def pause(self, duration_ms: int = 300) -> None:
        """Does nothing for a moment, as a person who waits for a field to open."""
        self._run_events(duration_ms)

    def type(self, text: str, delay_ms: int = 15) -> None:
        """Types text, key by key."""
        self._x("type", "--delay", str(delay_ms), text)

    def open_list(self, picker: QComboBox) -> None:
        """Clicks a picker, and waits for its list: a key that comes sooner is not for it."""
        self.click(picker)
        self.until(picker.view().isVisible, "the list is open")

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Clicks a widget once it rests where it is, in its middle unless told otherwise."""
        self.until(lambda: self._rests(widget), f"{widget.objectName()} rests")
        point = widget.mapToGlobal(at or widget.rect().center()) * self.window.devicePixelRatio()
        # By one program: the server may hear a second one before it has done what the first one asked.
        self._x("mousemove", str(point.x()), str(point.y()), "click", "1")

    def click_row(self, view: QAbstractItemView, text: str) -> None:
        """Clicks the row of a list or tree that shows this text."""
        index = self.find_row(view.model(), text)
        view.scrollTo(index)
        area: QRect = view.visualRect(index)
        self.click(view.viewport(), QPoint(area.left() + 20, area.center().y()))

    def find_row(self, model: QAbstractItemModel, text: str) -> QModelIndex:
        """The first index of a model, at any depth, that shows this text."""
        flags = Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
        found = model.match(model.index(0, 0), Qt.ItemDataRole.DisplayRole, text, 1, flags)
        assert found, f"no row shows {text!r}"
        return found[0]

    def until(self, condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
        """Lets the program run until something is so."""
        deadline = time.monotonic() + patience_s
        while not condition():
            if time.monotonic() >= deadline:
                words = f"{patience_s:.0f} s passed, and not yet: {what}\n{_on_screen()}"
                print(words, flush=True)  # the traceback of a job names the error's class only
                raise AssertionError(words)
            self._run_events(_LOOK_MS)

    def dialog[T: QWidget](self, kind: builtins.type[T]) -> T:
        """The modal dialog, once it is active: keys that are typed sooner go to the window behind it."""
        self.until(lambda: isinstance(QApplication.activeModalWidget(), kind), f"{kind.__name__} is open")
        found = QApplication.activeModalWidget()
        assert isinstance(found, kind)
        self.until(found.isActiveWindow, f"{kind.__name__} has the keyboard")
        return found

    def seen(self, code: str, what: str) -> None:
        """Lets the program run until a script of the editor's page gives something true."""
        self.until(lambda: self.page(code), what)

    def page(self, code: str) -> Any:
        """What a script of the editor's page gives."""
        view = self.window.findChild(QWebEngineView, "editorWebView")
        assert view is not None
        answers: list[Any] = []
        view.page().runJavaScript(code, answers.append)
        self.until(lambda: answers, "the page answers")
        return answers[0]

    def until_editor_is(self, theme: str) -> None:
        """Lets the program run until the editor, if it is seen, is painted in the colours of a theme."""
        view = self.window.findChild(QWebEngineView, "editorWebView")
        if view is None or not view.isVisible():
            return
        corner = view.mapToGlobal(QPoint(view.width() // 2, view.height() // 2))

        def is_painted() -> bool:
            part = self.window.screen().grabWindow(0, corner.x(), corner.y(), _PART_PX, _PART_PX)
            average = part.toImage().scaled(1, 1, mode=Qt.TransformationMode.SmoothTransformation)
            return (average.pixelColor(0, 0).lightnessF() < 0.5) == (theme == "dark")

        self.until(is_painted, f"the editor is {theme}")

    def shoot(self, path: str, size: QSize | None = None) -> None:
        """Saves what is on the screen, or in so much of its top left corner."""
        self._run_events(300)
        screen = self.window.screen()
        width, height = (size.width(), size.height()) if size is not None else (-1, -1)
        assert screen.grabWindow(0, 0, 0, width, height).save(path), f"{path} could not be written"

    def _rests(self, widget: QWidget) -> bool:
        """Whether a widget keeps its position for a moment: the window manager moves a window that opens."""
        before = widget.mapToGlobal(widget.rect().center())
        self._run_events(_LOOK_MS)
        return widget.mapToGlobal(widget.rect().center()) == before

    def _x(self, *words: str) -> None:
        """Runs xdotool while the program goes on."""
        command: Sequence[str] = ("xdotool", *words)
        with subprocess.Popen(command) as process:
            self.after_start()
            try:
                self.until(lambda: process.poll() is not None, " ".join(command))
            finally:
                process.kill()  # else leaving waits for one that is stuck, without end
            assert process.returncode == 0, f"{' '.join(command)} failed"

    @staticmethod
    def _run_events(duration_ms: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(duration_ms, loop.quit)
        loop.exec()


def _on_screen() -> str:
    """The titles of the open windows, the texts of the modal ones, and which widget has the focus."""
    windows = [each for each in QApplication.topLevelWidgets() if each.isVisible()]
    said = [
        f"{each.windowTitle()!r}: " + " | ".join(_texts(each)) if each.isModal() else repr(each.windowTitle())
        for each in windows
    ]
    return "\n".join([*said, f"keyboard: {QApplication.focusWidget()!r} in {QApplication.activeWindow()!r}"])


def _texts(window: QWidget) -> list[str]:
    fields: list[QLabel | QLineEdit] = [*window.findChildren(QLabel), *window.findChildren(QLineEdit)]
    return [each.text() for each in fields if each.isVisible() and each.text()]
