"""ty and ruff parse code of others: they reach it and what they need, and nothing else of the user's."""

import json
import os
import shutil
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.code.language.listening import Listener, place
from tests.code.language.test_service import PYTHON
from tests.sandbox.server.server import ROOT
from tests.security.test_fence import REFUSING, RESTRICT_SELF
from workbench.code.language_server import Json, ServerSpec
from workbench.code.language_service import path_of, python_servers
from workbench_sandbox.fence import confinement

pytestmark = pytest.mark.skipif(confinement.abi() == 0, reason="this system has no fence")

Start = Callable[..., Listener]
HOSTILE = Path(__file__).with_name("hostile_server.py")


@pytest.fixture
def places(tmp_path: Path) -> Iterator[dict[str, object]]:
    """Things of the user, and programs that listen."""
    home = tmp_path / "home"
    secret = home / ".aws" / "credentials"
    secret.parent.mkdir(parents=True)
    secret.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as port, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "bus"))
        local.listen()
        yield {
            "home": str(home),
            "secret": str(secret),
            "port": port.getsockname()[1],
            "socket": str(tmp_path / "bus"),
            "signals": confinement.abi() >= 6,
        }


@pytest.fixture
def hostile(
    start: Start, root: Path, tmp_path: Path, places: dict[str, object]
) -> Callable[..., dict[str, str]]:
    """Starts the hostile server; returns what it came to."""
    (root / "app.py").write_text("x = 1\n")
    program = tmp_path / "program" / "server.py"  # a copy: it writes over itself if nothing stops it
    program.parent.mkdir()
    shutil.copyfile(HOSTILE, program)

    def run(*before: str) -> dict[str, str]:
        command = [*before, sys.executable, str(program), json.dumps(places)]
        listener = start(specs=(ServerSpec("ty", root, lambda: command, {}, (*PYTHON, program.parent)),))
        listener.until(lambda: listener.messages("app.py") or listener.given_up)
        (message,) = listener.messages("app.py")
        found: dict[str, str] = json.loads(message)
        return found

    return run


def test_a_server_that_was_taken_over_reaches_nothing_of_the_users(
    hostile: Callable[..., dict[str, str]],
    places: dict[str, object],
    root: Path,
) -> None:
    found = hostile()
    done = {name for name, came in found.items() if came == "done"}
    assert done == {"read the code", "write to its temporary folder", "write to its cache"}
    assert set(found.values()) == {"done", "PermissionError"}
    assert Path(str(places["secret"])).read_text() == "secret"
    assert os.listdir(str(places["home"])) == [".aws"]
    assert (root / "app.py").read_text() == "x = 1\n"


def test_its_own_folder_goes_with_it(
    start: Start, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    listener = start()
    listener.open(root, "app.py", "import nowhere\n")
    listener.until(lambda: listener.messages("app.py"))
    assert len(list(temporary.iterdir())) == 2
    listener.service.stop()
    listener.service.join()
    assert list(temporary.iterdir()) == []


def test_workbench_itself_stays_outside(
    hostile: Callable[..., dict[str, str]], places: dict[str, object]
) -> None:
    before = limits_of_this_process()
    hostile()
    assert Path(str(places["secret"])).read_text() == "secret"
    socket.create_connection(("127.0.0.1", int(str(places["port"])))).close()
    assert limits_of_this_process() == before


def limits_of_this_process() -> list[str]:
    lines = Path("/proc/self/status").read_text().splitlines()
    return [line for line in lines if line.startswith(("NoNewPrivs", "Seccomp", "Cap"))]


def test_where_the_kernel_refuses_the_fence_it_starts_as_before(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    script = textwrap.dedent(f"""
        import logging, subprocess
        from pathlib import Path
        from workbench.core.fenced_process import start_reader
        logging.basicConfig()
        command = ["cat", {str(tmp_path / "secret")!r}]
        own = Path({str(tmp_path / "own")!r})
        start_reader(lambda: subprocess.Popen(command), (), own).wait()
    """)
    plain, refused = (
        subprocess.run([*before, sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
        for before in ((), (*REFUSING, str(RESTRICT_SELF)))
    )
    assert "Permission denied" in plain.stderr
    assert plain.stdout == ""
    assert refused.stdout == "secret"
    assert (
        "starts without isolation: [Errno 1] landlock_restrict_self: Operation not permitted"
        in refused.stderr
    )


# What ty and ruff do for ordinary users


def definition(listener: Listener, root: Path, line: int, character: int) -> str:
    """The address of the file in which a name in app.py is defined."""
    found = listener.ask("textDocument/definition", place(root, "app.py", line, character))
    assert isinstance(found, list)
    assert isinstance(found[0], dict)
    return str(found[0]["uri"])


def test_a_definition_in_the_standard_library_is_found(start: Start, root: Path) -> None:
    """The stubs of ty are inside of it; it writes them to its cache."""
    listener = start()
    listener.open(root, "app.py", "import json\njson.dumps(1)\n")
    assert "def dumps(" in path_of(definition(listener, root, 1, 6)).read_text()


def test_a_definition_in_the_runtime_and_in_dependencies_is_found(
    start: Start,
    root: Path,
    tmp_path: Path,
) -> None:
    dependency = tmp_path / "cache" / "dependencies" / "package.py"
    dependency.parent.mkdir(parents=True)
    dependency.write_text("def made(): ...\n")
    specs = python_servers(root, "3.13", tmp_path / "imports", (dependency.parent,))
    listener = start(specs=specs)
    listener.open(root, "app.py", "import boto3, package\nboto3.client\npackage.made\npackage.\n")
    for line, name in ((1, "boto3"), (2, "package.py")):
        assert name in definition(listener, root, line, 9)
    completions = listener.ask("textDocument/completion", place(root, "app.py", 3, 8))
    assert "made" in json.dumps(completions)


def test_code_is_formatted_by_the_rules_of_a_folder_above_it(start: Start, root: Path) -> None:
    (root.parent / "pyproject.toml").write_text("[tool.ruff]\nindent-width = 2\n")
    listener = start()
    listener.open(root, "app.py", "def handler(event, context):\n        return 'x'\n")
    options: Json = {"tabSize": 4, "insertSpaces": True}
    document: Json = {"uri": (root / "app.py").as_uri()}
    edits = listener.ask("textDocument/formatting", {"textDocument": document, "options": options})
    assert '"  return' in json.dumps(edits) or "\\n  return" in json.dumps(edits)


def test_the_users_own_rules_count(
    start: Start,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules = tmp_path / "configuration" / "ruff"
    rules.mkdir(parents=True)
    (rules / "ruff.toml").write_text('lint.select = ["I"]\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(rules.parent))
    listener = start()
    listener.open(root, "app.py", "import os\nimport json\nprint(os, json)\n")
    listener.until(lambda: any(each.rule == "I001" for each in listener.problems.get("app.py", ())))
