"""A function that its role denies a call, and the way from the denial to the permission and back."""

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton

from tests.sandbox_functions import create_function, make_logging_role
from tests.ui.features.logs.test_lines_view import menu_at
from tests.ui.recovery_panel import Panel
from tests.ui.sign_in.conftest import press
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import find, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.functions.permissions import Statement, with_statements
from workbench.functions.roles import POLICY_NAME, put_policy
from workbench.profiles.safety import Safety, Tier
from workbench.triggers import execute
from workbench.triggers.execute import TriggerJournal
from workbench.triggers.role import own_policy_plan
from workbench.ui.features.permissions.dialog import PermissionsDialog
from workbench.ui.features.permissions.statement_dialog import StatementDialog
from workbench.ui.kit.dialog import Question

TABLE = "orders"
PUTS = f"""
import boto3
table = boto3.resource("dynamodb").Table("{TABLE}")
def handler(event, context):
    table.put_item(Item={{"id": "1"}})
    return "stored"
"""
SAYS = "def handler(event, context):\n    raise RuntimeError(event['text'])\n"


@pytest.fixture
def table_arn(connection: Connection) -> str:
    answer = connection.call(
        "dynamodb",
        "create_table",
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return str(answer["TableDescription"]["TableArn"])


def function_with_role(connection: Connection, source: str) -> FunctionDetail:
    """A function whose role allows to write logs, and nothing else."""
    detail = create_function(connection, source)
    role = make_logging_role(connection, f"{detail.function_name}-role")
    connection.call("lambda", "update_function_configuration", FunctionName=detail.function_name, Role=role)
    return wait_until_updated(connection, detail.function_name, JobContext())


def own_policy(connection: Connection, detail: FunctionDetail) -> list[dict[str, object]]:
    """The statements of Workbench's policy of the role; empty if there is none."""
    answer = find(
        connection,
        "get_role_policy",
        "Could not look.",
        service="iam",
        RoleName=detail.role_arn.rpartition("/")[2],
        PolicyName=POLICY_NAME,
    )
    return list(answer["PolicyDocument"]["Statement"]) if answer else []


def dialog_of[D: QDialog](desk: Desk, kind: type[D]) -> D:
    def shown() -> list[D]:
        return [each for each in desk.window.findChildren(kind) if each.isVisible()]

    desk.until(shown)
    return shown()[0]


def text_of(dialog: QDialog, name: str) -> str:
    label = dialog.findChild(QLabel, name)
    assert label is not None
    return label.text()


def invoke(desk: Desk, status: str, event: str = "{}") -> None:
    desk.invoke(event)
    desk.until(lambda: desk.window.result.status.text() != "Running…")
    assert desk.window.result.status.text().startswith(status)


def allow_this(desk: Desk) -> PermissionsDialog:
    button = desk.window.result.findChild(QPushButton, "resultAllow")
    assert button is not None
    assert button.isVisible()
    button.click()
    dialog = dialog_of(desk, PermissionsDialog)
    desk.until(lambda: text_of(dialog, "rolePermissionsDenied"))
    return dialog


def test_what_was_denied_is_allowed_and_undone(desk: Desk, connection: Connection, table_arn: str) -> None:
    detail = function_with_role(connection, PUTS)
    desk.connect()
    desk.open(detail.function_name)
    invoke(desk, "Failed: ClientError")
    dialog = allow_this(desk)
    assert text_of(dialog, "rolePermissionsDenied") == f"Denied: dynamodb:PutItem on {table_arn}."
    [row] = dialog.statements.rows.all
    assert row.statement == Statement.allowing(["dynamodb:PutItem"], [table_arn])
    press(dialog, "rolePermissionsNext")
    assert [step.api_call for step in dialog.plan_view.steps] == ["iam:PutRolePolicy"]
    assert table_arn in dialog.differences.toPlainText()
    assert own_policy(connection, detail) == []  # nothing is written before the yes
    press(dialog, "planYes")
    desk.until(lambda: desk.banner(f"The permissions of the role {detail.function_name}-role were changed."))
    assert own_policy(connection, detail) == [
        {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": table_arn}
    ]
    invoke(desk, "Succeeded")
    allow = desk.window.result.findChild(QPushButton, "resultAllow")
    assert allow is not None
    assert not allow.isVisible()
    desk.context.services.actions["permissions.undo"].trigger()
    desk.until(lambda: desk.banner(f"The permissions of the role {detail.function_name}-role are as before."))
    assert own_policy(connection, detail) == []
    invoke(desk, "Failed: ClientError")
    desk.idle()


def test_the_calls_in_the_code_are_proposed(desk: Desk, connection: Connection, table_arn: str) -> None:
    detail = function_with_role(connection, PUTS)
    desk.connect()
    desk.open(detail.function_name)
    desk.window.page.show_tab("codePage")
    desk.until(lambda: desk.code.workspace is not None and desk.code.displayed is not None)
    desk.idle()
    desk.context.services.actions["permissions.show"].trigger()
    dialog = dialog_of(desk, PermissionsDialog)
    desk.until(lambda: dialog.proposals.rows.all)
    [proposal] = dialog.proposals.rows.all
    assert proposal.statement == Statement.allowing(["dynamodb:PutItem"], [table_arn])
    assert proposal.why == ("app.py:5 calls PutItem",)
    assert not dialog.next.isEnabled()
    box = dialog.proposals.rows.index(0, 0)
    dialog.proposals.rows.setData(box, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    press(dialog, "rolePermissionsNext")
    press(dialog, "planYes")
    desk.until(lambda: desk.banner(f"The permissions of the role {detail.function_name}-role were changed."))
    desk.context.services.actions["permissions.show"].trigger()
    again = dialog_of(desk, PermissionsDialog)
    desk.until(lambda: again.statements.rows.all)
    desk.idle()
    assert not again.proposals.rows.all  # allowed by now
    again.reject()
    desk.idle()


def test_all_policies_are_shown_with_where_they_come_from(desk: Desk, connection: Connection) -> None:
    detail = function_with_role(connection, SAYS)
    desk.connect()
    desk.open(detail.function_name)
    desk.context.services.actions["permissions.show"].trigger()
    dialog = dialog_of(desk, PermissionsDialog)
    table = dialog.policies.table
    desk.until(lambda: table.rows.rowCount() == 2)
    desk.idle()
    texts = [[str(table.rows.index(row, column).data()) for column in range(5)] for row in range(2)]
    assert [row[0] for row in texts] == ["Allow", "Allow"]
    assert "logs:PutLogEvents" in texts[0][1]
    assert texts[0][4] == "AWSLambdaBasicExecutionRole (managed)"
    assert texts[1][1:3] == ["sts:AssumeRole", "Service: lambda.amazonaws.com"]
    assert texts[1][4] == "trust policy"
    assert json.loads(dialog.policies.document.toPlainText())["Statement"]
    dialog.reject()
    desk.idle()


HOSTILE = (
    "User: {user} is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::{bucket}/* "
    "because no identity-based policy allows the s3:GetObject action"
)


def test_a_text_of_the_function_never_widens(desk: Desk, connection: Connection) -> None:
    detail = function_with_role(connection, SAYS)
    name = detail.function_name
    user = f"arn:aws:sts::{connection.account_id}:assumed-role/{name}-role/{name}"
    desk.connect()
    desk.open(name)
    invoke(desk, "Failed", json.dumps({"text": HOSTILE.format(user=user, bucket="*")}))
    dialog = allow_this(desk)
    question = dialog_of(desk, StatementDialog)  # the resource is for the user to type
    assert question.action_lines.value() == ("s3:GetObject",)
    assert question.resource_lines.value() == ()
    assert not question.save.isEnabled()
    question.reject()
    assert not dialog.statements.rows.all
    dialog.reject()
    desk.idle()


def test_a_boundary_and_another_role_are_explained(desk: Desk, connection: Connection) -> None:
    detail = function_with_role(connection, SAYS)
    name = detail.function_name
    mine = f"arn:aws:sts::{connection.account_id}:assumed-role/{name}-role/{name}"
    resource = "arn:aws:s3:::photos/a"
    desk.connect()
    desk.open(name)
    for user, why, said in (
        (mine, "because no permissions boundary allows the s3:GetObject action", "boundary"),
        (mine.replace("-role/", "-other/"), "because no identity-based policy allows it", "denied caller"),
    ):
        text = f"User: {user} is not authorized to perform: s3:GetObject on resource: {resource} {why}"
        invoke(desk, "Failed", json.dumps({"text": text}))
        dialog = allow_this(desk)
        assert said in text_of(dialog, "rolePermissionsDenied")
        assert not dialog.statements.rows.all
        assert not dialog.next.isEnabled()
        dialog.reject()
        desk.idle()


ENCODED = (
    "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not "
    "authorized to perform this operation. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q-abc"
)


def test_a_denial_that_aws_has_encoded_is_explained_and_allowed_by_hand(
    desk: Desk, connection: Connection
) -> None:
    detail = function_with_role(connection, SAYS)
    desk.connect()
    desk.open(detail.function_name)
    invoke(desk, "Failed", json.dumps({"text": ENCODED}))
    dialog = allow_this(desk)
    said = text_of(dialog, "rolePermissionsDenied")
    assert said.startswith("AWS has encoded what was denied.")
    assert "aws sts decode-authorization-message" in said
    assert not dialog.statements.rows.all
    assert not dialog.next.isEnabled()
    press(dialog, "rolePermissionsAdd")
    question = dialog_of(desk, StatementDialog)
    question.action_lines.text.setPlainText("ec2:RunInstances")
    question.resource_lines.text.setPlainText("*")
    press(question, "statementSave")
    desk.until(lambda: dialog.statements.rows.all)
    press(dialog, "rolePermissionsNext")
    press(dialog, "planYes")
    desk.until(lambda: desk.banner(f"The permissions of the role {detail.function_name}-role were changed."))
    [statement] = own_policy(connection, detail)
    assert statement["Action"] == "ec2:RunInstances"
    desk.idle()


def row_of(desk: Desk, text: str) -> int:
    """The first row of the log that has a text, counted from the top; -1 for none."""
    rows = desk.logs.view.lines.rows.each()
    return next((number for number, row in enumerate(rows) if text in row.text), -1)


def test_what_the_log_says_was_denied_is_allowed_from_its_menu(
    desk: Desk, connection: Connection, table_arn: str
) -> None:
    detail = function_with_role(connection, PUTS)
    desk.connect()
    desk.open(detail.function_name)
    invoke(desk, "Failed: ClientError")
    desk.window.page.show_tab("logsPage")
    lines = desk.logs.view.lines
    desk.until(lambda: row_of(desk, "is not authorized to perform") >= 0)
    number = lines.rows.number(row_of(desk, "is not authorized to perform"))
    place = next(y for y in range(lines.height()) if lines._position_at(QPoint(0, y)).number == number)
    menu_at(lines, QPoint(5, place + 2))["Allow This…"].trigger()
    dialog = dialog_of(desk, PermissionsDialog)
    desk.until(lambda: text_of(dialog, "rolePermissionsDenied"))
    assert text_of(dialog, "rolePermissionsDenied") == f"Denied: dynamodb:PutItem on {table_arn}."
    press(dialog, "rolePermissionsNext")
    press(dialog, "planYes")
    desk.until(lambda: desk.banner(f"The permissions of the role {detail.function_name}-role were changed."))
    invoke(desk, "Succeeded")
    desk.idle()


def test_what_another_function_of_the_log_was_denied_is_not_allowed_to_this_one(
    desk: Desk, connection: Connection
) -> None:
    detail = function_with_role(connection, SAYS)
    desk.connect()
    desk.open(detail.function_name)
    desk.logs.view.allow_wanted.emit("User: … is not authorized to perform: s3:GetObject", "another")
    assert desk.banner("This line is of another. Open that function to change the permissions of its role.")
    assert not desk.window.findChildren(PermissionsDialog)
    desk.idle()


def test_an_interrupted_change_is_offered(desk: Desk, connection: Connection) -> None:
    detail = function_with_role(connection, SAYS)
    journal = TriggerJournal(desk.context.services.paths.data_dir / "permissions")
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    plan = own_policy_plan(detail, detail.role_arn.rpartition("/")[2], "", document)
    with execute._begin(journal, plan) as file:
        file.before("0")
    desk.connect()
    title = f"Change of permissions “{plan.title}”"
    panel = Panel(desk, f"{title} was interrupted.")
    panel.press(title, "Undo")
    panel.until_said(title, f"“{plan.title}” was undone.")
    panel.dialog.reject()
    desk.idle()


def test_production_asks_for_the_functions_name(desk: Desk, connection: Connection, table_arn: str) -> None:
    detail = function_with_role(connection, PUTS)
    desk.connect()
    desk.open(detail.function_name)
    invoke(desk, "Failed: ClientError")
    Safety(desk.context.services.settings).set_tier("alice", Tier.PRODUCTION)
    dialog = allow_this(desk)
    press(dialog, "rolePermissionsNext")
    press(dialog, "planYes")
    question = dialog_of(desk, Question)
    assert question.objectName() == "confirmByName"
    question.reject()
    desk.idle()
    assert own_policy(connection, detail) == []
    dialog.reject()
    desk.idle()


def test_statements_are_added_changed_and_removed_by_hand(desk: Desk, connection: Connection) -> None:
    detail = function_with_role(connection, SAYS)
    before = [Statement.allowing(["s3:GetObject"], [f"arn:aws:s3:::{name}/*"]) for name in ("a", "b")]
    put_policy(connection, detail.role_arn.rpartition("/")[2], with_statements("", before))
    desk.connect()
    desk.open(detail.function_name)
    desk.context.services.actions["permissions.show"].trigger()
    dialog = dialog_of(desk, PermissionsDialog)
    desk.until(lambda: len(dialog.statements.rows.all) == 2)

    def fill(actions: str, resources: str) -> None:
        question = dialog_of(desk, StatementDialog)
        question.action_lines.text.setPlainText(actions)
        question.resource_lines.text.setPlainText("photos")
        assert not question.save.isEnabled()  # no ARN
        question.resource_lines.text.setPlainText(resources)
        press(question, "statementSave")
        desk.until(lambda: not desk.window.findChildren(StatementDialog))

    press(dialog, "rolePermissionsAdd")
    fill("sqs:SendMessage\nsqs:Get*", "arn:aws:sqs:us-east-1:123456789012:jobs")
    dialog.statements.selectRow(0)
    press(dialog, "rolePermissionsEdit")
    fill("s3:PutObject", "arn:aws:s3:::a/*")
    dialog.statements.selectRow(1)
    press(dialog, "rolePermissionsRemove")
    press(dialog, "rolePermissionsNext")
    press(dialog, "planYes")
    desk.until(lambda: desk.banner(f"The permissions of the role {detail.function_name}-role were changed."))
    changed, added = own_policy(connection, detail)
    assert changed == {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::a/*"}
    assert added["Action"] == ["sqs:SendMessage", "sqs:Get*"]
    desk.idle()
