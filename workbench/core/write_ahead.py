"""SQLite files that several threads and programs use at once: who reads and who writes need not wait."""

import sqlite3
import time

_PAUSE_S = 0.01


def write_ahead(database: sqlite3.Connection, patience_s: float) -> None:
    """Turns a file's log of changes on.

    Whatever the connection's timeout is, SQLite does not wait with this for somebody who is about to write.

    Raises:
        sqlite3.OperationalError: Others still use the file after `patience_s`, or the disk refuses.
    """
    last = time.monotonic() + patience_s
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(_PAUSE_S)
        else:
            return
