"""A search in its own process.

Matching an expression holds the global interpreter lock, and some expressions take years for one line: in the
program itself they would block the window, and nobody could cancel them. A process can be ended.
"""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import workbench
from workbench.code.search import FileMatches, Match, Query, SearchSummary
from workbench.code.working_copy import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _

TIMEOUT_S = 10.0
"""After this long without output, the search is at an expression that does not end."""

_POLL_S = 0.03


def search_workspace(
    workspace: Workspace,
    typed: Mapping[str, str],
    query: Query,
    ctx: JobContext,
    timeout_s: float = TIMEOUT_S,
) -> SearchSummary:
    """Searches a workspace; emits tuples of `FileMatches` as they are found.

    Args:
        workspace: Its drafts count in place of its files.
        typed: Text by path that is not even a draft yet; it counts in place of both.
        ctx: Cancel ends the process.
        timeout_s: Maximum time for one file.

    Raises:
        WorkbenchError: The query is invalid, the files cannot be listed, or it takes too long.
    """
    request = {
        "root": str(workspace.root),
        "drafts": str(workspace.drafts_folder),
        "typed": dict(typed),
        "query": asdict(query),
    }
    ctx.check()
    process = _start(workspace.root)
    watch = _Watch(process, ctx, timeout_s)
    assert process.stdin is not None
    assert process.stdout is not None
    summary: SearchSummary | None = None
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        for line in process.stdout:
            watch.note_answer()
            answer: dict[str, Any] = json.loads(line)
            if "error" in answer:
                raise WorkbenchError(*answer["error"])
            if "done" in answer:
                summary = SearchSummary(**answer["done"])
            else:
                if found := tuple(map(_matches_of, answer["found"])):
                    ctx.emit(found)
                ctx.progress(0, 0, str(answer["searched"]))
    except (BrokenPipeError, json.JSONDecodeError):
        pass  # it ended early: see below
    finally:
        watch.end()
    ctx.check()
    if summary is None:
        raise WorkbenchError(
            _("The search was stopped."),
            _("One file took longer than {timeout_s:g} s.").format(timeout_s=timeout_s)
            if watch.timed_out
            else _("The search process failed."),
            _("Simplify the expression, or search in fewer files."),
        )
    return summary


def _start(root: Path) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "workbench.code.search_worker"],
            cwd=Path(workbench.__file__).parent.parent,  # `-m` finds the package from here, installed or not
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise explain_os_error(error, _("The search could not be started."), root) from error


class _Watch:
    """Ends the process on Cancel, or after too long without output."""

    def __init__(self, process: subprocess.Popen[bytes], ctx: JobContext, timeout_s: float) -> None:
        self.timed_out = False
        self._process = process
        self._ctx = ctx
        self._timeout_s = timeout_s
        self._silent_s = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="search-watch", daemon=True)
        self._thread.start()

    def note_answer(self) -> None:
        self._silent_s = 0.0

    def end(self) -> None:
        """Leaves no process and no thread behind."""
        self._over.set()
        self._thread.join()
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):  # input that it no longer reads
                    stream.close()
        self._process.wait()

    def _run(self) -> None:
        while not self._over.wait(_POLL_S):
            self._silent_s += _POLL_S
            self.timed_out = self._silent_s > self._timeout_s
            if self.timed_out or self._ctx.cancelled:
                self._process.kill()
                return


def _matches_of(answer: dict[str, Any]) -> FileMatches:
    matches = (Match(**{**each, "groups": tuple(each["groups"])}) for each in answer["matches"])
    return FileMatches(str(answer["path"]), tuple(matches))
