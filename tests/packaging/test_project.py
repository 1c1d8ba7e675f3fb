"""pyproject.toml, the lock and the code say the same."""

import importlib
import re
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SANDBOX = tomllib.loads((ROOT / "sandbox" / "pyproject.toml").read_text("utf-8"))
RUN_LOCK, TEST_LOCK = "packaging/requirements.lock", "packaging/requirements-test.lock"
BUILD_LOCK = "packaging/requirements-build.lock"
SANDBOX_LOCK = "sandbox/workbench_sandbox/server/requirements.lock"
WANTED = {
    RUN_LOCK: PYPROJECT["project"]["dependencies"],
    TEST_LOCK: PYPROJECT["dependency-groups"]["test"],
    SANDBOX_LOCK: SANDBOX["project"]["optional-dependencies"]["server"],
    BUILD_LOCK: PYPROJECT["dependency-groups"]["build"],
}


def pinned_in(lock: str) -> dict[str, str]:
    """The versions that a lock names."""
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    pins = [Requirement(line.removesuffix("\\").strip()) for line in lines if line and line[0] not in " #"]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


@pytest.mark.parametrize(("lock", "wanted"), [(lock, each) for lock in WANTED for each in WANTED[lock]])
def test_the_lock_answers_what_the_project_asks(lock: str, wanted: str) -> None:
    requirement = Requirement(wanted)
    pinned = pinned_in(lock).get(canonicalize_name(requirement.name))
    assert pinned, "run ./dev lock"
    assert requirement.specifier.contains(pinned), f"{pinned} is locked: run ./dev lock"


def test_the_console_script_leads_to_a_function() -> None:
    module, _, function = PYPROJECT["project"]["scripts"]["workbench"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_the_script_and_the_project_agree_on_python() -> None:
    assert PYPROJECT["project"]["requires-python"] == ">=3.12"
    assert "sys.version_info < (3, 12)" in (ROOT / "dev").read_text("utf-8")


def test_both_locks_of_python_agree_where_they_overlap() -> None:
    run, tests = pinned_in(RUN_LOCK), pinned_in(TEST_LOCK)
    assert {name: tests[name] for name in run.keys() & tests} == {
        name: run[name] for name in run.keys() & tests
    }


@pytest.mark.parametrize(
    ("figures", "locks", "environment"),
    [
        ("run_python_mb", [RUN_LOCK], None),
        ("test_python_mb", [RUN_LOCK, TEST_LOCK], None),
        ("sandbox_mb", [SANDBOX_LOCK], ".venv-sandbox"),
    ],
)
def test_the_script_knows_how_large_the_python_packages_are(
    figures: str, locks: list[str], environment: str | None
) -> None:
    """Its progress counts up to this. On Linux, x86-64: elsewhere they differ by a little."""
    found = re.search(rf"^{figures}='\d+ (\d+)'", (ROOT / "dev").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    names = {name for lock in locks for name in pinned_in(lock)}
    folders = sys.path if environment is None else map(str, ROOT.glob(f"{environment}/lib/*/site-packages"))
    installed = [each for each in distributions(path=list(folders)) if canonicalize_name(each.name) in names]
    files = [file for each in installed for file in each.files or []]
    size_mb = sum(file.size or 0 for file in files) / 1_000_000
    assert int(found[1]) == pytest.approx(size_mb, rel=0.1), "change it in ./dev"
