"""The answer of a function: as text, as a tree, to the letter or as bytes; copied and saved whole.

Owns: which way it is looked at. Must not know: where the answer comes from.
"""

from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHeaderView,
    QPushButton,
    QStackedLayout,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.files import write_atomic
from workbench.core.jobs import Job, JobHandle
from workbench.invoke.failure import FunctionFailure
from workbench.ui.answer_text import MOST_CHARACTERS
from workbench.ui.invoking.answer_ways import Shown, Way, body_of, is_binary, show
from workbench.ui.invoking.json_tree import JsonTree
from workbench.ui.invoking.trace_text import TraceText
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.services import Services
from workbench.ui.units import size_text

_STREAMED_MS = 50
_AT_ONCE = 20_000  # bytes that may be laid out on the main thread


class AnswerView(QWidget):
    """Shows one answer. Its buttons and its picker are put elsewhere by who shows it.

    Signals:
        place_wanted: A frame of a stack trace: path in the package, and line.
        failed: It could not be saved.
    """

    place_wanted = Signal(str, int)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("resultAnswerView")
        self._services = services
        self._payload, self._sent = b"", b""
        self._failure: FunctionFailure | None = None
        self._job: JobHandle | None = None
        self._streamed = ""
        self._turn = QTimer(self, singleShot=True, interval=_STREAMED_MS)  # small pieces come in crowds
        self._turn.timeout.connect(self._show_streamed)
        self.text = TraceText("resultAnswer", self.tr("Response of the function"), services.theme)
        self.text.place_wanted.connect(self.place_wanted)
        self.model = JsonTree(self)
        self.tree = named(QTreeView(), "resultTree", self.tr("Response of the function, as a tree"))
        self.tree.setModel(self.model)
        self.tree.setUniformRowHeights(True)
        self.tree.setAllColumnsShowFocus(True)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.picker = named(QComboBox(), "resultWay", self.tr("Response view"))
        for title, way in (
            (self.tr("Pretty"), Way.PRETTY),
            (self.tr("Tree"), Way.TREE),
            (self.tr("Raw"), Way.RAW),
            (self.tr("Hex"), Way.HEX),
            (self.tr("Body"), Way.BODY),
            (self.tr("Sent"), Way.SENT),
        ):
            self.picker.addItem(title, way)
        self.picker.setToolTip(
            self.tr("Body: the body of a response for API Gateway. Sent: the event as it was sent.")
        )
        self.copy = named(QPushButton(self.tr("Copy")), "resultCopy")
        self.copy.setToolTip(self.tr("Copy the whole response as the function returned it"))
        self.save = named(QPushButton(self.tr("Save…")), "resultSave")
        self.save.setToolTip(self.tr("Save the whole response, or the decoded body if it is in base64"))
        self.body_note = named(PlainLabel(), "resultBodyNote", role="muted")
        self.body_note.setText(self.tr("“body” is shown parsed. Raw shows the response as returned."))
        self.body_note.setWordWrap(True)
        self._stack = QStackedLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.body_note)
        column.addLayout(self._stack, 1)
        self._stack.addWidget(self.text)
        self._stack.addWidget(self.tree)
        self.picker.activated.connect(lambda _row: self._lay_out())
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._ask_where)
        self.clear()

    def clear(self) -> None:
        """Shows nothing, and nothing comes later."""
        if self._job is not None:
            self._job.drop()
        self._turn.stop()
        self.body_note.hide()
        self._payload, self._sent, self._failure, self._streamed = b"", b"", None, ""
        self.text.set_wraps(True)
        self.text.show_text("")
        self.model.show({})
        self._stack.setCurrentWidget(self.text)
        for widget in (self.copy, self.save, self.picker):
            widget.setEnabled(False)

    def say(self, words: str) -> None:
        """Shows words in the answer's place."""
        self.body_note.hide()
        self._turn.stop()
        self.text.set_wraps(True)
        self._stack.setCurrentWidget(self.text)
        self.text.show_text(words)

    def add_piece(self, piece: bytes) -> None:
        """Adds a piece of an answer that is still coming."""
        if len(self._streamed) < MOST_CHARACTERS:
            self._payload += piece
            if not self._turn.isActive():
                self._show_streamed()
                self._turn.start()

    def _show_streamed(self) -> None:
        self._streamed = self._payload[:MOST_CHARACTERS].decode("utf-8", "replace").rstrip("\ufffd")
        self.text.show_text(self._streamed)

    def show_answer(self, payload: bytes, failure: FunctionFailure | None, sent: bytes) -> None:
        """Shows an answer, the way that was chosen last; bytes as bytes."""
        self._turn.stop()
        self._payload, self._failure, self._sent = payload, failure, sent
        self.copy.setEnabled(bool(payload))
        self.save.setEnabled(bool(payload))
        self.picker.setEnabled(True)
        if self._way() in (Way.BODY, Way.SENT):
            self.picker.setCurrentIndex(0)
        self._lay_out()

    def _way(self) -> Way:
        way = self.picker.currentData()
        assert isinstance(way, Way)
        return way

    def _lay_out(self) -> None:
        if self._job is not None:
            self._job.drop()
        way, payload, failure, sent = self._way(), self._payload, self._failure, self._sent
        if len(payload) + len(sent) <= _AT_ONCE:
            self._show(way, show(way, payload, failure, sent))
            return
        self._job = self._services.jobs.submit(
            Job(
                self.tr("Formatting the response"),
                lambda _ctx: show(way, payload, failure, sent),
                quiet=True,
                on_done=lambda shown: self._show(way, shown),
            )
        )

    def _show(self, way: Way, shown: Shown) -> None:
        self.body_note.setVisible(shown.has_parsed_body)
        if shown.is_json:
            self.model.show(shown.value)
            self._stack.setCurrentWidget(self.tree)
            self.tree.expandToDepth(0)
            return
        text = shown.text
        if not shown.whole:
            words = self.tr("… Only the beginning of %1 is shown. Copy takes the whole response.")
            if way is Way.TREE:
                words = self.tr("A response of %1 is too large for the tree. Choose Raw, or save it.")
            size = len(self._sent if way is Way.SENT else self._payload)
            text = "\n".join(part for part in (text, words.replace("%1", size_text(size))) if part)
        elif way is Way.BODY and not text:
            text = self.tr("The response has no body: it is not in the format of API Gateway.")
        wraps = way is not Way.HEX  # whose columns stand below one another
        self.text.set_wraps(wraps)
        self._stack.setCurrentWidget(self.text)
        self.text.show_text(text)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._payload.decode("utf-8", "replace"))

    def _ask_where(self) -> None:
        body = body_of(self._payload)
        content = body if body is not None and is_binary(body) else self._payload
        name = "answer.bin" if is_binary(content) else "answer.json"
        dialog = QFileDialog(self.window(), self.tr("Save Response"))
        dialog.setObjectName("saveAnswer")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDirectory(str(Path.home()))
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda path: self.save_to(Path(path), content))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save_to(self, path: Path, content: bytes) -> None:
        """Writes an answer to a file."""
        self._services.jobs.submit(
            Job(
                self.tr("Saving %1").replace("%1", path.name),
                lambda _ctx: write_atomic(path, content),
                on_error=self.failed.emit,
            )
        )
