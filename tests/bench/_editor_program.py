"""The program that `editor.py` measures: a process of its own, used by real keys and clicks. Prints JSON.

Usage: _editor_program.py WHAT NAME..., WHAT being
    open      opens the functions NAME... one after the other, each for the first time; completes in the first
    type      types in three files of NAME, and in bare Monaco
    large     opens NAME, whose package is as large as Lambda allows
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from PySide6.QtCore import QEvent, QObject, QUrl
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget

from tests.bench._processes import pss_by_program_mb
from tests.e2e.driver import Driver
from workbench.app import SWITCH_INTERVAL_S, Milestones, Program, make_application
from workbench.core.files import Paths, resources_dir
from workbench.ui.pages.code import CodePage

PROFILE = "work"
SIZES = (50, 10_000, 50_000)
KEYS = "total = first + second * 3 - third "
_KEY_PAUSE_MS = 240
_ROUNDS = 2
_MONACO = resources_dir() / "editor" / "node_modules" / "monaco-editor" / "min"
# With the program's way of taking keys, which Chromium's EditContext is not (see main.ts).
_BARE_PAGE = """<!doctype html>
<link rel="stylesheet" href="vs/editor/editor.main.css">
<style>html, body, #editor { margin: 0; width: 100%; height: 100%; overflow: hidden; }</style>
<div id="editor"></div>
<script src="vs/loader.js"></script>
<script>
require.config({ paths: { vs: "vs" } });
require(["vs/editor/editor.main"], (monaco) => {
  const options = { language: "python", automaticLayout: true, editContext: false };
  window.bare = monaco.editor.create(document.getElementById("editor"), options);
});
</script>
"""
# The servers come last and settle a moment after they are ready.
_SETTLE_MS = 3_000
_IDLE_MS = 2_000  # for so long the window has nothing to do, for comparison
_X_TIME = 1 << 32  # the X server counts milliseconds in 32 bits

# What is painted is told by a message, which comes after the frame.
_TOOLS = """
window.bench = {
  now: () => performance.timeOrigin + performance.now(),
  painted(then) {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(this.now());
    channel.port2.postMessage(0);
  },
  await(found) {
    this.at = 0;
    const look = () => (found() ? this.painted((at) => (this.at = at)) : requestAnimationFrame(look));
    requestAnimationFrame(look);
  },
  shows(words) {
    this.await(() => document.querySelector(".view-lines")?.textContent.includes(words));
  },
  completes(labels) {
    const found = () => [...document.querySelectorAll(".suggest-widget.visible .label-name")]
      .some((label) => labels.includes(label.textContent));
    this.at = 0;
    addEventListener("keydown", (event) => event.key === "." && this.await(found), { capture: true });
  },
  watch() {
    this.frames = [];
    const tell = () => this.painted((at) => this.frames.push(at));
    this.observer = new MutationObserver(tell);
    const options = { childList: true, characterData: true, subtree: true };
    this.observer.observe(document.querySelector(".view-lines"), options);
  },
};
true
"""


class Page:
    """A page with Monaco in it, used by real keys.

    Args:
        view: Shows it.
        driver: Of the view's window.
    """

    def __init__(self, view: QWebEngineView, driver: Driver) -> None:
        self._view = view
        self._driver = driver
        self.ask(_TOOLS)

    def type(self) -> list[float]:
        """Types where the cursor is. Returns each key's milliseconds until its character is painted."""
        self.ask("bench.watch()")
        keys = Stamps(self.keyboard, QEvent.Type.KeyPress)
        self._driver.type(KEYS, delay_ms=_KEY_PAUSE_MS)
        self._driver.pause()
        keys.end()
        frames = [_monotonic_s(at) for at in json.loads(self.ask("JSON.stringify(bench.frames)"))]
        self.ask("bench.observer.disconnect()")
        self._driver.keys("Escape")
        assert len(keys.at_s) >= len(KEYS), f"{len(keys.at_s)} of {len(KEYS)} keys arrived"
        return [(next(at for at in frames if at > key_s) - key_s) * 1000 for key_s in keys.at_s]

    @property
    def keyboard(self) -> QWidget:
        """Gets the keys."""
        keyboard = self._view.focusProxy()
        assert keyboard is not None
        return keyboard

    def ask(self, code: str) -> Any:
        """What a script of the page gives."""
        answers: list[Any] = []
        self._view.page().runJavaScript(code, answers.append)
        self._driver.until(lambda: answers, "the page answers")
        return answers[0]


class BareMonaco:
    """Monaco as its package brings it, in a web view of its own, as large as another one. Has no server."""

    def __init__(self, like: QWebEngineView) -> None:
        handler = partial(_Quiet, directory=str(_MONACO))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        self._view = QWebEngineView()
        self._view.resize(like.size())
        self._view.show()
        self._driver = Driver(self._view)
        loaded: list[bool] = []
        self._view.loadFinished.connect(loaded.append)
        self._view.setHtml(_BARE_PAGE, QUrl(f"http://127.0.0.1:{self._server.server_port}/"))
        self._driver.until(lambda: loaded, "the bare page is loaded", 60)
        self._page = Page(self._view, self._driver)
        self._driver.until(lambda: self._page.ask("!!window.bare"), "bare Monaco is there", 60)

    def show(self, text: str) -> None:
        """Shows a text instead of what it showed."""
        self._page.ask(f"bare.setValue({json.dumps(text)})")

    def type_in(self, line: int) -> list[float]:
        """See `Person.type_in`."""
        self._driver.focus_window()
        self._driver.click(self._view)
        self._page.ask(
            f"bare.setPosition({{lineNumber: {line}, column: 1}}); bare.revealLineInCenter({line})"
        )
        self._driver.pause()
        return self._page.type()

    def end(self) -> None:
        """Closes the view and the server."""
        self._server.shutdown()
        self._server.server_close()
        self._view.close()
        self._view.deleteLater()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class Person:
    """Someone before the program that was just started."""

    def __init__(self) -> None:
        self.program = Program(make_application(), Paths.default(), Milestones(None), PROFILE)
        self.program.show()
        self.program.window.move(0, 0)
        self.program.window.resize(1600, 1000)
        self.driver = Driver(self.program.window)
        self.files = self.program.context.window.page.tab(CodePage).files
        editor = self.files.editor
        self.driver.until(lambda: editor.is_ready, "the editor is ready", 60)
        model = self.program.window.functions.model
        self.driver.until(lambda: model.total, "the list", 60)
        self.driver.focus_window()
        view = self.program.window.findChild(QWebEngineView, "editorWebView")
        assert view is not None, "the plain editor is shown"
        self.view = view
        self._page = Page(view, self.driver)
        self.ask = self._page.ask
        self.driver.pause(_SETTLE_MS)

    def open(self, name: str, words: str) -> float:
        """Clicks a function. Returns the milliseconds until the editor has painted these words."""
        self.ask(f"bench.shows({json.dumps(words)})")
        clicked_s = self.click(name)
        self.driver.until(lambda: self.ask("bench.at"), f"{name} is shown")
        return _ms_between(clicked_s, self.ask("bench.at"))

    def click(self, name: str) -> float:
        """Clicks a function. Returns when, by the monotonic clock."""
        view = self.program.window.functions.view
        clicks = Stamps(view.viewport(), QEvent.Type.MouseButtonPress)
        self.driver.click_row(view, name)
        self.driver.until(lambda: clicks.at_s, "the click arrives")
        clicks.end()
        return clicks.at_s[0]

    def complete(self) -> float:
        """Writes `json.` below all. Returns the milliseconds until the list of its members is painted."""
        self.write_below("import json")
        self.driver.keys("Return")
        self.driver.pause()
        self.ask('bench.completes(["JSONDecodeError", "JSONDecoder", "JSONEncoder", "dumps", "decoder"])')
        keys = Stamps(self._page.keyboard, QEvent.Type.KeyPress)
        self.driver.type("json.")
        self.driver.until(lambda: self.ask("bench.at"), "the members of json are offered")
        keys.end()
        return _ms_between(keys.at_s[-1], self.ask("bench.at"))

    def write_below(self, text: str) -> None:
        """Writes a line at the end of the shown file."""
        self.driver.click(self.files.editor)
        self.driver.keys("ctrl+End", "Return")
        self.driver.type(text)

    def show(self, path: str, line: int) -> None:
        """Shows a file."""
        self.files.reveal(path, line, 1)
        self.driver.until(lambda: self.files.current_path() == path, f"{path} is shown")
        self.driver.pause(_SETTLE_MS)

    def type_in(self, path: str, line: int) -> list[float]:
        """Types in a line of the file that is shown. Returns what `Page.type` does."""
        self.driver.focus_window()
        self.driver.click(self.files.editor)
        self.files.reveal(path, line, 1)
        self.driver.pause()
        return self._page.type()

    def rest(self) -> None:
        """Lets what an opening began come to its end."""
        self.driver.pause(_SETTLE_MS)
        self.driver.until(lambda: not self.program.services.jobs.active(), "no job is left", 120)

    def leave(self) -> None:
        """Quits."""
        self.program.window.close()
        self.driver.until(lambda: not self.program.window.isVisible(), "the window is closed")
        self.program.destroy()


class Stamps(QObject):
    """When the X server got the key strokes or clicks that a widget gets, by the monotonic clock."""

    def __init__(self, widget: QWidget, kind: QEvent.Type) -> None:
        super().__init__()
        self.at_s: list[float] = []
        self._widget = widget
        self._kind = kind
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == self._kind and isinstance(event, QKeyEvent | QMouseEvent):
            ago_ms = (int(time.monotonic() * 1000) - event.timestamp()) % _X_TIME
            if isinstance(event, QMouseEvent) or event.text():  # Shift alone writes nothing
                self.at_s.append(time.monotonic() - ago_ms / 1000)
        return False

    def end(self) -> None:
        """Looks no more."""
        self._widget.removeEventFilter(self)


def open_each(person: Person, names: Sequence[str]) -> dict[str, object]:
    """Opens functions; the first one also is completed in, and then all processes are weighed."""
    first, *others = names
    first_open_ms = person.open(first, f"marker_{first}")
    person.driver.pause()
    completion_ms = person.complete()
    person.driver.pause(_SETTLE_MS)
    mb = pss_by_program_mb(os.getpid())
    person.driver.keys("Escape", "ctrl+s")
    opened_ms = []
    for name in others:
        person.rest()
        opened_ms.append(person.open(name, f"marker_{name}"))
    again_ms = []
    for name in others:
        person.rest()
        again_ms.append(person.open(name, f"marker_{name}"))
    return {
        "first_open_ms": first_open_ms,
        "first_completion_ms": completion_ms,
        "mb": mb,
        "warm_open_ms": opened_ms,
        "reopen_ms": again_ms,
    }


def type_in_each(person: Person, names: Sequence[str]) -> dict[str, object]:
    """Types in a small, a long and a very long file; in turn, the same in bare Monaco."""
    person.open(names[0], f"marker_{names[0]}")
    person.rest()
    bare = BareMonaco(person.view)
    found: dict[str, object] = {}
    for size in SIZES:
        path, line = f"lines_{size}.py", size // 2
        person.show(path, line)
        bare.show(source(size))
        rounds = [(person.type_in(path, line), bare.type_in(line)) for _ in range(_ROUNDS)]
        found[str(size)] = [ours for ours, _ in rounds]
        found[f"{size} bare"] = [theirs for _, theirs in rounds]
    bare.end()
    person.driver.focus_window()
    return found


def source(lines: int) -> str:
    """A file of Python of so many lines."""
    head = "def function_{0}(first: int, second: int, third: int) -> int:\n"
    block = head + "    return first + second * third + {0}\n\n\n\n"
    return "".join(block.format(number) for number in range(lines // 5))


def open_large(person: Person, names: Sequence[str]) -> dict[str, object]:
    """Opens a large package, twice; watches the main thread meanwhile."""
    from tests.stall import StallWatch

    small, large = names
    tree = person.program.context.window.page.tab(CodePage).tree
    found: dict[str, object] = {}
    person.open(small, f"marker_{small}")
    for run in ("first", "again"):
        person.rest()
        watch = StallWatch()
        person.driver.after_start = watch.excuse
        with _said(watch):
            clicked_s = person.click(large)
            person.driver.until(
                lambda: person.files.current_path() == "app.py" and tree.model().rowCount() > 1,
                "the tree",
                180,
            )
            found[f"{run}_s"] = time.monotonic() - clicked_s
            person.rest()
        found[f"{run}_stall_ms"] = watch.worst_ms
        person.open(small, f"marker_{small}")
    person.rest()
    idle = StallWatch()
    with _said(idle):
        person.driver.pause(_IDLE_MS)
    found["idle_stall_ms"] = idle.worst_ms
    return found


class _said:
    """Prints the stalls that a watch found, where it would fail a test."""

    def __init__(self, watch: Any) -> None:
        self._watch = watch

    def __enter__(self) -> None:
        self._watch.__enter__()

    def __exit__(self, *error: object) -> None:
        import pytest

        try:
            self._watch.__exit__(*error)
        except pytest.fail.Exception as failure:
            print(failure, file=sys.stderr)


def _ms_between(start_s: float, page_epoch_ms: float) -> float:
    return (_monotonic_s(page_epoch_ms) - start_s) * 1000


def _monotonic_s(page_epoch_ms: float) -> float:
    return page_epoch_ms / 1000 - (time.time() - time.monotonic())


def main(what: str, names: Sequence[str]) -> None:
    """Starts, plays the part, prints."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    person = Person()
    parts = {"open": open_each, "type": type_in_each, "large": open_large}
    try:
        found = parts[what](person, names)
    except AssertionError:
        person.driver.shoot(f"/tmp/workbench-bench-stuck-{os.getpid()}.png")
        raise
    person.leave()
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
