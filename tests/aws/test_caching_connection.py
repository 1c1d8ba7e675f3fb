"""Many who ask the same question at once: AWS hears it once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock
from workbench.aws.retrying_connection import CachingConnection, RateBudget, once
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext

CTX = JobContext()


def asking(aws: StubbedAws, ctx: JobContext = CTX) -> CachingConnection:
    return CachingConnection(aws.connection, RateBudget(FakeClock()), ctx)


def test_a_question_is_asked_once_by_however_many_threads(aws: StubbedAws) -> None:
    aws.answer("lambda", "get_policy", {"Policy": "{}"}, {"FunctionName": "one"}, retries=False)
    connection = asking(aws)
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(lambda _: connection.call("lambda", "get_policy", FunctionName="one"), range(20))
        )
    assert [answer["Policy"] for answer in answers] == ["{}"] * 20


def test_another_question_is_another(aws: StubbedAws) -> None:
    connection = asking(aws)
    for name in ("one", "two"):
        aws.answer("lambda", "get_policy", {"Policy": name}, {"FunctionName": name}, retries=False)
    answers = [connection.call("lambda", "get_policy", FunctionName=name) for name in ("one", "two", "one")]
    assert [answer["Policy"] for answer in answers] == ["one", "two", "one"]


def test_a_listing_is_read_to_its_end_and_once(aws: StubbedAws) -> None:
    connection = asking(aws)
    aws.answer("lambda", "list_functions", {"Functions": [], "NextMarker": "more"})
    aws.answer("lambda", "list_functions", {"Functions": []}, {"Marker": "more"})
    for _ in range(2):
        assert len(list(connection.paginate("lambda", "list_functions", ctx=CTX))) == 2


def test_a_refusal_is_told_to_each_who_asks(aws: StubbedAws) -> None:
    connection = asking(aws)
    aws.refuse("lambda", "get_policy", "AccessDeniedException", "no", 403, retries=False)
    errors = []
    for _ in range(2):
        with pytest.raises(WorkbenchError) as caught:
            connection.call("lambda", "get_policy", FunctionName="one")
        errors.append(caught.value)
    assert errors[0] is not errors[1]
    assert str(errors[0]) == str(errors[1])
    assert errors[1].aws_code == "AccessDeniedException"


def test_a_cancelled_question_may_be_asked_again(aws: StubbedAws) -> None:
    stop = threading.Event()
    connection = asking(aws, JobContext(stop=stop))
    stop.set()
    with pytest.raises(Cancelled):
        connection.call("lambda", "get_policy", FunctionName="one")
    stop.clear()
    aws.answer("lambda", "get_policy", {"Policy": "{}"}, retries=False)
    assert connection.call("lambda", "get_policy", FunctionName="one")["Policy"] == "{}"


def test_what_writes_is_never_kept(aws: StubbedAws) -> None:
    connection = asking(aws)
    for number in range(2):
        aws.answer("lambda", "publish_version", {"Version": f"{number}"}, retries=False)
    versions = [connection.call("lambda", "publish_version", FunctionName="one")["Version"] for _ in range(2)]
    assert versions == ["0", "1"]


def test_a_region_has_answers_of_its_own_and_shares_them(aws: StubbedAws) -> None:
    connection = asking(aws)
    made = []

    def make(region: str) -> str:
        made.append(region)
        return region

    here, there = connection, connection.in_region("us-east-1")
    for each in (here, there, here, connection.in_region("us-east-1")):
        assert once(each, "index", lambda each=each: make(each.region)) == each.region  # type: ignore[misc]
    assert made == ["eu-central-1", "us-east-1"]


def test_a_connection_that_does_not_remember_makes_it_each_time(aws: StubbedAws) -> None:
    made: list[int] = []
    for _ in range(2):
        once(aws.connection, "index", lambda: made.append(1))
    assert made == [1, 1]
