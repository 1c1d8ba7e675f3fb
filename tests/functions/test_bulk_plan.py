"""What a change means for each of many functions: pure, so every case is a row."""

from typing import Any

import pytest

from workbench.core.errors import WorkbenchError
from workbench.functions.bulk_plan import (
    BulkChange,
    BulkStep,
    Configure,
    Delete,
    ObservedFunction,
    Retag,
    Retain,
    Standing,
    Target,
    accepts_tag_key,
    accepts_tag_value,
    plan,
)
from workbench.functions.configure import Wanted
from workbench.functions.dependents import DependentKind, DependentResource
from workbench.functions.model import FunctionDetail, detail_of

ACCOUNT, REGION = "123456789012", "eu-central-1"
CONFIGURE = ("lambda:UpdateFunctionConfiguration",)


def target(name: str = "hello", region: str = REGION) -> Target:
    return Target("dev", ACCOUNT, region, name, f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}")


def detail(tags: dict[str, str] | None = None, **configuration: Any) -> FunctionDetail:
    about = {"FunctionName": "hello", "FunctionArn": target().function_arn, "Runtime": "python3.12"}
    return detail_of({"Configuration": about | configuration, "Tags": tags or {}})


def one(change: BulkChange, seen: ObservedFunction) -> BulkStep:
    (step,) = plan(change, [(target(), seen)])
    return step


@pytest.mark.parametrize(
    ("wanted", "standing", "why"),
    [
        (Wanted(memory_mb=512), Standing.CHANGE, ""),
        (Wanted(memory_mb=128), Standing.UNCHANGED, "It already has this value."),
        (Wanted(timeout_s=30), Standing.CHANGE, ""),
        (Wanted(timeout_s=3), Standing.UNCHANGED, "It already has this value."),
        (Wanted(runtime="python3.14"), Standing.CHANGE, ""),
        (Wanted(runtime="python9.9"), Standing.CHANGE, ""),
        (Wanted(runtime="nodejs24.x"), Standing.CHANGE, "Its code is written for python3.12"),
    ],
)
def test_a_configuration_is_changed_where_it_differs(wanted: Wanted, standing: Standing, why: str) -> None:
    step = one(Configure(wanted), ObservedFunction(detail(MemorySize=128, Timeout=3)))
    assert step.standing is standing
    assert step.why.startswith(why)
    calls = CONFIGURE if standing is Standing.CHANGE else ()
    assert (step.calls, step.undo) == (calls, calls)


@pytest.mark.parametrize("change", [Configure(Wanted(memory_mb=512)), Retag((("a", "b"),)), Delete()])
def test_who_else_manages_a_function_is_said_before_it_is_changed(change: BulkChange) -> None:
    step = one(change, ObservedFunction(detail({"aws:cloudformation:stack-name": "orders"})))
    assert step.standing is Standing.CHANGE
    assert "CloudFormation (orders) manages it: the next deployment might revert this change." in step.why
    same = one(
        Configure(Wanted(memory_mb=128)), ObservedFunction(detail({"pulumi:project": "x"}, MemorySize=128))
    )
    assert same.why == "It already has this value."


def test_a_container_image_gets_no_runtime_and_the_plan_says_why() -> None:
    step = one(
        Configure(Wanted(runtime="python3.14")), ObservedFunction(detail(Runtime="", PackageType="Image"))
    )
    assert step.standing is Standing.REFUSED
    assert "container image" in step.why


@pytest.mark.parametrize(
    ("change", "needed", "calls", "undo"),
    [
        (Retag((("team", "core"),)), Retag((("team", "core"),)), ["Tag"], ["Untag"]),
        (Retag((("stage", "prod"),)), Retag((("stage", "prod"),)), ["Tag"], ["Tag"]),
        (Retag((("stage", "dev"), ("team", "a"))), Retag((("team", "a"),)), ["Tag"], ["Untag"]),
        (Retag((("stage", ""), ("b", ""))), Retag((("stage", ""), ("b", ""))), ["Tag"], ["Tag", "Untag"]),
        (Retag(remove=("stage", "none")), Retag(remove=("stage",)), ["Untag"], ["Tag"]),
    ],
)  # fmt: skip
def test_only_tags_that_differ_are_changed(
    change: Retag, needed: Retag, calls: list[str], undo: list[str]
) -> None:
    step = one(change, ObservedFunction(detail({"stage": "dev"})))
    assert step.change == needed
    assert list(step.calls) == [f"lambda:{each}Resource" for each in calls]
    assert list(step.undo) == [f"lambda:{each}Resource" for each in undo]


@pytest.mark.parametrize("change", [Retag((("stage", "dev"),)), Retag(remove=("none",))])
def test_tags_that_are_as_wanted_are_left_alone(change: Retag) -> None:
    assert one(change, ObservedFunction(detail({"stage": "dev"}))).standing is Standing.UNCHANGED


def test_fifty_tags_are_the_most_and_those_of_aws_do_not_count() -> None:
    tags = {f"t{number}": "" for number in range(49)} | {"aws:cloudformation:stack-name": "s"}
    assert one(Retag((("a", ""),)), ObservedFunction(detail(tags))).standing is Standing.CHANGE
    full = one(Retag((("a", ""), ("b", ""))), ObservedFunction(detail(tags)))
    assert full.standing is Standing.REFUSED
    assert "51 tags" in full.why


def test_tags_that_may_not_be_read_are_not_changed_blindly() -> None:
    step = one(
        Retag((("a", "b"),)),
        ObservedFunction(detail(), tags_error="not authorized to perform: lambda:ListTags"),
    )
    assert (step.standing, step.aws_code) == (Standing.REFUSED, "AccessDeniedException")


@pytest.mark.parametrize(
    ("days", "has_group", "there", "calls", "undo"),
    [
        (30, True, None, ["Put"], ["Delete"]),
        (30, True, 7, ["Put"], ["Put"]),
        (None, True, 7, ["Delete"], ["Put"]),
        (30, True, 30, [], []),
        (None, True, None, [], []),
        (None, False, None, [], []),
    ],
)
def test_retention_is_set_where_it_differs(
    days: int | None, has_group: bool, there: int | None, calls: list[str], undo: list[str]
) -> None:
    step = one(Retain(days), ObservedFunction(detail(), has_log_group=has_group, retention_days=there))
    assert list(step.calls) == [f"logs:{each}RetentionPolicy" for each in calls]
    assert list(step.undo) == [f"logs:{each}RetentionPolicy" for each in undo]


def test_a_log_group_that_is_not_there_yet_is_made() -> None:
    step = one(Retain(7), ObservedFunction(detail()))
    assert step.calls == ("logs:CreateLogGroup", "logs:PutRetentionPolicy")
    assert "/aws/lambda/hello will be created" in step.why


def test_a_log_group_of_several_functions_is_changed_once() -> None:
    seen = ObservedFunction(detail(LoggingConfig={"LogGroup": "/shared"}), has_log_group=True)
    looked = [(target("one"), seen), (target("two"), seen), (target("three", "us-east-1"), seen)]
    steps = plan(Retain(7), looked)
    assert [step.standing for step in steps] == [Standing.CHANGE, Standing.UNCHANGED, Standing.CHANGE]
    assert steps[1].why == "one uses the same log group."


def test_deleting_takes_the_mappings_along_and_nothing_back() -> None:
    step = one(
        Delete(),
        ObservedFunction(
            detail(),
            mappings=tuple(DependentResource(DependentKind.MAPPING, uuid, "arn") for uuid in ("u1", "u2")),
        ),
    )
    assert step.calls == ("lambda:DeleteEventSourceMapping", "lambda:DeleteFunction")
    assert step.undo == ()
    assert step.why.startswith("2 event source mappings will be deleted with it.")


def test_what_could_not_be_looked_at_is_in_the_plan_with_aws_s_code() -> None:
    error = WorkbenchError("Could not read.", "You may not.", aws_code="AccessDeniedException")
    steps = plan(Delete(), [(target("one"), error), (target("two"), ObservedFunction(detail()))])
    assert (steps[0].standing, steps[0].why, steps[0].aws_code) == (
        Standing.REFUSED,
        "You may not.",
        "AccessDeniedException",
    )
    assert steps[1].standing is Standing.CHANGE


@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("team", True),
        ("kosten stelle", True),
        ("日本語", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("", False),
        ("aws:stack", False),
        ("AWS:stack", False),
        ("bad*key", False),
        ("tab\tkey", False),
        ("emoji🙂", False),
    ],
)
def test_keys_of_tags(key: str, good: bool) -> None:
    assert accepts_tag_key(key) is good


@pytest.mark.parametrize(
    ("value", "good"), [("", True), ("a" * 256, True), ("a" * 257, False), ("x=y@z", True), ("a,b", False)]
)
def test_values_of_tags(value: str, good: bool) -> None:
    assert accepts_tag_value(value) is good


def test_what_aws_would_refuse_is_refused_and_what_is_to_be_minded_is_said() -> None:
    longer = Configure(Wanted(timeout_s=60))
    refused = one(longer, ObservedFunction(detail(Timeout=3), obstacle="The queue leaves no room."))
    assert (refused.standing, refused.why, refused.calls) == (
        Standing.REFUSED,
        "The queue leaves no room.",
        (),
    )
    minded = one(longer, ObservedFunction(detail(Timeout=3), warning_="The queue is tight."))
    assert (minded.standing, minded.why) == (Standing.CHANGE, "The queue is tight.")
    same = one(longer, ObservedFunction(detail(Timeout=60), obstacle="The queue leaves no room."))
    assert same.standing is Standing.UNCHANGED
