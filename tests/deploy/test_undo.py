"""Deploys that are taken back when they fail."""

import pytest

from tests.deploy.bench import CTX, HANDLER, Bench, cancelled_at, deploy
from tests.deploy.scripted import NEW, Scripted
from tests.fault_proxy import Proxy
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.deploy.execute import needs_choice
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.options import DeployOptions, Upload
from workbench.deploy.plan import DeployConflict, StepKind

UNDO = DeployOptions(undo_on_failure=True)


def test_an_update_that_fails_in_aws_is_taken_back(bench: Bench, scripted: Scripted) -> None:
    old, new = bench.workspace.base.code_sha256, bench.workspace.package(CTX).code_sha256
    scripted.function_is(old, "r1")
    scripted.update_is_accepted(new, "r1", "r2")
    scripted.function_is(new, "r3", "Failed", "The subnet has no free addresses.")
    scripted.function_is(new, "r3", "Failed", "The subnet has no free addresses.")
    scripted.update_is_accepted(old, "r3", "r4")
    scripted.function_is(old, "r5")

    with pytest.raises(WorkbenchError) as caught:
        deploy(scripted.connection, bench.workspace, bench.journal, CTX, options=UNDO)

    assert caught.value.why == "The subnet has no free addresses. The previous code was restored."
    (record,) = bench.journal.records()
    assert record.outcome is DeployOutcome.UNDONE
    assert record.facts == {}
    assert bench.workspace.base.code_sha256 == old
    assert bench.workspace.changes(CTX)
    assert list(bench.workspace.packages.iterdir()) == [bench.workspace.base_package]


def test_what_somebody_deployed_meanwhile_is_not_taken_back(bench: Bench, scripted: Scripted) -> None:
    old, new = bench.workspace.base.code_sha256, bench.workspace.package(CTX).code_sha256
    scripted.function_is(old, "r1")
    scripted.update_is_accepted(new, "r1", "r2")
    scripted.function_is("theirs=", "r3")
    scripted.function_is("theirs=", "r3")

    with pytest.raises(DeployConflict, match=r"changed in the meantime\. It was left unchanged"):
        deploy(scripted.connection, bench.workspace, bench.journal, CTX, options=UNDO)

    assert bench.journal.records()[0].outcome is DeployOutcome.REPLACED


def test_what_cannot_be_taken_back_stays_open_for_the_next_start(bench: Bench, scripted: Scripted) -> None:
    old, new = bench.workspace.base.code_sha256, bench.workspace.package(CTX).code_sha256
    scripted.function_is(old, "r1")
    scripted.update_is_accepted(new, "r1", "r2")
    scripted.function_is(new, "r3", "Failed", "No addresses.")
    scripted.function_is(new, "r3", "Failed", "No addresses.")
    scripted.update_is_refused("AccessDeniedException", "no more", 403)
    scripted.function_is(new, "r3")

    with pytest.raises(WorkbenchError, match="It is offered again at the next start") as caught:
        deploy(scripted.connection, bench.workspace, bench.journal, CTX, options=UNDO)

    assert "The function still has the new code." in caught.value.why
    assert "previous code" not in caught.value.why

    (record,) = bench.unfinished()
    assert record.begun == ("upload",)
    assert record.about.options == UNDO
    assert record.undoing
    assert needs_choice(record)


def test_a_refusal_says_once_that_the_old_code_is_there(
    bench: Bench, faulty: Connection, proxy: Proxy
) -> None:
    bench.workspace.save("app.py", NEW)
    error = {"code": "AccessDeniedException", "status": 403, "message": "because"}
    proxy.inject({"operation": "UpdateFunctionCode", "error": error})

    with pytest.raises(WorkbenchError) as caught:
        deploy(faulty, bench.workspace, bench.journal, CTX, options=UNDO)

    assert caught.value.why.count("previous code") == 1
    assert bench.journal.records()[0].outcome is DeployOutcome.UNCHANGED


def test_cancel_puts_the_old_code_back(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    with pytest.raises(Cancelled):
        deploy(bench.connection, bench.workspace, bench.journal, cancelled_at("Waiting"), options=UNDO)

    assert bench.remote_file("app.py") == HANDLER
    assert bench.remote_sha256() == bench.workspace.base.code_sha256
    (record,) = bench.journal.records()
    assert record.outcome is DeployOutcome.UNDONE
    assert record.text == "Cancelled. The previous code was restored."
    assert bench.workspace.read("app.py").text == NEW


def test_somebody_elses_code_that_was_overwritten_is_put_back(bench: Bench) -> None:
    """It is on no disk here, so it is kept before it is replaced."""
    bench.workspace.save("app.py", NEW)
    bench.deploy_elsewhere({"app.py": "theirs = 1\n"})
    theirs = bench.remote_sha256()
    with pytest.raises(Cancelled):
        deploy(
            bench.connection,
            bench.workspace,
            bench.journal,
            cancelled_at("Waiting"),
            options=UNDO,
            overwrite_sha256=theirs,
        )

    assert bench.remote_sha256() == theirs
    assert StepKind.BACKUP in bench.journal.records()[0].planned
    assert [file.suffix for file in (bench.folder / "deploys").iterdir()] == [".jsonl"]


def test_code_that_came_through_s3_is_taken_back_through_s3(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    options = DeployOptions(undo_on_failure=True, upload=Upload.S3)
    with pytest.raises(Cancelled):
        deploy(bench.connection, bench.workspace, bench.journal, cancelled_at("Waiting"), options=options)

    assert bench.remote_file("app.py") == HANDLER
    assert bench.journal.records()[0].outcome is DeployOutcome.UNDONE
