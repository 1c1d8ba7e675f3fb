"""The editor in a web view: the surface that shows Monaco.

Importing this module loads QtWebEngine, which takes 50 to 270 ms: import it in a background thread first.
"""

import atexit
import json
import secrets
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import cast

import shiboken6
from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QChildEvent,
    QEvent,
    QFile,
    QIODevice,
    QKeyCombination,
    QObject,
    QPoint,
    Qt,
    QTimer,
    QUrl,
)
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWebChannel import QWebChannel
from PySide6.QtWebEngineCore import (
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineScript,
    QWebEngineSettings,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
    QWebEngineUrlRequestJob,
    QWebEngineUrlScheme,
    QWebEngineUrlSchemeHandler,
)
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.core import messages
from workbench.core.messages import _
from workbench.ui.editor.bridge import Bridge, Json, LanguageBridge
from workbench.ui.editor.fallback import TabTrap
from workbench.ui.editor.parts import symbols_of
from workbench.ui.editor.surface import (
    BreakpointMark,
    ChangedLines,
    Document,
    EditorCommand,
    EditorOptions,
    Marker,
    Surface,
    TextEdit,
    is_window_shortcut,
)
from workbench.ui.kit.other_programs import open_in_browser

SCHEME = b"app"
HOST = "editor"
PAGE_URL = f"app://{HOST}/index.html"

_QWEBCHANNEL = "/qwebchannel.js"
_TEXTS = "/texts/"
_CONTENT_TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".ttf": b"font/ttf",
}
_POLICY = b"; ".join(
    (
        b"default-src 'none'",
        b"script-src 'self'",
        b"style-src 'self' 'unsafe-inline'",  # Monaco positions everything by style attributes
        b"font-src 'self'",
        b"worker-src 'self'",
        b"img-src 'self' data:",
        b"connect-src 'self'",  # large texts
        b"base-uri 'none'",
        b"form-action 'none'",
        b"frame-ancestors 'none'",
        b"require-trusted-types-for 'script'",
    )
)
# A list, whatever PySide's stubs say: a bare QByteArray is taken for its letters, and no policy remains.
_HEADERS = {QByteArray(b"Content-Security-Policy"): [QByteArray(_POLICY)]}


def register_scheme() -> None:
    """Makes app:// known. Must run before the program's first web profile; further calls do nothing."""
    if QWebEngineUrlScheme.schemeByName(QByteArray(SCHEME)).name() == SCHEME:
        return
    scheme = QWebEngineUrlScheme(QByteArray(SCHEME))
    scheme.setSyntax(QWebEngineUrlScheme.Syntax.Host)
    # Never LocalScheme: it would let the page read file:///.
    flags = QWebEngineUrlScheme.Flag
    scheme.setFlags(flags.SecureScheme | flags.CorsEnabled | flags.FetchApiAllowed)
    QWebEngineUrlScheme.registerScheme(scheme)


class EditorScheme(QWebEngineUrlSchemeHandler):
    """Answers app://editor/ from one folder."""

    def __init__(self, root: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._root = root.resolve()
        self._texts: dict[str, bytes] = {}

    def offer(self, text: str) -> str:
        """Keeps a text for the page to fetch once; gives its path."""
        path = _TEXTS + secrets.token_urlsafe(16)
        self._texts[path] = text.encode()
        return path

    def forget(self) -> None:
        """Drops the texts that were not fetched (the page that was to fetch them is gone)."""
        self._texts.clear()

    def requestStarted(self, job: QWebEngineUrlRequestJob) -> None:
        # A request's body is never read: QtWebEngine's device for it has no end.
        url = job.requestUrl()
        if job.requestMethod() != b"GET" or url.host() != HOST:
            job.fail(QWebEngineUrlRequestJob.Error.RequestDenied)
            return
        found = self._answer(url.path(), job)
        if found is None:
            job.fail(QWebEngineUrlRequestJob.Error.UrlNotFound)
            return
        content_type, device = found
        job.setAdditionalResponseHeaders(_HEADERS)  # type: ignore[arg-type]
        job.reply(QByteArray(content_type), device)

    def _answer(self, path: str, job: QWebEngineUrlRequestJob) -> tuple[bytes, QIODevice] | None:
        # Devices are the job's children: it may end before it has read all.
        if text := self._texts.pop(path, None):
            buffer = QBuffer(job)
            buffer.setData(QByteArray(text))
            buffer.open(QIODevice.OpenModeFlag.ReadOnly)
            return b"text/plain; charset=utf-8", buffer
        content_type = _CONTENT_TYPES.get(Path(path).suffix)
        name = ":/qtwebchannel/qwebchannel.js" if path == _QWEBCHANNEL else self._file(path)
        if content_type is None or name is None:
            return None
        file = QFile(name, job)
        return (content_type, file) if file.open(QIODevice.OpenModeFlag.ReadOnly) else None

    def _file(self, path: str) -> str | None:
        try:
            real = (self._root / path.lstrip("/")).resolve(strict=True)
        except (OSError, ValueError):
            return None
        return str(real) if real.is_relative_to(self._root) and real.is_file() else None


class OnlyEditor(QWebEngineUrlRequestInterceptor):
    """Blocks every request that does not go to app://editor/."""

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        url = info.requestUrl()
        if url.scheme() != SCHEME.decode() or url.host() != HOST:
            info.block(True)


_CONTROL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_OPEN_A_FIELD = (QKeyCombination(_CONTROL, Qt.Key.Key_F), QKeyCombination(_CONTROL | _SHIFT, Qt.Key.Key_O))
"""Keys of actions that Monaco has too, and that open a field to type into."""


class PageView(QWebEngineView):
    """Sends the keys that open a field to the page, and all other shortcuts to the window's actions.

    An action calls the page asynchronously: what is typed next would still go to the text, not to the field.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.trap = TabTrap(self)

    def set_name(self, name: str) -> None:
        """Names it for assistive technology, with what receives its keys."""
        self.setAccessibleName(name)
        if (receiver := self.focusProxy()) is not None:
            receiver.setAccessibleName(name)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QChildEvent):
            # QtWebEngine makes the widget that receives the keys anew for each load of the page.
            if event.type() == QEvent.Type.ChildPolished and event.child().isWidgetType():
                for each in (self, self.trap):
                    event.child().installEventFilter(each)
                self.set_name(self.accessibleName())
        elif (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.keyCombination() in _OPEN_A_FIELD
        ):
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # QtWebEngine claims what the desktop's theme has for editing, as Ctrl+K (delete to the line's end).
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if event.keyCombination() in _OPEN_A_FIELD or not is_window_shortcut(self, event):
            return False
        event.ignore()
        return True


BACKGROUND = {False: "#ffffff", True: "#1e1f22"}
"""The editor's ground, by `dark`; theme.ts has the same."""

_LARGE_LENGTH = 2_000_000
_READY_WITHIN_MS = 20_000
_MAX_RESTARTS = 3
_RESTARTS_WITHIN_S = 60.0
"""A renderer that ends more often in this time is given up."""


def _destroy(surface: "weakref.ref[MonacoSurface]") -> None:
    """Destroys a surface that outlived the event loop: QtWebEngine crashes when it ends before its pages."""
    left = surface()
    if left is not None and shiboken6.isValid(left):
        shiboken6.delete(left)


def _messages_script(page_dir: Path, language: str) -> QWebEngineScript:
    """Hands the page its texts, and Monaco its own in that language, before the page's scripts run."""
    texts = json.loads((page_dir / "messages.json").read_text("utf-8"))
    catalogue = {"language": language, "texts": {text: messages._(text) for text in texts}}
    found = [file for file in (page_dir / "languages").iterdir() if file.stem == language]
    monaco = found[0].read_text("utf-8") if found else ""
    if language == messages.PSEUDO:
        monaco = 'globalThis._VSCODE_NLS_LANGUAGE = "pseudo";'  # ［Liikee thiis］
    script = QWebEngineScript()
    script.setInjectionPoint(QWebEngineScript.InjectionPoint.DocumentCreation)
    script.setWorldId(QWebEngineScript.ScriptWorldId.MainWorld)
    script.setSourceCode(f"globalThis.workbenchMessages = {json.dumps(catalogue)};\n{monaco}")
    return script


class EditorPage(QWebEnginePage):
    """A page that stays where it is."""

    def acceptNavigationRequest(
        self, url: QUrl | str, kind: QWebEnginePage.NavigationType, is_main: bool
    ) -> bool:
        return QUrl(url).toString().partition("#")[0] == PAGE_URL


class MonacoSurface(Surface):
    """Monaco in a QWebEngineView of its own profile, which keeps nothing and reaches nothing."""

    can_split = True

    def __init__(self, page_dir: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._page_dir = page_dir
        self._dark = False
        self._deaths: deque[float] = deque(maxlen=_MAX_RESTARTS)
        self._over = False
        self._opening: Counter[str] = Counter()

        register_scheme()
        # Children are destroyed first to last, and a profile must outlive its page: the order is meant.
        self._view = PageView(self)
        self._profile = QWebEngineProfile(self)  # no name: off the record
        self._page = EditorPage(self._profile, self._view)
        self._scheme = EditorScheme(page_dir, self._profile)
        self._interceptor = OnlyEditor(self._profile)  # kept: without its Python half it lets everything pass
        self._set_up_profile()
        self._set_up_page()
        self._view.setObjectName("editorWebView")
        self._view.trap.entered.connect(self.entered)
        self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)  # Monaco has its own
        self._view.setPage(self._page)
        self.setFocusProxy(self._view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)

        atexit.register(_destroy, weakref.ref(self))
        self._bridge = self._make_bridge()
        self._ready_timer = QTimer(self, singleShot=True, interval=_READY_WITHIN_MS)
        self._ready_timer.timeout.connect(lambda: self._fail(_("The editor's page did not start.")))

    def _set_up_profile(self) -> None:
        self._profile.installUrlSchemeHandler(SCHEME, self._scheme)
        self._profile.setUrlRequestInterceptor(self._interceptor)

    def _set_up_page(self) -> None:
        page, settings, attribute = self._page, self._page.settings(), QWebEngineSettings.WebAttribute
        settings.setAttribute(attribute.JavascriptCanAccessClipboard, True)
        settings.setAttribute(attribute.JavascriptCanPaste, True)
        settings.setAttribute(attribute.FocusOnNavigationEnabled, False)
        page.permissionRequested.connect(lambda permission: permission.deny())
        page.loadFinished.connect(self._loaded)
        page.renderProcessTerminated.connect(self._renderer_died)

    def _make_bridge(self) -> Bridge:
        bridge = Bridge(self)
        bridge.ready.connect(self._became_ready)
        bridge.changed.connect(self._changed)
        bridge.changed_large.connect(self.send_text)
        bridge.edited.connect(self.edited)
        bridge.limited.connect(self.limited)
        bridge.dirty.connect(self._dirty)
        bridge.cursor.connect(self.cursor_moved)
        bridge.top.connect(self.scrolled)
        bridge.half.connect(self.half_entered)
        bridge.share.connect(self.share_moved)
        bridge.outline.connect(lambda uri, symbols: self.outlined.emit(uri, symbols_of(symbols)))
        bridge.breakpoints.connect(self.breakpoints_moved)
        bridge.margin.connect(self.margin_clicked)
        bridge.margin_menu.connect(self._want_margin_menu)
        bridge.save.connect(self.save_requested)
        bridge.link.connect(open_in_browser)
        self._page.setWebChannel(QWebChannel(self._page))
        self._page.webChannel().registerObject("bridge", bridge)
        return bridge

    # Life

    def use_language(self, bridge: LanguageBridge) -> None:
        self._page.webChannel().registerObject("language", bridge)
        bridge.is_used = True

    def start(self) -> None:
        if not (self._page_dir / "index.html").is_file():
            QTimer.singleShot(0, self, lambda: self._fail(_("The editor's page is not built.")))
            return
        self._ready_timer.start()
        if messages.language() != "en" and self._page.scripts().isEmpty():
            self._page.scripts().insert(_messages_script(self._page_dir, messages.language()))
        self._page.setBackgroundColor(QColor(BACKGROUND[self._dark]))
        self._page.load(QUrl(f"{PAGE_URL}#{'dark' if self._dark else 'light'}"))

    def _loaded(self, ok: bool) -> None:
        if not ok and self._ready_timer.isActive():  # else only a way out of the page was barred
            self._fail(_("The editor's page could not be loaded."))

    def _became_ready(self) -> None:
        self._ready_timer.stop()
        self.set_dark(self._dark)  # it may have changed while the page was loading
        self.ready.emit()

    def _renderer_died(self, _status: QWebEnginePage.RenderProcessTerminationStatus, code: int) -> None:
        self._bridge.lose_all()
        self._scheme.forget()
        now = time.monotonic()
        if len(self._deaths) == _MAX_RESTARTS and now - self._deaths[0] < _RESTARTS_WITHIN_S:
            words = _("The editor's process ended {times} times within a minute (exit code {code}).")
            self._fail(words.format(times=_MAX_RESTARTS + 1, code=code))
            return
        self._deaths.append(now)
        QTimer.singleShot(0, self, self.start)  # not from inside the signal: Chromium is still cleaning up

    def _fail(self, reason: str) -> None:
        if self._over:
            return
        self._over = True
        self._ready_timer.stop()
        self._bridge.lose_all()
        self.failed.emit(reason)

    # Surface

    def open(self, document: Document) -> None:
        draft = None if document.text == document.saved_text else self._text(document.text)
        request: dict[str, Json] = {
            "uri": document.uri,
            "language": document.language,
            "read_only": document.read_only,
            "saved": self._text(document.saved_text),
            "draft": draft,
        }
        # Until the answer, notifications are about the document that this one replaces.
        self._opening[document.uri] += 1
        opened = partial(self._opened, document.uri)
        self._bridge.call("open", request, lambda __: opened(), opened)

    def _opened(self, uri: str) -> None:
        self._opening[uri] -= 1

    def _changed(self, uri: str, version: int, text: str) -> None:
        if not self._opening[uri]:
            self.changed.emit(uri, version, text)

    def _dirty(self, uri: str, dirty: bool) -> None:
        if not self._opening[uri]:
            self.dirty_changed.emit(uri, dirty)

    def show_document(self, uri: str) -> None:
        self._bridge.call("show", {"uri": uri, "in_other_half": False})

    def show_in_other_half(self, uri: str) -> None:
        self._bridge.call("show", {"uri": uri, "in_other_half": True})

    def set_scripts(self, root: str, texts: str) -> None:
        self._bridge.call("scripts", {"root": root, "files": {"fetch": self._scheme.offer(texts)}})

    def want_outline(self, *, wanted: bool) -> None:
        self._bridge.call("outline", {"wanted": wanted})

    def set_halves(self, split: bool, active: int, share: float) -> None:
        self._bridge.call("halves", {"split": split, "active": active, "share": share})

    def close_document(self, uri: str, then: Callable[[], None]) -> None:
        self._bridge.call("close", {"uri": uri}, lambda __: then(), then)

    def read(self, uri: str, then: Callable[[int, str], None], lost: Callable[[], None]) -> None:
        def got(result: Json) -> None:
            snapshot = cast("dict[str, Json]", result)
            version, text = cast(int, snapshot["version"]), cast("str | None", snapshot["text"])
            if text is None:
                self._read_by_script(uri, then, lost)
            else:
                then(version, text)

        self._bridge.call("get", {"uri": uri}, got, lost)

    def _want_margin_menu(self, uri: str, line: int, x: int, y: int) -> None:
        self.margin_menu_wanted.emit(uri, line, self._view.mapToGlobal(QPoint(x, y)))

    def flush(self, then: Callable[[], None]) -> None:
        self._bridge.call("flush", {}, lambda __: then(), then)

    def edit(self, uri: str, edits: Sequence[TextEdit]) -> None:
        self._bridge.call("edit", {"uri": uri, "edits": [asdict(edit) for edit in edits]})

    def mark_saved(self, uri: str, version: int) -> None:
        self._bridge.call("mark_saved", {"uri": uri, "version": version})

    def set_markers(self, uri: str, markers: Sequence[Marker]) -> None:
        self._bridge.call("markers", {"uri": uri, "markers": [asdict(marker) for marker in markers]})

    def set_changes(self, uri: str, changes: Sequence[ChangedLines]) -> None:
        self._bridge.call("changes", {"uri": uri, "changes": [asdict(change) for change in changes]})

    def set_breakpoints(self, uri: str, marks: Sequence[BreakpointMark], stopped: int) -> None:
        given: list[Json] = [asdict(mark) for mark in marks]
        self._bridge.call("breakpoints", {"uri": uri, "marks": given, "stopped": stopped})

    def compare(self, uri: str, original: str) -> None:
        self._bridge.call("compare", {"uri": uri, "original": self._text(original)})

    def end_comparison(self) -> None:
        self._bridge.call("end_comparison", {})

    def go_to_change(self, *, forward: bool) -> None:
        self._bridge.call("go_to_change", {"next": forward})

    def revert_change(self) -> None:
        self._bridge.call("revert_change", {})

    def reveal(self, uri: str, line: int, column: int, top_line: int = 0, end_column: int = 0) -> None:
        place: dict[str, Json] = {"line": line, "column": column, "end_column": end_column, "top": top_line}
        self._bridge.call("reveal", {"uri": uri, **place})

    def set_dark(self, dark: bool) -> None:
        self._dark = dark
        self._page.setBackgroundColor(QColor(BACKGROUND[dark]))
        self._bridge.call("theme", {"dark": dark})

    def set_options(self, options: EditorOptions) -> None:
        self._view.set_name(options.label)
        self._bridge.call("options", asdict(options))

    def run(self, command: EditorCommand) -> None:
        self._view.setFocus()
        self._bridge.call("trigger", {"command": command.value})

    def focus_text(self) -> None:
        self._view.setFocus()
        self._bridge.call("focus", {})

    # Large texts travel beside the channel

    def _text(self, text: str) -> dict[str, Json]:
        return {"text": text} if len(text) <= _LARGE_LENGTH else {"fetch": self._scheme.offer(text)}

    def _read_by_script(self, uri: str, then: Callable[[int, str], None], lost: Callable[[], None]) -> None:
        def got(result: object) -> None:
            version, found, text = result.partition(":") if isinstance(result, str) else ("", "", "")
            if found:
                then(int(version), text)
            else:
                lost()

        self._page.runJavaScript(f"workbench.read({json.dumps(uri)})", got)

    def send_text(self, uri: str) -> None:
        self._read_by_script(uri, lambda version, text: self._changed(uri, version, text), lambda: None)
