"""While a person types: completion and problems, from the real ty and ruff, in the real editor."""

from PySide6.QtCore import Qt

from tests.ui.features.code.coder import CodeServer
from tests.ui.features.code.language.desk import LanguageDesk

S3 = 'import boto3\n\ns3 = boto3.client("s3")\n\n\ndef handler(event, context):\n    \n'


def test_a_client_of_boto3_completes(desk: LanguageDesk, server: CodeServer) -> None:
    desk.open(server.function("hello", {"app.py": S3}))
    desk.at(7, 5)
    desk.type("s3.")
    desk.until(lambda: "abort_multipart_upload" in desk.suggestions())
    desk.type("get_objec")
    desk.until(lambda: desk.suggestions()[:1] == ["get_object"])
    desk.press(Qt.Key.Key_Tab)
    desk.until(lambda: "    s3.get_object\n" in desk.text)


def test_a_module_of_the_package_completes_unsaved(desk: LanguageDesk, server: CodeServer) -> None:
    """What another file has is known as it stands in the editor, not as it is on disk."""
    desk.open(server.function("hello", {"app.py": "import util\n\n", "util.py": "x = 1\n"}))
    desk.files.open("util.py")
    desk.until(lambda: desk.files.current_path() == "util.py")
    desk.at(2, 1)
    desk.type("fresh_name = 2")
    desk.until(lambda: "fresh_name = 2" in desk.text)
    desk.files.open("app.py")
    desk.at(2, 1)
    desk.type("util.")
    desk.until(lambda: "fresh_name" in desk.suggestions())


def test_problems_appear_as_they_are_typed_and_go_when_mended(desk: LanguageDesk, server: CodeServer) -> None:
    code = "def handler(event, context):\n    return 1\n"
    desk.open(server.function("hello", {"app.py": code}))
    desk.at(1, 1)
    desk.type("import os\nx: int = ''\n")
    desk.until(
        lambda: (
            any("`os` imported but unused" in line for line in desk.problems())
            and any("not assignable to `int`" in line for line in desk.problems())
        )
    )
    places = {line.partition(": ")[2].partition(" ")[0]: line.partition(": ")[0] for line in desk.problems()}
    assert (places["`os`"], places["Object"]) == ("app.py:1", "app.py:2")
    desk.driver.wait_for_js("document.querySelectorAll('.squiggly-error').length === 1")
    desk.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    desk.type("def handler(event, context): ...")
    desk.until(lambda: desk.problems() == [])
    desk.driver.wait_for_js("document.querySelectorAll('.squiggly-error').length === 0")


def test_the_first_completion_comes_by_itself(desk: LanguageDesk, server: CodeServer) -> None:
    """With nothing but a key; `./dev bench` measures how soon."""
    desk.open(server.function("hello", {"app.py": S3}))
    desk.at(7, 5)
    desk.until(lambda: desk.language.service is not None and all(desk.language.service.pids.values()))
    desk.driver.type("s3")
    desk.type(".")
    desk.until(lambda: len(desk.suggestions()) > 3)
