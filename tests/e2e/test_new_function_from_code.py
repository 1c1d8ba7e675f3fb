"""New Function… from code that is there, in the whole program: proposed, created, bound, invoked."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from tests.code.dependencies.wheels import make_wheel, use_only
from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.e2e.test_new_function import dialog_of, press
from tests.ui.dialogs import install_question, wait_for_question
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.index import list_functions
from workbench.ui.features.new_function.code_fields import CodeFrom
from workbench.ui.features.new_function.dialog import NewFunctionDialog

Sit = Callable[[str], Desk]
NAME = "orders"


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def describe(desk: Desk, source: CodeFrom, where: str) -> NewFunctionDialog:
    """Opens the dialog, chooses where the code is, and waits until it was read."""
    desk.wait_for_list()
    desk.act("function.new")
    dialog = dialog_of(desk)
    QTest.keyClicks(dialog.name, NAME)
    dialog.code.kind.setCurrentIndex(dialog.code.kind.findData(source))
    QTest.keyClicks(dialog.code.s3 if source is CodeFrom.S3 else dialog.code.path.line, where)
    desk.until(lambda: dialog.report is not None)
    return dialog


def proposed(dialog: NewFunctionDialog) -> tuple[str, str]:
    return dialog.code.handler.text, dialog.runtime.text


def invoke(desk: Desk, answer: str) -> None:
    """Invokes the function that was just made."""
    desk.until(lambda: desk.names() == [NAME] and desk.window.page.function is not None)
    desk.write_event("{}")
    desk.act("function.invoke")
    desk.until(lambda: desk.result() == answer)


def test_a_folder_of_python_with_requirements(
    sit: Sit, access: Access, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(tmp_path / "wheels", "lib", "1.0", {"lib/__init__.py": "value = 'installed'\n"})
    use_only(tmp_path / "wheels", monkeypatch)
    source = "import lib\nimport own.part\n\ndef handler(event, context):\n    return lib.value\n"
    files = {
        "app.py": source,
        "own/part.py": "",
        "requirements.txt": "lib==1.0\n",
        ".python-version": "3.13\n",
    }
    folder = write(tmp_path / "project", files)
    write_profile(access)
    desk = sit(PROFILE)

    dialog = describe(desk, CodeFrom.FOLDER, str(folder))
    assert proposed(dialog) == ("app.handler", "python3.13")
    assert dialog.problems.isHidden()
    assert dialog.go_on.text() == "Create Function"
    press(dialog, "newFunctionCreate")
    install_question(desk).yes.click()

    desk.until(lambda: desk.files.current_path() == "app.py" and desk.files.editor.is_ready)
    assert desk.code.workspace is not None
    assert desk.code.workspace.local_folder == folder
    invoke(desk, '"installed"')


def test_a_folder_of_node(sit: Sit, access: Access, connection: Connection, tmp_path: Path) -> None:
    files = {
        "package.json": '{"type": "module", "main": "src/main.js", "engines": {"node": ">=20 <25"}}',
        "src/main.js": "import { value } from './value.js';\nimport os from 'os';\n"
        "export const run = async (event) => value + typeof os;\n",
        "src/value.js": "export const value = 'node ';\n",
        "src/main.test.js": "export const handler = async (event) => 1;\n",
    }
    folder = write(tmp_path / "project", files)
    write_profile(access)
    desk = sit(PROFILE)

    dialog = describe(desk, CodeFrom.FOLDER, str(folder))
    assert proposed(dialog) == ("src/main.run", "nodejs24.x")
    assert dialog.problems.isHidden()
    press(dialog, "newFunctionCreate")

    desk.until(lambda: desk.files.current_path() == "src/main.js" and desk.files.editor.is_ready)
    assert desk.code.workspace is not None
    assert desk.code.workspace.local_folder == folder
    invoke(desk, '"node object"')


@pytest.mark.parametrize("source", [CodeFrom.ZIP, CodeFrom.S3])
def test_a_zip(sit: Sit, access: Access, connection: Connection, tmp_path: Path, source: CodeFrom) -> None:
    path = tmp_path / "orders.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("service/api.py", "def lambda_handler(event, context):\n    return 'zipped'\n")
        archive.writestr("service/__init__.py", "")
        archive.writestr("pyproject.toml", '[project]\nname = "x"\nrequires-python = "==3.13.*"\n')
    where = str(path)
    if source is CodeFrom.S3:
        connection.call("s3", "create_bucket", Bucket="zipped-orders")
        connection.call("s3", "put_object", Bucket="zipped-orders", Key="a/b.zip", Body=path.read_bytes())
        where = "s3://zipped-orders/a/b.zip"
    write_profile(access)
    desk = sit(PROFILE)

    dialog = describe(desk, source, where)
    desk.until(lambda: proposed(dialog) == ("service/api.lambda_handler", "python3.13"))
    press(dialog, "newFunctionCreate")

    invoke(desk, '"zipped"')


def test_a_folder_that_will_not_run_is_said_before_it_is_created(
    sit: Sit, access: Access, connection: Connection, tmp_path: Path
) -> None:
    source = "import not_there\n\ndef handler(event, context):\n    return 'ran'\n"
    folder = write(tmp_path / "project", {"app.py": source})
    write_profile(access)
    desk = sit(PROFILE)

    dialog = describe(desk, CodeFrom.FOLDER, str(folder))
    assert dialog.problems.isVisible()
    assert (
        "app.py imports not_there, which is neither in the package nor in the runtime."
        in dialog.problems.text()
    )
    assert dialog.go_on.text() == "Create Anyway…"
    press(dialog, "newFunctionCreate")
    asked = wait_for_question(desk, "newFunctionProblemsQuestion")
    QTest.keyClick(asked, Qt.Key.Key_Return)  # Enter is the safe answer
    desk.until(lambda: QApplication.activeModalWidget() is dialog)
    assert list_functions(connection, JobContext()) == ()

    write(folder, {"not_there.py": ""})
    desk.until(dialog.fix.isHidden)
    dialog.code.path.line.clear()
    QTest.keyClicks(dialog.code.path.line, str(folder))
    desk.until(lambda: dialog.report is not None and dialog.problems.isHidden())
    press(dialog, "newFunctionCreate")
    invoke(desk, '"ran"')


def test_what_is_created_anyway_is_created(
    sit: Sit, access: Access, connection: Connection, tmp_path: Path
) -> None:
    folder = write(
        tmp_path / "project", {"app.py": "import not_there\n\ndef handler(event, context):\n    pass\n"}
    )
    write_profile(access)
    desk = sit(PROFILE)
    dialog = describe(desk, CodeFrom.FOLDER, str(folder))
    press(dialog, "newFunctionCreate")
    wait_for_question(desk, "newFunctionProblemsQuestion").yes.click()
    desk.until(lambda: desk.names() == [NAME])
    assert get_function(connection, NAME).handler == "app.handler"


def test_what_the_user_chose_stays_and_the_proposal_is_one_click_away(
    sit: Sit, access: Access, connection: Connection, tmp_path: Path
) -> None:
    folder = write(tmp_path / "project", {"index.mjs": "export const handler = async () => 'proposed';\n"})
    write_profile(access)
    desk = sit(PROFILE)
    desk.wait_for_list()
    desk.act("function.new")
    dialog = dialog_of(desk)
    QTest.keyClicks(dialog.name, NAME)
    dialog.runtime.setCurrentText("python3.12")
    dialog.code.kind.setCurrentIndex(dialog.code.kind.findData(CodeFrom.FOLDER))
    handler = dialog.code.handler.lineEdit()
    assert handler is not None
    handler.selectAll()
    QTest.keyClicks(handler, "main.mine")
    QTest.keyClicks(dialog.code.path.line, str(folder))
    desk.until(lambda: dialog.report is not None)
    assert proposed(dialog) == ("main.mine", "python3.12")
    assert "The runtime is python3.12, which does not run Node.js." in dialog.problems.text()
    assert dialog.fix.text().startswith("Use index.handler on nodejs")

    press(dialog, "newFunctionFix")
    desk.until(lambda: dialog.report is not None and dialog.problems.isHidden())
    assert dialog.code.handler.text == "index.handler"
    press(dialog, "newFunctionCreate")
    invoke(desk, '"proposed"')


def test_browse_begins_at_the_typed_path(sit: Sit, access: Access, tmp_path: Path) -> None:
    folder = write(tmp_path / "project", {"src/app.py": "def handler(event, context):\n    return 1\n"})
    write_profile(access)
    desk = sit(PROFILE)
    dialog = describe(desk, CodeFrom.FOLDER, str(folder / "src"))
    press(dialog, "newFunctionPathBrowse")
    chooser = dialog.findChild(QFileDialog, "newFunctionBrowse")
    assert chooser is not None
    assert Path(chooser.directory().absolutePath()) == folder / "src"
    chooser.reject()
