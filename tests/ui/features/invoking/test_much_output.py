"""Handlers that print without measure: megabytes in lines, in one line, and bytes that are no text."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from tests.sandbox_functions import create_function
from tests.stall import StallWatch
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.invoke.history import HistorySearch
from workbench.ui.shell.invoker import history_of

HANDLER = r"""
import sys
def handler(event, context):
    if event == "lines":
        for number in range(60_000):
            print(number, "x" * 94)
    elif event == "line":
        print("y" * 6_000_000)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write((bytes(range(256)) + b"\xa5\x5a\x00\x03") * 4_000)
        sys.stdout.buffer.flush()
    print("\nthe end")
    return event
"""
MOST_MB = 150


def used_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_a_handler_may_print_millions_of_bytes(
    desk: Desk,
    connection: Connection,
    no_stall: Callable[..., StallWatch],
    qtbot: QtBot,
) -> None:
    function = create_function(connection, HANDLER, timeout_s=60, MemorySize=512)
    result, ledger = desk.window.result, history_of(desk.context.services)
    desk.connect()
    desk.open(function.function_name)
    titles = {}
    before_mb = used_mb()
    for kind in ("lines", "line", "bytes"):
        with no_stall():
            desk.invoke(json.dumps(kind))
            qtbot.waitUntil(lambda: "REPORT" in result.log.toPlainText(), timeout=30_000)
            assert len(result.log.toPlainText()) <= 4_096  # what AWS sends with the answer
            qtbot.waitUntil(lambda: "loading" not in result._log_title.text(), timeout=60_000)
            desk.idle()
        titles[kind] = result._log_title.text()
        entry = ledger.get(ledger.list(HistorySearch())[0].number)
        assert entry is not None
        assert entry.ended.log.rstrip().rpartition("\n")[2].startswith("REPORT RequestId")
        assert "\nthe end\n" in entry.ended.log
        assert len(entry.ended.log) < 4_100_000
        if kind == "lines":
            assert "earlier lines omitted]\n" in entry.ended.log[:60]
    assert titles["lines"].startswith("Log output (last ")
    assert "of more than" in titles["lines"]
    assert "left" not in titles["bytes"]
    assert used_mb() - before_mb < MOST_MB
