"""What steps are given and tell: facts, notes, regions; and what is said of steps that cannot be undone."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.operations import Facts
from workbench.triggers.execute import STEP_RUNS, TriggerJournal, execute, finish, try_out, undo
from workbench.triggers.model import SourceKind, TriggerPlan
from workbench.triggers.steps import Running, Step

CTX = JobContext()
ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"


class _Killed(BaseException):
    """The program dies in the middle of a step."""


class _Setting:
    """A step that sets a value, notes the one before, and returns the one it sees while it sets it.

    A second attempt sees its own value: what it notes and returns then is wrong.
    """

    def __init__(self) -> None:
        self.value = "theirs"
        self.dies = False
        self.undone: list[Facts] = []

    def do(self, step: Step, running: Running) -> Facts:
        running.note({"before": self.value})
        self.value = "ours"
        if self.dies:
            raise _Killed
        return {"before": self.value, "made": self.value}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        self.undone.append(facts)
        self.value = str(facts["before"])


class _Refused:
    def do(self, step: Step, running: Running) -> Facts:
        raise WorkbenchError("It was refused.", "You may not.")

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        pass


class _Stuck:
    """A step whose undo is refused, and that cancels the plan once it is made."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def do(self, step: Step, running: Running) -> Facts:
        self._stop.set()
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        raise WorkbenchError(f"{step.title} was not undone.", "You may not.")


class _Looking:
    """A step that looks at what it is given."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Facts]]] = []

    def do(self, step: Step, running: Running) -> Facts:
        self.seen.append((running.connection.region, dict(running.earlier)))
        return {"number": len(self.seen)}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        self.seen.append((running.connection.region, dict(running.earlier)))


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> _Setting:
    made = _Setting()
    monkeypatch.setitem(STEP_RUNS, "set", made)
    monkeypatch.setitem(STEP_RUNS, "refuse", _Refused())
    return made


def _plan(*actions: str) -> TriggerPlan:
    steps = tuple(Step(action, action, "x:Y", "us-east-1", undo="Set it back") for action in actions)
    return TriggerPlan("Set it", ARN, SourceKind("sqs"), steps)


def _killed(aws: StubbedAws, setting: _Setting, journal: TriggerJournal) -> None:
    setting.dies = True
    with pytest.raises(_Killed):
        execute(aws.connection, _plan("set"), journal, CTX)
    setting.dies = False


def test_a_steps_facts_are_its_own_and_what_it_noted_which_wins(
    aws: StubbedAws, setting: _Setting, tmp_path: Path
) -> None:
    facts = execute(aws.connection, _plan("set"), TriggerJournal(tmp_path), CTX)
    assert facts == {"set": {"before": "theirs", "made": "ours"}}


def test_a_failure_later_on_sets_back_what_was_there(
    aws: StubbedAws, setting: _Setting, tmp_path: Path
) -> None:
    with pytest.raises(WorkbenchError, match="It was refused"):
        execute(aws.connection, _plan("set", "refuse"), TriggerJournal(tmp_path), CTX)
    assert setting.undone == [{"before": "theirs", "made": "ours"}]
    assert setting.value == "theirs"


def test_a_test_event_sets_back_what_was_there(aws: StubbedAws, setting: _Setting, tmp_path: Path) -> None:
    try_out(aws.connection, _plan("set"), TriggerJournal(tmp_path), CTX, lambda _facts: None)
    assert setting.value == "theirs"


def test_a_killed_step_is_undone_to_what_was_there(
    aws: StubbedAws, setting: _Setting, tmp_path: Path
) -> None:
    journal = TriggerJournal(tmp_path)
    _killed(aws, setting, journal)
    (left,) = journal.unfinished("123456789012", "us-east-1")
    undo(aws.connection, left, journal, CTX)
    assert setting.value == "theirs"


def test_a_second_attempt_keeps_what_the_first_one_noted(
    aws: StubbedAws, setting: _Setting, tmp_path: Path
) -> None:
    """The second sees its own value as the one before."""
    journal = TriggerJournal(tmp_path)
    _killed(aws, setting, journal)
    (left,) = journal.unfinished("123456789012", "us-east-1")
    assert left.noted == {"0": {"before": "theirs"}}
    assert finish(aws.connection, left, journal, CTX) == {"set": {"before": "theirs", "made": "ours"}}


def test_what_is_killed_twice_is_undone_to_what_was_there_at_first(
    aws: StubbedAws, setting: _Setting, tmp_path: Path
) -> None:
    journal = TriggerJournal(tmp_path)
    _killed(aws, setting, journal)
    (left,) = journal.unfinished("123456789012", "us-east-1")
    setting.dies = True
    with pytest.raises(_Killed):
        finish(aws.connection, left, journal, CTX)
    (left,) = journal.unfinished("123456789012", "us-east-1")
    undo(aws.connection, left, journal, CTX)
    assert setting.value == "theirs"


# What steps are given ---------------------------------------------------------------------------------------


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> _Looking:
    made = _Looking()
    monkeypatch.setitem(STEP_RUNS, "look", made)
    monkeypatch.setitem(STEP_RUNS, "look again", made)
    monkeypatch.setitem(STEP_RUNS, "refuse", _Refused())
    return made


def _in(plan: TriggerPlan, *regions: str) -> TriggerPlan:
    steps = (replace(step, region=region) for step, region in zip(plan.steps, regions, strict=True))
    return replace(plan, steps=tuple(steps))


def test_a_step_is_made_and_undone_in_its_region_or_in_the_functions(
    aws: StubbedAws, looking: _Looking, tmp_path: Path
) -> None:
    plan = _in(_plan("look", "look", "refuse"), "us-west-2", "", "")
    with pytest.raises(WorkbenchError, match="It was refused"):
        execute(aws.connection, plan, TriggerJournal(tmp_path), CTX)
    assert [region for region, _earlier in looking.seen] == [
        *("us-west-2", "eu-central-1"),
        *("eu-central-1", "us-west-2"),
    ]


def test_a_step_is_given_the_facts_of_those_before_it_by_action(
    aws: StubbedAws, looking: _Looking, tmp_path: Path
) -> None:
    facts = execute(aws.connection, _plan("look", "look again", "look"), TriggerJournal(tmp_path), CTX)
    first, second = {"look": {"number": 1}}, {"look again": {"number": 2}}
    assert [earlier for _region, earlier in looking.seen] == [{}, first, first | second]
    assert facts == {"look": {"number": 3}} | second  # of two, the later


def test_a_test_event_is_told_from_a_change_after_a_crash(
    aws: StubbedAws, setting: _Setting, tmp_path: Path
) -> None:
    """It is only undone then, and never finished."""
    journal = TriggerJournal(tmp_path)
    _killed(aws, setting, journal)
    setting.dies = True
    with pytest.raises(_Killed):
        try_out(aws.connection, _plan("set"), journal, CTX, lambda _facts: None)
    left = journal.unfinished("123456789012", "us-east-1")
    assert sorted(each.about.is_test for each in left) == [False, True]


@pytest.mark.usefixtures("looking")
def test_a_test_event_is_undone_after_a_crash_until_its_outcome_was_looked_at(
    aws: StubbedAws, tmp_path: Path
) -> None:
    def look(_facts: object) -> str:
        (file,) = tmp_path.iterdir()
        assert "-hello-" in file.name
        return file.read_text()

    written = try_out(aws.connection, _plan("look"), TriggerJournal(tmp_path), CTX, look)
    assert '"number":1' in written.replace(" ", "")  # the step is done
    assert "outcome" not in written  # the plan is not


@pytest.mark.usefixtures("looking")
def test_what_a_test_event_led_to_is_given_back_and_its_journal_goes(aws: StubbedAws, tmp_path: Path) -> None:
    assert (
        try_out(aws.connection, _plan("look"), TriggerJournal(tmp_path), CTX, lambda _facts: "seen") == "seen"
    )
    assert list(tmp_path.iterdir()) == []


# What is said -----------------------------------------------------------------------------------------------


def _for_good(plan: TriggerPlan, *titles: str) -> TriggerPlan:
    """The plan with steps that nothing undoes."""
    steps = (replace(step, undo="") if step.title in titles else step for step in plan.steps)
    return replace(plan, steps=tuple(steps))


@pytest.mark.parametrize(
    ("titles", "why"),
    [
        ((), "You may not. All changes were rolled back."),
        (("look",), "You may not. Changes were rolled back, except for these: “look”."),
        (
            ("look", "look again"),
            "You may not. Changes were rolled back, except for these: “look again”; “look”.",
        ),
    ],
)
@pytest.mark.usefixtures("looking")
def test_what_nothing_undoes_is_named_after_a_failure(
    aws: StubbedAws, tmp_path: Path, titles: tuple[str, ...], why: str
) -> None:
    plan = _for_good(_plan("look", "look again", "refuse"), *titles)
    with pytest.raises(WorkbenchError, match="It was refused") as caught:
        execute(aws.connection, plan, TriggerJournal(tmp_path), CTX)
    assert caught.value.why == why


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> JobContext:
    """The job that is cancelled once such a step is made."""
    stop = threading.Event()
    monkeypatch.setitem(STEP_RUNS, "stick", _Stuck(stop))
    return JobContext(stop=stop)


@pytest.mark.usefixtures("setting")
def test_everything_that_could_not_be_undone_is_named_with_its_reason(
    aws: StubbedAws, stuck: JobContext, tmp_path: Path
) -> None:
    journal = TriggerJournal(tmp_path)
    with pytest.raises(WorkbenchError, match="It was refused") as caught:
        execute(aws.connection, _plan("stick", "set", "refuse"), journal, CTX)
    # It is the reason of the failure itself, and so not said again.
    assert caught.value.why == "You may not. Some changes could not be undone: “stick”."

    (interrupted,) = journal.unfinished("123456789012", "us-east-1")
    with pytest.raises(WorkbenchError, match="“Set it” was not fully undone") as caught:
        undo(aws.connection, interrupted, journal, CTX)
    left = "Some changes could not be undone: “stick” (stick was not undone. You may not."
    assert caught.value.why.startswith(left)
    assert caught.value.remedy == "Undo it again. Workbench also offers this the next time it starts."
    assert len(journal.unfinished("123456789012", "us-east-1")) == 1


@pytest.mark.usefixtures("setting")
def test_cancel_is_no_error_unless_something_stays(
    aws: StubbedAws, stuck: JobContext, tmp_path: Path
) -> None:
    with pytest.raises(WorkbenchError, match="“Set it” was cancelled") as caught:
        execute(aws.connection, _plan("stick", "set"), TriggerJournal(tmp_path / "one"), stuck)
    assert caught.value.why.startswith("Some changes could not be undone: “stick”")
    assert caught.value.remedy == "Undo it again. Workbench also offers this the next time it starts."

    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        execute(aws.connection, _plan("set"), TriggerJournal(tmp_path / "two"), JobContext(stop=stop))


@pytest.mark.usefixtures("looking")
def test_an_undo_tells_what_it_could_not_undo(aws: StubbedAws, setting: _Setting, tmp_path: Path) -> None:
    journal = TriggerJournal(tmp_path)
    setting.dies = True
    with pytest.raises(_Killed):
        execute(aws.connection, _for_good(_plan("look", "set"), "look"), journal, CTX)
    (left,) = journal.unfinished("123456789012", "us-east-1")
    assert undo(aws.connection, left, journal, CTX) == ("“look”",)
    assert journal.unfinished("123456789012", "us-east-1") == ()


def test_nothing_is_made_without_a_journal(aws: StubbedAws, setting: _Setting, tmp_path: Path) -> None:
    folder = tmp_path / "triggers"
    folder.write_text("in the way")
    with pytest.raises(WorkbenchError, match="“Set it” was not started"):
        execute(aws.connection, _plan("set"), TriggerJournal(folder), CTX)
    assert setting.value == "theirs"


@pytest.mark.parametrize("go_on", [finish, undo])
def test_a_plan_that_another_window_works_on_is_left_to_it(
    aws: StubbedAws, setting: _Setting, tmp_path: Path, go_on: Callable[..., object]
) -> None:
    journal = TriggerJournal(tmp_path)
    _killed(aws, setting, journal)
    (left,) = journal.unfinished("123456789012", "us-east-1")
    with journal.reopen(left.file, ""), pytest.raises(WorkbenchError, match="“Set it” was not changed"):
        go_on(aws.connection, left, journal, CTX)
    assert setting.value == "ours"
