"""Back to what was deployed before: the code, the configuration, the alias; and what may go wrong then."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploy.bench import CTX, HANDLER, Bench, cancelled_at, deploy
from tests.deploy.scripted import NEW
from tests.fault_proxy import Proxy
from workbench.aws.connection import Connection
from workbench.code.tree import FileChange
from workbench.code.workspace import Workspace, inspect_folder, use_folder
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.operations import JournalFile
from workbench.deploy.execute import DeployResult, finish_deploy, recover
from workbench.deploy.history import HistoryEntry, Offer, history, look, roll_back
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.options import AliasMove, DeployOptions
from workbench.deploy.plan import DeployConflict, StepKind
from workbench.deploy.run import code_source
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.functions.versions import list_aliases

EDITED = NEW + "# edited\n"


def _deploy(bench: Bench, text: str, **options: object) -> None:
    bench.workspace.save("app.py", text)
    wanted = replace(DeployOptions(), **options)  # type: ignore[arg-type]
    deploy(bench.connection, bench.workspace, bench.journal, CTX, options=wanted)


def _entries(bench: Bench) -> tuple[HistoryEntry, ...]:
    return history(bench.journal, bench.workspace.base.function_arn)


def _offer(bench: Bench, number: int) -> Offer:
    return look(bench.connection, bench.journal, _entries(bench)[number], CTX)


def _go_back(
    bench: Bench, number: int, *, configuration: bool = False, workspace: Workspace | None = None
) -> DeployResult:
    plan = _offer(bench, number).plan_code(configuration=configuration)
    return roll_back(bench.connection, plan, workspace, bench.journal, CTX)


def _alias_version(bench: Bench) -> str:
    (alias,) = list_aliases(bench.connection, bench.function_name, CTX)
    return alias.version


# ---- code ------------------------------------------------------------------------------------------------


def test_one_deploy_can_be_rolled_back_to_what_was_there_before(bench: Bench) -> None:
    _deploy(bench, NEW)
    offer = _offer(bench, 1)

    assert [(file.path, file.change) for file in offer.files() or ()] == [("app.py", FileChange.CHANGED)]
    assert (offer.can_deploy, offer.is_deployed, offer.version, offer.configuration) == (
        True,
        False,
        "",
        None,
    )
    plan = offer.plan_code(configuration=False)
    assert [step.kind for step in plan.steps] == [StepKind.UPLOAD, StepKind.WAIT, StepKind.KEEP]
    result = roll_back(bench.connection, plan, bench.workspace, bench.journal, CTX)

    assert (result.outcome, result.text) == (DeployOutcome.DEPLOYED, "The function has the new code.")
    assert bench.remote_file("app.py") == HANDLER
    back, _bad, found = _entries(bench)
    assert (back.code_sha256, back.seen) == (found.code_sha256, found.when)
    assert bench.reopen().read("app.py").text == HANDLER


def test_a_roll_back_can_be_rolled_back(bench: Bench) -> None:
    _deploy(bench, NEW)
    _go_back(bench, 1)
    _go_back(bench, 1)
    assert bench.remote_file("app.py") == NEW


def test_a_working_copy_with_changes_keeps_them_and_deploys_them_next(bench: Bench) -> None:
    _deploy(bench, NEW)
    bench.workspace.save("app.py", EDITED)
    bench.workspace.put_draft("app.py", EDITED + "# typed\n")

    _go_back(bench, 1, workspace=bench.workspace)

    assert bench.remote_file("app.py") == HANDLER
    workspace = bench.reopen()
    assert not workspace.stale
    assert workspace.read("app.py").text == EDITED
    assert [draft.text for draft in workspace.drafts()] == [EDITED + "# typed\n"]
    deploy(bench.connection, workspace, bench.journal, CTX)
    assert bench.remote_file("app.py") == EDITED


def test_a_local_folder_is_left_as_it_is_and_is_no_conflict(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(HANDLER)
    source = code_source(get_function(bench.connection, bench.function_name, "", CTX), bench.connection)
    use_folder(inspect_folder(source, bench.folder / "workspaces", folder, CTX))
    bench.workspace = bench.reopen()
    _deploy(bench, NEW)

    _go_back(bench, 1, workspace=bench.workspace)

    assert bench.remote_file("app.py") == HANDLER
    assert (folder / "app.py").read_text() == NEW
    workspace = bench.reopen()
    assert workspace.local_folder == folder
    assert not workspace.stale
    assert [entry.path for entry in workspace.changes(CTX)] == ["app.py"]


def test_a_conflict_with_somebody_else_stays_one(bench: Bench) -> None:
    _deploy(bench, NEW)
    bench.workspace.save("app.py", EDITED)
    bench.deploy_elsewhere({"app.py": "theirs = 1\n"})

    _go_back(bench, 1, workspace=bench.workspace)

    workspace = bench.reopen()
    assert workspace.stale
    assert workspace.read("app.py").text == EDITED
    assert bench.remote_file("app.py") == HANDLER


def test_code_that_is_not_kept_is_fetched_before_it_is_replaced(bench: Bench) -> None:
    _deploy(bench, NEW)
    bench.deploy_elsewhere({"app.py": "theirs = 1\n"})
    offer = _offer(bench, 1)
    plan = offer.plan_code(configuration=False)

    assert offer.files() is None
    assert plan.steps[0].kind is StepKind.BACKUP
    roll_back(bench.connection, plan, None, bench.journal, CTX)

    _back, found, *_ = _entries(bench)
    assert found.kept_bytes > 0
    _go_back(bench, 1)
    assert bench.remote_file("app.py") == "theirs = 1\n"


def test_a_package_that_is_not_kept_any_more_is_not_offered(bench: Bench) -> None:
    _deploy(bench, NEW)
    shutil.rmtree(bench.folder / "deploys-packages")
    offer = _offer(bench, 1)
    assert (offer.package, offer.can_deploy, offer.files()) == (None, False, None)
    with pytest.raises(ValueError, match="no longer stored"):
        offer.plan_code(configuration=False)


def test_somebody_who_deploys_after_the_look_is_not_overwritten(bench: Bench) -> None:
    _deploy(bench, NEW)
    plan = _offer(bench, 1).plan_code(configuration=False)
    bench.deploy_elsewhere({"app.py": "theirs = 1\n"})

    with pytest.raises(DeployConflict):
        roll_back(bench.connection, plan, None, bench.journal, CTX)

    assert bench.remote_file("app.py") == "theirs = 1\n"


@pytest.mark.parametrize("operation", ["UpdateFunctionCode", "UpdateFunctionConfiguration"])
def test_a_refusal_leaves_code_and_configuration_as_they_were(
    bench: Bench, faulty: Connection, proxy: Proxy, operation: str
) -> None:
    _deploy(bench, NEW, configuration=Wanted(timeout_s=9))
    plan = _offer(bench, 1).plan_code(configuration=True)
    error = {"code": "AccessDeniedException", "status": 403, "message": "because"}
    proxy.inject({"operation": operation, "error": error})

    with pytest.raises(WorkbenchError) as caught:
        roll_back(faulty, plan, None, bench.journal, CTX)

    assert caught.value.aws_code == "AccessDeniedException"
    assert bench.remote_file("app.py") == NEW
    assert get_function(bench.connection, bench.function_name, "", CTX).timeout_s == 9


def test_cancel_while_the_code_settles_puts_the_present_code_back(bench: Bench) -> None:
    _deploy(bench, NEW)
    plan = _offer(bench, 1).plan_code(configuration=False)
    with pytest.raises(Cancelled):
        roll_back(bench.connection, plan, None, bench.journal, cancelled_at("Waiting until the update"))
    assert bench.remote_file("app.py") == NEW
    assert _entries(bench)[0].outcome is DeployOutcome.UNDONE


# ---- configuration ---------------------------------------------------------------------------------------


def test_the_configuration_of_that_time_comes_back_when_it_is_wanted(bench: Bench) -> None:
    wanted = Wanted(timeout_s=9, handler="app.other", environment=(("MODE", "new"),))
    _deploy(bench, NEW, configuration=wanted)
    offer = _offer(bench, 1)
    assert offer.configuration == Wanted(timeout_s=3, handler="app.handler")
    assert offer.code_needs_configuration

    _go_back(bench, 1, configuration=True)

    detail = get_function(bench.connection, bench.function_name, "", CTX)
    assert (detail.timeout_s, detail.handler) == (3, "app.handler")
    assert detail.environment == (("MODE", "new"),)  # its earlier values are not kept
    assert bench.remote_file("app.py") == HANDLER


def test_the_configuration_alone_can_come_back(bench: Bench) -> None:
    _deploy(bench, NEW)
    _deploy(bench, NEW, configuration=Wanted(timeout_s=9))
    offer = _offer(bench, 1)

    assert (offer.is_deployed, offer.can_deploy, offer.files()) == (True, True, ())
    assert not offer.code_needs_configuration
    result = _go_back(bench, 1, configuration=True)

    assert result.text == "Its configuration was changed."
    assert get_function(bench.connection, bench.function_name, "", CTX).timeout_s == 3


# ---- alias -----------------------------------------------------------------------------------------------


def test_an_alias_goes_back_to_its_version_without_an_upload(bench: Bench) -> None:
    _deploy(bench, NEW, publish=True, alias=AliasMove("prod"))
    _deploy(bench, EDITED, publish=True, alias=AliasMove("prod"))
    offer = _offer(bench, 1)
    assert offer.version == "1"

    plan = offer.plan_alias("prod")
    assert [step.title for step in plan.steps] == [
        "Check that version 1 exists",
        "Move the alias prod from version 2 to 1",
    ]
    result = roll_back(bench.connection, plan, bench.workspace, bench.journal, CTX)

    assert result.text == "prod points to version 1."
    assert _alias_version(bench) == "1"
    assert bench.remote_file("app.py") == EDITED
    entry = _entries(bench)[0]
    assert (entry.is_move, entry.version, entry.alias_name) == (True, "1", "prod")
    assert entry.outcome is DeployOutcome.DEPLOYED
    offer = _offer(bench, 1)
    assert [alias.name for alias in offer.aliases] == ["prod"]
    with pytest.raises(ValueError, match="other"):
        offer.plan_alias("other")


def test_an_alias_that_somebody_moved_meanwhile_is_left_alone(bench: Bench) -> None:
    for text in (NEW, EDITED, NEW + "# 3\n"):
        _deploy(bench, text, publish=True, alias=AliasMove("prod"))
    plan = _offer(bench, 2).plan_alias("prod")
    bench.connection.call(
        "lambda", "update_alias", FunctionName=bench.function_name, Name="prod", FunctionVersion="2"
    )
    with pytest.raises(WorkbenchError, match="changed in the meantime from version 3 to 2"):
        roll_back(bench.connection, plan, None, bench.journal, CTX)
    assert _alias_version(bench) == "2"


def test_a_version_that_was_deleted_is_not_offered_and_one_that_goes_meanwhile_is_said(bench: Bench) -> None:
    _deploy(bench, NEW, publish=True)
    _deploy(bench, EDITED, publish=True, alias=AliasMove("prod"))
    plan = _offer(bench, 1).plan_alias("prod")
    bench.connection.call("lambda", "delete_function", FunctionName=bench.function_name, Qualifier="1")
    with pytest.raises(WorkbenchError) as caught:
        roll_back(bench.connection, plan, None, bench.journal, CTX)
    assert caught.value.aws_code == "ResourceNotFoundException"
    assert _alias_version(bench) == "2"
    offer = _offer(bench, 2)
    assert (offer.version, offer.aliases) == ("", ())


# ---- after a crash ---------------------------------------------------------------------------------------


def _interrupt(bench: Bench, monkeypatch: pytest.MonkeyPatch, plan_of: str, step: StepKind) -> None:
    """The power fails right after a step of a roll-back was begun."""

    class PowerFails(BaseException):
        pass

    before = JournalFile.before

    def fails(self: JournalFile, name: str, *, required: bool) -> None:
        before(self, name, required=required)
        if name == step:
            raise PowerFails

    offer = _offer(bench, 1)
    plan = offer.plan_alias("prod") if plan_of == "alias" else offer.plan_code(configuration=True)
    with monkeypatch.context() as patch:
        patch.setattr(JournalFile, "before", fails)
        with pytest.raises(PowerFails):
            roll_back(bench.connection, plan, None, bench.journal, CTX)


@pytest.mark.parametrize("step", [StepKind.CONFIGURE, StepKind.UPLOAD, StepKind.WAIT])
def test_an_interrupted_roll_back_is_finished_with_the_kept_package(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, step: StepKind
) -> None:
    _deploy(bench, NEW, configuration=Wanted(timeout_s=9))
    _interrupt(bench, monkeypatch, "code", step)

    for recovery in recover(bench.connection, bench.journal, CTX):
        if recovery.outcome is None:
            finish_deploy(bench.connection, recovery.deploy, bench.journal, CTX)

    assert not bench.unfinished()
    assert bench.remote_file("app.py") == HANDLER
    assert get_function(bench.connection, bench.function_name, "", CTX).timeout_s == 3


@pytest.mark.parametrize("step", [StepKind.PUBLISH, StepKind.ALIAS])
def test_an_interrupted_move_of_an_alias_is_finished(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, step: StepKind
) -> None:
    for text in (NEW, EDITED):
        _deploy(bench, text, publish=True, alias=AliasMove("prod"))
    _interrupt(bench, monkeypatch, "alias", step)

    (recovery,) = recover(bench.connection, bench.journal, CTX)
    assert recovery.outcome is None
    finish_deploy(bench.connection, recovery.deploy, bench.journal, CTX)

    assert _alias_version(bench) == "1"
    assert bench.remote_file("app.py") == EDITED


def test_a_move_of_an_alias_that_had_not_begun_is_said_to_have_changed_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in (NEW, EDITED):
        _deploy(bench, text, publish=True, alias=AliasMove("prod"))
    plan = _offer(bench, 1).plan_alias("prod")
    bench.journal.begin_deploy(plan, None).close()

    (recovery,) = recover(bench.connection, bench.journal, CTX)

    assert recovery.outcome is DeployOutcome.UNCHANGED
    assert "nothing was changed" in recovery.text
    assert _alias_version(bench) == "2"
