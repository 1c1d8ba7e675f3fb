"""Cancel, while a server has taken a request and stays silent."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.aws.conftest import Answer, AwsServer, Request, raw_server, through, unopened
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobRunner, JobState, for_this_job, working_for

SOON_S = 10.0
"""The server stays silent for twice as long."""


class Silence:
    """Keeps a server from answering until it is released."""

    def __init__(self, server: AwsServer) -> None:
        self.asked = threading.Event()
        self._release = threading.Event()
        server.reply = self._reply

    def end(self) -> None:
        self._release.set()

    def _reply(self, _: Request) -> Answer:
        self.asked.set()
        self._release.wait(20)
        return Answer(200, b'{"Functions": []}', "application/json")


@pytest.fixture
def connection(aws_server: AwsServer) -> Connection:
    return Connection.open(through(aws_server))


@pytest.fixture
def silence(connection: Connection, aws_server: AwsServer) -> Iterator[Silence]:
    silence = Silence(aws_server)
    yield silence
    silence.end()


@contextmanager
def running(run: Callable[[JobContext], object]) -> Iterator[tuple[JobRunner, JobHandle]]:
    runner = JobRunner(_now)
    try:
        yield runner, runner.submit(Job("Listing", run))
    finally:
        assert runner.shutdown(SOON_S)


def ended(handle: JobHandle) -> bool:
    until = time.monotonic() + SOON_S
    while not handle.finished and time.monotonic() < until:
        threading.Event().wait(0.01)
    return handle.finished


def test_a_listing_ends_when_it_is_cancelled(connection: Connection, silence: Silence) -> None:
    with running(lambda _: connection.call("lambda", "list_functions")) as (_, handle):
        assert silence.asked.wait(SOON_S)
        handle.cancel()
        assert ended(handle)
        assert handle.state is JobState.CANCELLED


def test_so_do_the_calls_of_a_pool(connection: Connection, silence: Silence) -> None:
    def run(_: JobContext) -> None:
        with ThreadPoolExecutor(4) as pool:
            calls = [
                pool.submit(for_this_job(connection.call), "lambda", "list_aliases", FunctionName="f")
                for _ in range(4)
            ]
            for call in calls:
                call.result()

    with running(run) as (_, handle):
        assert silence.asked.wait(SOON_S)
        handle.cancel()
        assert ended(handle)
        assert handle.state is JobState.CANCELLED


def test_reads_that_belong_together_share_a_thread_and_are_left_behind_together(
    connection: Connection, silence: Silence, aws_server: AwsServer
) -> None:
    threads: list[threading.Thread] = []
    rest: list[object] = []
    over = threading.Event()

    def read() -> None:
        try:
            for _ in range(2):
                connection.call("lambda", "list_functions")
                rest.append("answered")
        except Cancelled as error:
            rest.append(error)
        over.set()

    def run(ctx: JobContext) -> None:
        ctx.wait_for(lambda: threads.extend(ctx.wait_for(threading.current_thread) for _ in range(3)))
        ctx.wait_for(read)

    asked_before = len(aws_server.requests)
    with running(run) as (_, handle):
        assert silence.asked.wait(SOON_S)
        handle.cancel()
        assert ended(handle)
        assert handle.state is JobState.CANCELLED
        silence.end()
        assert over.wait(SOON_S)
    assert len(set(threads)) == 1
    assert [type(each) for each in rest] == [str, Cancelled]
    assert len(aws_server.requests) == asked_before + 1


def test_a_change_is_waited_for(connection: Connection, silence: Silence) -> None:
    with running(lambda _: connection.call("lambda", "delete_function", FunctionName="f")) as (_, handle):
        assert silence.asked.wait(SOON_S)
        handle.cancel()
        assert not handle.finished
        silence.end()
        assert ended(handle)
        assert handle.state is JobState.DONE


@pytest.mark.parametrize("commit", [JobContext.commit, JobContext.shielded, lambda ctx: ctx.muted().commit()])
def test_what_follows_a_change_is_waited_for(
    connection: Connection, silence: Silence, commit: Callable[[JobContext], object]
) -> None:
    stop = threading.Event()
    ctx = JobContext(stop=stop)
    answered: list[object] = []

    def call() -> None:
        with working_for(ctx):
            commit(ctx)
            answered.append(connection.call("lambda", "list_functions")["Functions"])

    thread = threading.Thread(target=call)
    thread.start()
    assert silence.asked.wait(SOON_S)
    stop.set()
    thread.join(0.2)
    assert thread.is_alive()
    silence.end()
    thread.join(SOON_S)
    assert answered == [[]]


def test_a_call_made_after_cancel_belongs_to_the_clean_up(
    connection: Connection, aws_server: AwsServer
) -> None:
    aws_server.reply = lambda _: Answer(200, b'{"Functions": []}', "application/json")
    ctx = JobContext(stop=(stop := threading.Event()))
    stop.set()
    with working_for(ctx):
        assert connection.call("lambda", "list_functions")["Functions"] == []


def test_a_cancelled_change_is_not_sent_again() -> None:
    stop = threading.Event()
    attempts: list[bytes] = []

    def cancel_and_hang_up(client: socket.socket) -> None:
        attempts.append(client.recv(65536))
        stop.set()

    with (
        raw_server(cancel_and_hang_up) as url,
        working_for(JobContext(stop=stop)),
        pytest.raises(WorkbenchError) as caught,
    ):
        unopened(through(url)).call("lambda", "delete_function", FunctionName="f")
    assert caught.value.aws_code == "ConnectionClosedError"
    assert len(attempts) == 1


def test_an_error_is_raised_as_it_is() -> None:
    def fail() -> None:
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        JobContext().wait_for(fail)
    with pytest.raises(Cancelled):
        JobContext().wait_for(JobContext(stop=_set()).check)


def _now(call: Callable[[], object]) -> None:
    call()


def _set() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop
