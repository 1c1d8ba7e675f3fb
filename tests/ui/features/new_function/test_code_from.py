"""New Function… from code that is there: a zip file, a folder, an S3 object, a container image."""

import base64
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView, QWidget

from tests.code.dependencies.wheels import make_wheel, use_only
from tests.ui.dialogs import install_question
from tests.ui.pages.conftest import texts
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.index import list_functions
from workbench.functions.roles import create_role
from workbench.ui.features.new_function.code_fields import CodeFrom
from workbench.ui.features.new_function.dialog import NewFunctionDialog

SOURCE = "def handler(event, context):\n    return 'mine'\n"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/orders:v1"


@dataclass
class Maker:
    """Somebody before the dialog."""

    desk: Desk
    dialog: NewFunctionDialog
    role_arn: str

    def choose(self, source: CodeFrom) -> None:
        kind = self.dialog.code.kind
        kind.setCurrentIndex(kind.findData(source))

    def fault(self, field: str) -> str:
        row = self.dialog.findChild(QWidget, f"{field}Fault")
        assert row is not None
        return row.accessibleName() if row.isVisibleTo(self.dialog) else ""

    def create(self, name: str = "orders", handler: str = "app.handler") -> None:
        """Fills in what all have in common, and creates."""
        dialog = self.dialog
        dialog.name.setText(name)
        dialog.code.handler.setEditText(handler)
        dialog.role.setCurrentText(self.role_arn)
        self.desk.until(dialog.go_on.isEnabled)  # code on this computer is looked at first
        dialog.go_on.click()

    def until_made(self) -> None:
        self.desk.until(lambda: self.desk.window.findChild(NewFunctionDialog) is None)
        self.desk.idle()

    def until_said(self, words: str) -> None:
        self.desk.until(lambda: words in self.dialog.state.text())


@pytest.fixture
def maker(desk: Desk, connection: Connection) -> Iterator[Maker]:
    role_arn = create_role(connection, "lambda", "orders")
    desk.connect()
    desk.context.services.actions["function.new"].trigger()
    desk.until(lambda: desk.window.findChild(NewFunctionDialog))
    dialog = desk.window.findChild(NewFunctionDialog)
    assert isinstance(dialog, NewFunctionDialog)
    yield Maker(desk, dialog, role_arn)
    found = desk.window.findChild(NewFunctionDialog)
    if isinstance(found, NewFunctionDialog):
        found.close()
    desk.idle()


def package() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", SOURCE)
    return content.getvalue()


def invoked(connection: Connection, name: str = "orders") -> object:
    return json.loads(connection.call("lambda", "invoke", FunctionName=name)["Payload"].read())


def test_a_zip_file_is_sent_as_it_is(maker: Maker, connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "orders.zip"
    path.write_bytes(package())
    maker.choose(CodeFrom.ZIP)
    maker.dialog.code.path.line.setText(str(path))
    maker.create()
    maker.until_made()
    assert invoked(connection) == "mine"
    maker.desk.context.services.actions["view.deploys"].trigger()
    table = maker.desk.window.findChild(QTableView, "deployTable")
    assert table is not None
    maker.desk.until(lambda: [row[1] for row in texts(table)] == ["● Created"])


def test_a_folder_is_packed(maker: Maker, connection: Connection, tmp_path: Path) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "app.py").write_text(SOURCE)
    maker.choose(CodeFrom.FOLDER)
    maker.dialog.code.path.line.setText(str(folder))
    maker.create()
    maker.until_made()
    assert invoked(connection) == "mine"


def test_an_s3_object_is_taken_by_lambda_itself(maker: Maker, connection: Connection) -> None:
    connection.call("s3", "create_bucket", Bucket="orders-code")
    connection.call("s3", "put_object", Bucket="orders-code", Key="a/b.zip", Body=package())
    maker.choose(CodeFrom.S3)
    maker.dialog.code.s3.setText("s3://orders-code/a/b.zip")
    maker.create()
    maker.until_made()
    assert invoked(connection) == "mine"


def test_a_container_image_brings_runtime_and_handler(maker: Maker, connection: Connection) -> None:
    maker.choose(CodeFrom.IMAGE)
    assert not maker.dialog.runtime.isVisibleTo(maker.dialog)
    assert "Container image URI (x86_64), 128 MB of memory" in maker.dialog.preview.plan.toPlainText()
    maker.dialog.code.image.setText(IMAGE)
    assert f"Container image {IMAGE} (" in maker.dialog.preview.plan.toPlainText()
    maker.create()
    maker.until_made()
    made = get_function(connection, "orders")
    assert (made.package_type, made.image_uri) == ("Image", IMAGE)


@pytest.mark.parametrize(
    ("source", "content", "words"),
    [
        (CodeFrom.ZIP, None, "File not found: "),
        (CodeFrom.ZIP, b"no zip at all", "orders.zip: It is not a zip file."),
        (CodeFrom.FOLDER, None, "does not exist."),
    ],
)
def test_code_that_cannot_be_read_makes_nothing(
    maker: Maker, connection: Connection, tmp_path: Path, source: CodeFrom, content: bytes | None, words: str
) -> None:
    path = tmp_path / "orders.zip"
    if content is not None:
        path.write_bytes(content)
    maker.choose(source)
    maker.dialog.code.path.line.setText(str(path))
    maker.create()
    maker.until_said(words)
    assert list_functions(connection, JobContext()) == ()


def test_a_bucket_that_is_not_there_is_found_out_before_anything_is_made(
    maker: Maker, connection: Connection
) -> None:
    maker.choose(CodeFrom.S3)
    maker.dialog.code.s3.setText("s3://no-such-bucket-to-read/a.zip")
    maker.create()
    maker.until_said("The bucket no-such-bucket-to-read does not exist.")
    assert list_functions(connection, JobContext()) == ()


def test_what_is_needed_and_empty_holds_create_back_without_a_word(maker: Maker) -> None:
    maker.dialog.name.setText("orders")
    for source in (CodeFrom.ZIP, CodeFrom.FOLDER, CodeFrom.S3, CodeFrom.IMAGE):
        maker.choose(source)
        assert not maker.dialog.go_on.isEnabled()
        assert not any(maker.dialog.code.faults().values())


@pytest.mark.parametrize(
    ("source", "field", "text", "words"),
    [
        (CodeFrom.ZIP, "newFunctionPath", "/code/app.tar", "Choose a .zip or .jar file."),
        (CodeFrom.S3, "newFunctionS3", "s3://ab/key", "Use the format s3://BUCKET/KEY."),
        (CodeFrom.S3, "newFunctionS3", "s3://bucket", "Use the format s3://BUCKET/KEY."),
        (CodeFrom.S3, "newFunctionS3", f"s3://bucket/{'k' * 1025}", "Use the format s3://BUCKET/KEY."),
        (CodeFrom.S3, "newFunctionS3Version", "v" * 1025, "Invalid object version."),
        (CodeFrom.IMAGE, "newFunctionImage", "docker.io/library/python:3", "Use the format ACCOUNT.dkr.ecr."),
        (CodeFrom.IMAGE, "newFunctionImage", IMAGE.replace("us-east-1", "eu-west-1"), "must be in us-east-1"),
        (CodeFrom.ZIP, "newFunctionHandler", "two words", "FILE.FUNCTION without spaces"),
        (CodeFrom.ZIP, "newFunctionHandler", "h" * 129, "FILE.FUNCTION without spaces, up to 128"),
    ],
)
def test_what_aws_would_refuse_is_said_as_it_is_typed(
    maker: Maker, source: CodeFrom, field: str, text: str, words: str
) -> None:
    maker.choose(source)
    code = maker.dialog.code
    handler = code.handler.lineEdit()
    assert handler is not None
    lines = {
        "newFunctionPath": code.path.line,
        "newFunctionS3": code.s3,
        "newFunctionS3Version": code.version,
        "newFunctionImage": code.image,
        "newFunctionHandler": handler,
    }
    lines[field].setText(text)
    assert words in maker.fault(field)
    maker.dialog.name.setText("orders")
    assert not maker.dialog.go_on.isEnabled()


def write_code(folder: Path, source: CodeFrom, files: dict[str, str]) -> Path:
    """Writes code as a folder or as a zip of it; gives what is to be chosen."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    if source is CodeFrom.ZIP:
        return Path(shutil.make_archive(str(folder), "zip", folder))
    return folder


@pytest.mark.parametrize("agrees", [True, False])
@pytest.mark.parametrize("source", [CodeFrom.FOLDER, CodeFrom.ZIP])
def test_what_the_code_declares_is_installed_after_a_yes(
    maker: Maker,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: CodeFrom,
    agrees: bool,
) -> None:
    make_wheel(tmp_path / "wheels", "lib", "1.0", {"lib/__init__.py": "value = 'installed'\n"})
    use_only(tmp_path / "wheels", monkeypatch)
    files = {
        "app.py": "import lib\n\ndef handler(event, context):\n    return lib.value\n",
        "requirements.txt": "lib==1.0\n",
    }
    path = write_code(tmp_path / "code", source, files)
    maker.choose(source)
    maker.dialog.code.path.line.setText(str(path))
    maker.create()
    plan = maker.dialog.preview.plan.toPlainText()
    assert "Install 1 package from requirements.txt:\n    lib==1.0" in plan
    question = install_question(maker.desk)
    if not agrees:
        question.no.click()
        maker.until_said("orders was not created.")
        assert list_functions(connection, JobContext()) == ()
        assert maker.dialog.go_on.isEnabled()
        return
    question.yes.click()
    maker.until_made()
    assert invoked(connection) == "installed"
    assert sorted(each.name for each in (tmp_path / "code").iterdir()) == ["app.py", "requirements.txt"]


def test_a_zip_that_has_its_packages_is_sent_unchanged(
    maker: Maker, connection: Connection, tmp_path: Path
) -> None:
    path = write_code(
        tmp_path / "code",
        CodeFrom.ZIP,
        {"app.py": SOURCE, "requirements.txt": "lib==1.0\nboto3\n", "lib.py": ""},
    )
    maker.choose(CodeFrom.ZIP)
    maker.dialog.code.path.line.setText(str(path))
    maker.create()
    assert "The zip file is sent unchanged." in maker.dialog.preview.plan.toPlainText()
    maker.until_made()
    sha256 = base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
    assert get_function(connection, "orders").code_sha256 == sha256


@pytest.mark.parametrize(
    ("runtime", "handler", "file", "missing"),
    [
        ("python3.13", "app.handler", "app.py", "app.py does not define handler"),
        ("python3.13", "app.handler", "app.abi3.so", ""),
        ("python3.13", "src/app.handler", "app.py", "src/app.py does not exist"),
        ("nodejs22.x", "index.handler", "index.mjs", "index.mjs does not export handler"),
        ("nodejs22.x", "index.handler", "main.js", "the package has no index.js"),
    ],
)
@pytest.mark.parametrize("source", [CodeFrom.FOLDER, CodeFrom.ZIP])
def test_a_handler_that_is_not_in_the_code_is_a_problem(
    maker: Maker, tmp_path: Path, source: CodeFrom, runtime: str, handler: str, file: str, missing: str
) -> None:
    dialog = maker.dialog
    maker.choose(source)
    dialog.code.path.line.setText(str(write_code(tmp_path / "code", source, {file: ""})))
    dialog.runtime.setCurrentText(runtime)
    dialog.code.handler.setEditText(handler)
    seen = "The zip file is sent" if source is CodeFrom.ZIP else "The package has 1 file"
    maker.desk.until(lambda: seen in dialog.preview.plan.toPlainText())
    maker.desk.until(lambda: dialog.report is not None)
    said = dialog.problems.text() if not dialog.problems.isHidden() else ""
    assert missing in said
    assert (dialog.go_on.text() == "Create Anyway…") == bool(missing)


PUTS = """
import boto3
table = boto3.resource("dynamodb").Table("orders")
def handler(event, context):
    table.put_item(Item={"id": "1"})
    boto3.client("ses").send_email(Source=event["from"])
"""


def test_the_new_role_allows_what_the_code_calls(
    maker: Maker, connection: Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "app.py").write_text(PUTS)
    maker.choose(CodeFrom.FOLDER)
    maker.dialog.code.path.line.setText(str(folder))
    table = maker.dialog.preview.needs.table
    maker.desk.until(lambda: table.rows.rowCount() == 2)
    arn = f"arn:aws:dynamodb:{connection.region}:{connection.account_id}:table/orders"
    assert [(row.statement.actions, row.resource, row.is_accepted) for row in table.rows.all] == [
        (("dynamodb:PutItem",), arn, True),
        (("ses:SendEmail",), "*", False),  # all resources only after a click
    ]
    resource = table.rows.index(1, 2)
    table.rows.setData(resource, "no resource", Qt.ItemDataRole.EditRole)
    assert table.rows.row(1).resource == "*"
    identity = f"arn:aws:ses:{connection.region}:{connection.account_id}:identity/shop"
    table.rows.setData(resource, identity, Qt.ItemDataRole.EditRole)
    plan = maker.dialog.preview.plan.toPlainText()
    assert f"dynamodb:PutItem on {arn}" in plan
    assert f"ses:SendEmail on {identity}" in plan
    dialog = maker.dialog
    dialog.name.setText("orders")
    dialog.code.handler.setEditText("app.handler")
    maker.desk.until(dialog.go_on.isEnabled)
    role_name = dialog.function().role_name
    dialog.go_on.click()
    maker.until_made()
    policy = connection.call("iam", "get_role_policy", RoleName=role_name, PolicyName="workbench")
    _log, put, send = policy["PolicyDocument"]["Statement"]
    assert put == {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": arn}
    assert send == {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": identity}


def test_a_chosen_role_gets_nothing(maker: Maker, tmp_path: Path) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "app.py").write_text(PUTS)
    maker.choose(CodeFrom.FOLDER)
    maker.dialog.code.path.line.setText(str(folder))
    needs = maker.dialog.preview.needs
    maker.desk.until(lambda: needs.table.rows.rowCount() == 2)
    maker.dialog.role.setCurrentText(maker.role_arn)
    assert needs.table.isHidden()
    maker.dialog.name.setText("orders")
    assert maker.dialog.function().policy == ""
