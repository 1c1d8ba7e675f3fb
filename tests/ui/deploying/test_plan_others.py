"""The dialog before a deploy where others have changed code or settings, and where plans are always shown."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QComboBox

from tests.aws.model_check import model_checked_sessions
from tests.fault_proxy import Proxy
from tests.sandbox_functions import deploy_elsewhere, deployed_text
from tests.ui.deploying.test_plan_flow import (
    change_elsewhere,
    choose,
    deploy,
    planned,
    press,
    rows,
    texts,
)
from tests.ui.test_deploy_flow_run import NEW, OLD, Pad, Wire, pad, wire
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.functions.detail import get_function
from workbench.ui.features.deploy.dialog import DeployDialog
from workbench.ui.shell.services import OpenFunction

__all__ = ["pad", "wire"]  # fixtures


@pytest.mark.parametrize("operation", ["DescribeAlarms", "ListAliases"])
def test_what_only_helps_to_choose_may_be_denied(
    pad: Pad, proxy: Proxy, access: Access, connection: Connection, operation: str
) -> None:
    error = {"code": "AccessDeniedException", "status": 403, "message": "not for you"}
    proxy.inject({"operation": operation, "error": error})
    faulty = Connection.open(replace(access, endpoint_url=proxy.url), sessions=model_checked_sessions())
    pad.function = OpenFunction(faulty, pad.function.detail)
    pad.save(NEW)
    dialog = choose(pad)
    pad.idle()
    dialog.form.publish.set_checked(checked=True)
    deploy(pad, dialog)
    assert pad.failed == []
    assert deployed_text(connection, pad.name) == NEW


@pytest.mark.parametrize(
    ("operation", "state"),
    [("GetFunction", ""), ("UpdateFunctionCode", "The function still has the previous code.")],
)
def test_what_is_denied_is_said_with_the_state_of_the_function(
    pad: Pad, proxy: Proxy, access: Access, connection: Connection, operation: str, state: str
) -> None:
    faulty = Connection.open(replace(access, endpoint_url=proxy.url), sessions=model_checked_sessions())
    pad.function = OpenFunction(faulty, pad.function.detail)
    pad.save(NEW)
    error = {"code": "AccessDeniedException", "status": 403, "message": f"no lambda:{operation}"}
    denied = {"GetFunctionConfiguration", operation} if operation == "GetFunction" else {operation}
    rules: list[dict[str, object]] = [{"operation": each, "error": error} for each in sorted(denied)]
    proxy.inject(*rules)
    pad.flow.choose(pad.function, pad.workspace)
    if state:
        dialog = planned(pad)
        pad.until(dialog.yes.isEnabled)
        press(dialog.yes)
    pad.until(lambda: pad.failed)
    (said,) = pad.failed
    assert said.aws_code == "AccessDeniedException"
    assert f"no lambda:{operation}" in said.why
    assert state in said.why
    pad.until(lambda: not pad.window.findChildren(DeployDialog))
    assert deployed_text(connection, pad.name) == OLD


def test_other_code_closes_it_as_a_conflict(pad: Pad, connection: Connection) -> None:
    conflicts: list[tuple[Workspace, WorkbenchError]] = []
    pad.flow.conflicted.connect(lambda *found: conflicts.append(found))
    pad.save(NEW)
    deploy_elsewhere(connection, pad.name, "theirs = 1\n")
    pad.flow.choose(pad.function, pad.workspace)
    pad.until(lambda: conflicts)
    assert conflicts[0][0] is pad.workspace
    pad.until(lambda: not pad.window.findChildren(DeployDialog))


def test_files_are_compared_with_what_is_there_not_with_what_was_opened(
    pad: Pad, connection: Connection
) -> None:
    pad.save(NEW)
    deploy_elsewhere(connection, pad.name, "theirs = 1\n")
    theirs = get_function(connection, pad.name)
    pad.flow.choose(pad.function, pad.workspace, theirs.code_sha256)
    dialog = planned(pad)
    assert texts(dialog, "files") == [("app.py", "changed", "11 bytes", f"{len(NEW)} bytes")]
    deploy(pad, dialog)
    assert deployed_text(connection, pad.name) == NEW


def test_a_function_that_has_gone_closes_it_and_is_said(pad: Pad, connection: Connection) -> None:
    connection.call("lambda", "delete_function", FunctionName=pad.name)
    pad.flow.choose(pad.function, pad.workspace)
    pad.until(lambda: pad.failed)
    assert pad.failed[0].aws_code == "ResourceNotFoundException"
    pad.until(lambda: not pad.window.findChildren(DeployDialog))


def test_a_wish_that_cannot_be_planned_is_said_and_can_be_changed(pad: Pad) -> None:
    pad.save(NEW)
    dialog = choose(pad)
    dialog.form.upload_section.set_checked(checked=True)
    dialog.form.upload.setCurrentIndex(dialog.form.upload.findText("Through S3"))
    dialog.form.bucket.setText("there-is-no-such-bucket")
    pad.until(lambda: "There is no bucket there-is-no-such-bucket" in dialog.state.text())
    assert not dialog.yes.isEnabled()
    dialog.form.bucket.setText("")
    pad.until(lambda: dialog.proposal is not None)
    assert texts(dialog, "steps")[0][1] == "s3: CreateBucket"
    dialog.reject()


@pytest.mark.parametrize(("whose", "memory_mb"), [("theirs", 512), ("ours", 128)])
def test_settings_that_somebody_changed_stop_a_deploy_and_ask_whose_shall_stay(
    pad: Pad, wire: Wire, connection: Connection, whose: str, memory_mb: int
) -> None:
    pad.save(NEW)
    change_elsewhere(connection, pad.name, memory_mb=512)
    wire.calls.clear()
    pad.press_deploy()
    dialog = planned(pad)
    assert wire.writes == []
    assert dialog.tabs.currentWidget() is dialog.settings
    assert rows(dialog.settings.table.model()) == [("Memory", "128 MB", "512 MB", "")]
    press(getattr(dialog.settings, whose))
    deploy(pad, dialog)
    assert get_function(connection, pad.name).memory_mb == memory_mb
    assert deployed_text(connection, pad.name) == NEW


def test_what_was_decided_is_not_asked_again_by_a_deploy_that_waited(
    pad: Pad, wire: Wire, connection: Connection
) -> None:
    pad.save(NEW)
    change_elsewhere(connection, pad.name, memory_mb=512)
    dialog = choose(pad)  # theirs stays
    wire.hold("UpdateFunctionCode")
    pad.until(dialog.yes.isEnabled)
    press(dialog.yes)
    pad.until(wire.is_holding)
    pad.press_deploy()  # the window shows 128 MB yet
    wire.go.set()
    pad.until(lambda: len(pad.deployed) == 2)
    assert pad.notices[-1][0] == f"{pad.name} is already deployed."
    change_elsewhere(connection, pad.name, memory_mb=256)
    pad.press_deploy()
    planned(pad).reject()


def test_settings_are_merged_variable_by_variable(pad: Pad, connection: Connection) -> None:
    change_elsewhere(connection, pad.name, environment=(("AA", "1"), ("BB", "1")))
    pad.function = type(pad.function)(pad.function.connection, get_function(connection, pad.name))
    change_elsewhere(connection, pad.name, environment=(("AA", "2"), ("BB", "2"), ("CC", "2")))
    pad.save(NEW)
    dialog = choose(pad)
    shown = dialog.settings.table.model()
    assert [row[0] for row in rows(shown)] == [
        "Environment variable AA",
        "Environment variable BB",
        "Environment variable CC",
    ]
    assert "1" not in {text for row in rows(shown) for text in row}  # they may be secrets
    box = dialog.findChild(QComboBox, "deployChoice.environment.BB")
    assert box is not None
    box.setCurrentIndex(1)
    pad.until(lambda: dialog.proposal is not None and dialog.proposal.plan.configuration)
    deploy(pad, dialog)
    assert get_function(connection, pad.name).environment == (("AA", "2"), ("BB", "1"), ("CC", "2"))


def test_where_plans_are_always_shown_one_click_shows_it_and_then_asks(
    pad: Pad, wire: Wire, connection: Connection
) -> None:
    asked: list[Callable[[], None]] = []
    pad.flow.shows_plan = lambda _function: True
    pad.flow.confirm = lambda _function, then: asked.append(then)
    pad.save(NEW)
    pad.press_deploy()
    dialog = planned(pad)
    pad.until(dialog.yes.isEnabled)
    assert asked == []
    press(dialog.yes)
    pad.until(lambda: asked)
    assert wire.writes == []
    asked[0]()
    pad.until(lambda: pad.deployed)
    assert deployed_text(connection, pad.name) == NEW
