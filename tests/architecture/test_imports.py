"""Imports run one way, and each contract that says so bites: a planted forbidden import is found."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.source_files import ROOT, source_files

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONTRACTS = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}

PLANTED = [
    ("layers", "core", "import workbench.aws"),
    ("layers", "aws", "import workbench.profiles"),
    ("layers", "profiles", "import workbench.deploy"),
    ("layers", "deploy", "import workbench.ui"),
    ("layers", "ui", "import workbench.app"),
    ("layers", "code", "import workbench.functions"),
    ("layers", "invoke", "import workbench.logs"),
    ("layers", "a_room_without_a_layer", ""),
    ("qt", "core", "import PySide6.QtCore"),
    ("qt", "invoke", "from PySide6 import QtCore"),
    ("qt", "metrics", "import pyqtgraph"),
    ("kit", "ui/kit", "import workbench.functions"),
    ("botocore", "ui", "import boto3"),
    ("botocore", "functions", "from botocore.exceptions import ClientError"),
    ("core", "core", "import numpy"),
    ("ui", "ui/shell", "import workbench.ui.features.console_link"),
    ("ui", "ui/editor", "import workbench.ui.shell"),
    ("features", "ui/features/another", "import workbench.ui.features.console_link"),
    ("sandbox", "workbench_sandbox/server", "import workbench.core"),
    ("sandbox-rules", "workbench_sandbox/rules", "import ministack"),
    ("sandbox-server", "invoke", "import workbench_sandbox.server.clock"),
]

Lint = Callable[[], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and its contracts, to be spoiled."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in ("workbench", "sandbox/workbench_sandbox"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Runs import-linter on the folder's package."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    command += [f"--contract={contract}" for contract in contracts]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (folder, folder / "sandbox")))}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_every_contract_is_kept() -> None:
    said = lint(ROOT)
    assert said.returncode == 0, said.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken" in said.stdout


def test_the_unspoiled_copy_is_clean(copy: Path) -> None:
    said = lint(copy)
    assert said.returncode == 0, said.stdout


@pytest.fixture(scope="module")
def said_of_all(copy: Path) -> str:
    """What import-linter says of a copy with all planted imports, on one line."""
    planted = [plant(copy, room, number, line) for number, (_, room, line) in enumerate(PLANTED) if line]
    try:
        said = lint(copy)
    finally:
        for path in planted:
            path.unlink()
    assert said.returncode == 1
    return re.sub(r"\s+", " ", said.stdout)


def folder_of(copy: Path, room: str) -> Path:
    """The folder of a room of Workbench or of the Sandbox."""
    return copy / ("sandbox" if room.startswith("workbench_sandbox") else "workbench") / room


def plant(copy: Path, room: str, number: int, line: str) -> Path:
    """Puts a module with an import into a room."""
    planted = folder_of(copy, room) / f"planted_{number}.py"
    if not planted.parent.exists():
        planted.parent.mkdir()
        (planted.parent / "__init__.py").touch()
    planted.write_text(line, "utf-8")
    return planted


@pytest.mark.parametrize(
    ("number", "contract", "room", "line"), [(n, *each) for n, each in enumerate(PLANTED) if each[2]]
)
def test_a_planted_import_breaks_the_contract(
    said_of_all: str, number: int, contract: str, room: str, line: str
) -> None:
    room = room.replace("/", ".")
    name = CONTRACTS[contract]["name"]
    assert f"{name} BROKEN" in said_of_all
    found = said_of_all.split("Broken contracts", 1)[1].split(f" {name} ---", 1)[1].split(" ----", 1)[0]
    imported = line.split()[1]  # of a package that is not ours, import-linter knows the top only
    imported = imported if imported.startswith("workbench") else imported.partition(".")[0]
    package = "" if room.startswith("workbench_sandbox") else "workbench."
    assert f"{package}{room}.planted_{number} -> {imported}" in found


@pytest.mark.parametrize(("contract", "room"), [(each[0], each[1]) for each in PLANTED if not each[2]])
def test_a_room_without_a_layer_breaks_the_contract(copy: Path, contract: str, room: str) -> None:
    folder = plant(copy, room, 0, "").parent
    try:
        said = lint(copy, contract)
    finally:
        shutil.rmtree(folder)
    assert said.returncode == 1
    assert f"workbench.{room}" in re.sub(r"\s+", " ", said.stdout)


def test_every_contract_has_a_planted_import() -> None:
    assert {contract for contract, _, _ in PLANTED} == set(CONTRACTS)


def test_every_room_is_named_where_it_matters() -> None:
    rooms = {path.name for path in (ROOT / "workbench").iterdir() if (path / "__init__.py").exists()}
    qt_free = {module.removeprefix("workbench.") for module in CONTRACTS["qt"]["source_modules"]}
    sdk_free = {module.removeprefix("workbench.") for module in CONTRACTS["botocore"]["source_modules"]}
    assert qt_free == rooms - {"ui"}
    assert sdk_free == rooms - {"aws", "profiles"} | {"app"}


def test_core_imports_the_standard_library_platformdirs_and_msgspec_only() -> None:
    allowed = sys.stdlib_module_names | {"workbench", "workbench_sandbox", "platformdirs", "msgspec"}
    assert {
        (path.name, name)
        for path in (ROOT / "workbench" / "core").rglob("*.py")
        for name in _imported(path)
        if name not in allowed
    } == set()


def test_every_import_is_a_declared_dependency() -> None:
    # The Sandbox's server has an environment of its own.
    sandbox = tomllib.loads((ROOT / "sandbox" / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*PYPROJECT["project"]["dependencies"], *sandbox["optional-dependencies"]["server"]]
    declared = {re.split(r"[\[=<>~]", line)[0] for line in lines}
    declared |= {"yaml"} if "pyyaml" in declared else set()  # the module's name is another
    came_with = {"shiboken6", "s3transfer", "awscrt"}  # of PySide6, boto3 and botocore[crt], which pin them
    came_with |= {"hypercorn", "h11"}  # of ministack, whose pinned version is served with them
    came_with |= {"urllib3"}  # of botocore, whose connections it makes
    came_with |= {"secretstorage"}  # of keyring, on Linux
    came_with |= {"_pydevd_bundle"}  # of debugpy, with which it is loaded
    allowed = sys.stdlib_module_names | declared | came_with
    allowed |= {"workbench", "workbench_sandbox", "sitecustomize"}
    assert {
        (str(path.relative_to(ROOT)), name)
        for path in source_files()
        for name in _imported(path)
        if name not in allowed
    } == set()


def _imported(path: Path) -> set[str]:
    """The top-level names that a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names
