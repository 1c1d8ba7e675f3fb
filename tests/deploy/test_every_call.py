"""A connection that breaks at any call of a deploy that does all there is: it leads to the old or the new."""

from dataclasses import replace

import pytest

from tests.denying import limit, policies_of
from tests.deploy.bench import CTX, Bench, deploy
from tests.deploy.released import NEW_STATE, OLD_STATE, OPTIONS, WANTED, release, state_of
from tests.fault_proxy import Proxy
from workbench.aws.client_config import Access
from workbench.aws.connection import ApiCall, Connection
from workbench.core.errors import WorkbenchError
from workbench.deploy.execute import finish_deploy, recover, undo_deploy
from workbench.invoke.run import invoke

ALL = replace(OPTIONS, configuration=WANTED)
CALLS = (
    "lambda:GetFunction",
    "lambda:GetAlias",
    "s3:HeadBucket",
    "s3:ListObjectsV2",
    "s3:PutObject",
    "lambda:UpdateFunctionConfiguration",
    "lambda:UpdateFunctionCode",
    "lambda:Invoke",
    "lambda:ListVersionsByFunction",
    "lambda:PublishVersion",
    "lambda:UpdateAlias",
)


def _deploy(bench: Bench, connection: Connection) -> bool:
    """Whether it succeeded."""
    try:
        deploy(connection, bench.workspace, bench.journal, CTX, options=ALL, invoke=invoke)
    except WorkbenchError:
        return False
    return True


def test_these_are_all_the_calls_there_are(released: Bench) -> None:
    calls: list[ApiCall] = []
    watched = Connection.open(released.connection.access, observer=calls.append)
    assert _deploy(released, watched)
    made = {f"{call.service}:{call.operation}" for call in calls if call.service != "sts"}
    assert made == set(CALLS)
    assert state_of(released) == NEW_STATE


def test_all_of_it_is_done_by_who_may_do_only_what_deploy_json_allows(bench: Bench, access: Access) -> None:
    limit(access, policies=policies_of("deploy"))
    release(bench)
    assert _deploy(bench, bench.connection)
    assert state_of(bench) == NEW_STATE


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_that_is_lost_once(released: Bench, faulty: Connection, proxy: Proxy, call: str) -> None:
    service, operation = call.split(":")
    proxy.inject({"service": service, "operation": operation, "response": {"abort_bytes": 5}, "times": 1})

    done = _deploy(released, faulty)

    assert not released.unfinished()
    assert state_of(released) == (NEW_STATE if done else OLD_STATE)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", CALLS)
def test_a_network_that_stays_broken_and_comes_back_at_the_next_start(
    released: Bench, faulty: Connection, proxy: Proxy, call: str, after: bool
) -> None:
    """Before the call, or right after it: from there on nothing is reached any more."""
    service, operation = call.split(":")

    def break_after(made: ApiCall) -> None:
        if after and made.operation == operation:
            proxy.inject({"reset": True}, {"service": "s3", "reset": True})

    if not after:
        proxy.inject({"service": service, "operation": operation, "reset": True})
    _deploy(released, Connection.open(faulty.access, observer=break_after))
    proxy.inject()

    for recovery in recover(released.connection, released.journal, CTX):
        if recovery.outcome is None and after:
            finish_deploy(released.connection, recovery.deploy, released.journal, CTX, invoke=invoke)
        elif recovery.outcome is None:
            undo_deploy(released.connection, recovery.deploy, released.journal, CTX)

    state = state_of(released)
    assert state in (OLD_STATE, NEW_STATE), state
    assert not released.unfinished()
