"""Deleting a function and making it again in the whole window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit

from tests.sandbox_functions import create_function, deploy_elsewhere, deployed_text
from tests.ui.pages.conftest import texts
from tests.ui.sign_in.conftest import press
from tests.ui.test_routes import HANDLER
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.functions.detail import find
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.deleting.dialog import DeleteDialog, RestoreDialog
from workbench.ui.features.deploy.page import DeploysPage
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.protection import Protection
from workbench.ui.shell.services import Services


class Remover:
    """Someone who cleans up."""

    def __init__(self, desk: Desk, connection: Connection) -> None:
        self.desk, self.connection = desk, connection
        self.name = create_function(connection, HANDLER).function_name
        self.group = f"/aws/lambda/{self.name}"
        connection.call("logs", "create_log_group", logGroupName=self.group)
        url = connection.call("sqs", "create_queue", QueueName=f"{self.name}-orders")["QueueUrl"]
        attributes = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
        connection.call(
            "lambda",
            "create_event_source_mapping",
            FunctionName=self.name,
            EventSourceArn=attributes["Attributes"]["QueueArn"],
        )
        connection.call(
            "lambda",
            "add_permission",
            FunctionName=self.name,
            StatementId="bucket",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn="arn:aws:s3:::photos",
        )
        desk.connect()
        desk.open(self.name)

    def act(self, action: str) -> None:
        self.desk.context.services.actions[action].trigger()

    def dialog[D: QDialog](self, kind: type[D]) -> D:
        def shown() -> list[D]:
            return [each for each in self.desk.window.findChildren(kind) if each.isVisible()]

        self.desk.until(shown)
        return shown()[0]

    def ask(self) -> DeleteDialog:
        self.act("function.delete")
        dialog = self.dialog(DeleteDialog)
        self.desk.until(dialog.yes.isEnabled)
        return dialog

    def tick(self, dialog: DeleteDialog, kind: str) -> None:
        (row,) = [row for row, texts in enumerate(rows(dialog)) if texts[0] == kind]
        index = dialog.table.rows.index(row, 0)
        assert index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Unchecked
        dialog.table.setCurrentIndex(index)
        QTest.keyClick(dialog.table, Qt.Key.Key_Space)
        assert index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked

    def is_there(self) -> bool:
        return bool(find(self.connection, "get_function", "Could not look.", FunctionName=self.name))

    def mappings(self) -> int:
        listed = self.connection.call("lambda", "list_event_source_mappings")["EventSourceMappings"]
        # One that was deleted is there for some time.
        mine = [each for each in listed if self.name in each["FunctionArn"]]
        return len([each for each in mine if each["State"] != "Deleting"])

    def groups(self) -> int:
        found = self.connection.call("logs", "describe_log_groups", logGroupNamePrefix=self.group)
        return len(found["logGroups"])


def rows(dialog: DeleteDialog) -> list[list[str]]:
    model = dialog.table.rows
    return [[model.index(row, column).data() for column in range(3)] for row in range(model.rowCount())]


@pytest.fixture
def remover(desk: Desk, connection: Connection) -> Remover:
    return Remover(desk, connection)


def test_what_hangs_on_it_is_shown_and_the_log_group_and_the_role_stay(remover: Remover) -> None:
    dialog = remover.ask()
    assert {row[0]: row[2] for row in rows(dialog)} == {
        "Event source mapping": "Deleted",
        "Log group": "Kept",
        "Execution role": "Kept",
        "Permission (resource policy)": "Deleted; the source continues to send events",
    }
    press(dialog, "deleteYes")
    remover.desk.until(lambda: remover.desk.banner(f"{remover.name} was deleted."))
    assert (remover.is_there(), remover.mappings(), remover.groups()) == (False, 0, 1)
    assert remover.desk.opened() == ""
    assert not remover.desk.context.services.actions["function.delete"].isEnabled()
    remover.desk.until(lambda: remover.name not in remover.desk.names())
    remover.desk.idle()


def test_ticked_rows_go_too_and_restoring_makes_the_function_again(remover: Remover) -> None:
    dialog = remover.ask()
    remover.tick(dialog, "Log group")
    press(dialog, "deleteYes")
    remover.desk.until(lambda: remover.desk.banner(f"{remover.name} was deleted."))
    assert remover.groups() == 0
    remover.act("function.restore")
    offer = remover.dialog(RestoreDialog)
    assert [row[0] for row in texts(offer.table)] == [remover.name]
    assert "These resources will be restored too: 1 event source mapping, 1 permission." in offer.about.text()
    assert f"Not restored: Log group {remover.group}" in offer.about.text()
    press(offer, "restoreYes")
    remover.desk.until(lambda: remover.desk.opened() == remover.name)
    assert deployed_text(remover.connection, remover.name) == HANDLER
    assert remover.desk.banner(f"{remover.name} was restored.") is not None
    assert remover.mappings() == 1
    policy = remover.connection.call("lambda", "get_policy", FunctionName=remover.name)["Policy"]
    assert "arn:aws:s3:::photos" in policy
    remover.act("view.deploys")
    (deploys,) = remover.desk.window.page.findChildren(DeploysPage)
    remover.desk.until(lambda: [row[1] for row in texts(deploys.table)] == ["● Restored"])
    remover.desk.idle()


def test_a_row_of_the_list_is_deleted_and_not_the_open_function(
    remover: Remover, connection: Connection
) -> None:
    other = create_function(connection, HANDLER).function_name
    remover.act("list.refresh")
    functions = remover.desk.window.functions
    remover.desk.until(lambda: functions.model.index_of(other).isValid())
    functions.view.setCurrentIndex(functions.model.index_of(other))
    (action,) = [each for each in functions.view.actions() if each.objectName() == "deleteListedFunction"]
    action.trigger()
    dialog = remover.dialog(DeleteDialog)
    remover.desk.until(dialog.yes.isEnabled)
    assert dialog.windowTitle() == f"Delete {other}"
    press(dialog, "deleteYes")
    remover.desk.until(lambda: remover.desk.banner(f"{other} was deleted."))
    assert remover.is_there()
    assert remover.desk.opened() == remover.name
    remover.desk.idle()


def test_what_somebody_deployed_since_is_not_deleted(remover: Remover) -> None:
    dialog = remover.ask()
    deploy_elsewhere(remover.connection, remover.name, f"{HANDLER}# theirs\n")
    press(dialog, "deleteYes")
    remover.desk.until(lambda: remover.desk.banner("It was changed in the meantime."))
    assert remover.is_there()
    assert remover.mappings() == 1
    remover.act("function.restore")
    offer = remover.dialog(RestoreDialog)
    assert not offer.yes.isEnabled()
    assert offer.state.text() == "No functions have been deleted from this computer."
    QTest.keyClick(offer, Qt.Key.Key_Escape)
    remover.desk.idle()


def test_a_function_that_has_gone_leaves_the_list(remover: Remover) -> None:
    remover.connection.call("lambda", "delete_function", FunctionName=remover.name)
    remover.act("function.delete")
    remover.desk.until(lambda: remover.name not in remover.desk.names())
    assert remover.desk.banner("ResourceNotFoundException") is not None
    remover.desk.idle()


def test_production_asks_for_the_name(remover: Remover, services: Services) -> None:
    Safety(services.settings).set_tier("alice", Tier.PRODUCTION)
    protection = remover.desk.window.findChild(Protection)
    assert protection is not None
    protection.show_tier()
    dialog = remover.ask()
    press(dialog, "deleteYes")
    question = remover.dialog(Question)
    assert remover.is_there()
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, remover.name)
    press(question, "confirmByNameYes")
    remover.desk.until(lambda: not remover.is_there())
    remover.desk.idle()


def test_a_copy_can_be_forgotten(remover: Remover) -> None:
    press(remover.ask(), "deleteYes")
    remover.desk.until(lambda: remover.desk.banner(f"{remover.name} was deleted."))
    remover.act("function.restore")
    offer = remover.dialog(RestoreDialog)
    press(offer, "restoreForget")
    press(remover.dialog(Question), "restoreForgetQuestionNo")
    assert [name for name, *_ in texts(offer.table)] == [remover.name]  # the only copy there is
    press(offer, "restoreForget")
    press(remover.dialog(Question), "restoreForgetQuestionYes")
    remover.desk.until(lambda: texts(offer.table) == [])
    QTest.keyClick(offer, Qt.Key.Key_Escape)
    remover.desk.idle()
    folder = remover.desk.context.services.paths.data_dir / "deleted"
    assert list(folder.iterdir()) == []
