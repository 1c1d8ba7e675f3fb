"""What a step noted before its first call is what its undo is given, whatever the step says later."""

from pathlib import Path

import pytest

from tests.aws_stub import StubbedAws
from workbench.core.errors import WorkbenchError
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
        raise WorkbenchError("It was refused.")

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        pass


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
    try_out(aws.connection, _plan("set"), TriggerJournal(tmp_path), CTX, lambda: None)
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
