"""The QWebChannel objects between Python and the editor's page.

Their other side is resources/editor/src/bridge.ts and language_client.ts.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal, Slot

_SILENCE_MS = 5_000
"""After so long without any answer the page counts as hanging."""

_log = logging.getLogger(__name__)

type Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    then: Callable[[Json], None] | None
    lost: Callable[[], None] | None

    def lose(self) -> None:
        if self.lost is not None:
            self.lost()


class Bridge(QObject):
    """Calls the page, and passes on its notifications.

    The signals after `called` are the notifications of protocol.ts.
    """

    called = Signal(int, str, str)

    ready = Signal()
    changed = Signal(str, int, str)
    changed_large = Signal(str)
    edited = Signal(str, int, int, str)
    limited = Signal(str)
    dirty = Signal(str, bool)
    cursor = Signal(str, int, int)
    top = Signal(str, int)
    half = Signal(int)
    share = Signal(float)
    outline = Signal(str, str)
    breakpoints = Signal(str, str)
    margin = Signal(str, int)
    margin_menu = Signal(str, int, int, int)
    save = Signal(str)
    link = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._last_id = 0
        self._pending: dict[int, _Call] = {}
        self._silence = QTimer(self, singleShot=True, interval=_SILENCE_MS)
        self._silence.timeout.connect(self.lose_all)

    def call(
        self,
        name: str,
        request: dict[str, Json],
        then: Callable[[Json], None] | None = None,
        lost: Callable[[], None] | None = None,
    ) -> None:
        """Calls the page. `then` gets the result; `lost` runs when the page refused, died or hangs."""
        if not shiboken6.isValid(self._silence):  # a window that is being deleted hides its parts
            _Call(name, then, lost).lose()
            return
        self._last_id += 1
        self._pending[self._last_id] = _Call(name, then, lost)
        if not self._silence.isActive():
            self._silence.start()
        self.called.emit(self._last_id, name, json.dumps(request))

    def lose_all(self) -> None:
        """The page is gone: no pending call will be answered."""
        self._silence.stop()
        calls, self._pending = self._pending, {}
        for call in calls.values():
            call.lose()

    def _answered(self, call_id: int) -> _Call | None:
        call = self._pending.pop(call_id, None)
        self._silence.start() if self._pending else self._silence.stop()
        return call

    @Slot(int, str)
    def reply(self, call_id: int, result: str) -> None:
        call = self._answered(call_id)
        if call is not None and call.then is not None:
            call.then(json.loads(result))

    @Slot(int, str)
    def fail(self, call_id: int, message: str) -> None:
        if call := self._answered(call_id):
            _log.warning("The editor's page refused %s: %s", call.name, message)
            call.lose()

    @Slot()
    def notify_ready(self) -> None:
        self.ready.emit()

    @Slot(str, int, str)
    def notify_changed(self, uri: str, version: int, text: str) -> None:
        self.changed.emit(uri, version, text)

    @Slot(str)
    def notify_changed_large(self, uri: str) -> None:
        self.changed_large.emit(uri)

    @Slot(str, int, int, str)
    def notify_edited(self, uri: str, version: int, length: int, edits: str) -> None:
        self.edited.emit(uri, version, length, edits)

    @Slot(str)
    def notify_limited(self, uri: str) -> None:
        self.limited.emit(uri)

    @Slot(str, bool)
    def notify_dirty(self, uri: str, dirty: bool) -> None:
        self.dirty.emit(uri, dirty)

    @Slot(str, int, int)
    def notify_cursor(self, uri: str, line: int, column: int) -> None:
        self.cursor.emit(uri, line, column)

    @Slot(str, int)
    def notify_top(self, uri: str, line: int) -> None:
        self.top.emit(uri, line)

    @Slot(int)
    def notify_half(self, number: int) -> None:
        self.half.emit(number)

    @Slot(float)
    def notify_share(self, share: float) -> None:
        self.share.emit(share)

    @Slot(str, str)
    def notify_outline(self, uri: str, symbols: str) -> None:
        self.outline.emit(uri, symbols)

    @Slot(str, str)
    def notify_breakpoints(self, uri: str, lines: str) -> None:
        self.breakpoints.emit(uri, lines)

    @Slot(str, int)
    def notify_margin(self, uri: str, line: int) -> None:
        self.margin.emit(uri, line)

    @Slot(str, int, int, int)
    def notify_margin_menu(self, uri: str, line: int, x: int, y: int) -> None:
        self.margin_menu.emit(uri, line, x, y)

    @Slot(str)
    def notify_save(self, uri: str) -> None:
        self.save.emit(uri)

    @Slot(str)
    def notify_link(self, url: str) -> None:
        self.link.emit(url)


class LanguageBridge(QObject):
    """Requests and notifications of language servers.

    Signals to the page:
        started(server): This server knows no document yet; the page opens all of them.
        answered(id, result): JSON.
        refused(id, reason): There is no answer.

        handler_named(uri, name): The document and the function in it that Lambda calls; "" when not known.
        format_wanted(id): The shown document is to be formatted; `formatted` follows.

    Signals from the page:
        asked(id, method, params): A request of the protocol; JSON.
        notified(server, method, params): A notification of the protocol for one server, or for all ("").
        cancelled(id): Nobody waits for that answer any more.
        navigated(uri, line, column): The user goes to a place outside the shown document; from 1.
        edits_wanted(edits): Documents that are not open are to be changed: URI -> TextEdits; JSON.
        formatted(id): It has been, as far as there is someone who can.
    """

    is_used = False  # whether there is a page at the other end

    started = Signal(str)
    answered = Signal(int, str)
    refused = Signal(int, str)

    handler_named = Signal(str, str)
    format_wanted = Signal(int)

    asked = Signal(int, str, str)
    notified = Signal(str, str, str)
    cancelled = Signal(int)
    navigated = Signal(str, int, int)
    edits_wanted = Signal(str)
    formatted = Signal(int)

    @Slot(int, str, str)
    def ask(self, question: int, method: str, params: str) -> None:
        self.asked.emit(question, method, params)

    @Slot(str, str, str)
    def notify(self, server: str, method: str, params: str) -> None:
        self.notified.emit(server, method, params)

    @Slot(int)
    def cancel(self, question: int) -> None:
        self.cancelled.emit(question)

    @Slot(str, int, int)
    def navigate(self, uri: str, line: int, column: int) -> None:
        self.navigated.emit(uri, line, column)

    @Slot(int)
    def notify_formatted(self, request: int) -> None:
        self.formatted.emit(request)

    @Slot(str)
    def edit(self, edits: str) -> None:
        self.edits_wanted.emit(edits)
