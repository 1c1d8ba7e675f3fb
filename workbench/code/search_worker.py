"""Runs as its own process: reads one search as a line of JSON, answers in lines of JSON, ends.

It also ends when its standard input is closed: then nobody waits for it.
"""

import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from workbench.code.search import FileMatches, Query, SearchSummary, search
from workbench.code.workspace_store import Drafts
from workbench.core.errors import WorkbenchError


def main() -> None:
    """Answers the one request."""
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    try:
        drafts = Drafts(Path(request["drafts"]))
        typed = {draft.path: draft.text for draft in drafts} | request["typed"]
        summary = search(Path(request["root"]), typed, Query(**request["query"]), _report)
    except WorkbenchError as error:
        _write({"error": [error.what, error.why, error.remedy]})
    else:
        _write({"done": asdict(summary)})


def _report(found: tuple[FileMatches, ...], summary: SearchSummary) -> None:
    _write({"found": [asdict(each) for each in found], "searched": summary.searched})


def _write(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _exit_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
