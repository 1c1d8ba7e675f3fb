"""A function's layers: fetched while one works, and known to the language servers then."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from tests.aws_stub import StubbedAws
from tests.code.servers import Behaviour, sends, serving
from tests.code.zips import make_zip
from tests.ui.features.code.coder import CodeServer, Slow
from tests.ui.features.code.language.desk import LanguageDesk

ARN = "arn:aws:lambda:eu-central-1:123456789012:layer:tools:7"
APP = "import tool\n\n\ndef handler(event, context):\n    return tool.answer\n"
NO_TOOL = "app.py:1: Cannot resolve imported module `tool`. It works if a layer contains the module."
LAYERS = [{"Arn": ARN}]

Publish = Callable[[Callable[[bytes], Behaviour]], None]


@pytest.fixture
def publish(aws: StubbedAws, tmp_path: Path) -> Iterator[Publish]:
    """AWS has the layer, and is asked for it once."""
    with ExitStack() as servers:

        def publish(behave: Callable[[bytes], Behaviour]) -> None:
            package = make_zip(tmp_path / "layer.zip", {"python/tool.py": "answer = 42\n"}).read_bytes()
            location = servers.enter_context(serving(behave(package)))
            sha256 = base64.b64encode(hashlib.sha256(package).digest()).decode()
            content = {"Content": {"Location": location, "CodeSha256": sha256}}
            aws.answer("lambda", "get_layer_version_by_arn", content, {"Arn": ARN})

        yield publish


def test_opening_does_not_wait_for_a_layer_that_is_known_afterwards(
    desk: LanguageDesk, server: CodeServer, publish: Publish
) -> None:
    slow = Slow()
    function = server.function("hello", {"app.py": APP}, Layers=LAYERS)
    publish(slow)
    desk.page.show_function(function)
    desk.page.activate()
    desk.until(lambda: slow.half_sent.is_set() and NO_TOOL in desk.problems())
    assert desk.files.current_path() == "app.py"
    slow.go.set()
    desk.until(lambda: NO_TOOL not in desk.problems())
    desk.at(6, 1)
    desk.type("tool.")
    desk.insist(
        lambda: desk.press(Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier),
        lambda: "answer" in desk.suggestions(),
    )
    assert desk.failed == []


def test_what_was_fetched_once_is_known_at_once(
    desk: LanguageDesk, server: CodeServer, publish: Publish
) -> None:
    function = server.function("hello", {"app.py": APP}, Layers=LAYERS)
    publish(sends)
    desk.open(function)
    before = desk.language.service
    desk.open(server.function("other", {"app.py": APP}, Layers=LAYERS))
    desk.until(lambda: desk.language.service is not before)
    desk.at(6, 1)
    desk.type("tool.")
    desk.until(lambda: "answer" in desk.suggestions())
    assert NO_TOOL not in desk.problems()


def test_a_denied_layer_is_said_once(desk: LanguageDesk, server: CodeServer, aws: StubbedAws) -> None:
    for name in ("hello", "other"):
        function = server.function(name, {"app.py": APP}, Layers=LAYERS)
        aws.refuse("lambda", "get_layer_version_by_arn", "AccessDeniedException", "not allowed", 403)
        desk.open(function)
        desk.until(lambda: NO_TOOL in desk.problems())
    (error,) = desk.failed
    assert "tools:7" in error.what
    assert error.aws_code == "AccessDeniedException"


def test_code_of_another_language_fetches_none(desk: LanguageDesk, server: CodeServer) -> None:
    files: dict[str, bytes | str] = {"app.mjs": "export const handler = 1;\n"}
    desk.open(server.function("hello", files, Runtime="nodejs22.x", Layers=LAYERS), "app.mjs")
    assert desk.failed == []


def test_a_handler_in_a_layer_is_missed_only_until_the_layer_is_here(
    desk: LanguageDesk, server: CodeServer, publish: Publish
) -> None:
    slow = Slow()
    function = server.function("hello", {"app.py": "x = 1\n"}, Handler="tool.handler", Layers=LAYERS)
    publish(slow)
    desk.page.show_function(function)
    desk.page.activate()
    missing = "tool.py does not exist. This works only if a layer contains the module."
    desk.until(lambda: slow.half_sent.is_set() and any(missing in line for line in desk.problems()))
    slow.go.set()
    desk.until(lambda: desk.problems() == [])


def test_a_version_has_its_own_layers_and_runtime(
    desk: LanguageDesk, server: CodeServer, publish: Publish
) -> None:
    code = "import tomllib\n\nimport tool\n\n\ndef handler(event, context):\n    return tomllib, tool\n"
    desk.open(server.function("hello", {"app.py": code}))
    desk.until(lambda: any("`tool`" in line for line in desk.problems()))
    assert not any("tomllib" in line for line in desk.problems())
    server.function(
        "hello",
        {"old.py": code},
        version="1",
        Handler="old.handler",
        Runtime="python3.10",
        Layers=LAYERS,
    )
    publish(sends)
    desk.page.show_version("1")
    desk.until(lambda: desk.files.current_path() == "old.py")
    desk.until(lambda: any("tomllib" in line for line in desk.problems()))  # there since Python 3.11
    desk.until(lambda: not any("`tool`" in line for line in desk.problems()))
    assert desk.language.handler_fix.location() == (desk.uri("old.py"), "handler")
    server.function("hello", {"app.py": code})
    desk.page.show_version("")
    desk.until(lambda: any("`tool`" in line for line in desk.problems()))
    desk.until(lambda: not any("tomllib" in line for line in desk.problems()))
    assert desk.failed == []


def test_code_is_checked_anew_for_another_runtime_and_handler(desk: LanguageDesk, server: CodeServer) -> None:
    code = "import tomllib\n\n\ndef handler(event, context):\n    return tomllib\n"
    function = server.function("hello", {"app.py": code})
    desk.open(function)
    desk.until(lambda: desk.language.service is not None)
    assert not any("tomllib" in line for line in desk.problems())
    older = replace(function.detail, runtime="python3.10", handler="app.main")  # as a person configures it
    desk.page.show_function(replace(function, detail=older))
    desk.until(lambda: any("tomllib" in line for line in desk.problems()))  # there since Python 3.11
    desk.until(lambda: any("main" in line for line in desk.problems()))
    assert desk.files.current_path() == "app.py"
