"""The QWebChannel object between Python and the editor's page.

Owns: numbering calls and finding whose answer came. Must not know: what the calls mean. The page's
side of it is resources/editor/src/bridge.ts.
"""

import json
import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

_ANSWER_WITHIN_MS = 5_000

_log = logging.getLogger(__name__)

type Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


class Bridge(QObject):
    """Calls the page, and passes on what the page tells.

    The signals after `called` are the notifications of protocol.ts.
    """

    called = Signal(int, str, str)

    ready = Signal()
    changed = Signal(str, int, str)
    changed_large = Signal(str)
    dirty = Signal(str, bool)
    cursor = Signal(str, int, int)
    save = Signal(str)
    link = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._last_id = 0
        self._pending: dict[int, tuple[str, Callable[[Json], None] | None, Callable[[], None] | None]] = {}

    def call(
        self,
        name: str,
        request: dict[str, Json],
        then: Callable[[Json], None] | None = None,
        lost: Callable[[], None] | None = None,
    ) -> None:
        """Calls the page. `then` gets the result; `lost` runs when the page refused, died or hangs."""
        self._last_id += 1
        self._pending[self._last_id] = (name, then, lost)
        self.called.emit(self._last_id, name, json.dumps(request))
        if lost is not None:
            call_id = self._last_id
            QTimer.singleShot(_ANSWER_WITHIN_MS, self, lambda: self._give_up(call_id))

    def lose_all(self) -> None:
        """The page is gone: no pending call will be answered."""
        for call_id in list(self._pending):
            self._give_up(call_id)

    def _give_up(self, call_id: int) -> None:
        _, _, lost = self._pending.pop(call_id, ("", None, None))
        if lost is not None:
            lost()

    @Slot(int, str)
    def reply(self, call_id: int, result: str) -> None:
        _, then, _ = self._pending.pop(call_id, ("", None, None))
        if then is not None:
            then(json.loads(result))

    @Slot(int, str)
    def fail(self, call_id: int, message: str) -> None:
        name, _, lost = self._pending.pop(call_id, ("", None, None))
        _log.warning("The editor's page refused %s: %s", name, message)
        if lost is not None:
            lost()

    @Slot()
    def tell_ready(self) -> None:
        self.ready.emit()

    @Slot(str, int, str)
    def tell_changed(self, uri: str, version: int, text: str) -> None:
        self.changed.emit(uri, version, text)

    @Slot(str)
    def tell_changed_large(self, uri: str) -> None:
        self.changed_large.emit(uri)

    @Slot(str, bool)
    def tell_dirty(self, uri: str, dirty: bool) -> None:
        self.dirty.emit(uri, dirty)

    @Slot(str, int, int)
    def tell_cursor(self, uri: str, line: int, column: int) -> None:
        self.cursor.emit(uri, line, column)

    @Slot(str)
    def tell_save(self, uri: str) -> None:
        self.save.emit(uri)

    @Slot(str)
    def tell_link(self, url: str) -> None:
        self.link.emit(url)
