"""A function that is made from a folder keeps the folder as its code."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from tests.code.dependencies.wheels import make_wheel, use_only
from tests.ui.dialogs import install_question
from tests.ui.features.new_function.test_code_from import Maker, maker, write_code
from workbench.ui.features.new_function.code_fields import CodeFrom
from workbench.ui.files.tree import DEPENDENCIES

__all__ = ["maker"]


def test_a_function_made_from_a_folder_has_the_folder_as_its_code(
    maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(tmp_path / "wheels", "lib", "1.0", {"lib/__init__.py": "value = 'installed'\n"})
    use_only(tmp_path / "wheels", monkeypatch)
    source = "import lib\n\ndef handler(event, context):\n    return lib.value\n"
    files = {"app.py": source, "requirements.txt": "lib==1.0\n"}
    folder = write_code(tmp_path / "code", CodeFrom.FOLDER, files)
    maker.choose(CodeFrom.FOLDER)
    maker.dialog.code.path.line.setText(str(folder))
    maker.create()
    install_question(maker.desk).yes.click()
    maker.until_made()

    code = maker.desk.code
    maker.desk.until(lambda: code.workspace is not None)
    maker.desk.idle()
    assert code.workspace is not None
    assert code.workspace.local_folder == folder
    assert code.tree.files() == ["app.py", "requirements.txt"]
    group = code.tree.nodes.index_of(DEPENDENCIES)
    assert group.isValid()
    assert not code.tree.isExpanded(group)
    badge = maker.desk.window.page.findChild(QLabel, "functionNotDeployed")
    assert badge is not None
    assert not badge.isVisible()
