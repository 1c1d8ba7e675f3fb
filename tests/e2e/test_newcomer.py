"""A newcomer's first day, on the smallest screen that the window is made for, with frames around windows."""

from pathlib import Path

from tests.e2e.whole_job import run_job


def test_a_newcomers_day_on_a_screen_of_1280_by_800(managed_screen: dict[str, str], tmp_path: Path) -> None:
    run_job("newcomer_job", tmp_path, managed_screen)
