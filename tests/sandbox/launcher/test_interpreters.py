"""A function runs on its own Python version where that is installed."""

import sys
from pathlib import Path

import pytest

from tests.sandbox.launcher.server import Server
from workbench.sandbox.launcher.spec import Interpreters, build_runtime_dir

OTHERS = [f"3.{minor}" for minor in range(10, 15) if minor != sys.version_info[1]]


@pytest.fixture(scope="module")
def interpreters(tmp_path_factory: pytest.TempPathFactory) -> Interpreters:
    return Interpreters(build_runtime_dir(tmp_path_factory.mktemp("runtime") / "var"))


def test_the_runtime_folder_holds_what_lambda_has_and_no_more(interpreters: Interpreters) -> None:
    names = {path.name for path in interpreters.runtime_dir.iterdir()}
    assert {"boto3", "botocore", "awslambdaric", "six.py"} <= names
    assert not {"PySide6", "numpy", "ministack", "workbench"} & names
    assert all(path.exists() for path in interpreters.runtime_dir.iterdir())


def test_our_own_version_is_our_own_interpreter(interpreters: Interpreters) -> None:
    found = interpreters.for_runtime("python{}.{}".format(*sys.version_info[:2]))
    assert (found.path, found.note) == (sys.executable, "")


@pytest.mark.parametrize("runtime", ["python2.7", "python3.6", "python3.99", "python", "python3.1x"])
def test_without_a_match_it_is_ours_with_a_note(
    interpreters: Interpreters, runtime: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = interpreters.for_runtime(runtime)
    assert found.path == sys.executable
    assert found.note == f"running {runtime} on {sys.version_info[0]}.{sys.version_info[1]}"
    interpreters.for_runtime(runtime)
    assert capsys.readouterr().err == f"runtime: {found.note}\n"


def test_a_candidate_of_another_version_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreters: Interpreters
) -> None:
    (tmp_path / "python3.98").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert interpreters.for_runtime("python3.98").note


@pytest.mark.parametrize("version", OTHERS)
def test_another_version_runs_with_the_same_runtime(
    tmp_path: Path, interpreters: Interpreters, version: str
) -> None:
    found = interpreters.for_runtime(f"python{version}")
    if found.note:
        pytest.skip(f"Python {version} is not installed")
    assert found.version.startswith(f"{version}.")
    with Server(tmp_path) as server:
        source = """
import sys, boto3, logging
def handler(event, context):
    logging.getLogger().warning("logged")
    if event == "fail": raise LookupError("x")
    return [list(sys.version_info[:2]), context.get_remaining_time_in_millis(), boto3.__version__]
"""
        server.create("other", source, Runtime=f"python{version}", Timeout=20)
        answered = server.invoke("other")
        assert not answered.error, answered.payload
        assert answered.payload[0] == [int(part) for part in version.split(".")]
        assert 0 < answered.payload[1] <= 20_000
        failed = server.invoke("other", "fail")
        assert failed.payload["errorType"] == "LookupError"
        assert "logged" in failed.log
        assert not server.stderr()
