"""Every dialog, opened by a test that uses it, fits small screens and texts of twice the size.

Tab reaches every enabled control of it, in reading order.
"""

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ui.dialog_fit import SCREENS
from workbench import ui
from workbench.ui.kit.dialog import Dialog

ROOT = Path(__file__).parents[2]
PATIENCE_S = 300
CHUNKS = 4
BASES = {"sign_in.form.Form", "new_function.working_form.WorkingForm", "triggers.plan_form.PlanForm"}
BASES |= {"triggers.wiring_dialog.WiringDialog", "finish_or_undo.FinishOrUndo"}
BASES |= {
    "new_function.interrupted.InterruptedDialog"
}  # no more than a FinishOrUndo; three others are opened
OPENED_BY: dict[str, str] = json.loads(Path(__file__).with_name("dialogs_opened_by.json").read_text("utf-8"))
"""For each class of dialog, by module and name below `workbench.ui`, a test that opens one."""


def dialogs() -> set[str]:
    """All classes of dialogs in the package, by module and name below `workbench.ui`."""
    for module in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        importlib.import_module(module.name)
    found: set[str] = set()
    waiting = [Dialog]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith(f"{ui.__name__}."):
                found.add(f"{kind.__module__.removeprefix(f'{ui.__name__}.')}.{kind.__name__}")
    return found - BASES


def test_every_dialog_is_looked_at() -> None:
    assert dialogs() == set(OPENED_BY)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_dialog_fits_its_screen_and_tab_reaches_every_control_in_reading_order(
    chunk: int, tmp_path: Path
) -> None:
    tests = sorted(set(OPENED_BY.values()))[chunk::CHUNKS]  # one that opens several dialogs runs once
    kinds = {kind for kind, test in OPENED_BY.items() if test in tests}
    report = tmp_path / "report.jsonl"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n0",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.ui.dialog_fit",
    ]
    command += ["--fit-report", str(report), "--basetemp", str(tmp_path / "inner")]
    command += [f"tests/ui/{test}" for test in tests]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    entries = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    for what in ("wrong", "missed"):  # of its size, and by Tab
        looked = [entry for entry in entries if what in entry]
        opened = {entry["kind"].removeprefix(f"{ui.__name__}.") for entry in looked}
        assert kinds <= opened, (what, kinds - opened, done.returncode, done.stdout, done.stderr)
        assert not [(entry["kind"], entry[what]) for entry in looked if entry[what]]
    assert len(SCREENS) == 4
