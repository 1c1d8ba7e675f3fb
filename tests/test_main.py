"""How the tests are run: no run succeeds over a test that failed, crashed or was left out."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CROWDED = "import os\ndef test_crowded(): assert 'PYTEST_XDIST_WORKER' not in os.environ\n"
BROKEN = "import pytest\n@pytest.mark.parametrize('n', range({}))\ndef test_broken(n): assert n < 0\n"
CRASHES_IN_THE_CROWD = "import os\ndef test_crash(): 'PYTEST_XDIST_WORKER' not in os.environ or os.abort()\n"
FAILS = "def test_fails(): assert 0\n"
WELL = "def test_well(): pass\n"
LEAVES = "import os\ndef test_leaves(): os._exit(0)\n"
STOPS = "import pytest\ndef test_stops(): pytest.exit('enough', returncode=0)\n"
IS_WELL_AT_THE_END = "def pytest_sessionfinish(session): session.exitstatus = 0\n"
ALONE = "test_it.py::test_crowded"


def today() -> date:
    """When the test runs: the suite may have begun on the day before."""
    return datetime.now(UTC).date()


def run(folder: Path, files: dict[str, str], *arguments: str, **more: str) -> tuple[int, str]:
    """Runs the runner over files of tests, with a crowd of one; gives its exit code and what it said."""
    for name, text in {"pytest.ini": "[pytest]\n", **files}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "__main__.py", *arguments],
        cwd=folder,
        env={**outside, **plugins, "PYTHONPATH": str(ROOT), "TESTS_WORKERS": "1", **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("tests", "code", "said", "unsaid"),
    [
        (WELL, 0, "1 passed", "Trying"),
        (CROWDED, 1, f"passed only alone, and need mending: {ALONE}", "2 passed"),
        (BROKEN.format(1), 1, "Trying what failed again, alone: test_it.py::test_broken[0]", "mending"),
        (BROKEN.format(4), 1, "4 failed", "Trying"),
    ],
)
def test_what_fails_is_tried_again_alone(
    tmp_path: Path, tests: str, code: int, said: str, unsaid: str
) -> None:
    ended, told = run(tmp_path, {"test_it.py": tests})

    assert ended == code, told
    assert said in told
    assert unsaid not in told


def test_four_workers_are_the_crowd_unless_another_number_is_given(tmp_path: Path) -> None:
    counts = "import os\ndef test_counts(): assert os.environ['PYTEST_XDIST_WORKER_COUNT'] == '4'\n"

    ended, told = run(tmp_path, {"test_it.py": counts}, TESTS_WORKERS="")

    assert ended == 0, told


def test_a_test_that_fails_is_not_lost_behind_one_that_crashes(tmp_path: Path) -> None:
    files = {"test_crash.py": CRASHES_IN_THE_CROWD + FAILS, "test_well.py": WELL}

    ended, told = run(tmp_path, files, "--max-worker-restart", "0", TESTS_WORKERS="2")

    assert ended == 1, told
    assert "Trying" not in told


def test_nothing_is_tried_again_after_a_crash_that_passes_alone(tmp_path: Path) -> None:
    listed = f"{today()} test_crash.py::test_crash\n"

    files = {"test_crash.py": CRASHES_IN_THE_CROWD, "tests/passes_alone.txt": listed}

    ended, told = run(tmp_path, files, TESTS_WORKERS="2")

    assert ended == 1, told
    assert "Trying" not in told


@pytest.mark.parametrize("tests", [WELL + LEAVES, STOPS + WELL, LEAVES + FAILS])
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_that_ends_early_fails(tmp_path: Path, tests: str, workers: str) -> None:
    ended, told = run(tmp_path, {"test_it.py": tests}, "-n", workers)

    assert ended != 0, told


def test_an_exit_code_that_was_made_up_is_not_believed(tmp_path: Path) -> None:
    files = {"test_it.py": FAILS, "conftest.py": IS_WELL_AT_THE_END}

    ended, told = run(tmp_path, files, "-n", "0")

    assert ended == 1, told
    assert "1 failed" in told


@pytest.mark.parametrize("conftest", ["import os; os._exit(0)\n"])
def test_a_run_that_ends_before_its_first_test_fails(tmp_path: Path, conftest: str) -> None:
    ended, told = run(tmp_path, {"test_it.py": WELL, "conftest.py": conftest})

    assert ended == 1, told
    assert "middle of its work" in told


def test_a_test_that_was_not_reached_is_no_success(tmp_path: Path) -> None:
    """With -x, what comes after the one that passes alone has never run."""
    listed = f"{today()} {ALONE}\n"
    files = {"test_it.py": CROWDED + FAILS, "tests/passes_alone.txt": listed}

    ended, told = run(tmp_path, files, "-x")

    assert ended != 0, told
    assert "did not run to their end" in told
    assert "Trying" not in told


@pytest.mark.parametrize(
    ("days", "code"), [(0, 0), (30, 0), (31, 1)], ids=["new", "on its last day", "too old"]
)
def test_a_test_on_the_list_may_need_to_be_alone_for_a_month(tmp_path: Path, days: int, code: int) -> None:
    listed = f"# why\n{today() - timedelta(days=days)} {ALONE}\n"

    ended, told = run(tmp_path, {"test_it.py": CROWDED, "tests/passes_alone.txt": listed})

    assert ended == code, told
    assert "passed only alone" in told


def test_a_test_on_the_list_excuses_no_other(tmp_path: Path) -> None:
    listed = f"{today()} {ALONE}\n"
    other = CROWDED.replace("test_crowded", "test_other")

    ended, told = run(tmp_path, {"test_it.py": CROWDED + other, "tests/passes_alone.txt": listed})

    assert ended == 1, told


@pytest.mark.parametrize(
    "spelling",
    [
        ["-n", "1"],
        ["-n1"],
        ["-qn1"],
        ["--numprocesses=1"],
        ["--numprocesses", "1"],
        ["--tx", "1*popen", "-d"],
    ],
)
def test_a_run_whose_number_of_workers_is_given_tries_nothing_again(
    tmp_path: Path, spelling: list[str]
) -> None:
    ended, told = run(tmp_path, {"test_it.py": CROWDED}, *spelling)

    assert ended == 1, told
    assert "1 failed" in told
    assert "Trying" not in told


def test_a_number_of_workers_in_the_environment_counts_too(tmp_path: Path) -> None:
    ended, told = run(tmp_path, {"test_it.py": CROWDED}, PYTEST_ADDOPTS="-n1")

    assert ended == 1, told
    assert "Trying" not in told


@pytest.mark.parametrize("question", ["--help", "--collect-only", "--fixtures"])
def test_questions_about_the_tests_run_none_and_are_answered(tmp_path: Path, question: str) -> None:
    ended, told = run(tmp_path, {"test_it.py": FAILS}, question)

    assert ended == 0, told
