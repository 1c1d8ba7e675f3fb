"""Every shortcut works in the code editor at the first press, in Monaco and in the plain editor."""

import re
from pathlib import Path

from tests.e2e.whole_job import run_job
from workbench.ui.shell.actions import MENUS


def test_every_shortcut_runs_its_action_while_the_code_editor_has_the_keyboard(
    screen: dict[str, str], tmp_path: Path
) -> None:
    said = run_job("shortcuts_job", tmp_path, screen)
    number = sum(1 for specs in MENUS.values() for spec in specs if spec.shortcut)
    pressed = re.search(r"^pressed (\d+) \1$", said, re.MULTILINE)
    assert pressed is not None, said
    assert int(pressed[1]) > number, said  # features add theirs to the menus
