"""Log lines as a file: text, JSON lines or CSV."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from workbench.core.files import explain_os_error, replacing
from workbench.core.jobs import JobContext
from workbench.core.spreadsheet import csv_row
from workbench.logs.buffer import Row

_CSV_HEAD = ("time", "function", "level", "request_id", "log_stream", "message")
_PROGRESS_ROWS = 2000


class Format(Enum):
    """The format of a file; its value is the file name's suffix."""

    TEXT = ".log"
    JSON_LINES = ".jsonl"
    CSV = ".csv"


def export(path: Path, format_: Format, rows: Iterable[Row], total: int, ctx: JobContext) -> int:
    """Writes rows into a file, which appears only when it is complete.

    Args:
        path: An existing file is replaced.
        format_: The format of the file.
        rows: In order; in JSON lines and CSV the lines of one event are one entry.
        total: How many rows there are, for the progress.
        ctx: The job.

    Returns:
        How many entries were written.

    Raises:
        WorkbenchError: The file could not be written.
        Cancelled: By the user.
    """
    texts = _FORMATS[format_](_with_progress(rows, total, ctx))
    return _write(path, csv_row(_CSV_HEAD) if format_ is Format.CSV else "", texts)


def export_table(path: Path, fields: Sequence[str], rows: Sequence[Sequence[str]], ctx: JobContext) -> int:
    """Writes a table as CSV, as `export` does.

    Raises:
        WorkbenchError: The file could not be written.
        Cancelled: By the user.
    """

    def texts() -> Iterator[str]:
        for number, row in enumerate(rows):
            if number % _PROGRESS_ROWS == 0:
                ctx.progress(number, len(rows))
            yield csv_row(row)

    return _write(path, csv_row(fields), texts())


def _write(path: Path, head: str, texts: Iterable[str]) -> int:
    count = 0
    try:
        with replacing(path) as file:
            file.write(head.encode())
            for text in texts:
                file.write(text.encode("utf-8", "backslashreplace"))
                count += 1
    except OSError as error:
        raise explain_os_error(error, f"{path.name} could not be written.", path) from error
    return count


def time_text(time_ms: int) -> str:
    """A moment as ISO 8601 in UTC, with milliseconds."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _with_progress(rows: Iterable[Row], total: int, ctx: JobContext) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number % _PROGRESS_ROWS == 0:
            ctx.progress(number, total)
        yield row


def _as_text(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        source = f"{row.source}  " if row.source else ""
        yield f"{time_text(row.time_ms)}  {source}{row.text}\n"


def _as_json_lines(rows: Iterable[Row]) -> Iterator[str]:
    for row, message in _events(rows):
        entry: dict[str, object] = {"time": time_text(row.time_ms)}
        if row.source:
            entry["function"] = row.source
        entry |= {"level": row.level.value, "requestId": row.request_id, "logStream": row.stream}
        yield json.dumps(entry | {"message": message}) + "\n"


def _as_csv(rows: Iterable[Row]) -> Iterator[str]:
    for row, message in _events(rows):
        values = (time_text(row.time_ms), row.source, row.level.value, row.request_id, row.stream, message)
        yield csv_row(values)


def _events(rows: Iterable[Row]) -> Iterator[tuple[Row, str]]:
    """The first row of each event, with the text of the whole event."""
    head: Row | None = None
    texts: list[str] = []
    for row in rows:
        if head is not None and not row.is_head and row.number == head.number + len(texts):
            texts.append(row.text)
            continue
        if head is not None:
            yield head, "\n".join(texts)
        head, texts = row, [row.text]
    if head is not None:
        yield head, "\n".join(texts)


_FORMATS: dict[Format, Callable[[Iterable[Row]], Iterator[str]]] = {
    Format.TEXT: _as_text,
    Format.JSON_LINES: _as_json_lines,
    Format.CSV: _as_csv,
}
