"""What goes wrong, in the window: each is said with its remedy, nothing is lost, and the work goes on."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.code.zips import make_zip, raw_zip
from tests.e2e.code_server import serving
from tests.e2e.conftest import HANDLER
from tests.e2e.desk import PROFILE, Desk, assert_said, text_of, write_profile
from tests.fault_proxy import Proxy
from tests.sandbox_functions import deployed_text
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES
from workbench.sandbox.supervisor import Endpoint

Sit = Callable[[str], Desk]
NEW = "handler = print"


# ---- whom it talks to ------------------------------------------------------------------------------------


def test_wrong_keys(sit: Sit, access: Access, function_name: str, proxy: Proxy) -> None:
    write_profile(access, endpoint_url=proxy.url)
    proxy.inject({"service": "sts", "error": {"code": "InvalidClientTokenId", "status": 403}})
    desk = sit(PROFILE)

    banner = desk.wait_for_message("InvalidClientTokenId")

    assert_said(banner, "InvalidClientTokenId")
    assert desk.window.top_bar.account.text() == "not connected"
    proxy.inject()
    desk.act("connection.retry")
    desk.wait_for_list()
    assert desk.names() == [function_name]
    assert banner not in desk.window.banners.banners


def test_no_network(sit: Sit, access: Access, function_name: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed_port = probe.getsockname()[1]
    write_profile(access, endpoint_url=f"http://127.0.0.1:{closed_port}")
    write_profile(access, name="other")
    desk = sit(PROFILE)

    desk.until(lambda: desk.window.banners.banners)

    assert_said(desk.window.banners.banners[0], "EndpointConnectionError")
    assert f":{closed_port}" in text_of(desk.window.banners.banners[0])
    desk.choose_profile("other")
    desk.wait_for_list()
    assert desk.names() == [function_name]


def test_a_service_that_fails_leaves_the_list_as_it_was(
    sit: Sit, access: Access, function_name: str, proxy: Proxy
) -> None:
    write_profile(access, endpoint_url=proxy.url)
    desk = sit(PROFILE)
    desk.wait_for_list()
    proxy.inject({"operation": "ListFunctions", "error": {"code": "ServiceException", "status": 500}})

    desk.act("list.refresh")

    assert_said(desk.wait_for_message("ServiceException"), "ServiceException")
    assert desk.names() == [function_name]
    assert desk.window.functions.freshness.text() == "Not refreshed"
    proxy.inject()
    desk.act("list.refresh")
    desk.wait_for_list()


def test_throttling_is_not_taken_for_the_functions_fault(
    sit: Sit, access: Access, function_name: str, proxy: Proxy
) -> None:
    write_profile(access, endpoint_url=proxy.url)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    desk.write_event("{}")
    code = "TooManyRequestsException"
    proxy.inject({"operation": "Invoke", "error": {"code": code, "status": 429}})

    desk.act("function.invoke")

    desk.until(lambda: desk.window.result.status.text() == "No response")
    assert code in text_of(desk.window.result)
    assert not [each for each in desk.window.banners.banners if code in text_of(each)]  # said once
    proxy.inject()
    desk.act("function.invoke")
    desk.until(lambda: desk.result() == '"old"')
    assert desk.window.result.status.text() == "Succeeded"


# ---- a function that has gone ----------------------------------------------------------------------------


def test_opening_a_function_that_was_deleted(
    sit: Sit, access: Access, connection: Connection, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.wait_for_list()
    connection.call("lambda", "delete_function", FunctionName=function_name)

    desk.click_function(function_name)

    assert_said(desk.wait_for_message(function_name), "ResourceNotFoundException")
    desk.until(lambda: desk.names() == [])


def test_working_on_a_function_that_was_deleted(
    sit: Sit, access: Access, connection: Connection, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    connection.call("lambda", "delete_function", FunctionName=function_name)
    desk.write_event("{}")

    desk.act("function.invoke")
    desk.until(lambda: "ResourceNotFoundException" in text_of(desk.window.result))
    desk.until(lambda: desk.names() == [])
    desk.window.banners.clear()
    desk.act("view.code")
    desk.type_over(NEW)
    desk.act("function.deploy")

    assert_said(desk.wait_for_message("ResourceNotFoundException"), "ResourceNotFoundException")
    assert desk.code.workspace is not None
    assert desk.code.workspace.read("app.py").text == NEW


# ---- code that is not what it should be ------------------------------------------------------------------


def _no_zip(_folder: Path) -> bytes:
    return b"This is not a zip file. " * 20


def _traversal(folder: Path) -> bytes:
    return raw_zip(folder / "x.zip", [(b"../../../evil.py", b"evil = True")]).read_bytes()


def _bomb(folder: Path) -> bytes:
    zeros = bytes(UNZIPPED_LIMIT_BYTES // 4 + 1)
    return make_zip(folder / "x.zip", {f"{number}.bin": zeros for number in range(4)}).read_bytes()


@pytest.mark.parametrize(
    ("make", "words"),
    [(_no_zip, "zip"), (_traversal, "not safe"), (_bomb, "larger than")],
    ids=["no zip", "traversal", "bomb"],
)
def test_a_package_that_must_not_be_opened(
    sit: Sit,
    access: Access,
    endpoint: Endpoint,
    function_name: str,
    tmp_path: Path,
    make: Callable[[Path], bytes],
    words: str,
) -> None:
    with serving(make(tmp_path), endpoint) as url:
        write_profile(access, endpoint_url=url)
        desk = sit(PROFILE)

        desk.click_function(function_name)

        desk.until(lambda: words in desk.code_state())
        assert desk.code.workspace is None
        assert not list(desk.program.services.paths.data_dir.rglob("evil*"))
        assert not list((desk.program.services.paths.data_dir / "workspaces").rglob("*.bin"))
        desk.write_event("{}")
        desk.act("function.invoke")
        desk.until(lambda: desk.result() == '"old"')


def test_code_that_will_not_run_is_deployed_only_on_demand(
    sit: Sit, access: Access, connection: Connection, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    desk.type_over("def broken:")

    asked = desk.answer("deployProblems", "Cancel")
    desk.act("function.deploy")
    desk.until(lambda: asked)

    assert "app.py:1" in asked[0]
    desk.rest()
    assert deployed_text(connection, function_name) == HANDLER
    asked = desk.answer("deployProblems", "Deploy Anyway")
    desk.act("function.deploy")
    warning = desk.wait_for_message("Deployed")
    assert asked
    assert warning.property("tone") == "warning"
    assert deployed_text(connection, function_name) == "def broken:"
    desk.write_event("{}")
    desk.act("function.invoke")
    desk.until(lambda: "SyntaxError" in desk.window.result.status.text())
    assert warning not in desk.window.banners.banners  # what it warned of is in sight


def test_a_payload_that_is_not_json(sit: Sit, access: Access, function_name: str) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(function_name)
    desk.write_event('{\n  "order": 1,,\n}')

    desk.act("function.invoke")

    desk.until(lambda: "line 2" in desk.result())
    assert not [each for each in desk.window.banners.banners if "line 2" in text_of(each)]
    desk.write_event("{}")
    desk.act("function.invoke")
    desk.until(lambda: desk.result() == '"old"')
