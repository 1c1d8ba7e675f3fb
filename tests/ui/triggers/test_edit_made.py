"""Triggers whose source wiring makes, edited in the window: what is emptied goes, all else stays."""

from datetime import UTC, datetime

import pytest

from tests.ui.triggers.wirer import Wirer
from workbench.core.errors import WorkbenchError
from workbench.triggers import plan
from workbench.triggers.model import SourceKind, Values
from workbench.ui.features.triggers.trigger_dialog import EditTriggerDialog
from workbench.ui.shell.sign_in import SIGN_IN

SCHEDULE = {
    "Name": "nightly",
    "ScheduleExpression": "cron(0 3 * * ? *)",
    "Target.Input": '{"a": 1}',
    "StartDate": datetime(2027, 1, 1, tzinfo=UTC),
}
REST = {"name": "shop", "path": "/orders/{id}", "httpMethod": "GET"}


@pytest.mark.parametrize(
    ("kind", "values", "change"),
    [
        (
            SourceKind("scheduler"),
            SCHEDULE,
            {"ScheduleExpression": "rate(2 days)", "Target.Input": None},
        ),
        (SourceKind("rest-api"), REST, {"authorizationType": "AWS_IAM", "timeoutInMillis": 15_000}),
    ],
)
def test_what_is_edited_changes_and_nothing_else(
    wirer: Wirer, kind: SourceKind, values: Values, change: Values
) -> None:
    dialog = wirer.add(kind)
    for name, value in values.items():
        dialog.settings.form.set_value(name, value)
    wirer.accept_all(dialog)
    wirer.agree(dialog)
    wirer.desk.until(lambda: [row[0] for row in wirer.rows()] == [kind])
    before = wirer.page.table.rows.all[0].values

    wirer.page.panel.edit.click()
    edit = wirer.dialog(EditTriggerDialog)
    for name, value in change.items():
        edit.settings.form.set_value(name, value)
    wirer.accept_all(edit)
    wirer.agree(edit)
    expected = {name: value for name, value in {**before, **change}.items() if value is not None}
    wirer.desk.until(lambda: [each.values for each in wirer.page.table.rows.all] == [expected])
    wirer.remove()
    wirer.desk.until(lambda: wirer.rows() == [])
    assert wirer.policy() == []


def test_a_check_that_needs_a_sign_in_offers_no_other_dialog_afterwards(
    wirer: Wirer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialog is open still: what it checks is checked again there."""
    offered, failed = list[str](), list[bool]()

    def prepare(*_arguments: object) -> None:
        failed.append(True)
        raise WorkbenchError("Not checked.", "The session has expired.", action=SIGN_IN)

    monkeypatch.setattr(plan, "prepare", prepare)
    sign_in = wirer.desk.context.sign_in
    monkeypatch.setattr(sign_in, "note_failure", lambda action, _error: offered.append(action))
    dialog = wirer.add(SourceKind("scheduler"))
    for name, value in SCHEDULE.items():
        dialog.settings.form.set_value(name, value)
    wirer.desk.until(lambda: failed)
    wirer.desk.idle()
    assert not any(offered)
