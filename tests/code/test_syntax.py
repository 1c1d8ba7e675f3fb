"""What is said about code before it is deployed."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from workbench.code.syntax import CREATE_HANDLER, Problem, check_python, check_script
from workbench.core.jobs import JobContext

CTX = JobContext()


def _check(
    root: Path,
    files: Mapping[str, str | bytes],
    handler: str = "app.handler",
    runtime: str = "python3.12",
    changed: tuple[str, ...] = (),
) -> tuple[Problem, ...]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return check_python(root, handler, runtime, changed, CTX)


GOOD = "def handler(event, context):\n    return 1\n"


@pytest.mark.parametrize(
    "source",
    [
        GOOD,
        "async def handler(e, c): ...\n",
        "class handler: ...\n",
        "handler = make()\n",
        "from other import f as handler\n",
        "from other import *\n",
        "if True:\n    def handler(e, c): ...\nelse:\n    handler = None\n",
        "try:\n    import fast as handler\nexcept ImportError:\n    raise\n",
        "for name in ['handler']:\n    globals()[name] = print\n",
        "(a, (handler, b)) = 1, (2, 3)\n",
        "def __getattr__(name): ...\n",
        "with x as handler: ...\n",
        "if (handler := make()): ...\n",
        b"# coding: latin-1\nname = '\xe9'\ndef handler(e, c): ...\n",
    ],
)
def test_a_handler_that_is_there_is_no_problem(tmp_path: Path, source: str | bytes) -> None:
    assert _check(tmp_path, {"app.py": source}) == ()


def test_a_syntax_error_is_found_with_its_place(tmp_path: Path) -> None:
    assert _check(tmp_path, {"app.py": "x = 1\ndef handler(event, context)\n    return 1\n"}) == (
        Problem("app.py", 2, 28, "Syntax error: expected ':'.", rule="invalid-syntax"),
    )


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("return 1\n" + GOOD, 1, "'return' outside function"),
        ("x = (\n", 1, "was never closed"),
        (b"x = '\xe9'\n", 1, "utf-8"),
        (b"x = 1\0\n", 0, "null bytes"),
        ("x = " + "(" * 300 + ")" * 300, 1, "too many nested"),
    ],
)
def test_code_that_python_would_refuse_is_found(
    tmp_path: Path, source: str | bytes, line: int, message: str
) -> None:
    (problem,) = _check(tmp_path, {"app.py": source})

    assert problem.path == "app.py"
    assert message in problem.message
    assert problem.line == line


def test_changed_files_are_checked_too(tmp_path: Path) -> None:
    files = {"app.py": GOOD, "lib/bad.py": "def", "lib/old_bad.py": "def", "data.json": "{"}

    problems = _check(tmp_path, files, changed=("lib/bad.py", "data.json", "deleted.py"))

    assert [problem.path for problem in problems] == ["lib/bad.py"]


def test_a_handler_that_is_missing_is_named(tmp_path: Path) -> None:
    (problem,) = _check(tmp_path, {"app.py": "def main(event, context):\n    def handler(): ...\n"})

    message = "The handler is app.handler, but app.py does not define handler."
    assert problem == Problem("app.py", 0, 0, message, fix=CREATE_HANDLER, handlers=("app.main",))


@pytest.mark.parametrize(
    ("files", "handler"),
    [
        ({"src/app/main.py": GOOD}, "src/app/main.handler"),
        ({"src/app/main.py": GOOD}, "src.app.main.handler"),
        ({"pkg/__init__.py": GOOD}, "pkg.handler"),
        ({"fast.cpython-312-x86_64-linux-gnu.so": "\0"}, "fast.handler"),
        ({"app.pyc": "\0"}, "app.handler"),
    ],
)
def test_the_handlers_file_is_found_where_lambda_finds_it(
    tmp_path: Path, files: Mapping[str, str | bytes], handler: str
) -> None:
    assert _check(tmp_path, files, handler) == ()


def test_a_handlers_file_that_is_missing_is_said_with_the_way_out(tmp_path: Path) -> None:
    (problem,) = _check(tmp_path, {"app.py": GOOD}, "datadog_lambda.handler.handler")

    assert "but datadog_lambda/handler.py does not exist" in problem.message
    assert "layer" in problem.message


@pytest.mark.parametrize("handler", ["", "app", "app.", ".handler"])
def test_a_handler_of_no_form_is_said(tmp_path: Path, handler: str) -> None:
    (problem,) = _check(tmp_path, {"app.py": GOOD}, handler)
    assert "module.function" in problem.message


def test_syntax_newer_than_the_runtime_is_found(tmp_path: Path) -> None:
    source = GOOD + "match 1:\n    case 1: ...\n"

    assert _check(tmp_path, {"app.py": source}, runtime="python3.10") == ()
    (problem,) = _check(tmp_path, {"app.py": source}, runtime="python3.9")
    assert problem.line == 4
    assert "3.10" in problem.message


def test_what_this_python_cannot_judge_is_not_judged(tmp_path: Path) -> None:
    newer = f"python3.{sys.version_info.minor + 1}"

    assert _check(tmp_path, {"app.py": "some new syntax"}, runtime=newer) == ()
    assert _check(tmp_path, {"index.js": "export"}, "index.handler", "nodejs22.x") == ()


def test_nothing_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    _check(tmp_path, {"app.py": f"open({str(marker)!r}, 'w')\n" + GOOD})

    assert not marker.exists()


def test_a_handler_that_a_layer_brings_is_no_problem(tmp_path: Path) -> None:
    root, layer = tmp_path / "code", tmp_path / "layer"
    for folder in (root, layer / "wrapper"):
        folder.mkdir(parents=True)
    (layer / "wrapper" / "__init__.py").write_text("def handler(event, context): ...\n")

    def problems(*elsewhere: Path) -> int:
        return len(check_python(root, "wrapper.handler", "python3.13", (), CTX, elsewhere=elsewhere))

    assert problems() == 1
    assert problems(tmp_path / "nowhere") == 1
    assert problems(tmp_path / "nowhere", layer) == 0


@pytest.mark.parametrize(
    "case",
    [
        "nodejs22.x src/index.handler src/index.mjs",
        "nodejs22.x src/index.handler index.mjs src/index.js",
        "nodejs22.x index.handler index",
        "nodejs22.x /opt/nodejs/wrapper.handler index.mjs",
        "provided.al2023 anything main bootstrap",
        "provided.al2023 anything bootstrap",
        "ruby3.4 app.handler main.rb app.rb",
        "java21 example.Handler::run app.jar",
        "python3.13 app.handler main.py",  # check_python says it
    ],
)
def test_a_handlers_file_that_is_not_there_is_said_in_every_language(tmp_path: Path, case: str) -> None:
    runtime, handler, path, *missing = case.split()
    problems = check_script(tmp_path, handler, runtime, [path], has_layers=False)
    ends = [f"has no {each}. Every invocation will fail." for each in missing]
    assert [problem.message[-len(end) :] for problem, end in zip(problems, ends, strict=True)] == ends


def test_what_a_script_exports_can_be_the_handler_instead(tmp_path: Path) -> None:
    (tmp_path / "main.mjs").write_text("import x from 'y';\nexport const run = async (event) => 1;\n")
    (tmp_path / "other.cjs").write_text("exports.handler = async () => 2;\n")
    paths = ["main.mjs", "other.cjs"]
    (problem,) = check_script(tmp_path, "index.handler", "nodejs22.x", paths, has_layers=True)
    assert problem.message.endswith("This works only if a layer contains that file.")
    assert problem.handlers == ("other.handler", "main.run")
