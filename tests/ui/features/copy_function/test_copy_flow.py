"""Copy Function…, in the whole window: here, in another region, in another account."""

import json
import secrets
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from tests.sandbox_functions import create_function, make_role
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.index import list_functions
from workbench.functions.model import S3Object
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.copy_function.dialog import CopyDialog
from workbench.ui.features.copy_function.feature import ACTION
from workbench.ui.shell.services import Services

SOURCE = "import os\n\n\ndef handler(event, context):\n    return os.environ.get('STAGE')\n"
FAR = "eu-central-1"


@dataclass
class Copier:
    """Somebody who copies the open function."""

    desk: Desk
    opener: Opener
    dialog: CopyDialog

    def at(self, profile: str, region: str = "us-east-1") -> Connection:
        found = self.opener.ready[profile]
        assert isinstance(found, Connection)
        return found.in_region(region)

    def go_to(self, profile: str, region: str = "us-east-1") -> None:
        self.dialog.profile.setCurrentText(profile)
        self.dialog.region.setCurrentText(region)
        self.until_connected()

    def until_connected(self) -> None:
        self.desk.until(lambda: self.dialog.target)

    def create(self, name: str = "second") -> None:
        self.dialog.name.setText(name)
        assert self.dialog.go_on.isEnabled()
        self.dialog.go_on.click()

    def until_made(self) -> None:
        self.desk.until(lambda: self.desk.window.findChild(CopyDialog) is None)
        self.desk.idle()

    def fault(self, field: str) -> str:
        row = self.dialog.findChild(QWidget, f"{field}Fault")
        assert row is not None
        return row.accessibleName() if row.isVisibleTo(self.dialog) else ""


def open_dialog(desk: Desk) -> CopyDialog:
    desk.connect()
    desk.open("first")
    desk.context.services.actions[ACTION].trigger()
    desk.until(lambda: desk.window.findChild(CopyDialog))
    dialog = desk.window.findChild(CopyDialog)
    assert isinstance(dialog, CopyDialog)
    return dialog


@pytest.fixture
def copier(desk: Desk, opener: Opener, connection: Connection) -> Iterator[Copier]:
    create_function(
        connection,
        SOURCE,
        name="first",
        MemorySize=640,
        Environment={"Variables": {"STAGE": "prod", "SECRET": "x"}},
        Tags={"team": "core"},
    )
    dialog = open_dialog(desk)
    copier = Copier(desk, opener, dialog)
    copier.until_connected()
    yield copier
    found = desk.window.findChild(CopyDialog)
    if isinstance(found, CopyDialog):
        found.close()
    desk.idle()


def answer(connection: Connection, name: str = "second") -> object:
    return json.loads(connection.call("lambda", "invoke", FunctionName=name)["Payload"].read())


def test_a_copy_beside_the_original_has_its_code_configuration_tags_and_role(
    copier: Copier, connection: Connection
) -> None:
    copier.create()
    copier.until_made()
    first, second = get_function(connection, "first"), get_function(connection, "second")
    assert second.code_sha256 == first.code_sha256
    assert (second.memory_mb, second.tags, second.role_arn) == (640, (("team", "core"),), first.role_arn)
    assert second.environment == first.environment
    assert answer(connection) == "prod"
    assert copier.desk.banner("second was created in us-east-1")
    assert "second" in copier.desk.names()


def test_a_copy_in_another_region_takes_chosen_variables_only(copier: Copier) -> None:
    item = copier.dialog.variables.findItems("SECRET", Qt.MatchFlag.MatchExactly)[0]
    item.setCheckState(Qt.CheckState.Unchecked)
    copier.go_to("alice", FAR)
    assert "the variable SECRET" in copier.dialog.lost.toPlainText()
    copier.create("first")  # elsewhere it may have the same name
    copier.until_made()
    made = get_function(copier.at("alice", FAR), "first")
    assert made.environment == (("STAGE", "prod"),)
    assert answer(copier.at("alice", FAR), "first") == "prod"


def test_a_copy_in_another_account_gets_a_role_of_its_own(copier: Copier) -> None:
    copier.go_to("bob")
    assert copier.dialog.role.is_new  # the original's is of another account
    copier.dialog.role.setCurrentText("arn:aws:iam::999999999999:role/other")
    assert "another account" in copier.fault("copyRole")
    copier.dialog.role.setCurrentIndex(0)
    copier.create()
    copier.until_made()
    made = get_function(copier.at("bob"), "second")
    assert f":{copier.at('bob').account_id}:role/" in made.role_arn
    assert answer(copier.at("bob")) == "prod"


def test_a_name_that_is_taken_makes_nothing_and_says_so(copier: Copier, connection: Connection) -> None:
    taken = create_function(connection, "x = 1\n", name="taken")
    copier.create("taken")
    copier.desk.until(lambda: "A function with this name already exists" in copier.dialog.state.text())
    assert get_function(connection, "taken").code_sha256 == taken.code_sha256


@pytest.mark.parametrize(
    ("name", "words"), [("first", "name of the original"), ("two words", "Use up to 64")]
)
def test_a_name_that_cannot_be_is_said_as_it_is_typed(copier: Copier, name: str, words: str) -> None:
    copier.dialog.name.setText(name)
    assert words in copier.fault("copyName")
    assert not copier.dialog.go_on.isEnabled()


def test_a_profile_that_does_not_open_says_why_and_another_can_be_chosen(copier: Copier) -> None:
    bob = copier.opener.ready["bob"]
    copier.opener.ready["bob"] = WorkbenchError("Could not connect as bob.", "The token has expired.")
    copier.dialog.profile.setCurrentText("bob")
    copier.desk.until(lambda: "The token has expired." in copier.dialog.state.text())
    assert not copier.dialog.go_on.isEnabled()
    copier.opener.ready["bob"] = bob
    copier.go_to("alice")
    assert copier.dialog.go_on.isEnabled()


def test_production_asks_for_the_name(copier: Copier, services: Services, connection: Connection) -> None:
    Safety(services.settings).set_tier("alice", Tier.PRODUCTION)
    copier.create()
    assert [row.function_name for row in list_functions(connection, JobContext())] == ["first"]
    line = copier.dialog.findChild(QLineEdit, "confirmName")
    yes = copier.dialog.findChild(QPushButton, "confirmByNameYes")
    assert line is not None
    assert yes is not None
    line.setText("second")
    yes.click()
    copier.until_made()
    assert answer(connection) == "prod"


def _again(copier: Copier) -> CopyDialog:
    """The dialog opened anew: what was wired meanwhile is read."""
    copier.dialog.close()
    copier.until_made()
    copier.desk.context.services.actions[ACTION].trigger()
    copier.desk.until(lambda: copier.desk.window.findChild(CopyDialog))
    dialog = copier.desk.window.findChild(CopyDialog)
    assert isinstance(dialog, CopyDialog)
    copier.dialog = dialog
    copier.until_connected()
    copier.desk.until(lambda: dialog.triggers.count())
    return dialog


def test_what_makes_the_original_run_is_listed_and_not_copied(copier: Copier, connection: Connection) -> None:
    connection.call(
        "lambda",
        "add_permission",
        FunctionName="first",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::orders",
    )
    dialog = _again(copier)
    assert "the trigger Amazon S3 orders" in dialog.lost.toPlainText()
    item = dialog.triggers.item(0)
    assert "The other end of the trigger is missing." in item.text()
    assert not item.flags() & Qt.ItemFlag.ItemIsEnabled


def test_chosen_triggers_go_along_and_others_do_not(copier: Copier, connection: Connection) -> None:
    role = make_role(connection, "first-role")
    connection.call("lambda", "update_function_configuration", FunctionName="first", Role=role)
    for name in ("orders", "returns"):
        attributes = {"VisibilityTimeout": "120"}
        connection.call("sqs", "create_queue", QueueName=name, Attributes=attributes)
        arn = f"arn:aws:sqs:us-east-1:{connection.account_id}:{name}"
        connection.call("lambda", "create_event_source_mapping", EventSourceArn=arn, FunctionName="first")
    dialog = _again(copier)
    items = {dialog.triggers.item(row).text(): dialog.triggers.item(row) for row in range(2)}
    assert all(item.checkState() is Qt.CheckState.Unchecked for item in items.values())
    items["Amazon SQS orders"].setCheckState(Qt.CheckState.Checked)
    assert "the trigger Amazon SQS returns" in dialog.lost.toPlainText()
    assert "the trigger Amazon SQS orders" not in dialog.lost.toPlainText()
    copier.create()
    copier.until_made()
    copier.desk.until(lambda: copier.desk.banner("Triggers: orders."))
    mappings = connection.call("lambda", "list_event_source_mappings", FunctionName="second")
    assert [each["EventSourceArn"].rpartition(":")[2] for each in mappings["EventSourceMappings"]] == [
        "orders"
    ]


def test_a_queue_of_this_region_cannot_run_a_copy_elsewhere(copier: Copier, connection: Connection) -> None:
    connection.call("sqs", "create_queue", QueueName="orders")
    arn = f"arn:aws:sqs:us-east-1:{connection.account_id}:orders"
    connection.call("lambda", "create_event_source_mapping", EventSourceArn=arn, FunctionName="first")
    dialog = _again(copier)
    copier.go_to("alice", FAR)
    item = dialog.triggers.item(0)
    assert not item.flags() & Qt.ItemFlag.ItemIsEnabled
    assert FAR in item.text()


@pytest.mark.parametrize("keeps", [False, True])
def test_a_copy_of_a_function_that_refers_to_s3_refers_to_it_too_or_says_that_it_does_not(
    desk: Desk,
    connection: Connection,
    keeps: bool,
) -> None:
    """AWS keeps a copy of the code where S3ObjectStorageMode is not sent again."""
    link = create_function(connection, SOURCE, name="source").code_location
    bucket = f"own-code-{secrets.token_hex(4)}"
    connection.call("s3", "create_bucket", Bucket=bucket)
    connection.call(
        "s3", "put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    with urllib.request.urlopen(link) as code:
        sent = connection.call("s3", "put_object", Bucket=bucket, Key="first.zip", Body=code.read())
    where = S3Object(bucket, "first.zip", sent["VersionId"])
    known: dict[str, Any] = {"FunctionName": "first", "Runtime": "python3.13", "Handler": "app.handler"}
    role_arn = make_role(connection, "lambda")
    connection.call("lambda", "create_function", Code=where.request, Role=role_arn, **known)
    dialog = open_dialog(desk)
    desk.until(lambda: dialog.target)
    assert dialog.reference.isVisibleTo(dialog)
    words = f"its reference to s3://{bucket}/first.zip"
    assert words not in dialog.lost.toPlainText()
    assert not dialog.bucket.isEnabled()  # no package is uploaded
    if keeps:
        dialog.reference.click()
        assert words in dialog.lost.toPlainText()
        assert dialog.bucket.isEnabled()
    dialog.name.setText("second")
    dialog.go_on.click()
    desk.until(lambda: desk.window.findChild(CopyDialog) is None)
    desk.idle()
    assert get_function(connection, "second").s3_object == (None if keeps else where)
    assert answer(connection) is None
