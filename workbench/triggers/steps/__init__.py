"""The steps of plans: a step as data, and what carries steps out; one file for each service with long ones.

A step holds everything that its call needs, as JSON. The journal stores it, so that after a crash the next
start can finish or undo it without planning again. execute.py maps its `action` to what carries it out. A
write is retried while an earlier change has not propagated through AWS (eventual consistency).

Most steps are an `Ensure`: they bring one `Resource` into a state. Their undo restores the earlier state
unless somebody else has changed it since. The others are a `Once`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, is_transient, is_unclear, retry
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import NOT_THERE, find

PROPAGATION = Backoff(first_s=1.0, longest_s=15.0, attempts=6)
"""30 s in total. IAM and Lambda propagate changes within seconds; no document says how many."""
QUEUE_PROPAGATION = Backoff(first_s=1.0, longest_s=15.0, attempts=8)
"""60 s in total, the longest that new attributes of a queue take to propagate.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
QUEUE_CREATE, QUEUE_ATTRIBUTES = "queue create", "queue attributes"
"""Actions after which a queue propagates."""
CREATION = Backoff(first_s=1.0, factor=1.0, attempts=300)
"""Five minutes, for the state of a table, a stream or a consumer."""
Args = Mapping[str, Any]
"""The args of a step."""
State = Any
"""The state of a resource; see `Resource`."""
Refusal = tuple[str, str]
"""AWS's code and a part of its text, either of which may be empty; case is ignored."""


def with_noted(facts: Facts, noted: Facts) -> Facts:
    """The facts of a step merged with those noted before its call, which take precedence.

    A note records the state before the first attempt. A later attempt, after a crash, would find the step's
    own change.
    """
    return {**facts, **noted}


@dataclass(frozen=True, slots=True)
class Step:
    """A call that changes something, or that waits for a change.

    Attributes:
        action: The key of its StepRun ("grant", "mapping", "notification"), also in the journal.
        title: Text for users ("Let the bucket photos run resize").
        api_call: The operation ("lambda:AddPermission").
        region: The region of the call.
        args: What the call needs, JSON. Results of earlier steps are taken from their facts.
        undo: What undoing it does, for users; empty if there is nothing to undo.
    """

    action: str
    title: str
    api_call: str
    region: str
    args: Args = field(default_factory=dict)
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """The environment of a running step.

    Attributes:
        connection: A connection to the account, in the step's region.
        note: Writes facts to the journal BEFORE the call, for the undo of a step whose result is unknown
            ("the statement did not exist"). Raises WorkbenchError if it cannot be written; then do not make
            the call.
        earlier: The facts of earlier steps by action; of two with the same action, the later.
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
            WorkbenchError: AWS refused. The error's first sentence is `failure`.
        """
        return retry_on(
            lambda: self.connection.call(service, method, failure=failure, **request), self, passing
        )

    def find(
        self, service: str, method: str, failure: str, passing: Sequence[Refusal] = (), /, **request: Any
    ) -> dict[str, Any]:
        """Does what `call` does; the answer is empty if the resource does not exist."""
        return retry_on(
            lambda: find(self.connection, method, failure, service=service, **request), self, passing
        )

    def listed(
        self, service: str, method: str, failure: str, member: str, /, **request: Any
    ) -> list[dict[str, Any]]:
        """The items of all pages of a listing. Raises as `call` does."""
        pages = self.connection.paginate(service, method, ctx=self.ctx, failure=failure, **request)
        return [each for page in pages for each in page.get(member) or ()]


class StepRun(Protocol):
    """Carries out one kind of step. Created once, without state."""

    def do(self, step: Step, running: Running) -> Facts:
        """Makes the change. It must be repeatable: finishing after a crash calls it again.

        Returns what the undo needs. What it noted before the call takes precedence over what it returns.

        Raises:
            WorkbenchError: AWS refused.
            Cancelled: The change was not sent.
        """
        ...

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Undoes what THIS step changed, not what existed before or what others changed since.

        Args:
            facts: What `do` returned; if its result is unknown, what it noted, or nothing. Reads the state
                first.
            running: Its ctx cannot be cancelled.

        Raises:
            WorkbenchError: AWS refused. The change remains, and is reported.
        """
        ...


def _leave(*__: object) -> None:
    """The undo of a step that has none."""


@dataclass(frozen=True, slots=True)
class Once:
    """Carries out a step that does not set a state: it sends, invokes or deletes permanently.

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

    Its state is JSON: what steps may change of it, as `put` takes it; None if the resource does not exist.

    Attributes:
        describe: Reads the state, from the step's args.
        put: Sets a state: (args, running, state, current state). Returns the resulting state if it contains
            more than was put (such as an id from AWS), otherwise None.
        delete: Deletes it: (args, running, current state). Some resources are only changed.
        makes_another: Whether repeating the call that creates it creates a second one (`NOT_IDEMPOTENT`). If
            an answer was lost, the resource is looked up before the call is repeated.
    """

    describe: Callable[[Args, Running], State]
    put: Callable[[Args, Running, State, State], State]
    delete: Callable[[Args, Running, State], object] = _leave
    makes_another: bool = False


def no_state(_args: Args, _running: Running, _present: State) -> None:
    """The wanted state of a step that deletes; see `Ensure`."""


def _is_equal(one: State, other: State) -> bool:
    """Whether two states are the same."""
    return bool(one == other)


def both_exist(one: State, other: State) -> bool:
    """Whether both states exist or neither does; for resources that a token of ours identifies."""
    return (one is None) is (other is None)


def contains(state: State, wanted: State) -> bool:
    """Whether a state contains everything wanted: AWS adds defaults of its own."""
    if isinstance(state, Mapping) and isinstance(wanted, Mapping):
        return all(key in state and contains(state[key], value) for key, value in wanted.items())
    return bool(state == wanted)


def is_equal_json(one: State, other: State) -> bool:
    """Whether two texts are equal as JSON, or as text."""
    try:
        return bool(one == other or (one and other and json.loads(one) == json.loads(other)))
    except ValueError:
        return False


def json_object(text: str) -> dict[str, Any]:
    """The object in a JSON text; empty if it is not an object."""
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _nothing_to_tell(_state: State) -> Facts:
    return {}


_UNKNOWN = object()
"""The earlier state is unknown: nothing was noted, so nothing was sent."""


@dataclass(frozen=True, slots=True)
class Ensure:
    """Carries out a step that brings a resource into a state; repeating it changes nothing.

    It reads the state, and if that differs notes it and writes. The undo restores the noted state if the
    resource still is as this step made it.

    Attributes:
        wanted: The state to reach, None to delete: (args, running, current state). Raises WorkbenchError if
            the current state must not be changed.
        same: Whether the first state counts as the wanted one.
        is_ours: As `same`, for the undo, if that must ignore what AWS adds or what does not matter.
        members: Whether each member of the state is compared, noted and restored separately. `same` then
            compares single values, and `put` gets only those to set.
        noted: Name under which the journal holds the earlier state; if empty, its members are noted directly.
        planned: Whether plans of earlier versions have the earlier state in the args, as the user saw it
            (`seen_state`). It is undone to if the step noted none.
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
        if self.planned and self.noted not in facts:
            return args.get("before", _UNKNOWN)
        if not self.noted:
            return facts or _UNKNOWN
        if self.noted in facts:
            return facts[self.noted]
        return None if facts.get("added") else _UNKNOWN  # format of earlier versions


def ensure_created(resource: Resource) -> Ensure:
    """Creates the resource unless it exists, whatever its state; the undo deletes it. Facts: the state."""
    return Ensure(resource, lambda *_: {}, same=both_exist, facts=lambda state: state)


def seen_state(args: Args) -> State:
    """The state that the user saw when the step was planned; plans of earlier versions call it `before`."""
    return args["seen"] if "seen" in args else args["before"]


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
    """
    return retry(call, running.ctx, backoff, lambda error: any(_is(error, each) for each in refusals))


def create_once[T](create: Callable[[], T], find: Callable[[], T | None], running: Running) -> T:
    """Retries a call safely that would create another resource each time (`NOT_IDEMPOTENT`).

    If an answer was lost, the resource is looked up before the call is repeated.

    Raises:
        WorkbenchError: A refusal, or the last attempt's.
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
