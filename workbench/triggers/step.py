"""A step of a plan as data, and what carries steps out.

A step holds all that its call needs, as JSON. The journal keeps it, so that the next start after a crash can
finish or undo it without planning again. steps/table.py finds what carries it out by its `action`. A write is
retried while a change of a moment ago has not spread through AWS (eventual consistency).

Most steps are an `Ensure`: they bring one `Resource` into a state. Their undo brings back the state before,
unless somebody else has changed it since. The others are a `Once`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, retry
from workbench.aws.retrying_connection import is_transient, is_unclear
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import NOT_THERE, find

PROPAGATION = Backoff(first_s=1.0, longest_s=15.0, attempts=6)
"""30 s in all: IAM and Lambda spread what is new within seconds, and no document says how many."""
QUEUE_PROPAGATION = Backoff(first_s=1.0, longest_s=15.0, attempts=8)
"""60 s in all: the longest that a queue's new attributes take to spread.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
CREATION = Backoff(first_s=1.0, factor=1.0, attempts=300)
"""Five minutes: waits for the state of a table, a stream or a consumer."""
Args = Mapping[str, Any]
"""Of a step."""
State = Any
"""Of a resource; see `Resource`."""
Refusal = tuple[str, str]
"""AWS's code and a part of its text, either of which may be empty; case does not matter."""


def with_noted(facts: Facts, noted: Facts) -> Facts:
    """The facts of a step together with those noted before its call, which win.

    A note says what was there before the first attempt. A later attempt, after a crash, finds the step's own
    change there.
    """
    return {**facts, **noted}


@dataclass(frozen=True, slots=True)
class Step:
    """One call that changes something, or that waits for a change.

    Attributes:
        action: Which StepRun makes it ("grant", "mapping", "notification"); as in the journal.
        title: Shown to users ("Let the bucket photos run resize").
        api_call: The operation ("lambda:AddPermission").
        region: Where it is called.
        args: What it needs, JSON. What an earlier step makes is taken from that step's facts.
        undo: What undoing it does, shown to users; empty when there is nothing to undo.
    """

    action: str
    title: str
    api_call: str
    region: str
    args: Args = field(default_factory=dict)
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """What a step is given.

    Attributes:
        connection: To the account, in the step's region.
        ctx: The job.
        note: Writes facts to the journal BEFORE the call, for an undo of a step whose result is unknown ("the
            statement was not there before"). Raises WorkbenchError when the disk refuses: do not call then.
        earlier: The facts of the steps before, by action; of two alike the last.
    """

    connection: Connection
    ctx: JobContext
    note: Callable[[Facts], None]
    earlier: Mapping[str, Facts]

    def call(
        self, service: str, method: str, failure: str, passing: Sequence[Refusal] = (), /, **request: Any
    ) -> dict[str, Any]:
        """Makes a call, and repeats it for half a minute while AWS answers with a refusal that passes.

        Raises:
            WorkbenchError: AWS refused. Its first sentence is `failure`.
            Cancelled: Between attempts.
        """
        return retry_on(
            lambda: self.connection.call(service, method, failure=failure, **request), self, passing
        )

    def find(
        self, service: str, method: str, failure: str, passing: Sequence[Refusal] = (), /, **request: Any
    ) -> dict[str, Any]:
        """As `call`; the answer is empty when the resource does not exist."""
        return retry_on(
            lambda: find(self.connection, method, failure, service=service, **request), self, passing
        )

    def listed(
        self, service: str, method: str, failure: str, member: str, /, **request: Any
    ) -> list[dict[str, Any]]:
        """The items in a member of all pages of a listing. Raises as `call`."""
        pages = self.connection.paginate(service, method, ctx=self.ctx, failure=failure, **request)
        return [each for page in pages for each in page.get(member) or ()]


class StepRun(Protocol):
    """Carries out one kind of step. Made once, without state."""

    def do(self, step: Step, running: Running) -> Facts:
        """Makes the change. Done twice it must come to the same: finishing after a crash calls it again.

        Returns what undoing it needs. What it noted before the call wins over what it returns.

        Raises:
            WorkbenchError: AWS refused.
            Cancelled: Before the change was sent.
        """
        ...

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Undoes what THIS step changed, and nothing that existed before or that others changed since.

        Args:
            step: Which.
            facts: What `do` returned; if its result is unknown, what it noted, or nothing. It reads first.
            running: As above; its ctx cannot be cancelled.

        Raises:
            WorkbenchError: AWS refused: the change remains, and is reported.
        """
        ...


def _leave(*__: object) -> None:
    """Undoes or deletes nothing."""


@dataclass(frozen=True, slots=True)
class Once:
    """Carries out a step that does not bring a resource into a state: it sends, invokes or deletes for good.

    Attributes:
        make: Makes the change, from the step's args. Returns the facts.
        take_back: Undoes it, from the args and the facts; see `StepRun.undo`.
    """

    make: Callable[[Args, Running], Facts]
    take_back: Callable[[Args, Facts, Running], object] = _leave

    def do(self, step: Step, running: Running) -> Facts:
        return self.make(step.args, running)

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        self.take_back(step.args, facts, running)


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of AWS, or a part of one, that steps change.

    Its state is JSON: what steps may change of it, as `put` takes it. None when there is no such resource.

    Attributes:
        describe: Returns the state, from the step's args.
        put: Brings it into a state: (args, running, state, present state). Returns the state that it has then
            where that has more than was put (an ID that AWS gave), else None.
        delete: Removes it: (args, running, present state). Some resources are only changed.
        makes_another: Whether each call that creates it makes another one (`NOT_IDEMPOTENT`). After an answer
            that was lost, it is looked for before the call is repeated.
    """

    describe: Callable[[Args, Running], State]
    put: Callable[[Args, Running, State, State], State]
    delete: Callable[[Args, Running, State], object] = _leave
    makes_another: bool = False


def no_state(_args: Args, _running: Running, _present: State) -> None:
    """The state that is wanted by a step that deletes; see `Ensure`."""


def _is_equal(one: State, other: State) -> bool:
    """Whether two states are the same."""
    return bool(one == other)


def both_exist(one: State, other: State) -> bool:
    """Whether there is something in both states, or nothing; for what a token of ours identifies."""
    return (one is None) is (other is None)


def contains(state: State, wanted: State) -> bool:
    """Whether a state has all that is wanted: AWS adds defaults of its own."""
    if isinstance(state, Mapping) and isinstance(wanted, Mapping):
        return all(key in state and contains(state[key], value) for key, value in wanted.items())
    return bool(state == wanted)


def is_equal_json(one: State, other: State) -> bool:
    """Whether two texts are the same JSON, or the same text."""
    try:
        return bool(one == other or (one and other and json.loads(one) == json.loads(other)))
    except ValueError:
        return False


def _nothing_to_tell(_state: State) -> Facts:
    return {}


_UNKNOWN = object()
"""Of a state before: nothing was noted, so nothing was sent."""


@dataclass(frozen=True, slots=True)
class Ensure:
    """Carries out a step that brings a resource into a state. Done twice, it comes to the same.

    It looks at what is there, and if that differs notes it and writes. The undo puts back what was there, if
    the resource still is as this step made it.

    Attributes:
        resource: What is changed.
        wanted: The state to reach, None for none: (args, running, present state). Raises WorkbenchError when
            what is there must not be changed.
        same: Whether a state, the first, is the wanted one.
        is_ours: The same for the undo, where it must see past what AWS adds, or what does not count.
        members: Whether each member of the state is compared, noted and put back by itself; `same` compares
            the values of one, and `put` gets those to set.
        noted: The member of the journal with the state before. Without a name its own members are noted.
        planned: Whether the args have the state before, in `before`: that is what the user saw.
        facts: What later steps need, from the state that was reached.
    """

    resource: Resource
    wanted: Callable[[Args, Running, State], State]
    same: Callable[[State, State], bool] = _is_equal
    is_ours: Callable[[State, State], bool] | None = None
    members: bool = False
    noted: str = "before"
    planned: bool = False
    facts: Callable[[State], Facts] = _nothing_to_tell

    def do(self, step: Step, running: Running) -> Facts:
        present = self.resource.describe(step.args, running)
        wanted = self.wanted(step.args, running, present)
        if self._is_same(present, wanted):
            return self.facts(present)
        before = {name: present.get(name) for name in wanted} if self.members else present
        noted: Facts = {self.noted: before} if self.noted else before
        running.note(noted)
        return {**noted, **self.facts(self._write(step.args, running, present, wanted))}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        before = self._before(step.args, facts)
        if before is _UNKNOWN:
            return
        try:
            present = self.resource.describe(step.args, running)
        except WorkbenchError as error:
            if error.aws_code in NOT_THERE:
                return
            raise
        ours = self.wanted(step.args, running, before)
        if self.members:
            changed = {
                name: before.get(name)
                for name, value in ours.items()
                if self.same(present.get(name), value) and not self.same(before.get(name), value)
            }
            if changed:
                self._write(step.args, running, present, changed)
        elif before != present and (self.is_ours or self.same)(present, ours):
            self._write(step.args, running, present, before)

    def _is_same(self, present: State, wanted: State) -> bool:
        if self.members:
            return all(self.same(present.get(name), value) for name, value in wanted.items())
        return self.same(present, wanted)

    def _write(self, args: Args, running: Running, present: State, state: State) -> State:
        if state is None:
            self.resource.delete(args, running, present)
            return None
        put, describe = self.resource.put, self.resource.describe
        if present is not None or not self.resource.makes_another:
            return put(args, running, state, present) or state
        return create_once(
            lambda: put(args, running, state, None) or state, lambda: describe(args, running), running
        )

    def _before(self, args: Args, facts: Facts) -> State:
        if self.planned:
            return args["before"]
        if not self.noted:
            return facts or _UNKNOWN
        if self.noted in facts:
            return facts[self.noted]
        return None if facts.get("added") else _UNKNOWN  # as earlier versions noted it


def ensure_created(resource: Resource) -> Ensure:
    """Creates what is not there, whatever its state, and deletes it again. The facts are the state."""
    return Ensure(resource, lambda *_: {}, same=both_exist, facts=lambda state: state)


def changed_meanwhile(failure: str) -> WorkbenchError:
    """The error for a state that is neither the one that the user saw nor the wanted one."""
    return WorkbenchError(
        failure,
        _("It was changed or deleted in the meantime. Your change was not applied."),
        _("Check it again, then decide."),
    )


def retry_on[T](
    call: Callable[[], T], running: Running, refusals: Sequence[Refusal], backoff: Backoff = PROPAGATION
) -> T:
    """Makes a call, and repeats it while AWS answers with one of the refusals.

    Raises:
        WorkbenchError: Another refusal, or the last attempt's.
        Cancelled: Between attempts.
    """
    return retry(call, running.ctx, backoff, lambda error: any(_is(error, each) for each in refusals))


def create_once[T](create: Callable[[], T], find: Callable[[], T | None], running: Running) -> T:
    """Makes a call that would create another resource each time (`NOT_IDEMPOTENT`), and retries it safely.

    After an answer that was lost, the resource is looked for before the call is repeated.

    Raises:
        WorkbenchError: A refusal, or the last attempt's.
        Cancelled: Between attempts.
    """
    is_lost = False

    def attempt() -> T:
        nonlocal is_lost
        if is_lost and (there := find()) is not None:
            return there
        try:
            return create()
        except WorkbenchError as error:
            is_lost = is_unclear(error)
            raise

    return retry(attempt, running.ctx, PROPAGATION, is_transient)


def _is(error: WorkbenchError, refusal: Refusal) -> bool:
    code, text = refusal
    return code in ("", error.aws_code) and text.lower() in error.why.lower()
