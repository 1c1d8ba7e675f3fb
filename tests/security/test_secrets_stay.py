"""No secret of a project's folder leaves this computer, on whatever way its code does."""

import io
import zipfile
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from tests.sandbox_functions import create_function
from tests.security.real_project import CODE, HANDLER, SECRETS, WORD, check, files_at, make_project, sent_to
from tests.ui.code_files import text as shown_text
from tests.ui.conftest import (  # noqa: F401 - fixtures
    _theme,
    actions,
    clock,
    icons,
    jobs,
    services,
    settings,
    theme,
)
from tests.ui.features.copy_function.test_copy_flow import Copier
from tests.ui.features.fan_out.test_fan_out_flow import Sender
from tests.ui.features.new_function.test_code_from import Maker, maker  # noqa: F401 - fixtures
from tests.ui.test_deploy_on_save import Saver
from tests.ui.test_routes import desk, opener  # noqa: F401 - fixtures
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.code.package import read_patterns, write_patterns
from workbench.code.workspace import inspect_folder, use_folder
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.execute import execute
from workbench.deploy.journal import Journal
from workbench.deploy.run import code_source, propose
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.ui.features.configuration.layers import publish_folder
from workbench.ui.features.copy_function.dialog import CopyDialog
from workbench.ui.features.copy_function.feature import ACTION as COPY
from workbench.ui.features.new_function.code_fields import CodeFrom
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.services import OpenFunction

CTX = JobContext()
NEW = "def handler(event, context):\n    return 'new'\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


@pytest.fixture
def bound(desk: Desk, connection: Connection, project: Path) -> FunctionDetail:  # noqa: F811
    """A function whose code is the project's folder, open in the window."""
    detail = create_function(connection, HANDLER)
    root_dir = desk.context.services.paths.data_dir / "workspaces"
    use_folder(inspect_folder(code_source(detail, connection), root_dir, project, CTX))
    desk.connect()
    desk.open(detail.function_name)
    desk.until(lambda: desk.code.workspace)
    desk.until(lambda: desk.test.text.toPlainText())
    desk.idle()
    return detail


# ---- every way out -----------------------------------------------------------------------------------------


def test_a_new_function_from_a_folder_takes_none(
    maker: Maker,  # noqa: F811
    connection: Connection,
    project: Path,
) -> None:
    maker.choose(CodeFrom.FOLDER)
    maker.dialog.code.path.line.setText(str(project))
    maker.create()
    maker.until_made()
    check(sent_to(connection, "orders"))


def test_the_plan_of_a_new_function_says_what_stays_out_and_why(maker: Maker, project: Path) -> None:  # noqa: F811
    maker.choose(CodeFrom.FOLDER)
    maker.dialog.code.path.line.setText(str(project))
    maker.desk.until(lambda: "config/.env.dev" in maker.dialog.preview.plan.toPlainText())
    plan = maker.dialog.preview.plan.toPlainText()
    secrets, others = plan.split("Excluded because it looks like a secret:")[1].split("Also excluded:")
    assert all(f"    {path}" in secrets for path in ("config/.env.pro", "deploy/ID_ECDSA", ".aws/", ".git-"))
    assert all(
        f"    {path}" in others for path in (".serverless/", ".vscode/", "cdk.out/", "my env/", "venv/")
    )


def test_a_deploy_of_a_local_folder_takes_none(bound: FunctionDetail, desk: Desk) -> None:  # noqa: F811
    function, workspace = desk.code.function, desk.code.workspace
    assert function is not None
    assert workspace is not None
    plan = propose(function.connection, workspace, CTX)[1]
    journal = Journal(desk.context.services.paths.data_dir / "deploys")
    execute(function.connection, plan, workspace, journal, CTX)
    check(sent_to(function.connection, bound.function_name))
    assert any("config/.env.dev" in note and "secret" in note for note in plan.package.notes)


def test_deploy_on_save_sends_none(bound: FunctionDetail, desk: Desk, connection: Connection) -> None:  # noqa: F811
    saver = Saver(desk, connection, bound.function_name)
    saver.toggle()
    saver.until_said("Deployed at")
    saver.desk.idle()
    workspace = desk.code.workspace
    assert workspace is not None
    (workspace.root / "config" / ".env.new").write_text(f"PASSWORD={WORD}\n")
    (workspace.root / "app.py").write_text(NEW)
    desk.until(lambda: saver.deployed() == NEW)
    desk.until(lambda: not saver.is_waiting())
    desk.idle()
    files = sent_to(connection, bound.function_name)
    check(files, CODE | {"app.py": NEW})
    assert "config/.env.new" not in files


def test_a_fan_out_sends_none(
    bound: FunctionDetail,
    desk: Desk,  # noqa: F811
    opener: Opener,  # noqa: F811
) -> None:
    sender = Sender(desk, opener, bound.function_name)
    other = create_function(sender.at("bob"), HANDLER).function_name
    dialog = sender.open()
    sender.add("bob", "us-east-1", other)
    if dialog.anyway.isVisible():
        dialog.anyway.setChecked(True)
    sender.press("fanOutDeploy")
    sender.until_ended("1 of 1 functions have the new code.")
    check(sent_to(sender.at("bob"), other))
    assert "config/.env.dev" in dialog.about.text()
    sender.close()


def test_a_copy_of_the_function_has_what_is_deployed_and_nothing_from_the_folder(
    bound: FunctionDetail,
    desk: Desk,  # noqa: F811
    opener: Opener,  # noqa: F811
    connection: Connection,
) -> None:
    desk.context.services.actions[COPY].trigger()
    desk.until(lambda: desk.window.findChild(CopyDialog))
    dialog = desk.window.findChild(CopyDialog)
    assert isinstance(dialog, CopyDialog)
    copier = Copier(desk, opener, dialog)
    copier.until_connected()
    copier.create()
    copier.until_made()
    assert sent_to(connection, "second") == {"app.py": HANDLER.encode()}
    assert get_function(connection, bound.function_name).code_sha256


def test_a_folder_that_becomes_a_layer_takes_none(connection: Connection, project: Path) -> None:
    detail = create_function(connection, HANDLER)
    arn = publish_folder(OpenFunction(connection, detail), project, "mine", "", CTX)
    layer = connection.call("lambda", "get_layer_version_by_arn", Arn=arn)
    check(files_at(layer["Content"]["Location"]))


def test_a_zip_is_sent_as_it_is_and_the_plan_says_what_in_it_is_one(
    maker: Maker,  # noqa: F811
    connection: Connection,
    tmp_path: Path,
) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in (CODE | SECRETS).items():
            archive.writestr(path, text)
    package = tmp_path / "orders.zip"
    package.write_bytes(content.getvalue())
    maker.choose(CodeFrom.ZIP)
    maker.dialog.code.path.line.setText(str(package))
    maker.desk.until(lambda: "config/.env.dev" in maker.dialog.preview.plan.toPlainText())
    plan = maker.dialog.preview.plan.toPlainText()
    assert "It includes what looks like a secret:" in plan
    assert "certifi" not in plan
    maker.create()
    maker.until_made()
    assert sent_to(connection, "orders").keys() == (CODE | SECRETS).keys()


# ---- by name, and what was deployed ------------------------------------------------------------------------


def test_a_name_takes_one_in_and_a_wildcard_takes_none(bound: FunctionDetail, desk: Desk) -> None:  # noqa: F811
    function, workspace = desk.code.function, desk.code.workspace
    assert function is not None
    assert workspace is not None
    lines = read_patterns(workspace.folder).lines
    write_patterns(workspace.folder, "\n".join((*lines, "!*", "!.env*", "!**/.env.*", "!config/.env.dev")))
    package = propose(function.connection, workspace, CTX)[1].package
    assert package.contents.files.keys() & SECRETS.keys() == {"config/.env.dev"}
    assert package.warnings == ("Included by name: config/.env.dev looks like a secret.",)


@pytest.fixture
def downloaded(connection: Connection, desk: Desk) -> Desk:  # noqa: F811
    """Somebody before code that was deployed with a secret in it, and is opened as it is deployed."""
    detail = create_function(connection, HANDLER)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", HANDLER)
        archive.writestr("config/.env", "STAGE=prod\n")
    name = detail.function_name
    connection.call("lambda", "update_function_code", FunctionName=name, ZipFile=content.getvalue())
    desk.connect()
    desk.open(name)
    desk.until(lambda: desk.code.workspace)
    desk.idle()
    return desk


def test_what_was_deployed_with_a_function_stays_in_it_and_the_plan_warns(downloaded: Desk) -> None:
    function, workspace = downloaded.code.function, downloaded.code.workspace
    assert function is not None
    assert workspace is not None
    (workspace.root / "app.py").write_text(NEW)
    (workspace.root / "config" / ".env.dev").write_text(f"PASSWORD={WORD}\n")
    downloaded.code.reload()
    downloaded.until(lambda: shown_text(downloaded.code.files).toPlainText() == NEW)
    downloaded.context.services.actions["function.deploy_with"].trigger()
    warning = "config/.env is deployed with this function and looks like a secret."
    downloaded.until(lambda: _text(downloaded, "deploySecrets") == warning)
    assert "config/.env.dev is excluded from the package" in _text(downloaded, "deployAbout")
    package = propose(function.connection, workspace, CTX)[1].package
    assert package.contents.files.keys() == {"app.py", "config/.env"}
    downloaded.window.findChild(QLabel, "deploySecrets").window().close()  # type: ignore[union-attr]
    downloaded.idle()


def test_a_folder_without_a_secret_that_the_function_has_says_that_it_goes(
    connection: Connection,
    desk: Desk,  # noqa: F811
    tmp_path: Path,
) -> None:
    detail = create_function(connection, "PASSWORD=x\n", file_name="config/.env")
    folder = tmp_path / "mine"
    (folder / "config").mkdir(parents=True)
    (folder / "config" / ".env").write_text("PASSWORD=x\n")
    (folder / "app.py").write_text(HANDLER)
    root_dir = desk.context.services.paths.data_dir / "workspaces"
    offer = inspect_folder(code_source(detail, connection), root_dir, folder, CTX)
    assert offer.secrets == ("config/.env",)
    use_folder(offer)
    desk.connect()
    desk.open(detail.function_name)
    desk.until(lambda: desk.code.workspace)
    workspace = desk.code.workspace
    assert workspace is not None
    desk.idle()
    desk.context.services.actions["function.deploy_with"].trigger()
    desk.until(
        lambda: "config/.env is in the deployed function, but not in the" in _text(desk, "deployWarning")
    )
    desk.until(
        lambda: (
            "config/.env is excluded from the package because it looks like a secret"
            in _text(desk, "deployAbout")
        )
    )
    desk.window.findChild(QLabel, "deployAbout").window().close()  # type: ignore[union-attr]
    desk.idle()


def test_a_folder_with_nothing_else_is_refused(maker: Maker, tmp_path: Path) -> None:  # noqa: F811
    folder = tmp_path / "only"
    folder.mkdir()
    (folder / ".env").write_text(f"PASSWORD={WORD}\n")
    maker.choose(CodeFrom.FOLDER)
    maker.dialog.code.path.line.setText(str(folder))
    maker.create()
    maker.desk.until(lambda: maker.dialog.findChild(Question, "newFunctionProblemsQuestion"))
    question = maker.dialog.findChild(Question, "newFunctionProblemsQuestion")
    assert question is not None
    question.yes.click()  # the handler's file is missing
    maker.until_said("There are no files.")


def _text(desk: Desk, name: str) -> str:  # noqa: F811
    label = desk.window.findChild(QLabel, name)
    return label.text() if isinstance(label, QLabel) and label.isVisible() else ""


def test_a_link_out_of_the_folder_that_is_called_like_a_secret_is_left_where_it_is(
    connection: Connection, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "home.env").write_text(f"PASSWORD={WORD}\n")
    (project / ".env.local").symlink_to(tmp_path / "home.env")
    detail = create_function(connection, HANDLER)
    arn = publish_folder(OpenFunction(connection, detail), project, "linked", "", CTX)
    layer = connection.call("lambda", "get_layer_version_by_arn", Arn=arn)
    check(files_at(layer["Content"]["Location"]))
    (project / "innocent").symlink_to(tmp_path / "home.env")
    with pytest.raises(WorkbenchError, match="leads out of the code"):
        publish_folder(OpenFunction(connection, detail), project, "linked", "", CTX)
