"""The response of a function: as text, as a tree, raw or as bytes; copied and saved whole.

The functions that lay it out raise nothing: a function may answer anything.
"""

import base64
import binascii
import json
from dataclasses import dataclass, replace
from enum import Enum
from itertools import batched
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHeaderView,
    QPushButton,
    QStackedLayout,
    QTreeView,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.files import write_atomic
from workbench.core.jobs import Job, JobHandle
from workbench.core.messages import _, ngettext
from workbench.invoke.payload import FunctionFailure, parse_json
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.text import named, size_text, tool_tip
from workbench.ui.result.log_text import TraceText
from workbench.ui.shell.services import Services

_BYTES_PER_ROW = 16
_MAX_HEX_BYTES = 32 * 1024
MAX_PARSED_BYTES = 1_000_000
"""Parsing holds the GIL, and so blocks the window."""

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_PAGE = 500  # children that are made at once
_MAX_CHARACTERS = 500
_STREAMED_MS = 50
_MAX_MAIN_THREAD_BYTES = 20_000  # bytes that may be laid out on the main thread


class ResponseFormat(Enum):
    """How a response is shown."""

    PRETTY = "pretty"
    TREE = "tree"
    RAW = "raw"
    HEX = "hex"
    BODY = "body"
    """The body of an answer for API Gateway, decoded."""
    SENT = "sent"
    """The event as it was sent."""


@dataclass(frozen=True, slots=True)
class FormattedResponse:
    """A response as it is shown.

    Attributes:
        text: It.
        whole: Whether that is all.
        value: For the tree: what the JSON holds.
        is_json: Whether it is JSON, of a size that is parsed.
        has_parsed_body: Whether its `body` is shown parsed, where the function gave JSON in a string.
    """

    text: str
    whole: bool = True
    value: Any = None
    is_json: bool = False
    has_parsed_body: bool = False


def format_response(
    response_format: ResponseFormat, payload: bytes, failure: FunctionFailure | None, sent: bytes
) -> FormattedResponse:
    """Formats a response."""
    if (
        response_format in (ResponseFormat.TREE, ResponseFormat.PRETTY)
        and (parsed := with_parsed_body(payload)) is not None
    ):
        shown = (
            _tree(parsed)
            if response_format is ResponseFormat.TREE
            else FormattedResponse(*answer_text(parsed, failure))
        )
        return replace(shown, has_parsed_body=True)
    if response_format is ResponseFormat.TREE:
        return _tree(payload)
    if response_format is ResponseFormat.RAW:
        return _raw(payload)
    if response_format is ResponseFormat.HEX:
        return FormattedResponse(hex_dump(payload[:_MAX_HEX_BYTES]), len(payload) <= _MAX_HEX_BYTES)
    if response_format is ResponseFormat.BODY:
        return _body(body_of(payload) or b"")
    if response_format is ResponseFormat.SENT:
        return _raw(sent)
    return FormattedResponse(*answer_text(payload, failure))


def body_of(payload: bytes) -> bytes | None:
    """The body of an answer in API Gateway's shape; None when it has not that shape.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    if b'"body"' not in payload or b'"statusCode"' not in payload or len(payload) > 8 * MAX_PARSED_BYTES:
        return None
    value = parse_json(payload)
    if not isinstance(value, dict) or not isinstance(value.get("body"), str) or "statusCode" not in value:
        return None
    body: str = value["body"]
    if value.get("isBase64Encoded") is True:
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            pass
    return body.encode("utf-8", "surrogatepass")


def with_parsed_body(payload: bytes) -> bytes | None:
    """An answer in API Gateway's shape whose body is JSON, with the JSON in the place of its text.

    Returns:
        The answer as JSON; None when its body is no object or array, or it is too large to be parsed twice.
    """
    if len(payload) > MAX_PARSED_BYTES // 2 or (body := body_of(payload)) is None:
        return None
    value, parsed = parse_json(payload), parse_json(body)
    if not isinstance(parsed, dict | list) or value.get("isBase64Encoded") is True:
        return None
    try:
        return json.dumps({**value, "body": parsed}).encode()
    except RecursionError:
        return None


def is_binary(payload: bytes) -> bool:
    """Whether bytes are no text."""
    try:
        payload[: 64 * 1024].decode()
    except UnicodeDecodeError as error:
        return error.start < len(payload[: 64 * 1024]) - 3  # else a letter was cut
    return b"\0" in payload[: 64 * 1024]


def hex_dump(payload: bytes) -> str:
    """Offset, sixteen bytes, and their letters, as hexdump -C writes them."""
    rows = []
    for number, row in enumerate(batched(payload, _BYTES_PER_ROW)):
        codes = " ".join(f"{byte:02x}" for byte in row)
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        rows.append(f"{number * _BYTES_PER_ROW:08x}  {codes:<{_BYTES_PER_ROW * 3}} {letters}")
    return "\n".join(rows)


def _raw(payload: bytes) -> FormattedResponse:
    text = payload[: 4 * MOST_CHARACTERS].decode("utf-8", "replace")[:MOST_CHARACTERS]
    return FormattedResponse(text, len(text.encode()) >= len(payload) or len(text) < MOST_CHARACTERS)


def _body(body: bytes) -> FormattedResponse:
    if is_binary(body):
        return FormattedResponse(hex_dump(body[:_MAX_HEX_BYTES]), len(body) <= _MAX_HEX_BYTES)
    return FormattedResponse(*answer_text(body, None))


def _tree(payload: bytes) -> FormattedResponse:
    if len(payload) > MAX_PARSED_BYTES:
        return FormattedResponse("", whole=False)
    try:
        return FormattedResponse("", True, json.loads(payload), is_json=True)
    except (ValueError, RecursionError):
        return _raw(payload)


class _Node:
    """A value, its name, and its parent."""

    __slots__ = ("children", "items", "key", "parent", "row", "value")

    def __init__(self, key: str, value: Any, parent: "_Node | None", row: int) -> None:
        self.key, self.value, self.parent, self.row = key, value, parent, row
        self.children: list[_Node] = []
        self.items: list[tuple[str, Any]] | None = None

    @property
    def size(self) -> int:
        return len(self.value) if isinstance(self.value, dict | list) else 0

    def fetch(self) -> list["_Node"]:
        """The next children."""
        if self.items is None:
            value = self.value
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            self.items = [(str(key), each) for key, each in pairs]
        begin = len(self.children)
        return [
            _Node(key, value, self, begin + number)
            for number, (key, value) in enumerate(self.items[begin : begin + _PAGE])
        ]


class JsonTree(QAbstractItemModel):
    """Two columns: name and value."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._top = _Node("", [], None, 0)

    def show(self, value: object) -> None:
        """Replaces the tree. The value must not change any more."""
        self.beginResetModel()
        # A single value is the only row.
        self._top = _Node("", value if isinstance(value, dict | list) and value else {"": value}, None, 0)
        self.endResetModel()

    def _node(self, index: _Index) -> _Node:
        node = index.internalPointer() if index.isValid() else self._top
        assert isinstance(node, _Node)
        return node

    # What Qt asks -------------------------------------------------------------------------------------------

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        children = self._node(parent).children
        if not 0 <= row < len(children) or not 0 <= column < 2:
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, index: _Index = _ROOT) -> QModelIndex:  # type: ignore[override]  # Qt overloads it
        node = self._node(index).parent if index.isValid() else None
        return self.createIndex(node.row, 0, node) if node is not None and node.parent is not None else _ROOT

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.column() > 0 else len(self._node(parent).children)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 2

    def hasChildren(self, parent: _Index = _ROOT) -> bool:
        return parent.column() <= 0 and self._node(parent).size > 0

    def canFetchMore(self, parent: _Index) -> bool:
        node = self._node(parent)
        return len(node.children) < node.size

    def fetchMore(self, parent: _Index) -> None:
        node = self._node(parent)
        more = node.fetch()
        if more:
            begin = len(node.children)
            at = self.createIndex(node.row, 0, node) if node.parent is not None else QModelIndex()
            self.beginInsertRows(at, begin, begin + len(more) - 1)
            node.children += more
            self.endInsertRows()

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (_("Name"), _("Value"))[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        node = self._node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            text = self._text(node) if index.column() else node.key
            return text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair is no text
        if role == Qt.ItemDataRole.ToolTipRole and index.column() and isinstance(node.value, str):
            return tool_tip(node.value[:_MAX_CHARACTERS]) if len(node.value) > 80 else None
        return None

    def _text(self, node: _Node) -> str:
        value = node.value
        if isinstance(value, dict) and value:
            count = len(value)
            return ngettext("{count:,} member", "{count:,} members", count).format(count=count)
        if isinstance(value, list) and value:
            count = len(value)
            return ngettext("{count:,} element", "{count:,} elements", count).format(count=count)
        if isinstance(value, str):
            return json.dumps(value[:_MAX_CHARACTERS], ensure_ascii=False)
        return json.dumps(value, ensure_ascii=False)[:_MAX_CHARACTERS]


class AnswerView(QWidget):
    """Shows one response. The caller places its buttons and its picker.

    Signals:
        place_wanted: A frame of a stack trace: path in the package, and line.
        failed: It could not be saved.
        noted: `note` is another one.
    """

    place_wanted = Signal(str, int)
    failed = Signal(WorkbenchError)
    noted = Signal()

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
        self.text = TraceText("resultAnswer", _("Response of the function"), services.theme)
        self.text.place_wanted.connect(self.place_wanted)
        self.model = JsonTree(self)
        self.tree = named(QTreeView(), "resultTree", _("Response of the function, as a tree"))
        self.tree.setModel(self.model)
        self.tree.setUniformRowHeights(True)
        self.tree.setAllColumnsShowFocus(True)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.picker = named(CalmChoice(), "resultWay", _("Response view"))
        for title, response_format in (
            (_("Pretty"), ResponseFormat.PRETTY),
            (_("Tree"), ResponseFormat.TREE),
            (_("Raw"), ResponseFormat.RAW),
            (_("Hex"), ResponseFormat.HEX),
            (_("Body"), ResponseFormat.BODY),
            (_("Sent"), ResponseFormat.SENT),
        ):
            self.picker.addItem(title, response_format)
        self.picker.setToolTip(
            _(
                "Raw: the response as it was returned. Body: the body of a response for API Gateway. "
                "Sent: the event as it was sent."
            )
        )
        self.copy = named(QPushButton(_("Copy")), "resultCopy")
        self.copy.setToolTip(_("Copy the whole response as the function returned it"))
        self.save = named(QPushButton(_("Save…")), "resultSave")
        self.save.setToolTip(_("Save the whole response, or the decoded body if it is in base64"))
        self.note = ""
        """What is to be known of how the response is shown; its creator shows it."""
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.text)
        self._stack.addWidget(self.tree)
        self.picker.activated.connect(lambda _row: self._lay_out())
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._ask_where)
        self.clear()

    def clear(self) -> None:
        """Shows nothing, and drops what is still being formatted."""
        if self._job is not None:
            self._job.drop()
        self._turn.stop()
        self._set_note("")
        self._payload, self._sent, self._failure, self._streamed = b"", b"", None, ""
        self.text.set_wraps(True)
        self.text.show_text("")
        self.model.show({})
        self._stack.setCurrentWidget(self.text)
        for widget in (self.copy, self.save, self.picker):
            widget.setEnabled(False)

    def show_message(self, message: str) -> None:
        """Shows a message in place of the response."""
        self._set_note("")
        self._turn.stop()
        self.text.set_wraps(True)
        self._stack.setCurrentWidget(self.text)
        self.text.show_text(message)

    def add_piece(self, piece: bytes) -> None:
        """Adds a piece of a streamed response."""
        if len(self._streamed) < MOST_CHARACTERS:
            self._payload += piece
            if not self._turn.isActive():
                self._show_streamed()
                self._turn.start()

    def _show_streamed(self) -> None:
        self._streamed = self._payload[:MOST_CHARACTERS].decode("utf-8", "replace").rstrip("\ufffd")
        self.text.show_text(self._streamed)

    def show_answer(self, payload: bytes, failure: FunctionFailure | None, sent: bytes) -> None:
        """Shows a response in the format that was chosen last."""
        self._turn.stop()
        self._payload, self._failure, self._sent = payload, failure, sent
        self.copy.setEnabled(bool(payload))
        self.save.setEnabled(bool(payload))
        self.picker.setEnabled(True)
        if self._format() in (ResponseFormat.BODY, ResponseFormat.SENT):
            self.picker.setCurrentIndex(0)
        self._lay_out()

    def _format(self) -> ResponseFormat:
        response_format = self.picker.currentData()
        assert isinstance(response_format, ResponseFormat)
        return response_format

    def _lay_out(self) -> None:
        if self._job is not None:
            self._job.drop()
        response_format, payload, failure, sent = self._format(), self._payload, self._failure, self._sent
        if len(payload) + len(sent) <= _MAX_MAIN_THREAD_BYTES:
            self._show(response_format, format_response(response_format, payload, failure, sent))
            return
        self._job = self._services.jobs.submit(
            Job(
                _("Formatting the response"),
                lambda _ctx: format_response(response_format, payload, failure, sent),
                quiet=True,
                on_done=lambda shown: self._show(response_format, shown),
            )
        )

    def _show(self, response_format: ResponseFormat, shown: FormattedResponse) -> None:
        self._set_note(_("“body” is shown parsed") if shown.has_parsed_body else "")
        if shown.is_json:
            self.model.show(shown.value)
            self._stack.setCurrentWidget(self.tree)
            self.tree.expandToDepth(0)
            return
        text = shown.text
        if not shown.whole:
            words = _("… Only the beginning of {size} is shown. Copy takes the whole response.")
            if response_format is ResponseFormat.TREE:
                words = _("A response of {size} is too large for the tree. Choose Raw, or save it.")
            size = len(self._sent if response_format is ResponseFormat.SENT else self._payload)
            text = "\n".join(part for part in (text, words.format(size=size_text(size))) if part)
        elif response_format is ResponseFormat.BODY and not text:
            text = _("The response has no body: it is not in the format of API Gateway.")
        wraps = response_format is not ResponseFormat.HEX  # whose columns stand below one another
        self.text.set_wraps(wraps)
        self._stack.setCurrentWidget(self.text)
        self.text.show_text(text)

    def _set_note(self, note: str) -> None:
        if note != self.note:
            self.note = note
            self.noted.emit()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._payload.decode("utf-8", "replace"))

    def _ask_where(self) -> None:
        body = body_of(self._payload)
        content = body if body is not None and is_binary(body) else self._payload
        name = "answer.bin" if is_binary(content) else "answer.json"
        dialog = FileDialog("saveAnswer", _("Save Response"), self.window())
        dialog.ask_where_to_save(name)
        dialog.fileSelected.connect(lambda path: self.save_to(Path(path), content))
        dialog.open()

    def save_to(self, path: Path, content: bytes) -> None:
        """Writes a response to a file."""
        self._services.jobs.submit(
            Job(
                _("Saving {path}").format(path=path.name),
                lambda _ctx: write_atomic(path, content),
                on_error=self.failed.emit,
            )
        )


MOST_CHARACTERS = 200_000
"""No more is shown: a 6 MB answer as one document would take the window's memory and its time."""

_MOST_FORMATTED = 1_000_000  # parsing holds Python's lock, and with it the window


def answer_text(payload: bytes, failure: FunctionFailure | None) -> tuple[str, bool]:
    """The answer, indented when it is JSON. A failure begins with its error and stack trace, as in a log.

    Returns:
        The text, and whether it is the whole answer.
    """
    if len(payload) > 4 * _MOST_FORMATTED:  # to decode 20 MB holds the lock, too
        answer, whole = payload[: 4 * MOST_CHARACTERS].decode("utf-8", "replace")[:MOST_CHARACTERS], False
    else:
        answer, whole = _indented(payload.decode("utf-8", "replace"))
    if failure is None or not failure.frames:
        return answer, whole
    error = ": ".join(part for part in (failure.error_type, failure.error_message) if part)
    trace = "\n".join(frame.text for frame in failure.frames)
    return f"{error[:MOST_CHARACTERS]}\n\n{trace[:MOST_CHARACTERS]}\n\n{answer}", whole


def _indented(text: str) -> tuple[str, bool]:
    if len(text) > _MOST_FORMATTED:
        return text[:MOST_CHARACTERS], False
    parts, length = [], 0
    try:
        # Piece by piece: a few thousand brackets are megabytes of indentation.
        for part in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(text)):
            parts.append(part)
            length += len(part)
            if length > MOST_CHARACTERS:
                break
    except (ValueError, RecursionError):
        return text[:MOST_CHARACTERS], len(text) <= MOST_CHARACTERS
    # Half a surrogate pair is no text; it goes back to how the function wrote it.
    indented = "".join(parts)[:MOST_CHARACTERS].encode("utf-8", "backslashreplace").decode()
    return indented, length <= MOST_CHARACTERS
