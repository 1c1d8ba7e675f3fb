"""Making a function by keyboard, in a real window on a screen of its own."""

from pathlib import Path

from tests.e2e.whole_job import run_job


def test_a_function_is_made_and_invoked_by_keyboard(screen: dict[str, str], tmp_path: Path) -> None:
    run_job("new_function_job", tmp_path, screen)
    shown = ("folder", "contents", "by-name", "dialog", "made")
    assert {picture.name for picture in tmp_path.glob("*.png")} == {
        f"{what}-{theme}.png" for what in shown for theme in ("light", "dark")
    }
