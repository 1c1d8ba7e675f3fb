"""Servers and pages that die, files that change beside the editor, and nothing that runs on afterwards."""

import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.ui.editor.conftest import without_web_engine
from tests.ui.features.code.coder import CodeServer
from tests.ui.features.code.language.desk import LanguageDesk
from tests.ui.features.code.language.test_typing import S3
from workbench.code.language_server import MAX_RESTARTS
from workbench.ui.editor import Editor, TextEdit
from workbench.ui.shell.services import Services


def pids(desk: LanguageDesk) -> dict[str, int]:
    service = desk.language.service
    return service.pids if service is not None else {}


def has_started(desk: LanguageDesk, name: str, killed: int) -> bool:
    """Whether a killed server runs again, or was given up."""
    return bool(desk.failed) or pids(desk)[name] not in (0, killed)


def complete(desk: LanguageDesk) -> None:
    """Types until the list shows; a server that is just starting has the documents by then."""
    desk.at(7, 5)
    desk.type("s3.")
    desk.until(lambda: "abort_multipart_upload" in desk.suggestions())
    desk.press(Qt.Key.Key_Escape)
    for _ in "s3.":
        desk.press(Qt.Key.Key_Backspace)
    desk.until(lambda: desk.text == S3)


def test_after_a_kill_typing_goes_on_with_the_unsaved_text(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": S3}))
    complete(desk)
    for name in ("ty", "ruff"):
        killed = pids(desk)[name]
        os.kill(killed, signal.SIGKILL)
        desk.until(partial(has_started, desk, name, killed))
    complete(desk)
    assert desk.failed == []


def test_a_server_that_dies_again_and_again_is_said_and_can_be_started(
    desk: LanguageDesk, server: CodeServer
) -> None:
    desk.open(server.function("hello", {"app.py": S3}))
    desk.until(lambda: all(pids(desk).values()))
    for _ in range(MAX_RESTARTS + 1):
        killed = pids(desk)["ty"]
        os.kill(killed, signal.SIGKILL)
        desk.until(partial(has_started, desk, "ty", killed))
    desk.until(lambda: desk.failed)
    (error,) = desk.failed
    assert "stopped again after three restarts" in error.why
    assert error.action == "language.restart"
    desk.language.restart()
    desk.until(lambda: pids(desk)["ty"] not in (0, killed))
    complete(desk)


@pytest.mark.qt_log_ignore("Release of profile requested", "renderer")
def test_after_the_page_died_its_documents_are_known_again(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": S3}))
    complete(desk)
    with desk.driver.qtbot.waitSignal(desk.files.editor.ready, timeout=20_000):
        os.kill(desk.driver.page.renderProcessPid(), signal.SIGKILL)
    complete(desk)


def test_another_function_has_servers_of_its_own(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": S3}))
    desk.until(lambda: all(pids(desk).values()))
    before = set(pids(desk).values())
    desk.open(server.function("other", {"app.py": S3}, Runtime="python3.9"))
    complete(desk)
    assert before.isdisjoint(pids(desk).values())
    desk.until(lambda: not [pid for pid in before if Path("/proc", str(pid)).exists()])


def test_problems_of_a_function_that_was_left_are_gone(desk: LanguageDesk, server: CodeServer) -> None:
    hello = server.function("hello", {"app.py": "import os\n\ndef handler(event, context):\n    return 1\n"})
    desk.open(hello)
    desk.until(lambda: desk.panel.list.topLevelItemCount())
    desk.page.deactivate()  # the other one's code is not looked at
    arn = f"{hello.detail.function_arn}-other"
    desk.page.show_function(replace(hello, detail=replace(hello.detail, function_arn=arn)))
    assert desk.problems() == []
    assert desk.panel.list.topLevelItemCount() == 0


def test_other_languages_need_no_servers(desk: LanguageDesk, server: CodeServer) -> None:
    function = server.function(
        "hello", {"index.mjs": "export const handler = 1;\n"}, Runtime="nodejs22.x", Handler="index.handler"
    )
    desk.open(function, "index.mjs")
    assert desk.language.service is None


def test_the_plain_editor_shows_what_the_servers_find(
    services: Services, server: CodeServer, qtbot: QtBot
) -> None:
    desk = LanguageDesk(services, Editor(without_web_engine), qtbot)
    qtbot.addWidget(desk.page, before_close_func=lambda _page: desk.leave())
    qtbot.addWidget(desk.panel)
    desk.page.show()
    desk.open(server.function("hello", {"app.py": "import nowhere\n\n\ndef handler(event, context): pass\n"}))
    desk.until(lambda: any("`nowhere`" in line for line in desk.problems()))
    editor = desk.page.files.editor
    editor.edit(editor.active_uri(), [TextEdit(1, 8, 1, 15, "elsewhere")])
    desk.until(lambda: any("`elsewhere`" in line for line in desk.problems()))
    desk.until(
        lambda: not any("`nowhere`" in line for line in desk.problems())
    )  # the servers answer one by one
    desk.open(server.function("other", {"app.py": "import missing\n"}))
    desk.until(lambda: any("`missing`" in line for line in desk.problems()))


def test_a_file_that_changes_on_disk_is_known_as_it_is_now(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": "import util\n\nutil.fresh\n", "util.py": "x = 1\n"}))
    desk.until(lambda: any("`fresh`" in line for line in desk.problems()))
    workspace = desk.page.workspace
    assert workspace is not None
    workspace.save("util.py", "fresh = 1\n")  # as a replacement in all files does
    desk.files.stored.emit()
    desk.until(lambda: not any("`fresh`" in line for line in desk.problems()))
