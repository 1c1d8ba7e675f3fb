"""The QWebChannel object through which the page asks language servers.

Owns: passing on questions and answers as text. Must not know: what they mean. The page's side of it is
resources/editor/src/language_client.ts.
"""

from PySide6.QtCore import QObject, Signal, Slot


class LanguageBridge(QObject):
    """Questions of the page, and what it is told.

    Signals to the page:
        started(server): This server knows no document yet; the page tells it all.
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
