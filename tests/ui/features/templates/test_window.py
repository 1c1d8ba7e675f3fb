"""A function as a template, the functions of a template, and the owner, in the whole window."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog, QLabel

from tests.sandbox_functions import create_function
from tests.ui.pages.conftest import texts
from tests.ui.sign_in.conftest import press
from tests.ui.test_routes import HANDLER
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.functions.template_functions import read_template
from workbench.ui.features.code.working_copy import FolderOfferDialog
from workbench.ui.features.deleting.dialog import DeleteDialog
from workbench.ui.features.templates.dialogs import ExportDialog, ImportDialog

STACK = {"aws:cloudformation:stack-name": "shop", "aws:cloudformation:logical-id": "Hello"}
TEMPLATE = """\
Resources:
  Other: {Type: AWS::Serverless::Function, Properties: {Handler: b.c, CodeUri: missing/}}
  Hello: {Type: AWS::Serverless::Function, Properties: {Handler: app.handler, CodeUri: src/}}
  Packed: {Type: AWS::Serverless::Function, Properties: {PackageType: Image}}
"""


class Author:
    """Someone who writes templates."""

    def __init__(self, desk: Desk, connection: Connection) -> None:
        self.desk = desk
        tags = {"team": "web", "lambda:createdBy": "SAM", **STACK}
        variables = {"Variables": {"TOKEN": "top-secret"}}
        made = create_function(connection, HANDLER, Environment=variables, Tags=tags)
        self.name = made.function_name
        desk.connect()
        desk.open(self.name)
        desk.until(lambda: desk.code.workspace)

    def act(self, action: str) -> None:
        self.desk.context.services.actions[action].trigger()

    def dialog[D: QDialog](self, kind: type[D]) -> D:
        def shown() -> list[D]:
            return [each for each in self.desk.window.findChildren(kind) if each.isVisible()]

        self.desk.until(shown)
        return shown()[0]

    def choose(self, name: str, path: Path) -> None:
        """Chooses a file in the dialog that is open."""
        (chooser,) = self.desk.window.findChildren(QFileDialog, name)
        chooser.selectFile(str(path))
        chooser.accept()

    def read(self, path: Path) -> ImportDialog:
        self.act("function.from_template")
        self.choose("chooseTemplate", path)
        return self.dialog(ImportDialog)


@pytest.fixture
def author(desk: Desk, connection: Connection) -> Author:
    return Author(desk, connection)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a template; the code of one of its functions is there."""
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "app.py").write_text(f"# mine\n{HANDLER}")
    (folder / "template.yaml").write_text(TEMPLATE)
    return folder


# The owner --------------------------------------------------------------------------------------------------


def test_the_header_names_the_owner_and_deleting_warns(author: Author, connection: Connection) -> None:
    badge = author.desk.window.page.findChild(QLabel, "functionOwner")
    assert badge is not None
    assert badge.text() == "AWS SAM · shop"
    assert "Logical ID: Hello" in badge.toolTip()
    author.act("function.delete")
    dialog = author.dialog(DeleteDialog)
    warning = dialog.findChild(QLabel, "deleteOwner")
    assert warning is not None
    assert warning.text().startswith("Managed by AWS SAM (shop). Its next deployment may overwrite")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    other = create_function(connection, HANDLER).function_name
    author.act("list.refresh")
    author.desk.open(other)
    assert not badge.isVisible()
    author.desk.idle()


# A function as a template -----------------------------------------------------------------------------------


def test_a_function_is_saved_as_a_template_without_its_secrets(author: Author, tmp_path: Path) -> None:
    author.act("function.export")
    dialog = author.dialog(ExportDialog)
    assert "top-secret" not in dialog.sam.toPlainText() + dialog.serverless.toPlainText()
    press(dialog, "exportSave")
    target = tmp_path / "template.yaml"
    author.choose("saveTemplate", target)
    author.desk.until(lambda: dialog.state.text() == f"Saved as {target}.")
    (found,) = read_template(target.read_text("utf-8"), "template.yaml")
    assert (found.function_name, found.handler) == (author.name, "app.handler")
    dialog.with_values.setChecked(True)
    assert "top-secret" in dialog.sam.toPlainText()
    dialog.tabs.setCurrentWidget(dialog.serverless)
    press(dialog, "exportCopy")
    assert QGuiApplication.clipboard().text().startswith("service: ")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    author.desk.idle()


def test_a_folder_that_takes_no_file_says_so(author: Author, tmp_path: Path) -> None:
    author.act("function.export")
    dialog = author.dialog(ExportDialog)
    (tmp_path / "file").write_text("")
    author.desk.context.services.settings.set("templates.folder", str(tmp_path))
    dialog.save_wanted.emit("template.yaml", "x")
    (chooser,) = author.desk.window.findChildren(QFileDialog, "saveTemplate")
    chooser.fileSelected.emit(str(tmp_path / "file" / "template.yaml"))
    chooser.reject()
    author.desk.until(lambda: "could not be saved" in dialog.state.text())
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    author.desk.idle()


# The functions of a template --------------------------------------------------------------------------------


def test_the_folder_of_the_open_function_is_offered_for_it(author: Author, project: Path) -> None:
    dialog = author.read(project / "template.yaml")
    assert [row[0] for row in texts(dialog.table)] == ["Other", "Hello", "Packed"]
    chosen = dialog.chosen()
    assert chosen is not None
    assert chosen.function.logical_id == "Hello"  # by what the stack calls the open function
    assert dialog.about.text() == "This appears to be the open function, based on its name."
    press(dialog, "importUse")
    offer = author.dialog(FolderOfferDialog)
    press(offer, "folderOfferUse")
    code = author.desk.code
    author.desk.until(lambda: code.workspace is not None and code.workspace.local_folder == project / "src")
    author.desk.idle()


def test_what_has_no_folder_says_why(author: Author, project: Path) -> None:
    dialog = author.read(project / "template.yaml")
    dialog.table.selectRow(0)
    assert dialog.about.text() == "The folder missing does not exist in the template's project."
    assert not dialog.yes.isEnabled()
    dialog.table.selectRow(2)
    assert dialog.about.text() == "Its code is not in a folder next to the template."
    assert not dialog.yes.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    author.desk.idle()


def test_another_function_of_the_list_is_not_taken_for_the_open_one(
    author: Author, connection: Connection, project: Path
) -> None:
    other = create_function(connection, HANDLER).function_name
    author.act("list.refresh")
    author.desk.until(lambda: other in author.desk.names())
    (project / "template.yaml").write_text(
        f"Resources: {{X: {{Type: AWS::Lambda::Function, Properties: {{FunctionName: {other}}}}}}}"
    )
    dialog = author.read(project / "template.yaml")
    assert dialog.about.text().startswith(f"{other} is in the list. Open it")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    author.desk.idle()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [1\nb: 2\n", "Line 2"),
        (b"\xff\xfe\x00", "The file is not valid UTF-8 text."),
        (b"a: 1", "not a SAM"),
    ],
)
def test_what_is_no_template_says_why(author: Author, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(content)
    author.act("function.from_template")
    author.choose("chooseTemplate", path)
    author.desk.until(lambda: author.desk.banner(said))
    assert author.desk.banner("odd.yaml could not be read.") is not None
    author.desk.idle()


def test_a_template_without_functions_says_so(author: Author, project: Path) -> None:
    (project / "template.yaml").write_text("Resources: {Q: {Type: AWS::SQS::Queue}}")
    dialog = author.read(project / "template.yaml")
    assert dialog.state.text() == "The template defines no Lambda functions."
    assert not dialog.yes.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    author.desk.idle()
