"""A local folder as a function's code, by keyboard, in a real window on a screen of its own."""

import re
from pathlib import Path

from tests.e2e.whole_job import run_job

PICTURES = ("offer", "bound", "asked", "compared", "binary", "one_line", "missing")


def test_a_folder_is_used_and_shared_with_another_program(screen: dict[str, str], tmp_path: Path) -> None:
    said = run_job("folder_job", tmp_path, screen)
    assert re.search(r"followed_ms \d+\nasked_ms \d+\n", said), said
    assert {picture.name for picture in tmp_path.glob("*.png")} == {
        f"{what}-{theme}.png" for what in PICTURES for theme in ("light", "dark")
    }
