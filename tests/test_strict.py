"""Each strict check bites, and bites nothing else: strict_cases.py, run in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).parent
RUN = [sys.executable, "-m", "pytest", str(HERE / "strict_cases.py"), "-q", "-p", "no:cacheprovider"]
FAILS = {
    "test_leaks_a_thread": "threads still running",
    "test_leaks_a_process": "child processes still running",
    "test_leaks_a_timer": "left behind: QTimer ''",
    "test_leaks_a_single_shot": "left behind: QTimer ''",
    "test_leaks_a_qt_thread": "left behind: QThread ''",
    "test_leaks_a_window": "left behind: QWidget ''",
    "test_causes_a_qt_warning": "shown to nobody",
    "test_causes_a_qt_warning_in_teardown": "said at the end",
    "test_logs_a_warning": "WARNING workbench.somewhere: disk is full",
    "test_logs_where_no_handler_looks": "ERROR aloof: heard by nobody",
    "test_announces_a_line_that_never_comes": "never came: ['disk is full']",
    "test_leaves_a_file_open": "unclosed file",
    "test_warns": "DeprecationWarning: old",
    "test_dies_in_a_thread": "ZeroDivisionError",
    "test_raises_in_a_slot": "in a slot",
    "test_stalls_asleep": "in _sleep_in_a_slot",
    "test_stalls_busy": "in _parse_in_a_slot",
    "test_stalls_without_a_loop": "in _sleep_in_a_slot",
    "test_fails_and_keeps_a_window": "assert <PySide6",
}
PASSES = (
    "test_joins_its_thread",
    "test_ends_its_process",
    "test_stops_its_timer",
    "test_closes_its_window",
    "test_leaves_a_window_to_the_collector",
    "test_announces_a_qt_warning_in_teardown",
    "test_announces_its_log_line",
    "test_logs_below_warning",
    "test_works_in_a_thread",
    "test_sees_no_environment_of_the_developer",
)


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What pytest said of each case: its failures and errors."""
    report = tmp_path_factory.mktemp("strict") / "report.xml"
    subprocess.run(
        [*RUN, f"--junitxml={report}"],
        cwd=HERE.parent,
        env=os.environ | {"AWS_PROFILE": "the-developers-own"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    found: dict[str, list[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        said = found.setdefault(case.attrib["name"], [])
        said += [
            f"{part.attrib.get('message')}\n{part.text}" for part in case if part.tag in ("failure", "error")
        ]
    return found


def test_every_case_is_judged(complaints: dict[str, list[str]]) -> None:
    assert set(complaints) == {*FAILS, *PASSES}


@pytest.mark.parametrize(("case", "words"), FAILS.items())
def test_misbehaviour_fails(complaints: dict[str, list[str]], case: str, words: str) -> None:
    assert len(complaints[case]) == 1, complaints[case]
    assert words in complaints[case][0]


@pytest.mark.parametrize("case", PASSES)
def test_good_behaviour_passes(complaints: dict[str, list[str]], case: str) -> None:
    assert complaints[case] == []
