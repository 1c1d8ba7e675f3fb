"""A rule of another region: greyed, with a way that leads over a bus, and that leaves nothing behind."""

from PySide6.QtWidgets import QPushButton

from tests.ui.sign_in.conftest import press
from tests.ui.triggers.wirer import Wirer
from workbench.aws.connection import Connection
from workbench.triggers.model import SourceKind
from workbench.ui.triggers.add_dialog import AddTriggerDialog


def test_a_rule_of_another_region_is_wired_over_a_bus(wirer: Wirer, connection: Connection) -> None:
    there = connection.in_region("eu-west-1")
    arn = there.call("events", "put_rule", Name="far", EventPattern='{"source": ["shop"]}')["RuleArn"]
    wirer.act("triggers.add")
    dialog = wirer.dialog(AddTriggerDialog)
    dialog.kinds.choose(SourceKind.RULE)
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
    assert dialog.wiring.form.values() == {"ForwardTo": "default"}
    wirer.accept_all(dialog)
    wirer.agree(dialog)
    wirer.desk.until(lambda: [row[2] for row in wirer.rows()] == ["linked"])
    (target,) = there.call("events", "list_targets_by_rule", Rule="far")["Targets"]
    assert target["Arn"].endswith(":event-bus/default")

    wirer.remove()
    wirer.desk.until(lambda: wirer.rows() == [])
    assert there.call("events", "list_targets_by_rule", Rule="far")["Targets"] == []
    assert wirer.policy() == []
