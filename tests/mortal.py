"""Programs that kill themselves, each forked from one that has imported everything already.

A program of its own for each kill would spend most of its time starting.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import IO, NoReturn

import pytest

from workbench.core.operations import JournalFile

ROOT = Path(__file__).parents[1]
_SERVICES = ("sts", "lambda", "iam", "s3", "sqs", "sns", "events", "dynamodb", "kinesis", "logs")
"""Whose clients forks make."""

type Argument = str | int | None


class Mortal:
    """Runs functions in processes that are to kill themselves.

    Args:
        server: `python -m tests.mortal`, with pipes.
    """

    def __init__(self, server: "subprocess.Popen[str]") -> None:
        self._server = server

    def kill(self, function: Callable[..., None], *arguments: Argument) -> None:
        """Runs a module's function in a new process with this one's environment, until it has killed itself.

        Raises:
            AssertionError: It did not, with all that it said.
        """
        place = f"{function.__module__}:{function.__name__}"
        request, answer = self._server.stdin, self._server.stdout
        assert request is not None
        assert answer is not None
        said = Path(os.environ["HOME"]) / "mortal.log"
        print(json.dumps([place, arguments, dict(os.environ), str(said)]), file=request, flush=True)
        code = answer.readline().strip()
        assert code == str(-signal.SIGKILL), f"{place} ended with {code}: {said.read_text()}"


@pytest.fixture(scope="session")
def mortal() -> Iterator[Mortal]:
    """For tests that kill."""
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork")
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.mortal"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        yield Mortal(server)


def die(*_: object) -> NoReturn:
    """Ends this process as kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("it is dead")


def die_in_a_journal(moment: str, count: int, folder: str = "") -> pytest.MonkeyPatch:
    """Lets this process die at an event of a journal.

    Args:
        moment: "amid" its writing, which leaves half a line, or "after"; another one lets it live.
        count: Which event, from 1.
        folder: Counts only the events of journals in a folder of this name.
    """
    write, left = JournalFile.write, count

    def counted(self: JournalFile, event: Mapping[str, object]) -> None:
        nonlocal left
        if folder not in ("", self.path.parent.name):
            return write(self, event)
        left -= 1
        if left == 0 and moment == "amid":
            self._file.write(b'\n{"at": "2026-11-24T12:00')
            die()
        write(self, event)
        if left == 0 and moment == "after":
            die()
        return None

    patch = pytest.MonkeyPatch()
    patch.setattr(JournalFile, "write", counted)
    return patch


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Forks for each request, and tells how the fork ended."""
    for line in requests:
        place, arguments, environ, said = json.loads(line)
        module, _, name = place.partition(":")
        function = getattr(importlib.import_module(module), name)  # here, so that the next fork has it too
        if "workbench.aws.session" in sys.modules:
            _load_what_requests_load()
        pid = os.fork()
        if pid == 0:
            _be(function, arguments, environ, said)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


@cache
def _load_what_requests_load() -> None:
    """Loads what the program loads with its first requests to AWS; each fork would load it for itself."""
    from workbench.aws.client_config import Access, StaticKeys
    from workbench.aws.connection import Connection
    from workbench.aws.session import Sessions

    importlib.import_module("encodings.idna")
    importlib.import_module("msgspec.json")
    importlib.import_module("tenacity")
    access = Access(None, "us-east-1", "http://127.0.0.1:9", StaticKeys("nobody", "nothing"))
    connection = Connection(access, Sessions().get(access))
    for service in _SERVICES:
        connection.client(service)


def _be(
    function: Callable[..., None], arguments: list[Argument], environ: dict[str, str], said: str
) -> NoReturn:
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(environ)
    try:
        function(*arguments)
        print("survived", flush=True)
    except BaseException:  # noqa: BLE001 - nothing may leave a fork
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
