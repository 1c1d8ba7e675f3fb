"""Triggers wired for real in the Sandbox, and found again."""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.sandbox_functions import create_function
from tests.triggers.test_find import Scripted
from workbench.aws.connection import Connection
from workbench.aws.retrying_connection import CachingConnection, RateBudget
from workbench.core.jobs import JobContext
from workbench.triggers.find import look
from workbench.triggers.model import SourceKind, Trigger

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
