"""The Code tab: opening, waiting, failing, marks and problems, and never another function's files."""

import os
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from tests.aws_stub import StubbedAws
from tests.code.servers import Behaviour, sends
from tests.sandbox_functions import create_function
from tests.ui.code_files import tabs
from tests.ui.features.code.coder import Coder, CodeServer, Slow
from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace
from workbench.ui.shell.services import OpenFunction, Services

HANDLER = "def handler(event, context):\n    return 1\n"
FILES: dict[str, bytes | str] = {"app.py": HANDLER, "lib/util.py": "x = 1\n", "README.md": "# Hello\n"}


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow()
    yield slow
    slow.go.set()


# ---- opening ---------------------------------------------------------------------------------------------


def test_the_handlers_file_is_open_and_the_files_are_in_the_tree(
    coder: Coder, connection: Connection
) -> None:
    coder.open(OpenFunction(connection, create_function(connection, HANDLER)))
    assert coder.shown == HANDLER
    assert coder.tree() == {"app.py": ""}
    assert coder.words == ""
    assert coder.problems == []


@pytest.mark.parametrize(
    ("handler", "path"),
    [
        ("src/app.handler", "src/app.py"),
        ("pkg.deep.app.handler", "pkg/deep/app.py"),
        ("index.handler", "index.mjs"),
        ("elsewhere.handler", ""),
        ("", ""),
        ("../../../etc/passwd.x", ""),
    ],
)
def test_the_handler_is_looked_for_where_lambda_would(
    coder: Coder, server: CodeServer, handler: str, path: str
) -> None:
    files: dict[str, bytes | str] = {"src/app.py": "a", "pkg/deep/app.py": "b", "index.mjs": "c"}
    coder.show(server.function("hello", files, Handler=handler))
    coder.until(lambda: coder.page.workspace)
    coder.idle()
    assert coder.files.current_path() == path


def test_files_are_opened_by_mouse_and_by_keyboard(coder: Coder, server: CodeServer) -> None:
    coder.open(server.function("hello", FILES))
    coder.click("lib/util.py")
    coder.until(lambda: coder.files.current_path() == "lib/util.py")
    assert coder.shown == "x = 1\n"
    coder.press_enter_on("README.md")
    coder.until(lambda: coder.files.current_path() == "README.md")
    assert tabs(coder.files) == ["app.py", "util.py", "README.md"]


def test_a_tab_that_nobody_looks_at_reads_nothing(coder: Coder, aws: StubbedAws, server: CodeServer) -> None:
    function = server.function("hello", FILES)
    coder.page.show_function(function)
    coder.idle()
    assert aws.calls == []
    coder.page.activate()
    coder.until(lambda: coder.files.current_path() == "app.py")
    coder.page.deactivate()
    coder.page.show_function(function)  # a newer state of the same function
    coder.page.activate()
    coder.idle()
    assert tabs(coder.files) == ["app.py"]
    assert len(aws.calls) == 1


# ---- waiting and failing ---------------------------------------------------------------------------------


def test_what_it_waits_for_is_said_and_can_be_cancelled(
    coder: Coder, server: CodeServer, slow: Slow, services: Services
) -> None:
    files = FILES | {"big.bin": os.urandom(1_000_000)}
    coder.show(server.function("hello", files, slow, times=2))
    assert coder.words.startswith("Opening the code…")
    coder.until(lambda: "Downloading" in coder.words)
    assert not coder.button.isVisible()
    (handle,) = services.jobs.active()
    assert handle.job.title == "Opening the code of hello"
    assert not handle.job.quiet  # the status bar shows it with its Cancel
    assert 0 < handle.progress.done < handle.progress.total

    handle.cancel()
    coder.until(lambda: coder.words.startswith("Cancelled"))
    assert "F5" in coder.words
    assert coder.failed == []
    slow.go.set()
    QTest.mouseClick(coder.button, Qt.MouseButton.LeftButton)
    coder.until(lambda: coder.files.current_path() == "app.py")
    assert coder.words == ""


def test_no_permission_is_said_in_place_with_awss_code(
    coder: Coder, server: CodeServer, aws: StubbedAws
) -> None:
    words = "User: me is not authorized to perform: lambda:GetFunction on resource: hello"
    aws.refuse("lambda", "get_function", "AccessDeniedException", words, 403)
    aws.refuse("lambda", "get_function_configuration", "AccessDeniedException", "no", 403)
    coder.show(server.function("hello", FILES, times=0))
    coder.until(lambda: "lambda:GetFunction" in coder.words)
    assert "[AccessDeniedException]" in coder.words
    assert coder.failed == []  # said once, where the person looks
    assert coder.tree() == {}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda _: sends(b"<Error><Code>AccessDenied</Code></Error>", 403), "The link has expired"),
        (lambda _: sends(b"no zip"), "AWS reported"),
        (lambda package: sends(package[:100], length=len(package)), "The connection was closed after 100"),
    ],
    ids=["expired", "another", "cut off"],
)
def test_code_that_does_not_arrive_is_said_and_can_be_tried_again(
    coder: Coder, server: CodeServer, fault: Callable[[bytes], Behaviour], words: str
) -> None:
    makers = [fault, sends]
    function = server.function(
        "hello", FILES, lambda package: lambda request: makers.pop(0)(package)(request), times=2
    )
    coder.show(function)
    coder.until(lambda: words in coder.words)
    assert coder.tree() == {}
    QTest.mouseClick(coder.button, Qt.MouseButton.LeftButton)
    coder.until(lambda: coder.files.current_path() == "app.py")
    assert coder.words == ""


def test_a_container_image_has_no_code_to_open(coder: Coder, server: CodeServer) -> None:
    coder.show(server.function("boxed", FILES, image_uri="example.com/boxed:7"))
    coder.until(lambda: "example.com/boxed:7" in coder.words)
    assert "image URI" in coder.words
    assert coder.button.text() == "Copy Image URI"  # trying again would give the same


def test_a_function_that_was_deleted_meanwhile_is_said(coder: Coder, connection: Connection) -> None:
    function = create_function(connection, HANDLER)
    connection.call("lambda", "delete_function", FunctionName=function.function_name)
    coder.show(OpenFunction(connection, function))
    coder.until(lambda: "[ResourceNotFoundException]" in coder.words)
    assert function.function_name in coder.words


# ---- deploying before the code is open -------------------------------------------------------------------

Deployed = list[tuple[OpenFunction, Workspace]]


def _deploy(coder: Coder) -> Deployed:
    """Presses Deploy; what is handed over comes into the list."""
    handed_over: Deployed = []
    coder.page.ready_to_deploy(lambda function, workspace: handed_over.append((function, workspace)))
    return handed_over


def _deploy_early(coder: Coder, server: CodeServer, slow: Slow) -> Deployed:
    coder.show(server.function("hello", FILES, slow))
    coder.until(slow.half_sent.is_set)
    return _deploy(coder)


def _show_in_another_tab(coder: Coder, function: OpenFunction) -> None:
    coder.page.deactivate()
    coder.page.hide()
    coder.page.show_function(function)


def test_deploying_in_another_tab_opens_the_code_itself(coder: Coder, server: CodeServer) -> None:
    _show_in_another_tab(coder, server.function("hello", FILES))
    handed_over = _deploy(coder)
    coder.until(lambda: handed_over)
    ((function, workspace),) = handed_over
    assert function.detail.function_name == workspace.base.function_name == "hello"
    assert workspace.read("app.py").text == HANDLER
    assert workspace is coder.page.workspace
    assert coder.failed == []
    coder.page.activate()
    coder.until(lambda: coder.shown == HANDLER)


def test_deploying_in_another_tab_takes_what_was_typed_last_time(coder: Coder, server: CodeServer) -> None:
    function = server.function("hello", FILES, times=2)
    coder.open(function)
    coder.type("# typed ")
    coder.page.clear()
    coder.idle()
    _show_in_another_tab(coder, function)
    handed_over = _deploy(coder)
    coder.until(lambda: handed_over)
    assert handed_over[0][1].read("app.py").text == "# typed " + HANDLER


def test_deploying_code_that_is_on_its_way_waits_for_it(coder: Coder, server: CodeServer, slow: Slow) -> None:
    handed_over = _deploy_early(coder, server, slow)
    coder.page.deactivate()  # another tab is looked at: the deploy goes on
    coder.page.hide()
    assert handed_over == []
    slow.go.set()
    coder.until(lambda: handed_over)
    assert coder.failed == []
    coder.idle()
    assert len(handed_over) == 1


def test_a_refresh_while_the_code_is_opened_keeps_the_deploy(
    coder: Coder, server: CodeServer, slow: Slow
) -> None:
    function = server.function("hello", FILES, slow, times=2)
    _show_in_another_tab(coder, function)
    handed_over = _deploy(coder)
    coder.until(slow.half_sent.is_set)
    newer = OpenFunction(function.connection, function.detail)
    coder.page.show_function(newer)
    slow.go.set()
    coder.until(lambda: handed_over)
    assert handed_over[0][0] is newer
    coder.idle()
    assert len(handed_over) == 1


def test_code_that_cannot_be_opened_for_a_deploy_is_said_in_every_tab(
    coder: Coder, server: CodeServer
) -> None:
    _show_in_another_tab(coder, server.function("hello", FILES, lambda _: sends(b"no zip"), times=2))
    handed_over = _deploy(coder)
    coder.until(lambda: coder.failed)
    assert "AWS reported" in coder.failed[0].why
    coder.page.show()
    coder.page.activate()  # opens it once more, and says in its own place what is wrong
    coder.until(lambda: "AWS reported" in coder.words)
    assert len(coder.failed) == 1
    assert handed_over == []


def test_a_container_image_is_said_when_it_is_to_be_deployed(coder: Coder, server: CodeServer) -> None:
    _show_in_another_tab(coder, server.function("boxed", FILES, image_uri="example.com/boxed:7"))
    handed_over = _deploy(coder)
    coder.until(lambda: coder.failed)
    assert "example.com/boxed:7" in str(coder.failed[0])
    assert handed_over == []


def test_cancelling_the_opening_for_a_deploy_is_said(coder: Coder, server: CodeServer, slow: Slow) -> None:
    _show_in_another_tab(coder, server.function("hello", FILES, slow, times=2))
    handed_over = _deploy(coder)
    coder.until(slow.half_sent.is_set)
    (handle,) = [each for each in coder.services.jobs.active() if not each.job.quiet]
    assert handle.job.immediate  # its line with Cancel is in the status bar at once
    handle.cancel()
    words = ("The code of hello was not opened. Nothing was changed.", "You cancelled it.")
    coder.until(lambda: words in coder.notices)
    slow.go.set()
    coder.page.activate()  # it is opened now, and not deployed
    coder.until(lambda: coder.page.workspace)
    coder.idle()
    assert handed_over == []
    assert coder.failed == []


def test_another_function_ends_a_deploy_that_has_not_begun_and_says_so(
    coder: Coder, server: CodeServer, slow: Slow
) -> None:
    handed_over = _deploy_early(coder, server, slow)
    coder.show(server.function("second", FILES))
    words = ("The code of hello was not opened. Nothing was changed.", "Another function was opened first.")
    assert coder.notices == [words]
    slow.go.set()
    coder.until(lambda: coder.page.workspace)
    coder.idle()
    assert handed_over == []


# ---- switching functions ---------------------------------------------------------------------------------


def test_code_that_comes_late_is_not_shown_for_another_function(
    coder: Coder, server: CodeServer, slow: Slow
) -> None:
    first = server.function("first", {"app.py": "first = 1\n", "first.py": ""}, slow)
    second = server.function("second", {"app.py": "second = 2\n", "second.py": ""})
    coder.show(first)
    coder.until(slow.half_sent.is_set)
    coder.show(second)
    slow.go.set()
    coder.until(lambda: coder.files.current_path() == "app.py")
    coder.idle()
    assert coder.workspace.base.function_name == "second"
    assert sorted(coder.tree()) == ["app.py", "second.py"]
    assert coder.shown == "second = 2\n"
    assert coder.failed == []


def test_another_function_empties_the_tab_at_once(coder: Coder, server: CodeServer, slow: Slow) -> None:
    coder.open(server.function("first", {"app.py": "def (:\n"}))
    coder.until(lambda: coder.problems)
    coder.show(server.function("second", FILES, slow))
    assert coder.tree() == {}
    assert tabs(coder.files) == []
    assert coder.problems == []
    assert coder.words.startswith("Opening the code…")


def test_a_file_that_is_made_late_is_not_opened_for_another_function(
    coder: Coder, server: CodeServer
) -> None:
    coder.open(server.function("first", FILES))
    first, go = coder.workspace, coder.busy_disk()
    coder.new_file("new.py")
    coder.show(server.function("second", {"app.py": "second = 2\n"}))
    coder.until(lambda: coder.files.current_path() == "app.py")
    go.set()
    coder.idle()
    assert (first.root / "new.py").is_file()
    assert tabs(coder.files) == ["app.py"]
    assert coder.tree() == {"app.py": ""}
    assert coder.failed == []


# ---- marks, problems and what was typed ------------------------------------------------------------------


def test_marks_follow_typing_saving_and_reverting(coder: Coder, server: CodeServer) -> None:
    coder.open(server.function("hello", FILES))
    coder.type("# more ")
    coder.until(lambda: coder.tree()["app.py"] == "●")
    assert tabs(coder.files) == ["● app.py"]
    coder.save()
    assert coder.tree() == {"lib/util.py": "", "README.md": "", "app.py": "M"}
    assert tabs(coder.files) == ["app.py"]

    assert "app.py" in coder.revert(QMessageBox.StandardButton.Cancel)
    coder.idle()
    assert coder.tree()["app.py"] == "M"
    coder.revert(QMessageBox.StandardButton.Discard)
    coder.until(lambda: coder.tree()["app.py"] == "")
    coder.until(lambda: coder.shown == HANDLER)


def test_a_new_file_is_opened_and_marked(coder: Coder, server: CodeServer) -> None:
    coder.open(server.function("hello", FILES))
    coder.new_file("  lib/more/extra.py ")
    coder.until(lambda: coder.files.current_path() == "lib/more/extra.py")
    coder.idle()
    assert coder.tree()["lib/more/extra.py"] == "A"
    coder.revert(QMessageBox.StandardButton.Discard)
    coder.until(lambda: "lib/more/extra.py" not in coder.tree())


@pytest.mark.parametrize(
    "path",
    [
        "../out.py",
        "/etc/passwd",
        "app.py",
        "lib",
        "app.py/x.py",
        "a\0b",
        "x" * 300,
        "x/" * 3000 + "x",
        "a//b",
    ],
    ids=["out", "absolute", "file", "folder", "below a file", "null", "long", "deep", "double"],
)
def test_a_name_that_cannot_be_is_refused_with_a_reason(coder: Coder, server: CodeServer, path: str) -> None:
    coder.open(server.function("hello", FILES))
    before = sorted(coder.workspace.folder.parent.rglob("*"))
    coder.new_file(path)
    coder.until(lambda: coder.failed)
    assert coder.failed[0].what
    assert coder.failed[0].why
    assert sorted(coder.workspace.folder.parent.rglob("*")) == before
    assert tabs(coder.files) == ["app.py"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def handler(:\n", "Syntax error"),
        ("other = 1\n", "does not define handler"),
        ("x = " + "(" * 300, "too many nested parentheses"),
        ("x = '\0'\n", "null bytes"),
    ],
    ids=["syntax", "no handler", "nested", "null"],
)
def test_what_will_not_run_is_told_once_it_is_saved(
    coder: Coder, server: CodeServer, source: str, words: str
) -> None:
    coder.open(server.function("hello", FILES))
    assert coder.problems == []
    file = coder.workspace.root / "app.py"
    file.write_text(source, "utf-8")  # by another program
    coder.page.deployed()
    coder.until(lambda: coder.problems)
    problem = coder.problems[0]
    assert problem.path == "app.py"
    assert words in problem.message
    file.write_text(HANDLER, "utf-8")
    coder.page.deployed()
    coder.until(lambda: coder.problems == [])


def test_typing_that_was_not_saved_is_back_and_no_alarm(coder: Coder, server: CodeServer) -> None:
    function = server.function("hello", FILES, times=2)
    coder.open(function)
    coder.type("# typed ")
    coder.click("lib/util.py")
    coder.until(lambda: coder.files.current_path() == "lib/util.py")
    coder.type("y = 2; ")
    coder.page.clear()
    coder.idle()
    coder.notices.clear()
    coder.show(function)
    coder.until(lambda: sorted(tabs(coder.files)) == ["● app.py", "● util.py"])
    assert coder.notices == []  # nothing has gone wrong: the marks of the tabs say it
    coder.press_enter_on("app.py")
    coder.until(lambda: coder.shown == "# typed " + HANDLER)
    assert coder.workspace.read("app.py").text == HANDLER


def test_what_was_typed_is_saved_before_it_is_deployed(coder: Coder, server: CodeServer) -> None:
    coder.open(server.function("hello", FILES))
    coder.type("# typed ")
    deployed: list[str] = []
    coder.page.ready_to_deploy(lambda _function, workspace: deployed.append(workspace.read("app.py").text))
    coder.until(lambda: deployed)
    assert deployed == ["# typed " + HANDLER]
    assert tabs(coder.files) == ["app.py"]


# ---- versions --------------------------------------------------------------------------------------------


def test_a_version_is_for_reading_only(coder: Coder, server: CodeServer) -> None:
    coder.open(server.function("hello", {"app.py": "latest = 1\n"}))
    coder.show(server.function("hello", FILES, version="7"))
    coder.until(lambda: coder.shown == HANDLER)
    coder.idle()
    coder.type("# typed ")
    coder.idle()
    assert coder.shown == HANDLER
    assert tabs(coder.files) == ["app.py"]
    assert coder.workspace.drafts() == ()
    coder.new_file("new.py")
    coder.until(lambda: coder.failed)
    assert "Version 7 is published" in coder.failed[0].why

    handed_over: list[object] = []
    coder.page.ready_to_deploy(lambda *what: handed_over.append(what))
    coder.until(lambda: len(coder.failed) == 2)
    assert "Version 7 is published" in coder.failed[1].why
    assert handed_over == []
