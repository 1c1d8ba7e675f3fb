"""Removing a trigger in the window: the execution role is as it was before the trigger was added, too."""

import pytest

from tests.ui.sign_in.conftest import press
from tests.ui.triggers.wirer import Wirer
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.roles import read_policies
from workbench.triggers.model import SourceKind
from workbench.ui.features.triggers.plan_form import RemoveDialog


def policies(wirer: Wirer, connection: Connection) -> list[str]:
    role = wirer.desk.window.page.function
    assert role is not None
    return sorted(each.name for each in read_policies(connection, role.detail.role_arn, JobContext()))


@pytest.mark.parametrize("way", [1, 2])
def test_what_the_role_was_given_goes_with_the_trigger(
    wirer: Wirer, connection: Connection, way: int
) -> None:
    url = connection.call("sqs", "create_queue", QueueName="orders")["QueueUrl"]
    answer = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    before = policies(wirer, connection)
    dialog = wirer.add(SourceKind("sqs"), answer["Attributes"]["QueueArn"])
    wirer.desk.until(lambda: dialog.prepared is not None)
    wirer.press_fix(dialog, f"fix.ROLE-DENY.{way}")
    wirer.agree(dialog)
    wirer.desk.until(lambda: [row[2] for row in wirer.rows()] == ["linked"])
    wirer.desk.until(lambda: wirer.page.permissions.policies.model().rowCount() == len(before) + 1)

    wirer.page.panel.remove.click()
    removing = wirer.dialog(RemoveDialog)
    assert removing.also.isVisible() is (way == 1)  # others may need a managed policy: a person says so
    if way == 1:
        assert "DetachRolePolicy" not in removing.plan_view.text()
        removing.also.click()
    press(removing, "planYes")
    wirer.desk.until(lambda: wirer.rows() == [])
    assert policies(wirer, connection) == before
