"""A rule of another region: greyed, with a way that leads over a bus, and that leaves nothing behind."""

import secrets

from PySide6.QtWidgets import QPushButton

from tests.ui.sign_in.conftest import press
from tests.ui.triggers.wirer import Wirer
from workbench.aws.connection import Connection
from workbench.triggers.model import SourceKind
from workbench.ui.features.triggers.add_dialog import AddTriggerDialog


def test_a_rule_of_another_region_is_wired_over_a_bus(wirer: Wirer, connection: Connection) -> None:
    there = connection.in_region("eu-west-1")
    arn = there.call("events", "put_rule", Name="far", EventPattern='{"source": ["shop"]}')["RuleArn"]
    wirer.act("triggers.add")
    dialog = wirer.dialog(AddTriggerDialog)
    dialog.kinds.choose(SourceKind("events"))
    press(dialog, "addTriggerNext")
    wirer.desk.until(lambda: arn in wirer.listed(dialog))
    dialog.sources.choose(arn)
    assert not dialog.next.isEnabled()

    def way() -> QPushButton | None:
        found = dialog.findChildren(QPushButton, "fix.EB-REGION.1")
        return next((each for each in found if each.isVisible()), None)

    wirer.desk.until(way)
    button = way()
    assert button is not None
    button.click()
    assert dialog.settings.form.values() == {"ForwardTo": "default"}
    wirer.accept_all(dialog)
    wirer.agree(dialog)
    wirer.desk.until(lambda: [row[2] for row in wirer.rows()] == ["linked"])
    (target,) = there.call("events", "list_targets_by_rule", Rule="far")["Targets"]
    assert target["Arn"].endswith(":event-bus/default")

    wirer.remove()
    wirer.desk.until(lambda: wirer.rows() == [])
    assert there.call("events", "list_targets_by_rule", Rule="far")["Targets"] == []
    assert wirer.policy() == []


def test_a_bucket_of_another_region_is_wired_over_a_topic(wirer: Wirer, connection: Connection) -> None:
    there = connection.in_region("eu-west-1")
    bucket = f"far-{secrets.token_hex(5)}"
    place = {"LocationConstraint": "eu-west-1"}
    there.call("s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration=place)
    topic = there.call("sns", "create_topic", Name="news")["TopicArn"]
    wirer.act("triggers.add")
    dialog = wirer.dialog(AddTriggerDialog)
    dialog.kinds.choose(SourceKind("s3"))
    press(dialog, "addTriggerNext")
    wirer.desk.until(lambda: f"arn:aws:s3:::{bucket}" in wirer.listed(dialog))
    dialog.sources.choose(f"arn:aws:s3:::{bucket}")
    wirer.press_fix(dialog, "fix.GEN-REGION.4")
    assert f"{bucket} will send to it" in dialog.state.text()
    wirer.desk.until(lambda: topic in wirer.listed(dialog))
    dialog.sources.choose(topic)
    press(dialog, "addTriggerNext")
    fed = {"FedBy": f"arn:aws:s3:::{bucket}", "FedEvents": ("s3:ObjectCreated:*",)}
    assert dialog.settings.form.values() == fed
    wirer.agree(dialog)
    wirer.desk.until(lambda: wirer.rows() == [("sns", "news", "linked")])
    rules = there.call("s3", "get_bucket_notification_configuration", Bucket=bucket)
    assert [each["TopicArn"] for each in rules["TopicConfigurations"]] == [topic]

    wirer.desk.until(lambda: bucket in wirer.page.panel.texts())
    wirer.remove()
    wirer.desk.until(lambda: wirer.rows() == [])
    left = there.call("s3", "get_bucket_notification_configuration", Bucket=bucket)
    assert not left.get("TopicConfigurations")
