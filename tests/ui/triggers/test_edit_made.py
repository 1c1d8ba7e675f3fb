"""Triggers whose source wiring makes, edited in the window: what is emptied goes, all else stays."""

from datetime import UTC, datetime

import pytest

from tests.ui.triggers.wirer import Wirer
from workbench.triggers.model import SourceKind, Values
from workbench.ui.features.triggers.trigger_dialog import EditTriggerDialog

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
