"""Cancel while AWS does not answer: what the user sees ends, and what AWS did is shown or undone."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.aws.model_check import model_checked_sessions
from tests.fault_proxy import Proxy
from tests.sandbox_functions import create_function, deployed_text
from tests.ui.test_protection import TYPED, type_in_editor
from tests.ui.test_routes import HANDLER, desk, opener
from tests.ui.window_desk import Desk, Opener
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobRunner, JobState, StoppedWaiting
from workbench.functions.configure import Wanted, configure
from workbench.functions.create import CreationJournal, NewFunction, create
from workbench.functions.detail import get_function
from workbench.functions.index import list_functions
from workbench.functions.roles import create_role
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.model import SourceKind, TriggerSpec
from workbench.triggers.plan import prepare
from workbench.ui.shell.services import Services
from workbench.ui.shell.session_view import LateChanges

__all__ = ["desk", "opener"]  # fixtures

SILENCE = {"latency": 6_000, "times": 1}
CTX = JobContext()


def is_unanswered(handle: JobHandle) -> bool:
    """Whether a request of the job is on its way for longer than the Sandbox ever takes."""
    return handle._changes.longest_s() > 1


@pytest.fixture
def slow(access: Access, proxy: Proxy) -> Connection:
    """A connection through the proxy."""
    through = replace(access, endpoint_url=proxy.url)
    return Connection.open(through, sessions=model_checked_sessions())


@dataclass
class Seen:
    """What the user saw of a job, and its end in the background."""

    jobs: JobRunner
    proxy: Proxy
    qtbot: QtBot
    heard: list[object] = field(default_factory=list)
    late: list[tuple[JobHandle, WorkbenchError | None]] = field(default_factory=list)

    def cancel_while_silent(self, operation: str, run: Callable[[JobContext], object]) -> None:
        """Runs a change, and cancels it while AWS does not answer one request of it."""
        self.proxy.inject({"operation": operation, **SILENCE})
        self.jobs.on_late = lambda handle, error: self.late.append((handle, error))
        handle = self.jobs.submit(
            Job("Changing", run, lane="a", on_done=self.heard.append, on_error=self.heard.append)
        )
        self.qtbot.waitUntil(lambda: is_unanswered(handle))
        handle.cancel()
        self.qtbot.waitUntil(lambda: bool(self.heard))
        (error,) = self.heard
        assert isinstance(error, StoppedWaiting)
        assert handle.state is JobState.CANCELLED
        self.qtbot.waitUntil(lambda: bool(self.late))
        assert self.heard == [error]


@pytest.fixture
def seen(jobs: JobRunner, proxy: Proxy, qtbot: QtBot) -> Seen:
    return Seen(jobs, proxy, qtbot)


def test_a_configuration_change_is_made_once(seen: Seen, slow: Connection, connection: Connection) -> None:
    detail = create_function(connection, HANDLER)
    seen.cancel_while_silent(
        "UpdateFunctionConfiguration", lambda ctx: configure(slow, detail, Wanted(memory_mb=512), ctx)
    )
    assert get_function(connection, detail.function_name).memory_mb == 512
    assert seen.proxy.fired() == ["UpdateFunctionConfiguration"]


def test_a_creation_leaves_nothing(
    seen: Seen, slow: Connection, connection: Connection, tmp_path: Path
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", HANDLER)
    role = create_role(connection, "late-role", "late")
    wanted = NewFunction("late", "python3.13", "app.handler", "x86_64", role_arn=role)
    journal = CreationJournal(tmp_path)
    seen.cancel_while_silent("CreateFunction", lambda ctx: create(slow, wanted, out.getvalue(), journal, ctx))
    assert list_functions(connection, CTX) == ()
    assert journal.unfinished(connection.account_id, connection.region) == ()


def test_a_trigger_leaves_nothing(
    seen: Seen, slow: Connection, connection: Connection, services: Services, tmp_path: Path
) -> None:
    detail = create_function(connection, HANDLER)
    wiring = TriggerSpec(SourceKind("url"), "", detail, values={"AuthType": "NONE"})
    prepared = prepare(connection, wiring, CTX)
    plan = prepared.plan(prepared.standard_fixes)
    journal = TriggerJournal(tmp_path, services.clock)
    seen.cancel_while_silent("AddPermission", lambda ctx: execute(slow, plan, journal, ctx))
    assert journal.unfinished(connection.account_id, connection.region) == ()
    # A function without statements has no policy at all: GetPolicy is refused.
    with pytest.raises(WorkbenchError) as caught:
        connection.call("lambda", "get_policy", FunctionName=detail.function_name)
    assert caught.value.aws_code == "ResourceNotFoundException"


def test_a_deploy_is_said_to_be_open_and_then_shown_as_aws_has_it(
    desk: Desk, opener: Opener, connection: Connection, slow: Connection, proxy: Proxy
) -> None:
    LateChanges(desk.context.services, desk.window)
    name = create_function(connection, HANDLER).function_name
    opener.ready["alice"] = slow
    desk.connect()
    desk.open(name)
    type_in_editor(desk)
    proxy.inject({"operation": "UpdateFunctionCode", **SILENCE})
    desk.context.services.actions["function.deploy"].trigger()

    def deploys() -> list[JobHandle]:
        active = desk.context.services.jobs.active()
        return [each for each in active if each.job.title == f"Deploying {name}" and is_unanswered(each)]

    desk.until(deploys)
    (running,) = deploys()
    running.cancel()
    desk.until(lambda: desk.banner("AWS may have made the change."))
    banner = desk.banner("AWS may have made the change.")
    assert banner is not None
    assert banner.property("tone") == "info"  # the user asked for it
    desk.until(lambda: desk.banner(f"AWS responded later: Deploying {name}."))

    def is_shown_as_it_is() -> bool:
        opened = desk.window.page.function
        there = get_function(connection, name).code_sha256
        return opened is not None and opened.detail.code_sha256 == there

    desk.until(is_shown_as_it_is)
    assert proxy.fired() == ["UpdateFunctionCode"]  # it was sent once
    desk.idle()
    assert deployed_text(connection, name) == f"{TYPED}{HANDLER}"  # there was nothing more to do
    assert not desk.banner("The deployed code changed")  # it is ours
