"""Dependencies installed, deployed and moved to a layer by keyboard, in a real window."""

from pathlib import Path

from tests.e2e.whole_job import run_job


def test_dependencies_are_installed_deployed_and_moved_by_keyboard(
    screen: dict[str, str], tmp_path: Path
) -> None:
    run_job("dependencies_job", tmp_path, screen)
    assert len(list(tmp_path.glob("*.png"))) == 24
