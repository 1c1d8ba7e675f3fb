"""The Sandbox with its real server: what survives what."""

import io
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox_functions import make_logging_role
from tests.waiting import eventually
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import wait_until_updated
from workbench.profiles.model import access_for
from workbench.sandbox import ACCOUNT_ID
from workbench.sandbox.fidelity import read_fidelity
from workbench.sandbox.supervisor import Sandbox, SandboxState, SandboxStatus
from workbench_sandbox.server import door
from workbench_sandbox.server.clock import Pace

SLOW = """
import time
def lambda_handler(event, context):
    print('runs', flush=True)
    time.sleep(50)
"""
ROOT = Path(__file__).parents[2]
_AS_AWS_S = 2.9
"""A function that is made at the pace of AWS stays Pending for 3 s."""
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


@pytest.fixture
def own_sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A Sandbox that a test may stop and kill."""
    sandbox = Sandbox(tmp_path / "data")
    yield sandbox
    sandbox.stop()


def connect(sandbox: Sandbox) -> Connection:
    sandbox.start(JobContext())
    return Connection.open(access_for(sandbox.profile()))


def create_function(connection: Connection, name: str, source: str) -> None:
    """Creates a function and waits until it can be invoked."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("lambda_function.py", source)
    connection.call(
        "lambda",
        "create_function",
        FunctionName=name,
        Runtime="python3.13",
        Handler="lambda_function.lambda_handler",
        Role=make_logging_role(connection, "any"),
        Code={"ZipFile": package.getvalue()},
        Timeout=60,
    )
    wait_until_updated(connection, name, JobContext())  # AWS invokes no function that is still Pending


def invoke(connection: Connection, name: str) -> Any:
    answer = connection.call("lambda", "invoke", FunctionName=name, Payload=b"{}")
    return json.loads(answer["Payload"].read())


def function_names(connection: Connection) -> list[str]:
    return [function["FunctionName"] for function in connection.call("lambda", "list_functions")["Functions"]]


def processes_of(sandbox: Sandbox) -> list[str]:
    """Command lines of everything that runs with this Sandbox's folder in its environment or arguments."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            is_dead = ") Z" in (process / "stat").read_text()
        except OSError:
            continue
        if str(sandbox.data_dir).encode() in words and not is_dead:
            found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def test_the_profile_reaches_it(own_sandbox: Sandbox) -> None:
    connection = connect(own_sandbox)
    assert connection.account_id == ACCOUNT_ID
    assert connection.is_custom_endpoint


def test_content_survives_stop_and_start(own_sandbox: Sandbox) -> None:
    create_function(connect(own_sandbox), "kept", "def lambda_handler(event, context):\n    return 'kept'\n")
    own_sandbox.stop()
    assert invoke(connect(own_sandbox), "kept") == "kept"


def test_the_pace_is_chosen_at_the_start_and_changed_while_it_runs(tmp_path: Path) -> None:
    chosen = [Pace.AS_AWS]
    sandbox = Sandbox(tmp_path / "data", pace=lambda: chosen[0])
    try:
        connection = connect(sandbox)
        assert _creation_s(connection, "slow") > _AS_AWS_S
        chosen[0] = Pace.QUICK
        sandbox.apply_pace()
        names = (f"quick-{number}" for number in itertools.count())  # a busy computer needs longer for some
        eventually(lambda: _creation_s(connection, next(names)) < _AS_AWS_S)
    finally:
        sandbox.stop()


def _creation_s(connection: Connection, name: str) -> float:
    """How long a new function is Pending."""
    started = time.monotonic()
    create_function(connection, name, "def lambda_handler(event, context): pass\n")
    return time.monotonic() - started


@linux_only
def test_stop_waits_for_no_handler_and_leaves_nothing(own_sandbox: Sandbox) -> None:
    connection = connect(own_sandbox)
    create_function(connection, "slow", SLOW)
    connection.call("lambda", "invoke", FunctionName="slow", InvocationType="Event", Payload=b"{}")
    eventually(lambda: _log_has(connection, "slow", "runs"))
    assert len(processes_of(own_sandbox)) > 1
    own_sandbox.stop()
    assert eventually(lambda: not processes_of(own_sandbox))
    assert not any((own_sandbox.data_dir / "run").iterdir())


def _log_has(connection: Connection, function_name: str, text: str) -> bool:
    try:
        answer = connection.call("logs", "filter_log_events", logGroupName=f"/aws/lambda/{function_name}")
    except WorkbenchError:
        return False  # no log group yet
    return any(text in event["message"] for event in answer["events"])


@linux_only
def test_a_killed_server_comes_back_with_what_was_saved(tmp_path: Path) -> None:
    ready_again = threading.Event()
    seen: list[SandboxState] = []

    def take(status: SandboxStatus) -> None:
        seen.append(status.state)
        if seen.count(SandboxState.READY) == 2:
            ready_again.set()

    sandbox = Sandbox(tmp_path / "data", on_status=take)
    try:
        connection = connect(sandbox)
        create_function(connection, "kept", "def lambda_handler(event, context):\n    return 'kept'\n")
        state = sandbox.data_dir / "state" / "lambda.json"
        eventually(lambda: state.exists() and b"kept" in state.read_bytes())
        assert invoke(connection, "kept") == "kept"
        endpoint = sandbox.start(JobContext())
        os.kill(endpoint.pid, signal.SIGKILL)
        assert ready_again.wait(20)
        assert invoke(connection, "kept") == "kept"  # the same client, the same address
    finally:
        sandbox.stop()
    assert eventually(lambda: not processes_of(sandbox))


def test_damaged_state_is_told_and_set_aside(tmp_path: Path) -> None:
    notices: list[WorkbenchError] = []
    sandbox = Sandbox(tmp_path / "data", on_notice=notices.append)
    try:
        connection = connect(sandbox)
        connection.call("sqs", "create_queue", QueueName="lost")
        create_function(connection, "kept", "def lambda_handler(event, context):\n    pass\n")
        sandbox.stop()
        (sandbox.data_dir / "state" / "sqs.json").write_text('{"half of a')
        connection = connect(sandbox)
        assert function_names(connection) == ["kept"]
    finally:
        sandbox.stop()
    (notice,) = notices
    copy = Path(notice.why.removesuffix(".").rpartition(" ")[2])
    assert copy.read_text() == '{"half of a'


def test_reset_leaves_an_empty_sandbox(own_sandbox: Sandbox) -> None:
    connection = connect(own_sandbox)
    create_function(connection, "gone", "def lambda_handler(event, context):\n    pass\n")
    connection.call("s3", "create_bucket", Bucket="gone")
    own_sandbox.reset(JobContext())
    connection = connect(own_sandbox)
    assert function_names(connection) == []
    assert connection.call("s3", "list_buckets")["Buckets"] == []


def test_a_handler_sees_nothing_of_the_host(own_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of the host")
    monkeypatch.setenv("SOMETHING_OF_THE_HOST", "of the host")
    home = os.environ["HOME"]
    connection = connect(own_sandbox)
    create_function(
        connection,
        "look",
        "import os\n\n\ndef lambda_handler(event, context):\n    return dict(os.environ)\n",
    )
    variables = invoke(connection, "look")
    assert "SOMETHING_OF_THE_HOST" not in variables
    assert "of the host" not in variables.values()
    assert variables["HOME"] != home
    own = [name for name in variables if name.startswith(("WORKBENCH_", "XDG_", "PYTEST", "QT_"))]
    assert own == []


PARENT = """
import sys, time
from pathlib import Path
from workbench.core.jobs import JobContext
from workbench.sandbox.supervisor import Sandbox
print(Sandbox(Path(sys.argv[1])).start(JobContext()).pid, flush=True)
time.sleep(60)
"""


@linux_only
def test_a_killed_program_leaves_no_process_and_no_folder_for_long(own_sandbox: Sandbox) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(own_sandbox.data_dir)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert parent.stdout
    with parent.stdout as lines:
        assert int(lines.readline())
    parent.kill()
    parent.wait()
    assert eventually(lambda: not processes_of(own_sandbox))
    own_sandbox.start(JobContext())
    assert len(list((own_sandbox.data_dir / "run").iterdir())) == 1


# No refusal of theirs was recorded.
_NOT_RECORDED = {"apigatewayv2", "kinesis"}
_RULES = Path(door.__file__).with_name("rules")


def test_the_figures_have_the_shape_that_the_dialog_shows() -> None:
    measured = read_fidelity()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", measured.date)
    assert {"ministack", "moto", "botocore"} <= measured.versions.keys()
    names = [each.service for each in measured.services]
    assert names == sorted(set(names))
    for each in measured.services:
        assert 0 <= each.sandbox <= each.recorded, each
        assert 0 <= each.moto <= each.recorded, each
    for some in (measured.states, measured.fields):
        assert 0 <= some.right <= some.all, some


def test_every_service_that_the_door_has_rules_for_was_measured() -> None:
    texts = (path.read_text("utf-8") for path in _RULES.glob("[a-z]*.py"))
    services = {name for text in texts for name in re.findall(r'Rules\("([a-z0-9]+)"\)', text)}
    assert "lambda" in services
    assert services - _NOT_RECORDED <= {each.service for each in read_fidelity().services}
