"""Language servers in the whole program: killed while the user works, and told of installed packages."""

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QPushButton

from tests.code.dependencies.wheels import make_wheel, use_only
from tests.e2e.desk import PROFILE, Desk, text_of, write_profile
from tests.ui.dialogs import install_question
from workbench.aws.client_config import Access
from workbench.code.language_server import MAX_RESTARTS
from workbench.ui.features.code.language import Language

GIVEN_UP = "Python completion and checks are unavailable."


def pid(desk: Desk) -> int:
    language = desk.program.window.findChild(Language)
    assert language is not None
    service = language.service
    return service.pids["ty"] if service is not None else 0


def is_another(desk: Desk, killed: int) -> bool:
    return pid(desk) not in (0, killed)


def test_a_killed_server_comes_back_three_times_then_a_button_brings_it_back(
    sit: Callable[[str], Desk], access: Access, function_name: str
) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.wait_for_list()
    desk.open_function(function_name)
    desk.until(lambda: pid(desk))
    for _ in range(MAX_RESTARTS):
        killed = pid(desk)
        os.kill(killed, signal.SIGKILL)
        desk.until(partial(is_another, desk, killed))
    assert not [each for each in desk.window.banners.banners if GIVEN_UP in text_of(each)]
    last = pid(desk)
    os.kill(last, signal.SIGKILL)
    banner = desk.wait_for_message(GIVEN_UP)
    desk.press_remedy(banner)
    desk.until(partial(is_another, desk, last))
    desk.type_over("x: int = ''")
    desk.until(lambda: [each for each in problems(desk) if "assignable" in each])


def problems(desk: Desk) -> list[str]:
    """What the Problems panel lists."""
    listed = desk.window.problems.list
    items = [listed.topLevelItem(row) for row in range(listed.topLevelItemCount())]
    return [item.text(0) for item in items if item is not None]


def use_folder(desk: Desk, folder: Path) -> None:
    """Makes a folder on this machine the code of the open function."""
    desk.act("code.use_folder")
    desk.until(lambda: desk.window.findChild(QFileDialog, "chooseLocalFolder"))
    chooser = desk.window.findChild(QFileDialog, "chooseLocalFolder")
    assert chooser is not None
    chooser.selectFile(str(folder))
    chooser.accept()
    desk.until(lambda: desk.window.findChild(QPushButton, "folderOfferUse"))
    use = desk.window.findChild(QPushButton, "folderOfferUse")
    assert use is not None
    use.click()
    desk.until(lambda: desk.code.workspace is not None and desk.code.workspace.local_folder == folder)


UNRESOLVED = "Cannot resolve imported module `tool`"


def test_imports_of_a_local_folder_resolve_as_soon_as_a_deploy_has_installed_the_dependencies(
    sit: Callable[[str], Desk],
    access: Access,
    function_name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_wheel(tmp_path / "wheels", "tool", "1.0", {"tool/__init__.py": "value: str = 'installed'\n"})
    use_only(tmp_path / "wheels", monkeypatch)
    folder = tmp_path / "project"
    folder.mkdir()
    # The type of the value is known only to who finds the module.
    source = "import tool\n\nnumber: int = tool.value\n\ndef handler(event, context):\n    return number\n"
    (folder / "app.py").write_text(source)
    (folder / "requirements.txt").write_text("tool==1.0\n")
    write_profile(access)
    desk = sit(PROFILE)
    desk.wait_for_list()
    desk.open_function(function_name)
    use_folder(desk, folder)
    desk.until(lambda: [each for each in problems(desk) if UNRESOLVED in each])

    desk.act("function.deploy")
    install_question(desk).yes.click()

    desk.wait_for_message("Deployed")
    desk.until(lambda: [each for each in problems(desk) if "not assignable" in each])
    assert not [each for each in problems(desk) if UNRESOLVED in each]
