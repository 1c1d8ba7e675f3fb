"""Connections: to the real Sandbox, and to servers that misbehave."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.aws.conftest import KEYS, Answer, AwsServer, Request, raw_server, through, unopened
from tests.aws_stub import StubbedAws
from workbench.aws.client_config import Access
from workbench.aws.connection import ApiCall, Connection, is_write
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext

# ---- the Sandbox -----------------------------------------------------------------------------------------


def test_opening_learns_the_account(access: Access) -> None:
    calls: list[ApiCall] = []
    connection = Connection.open(access, calls.append, JobContext())
    assert access.keys is not None
    assert connection.account_id == access.keys.access_key_id
    assert f"::{connection.account_id}:" in connection.arn
    assert connection.is_custom_endpoint
    assert connection.endpoint_url == access.endpoint_url
    [call] = calls
    assert (call.service, call.operation, call.region, call.status) == (
        "sts",
        "GetCallerIdentity",
        access.region,
        200,
    )
    assert call.duration_ms > 0
    assert not call.error_code
    assert not call.is_write


def test_every_call_is_reported_refused_ones_too(access: Access) -> None:
    calls: list[ApiCall] = []
    connection = Connection.open(access, calls.append)
    with pytest.raises(WorkbenchError) as caught:
        connection.call("lambda", "delete_function", failure="Could not delete ghost.", FunctionName="ghost")
    assert caught.value.what == "Could not delete ghost."
    assert caught.value.aws_code == "ResourceNotFoundException"
    assert caught.value.request_id
    assert (calls[-1].operation, calls[-1].status) == ("DeleteFunction", 404)
    assert calls[-1].error_code == "ResourceNotFoundException"
    assert calls[-1].request_id == caught.value.request_id
    assert calls[-1].is_write


def test_another_region_needs_no_question(access: Access) -> None:
    calls: list[ApiCall] = []
    here = Connection.open(access, calls.append)
    there = here.in_region("eu-west-1")
    assert (there.account_id, there.arn, there.region) == (here.account_id, here.arn, "eu-west-1")
    there.call("lambda", "list_functions")
    assert [(call.operation, call.region) for call in calls[1:]] == [("ListFunctions", "eu-west-1")]


def test_cancel_stops_a_listing_between_pages(access: Access) -> None:
    calls: list[ApiCall] = []
    connection = Connection.open(access, calls.append)
    stop = threading.Event()
    pages = connection.paginate("lambda", "list_functions", ctx=JobContext(stop=stop))
    next(pages)
    stop.set()
    with pytest.raises(Cancelled):
        next(pages)
    assert len(calls) == 2


# ---- retries and time-outs ---------------------------------------------------------------------------------


def _fault(_: Request) -> Answer:
    return Answer(500, b'{"Message": "boom"}', "application/json")


def test_a_failing_read_is_tried_again(aws_server: AwsServer) -> None:
    aws_server.reply = _fault
    with pytest.raises(WorkbenchError, match="internal error"):
        unopened(through(aws_server)).call("lambda", "list_functions")
    assert len(aws_server.requests) == 3


def test_an_invocation_is_sent_once(aws_server: AwsServer) -> None:
    aws_server.reply = _fault
    with pytest.raises(WorkbenchError):
        unopened(through(aws_server)).call("lambda", "invoke", retries=False, FunctionName="hello")
    assert len(aws_server.requests) == 1


def _wait(event: threading.Event) -> None:
    event.wait(60)


def test_a_silent_server_is_given_up_in_time() -> None:
    silence = threading.Event()
    with raw_server(lambda _: _wait(silence)) as url:
        with pytest.raises(WorkbenchError, match="timed out") as caught:
            unopened(through(url)).call(
                "lambda", "invoke", retries=False, read_timeout_s=0.3, FunctionName="hello"
            )
        silence.set()
    assert caught.value.aws_code == "ReadTimeoutError"


def test_long_time_outs_share_clients() -> None:
    connection = unopened(through("http://127.0.0.1:1"))
    assert connection.client("lambda", read_timeout_s=31) is connection.client("lambda", read_timeout_s=58)
    assert connection.client("lambda", read_timeout_s=58).meta.config.read_timeout == 60
    assert connection.client("lambda", read_timeout_s=2_000).meta.config.read_timeout == 2_000
    assert connection.client("lambda").meta.config.read_timeout == 30
    assert connection.client("lambda") is not connection.client("lambda", retries=False)


def test_the_network_settings_hold_for_every_client() -> None:
    config = unopened(through("http://127.0.0.1:1")).client("logs").meta.config
    assert config.connect_timeout == 3
    assert config.max_pool_connections >= 10
    assert config.tcp_keepalive


def test_many_threads_get_one_client() -> None:
    connection = unopened(through("http://127.0.0.1:1"))
    clients: list[Any] = []
    threads = [threading.Thread(target=lambda: clients.append(connection.client("sqs"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, clients))) == 1
    assert len(clients) == 8


def test_a_proxy_is_not_asked_for_this_computers_servers(
    aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert Connection.open(through(aws_server)).account_id == "123456789012"


# ---- broken transports: real sockets -----------------------------------------------------------------------


def _hang_up(client: socket.socket) -> None:
    client.recv(65536)


def _half_an_answer(client: socket.socket) -> None:
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


def _a_web_page(client: socket.socket) -> None:
    client.recv(65536)
    page = b"<html>Please sign in to the guest network</html>"
    client.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page)
    )


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (_hang_up, "The connection was closed before the response was complete"),
        (_half_an_answer, "The response was incomplete or damaged"),
        (
            _a_web_page,
            "The response did not come from AWS, but from a proxy, a guest network or another server",
        ),
    ],
)
def test_a_bad_answer_is_an_error_in_words(behave: Callable[[socket.socket], None], why: str) -> None:
    with raw_server(behave) as url, pytest.raises(WorkbenchError) as caught:
        unopened(through(url)).call("lambda", "get_function", retries=False, FunctionName="hello")
    assert caught.value.why.startswith(why)
    assert caught.value.action == "connection.retry"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{}", "The response to sqs:GetQueueUrl is empty: it has no QueueUrl."),
        (b"", "The response to sqs:GetQueueUrl is empty: it has no QueueUrl."),
    ],
)
def test_a_member_that_an_answer_lacks_is_an_error_in_words(body: bytes, why: str) -> None:
    def behave(client: socket.socket) -> None:
        client.recv(65536)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n"
        client.sendall(head % len(body) + body)

    with raw_server(behave) as url:
        answer = unopened(through(url)).call(
            "sqs", "get_queue_url", failure="The queue was not found.", QueueName="orders"
        )
    assert (answer.get("QueueUrl"), "QueueUrl" in answer) == (None, False)
    with pytest.raises(WorkbenchError) as caught:
        answer["QueueUrl"]
    assert (caught.value.what, caught.value.why) == ("The queue was not found.", why)


def test_an_error_for_a_member_names_those_that_came(aws: StubbedAws) -> None:
    aws.answer("lambda", "get_alias", {"Name": "live"})
    answer = aws.connection.call("lambda", "get_alias", FunctionName="hello", Name="live")
    assert answer["Name"] == "live"
    with pytest.raises(WorkbenchError, match="lambda:GetAlias has no RevisionId, but only: Name"):
        answer["RevisionId"]


def test_nobody_listening_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(WorkbenchError, match="Could not connect") as caught:
        Connection.open(through(url))
    assert caught.value.what == "Could not connect with the given keys."
    assert url in caught.value.why


def test_a_server_without_a_certificate_is_told_from_a_dead_one(aws_server: AwsServer) -> None:
    with pytest.raises(WorkbenchError, match="certificate"):
        Connection.open(through(aws_server.url.replace("http:", "https:")))


def test_a_dead_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with pytest.raises(WorkbenchError, match="proxy"):
        Connection.open(Access(None, "eu-central-1", "", KEYS))


def test_a_body_that_breaks_off_is_an_error_in_words() -> None:
    with raw_server(_half_an_answer) as url:
        connection = unopened(through(url))
        answer = connection.call("lambda", "invoke", retries=False, FunctionName="hello")
        with (
            pytest.raises(WorkbenchError, match="incomplete or damaged"),
            connection.translated("Could not read the answer."),
        ):
            answer["Payload"].read()


# ---- faults of our own -----------------------------------------------------------------------------------


def test_a_bug_stays_a_bug() -> None:
    with pytest.raises(AttributeError):
        unopened(through("http://127.0.0.1:1")).call("lambda", "no_such_operation")
    with pytest.raises(TypeError), unopened(through("http://127.0.0.1:1")).translated():
        raise TypeError("ours")


@pytest.mark.parametrize("operation", ["GetFunction", "ListFunctions", "DescribeAlarms", "FilterLogEvents"])
def test_reading_is_no_write(operation: str) -> None:
    assert not is_write(operation)


@pytest.mark.parametrize("operation", ["UpdateFunctionCode", "Invoke", "PutRule", "TagResource"])
def test_writing_is(operation: str) -> None:
    assert is_write(operation)
