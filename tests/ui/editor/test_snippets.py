"""Handlers to begin with: offered where one can begin, and each is code that its language accepts."""

import shutil
import subprocess
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from tests.ui.editor.driving import Driver

APP = "file:///functions/hello/app.py"
ROWS = "[...document.querySelectorAll('.suggest-widget.visible .monaco-list-row')]"
LABELS = f"{ROWS}.map(row => row.querySelector('.label-name').textContent)"
SOURCES = ("HTTP", "S3", "SQS", "SNS", "DynamoDB", "Kinesis", "EventBridge")


@pytest.fixture
def driver(kept_editor: Driver) -> Driver:
    language = kept_editor.editor.language
    language.asked.connect(lambda question, *_: language.refused.emit(question, "no language server"))
    return kept_editor


def _insert(driver: Driver, uri: str, text: str, source: str = "") -> str:
    """The text after choosing a source's handler by its name, at the end of a text."""
    driver.editor.open_file(uri, text)
    driver.editor.reveal(uri, text.count("\n") + 1, 1)
    driver.type(source.lower() or "lambda")
    wanted = f"handler: {source}" if source else "handler"
    driver.wait_for_js(f"{LABELS}[0] === {wanted!r}")
    driver.press(Qt.Key.Key_Tab)
    driver.qtbot.waitUntil(lambda: "\n" in driver.snapshot(uri).text.removeprefix(text))
    return driver.snapshot(uri).text


@pytest.mark.parametrize("source", ["", *SOURCES])
def test_every_python_handler_is_python_and_has_its_imports(driver: Driver, source: str) -> None:
    text = _insert(driver, APP, "", source)
    names: dict[str, object] = {}
    exec(compile(text, "app.py", "exec"), names)
    assert callable(names["lambda_handler"])
    for module in ("json", "base64", "logging", "unquote_plus"):
        assert (f"{module}." in text or f"{module}(" in text) <= (module in names)


@pytest.mark.parametrize("source", ["", *SOURCES])
def test_every_node_handler_is_javascript(driver: Driver, source: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node on PATH")
    text = _insert(driver, "file:///functions/hello/index.mjs", "", source)
    assert text.startswith("export const handler = async (event")
    (tmp_path / "index.mjs").write_text(text, "utf-8")
    done = subprocess.run(
        [node, "--check", tmp_path / "index.mjs"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "text", "exported"),
    [
        ("index.js", "", "exports.handler = async (event"),
        ("index.cjs", "", "exports.handler = async (event"),
        ("index.js", 'import fs from "node:fs";\n', "export const handler = async (event"),
        ("index.ts", "", "export const handler = async (event"),
    ],
)
def test_a_script_exports_as_its_file_does(driver: Driver, name: str, text: str, exported: str) -> None:
    assert exported in _insert(driver, f"file:///functions/hello/{name}", text, "SQS")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "import json\n\n\ndef lambda_handler("),
        ('"""Says why."""\n', '"""Says why."""\nimport json\n\n\ndef lambda_handler('),
        ('"""Says\n\nwhy.\n"""\n\n', '"""Says\n\nwhy.\n"""\nimport json\n\n\n\ndef lambda_handler('),
        ("import os\n\n\n", "import json\nimport os\n\n\ndef lambda_handler("),
        ("import os\nimport json\n\n\n", "import os\nimport json\n\n\ndef lambda_handler("),
        ("# encoding\n", "# encoding\nimport json\n\n\ndef lambda_handler("),
    ],
)
def test_what_it_imports_goes_to_the_top_once(driver: Driver, before: str, after: str) -> None:
    assert _insert(driver, APP, before, "HTTP").startswith(after)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("lambda.rb", "def lambda_handler(event:, context:)\n"),
        ("Handler.java", "import com.amazonaws.services.lambda.runtime.Context;\n"),
        ("main.go", "package main\n"),
        ("Function.cs", "using System.Text.Json;\n"),
        ("main.rs", "use lambda_runtime::"),
    ],
)
def test_other_languages_have_a_handler_to_begin_with(driver: Driver, name: str, start: str) -> None:
    text = _insert(driver, f"file:///functions/hello/{name}", "")
    assert text.startswith(start)
    assert "${" not in text


def test_nothing_is_offered_in_the_middle_of_a_line(driver: Driver) -> None:
    driver.editor.open_file(APP, "handler_one = 1\nx = ")
    driver.editor.reveal(APP, 2, 5)
    driver.type("handler")
    driver.wait_for_js(f"{LABELS}.includes('handler_one')")
    assert "handler: S3" not in str(driver.js(f"{LABELS}.join('|')"))
