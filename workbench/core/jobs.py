"""Work off the main thread: one pool, progress, cancel, lanes.

Callbacks are passed to `post`, which the UI makes run them on the main thread; tests may call them directly.
"""

import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from enum import Enum

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.messages import _

_RESERVED = 2  # threads for urgent jobs only
_CANCEL_POLL_S = 0.05  # how soon Cancel ends the wait for a call
_CLEAN_UP_S = 1.0  # how long a call that is made after Cancel may take
GIVE_UP_S = 1.5  # how long after Cancel to wait for the answer to a change before leaving its job behind

Post = Callable[[Callable[[], object]], None]


class JobState(Enum):
    """The state of a job."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a job. A `total` of 0 means unknown."""

    done: float = 0
    total: float = 0
    text: str = ""


class StoppedWaiting(WorkbenchError):
    """The user cancelled while a change was being sent to AWS, and no answer came: it may have been made."""


class Changes:
    """The changes of a job that are currently being sent to AWS. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[int, float] = {}
        self._numbers = itertools.count()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Lasts from the sending of a change until its answer."""
        number = next(self._numbers)
        with self._lock:
            self._begun[number] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._begun[number]

    def longest_s(self) -> float:
        """How long the oldest of them has been waiting for an answer; 0 if there are none."""
        with self._lock:
            return time.monotonic() - min(self._begun.values(), default=time.monotonic())


class JobContext:
    """The context of a running job. A bare `JobContext()` has no callbacks and is never cancelled.

    Functions with a `ctx` raise Cancelled between their calls; only exceptions from that are documented.
    """

    def __init__(
        self,
        report: Callable[[Progress], None] | None = None,
        item: Callable[[object], None] | None = None,
        stop: threading.Event | None = None,
        committed: threading.Event | None = None,
        changes: Changes | None = None,
    ) -> None:
        self._report = report
        self._item = item
        self._stop = stop or threading.Event()
        self._committed = committed or threading.Event()  # shared by all contexts of a job
        self._changes = changes or Changes()  # likewise

    @property
    def cancelled(self) -> bool:
        return self._stop.is_set()

    def progress(self, done: float, total: float, text: str = "") -> None:
        """Reports progress. Raises Cancelled as `check` does."""
        self.check()
        if self._report:
            self._report(Progress(done, total, text))

    def check(self) -> None:
        """Raises Cancelled once the user has cancelled."""
        if self._stop.is_set():
            raise Cancelled

    def sleep(self, seconds: float) -> None:
        """Sleeps; wakes at once and raises Cancelled on Cancel."""
        if self._stop.wait(seconds):
            raise Cancelled

    def commit(self) -> None:
        """Declares that the job changes something: from now on Cancel interrupts no call in progress."""
        self._committed.set()

    def change[T](self, call: Callable[[], T]) -> T:
        """Makes a call that changes something, and waits for its answer, which the next step needs.

        After Cancel the user waits for it at most GIVE_UP_S (see Job); this thread continues.
        """
        self.commit()
        with self._changes.one():
            return call()

    def shielded(self) -> "JobContext":
        """The same job for work that Cancel must not interrupt, such as an undo."""
        self.commit()
        return JobContext(self._report, self._item, changes=self._changes)

    def wait_for[T](self, call: Callable[[], T]) -> T:
        """Makes a call that only reads and may block for long, such as one over the network.

        It runs in its own thread, which is left behind on Cancel, because a name look-up or a read from a
        silent socket cannot be ended. A call made after Cancel, by a job that cleans up, may take a second. A
        job that has committed waits for every answer, which its next step needs. Calls within the call are
        made on its thread: work that consists of many reads starts one thread.

        Raises:
            Cancelled: The job was cancelled during the call.
        """
        if self._committed.is_set():
            with self._changes.one():
                return call()
        current = threading.current_thread()
        if isinstance(current, _CallThread):
            if current.left_behind:
                raise Cancelled
            return call()
        clean_up_s = _CLEAN_UP_S if self._stop.is_set() else 0.0
        begun = time.monotonic()
        thread = _CallThread(call)
        thread.start()
        while not thread.done.wait(_CANCEL_POLL_S):
            is_cancelled = self._stop.is_set() and not self._committed.is_set()
            if is_cancelled and time.monotonic() - begun >= clean_up_s:
                thread.left_behind = True
                raise Cancelled
        return thread.take()

    def muted(self) -> "JobContext":
        """The same job for a part of its work whose progress and results are not reported."""
        return JobContext(stop=self._stop, committed=self._committed, changes=self._changes)

    def through(self, change: Callable[[object], object]) -> "JobContext":
        """The same job; emitted items pass through `change` first."""
        return JobContext(
            self._report, lambda item: self.emit(change(item)), self._stop, self._committed, self._changes
        )

    def emit(self, item: object) -> None:
        """Delivers a part of the result (a page of a list, a batch of log lines)."""
        self.check()
        if self._item:
            self._item(item)


class _CallThread[T](threading.Thread):
    """A call on a thread that can be left behind: the program's end does not wait for it."""

    def __init__(self, call: Callable[[], T]) -> None:
        super().__init__(name="call", daemon=True)
        self.done = threading.Event()
        self.left_behind = False
        self._call, self._context = call, copy_context()
        self._outcome: list[T] = []
        self._failure: list[BaseException] = []

    def run(self) -> None:
        try:
            self._outcome.append(self._context.run(self._call))
        except BaseException as error:  # noqa: BLE001 - raised again on the job's thread
            self._failure.append(error)
        self.done.set()

    def take(self) -> T:
        """The outcome, once it is done. Raises what the call raised."""
        if self._failure:
            raise self._failure.pop()
        return self._outcome.pop()


_current: ContextVar[JobContext | None] = ContextVar("job", default=None)


def current_job() -> JobContext:
    """The job of this thread; without one, a job that is never cancelled."""
    return _current.get() or JobContext()


@contextmanager
def working_for(ctx: JobContext) -> Iterator[None]:
    """Work on this thread within the block belongs to this job."""
    token = _current.set(ctx)
    try:
        yield
    finally:
        _current.reset(token)


def for_this_job[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """The function for other threads, such as a pool's: there it works for this thread's job."""
    context = copy_context()
    return lambda *args, **kwargs: context.copy().run(function, *args, **kwargs)


@dataclass(frozen=True, slots=True, eq=False)
class Job[T]:
    """A piece of work and the callbacks for its progress and end.

    Cancel ends it for the user within two seconds, whatever its thread waits for: a read is left behind, and
    for a change without an answer `on_error` gets StoppedWaiting. The thread then runs until it has its
    answer, in its lane, so that its journal and its undo stay right and nothing is sent twice; `on_late` of
    the runner is called at its end, and the callbacks here are not.

    Attributes:
        title: Text in the status bar ("Deploying hello-http").
        run: The work; called on a worker thread.
        lane: Jobs of the same lane run one after the other (writes to one function).
        replaces: A new job with the same key cancels and mutes the older one (an edited query).
        quiet: Whether it is hidden from the status bar (a refresh every few seconds).
        immediate: Whether its line appears at once, however short the job, because the user has just asked
            for it.
        urgent: Whether it gets a thread without waiting for others, and the end of the program waits for it:
            short and important (typing goes to disk).
    """

    title: str
    run: Callable[[JobContext], T]
    lane: str = ""
    replaces: str = ""
    on_item: Callable[[object], object] | None = None
    on_done: Callable[[T], object] | None = None
    on_error: Callable[[WorkbenchError], object] | None = None
    on_progress: Callable[[Progress], object] | None = None
    on_cancelled: Callable[[], object] | None = None
    quiet: bool = False
    immediate: bool = False
    urgent: bool = False


@dataclass(slots=True, eq=False)
class JobHandle:
    """A submitted job."""

    number: int
    job: Job[object]
    state: JobState = JobState.WAITING
    progress: Progress = Progress()
    error: WorkbenchError | None = None
    muted: bool = False
    left_behind: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _changes: Changes = field(default_factory=Changes)
    _cancelled: Callable[["JobHandle"], object] | None = None

    def cancel(self) -> None:
        """Asks the job to stop at its next check; `on_cancelled` follows, or `on_error` (see Job)."""
        if not self._stop.is_set():
            self._stop.set()
            if self._cancelled is not None:
                self._cancelled(self)

    def drop(self) -> None:
        """Cancels and mutes the job: nobody needs its result."""
        self.muted = True
        self._stop.set()

    @property
    def cancelling(self) -> bool:
        return self._stop.is_set() and not self.finished

    @property
    def finished(self) -> bool:
        return self.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class JobRunner:
    """Runs jobs on a few daemon threads, created when first needed.

    Args:
        post: Runs a callable where callbacks belong (on the main thread).
        workers: Maximum of concurrent jobs. Few, because answers are parsed under the global interpreter
            lock.
        on_change: Called through `post` after every change of a handle.

    Attributes:
        on_success: Called with a job that has done its work, before its own callback; also with a late one.
        on_unheard: Called with errors of jobs without `on_error`.
        on_left_behind: Called with a job that is no longer awaited, because its change has no answer.
        on_late: Called when the thread of such a job has ended, with its error if it failed.
    """

    def __init__(
        self,
        post: Post,
        workers: int = 8,
        on_change: Callable[[JobHandle], object] | None = None,
    ) -> None:
        self._post = post
        self._workers = workers
        self.on_change = on_change
        self.on_success: Callable[[JobHandle], object] | None = None
        self.on_unheard: Callable[[Job[object], WorkbenchError], object] | None = None
        self.on_left_behind: Callable[[JobHandle], object] | None = None
        self.on_late: Callable[[JobHandle, WorkbenchError | None], object] | None = None
        self._numbers = itertools.count(1)
        self._ready = threading.Condition()
        self._waiting: list[JobHandle] = []
        self._running: list[JobHandle] = []
        self._keyed: dict[str, JobHandle] = {}
        self._threads: list[threading.Thread] = []
        self._closed = False

    def start[T](
        self,
        title: str,
        run: Callable[[JobContext], T],
        *,
        lane: str = "",
        replaces: str = "",
        on_item: Callable[[object], object] | None = None,
        on_done: Callable[[T], object] | None = None,
        on_error: Callable[[WorkbenchError], object] | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        on_cancelled: Callable[[], object] | None = None,
        quiet: bool = False,
        immediate: bool = False,
        urgent: bool = False,
    ) -> JobHandle:
        """Queues a job that is made of these. Args: see Job."""
        callbacks = on_item, on_done, on_error, on_progress, on_cancelled
        return self.submit(Job(title, run, lane, replaces, *callbacks, quiet, immediate, urgent))

    def submit[T](self, job: Job[T]) -> JobHandle:
        """Queues a job. After `shutdown` the job counts as cancelled and does not run."""
        handle = JobHandle(next(self._numbers), job)  # type: ignore[arg-type]  # a handle is read-only in T
        handle._cancelled = self._cancelled
        with self._ready:
            if self._closed:
                handle.state = JobState.CANCELLED
                return handle
            self._drop(job.replaces)
            if job.replaces:
                self._keyed[job.replaces] = handle
            self._waiting.append(handle)
            max_threads = self._workers + _RESERVED + sum(each.left_behind for each in self._running)
            if len(self._threads) < min(max_threads, len(self._waiting) + len(self._running)):
                thread = threading.Thread(target=self._work, name=f"job-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._ready.notify()
        self._changed(handle)
        return handle

    def drop(self, replaces: str) -> None:
        """Cancels and mutes the jobs with this key."""
        with self._ready:
            self._drop(replaces)

    def _drop(self, replaces: str) -> None:
        if older := self._keyed.pop(replaces, None):
            older.drop()  # even if it has ended: its result may be on its way to the main thread

    def active(self) -> list[JobHandle]:
        """Jobs that are running or waiting, oldest first."""
        with self._ready:
            return sorted(self._running + self._waiting, key=lambda handle: handle.number)

    def _cancelled(self, handle: JobHandle) -> None:
        """Handles Cancel: a job that waits for its lane ends now, a running one is watched."""
        with self._ready:
            if self._closed or handle.muted:
                return
            if is_waiting := handle in self._waiting:
                self._waiting.remove(handle)
        if is_waiting:
            self._enter(handle, JobState.CANCELLED)
            self._deliver(handle, lambda __: handle.job.on_cancelled and handle.job.on_cancelled(), None)
        else:
            self._watch(handle)

    def _watch(self, handle: JobHandle) -> None:
        timer = threading.Timer(GIVE_UP_S, self._check_cancelled, [handle.number])
        timer.daemon = True
        timer.start()

    def _check_cancelled(self, number: int) -> None:
        """Checks whether a cancelled job is still running."""
        with self._ready:
            watched = [each for each in self._running if each.number == number]
        if watched:
            self._give_up(watched[0])
        self._post(watched.clear)  # see _work

    def _give_up(self, handle: JobHandle) -> None:
        """Leaves a cancelled job behind if its change has long been without an answer.

        Else checks again later.
        """
        with self._ready:
            if self._closed or handle.muted or handle.finished or handle not in self._running:
                return
            handle.left_behind = handle._changes.longest_s() >= GIVE_UP_S
            if handle.left_behind:
                handle.state = JobState.CANCELLED
                self._ready.notify_all()  # its thread no longer counts
        if handle.left_behind:
            title = handle.job.title
            error = StoppedWaiting(
                _("Stopped waiting: {title}.").format(title=title),
                _("AWS may have made the change."),
                _("Workbench reads what AWS has now."),
                by_user=True,
            )
            self._fail(handle, error, JobState.CANCELLED)
            self._post(lambda: self.on_left_behind and self.on_left_behind(handle))
        else:
            self._watch(handle)

    def shutdown(self, timeout_s: float = 5.0) -> bool:
        """Cancels all jobs except urgent ones and waits; True if all ended in time. Callbacks stop."""
        with self._ready:
            self._closed = True
            for handle in self._waiting + self._running:
                if handle.job.urgent:
                    handle.muted = True
                else:
                    handle.drop()
            self._ready.notify_all()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _take(self) -> JobHandle | None:
        with self._ready:
            while True:
                busy = {handle.job.lane for handle in self._running if handle.job.lane}
                for handle in self._waiting:
                    awaited = sum(not each.left_behind for each in self._running)
                    has_room = handle.job.urgent or awaited < self._workers
                    if has_room and handle.job.lane not in busy:
                        self._waiting.remove(handle)
                        self._running.append(handle)
                        return handle
                if self._closed:
                    return None
                self._ready.wait()

    def _work(self) -> None:
        while (handle := self._take()) is not None:
            self._run(handle)
            with self._ready:
                self._running.remove(handle)
                self._ready.notify_all()
            # An idle thread must not keep a job's results alive, and no worker may be the last to hold what
            # the callbacks refer to: a widget must be destroyed on the main thread.
            ended = [handle]
            del handle
            self._post(ended.clear)

    def _run(self, handle: JobHandle) -> None:
        job = handle.job
        context = JobContext(
            report=lambda progress: self._progress(handle, progress),
            item=lambda item: self._item(handle, item),
            stop=handle._stop,
            changes=handle._changes,
        )
        failure: WorkbenchError | None = None
        result: object = None
        state = JobState.DONE
        try:
            context.check()
            self._enter(handle, JobState.RUNNING)
            with working_for(context):
                result = job.run(context)
        except Cancelled:
            state = JobState.CANCELLED
        except WorkbenchError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - the last line of defence of a worker thread
            # A bug. The excepthook logs and shows it; the page still learns that its work has ended.
            bug, trace = error, error.__traceback__
            self._post(lambda: sys.excepthook(type(bug), bug, trace))
            words = (
                f"{job.title} failed.",
                _("This is an internal error in Workbench."),
                _("See the log for details."),
            )
            failure = WorkbenchError(*words)
        with self._ready:  # decided once: it has ended in time, or it was left behind
            is_late = handle.left_behind
            if not is_late:
                handle.state, handle.error = JobState.FAILED if failure else state, failure
        if is_late:
            if failure is None:
                self._post(lambda: self.on_success and self.on_success(handle))
            self._post(lambda: self.on_late and self.on_late(handle, failure))
        elif failure is not None:
            self._fail(handle, failure)
        elif state is JobState.CANCELLED:
            self._enter(handle, state)
            self._deliver(handle, lambda __: job.on_cancelled and job.on_cancelled(), None)
        else:
            self._enter(handle, state)
            if succeeded := self.on_success:
                self._deliver(handle, lambda __: succeeded(handle), None)
            self._deliver(handle, job.on_done, result)

    def _fail(self, handle: JobHandle, error: WorkbenchError, state: JobState = JobState.FAILED) -> None:
        handle.error = error
        error.work = handle.job.title
        self._enter(handle, state)
        if handle.job.on_error:
            self._deliver(handle, handle.job.on_error, error)
        elif unheard := self.on_unheard:
            self._deliver(handle, lambda __: unheard(handle.job, error), None)

    def _enter(self, handle: JobHandle, state: JobState) -> None:
        handle.state = state
        self._changed(handle)

    def _progress(self, handle: JobHandle, progress: Progress) -> None:
        if handle.left_behind:
            return
        handle.progress = progress
        self._changed(handle)
        if handle.job.on_progress:
            self._deliver(handle, handle.job.on_progress, progress)

    def _item(self, handle: JobHandle, item: object) -> None:
        if not handle.left_behind:
            self._deliver(handle, handle.job.on_item, item)

    def _changed(self, handle: JobHandle) -> None:
        # Read at call time: the window attaches itself after the runner is created.
        self._post(lambda: self.on_change and self.on_change(handle))

    def _deliver[V](self, handle: JobHandle, callback: Callable[[V], object] | None, value: V) -> None:
        if callback is not None:
            self._post(lambda: handle.muted or callback(value))
