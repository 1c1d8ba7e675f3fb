"""pyproject.toml, the lock and the code say the same."""

import importlib
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "packaging" / "requirements.lock").read_text("utf-8")
PINNED = {
    canonicalize_name(requirement.name): str(requirement.specifier).removeprefix("==")
    for line in LOCK.splitlines()
    if line and line[0] not in " #"
    for requirement in [Requirement(line.removesuffix("\\").strip())]
}


@pytest.mark.parametrize(
    "wanted", PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["test"]
)
def test_the_lock_answers_what_the_project_asks(wanted: str) -> None:
    requirement = Requirement(wanted)
    pinned = PINNED.get(canonicalize_name(requirement.name))
    assert pinned, "run ./dev lock"
    assert requirement.specifier.contains(pinned), f"{pinned} is locked: run ./dev lock"


def test_the_console_script_leads_to_a_function() -> None:
    module, _, function = PYPROJECT["project"]["scripts"]["workbench"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_the_script_and_the_project_agree_on_python() -> None:
    assert PYPROJECT["project"]["requires-python"] == ">=3.12"
    assert "sys.version_info < (3, 12)" in (ROOT / "dev").read_text("utf-8")
