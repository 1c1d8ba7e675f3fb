"""The job on whose behalf botocore works: its providers of credentials are called without one.

Owns: how a provider that runs for long learns of Cancel. Must not know: providers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from workbench.core.jobs import JobContext

_job: ContextVar[JobContext | None] = ContextVar("job", default=None)


@contextmanager
def working_for(ctx: JobContext) -> Iterator[None]:
    """What botocore does inside, on this thread, is done for this job."""
    token = _job.set(ctx)
    try:
        yield
    finally:
        _job.reset(token)


def current_job() -> JobContext:
    """The job that waits for what is being done; one that nobody cancels when there is none."""
    return _job.get() or JobContext()
