"""A connection that breaks at any call of a roll-back: the function has the old or the new, never a mix."""

import pytest

from tests.deploy.bench import CTX, HANDLER, Bench, deploy
from tests.deploy.scripted import NEW
from tests.fault_proxy import Proxy
from workbench.aws.connection import ApiCall, Connection
from workbench.core.errors import WorkbenchError
from workbench.deploy.execute import recover, undo_deploy
from workbench.deploy.history import history, look, roll_back
from workbench.deploy.options import AliasMove, DeployOptions
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.functions.versions import list_aliases

State = tuple[str, int, str]

BEFORE: State = (NEW, 9, "2")
CODE_BACK: State = (HANDLER + "# 1\n", 3, "2")
ALIAS_BACK: State = (NEW, 9, "1")
LOOKING = ("GetFunction", "ListVersionsByFunction", "ListAliases")
CALLS = [
    ("code", BEFORE, CODE_BACK, (*LOOKING, "UpdateFunctionConfiguration", "UpdateFunctionCode")),
    ("alias", BEFORE, ALIAS_BACK, (*LOOKING, "GetAlias", "UpdateAlias")),
]
EACH = [(way, old, new, call) for way, old, new, calls in CALLS for call in calls]


@pytest.fixture
def released(bench: Bench) -> Bench:
    """A function with two versions that were deployed from here; the alias is at the second."""
    for text, configuration in ((HANDLER + "# 1\n", None), (NEW, Wanted(timeout_s=9))):
        bench.workspace.save("app.py", text)
        options = DeployOptions(publish=True, alias=AliasMove("prod"), configuration=configuration)
        deploy(bench.connection, bench.workspace, bench.journal, CTX, options=options)
    return bench


def _state(bench: Bench) -> State:
    (alias,) = list_aliases(bench.connection, bench.function_name, CTX)
    timeout_s = get_function(bench.connection, bench.function_name, "", CTX).timeout_s
    return bench.remote_file("app.py"), timeout_s, alias.version


def _go_back(bench: Bench, connection: Connection, way: str) -> bool:
    """Whether it succeeded."""
    entry = history(bench.journal, bench.workspace.base.function_arn)[1]
    try:
        offer = look(connection, bench.journal, entry, CTX)
        plan = offer.plan_alias("prod") if way == "alias" else offer.plan_code(configuration=True)
        roll_back(connection, plan, bench.workspace, bench.journal, CTX)
    except WorkbenchError:
        return False
    return True


@pytest.mark.parametrize(("way", "_old", "new", "calls"), CALLS, ids=["code", "alias"])
def test_these_are_all_the_calls_there_are(
    released: Bench, way: str, _old: State, new: State, calls: tuple[str, ...]
) -> None:
    made: list[ApiCall] = []
    watched = Connection.open(released.connection.access, observer=made.append)
    assert _go_back(released, watched, way)
    assert {call.operation for call in made if call.service == "lambda"} == set(calls)
    assert _state(released) == new


@pytest.mark.parametrize(("way", "old", "new", "call"), EACH)
@pytest.mark.parametrize(
    "rule",
    [
        {"response": {"abort_bytes": 5}, "times": 1},
        {"error": {"code": "TooManyRequestsException", "status": 429}, "times": 2},
    ],
    ids=["answer lost", "throttled"],
)
def test_a_fault_that_passes_leads_to_one_or_the_other(
    released: Bench,
    faulty: Connection,
    proxy: Proxy,
    rule: dict[str, object],
    way: str,
    old: State,
    new: State,
    call: str,
) -> None:
    proxy.inject({"operation": call, **rule})

    done = _go_back(released, faulty, way)

    assert not released.unfinished()
    assert _state(released) == (new if done else old)


@pytest.mark.parametrize(("way", "old", "new", "call"), EACH)
def test_a_network_that_breaks_right_after_a_call_and_comes_back_at_the_next_start(
    released: Bench, faulty: Connection, proxy: Proxy, way: str, old: State, new: State, call: str
) -> None:
    def break_after(made: ApiCall) -> None:
        if made.operation == call:
            proxy.inject({"reset": True})

    _go_back(released, Connection.open(faulty.access, observer=break_after), way)
    proxy.inject()

    for recovery in recover(released.connection, released.journal, CTX):
        if recovery.outcome is None:
            undo_deploy(released.connection, recovery.deploy, released.journal, CTX)

    assert _state(released) in (old, new)
    assert not released.unfinished()
