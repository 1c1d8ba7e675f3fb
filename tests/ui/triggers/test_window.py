"""Triggers in the whole window: added, edited, paused, tried out and removed, on a real Sandbox."""

import secrets

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from tests.sandbox_functions import create_function
from tests.ui.sign_in.conftest import press
from tests.ui.triggers.wirer import PRINTS, Wirer
from workbench.aws.connection import Connection
from workbench.profiles.safety import Safety, Tier
from workbench.triggers.model import Fix, FixKind, SourceKind
from workbench.ui.features.copy_function.dialog import CopyDialog
from workbench.ui.features.triggers.add_dialog import AddTriggerDialog
from workbench.ui.features.triggers.event import EventDialog
from workbench.ui.features.triggers.plan_form import RepairDialog
from workbench.ui.features.triggers.trigger_dialog import AsyncDialog, EditTriggerDialog
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.services import Services


@pytest.fixture
def bucket(connection: Connection) -> str:
    name = f"pictures-{secrets.token_hex(5)}"
    connection.call("s3", "create_bucket", Bucket=name)
    return name


def notifications(connection: Connection, bucket: str) -> object:
    answer = connection.call("s3", "get_bucket_notification_configuration", Bucket=bucket)
    answer.pop("ResponseMetadata", None)
    return answer


def test_a_bucket_is_wired_changed_tried_and_removed_without_a_trace(
    wirer: Wirer, connection: Connection, bucket: str
) -> None:
    before, arn = notifications(connection, bucket), f"arn:aws:s3:::{bucket}"
    dialog = wirer.add(SourceKind("s3"), arn)
    dialog.settings.form.set_value("Events", ("s3:ObjectCreated:*",))
    dialog.settings.form.set_value("Prefix", "in/")
    wirer.agree(dialog)
    wirer.desk.until(lambda: wirer.rows() == [("s3", bucket, "linked")])
    assert wirer.desk.window.focusWidget() is wirer.page.table
    assert wirer.desk.banner(f"Amazon S3 now invokes {wirer.detail.function_name}.")
    assert wirer.page.chosen() is not None
    assert len(wirer.policy()) == 1

    wirer.page.panel.edit.click()
    edit = wirer.dialog(EditTriggerDialog)
    assert not edit.next.isEnabled()  # nothing is changed yet
    edit.settings.form.set_value("Prefix", "other/")
    wirer.agree(edit)
    wirer.desk.until(lambda: "other/" in wirer.page.panel.texts())

    wirer.page.panel.test.click()
    event = wirer.dialog(EventDialog)
    press(event, "testEventSend")
    wirer.desk.until(lambda: "The function was invoked. Request ID:" in event.state.text())
    assert "workbench-test-" in event.log.toPlainText()
    press(event, "testEventLogs")
    wirer.desk.until(lambda: wirer.desk.logs.isVisible())
    wirer.desk.window.page.show_tab("triggersPage")
    assert not connection.call("s3", "list_objects_v2", Bucket=bucket).get("Contents")

    wirer.desk.until(lambda: wirer.page.panel.remove.isVisible())
    wirer.page.table.setFocus()
    wirer.remove()
    wirer.desk.until(lambda: wirer.rows() == [])
    wirer.desk.until(lambda: wirer.desk.window.focusWidget().objectName() == "addTriggerButton")
    assert notifications(connection, bucket) == before
    assert wirer.policy() == []


def test_a_public_url_wants_a_typed_word_and_gets_two_statements(wirer: Wirer) -> None:
    dialog = wirer.add(SourceKind("url"))
    dialog.settings.form.set_value("AuthType", "NONE")
    wirer.agree(dialog)
    question = wirer.dialog(Question)
    assert wirer.policy() == []
    assert not question.yes.isEnabled()
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, wirer.detail.function_name)
    assert question.yes.isEnabled()
    QTest.keyClick(field, Qt.Key.Key_Return)
    wirer.desk.until(lambda: [row[0] for row in wirer.rows()] == ["url"])
    assert len(wirer.policy()) == 2
    wirer.desk.until(wirer.page.panel.test.isVisible)
    wirer.page.panel.test.click()
    event = wirer.dialog(EventDialog)
    press(event, "testEventSend")
    wirer.desk.until(lambda: "The function was invoked. Request ID:" in event.state.text())
    press(event, "testEventClose")
    wirer.remove()
    wirer.desk.until(lambda: wirer.rows() == [])
    assert wirer.policy() == []


def test_what_fails_is_taken_back_and_said_with_awss_code_and_nothing_typed_is_lost(
    wirer: Wirer, connection: Connection
) -> None:
    name = wirer.detail.function_name
    dialog = wirer.add(SourceKind("url"))
    dialog.settings.form.set_value("AuthType", "NONE")
    wirer.desk.until(lambda: dialog.prepared is not None and dialog.next.isEnabled())
    press(dialog, dialog.next.objectName())
    # Somebody is quicker.
    connection.call("lambda", "create_function_url_config", FunctionName=name, AuthType="AWS_IAM")
    press(dialog, "planYes")
    question = wirer.dialog(Question)
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, name)
    QTest.keyClick(field, Qt.Key.Key_Return)
    wirer.desk.until(lambda: "rolled back" in dialog.state.text())
    assert "ResourceConflictException" in dialog.state.text()
    assert wirer.policy() == []
    found = connection.call("lambda", "get_function_url_config", FunctionName=name)
    assert found["AuthType"] == "AWS_IAM"  # theirs stays
    press(dialog, "addTriggerBack")
    assert dialog.settings.form.values()["AuthType"] == "NONE"
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def test_making_a_url_public_later_wants_the_word_too(wirer: Wirer) -> None:
    wirer.agree(wirer.add(SourceKind("url")))
    wirer.desk.until(wirer.page.panel.edit.isVisible)
    wirer.page.panel.edit.click()
    edit = wirer.dialog(EditTriggerDialog)
    edit.settings.form.set_value("AuthType", "NONE")
    wirer.agree(edit)
    question = wirer.dialog(Question)
    assert not question.yes.isEnabled()
    assert "NONE" not in wirer.page.panel.texts()
    QTest.keyClick(question, Qt.Key.Key_Escape)
    QTest.keyClick(edit, Qt.Key.Key_Escape)


def test_a_direct_invocation_needs_no_wiring_and_leads_to_the_test_tab(wirer: Wirer) -> None:
    dialog = wirer.add(SourceKind("direct"))
    dialog.settings.form.set_value("Payload", '{"n": 1}')
    wirer.desk.until(dialog.next.isEnabled)
    assert dialog.next.text() == "Open in Test Tab"
    press(dialog, "addTriggerNext")
    test = wirer.desk.test
    wirer.desk.until(test.isVisible)
    wirer.desk.idle()
    assert test.text.toPlainText() == '{"n": 1}'


def test_what_blocks_is_said_and_nothing_can_be_planned(wirer: Wirer) -> None:
    dialog = wirer.add(SourceKind("url"))
    wirer.desk.until(lambda: dialog.next.isEnabled())
    dialog.settings.qualifier.addItem("alias gone", "gone")
    dialog.settings.qualifier.setCurrentIndex(dialog.settings.qualifier.findData("gone"))
    dialog.settings.qualifier.activated.emit(0)
    wirer.desk.until(lambda: "FN-QUALIFIER" in {each.check_id for each in dialog.settings.findings.findings})
    assert not dialog.next.isEnabled()
    assert "Not ready" in dialog.settings.checking.text()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def test_a_resource_of_another_region_is_greyed_with_ways_out(wirer: Wirer, connection: Connection) -> None:
    there = connection.in_region("eu-west-1")
    name = f"far-{secrets.token_hex(5)}"
    place = {"LocationConstraint": "eu-west-1"}
    there.call("s3", "create_bucket", Bucket=name, CreateBucketConfiguration=place)
    wirer.act("triggers.add")
    dialog = wirer.dialog(AddTriggerDialog)
    dialog.kinds.choose(SourceKind("s3"))
    press(dialog, "addTriggerNext")
    arn = f"arn:aws:s3:::{name}"
    wirer.desk.until(lambda: arn in wirer.listed(dialog))
    dialog.sources.choose(arn)
    assert not dialog.next.isEnabled()
    (finding,) = dialog.source_findings.findings
    assert finding.check_id == "GEN-REGION"
    assert "eu-west-1" in finding.what
    assert "us-east-1" in finding.what
    titles = [fix.title for fix in finding.fixes]
    assert "Go to eu-west-1" in titles
    assert "Copy the function to eu-west-1" in titles
    dialog.source_findings.fix_wanted.emit(finding.fixes[titles.index("Copy the function to eu-west-1")])
    copying = wirer.dialog(CopyDialog)
    assert copying.region.currentText() == "eu-west-1"
    wirer.desk.idle()
    QTest.keyClick(copying, Qt.Key.Key_Escape)


def test_a_way_out_leads_to_the_other_region(wirer: Wirer) -> None:
    wirer.desk.context.services.actions["triggers.add"].trigger()
    dialog = wirer.dialog(AddTriggerDialog)
    way = Fix(FixKind.SWITCH_REGION, "Go to eu-west-1", region="eu-west-1")
    dialog.apply_fix(way)
    wirer.desk.until(lambda: wirer.desk.session.region == "eu-west-1")
    assert not dialog.isVisible()


def test_in_production_the_functions_name_is_asked_for(wirer: Wirer, services: Services) -> None:
    Safety(services.settings).set_tier("alice", Tier.PRODUCTION)
    wirer.desk.protection.show_tier()
    dialog = wirer.add(SourceKind("url"))
    wirer.desk.until(lambda: dialog.prepared)
    assert "FN-LATEST" in {each.check_id for each in dialog.settings.findings.findings}
    wirer.agree(dialog)
    question = wirer.dialog(Question)
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, wirer.detail.function_name)
    press(question, "confirmByNameYes")
    wirer.desk.until(lambda: [row[0] for row in wirer.rows()] == ["url"])


# Pausing, asynchronous settings, repairing ------------------------------------------------------------------


def test_a_pause_is_at_once_and_can_be_undone(wirer: Wirer, connection: Connection) -> None:
    url = connection.call("sqs", "create_queue", QueueName="orders")["QueueUrl"]
    wanted = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    arn = connection.call("sqs", "get_queue_attributes", **wanted)["Attributes"]["QueueArn"]
    dialog = wirer.add(SourceKind("sqs"), arn)
    wirer.accept_all(dialog)
    wirer.agree(dialog)
    wirer.desk.until(lambda: wirer.page.panel.pause.isVisible())

    def state() -> str:
        (mapping,) = connection.call("lambda", "list_event_source_mappings")["EventSourceMappings"]
        return str(mapping["State"])

    wirer.page.panel.pause.click()
    wirer.desk.until(lambda: wirer.desk.banner("was paused."))
    assert state() == "Disabled"
    wirer.desk.until(lambda: wirer.page.panel.pause.text() == "Resume")
    wirer.act("triggers.undo_pause")
    wirer.desk.until(lambda: wirer.desk.banner("was resumed."))
    assert state() == "Enabled"
    wirer.desk.until(lambda: wirer.page.panel.pause.text() == "Pause")


def test_asynchronous_settings_are_changed_on_the_tab(wirer: Wirer, connection: Connection) -> None:
    name = wirer.detail.function_name
    wirer.page.panel.asynchronous.click()
    dialog = wirer.dialog(AsyncDialog)
    assert not dialog.next.isEnabled()
    dialog.settings.form.set_value("MaximumRetryAttempts", 0)
    wirer.desk.until(lambda: "ASYNC-LOSS" in {each.check_id for each in dialog.settings.findings.findings})
    wirer.agree(dialog)
    wirer.desk.until(
        lambda: wirer.desk.banner(f"The asynchronous invocation settings of {name} were changed.")
    )
    found = connection.call("lambda", "get_function_event_invoke_config", FunctionName=name)
    assert found["MaximumRetryAttempts"] == 0
    wirer.desk.until(lambda: wirer.page.shown and wirer.page.shown.report.settings)
    wirer.page.panel.asynchronous.click()
    dialog = wirer.dialog(AsyncDialog)
    assert dialog.settings.form.values()["MaximumRetryAttempts"] == 0
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def test_the_dead_letter_queue_is_set_with_the_asynchronous_settings(
    wirer: Wirer, connection: Connection
) -> None:
    name = wirer.detail.function_name
    url = connection.call("sqs", "create_queue", QueueName="dead")["QueueUrl"]
    answer = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    arn = answer["Attributes"]["QueueArn"]
    wirer.page.panel.asynchronous.click()
    dialog = wirer.dialog(AsyncDialog)
    dialog.settings.form.set_value("DeadLetterConfig.TargetArn", arn)
    wirer.accept_all(dialog)  # the role may not send to it yet
    wirer.agree(dialog)
    wirer.desk.until(
        lambda: wirer.desk.banner(f"The asynchronous invocation settings of {name} were changed.")
    )
    found = connection.call("lambda", "get_function_configuration", FunctionName=name)
    assert found["DeadLetterConfig"] == {"TargetArn": arn}
    opened = wirer.desk.window.page
    wirer.desk.until(lambda: opened.function and opened.function.detail.dead_letter_arn == arn)
    wirer.desk.idle()


def test_a_stale_permission_is_repaired_after_its_plan_was_seen(wirer: Wirer, connection: Connection) -> None:
    connection.call(
        "lambda",
        "add_permission",
        FunctionName=wirer.detail.function_name,
        StatementId="old",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::a-bucket-that-is-gone-for-good",
    )
    wirer.page.refresh()
    wirer.desk.until(lambda: [row[2] for row in wirer.rows()] == ["stale permission"])
    wirer.page.panel.repair.click()
    dialog = wirer.dialog(RepairDialog)
    assert [step.api_call for step in dialog.plan_view.steps] == ["lambda:RemovePermission"]
    press(dialog, "planYes")
    wirer.desk.until(lambda: wirer.rows() == [])
    assert wirer.policy() == []


def test_all_that_is_ill_is_repaired_by_one_plan(wirer: Wirer, connection: Connection) -> None:
    name = wirer.detail.function_name
    assert not wirer.page.repair_all.isVisible()
    for number in range(2):
        connection.call(
            "lambda",
            "add_permission",
            FunctionName=name,
            StatementId=f"old-{number}",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn=f"arn:aws:s3:::a-bucket-that-is-gone-for-good-{number}",
        )
    wirer.page.refresh()
    wirer.desk.until(wirer.page.repair_all.isVisible)
    wirer.page.repair_all.click()
    dialog = wirer.dialog(RepairDialog)
    assert [step.api_call for step in dialog.plan_view.steps] == ["lambda:RemovePermission"] * 2
    press(dialog, "planYes")
    wirer.desk.until(lambda: wirer.rows() == [])
    assert wirer.desk.banner("All triggers were repaired.")
    assert wirer.policy() == []
    wirer.desk.until(lambda: not wirer.page.repair_all.isVisible())


def test_what_was_just_added_is_selected_among_others_of_its_kind(
    wirer: Wirer, connection: Connection
) -> None:
    name, arn = wirer.detail.function_name, wirer.detail.function_arn
    connection.call("events", "put_rule", Name="a-rule", EventPattern='{"source": ["a"]}')
    connection.call("events", "put_targets", Rule="a-rule", Targets=[{"Id": "1", "Arn": arn}])
    wirer.page.refresh()
    wirer.desk.until(lambda: [row[1] for row in wirer.rows()] == ["a-rule"])
    dialog = wirer.add(SourceKind("events"))
    dialog.settings.form.set_value("Name", "z-rule")
    dialog.settings.form.set_value("EventPattern", '{"source": ["z"]}')
    wirer.agree(dialog)
    wirer.desk.until(lambda: [row[1] for row in wirer.rows()] == ["a-rule", "z-rule"])
    chosen = wirer.page.chosen()
    assert chosen is not None
    assert chosen.name == "z-rule"
    assert wirer.desk.banner(f"EventBridge rule now invokes {name}.")


def test_a_durable_function_is_wired_by_the_alias_that_the_check_offers(
    wirer: Wirer, connection: Connection
) -> None:
    config = {"ExecutionTimeout": 60, "RetentionPeriodInDays": 1}
    wirer.detail = create_function(connection, PRINTS, DurableConfig=config)
    name = wirer.detail.function_name
    version = connection.call("lambda", "publish_version", FunctionName=name)["Version"]
    connection.call("lambda", "create_alias", FunctionName=name, Name="prod", FunctionVersion=version)
    wirer.act("list.refresh")
    wirer.desk.open(name)
    wirer.desk.until(lambda: wirer.page.shown)
    dialog = wirer.add(SourceKind("url"))
    wirer.desk.until(lambda: dialog.prepared)
    assert dialog.settings.findings.is_blocked
    wirer.press_fix(dialog, "fix.FN-DURABLE.1")
    assert dialog.settings.chosen_qualifier() == "prod"
    wirer.desk.until(lambda: dialog.prepared and dialog.prepared.spec.qualifier == "prod")
    assert "FN-DURABLE" not in {each.check_id for each in dialog.settings.findings.findings}


def test_what_is_ready_names_its_warning_and_is_silent_once_that_is_resolved(
    wirer: Wirer, connection: Connection
) -> None:
    connection.call("s3", "create_bucket", Bucket="photos-with-a-warning")
    dialog = wirer.add(SourceKind("s3"), "arn:aws:s3:::photos-with-a-warning")
    status = dialog.settings.checking
    wirer.desk.until(lambda: status.text() == "Ready, with a warning: Events that fail 3 times are lost.")
    wirer.press_fix(dialog, "fix.ASYNC-LOSS.1")
    assert status.text() == "Ready. The plan adds what is missing."
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
