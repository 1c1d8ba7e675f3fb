"""All triggers of a function: each once, over all qualifiers; what cannot be read is unknown, never none."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.aws.retry import CachingConnection, RateBudget
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail, detail_of
from workbench.triggers.find import TriggerReport, look
from workbench.triggers.kinds.source import Source
from workbench.triggers.model import Explanation, Link, ObservedFunction, SourceKind, Trigger

ACCOUNT = "123456789012"
ARN = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:hello"
RULES = f"arn:aws:events:eu-central-1:{ACCOUNT}:rule"
DENIED = WorkbenchError("Could not look.", "Not authorized.", aws_code="AccessDeniedException")
NO_POLICY = "The resource you requested does not exist."

Find = Callable[[ObservedFunction, tuple[str, ...]], tuple[Trigger, ...]]


class Scripted(Source[None]):
    """A source that finds what a test says."""

    def __init__(self, kind: SourceKind, find: Find) -> None:
        self.kind = kind
        self._find = find

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        return self._find(function, hints)

    def parameters(self, spec: object) -> tuple[()]:
        return ()

    def observe(self, connection: object, spec: object, ctx: object) -> None: ...

    def check(self, spec: object, seen: object, function: object) -> tuple[()]:
        return ()

    def plan(self, spec: object, seen: object) -> tuple[()]:
        return ()

    def remove(self, trigger: object) -> tuple[()]:
        return ()

    def explain(self, trigger: object, function: object) -> Explanation:
        raise NotImplementedError


@pytest.fixture
def detail() -> FunctionDetail:
    return detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": ARN}})


def function_side(aws: StubbedAws, aliases: tuple[str, ...] = (), versions: tuple[str, ...] = ()) -> None:
    listed = [{"Version": each} for each in ("$LATEST", *versions)]
    aws.answer("lambda", "list_versions_by_function", {"Versions": listed}, {"FunctionName": "hello"})
    answer = {"Aliases": [{"Name": each, "FunctionVersion": "1"} for each in aliases]}
    aws.answer("lambda", "list_aliases", answer, {"FunctionName": "hello"})
    configs = {"FunctionArn": f"{ARN}:$LATEST", "MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60}
    aws.answer("lambda", "list_function_event_invoke_configs", {"FunctionEventInvokeConfigs": [configs]})


def policy(aws: StubbedAws, qualifier: str, *rules: str) -> None:
    expected = {"FunctionName": "hello"} | ({"Qualifier": qualifier} if qualifier else {})
    statements = [
        {
            "Sid": rule,
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": f"{ARN}:{qualifier}" if qualifier else ARN,
            "Condition": {"ArnLike": {"AWS:SourceArn": f"{RULES}/{rule}"}},
        }
        for rule in rules
    ]
    text = json.dumps({"Statement": statements})
    aws.answer("lambda", "get_policy", {"Policy": text}, expected, retries=False)


def no_policy(aws: StubbedAws) -> None:
    aws.refuse("lambda", "get_policy", "ResourceNotFoundException", NO_POLICY, 404, retries=False)


def looked(
    aws: StubbedAws,
    detail: FunctionDetail,
    *sources: Scripted,
    ctx: JobContext | None = None,
) -> TriggerReport:
    ctx = ctx or JobContext()
    connection = CachingConnection(aws.connection, RateBudget(FakeClock()), ctx)
    return look(connection, detail, ctx, None, {source.kind: source for source in sources})


def rule(name: str, qualifier: str = "", function: ObservedFunction | None = None) -> Trigger:
    grants = tuple(
        each
        for each in (function.grants or () if function else ())
        if (each.sid, each.qualifier) == (name, qualifier)
    )
    link = Link.LINKED if grants else Link.MISSING_PERMISSION
    return Trigger(SourceKind("events"), f"{RULES}/{name}", name, qualifier, "t1", link=link, grants=grants)


def test_the_policies_of_all_qualifiers_are_read_and_their_leftovers_are_stale(
    aws: StubbedAws, detail: FunctionDetail
) -> None:
    function_side(aws, aliases=("live",), versions=("7",))
    policy(aws, "", "a", "old")
    policy(aws, "live", "a")
    no_policy(aws)

    def find(function: ObservedFunction, hints: tuple[str, ...]) -> tuple[Trigger, ...]:
        assert hints == (f"{RULES}/a", f"{RULES}/old")
        assert function.arns == (ARN, f"{ARN}:live", f"{ARN}:7")
        return (rule("a", "", function), rule("a", "live", function), rule("bare", "7", function))

    report = looked(aws, detail, Scripted(SourceKind("events"), find))
    assert [(each.name, each.qualifier, each.link) for each in report.triggers] == [
        ("a", "", Link.LINKED),
        ("a", "live", Link.LINKED),
        ("bare", "7", Link.MISSING_PERMISSION),
        ("old", "", Link.STALE_PERMISSION),
    ]
    assert report.problems == ()
    assert (report.observed.async_retries, report.observed.async_age_s) == (1, 60)


def test_what_two_readings_find_is_there_once(aws: StubbedAws, detail: FunctionDetail) -> None:
    function_side(aws)
    no_policy(aws)
    report = looked(aws, detail, Scripted(SourceKind("events"), lambda *_: (rule("a"), rule("a"))))
    assert len(report.triggers) == 1


def test_they_stand_by_kind_and_name_whoever_answers_first(aws: StubbedAws, detail: FunctionDetail) -> None:
    function_side(aws)
    no_policy(aws)
    topic = Trigger(SourceKind("sns"), "arn:aws:sns:eu-central-1:1:news", "news", link=Link.UNKNOWN)
    rules = Scripted(SourceKind("events"), lambda *_: (rule("b"), rule("a", "live"), rule("a")))
    found = looked(aws, detail, rules, Scripted(SourceKind("sns"), lambda *_: (topic,))).triggers
    assert [(each.name, each.qualifier) for each in found] == [
        ("news", ""),
        ("a", ""),
        ("a", "live"),
        ("b", ""),
    ]


def test_a_kind_that_may_not_be_read_is_a_problem_and_hides_no_other(
    aws: StubbedAws, detail: FunctionDetail
) -> None:
    function_side(aws)
    policy(aws, "", "a")

    def refuse(*_: object) -> tuple[Trigger, ...]:
        raise DENIED

    topic = Trigger(SourceKind("sns"), f"arn:aws:sns:eu-central-1:{ACCOUNT}:t", "t")
    report = looked(
        aws, detail, Scripted(SourceKind("events"), refuse), Scripted(SourceKind("sns"), lambda *_: (topic,))
    )
    assert [(each.kind, each.link) for each in report.triggers] == [
        (SourceKind("sns"), Link.LINKED),
        (SourceKind("events"), Link.UNKNOWN),
    ]
    assert [(each.kind, each.error) for each in report.problems] == [(SourceKind("events"), DENIED)]


def test_a_source_that_may_not_be_looked_at_does_not_hide_its_neighbour(
    aws: StubbedAws, detail: FunctionDetail
) -> None:
    function_side(aws)
    policy(aws, "", "a", "secret")

    def find(function: ObservedFunction, hints: tuple[str, ...]) -> tuple[Trigger, ...]:
        if any("secret" in hint for hint in hints):
            raise DENIED
        return (rule("a", "", function),)

    report = looked(aws, detail, Scripted(SourceKind("events"), find))
    assert [(each.name, each.link) for each in report.triggers] == [
        ("a", Link.LINKED),
        ("secret", Link.UNKNOWN),
    ]


def test_policies_that_may_not_all_be_read_are_no_policy_at_all(
    aws: StubbedAws, detail: FunctionDetail
) -> None:
    function_side(aws, aliases=("live",))
    policy(aws, "", "a")
    aws.refuse("lambda", "get_policy", "AccessDeniedException", "no", 403, retries=False)
    seen: list[ObservedFunction] = []

    def find(function: ObservedFunction, hints: tuple[str, ...]) -> tuple[Trigger, ...]:
        seen.append(function)
        assert hints == (f"{RULES}/a",)
        return ()

    report = looked(aws, detail, Scripted(SourceKind("events"), find))
    assert seen[0].grants is None
    assert report.triggers == ()
    assert [each.part for each in report.problems] == ["policy of hello:live"]


def test_a_function_that_is_gone_is_not_a_function_without_a_policy(
    aws: StubbedAws, detail: FunctionDetail
) -> None:
    function_side(aws)
    words = f"Function not found: {ARN}"
    aws.refuse("lambda", "get_policy", "ResourceNotFoundException", words, 404, retries=False)
    (problem,) = looked(aws, detail).problems
    assert "Function not found" in str(problem.error)


def test_without_the_list_of_aliases_no_mapping_is_called_an_orphan(
    aws: StubbedAws, detail: FunctionDetail
) -> None:
    aws.answer("lambda", "list_versions_by_function", {"Versions": [{"Version": "$LATEST"}]})
    aws.refuse("lambda", "list_aliases", "AccessDeniedException", "no", 403)
    aws.answer("lambda", "list_function_event_invoke_configs", {"FunctionEventInvokeConfigs": []})
    no_policy(aws)
    queue = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:orders"
    aws.answer("sqs", "get_queue_url", {"QueueUrl": "https://q"}, retries=False)
    mapping = Trigger(SourceKind("sqs"), queue, "orders", "live", "u", "Enabled")
    (found,) = looked(aws, detail, Scripted(SourceKind("sqs"), lambda *_: (mapping,))).triggers
    assert found.link is Link.UNKNOWN


def test_each_kind_is_emitted_as_it_is_known(aws: StubbedAws, detail: FunctionDetail) -> None:
    function_side(aws)
    policy(aws, "", "old")
    parts: list[object] = []
    report = looked(
        aws,
        detail,
        Scripted(SourceKind("events"), lambda *_: (rule("a"),)),
        Scripted(SourceKind("sns"), lambda *_: ()),
        ctx=JobContext(item=parts.append),
    )
    assert parts == [report.triggers[:1], report.triggers[1:]]


def test_what_needs_no_policy_is_emitted_before_the_policies_are_read(
    aws: StubbedAws, detail: FunctionDetail
) -> None:
    function_side(aws, aliases=("live",), versions=("7",))
    for _ in range(3):
        no_policy(aws)
    aws.answer("sqs", "get_queue_url", {"QueueUrl": "https://q"}, retries=False)
    queue = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:orders"
    mapping = Trigger(SourceKind("sqs"), queue, "orders", "live", "u", "Enabled")
    asked: list[list[str]] = []
    ctx = JobContext(item=lambda _: asked.append([call.operation for call in aws.calls]))
    sources = (
        Scripted(SourceKind("events"), lambda *_: (rule("a"),)),
        Scripted(SourceKind("sqs"), lambda *_: (mapping,)),
    )
    looked(aws, detail, *sources, ctx=ctx)
    assert [calls.count("GetPolicy") for calls in asked] == [0, 3]


def test_cancel_takes_effect_between_calls(aws: StubbedAws, detail: FunctionDetail) -> None:
    function_side(aws)
    no_policy(aws)
    stop = threading.Event()

    def find(*_: object) -> tuple[Trigger, ...]:
        stop.set()
        return (rule("a"),)

    with pytest.raises(Cancelled):
        looked(aws, detail, Scripted(SourceKind("events"), find), ctx=JobContext(stop=stop))


def test_a_later_look_asks_anew(aws: StubbedAws, detail: FunctionDetail) -> None:
    source = Scripted(SourceKind("events"), lambda seen, _: (rule("a", "", seen),))
    for link in (Link.MISSING_PERMISSION, Link.LINKED):
        function_side(aws)
        policy(aws, "", *(["a"] if link is Link.LINKED else []))
        assert [each.link for each in looked(aws, detail, source).triggers] == [link]


CTX = JobContext()
CODE = "def handler(event, context): pass\n"


def test_the_kinds_are_asked_at_once(connection: Connection) -> None:
    detail = create_function(connection, CODE)
    both = threading.Barrier(2, timeout=20)

    def meet(*_: object) -> tuple[Trigger, ...]:
        both.wait()
        return ()

    sources = {kind: Scripted(kind, meet) for kind in (SourceKind("events"), SourceKind("sns"))}
    with ThreadPoolExecutor(2) as threads:
        asking = CachingConnection(connection, RateBudget(), CTX)
        report = look(asking, detail, CTX, threads, sources)
    assert (report.triggers, report.problems) == ((), ())
