"""How steps look, note, write and undo; and a write that AWS refuses only because a change has not spread."""

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Hurried, Trial
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.triggers import execute
from workbench.triggers.steps import Args, Ensure, Resource, Running, State, Step, contains, retry_on

NEW_ROLE = (("ValidationException", "Cannot be assumed"),)


class _Aws:
    def __init__(self, refusals: int, error: WorkbenchError) -> None:
        self.left, self.error, self.calls = refusals, error, 0

    def call(self) -> str:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error
        return "made"


def _running(connection: Connection, slept: list[float]) -> Running:
    return Running(connection, Hurried(slept), lambda facts: None, {})


def _refusal(code: str, why: str) -> WorkbenchError:
    return WorkbenchError("Could not.", why, aws_code=code)


def test_it_waits_until_aws_has_heard(aws: StubbedAws) -> None:
    slept: list[float] = []
    service = _Aws(2, _refusal("ValidationException", "The role cannot be assumed by the service."))
    assert retry_on(service.call, _running(aws.connection, slept), NEW_ROLE) == "made"
    assert slept == [1.0, 2.0]


def test_it_gives_up_after_half_a_minute(aws: StubbedAws) -> None:
    slept: list[float] = []
    service = _Aws(99, _refusal("ValidationException", "It cannot be assumed."))
    with pytest.raises(WorkbenchError, match="cannot be assumed"):
        retry_on(service.call, _running(aws.connection, slept), NEW_ROLE)
    assert slept == [1.0, 2.0, 4.0, 8.0, 15.0]
    assert sum(slept) == 30


@pytest.mark.parametrize(
    ("code", "why"), [("AccessDenied", "cannot be assumed"), ("ValidationException", "bad name")]
)
def test_another_refusal_is_final(aws: StubbedAws, code: str, why: str) -> None:
    slept: list[float] = []
    service = _Aws(1, _refusal(code, why))
    with pytest.raises(WorkbenchError):
        retry_on(service.call, _running(aws.connection, slept), NEW_ROLE)
    assert (service.calls, slept) == (1, [])


class _Thing:
    """A resource in memory; `writes` has its states in order."""

    def __init__(self, state: State) -> None:
        self.state, self.writes = state, list[State]()
        self.resource = Resource(lambda *_: self.state, self._put, lambda *_: self._put({}, None, None, None))

    def _put(self, _args: object, _running: object, state: State, present: State) -> None:
        self.state = state
        self.writes.append(state)


def _ensure(aws: StubbedAws, ensure: Ensure, wanted: State, before: State = None) -> tuple[Facts, Facts]:
    """Does a step. Returns its facts, and what it noted before it wrote."""
    trial = Trial(aws.connection)
    return ensure.do(_step(wanted, before), trial.running), trial.notes


def _undo(aws: StubbedAws, ensure: Ensure, wanted: State, facts: Facts, before: State = None) -> None:
    ensure.undo(_step(wanted, before), facts, Trial(aws.connection).running)


def _step(wanted: State, before: State = None) -> Step:
    return Step("put", "", "", "us-east-1", {"wanted": wanted, "before": before})


def _wanted(args: Args, *_: object) -> State:
    return args["wanted"]


@pytest.mark.parametrize("before", [None, {"a": 1}])
@pytest.mark.parametrize("wanted", [None, {"a": 2}])
def test_a_state_is_reached_once_and_the_one_before_comes_back(
    aws: StubbedAws, before: State, wanted: State
) -> None:
    thing = _Thing(before)
    ensure = Ensure(thing.resource, _wanted)
    facts, noted = _ensure(aws, ensure, wanted)
    assert thing.state == wanted
    assert facts == noted == ({} if before == wanted else {"before": before})
    assert _ensure(aws, ensure, wanted) == ({}, {})  # a second time, as after a crash
    _undo(aws, ensure, wanted, facts)
    _undo(aws, ensure, wanted, facts)
    assert thing.writes == ([] if before == wanted else [wanted, before])


@pytest.mark.parametrize("theirs", [None, {"a": 3}])
def test_what_somebody_changed_since_is_not_undone(aws: StubbedAws, theirs: State) -> None:
    thing = _Thing(theirs)
    _undo(aws, Ensure(thing.resource, _wanted), {"a": 2}, {"before": {"a": 1}})
    assert thing.writes == []


def test_without_a_note_nothing_was_sent_and_nothing_is_undone(aws: StubbedAws) -> None:
    thing = _Thing({"a": 2})
    for facts in ({}, {"added": False}):
        _undo(aws, Ensure(thing.resource, _wanted), {"a": 2}, facts)
        _undo(aws, Ensure(thing.resource, _wanted, noted=""), {"a": 2}, {})
    assert thing.writes == []


def test_what_an_earlier_version_noted_as_added_is_deleted(aws: StubbedAws) -> None:
    thing = _Thing({"a": 2})
    _undo(aws, Ensure(thing.resource, _wanted), {"a": 2}, {"added": True, "rule_arn": "arn"})
    assert thing.writes == [None]


def test_an_earlier_versions_plan_is_undone_to_what_the_user_saw(aws: StubbedAws) -> None:
    thing = _Thing({"a": 2})
    _undo(aws, Ensure(thing.resource, _wanted, planned=True), {"a": 2}, {}, before={"a": 1})
    assert thing.writes == [{"a": 1}]


@pytest.mark.parametrize("found", [{"a": 2}, {"a": 2, "theirs": 1}])
def test_a_planned_step_undoes_only_what_it_sent(aws: StubbedAws, found: State) -> None:
    thing = _Thing(found)
    step = Step("put", "", "", "us-east-1", {"wanted": {"a": 2}, "seen": {"a": 1}})
    ensure, trial = Ensure(thing.resource, _wanted, planned=True), Trial(aws.connection)
    ensure.undo(step, ensure.do(step, trial.running), trial.running)
    assert thing.state == found


def test_a_state_can_be_noted_by_its_own_members(aws: StubbedAws) -> None:
    thing = _Thing({"a": 1, "b": 2})
    ensure = Ensure(thing.resource, _wanted, noted="")
    facts, _ = _ensure(aws, ensure, None)
    assert facts == {"a": 1, "b": 2}
    _undo(aws, ensure, None, facts)
    assert thing.writes == [None, {"a": 1, "b": 2}]


def test_each_member_comes_back_by_itself(aws: StubbedAws) -> None:
    thing = _Thing({"a": 1, "b": 1, "theirs": 1})
    ensure = Ensure(thing.resource, _wanted, members=True)
    facts, _ = _ensure(aws, ensure, {"a": 2, "b": 2})
    assert facts == {"before": {"a": 1, "b": 1}}
    thing.state = {"a": 2, "b": 3, "theirs": 4}
    _undo(aws, ensure, {"a": 2, "b": 2}, facts)
    thing.state = {"a": 4, "b": 3, "theirs": 4}
    _undo(aws, ensure, {"a": 2, "b": 2}, facts)
    assert thing.writes == [{"a": 2, "b": 2}, {"a": 1}]


def test_nothing_is_undone_of_what_is_in_something_that_has_gone(aws: StubbedAws) -> None:
    def describe(*_: object) -> State:
        raise _refusal("NotFound", "The topic does not exist.")

    thing = _Thing({"a": 2})
    _undo(aws, Ensure(Resource(describe, thing.resource.put), _wanted), {"a": 2}, {"before": None})
    assert thing.writes == []


def test_nothing_is_written_that_could_not_be_noted(aws: StubbedAws) -> None:
    def refuse(_facts: Facts) -> None:
        raise _refusal("", "The disk is full.")

    thing = _Thing(None)
    with pytest.raises(WorkbenchError, match="disk is full"):
        Ensure(thing.resource, _wanted).do(_step({"a": 1}), Running(aws.connection, Hurried(), refuse, {}))
    assert thing.writes == []


@pytest.mark.parametrize(
    ("state", "wanted", "expected"),
    [
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": 2}}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
        (None, {"a": 1}, False),
        (None, None, True),
    ],
)
def test_defaults_that_aws_adds_do_not_count(state: State, wanted: State, expected: bool) -> None:
    assert contains(state, wanted) is expected


def test_no_two_steps_have_the_same_action() -> None:
    assert len(execute.STEP_RUNS) == sum(len(module.RUNS) for module in execute.MODULES)
