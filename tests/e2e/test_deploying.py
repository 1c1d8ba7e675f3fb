"""Deploying from the window, where a person must decide, and the window's beginning and end."""

import io
import urllib.request
import zipfile
from collections.abc import Callable

import pytest

from tests.e2e.conftest import HANDLER
from tests.e2e.desk import PROFILE, Desk, write_profile
from workbench.aws.access import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function, wait_until_updated

Sit = Callable[[str], Desk]
OURS, THEIRS = "handler = print", "def handler(event, context):\n    return 'theirs'\n"


def deployed_text(connection: Connection, function_name: str) -> str:
    """The handler's file in the package that the function has."""
    detail = get_function(connection, function_name, "", JobContext())
    with urllib.request.urlopen(detail.code_location) as answer:
        return zipfile.ZipFile(io.BytesIO(answer.read())).read("app.py").decode()


def deploy_elsewhere(connection: Connection, function_name: str) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", THEIRS)
    connection.call("lambda", "update_function_code", FunctionName=function_name, ZipFile=package.getvalue())
    wait_until_updated(connection, function_name, JobContext())


def test_unsaved_typing_is_deployed_and_the_same_code_not_again(
    sit: Sit, access: Access, connection: Connection, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    desk.type_over(OURS)

    desk.act("function.deploy")
    desk.wait_for_message("Deployed")

    assert deployed_text(connection, function_name) == OURS
    assert not desk.files.editor.is_dirty(desk.files.editor.shown_uri())
    desk.act("function.deploy")
    desk.wait_for_message("already deployed")


@pytest.mark.parametrize(
    ("button", "deployed", "shown"),
    [("Cancel", THEIRS, OURS), ("Take Theirs", THEIRS, THEIRS), ("Overwrite Theirs", OURS, OURS)],
)
def test_code_that_somebody_else_deployed_is_not_overwritten_unasked(
    sit: Sit,
    access: Access,
    connection: Connection,
    function_name: str,
    button: str,
    deployed: str,
    shown: str,
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    deploy_elsewhere(connection, function_name)
    desk.type_over(OURS)

    asked = desk.answer("deployConflict", button)
    desk.act("function.deploy")
    desk.until(lambda: asked)

    desk.until(lambda: desk.code.workspace and desk.code.workspace.read("app.py").text == shown)
    if button == "Overwrite Theirs":
        desk.wait_for_message("Deployed")
    assert deployed_text(connection, function_name) == deployed


def test_what_was_typed_is_back_after_quitting(sit: Sit, access: Access, function_name: str) -> None:
    write_profile(access)
    first = sit(PROFILE)
    first.open_function(function_name)
    first.type_over(OURS)
    first.leave()

    second = sit(PROFILE)
    second.open_function(function_name)

    second.wait_for_message("What you typed last time is back.")
    workspace = second.code.workspace
    assert workspace is not None
    assert workspace.read("app.py").text == HANDLER
    draft = workspace.draft("app.py")
    assert draft is not None
    assert draft.text == OURS
    assert second.files.editor.is_dirty(second.files.editor.shown_uri())


def test_a_window_closes_before_anything_is_open(sit: Sit, access: Access) -> None:
    write_profile(access)

    sit(PROFILE).leave()


def test_the_activity_panel_names_each_write(sit: Sit, access: Access, function_name: str) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    desk.type_over(OURS)
    desk.act("function.deploy")
    desk.wait_for_message("Deployed")
    desk.act("view.activity")

    desk.until(lambda: "UpdateFunctionCode" in desk.activity())
