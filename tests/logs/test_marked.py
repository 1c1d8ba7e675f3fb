"""Finding the invocation that an event caused: by its mark, else by when it began."""

import itertools
from datetime import timedelta

import pytest

from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.clock import SystemClock
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.logs.read import MarkedInvocation, find_marked_invocation

PRINTS = "def handler(event, context):\n    print('got', event)\n    return 1\n"
SILENT = "def handler(event, context):\n    return 1\n"
MARK = "workbench-test-0123456789ab"


def caused(
    connection: Connection, source: str, *, mark: str = MARK, timeout_s: float = 30
) -> MarkedInvocation:
    detail = create_function(connection, source)
    sent = SystemClock().now()
    for payload in (b'{"other": 1}', b'{"mark": "%s"}' % mark.encode()):
        connection.call("lambda", "invoke", FunctionName=detail.function_name, Payload=payload)
    return find_marked_invocation(connection, detail.log_group, mark, sent, JobContext(), timeout_s=timeout_s)


def test_the_mark_finds_the_invocation_among_others(connection: Connection) -> None:
    found = caused(connection, PRINTS)
    assert found.is_sure
    assert found.is_complete
    text = "\n".join(line.message for line in found.lines)
    assert MARK in text
    assert "other" not in text
    assert found.request_id in text


def test_of_a_silent_function_the_first_invocation_afterwards_is_a_guess(connection: Connection) -> None:
    found = caused(connection, SILENT, timeout_s=1)
    assert found.request_id
    assert not found.is_sure


def test_a_function_that_never_ran_is_waited_for_and_not_found(connection: Connection) -> None:
    detail = create_function(connection, SILENT)
    sent = SystemClock().now()
    assert (
        find_marked_invocation(connection, detail.log_group, MARK, sent, JobContext(), timeout_s=0.5)
        == MarkedInvocation()
    )


def test_what_ran_before_is_not_taken_for_it(connection: Connection) -> None:
    detail = create_function(connection, SILENT)
    connection.call("lambda", "invoke", FunctionName=detail.function_name, Payload=b"{}")
    sent = SystemClock().now() + timedelta(seconds=30)
    assert (
        find_marked_invocation(connection, detail.log_group, MARK, sent, JobContext(), timeout_s=0.5)
        == MarkedInvocation()
    )


def test_cancel_ends_the_waiting(connection: Connection) -> None:
    detail = create_function(connection, SILENT)
    checks = itertools.count()

    class Impatient(JobContext):
        def check(self) -> None:
            if next(checks) > 2:
                raise Cancelled

    with pytest.raises(Cancelled):
        find_marked_invocation(
            connection, detail.log_group, MARK, SystemClock().now(), Impatient(), timeout_s=60
        )
