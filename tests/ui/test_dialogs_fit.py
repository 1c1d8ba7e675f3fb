"""Every dialog, opened by a test that uses it, fits small screens and texts of twice the size.

Its texts are in a catalogue, and whole where they are longer: the tests use it in the pseudo-language. Tab
reaches every enabled control of it, in reading order.
"""

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ui.dialog_fit import SCREENS, WINDOWS
from workbench import ui
from workbench.core.messages import PSEUDO, VARIABLE
from workbench.ui.kit.dialog import BaseDialog
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.reading_order import ReadingOrder

ROOT = Path(__file__).parents[2]
PATIENCE_S = 1200
BASES = {"kit.dialog.Dialog", "shell.plan_form.PlanForm"}
BASES |= {"features.triggers.trigger_dialog.TriggerDialog"}
OPENED_BY: dict[str, str] = json.loads(Path(__file__).with_name("dialogs_opened_by.json").read_text("utf-8"))
"""For each class of dialog, by module and name below `workbench.ui`, a test that opens one."""
OTHER_WINDOWS_OPENED_BY = (
    "features/fleet/test_fleet_window.py::test_one_table_has_the_functions_of_all_chosen_profiles_and_regions",
    "features/fleet/test_fleet_metrics.py::test_the_fleets_cost_is_an_estimate_with_its_prices",
    "features/profiles/test_editing.py::test_a_role_is_added_and_chosen",
)

type Looked = tuple[list[dict[str, Any]], subprocess.CompletedProcess[str]]


def dialogs() -> set[str]:
    """All classes of dialogs in the package, by module and name below `workbench.ui`."""
    for module in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        importlib.import_module(module.name)
    found: set[str] = set()
    waiting = [BaseDialog]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith(f"{ui.__name__}."):
                found.add(f"{kind.__module__.removeprefix(f'{ui.__name__}.')}.{kind.__name__}")
    return found - BASES


def test_every_dialog_is_looked_at() -> None:
    assert dialogs() == set(OPENED_BY)


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    """What the plugin reports of what these tests open. They may fail, as they lose the keyboard to it."""
    folder = tmp_path_factory.mktemp("fit")
    report = folder / "report.jsonl"
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
    command += ["--fit-report", str(report), "--basetemp", str(folder / "inner")]
    command += [f"tests/ui/{test}" for test in sorted({*OPENED_BY.values(), *OTHER_WINDOWS_OPENED_BY})]
    done = subprocess.run(
        command,
        env=os.environ | {VARIABLE: PSEUDO},
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    return [json.loads(line) for line in report.read_text("utf-8").splitlines()], done


def assert_all_are_well(looked_at: Looked, what: str) -> None:
    """Every dialog was looked at, and nothing of this kind is to be mended."""
    entries, done = looked_at
    looked = [entry for entry in entries if what in entry]
    opened = {entry["kind"].removeprefix(f"{ui.__name__}.") for entry in looked}
    assert opened >= OPENED_BY.keys(), (what, OPENED_BY.keys() - opened, done)
    assert not [(entry["kind"], entry[what]) for entry in looked if entry[what]]


def test_every_dialog_fits_its_screen_and_tab_reaches_every_control_in_reading_order(
    looked_at: Looked,
) -> None:
    for what in ("wrong_100", "wrong_200", "missed"):  # of its size, and by Tab
        assert_all_are_well(looked_at, what)
    assert len(SCREENS) == 4


def test_every_text_of_a_dialog_is_translated_and_whole(looked_at: Looked) -> None:
    for what in ("untranslated", "cut", "untranslated_filled", "cut_filled"):
        assert_all_are_well(looked_at, what)


def test_every_control_of_a_dialog_has_a_name_for_assistive_technology(looked_at: Looked) -> None:
    assert_all_are_well(looked_at, "nameless")


def test_tab_reaches_every_control_of_the_other_windows_in_reading_order(looked_at: Looked) -> None:
    entries, done = looked_at
    walked = [entry for entry in entries if "missed" in entry]
    opened = {entry["kind"] for entry in walked}
    wanted = {f"{kind.__module__}.{kind.__name__}" for kind in WINDOWS}
    assert wanted <= opened, (wanted - opened, done)
    assert not [(entry["kind"], entry["missed"]) for entry in walked if entry["missed"]]
    windows = {kind for kind in ReadingOrder.__subclasses__() if kind.__module__.startswith(ui.__name__)}
    assert windows == {
        *WINDOWS,
        BaseDialog,
        FileDialog,
    }
