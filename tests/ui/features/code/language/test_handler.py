"""The configured handler: when the code has none, that is a problem, and one gesture mends it."""

from typing import Any

import pytest
from PySide6.QtCore import Qt

from tests.aws_stub import StubbedAws
from tests.ui.editor.driving import CONTROL
from tests.ui.features.code.coder import CodeServer
from tests.ui.features.code.language.desk import LanguageDesk
from workbench.ui.shell.services import OpenFunction

MISSING = "app.py:0: The handler is app.handler, but app.py does not define handler."


def test_a_missing_function_is_created_from_the_text(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": "x = 1\n"}))
    desk.until(lambda: MISSING in desk.problems())
    desk.at(1, 1)
    desk.insist(
        lambda: desk.press(Qt.Key.Key_Period, CONTROL),
        lambda: "Create Function “handler”" in desk.words(".action-widget"),
    )
    desk.press(Qt.Key.Key_Return)
    desk.until(lambda: desk.text == "x = 1\n\n\ndef handler(event, context):\n    return {}\n")
    desk.until(lambda: desk.problems() == [])


def test_a_missing_function_is_created_from_the_list_and_undone(
    desk: LanguageDesk, server: CodeServer
) -> None:
    desk.open(server.function("hello", {"app.py": "x = 1\n"}))
    desk.until(lambda: MISSING in desk.problems())
    desk.panel.fix_wanted.emit(desk.shown[-1][0])
    desk.until(lambda: desk.text == "x = 1\n\n\ndef handler(event, context):\n    return {}\n")
    desk.until(lambda: desk.problems() == [])
    desk.driver.undo()
    desk.until(lambda: desk.text == "x = 1\n")
    desk.until(lambda: MISSING in desk.problems())


def test_a_missing_file_is_created_with_the_function(desk: LanguageDesk, server: CodeServer) -> None:
    function = server.function("hello", {"other.py": "x = 1\n"}, Handler="src/app.handler")
    desk.page.show_function(function)
    desk.page.activate()
    desk.until(lambda: any("src/app.py does not exist." in line for line in desk.problems()))
    desk.panel.fix_wanted.emit(desk.shown[-1][0])
    desk.until(lambda: desk.files.current_path() == "src/app.py")
    desk.until(lambda: desk.text == "def handler(event, context):\n    return {}\n")
    desk.until(lambda: desk.problems() == [])


def test_a_handler_that_is_renamed_while_typing_is_missed_at_once(
    desk: LanguageDesk, server: CodeServer
) -> None:
    code = "def handler(event, context):\n    return {}\n"
    desk.open(server.function("hello", {"app.py": code}))
    desk.at(1, 12)
    desk.type("s")
    desk.until(lambda: MISSING in desk.problems())
    desk.press(Qt.Key.Key_Backspace)
    desk.until(lambda: desk.problems() == [])


def test_the_handler_is_marked_wherever_it_goes(desk: LanguageDesk, server: CodeServer) -> None:
    code = "def other(): ...\n\n\ndef handler(event, context):\n    return {}\n"
    desk.open(server.function("hello", {"app.py": code}))
    marks = "document.querySelectorAll('.handler-mark')"
    tops = f"[...{marks}].map(mark => mark.getBoundingClientRect().top).join()"
    desk.driver.wait_for_js(f"{marks}.length === 1")
    before = float(desk.driver.js(tops))
    desk.at(1, 1)
    desk.press(Qt.Key.Key_Return)
    desk.driver.wait_for_js(f"{tops} > {before + 5}")
    desk.at(5, 12)
    desk.type("s")
    desk.driver.wait_for_js(f"{marks}.length === 0")
    desk.press(Qt.Key.Key_Backspace)
    desk.driver.wait_for_js(f"{marks}.length === 1")


# ---- setting another one -----------------------------------------------------------------------------------

TWO = "def handler(event, context):\n    return 1\n\n\ndef main(event, context):\n    return 2\n"
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"


def answer(handler: str, **more: str) -> dict[str, Any]:
    named = {"FunctionName": "hello", "FunctionArn": ARN, "Runtime": "python3.13", "RevisionId": "r1"}
    return {"Configuration": {**named, "Handler": handler, **more}}


def offer(desk: LanguageDesk, line: int, title: str) -> None:
    desk.at(line, 6)
    desk.insist(lambda: desk.press(Qt.Key.Key_Period, CONTROL), lambda: title in desk.words(".action-widget"))


def test_a_function_that_looks_like_one_can_be_made_the_handler(
    desk: LanguageDesk, server: CodeServer, aws: StubbedAws
) -> None:
    desk.open(server.function("hello", {"app.py": TWO}))
    request = {"FunctionName": "hello", "RevisionId": "r1", "Handler": "app.main"}
    aws.answer("lambda", "get_function", answer("app.handler"))
    aws.answer("lambda", "update_function_configuration", {}, request)
    aws.answer("lambda", "get_function", answer("app.main", RevisionId="r2"))
    set_to: list[OpenFunction] = []
    told: list[str] = []
    desk.language.handler_fix.configured.connect(set_to.append)
    desk.language.handler_fix.notice.connect(lambda text, _detail: told.append(text))
    offer(desk, 5, "Set Handler to “app.main”")
    desk.press(Qt.Key.Key_Return)
    desk.until(lambda: set_to)
    assert set_to[0].detail.handler == "app.main"
    assert told == ["The handler of hello is now app.main."]
    desk.page.show_function(set_to[0])  # as the window does
    desk.page.deployed()
    tops = "[...document.querySelectorAll('%s')].map(each => each.getBoundingClientRect().top)"
    marks, lines = tops % ".handler-mark", tops % ".view-line" + ".sort((a, b) => a - b)"
    desk.driver.wait_for_js(f"{marks}.length === 1 && Math.abs({marks}[0] - {lines}[4]) < 5")


def test_the_handler_itself_and_other_functions_are_not_offered(
    desk: LanguageDesk, server: CodeServer
) -> None:
    code = "def handler(event, context):\n    return add(1, 2)\n\n\ndef add(a, b):\n    return a + b\n"
    desk.open(server.function("hello", {"app.py": code}))

    def offered(line: str) -> int:
        return len(desk.language.handler_fix.offer("app.py", {"line": line}, ()))

    assert offered("def handler(event, context):") == 0
    assert offered("def add(a, b):") == 0
    assert offered("def other(event, context):") == 1


def test_a_missing_handler_can_be_set_to_what_is_there(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": "def main(event, context): ...\n"}))
    desk.until(lambda: MISSING in desk.problems())
    assert desk.shown[-1][0].handlers == ("app.main",)
    offer(desk, 1, "Set Handler to “app.main”")
    assert "Create Function “handler”" in desk.words(".action-widget")
    desk.press(Qt.Key.Key_Escape)


def test_a_handler_is_set_only_when_that_is_confirmed(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": TWO}))
    desk.may_set_handler = False
    desk.language.handler_fix.set_handler("app.main")
    assert desk.asked_handlers == [("hello", "app.main")]
    desk.idle()  # nothing was sent: the stub would refuse


@pytest.mark.parametrize("changed", [False, True])
def test_what_is_not_deployed_is_said_with_it(
    desk: LanguageDesk, server: CodeServer, aws: StubbedAws, *, changed: bool
) -> None:
    desk.open(server.function("hello", {"app.py": TWO}))
    if changed:
        desk.at(7, 1)
        desk.type("x")
        desk.until(lambda: desk.page.tree.nodes.index_of("app.py").siblingAtColumn(1).data() == "●")
    aws.answer("lambda", "get_function", answer("app.main"))
    told: list[str] = []
    desk.language.handler_fix.notice.connect(lambda _text, detail: told.append(detail))
    desk.language.handler_fix.set_handler("app.main")
    desk.until(lambda: told)
    assert told == (["Its file has undeployed changes. Deploy it as well."] if changed else [""])


def test_a_published_version_keeps_its_handler(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": TWO}, version="7"))
    desk.language.handler_fix.failed.connect(desk.failed.append)
    asked: dict[str, Any] = {"line": "def main(event, context):"}
    assert desk.language.handler_fix.offer("app.py", asked, ()) == []
    desk.language.handler_fix.set_handler("app.main")
    assert desk.failed[0].action == "code.latest"


def test_the_mark_goes_with_the_file(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": TWO}))
    assert desk.language.handler_fix.path() == "app.py"
    assert desk.page.workspace is not None
    desk.page.workspace.delete("app.py")
    desk.page.deployed()
    desk.until(lambda: any("app.py does not exist." in line for line in desk.problems()))
    assert desk.language.handler_fix.path() == ""


def test_a_refusal_is_said(desk: LanguageDesk, server: CodeServer, aws: StubbedAws) -> None:
    desk.open(server.function("hello", {"app.py": TWO}))
    aws.answer("lambda", "get_function", answer("app.handler"))
    aws.refuse("lambda", "update_function_configuration", "AccessDeniedException", "no", 403)
    desk.language.handler_fix.failed.connect(desk.failed.append)
    desk.language.handler_fix.set_handler("app.main")
    desk.until(lambda: desk.failed)
    assert desk.failed[0].aws_code == "AccessDeniedException"


def test_the_handler_of_a_script_is_marked_and_another_offered(
    desk: LanguageDesk, server: CodeServer
) -> None:
    code = "export const handler = async (event) => event;\nexport const other = async (event) => 1;\n"
    function = server.function("hello", {"index.mjs": code}, Runtime="nodejs22.x", Handler="index.handler")
    desk.open(function, "index.mjs")
    desk.driver.wait_for_js("document.querySelectorAll('.handler-mark').length === 1")
    assert "handler's file" in desk.page.tree.nodes.index_of("index.mjs").data(
        Qt.ItemDataRole.AccessibleTextRole
    )
    asked = {"line": "export const other = async (event) => 1;"}
    (offered,) = desk.language.handler_fix.offer("index.mjs", {**asked}, ())
    assert isinstance(offered, dict)
    assert offered["title"] == "Set Handler to “index.other”"
