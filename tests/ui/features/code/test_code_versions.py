"""The Code tab shows versions and aliases, read only, and comes back to $LATEST as it was left."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.aws_stub import StubbedAws
from tests.sandbox_functions import create_function
from tests.ui.code_files import tabs, text
from tests.ui.features.code.coder import Coder, CodeServer, Slow
from tests.ui.features.code.conftest import NEW, OLD
from workbench.aws.connection import Connection
from workbench.ui.shell.services import OpenFunction


def show(coder: Coder, qualifier: str) -> None:
    coder.page.show_version(qualifier)
    coder.until(lambda: coder.page.qualifier == qualifier and coder.files.current_path() == "app.py")
    coder.idle()


@pytest.mark.parametrize("qualifier", ["1", "live"])
def test_a_version_is_shown_read_only_and_says_so(
    coder: Coder, published: OpenFunction, qualifier: str
) -> None:
    coder.open(published)
    assert coder.shown == NEW
    assert not coder.bar.badge.isVisible()
    show(coder, qualifier)
    assert coder.shown == OLD
    assert text(coder.files).isReadOnly()
    assert coder.bar.badge.isVisible()
    assert "1" in coder.bar.version.text()
    assert qualifier in coder.bar.version.text()
    assert coder.failed == []
    assert not any("other code" in words for words, _ in coder.notices)  # what arrived was announced


def test_what_was_typed_is_there_again_after_a_look_at_a_version(
    coder: Coder, published: OpenFunction
) -> None:
    coder.open(published)
    coder.type("# typed ")
    show(coder, "1")
    coder.type("ignored")
    show(coder, "")
    assert coder.shown == f"# typed {NEW}"
    assert tabs(coder.files) == ["● app.py"]
    assert not text(coder.files).isReadOnly()


def test_a_version_cannot_be_deployed_and_the_way_back_is_offered(
    coder: Coder, published: OpenFunction
) -> None:
    coder.open(published)
    show(coder, "1")
    handed_over: list[object] = []
    coder.page.ready_to_deploy(lambda *what: handed_over.append(what))
    (error,) = coder.failed
    assert "Version 1" in error.why
    assert error.action in coder.services.actions
    assert handed_over == []


def test_a_version_that_does_not_exist_is_said_and_latest_comes_back(
    coder: Coder, published: OpenFunction
) -> None:
    coder.open(published)
    coder.page.show_version("99")
    coder.until(lambda: "[ResourceNotFoundException]" in coder.words)
    show(coder, "")
    assert coder.shown == NEW


def test_another_function_is_shown_with_its_latest_code(
    coder: Coder, published: OpenFunction, connection: Connection
) -> None:
    coder.open(published)
    show(coder, "1")
    coder.open(OpenFunction(connection, create_function(connection, "other = 1\n")))
    assert coder.page.qualifier == ""
    assert coder.shown == "other = 1\n"


def test_a_version_that_comes_late_does_not_replace_what_was_chosen_since(
    coder: Coder, aws: StubbedAws, tmp_path: Path
) -> None:
    slow = Slow()
    with ExitStack() as servers:
        server = CodeServer(aws, tmp_path, servers)
        function = server.function("hello", {"app.py": NEW})
        coder.open(function)
        server.function("hello", {"app.py": OLD}, slow, version="1")
        coder.page.show_version("1")
        coder.until(slow.half_sent.is_set)
        server.function("hello", {"app.py": NEW})
        coder.page.show_version("")
        slow.go.set()
        coder.until(lambda: coder.files.current_path() == "app.py")
        coder.idle()
    assert coder.shown == NEW
    assert not coder.workspace.read_only


def test_a_version_is_checked_with_its_own_handler(coder: Coder, server: CodeServer) -> None:
    coder.open(server.function("hello", {"app.py": NEW}))
    assert coder.page.displayed is coder.page.function
    server.function("hello", {"old.py": OLD}, version="1", Handler="old.handler", Runtime="python3.10")
    coder.page.show_version("1")
    coder.until(lambda: coder.files.current_path() == "old.py")  # the handler's file
    coder.idle()
    assert coder.problems == []
    shown, function = coder.page.displayed, coder.page.function
    assert shown is not None
    assert function is not None
    assert (shown.detail.version, shown.detail.runtime) == ("1", "python3.10")
    assert function.detail.version == "$LATEST"  # to which is deployed

    coder.page.show_function(OpenFunction(function.connection, replace(function.detail, handler="new.main")))
    coder.page.deployed()  # a newer state of the function is no newer state of the version
    coder.idle()
    assert coder.problems == []


def test_a_handler_that_a_version_lacks_is_told_though_latest_has_it(
    coder: Coder, server: CodeServer
) -> None:
    coder.open(server.function("hello", {"app.py": NEW}))
    server.function("hello", {"app.py": OLD}, version="1", Handler="gone.handler")
    coder.page.show_version("1")
    coder.until(lambda: coder.page.workspace is not None and coder.page.workspace.read_only)
    coder.until(lambda: any("gone.handler" in problem.message for problem in coder.problems))
    server.function("hello", {"app.py": NEW})
    coder.page.show_version("")
    coder.until(lambda: coder.page.workspace is not None and not coder.page.workspace.read_only)
    coder.idle()
    assert coder.problems == []
