"""The first quarter of an hour as a new user has it, on the smallest screens that the window is made for."""

from pathlib import Path

from tests.e2e.whole_job import run_job
from workbench.core.messages import PSEUDO, VARIABLE


def test_the_tour_on_a_screen_of_1280_by_800(screen: dict[str, str], tmp_path: Path) -> None:
    run_job("tour_job", tmp_path, screen, arguments=("1280", "800", "turns"))


def test_the_tour_on_a_full_hd_screen_at_200_percent(large_screen: dict[str, str], tmp_path: Path) -> None:
    run_job("tour_job", tmp_path, large_screen | {"QT_SCALE_FACTOR": "2"}, arguments=("960", "540", "turns"))


def test_every_text_of_the_tour_is_translated_and_whole(large_screen: dict[str, str], tmp_path: Path) -> None:
    """In the pseudo-language, whose texts are longer; and none is cut off."""
    run_job("tour_job", tmp_path, large_screen | {VARIABLE: PSEUDO}, arguments=("1920", "1080", "turns"))
