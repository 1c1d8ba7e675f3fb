"""A running Sandbox for every room's tests, and an account of it for each test.

`sandbox` is started once a session, in a folder of its own. `connection` reaches an account that no other
test has seen: MiniStack takes an access key id of twelve digits for the account number, so that isolation
costs nothing. Names that AWS keeps unique over all accounts can still meet, hence one account that has the
samples (their bucket) for all: `sample_connection`.
"""

import itertools
import os
from collections.abc import Iterator

import pytest

from tests.aws.model_check import model_checked_sessions
from tests.sandbox_keys import keys_of, publish
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.sandbox import REGION, samples
from workbench.sandbox.processes import SERVER_COMMAND
from workbench.sandbox.samples import create_samples, exercise_samples
from workbench.sandbox.supervisor import Endpoint, Sandbox
from workbench_sandbox.server.clock import Pace

_SETTLE_S = 0.03
_SAVE_AFTER_S = 60
"""No test reads this Sandbox's files, and to write the state of thousands of functions takes a second."""
_paces = [Pace(os.environ.get("TESTS_SANDBOX_STATES", "quick"))]
_accounts = itertools.count(200_000_000_001)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The real Sandbox, running, empty. Not to be stopped or killed: others use it too."""
    # Thousands of tests make functions and wait for them: the sooner they are ready, the better. With
    # TESTS_SANDBOX_STATES=aws they take as long as on AWS: to see what does not wait, or not long enough.
    settings = (f"LAMBDA_SETTLE_SECONDS={_SETTLE_S}", f"LAMBDA_STATES={_paces[-1].value}")
    quick = ("env", *settings, f"SAVE_AFTER_SECONDS={_SAVE_AFTER_S}", *SERVER_COMMAND)
    folder = tmp_path_factory.mktemp("sandbox")
    sandbox = Sandbox(folder, command=quick, pace=lambda: _paces[-1])
    sandbox.start(JobContext())
    publish(sandbox)
    yield sandbox
    sandbox.stop()
    # A rule of the strict door that failed refused nothing, so no test has seen it.
    failed = [line for line in (folder / "sandbox.log").read_text().splitlines() if "workbench.door" in line]
    assert not failed


@pytest.fixture
def as_slow_as_aws(sandbox: Sandbox) -> Iterator[None]:
    """What changes meanwhile stays Pending or InProgress for seconds: long enough to be seen."""
    _paces.append(Pace.AS_AWS)
    sandbox.apply_pace()
    yield
    _paces.pop()
    sandbox.apply_pace()


@pytest.fixture(scope="session")
def endpoint(sandbox: Sandbox) -> Endpoint:
    """Where the Sandbox answers, for what goes between (a fault injector) or beside (the AWS CLI)."""
    return sandbox.start(JobContext())


@pytest.fixture
def access(endpoint: Endpoint) -> Access:
    """An empty account in the Sandbox."""
    return Access(None, REGION, endpoint.url, keys_of(f"{next(_accounts)}"))


@pytest.fixture
def connection(access: Access) -> Connection:
    """A connection to an empty account in the Sandbox."""
    return Connection.open(access, sessions=model_checked_sessions())


@pytest.fixture(scope="session")
def sample_connection(endpoint: Endpoint) -> Connection:
    """A connection to the account that holds the samples, each invoked over twenty times. Only to read."""
    access = Access(None, REGION, endpoint.url, keys_of(f"{next(_accounts)}"))
    connection = Connection.open(access, sessions=model_checked_sessions())
    create_samples(connection, JobContext())
    exercise_samples(connection, JobContext(), pause_s=0.05)
    return connection


@pytest.fixture
def own_sample_buckets(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names the samples' buckets after this test's account: names of buckets are shared by all accounts."""
    monkeypatch.setattr(samples, "BUCKET", f"uploads-{connection.account_id}")
    monkeypatch.setattr(samples, "FREE_BUCKET", f"free-{connection.account_id}")
