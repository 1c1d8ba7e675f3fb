"""Add Trigger… creates the source that it needs, in the whole window and on a real Sandbox."""

import secrets

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.grants import let_send
from tests.ui.sign_in.conftest import press
from tests.ui.triggers.wirer import Wirer
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.triggers.kinds.rule_parameters import NAME, PATTERN
from workbench.triggers.kinds.table import NEW_RESOURCES
from workbench.triggers.model import SourceKind
from workbench.ui.features.triggers.add_dialog import AddTriggerDialog


def _choose_new(wirer: Wirer, kind: SourceKind) -> AddTriggerDialog:
    """Opens Add Trigger… and selects the entry that creates a source."""
    wirer.act("triggers.add")
    dialog = wirer.dialog(AddTriggerDialog)
    dialog.kinds.choose(kind)
    press(dialog, "addTriggerNext")
    tree = dialog.sources.tree
    entries = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    (entry,) = [each for each in entries if each is not None and each.text(0).startswith("New ")]
    tree.setCurrentItem(entry)
    assert dialog.sources.new_name.isVisible()
    assert not dialog.next.isEnabled()  # it needs a name
    return dialog


@pytest.mark.parametrize("kind", list(NEW_RESOURCES))
def test_a_source_is_created_and_wired(wirer: Wirer, kind: SourceKind) -> None:
    name = f"made-{secrets.token_hex(4)}"
    dialog = _choose_new(wirer, kind)
    QTest.keyClicks(dialog.sources.new_name, name)
    QTest.keyClick(dialog.sources.new_name, Qt.Key.Key_Return)
    form = dialog.settings.form
    if kind == SourceKind("events"):
        form.set_value(NAME, f"on-{name}")
        form.set_value(PATTERN, '{"source": ["shop"]}')
    elif kind in (SourceKind("kinesis"), SourceKind("dynamodb")):
        form.set_value("StartingPosition", "LATEST")
    wirer.accept_all(dialog)
    wirer.desk.until(lambda: dialog.prepared is not None and dialog.next.isEnabled())
    press(dialog, dialog.next.objectName())
    first = dialog.plan_view.steps[0]
    assert first.title.startswith("Create the ")
    assert name in first.title
    assert first.undo
    press(dialog, "planYes")
    wirer.desk.until(lambda: [row[0] for row in wirer.rows()] == [kind])
    ((_, shown, link),) = wirer.rows()
    assert link == "linked"
    assert name in shown


def test_a_name_that_aws_refuses_is_said_at_once_and_goes_no_further(wirer: Wirer) -> None:
    dialog = _choose_new(wirer, SourceKind("s3"))
    QTest.keyClicks(dialog.sources.new_name, "My Bucket")
    assert "cannot be the name of a bucket" in dialog.sources.new_name_help.text()
    assert not dialog.next.isEnabled()
    QTest.keyClick(dialog.sources.new_name, Qt.Key.Key_Return)
    assert dialog.pages.currentIndex() == 1
    dialog.sources.new_name.setText("my-bucket-2026")
    assert dialog.next.isEnabled()


def test_a_bucket_that_exists_is_offered_instead(wirer: Wirer, connection: Connection) -> None:
    name = f"there-{secrets.token_hex(4)}"
    connection.call("s3", "create_bucket", Bucket=name)
    dialog = _choose_new(wirer, SourceKind("s3"))
    wirer.desk.until(lambda: f"arn:aws:s3:::{name}" in wirer.listed(dialog))
    dialog.sources.new_name.setText(name)
    press(dialog, "addTriggerNext")
    wirer.desk.until(lambda: dialog.prepared is not None)
    wirer.press_fix(dialog, "fix.NEW-TAKEN.1")
    chosen = dialog.sources.chosen()
    assert chosen is not None
    assert chosen.name == name
    press(dialog, "addTriggerNext")
    wirer.agree(dialog)
    wirer.desk.until(lambda: wirer.rows() == [("s3", name, "linked")])


def test_cancelling_before_the_plan_creates_nothing(wirer: Wirer, connection: Connection) -> None:
    name = f"never-{secrets.token_hex(4)}"
    dialog = _choose_new(wirer, SourceKind("s3"))
    dialog.sources.new_name.setText(name)
    press(dialog, "addTriggerNext")
    wirer.desk.until(lambda: dialog.prepared is not None and dialog.next.isEnabled())
    press(dialog, dialog.next.objectName())
    press(dialog, "planCancel")
    with pytest.raises(WorkbenchError):
        connection.call("s3", "head_bucket", Bucket=name)


def test_an_overlap_is_settled_by_the_prefix_that_is_offered(wirer: Wirer, connection: Connection) -> None:
    name = f"crowded-{secrets.token_hex(4)}"
    connection.call("s3", "create_bucket", Bucket=name)
    queue = connection.call("sqs", "create_queue", QueueName=name)["QueueUrl"]
    rule = {
        "QueueArn": let_send(connection, queue, "s3.amazonaws.com"),
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "reports/"}]}},
    }
    configuration = {"QueueConfigurations": [rule]}
    connection.call(
        "s3", "put_bucket_notification_configuration", Bucket=name, NotificationConfiguration=configuration
    )
    dialog = wirer.add(SourceKind("s3"), f"arn:aws:s3:::{name}")
    wirer.desk.until(lambda: dialog.prepared is not None)
    assert not dialog.next.isEnabled()
    wirer.press_fix(dialog, "fix.S3-OVERLAP.1")
    wirer.agree(dialog)
    wirer.desk.until(lambda: [row[2] for row in wirer.rows()] == ["linked"])
