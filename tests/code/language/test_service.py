"""ty and ruff themselves: what they know of a function's Python, and that they never leave a person alone."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.code.language.listening import PATIENCE_S, Listener, place
from workbench.code.language_server import MAX_RESTARTS, Json, Message, ServerSpec, frame
from workbench.code.language_service import (
    MAX_FINDINGS,
    file_changes,
    file_stamps,
    matches_of,
    python_version,
    ranges_by_file,
    read_published,
)
from workbench.code.search import FileMatches, Match
from workbench.core.jobs import JobContext


def framed(message: Message) -> str:
    return frame(message).decode()


Start = Callable[..., Listener]
PYTHON = Path(sys.prefix), Path(sys.base_prefix)
MATCH = "def handler(event, context):\n    match event:\n        case _:\n            return 1\n"


@pytest.mark.parametrize(
    ("runtime", "version"),
    [
        ("python3.9", "3.9"),
        ("python3.14", "3.14"),
        ("python3.15", ""),
        ("python2.7", ""),
        ("nodejs22.x", ""),
        ("", ""),
        ("python3.13; rm", ""),
    ],
)
def test_the_runtime_says_which_python(runtime: str, version: str) -> None:
    assert python_version(runtime) == version


@pytest.mark.parametrize(("version", "is_wrong"), [("3.9", True), ("3.10", False), ("3.14", False)])
def test_code_is_checked_for_the_functions_own_python(
    start: Start, root: Path, version: str, is_wrong: bool
) -> None:
    listener = start(version)
    listener.open(root, "app.py", MATCH + "x: int = ''\n")
    listener.until(lambda: any("assignable" in message for message in listener.messages("app.py")))
    assert any("`match`" in message for message in listener.messages("app.py")) is is_wrong


@pytest.mark.parametrize("module", ["boto3", "botocore.exceptions", "urllib3", "dateutil.parser", "json"])
def test_what_the_runtime_brings_can_be_imported(start: Start, root: Path, module: str) -> None:
    listener = start()
    listener.open(root, "app.py", f"import {module}\nimport nowhere\n")
    listener.until(lambda: any("`nowhere`" in message for message in listener.messages("app.py")))
    assert not [each for each in listener.messages("app.py") if "resolve" in each and "nowhere" not in each]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_servers_make_way_for_the_window(start: Start, root: Path) -> None:
    """Every thread of them: on Linux each has a priority of its own."""
    listener = start()
    listener.open(root, "app.py", "import nowhere\n")
    listener.until(lambda: listener.messages("app.py") and all(listener.service.pids.values()))
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    for name, pid in listener.service.pids.items():
        threads = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
        assert {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads} == {min(mine + 5, 19)}, name


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_servers_get_no_key_token_or_password(
    start: Start, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They parse code of others."""
    for name in (
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "HTTPS_PROXY",
        "PYTHONPATH",
        "VIRTUAL_ENV",
        "ANY_OTHER",
    ):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("RUFF_NO_CACHE", "1")
    listener = start()
    listener.open(root, "app.py", "import nowhere\n")
    listener.until(lambda: listener.messages("app.py") and all(listener.service.pids.values()))
    for name, pid in listener.service.pids.items():
        variables = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"secret" not in variables, name
        assert {b"PATH", b"HOME", b"RUFF_NO_CACHE"} <= {
            each.partition(b"=")[0] for each in variables.split(b"\0")
        }


def test_what_workbench_runs_on_is_not_the_functions(start: Start, root: Path) -> None:
    listener = start()
    listener.open(root, "app.py", "import PySide6\n")
    listener.until(lambda: any("PySide6" in each and "layer" in each for each in listener.messages("app.py")))
    (problem,) = [each for each in listener.problems["app.py"] if "layer" in each.message]
    assert problem.severity == "warning"


def test_what_the_package_brings_wins(start: Start, root: Path) -> None:
    (root / "urllib3").mkdir()
    (root / "urllib3" / "__init__.py").write_text("OWN = 1\n")
    listener = start()
    listener.open(root, "app.py", "import urllib3\nurllib3.OWN\nurllib3.PoolManager\n")
    listener.until(lambda: any("PoolManager" in message for message in listener.messages("app.py")))
    assert not any("OWN" in message for message in listener.messages("app.py") if "no member" in message)


def test_what_a_virtual_environment_beside_the_code_has_can_be_imported(start: Start, root: Path) -> None:
    packages = root / ".venv" / "lib" / "python3.13" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "inside.py").write_text("x = 1\n")
    listener = start()
    listener.open(root, "app.py", "import inside\nimport nowhere\n")
    listener.until(lambda: any("`nowhere`" in message for message in listener.messages("app.py")))
    assert not any("`inside`" in message for message in listener.messages("app.py") if "resolve" in message)


def test_a_name_that_is_missing_is_said_once(start: Start, root: Path) -> None:
    listener = start()
    listener.open(root, "app.py", "def handler(event, context):\n    return missing\n")
    listener.until(lambda: listener.messages("app.py"))
    listener.open(root, "other.py", "import os\n")  # when ruff has answered this, it has answered that
    listener.until(lambda: any("imported but unused" in each for each in listener.messages("other.py")))
    assert len([each for each in listener.problems["app.py"] if "missing" in each.message]) == 1


def has_started(listener: Listener, times: int) -> bool:
    return listener.started.count("ty") == times


def has_found(listener: Listener, count: int) -> bool:
    return len(listener.messages("app.py")) == count


STYLE = """\
import os
import json
import boto3


def handler(event, context):
    try:
        return f"{os.sep}{json.dumps(event)}{boto3.__name__}"
    except Exception:
        pass
    if event == None: return dict()
    items=[]
    for each in items:
        raise ValueError(each) from None
    unused = 1
"""


def rules(listener: Listener) -> set[str]:
    return {each.rule for each in listener.problems.get("app.py", ())}


def test_style_is_no_problem_and_a_likely_bug_is(start: Start, root: Path) -> None:
    listener = start()
    listener.open(root, "app.py", STYLE)
    listener.until(lambda: "F841" in rules(listener))
    assert {each for each in rules(listener) if each[1:].isdigit()} == {"F841"}


def test_the_projects_own_rules_count(start: Start, root: Path) -> None:
    (root / "ruff.toml").write_text('lint.select = ["I", "F841"]\n', "utf-8")
    listener = start()
    listener.open(root, "app.py", STYLE)
    listener.until(lambda: {"F841", "I001"} <= rules(listener))


def test_imports_can_be_organized_all_the_same(start: Start, root: Path) -> None:
    listener = start()
    listener.open(root, "app.py", STYLE)
    listener.until(lambda: "F841" in rules(listener))
    everything: Json = {"start": {"line": 0, "character": 0}, "end": {"line": 3, "character": 0}}
    document: Json = {"uri": (root / "app.py").as_uri()}
    asked: Message = {"textDocument": document, "range": everything, "context": {"diagnostics": []}}
    found = listener.ask("textDocument/codeAction", asked)
    assert isinstance(found, list)
    kinds = [each.get("kind") for each in found if isinstance(each, dict)]
    assert any("organizeImports" in str(kind) for kind in kinds), kinds


def test_a_killed_server_is_there_again_with_what_is_open(start: Start, root: Path) -> None:
    listener = start()
    text = "x: int = ''\n"
    listener.open(root, "app.py", text)
    listener.until(lambda: listener.messages("app.py"))
    for kills in range(1, MAX_RESTARTS + 1):
        os.kill(listener.service.pids["ty"], signal.SIGKILL)
        listener.until(partial(has_started, listener, kills + 1))
        text += "y: str = 1\n"
        listener.open(root, "app.py", text, only="ty")  # as the page does
        listener.until(partial(has_found, listener, kills + 1))
    assert listener.given_up == []


def test_a_server_that_keeps_ending_is_given_up_and_that_is_said(start: Start, root: Path) -> None:
    def command() -> Sequence[str]:
        return [sys.executable, "-c", "raise SystemExit(7)"]

    listener = start(specs=(ServerSpec("ty", root, command, {}, PYTHON),))
    listener.until(lambda: listener.given_up)
    assert listener.given_up == [("ty", "it ended with 7")]
    assert listener.started == ["ty"] * (MAX_RESTARTS + 1)


@pytest.mark.parametrize(
    "says",
    [
        "garbage\n\n",
        "Content-Length: 99999999999\r\n\r\n",
        "Content-Length: x\r\n\r\n",
        "Content-Length: 2\r\n\r\n[]",
        "Content-Length: 200000\r\n\r\n" + "[" * 200_000,
        framed(
            {"method": "textDocument/publishDiagnostics", "params": {"uri": "file://[x", "diagnostics": []}}
        ),
    ],
    ids=["garbage", "long", "no length", "list", "deep", "address"],
)
def test_a_server_that_talks_nonsense_is_ended(start: Start, root: Path, says: str) -> None:
    code = (
        "import sys; sys.stdout.write(open('says', newline='').read()); sys.stdout.flush(); sys.stdin.read()"
    )
    (root / "says").write_text(says, newline="")

    def command() -> Sequence[str]:
        return [sys.executable, "-c", code]

    listener = start(specs=(ServerSpec("ty", root, command, {}, PYTHON),))
    listener.until(lambda: listener.given_up)
    assert "could not be understood" in listener.given_up[0][1]


def test_a_server_that_is_not_there_is_said(start: Start, root: Path) -> None:
    listener = start(specs=(ServerSpec("ty", root, lambda: ["/nowhere/ty"], {}),))
    listener.until(lambda: listener.given_up)
    assert listener.given_up[0][1] == "it could not be started: No such file or directory"


def test_who_waits_hears_of_the_end(start: Start, root: Path) -> None:
    listener = start()
    listener.open(root, "app.py", "x = 1\n")
    reasons: list[str] = []
    refused = threading.Event()

    def refuse(reason: str) -> None:
        reasons.append(reason)
        refused.set()

    listener.service.request("textDocument/hover", place(root, "other.py", 0, 0), lambda _: None, refuse)
    assert refused.wait(PATIENCE_S)
    assert reasons == ["it does not know this document"]


def test_what_is_typed_in_one_file_is_known_in_another(start: Start, root: Path) -> None:
    (root / "util.py").write_text("old_name = 1\n")
    listener = start()
    listener.open(root, "util.py", "new_name = 1\n")
    listener.open(root, "app.py", "import util\nutil.\n")
    found = listener.ask("textDocument/completion", place(root, "app.py", 1, 5))
    assert isinstance(found, dict)
    assert isinstance(found["items"], list)
    names = {item["label"] for item in found["items"] if isinstance(item, dict)}
    assert "new_name" in names
    assert "old_name" not in names


def test_files_outside_the_code_are_not_told(start: Start, root: Path, tmp_path: Path) -> None:
    listener = start()
    listener.open(tmp_path, "secret.py", "x: int = ''\n")
    listener.open(root, "app.py", "x: int = ''\n")
    listener.until(lambda: listener.messages("app.py"))
    assert set(listener.problems) == {"app.py"}


def _finding(line: int, severity: int | None) -> dict[str, Json]:
    place: dict[str, Json] = {"line": line, "character": 0}
    found: dict[str, Json] = {"range": {"start": place, "end": place}, "message": f"{line}"}
    return found if severity is None else found | {"severity": severity}


def _lines(findings: list[dict[str, Json]]) -> list[Json]:
    return [finding["message"] for finding in findings]


def test_a_flood_of_hints_is_cut_and_hides_no_error() -> None:
    hints: list[Json] = [_finding(line, 4) for line in range(MAX_FINDINGS * 20)]
    late: list[Json] = [_finding(70_000, 1), _finding(70_001, None), _finding(70_002, 2)]

    uri, found = read_published({"uri": "file:///code/app.py", "diagnostics": [*hints, *late]})

    assert uri == "file:///code/app.py"
    assert len(found) == MAX_FINDINGS
    assert _lines(found)[:5] == ["70000", "70001", "70002", "0", "1"]


@pytest.mark.parametrize("number", [-1, 2**70, 1e999, None, "1", [1]])
def test_a_place_that_no_file_has_is_the_beginning(tmp_path: Path, number: Json) -> None:
    place: Json = {"line": number, "character": number}
    answer: Json = [{"uri": (tmp_path / "a.py").as_uri(), "range": {"start": place, "end": place}}]
    assert ranges_by_file(answer, tmp_path) == {"a.py": [(1, 1, 1, 1)]}


def test_what_is_few_stays_as_the_server_told_it() -> None:
    few: list[Json] = [_finding(1, 4), "nonsense", _finding(2, 1), _finding(3, None)]

    assert _lines(read_published({"uri": "file:///code/app.py", "diagnostics": few})[1]) == ["1", "2", "3"]


def location(uri: str, line: int, start: int, end: int, end_line: int | None = None) -> Json:
    last = line if end_line is None else end_line
    return {
        "uri": uri,
        "range": {"start": {"line": line, "character": start}, "end": {"line": last, "character": end}},
    }


def test_places_are_sorted_by_file_and_line_and_said_once(tmp_path: Path) -> None:
    app, lib = (tmp_path / "my app.py").as_uri(), (tmp_path / "lib" / "a.py").as_uri()
    answer: Json = [
        location(app, 5, 4, 8),
        location(app, 0, 16, 20),
        location(app, 5, 4, 8),
        location(lib, 1, 0, 4),
        location("file:///usr/lib/python3/os.py", 1, 0, 4),
        "nonsense",
    ]
    assert ranges_by_file(answer, tmp_path) == {
        "lib/a.py": [(2, 1, 2, 5)],
        "my app.py": [(1, 17, 1, 21), (6, 5, 6, 9)],
    }


@pytest.mark.parametrize("answer", [None, [], {}, "x", [None], [{"uri": 1}]])
def test_no_answer_has_no_places(answer: Json, tmp_path: Path) -> None:
    assert ranges_by_file(answer, tmp_path) == {}


def test_a_match_has_the_line_around_it_as_a_search_has() -> None:
    texts = {"a.py": "x = 1\n    print('😀', name)\n", "b.py": "y" * 50 + "name" + "z" * 200}
    found = matches_of(
        {"a.py": [(2, 17, 2, 21)], "b.py": [(1, 51, 1, 55)], "gone.py": [(1, 1, 1, 2)]}, texts.get
    )
    assert found == (
        FileMatches("a.py", (Match(2, 17, 21, "print('😀', ", "name", ")"),)),
        FileMatches("b.py", (Match(1, 51, 55, "…" + "y" * 40, "name", "z" * 160),)),
    )


def test_places_that_the_text_does_not_have_any_more_are_left_out() -> None:
    assert matches_of({"a.py": [(9, 1, 9, 2), (1, 1, 2, 1)]}, {"a.py": "x\ny"}.get) == ()


def test_what_came_changed_and_went_is_told(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("app.py", "deep/er/gone.py", "deep/same.pyi", "data.json"):
        (tmp_path / name).write_text("x = 1\n")
    before = file_stamps(tmp_path, JobContext())
    (tmp_path / "app.py").write_text("x = 12\n")
    (tmp_path / "deep" / "er" / "gone.py").unlink()
    (tmp_path / "deep" / "new.py").write_text("")
    (tmp_path / "data.json").write_text("{}")
    now = file_stamps(tmp_path, JobContext())
    assert file_changes(before, now) == [
        ("created", "deep/new.py"),
        ("changed", "app.py"),
        ("deleted", "deep/er/gone.py"),
    ]
    assert file_changes(now, now) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "app.py").write_text("")
    assert set(file_stamps(tmp_path, JobContext())) == {"app.py"}
