"""Power tuning in the whole window, on the Sandbox: tried for real, applied, cancelled, cleaned up."""

import pytest
import shiboken6
from PySide6.QtWidgets import QLineEdit

from tests.sandbox_functions import create_function
from tests.ui.pages.conftest import texts
from tests.ui.recovery_panel import Panel
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.versions import list_versions
from workbench.invoke.history import HistorySearch, InvocationOutcome
from workbench.metrics.power_tuning import Temporary, TuningJournal
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.power_tuning.dialog import PowerTuningDialog, read_sizes
from workbench.ui.features.power_tuning.feature import TUNE
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.invoker import history_of

SOURCE = """
import time
def handler(event, context):
    time.sleep(event.get("seconds", 0))
    if event.get("fail"):
        raise ValueError("as told")
    return context.memory_limit_in_mb
"""


@pytest.fixture
def name(desk: Desk, connection: Connection) -> str:
    """An open function, with 128 MB."""
    found = create_function(connection, SOURCE).function_name
    desk.connect()
    desk.open(found)
    desk.idle()
    return found


def _dialog(desk: Desk, sizes: str = "256, 128", runs: int = 2, event: str = "{}") -> PowerTuningDialog:
    desk.test.text.setPlainText(event)
    desk.context.services.actions[TUNE].trigger()
    dialog = desk.window.findChild(PowerTuningDialog)
    assert dialog is not None
    dialog.sizes.setText(sizes)
    dialog.runs.setValue(runs)
    return dialog


def _wait(desk: Desk, dialog: PowerTuningDialog) -> None:
    desk.until(lambda: dialog.start.text() == "Start")


def _versions(connection: Connection, name: str) -> list[str]:
    return [each.version for each in list_versions(connection, name, JobContext())]


def test_sizes_are_tried_and_the_chosen_one_is_applied(desk: Desk, connection: Connection, name: str) -> None:
    dialog = _dialog(desk)
    dialog.start.click()
    _wait(desk, dialog)
    assert dialog.state.text() == "Power tuning is complete. All temporary versions were deleted."
    rows = texts(dialog.table)
    assert [(row[0], row[5]) for row in rows] == [("128 MB", "2"), ("256 MB", "2")]
    assert "current" in rows[0][6]
    assert "cheapest" in "".join(row[6] for row in rows)
    assert _versions(connection, name) == ["$LATEST"]
    kept = history_of(desk.context.services).list(HistorySearch(function_name=name))
    assert [(each.sent.qualifier, each.ended.outcome) for each in kept] == [
        (version, InvocationOutcome.SUCCEEDED) for version in ("2", "2", "1", "1")
    ]
    assert len({each.sent.batch for each in kept}) == 1
    assert not dialog.apply.isEnabled()
    dialog.table.selectRow(0)
    assert not dialog.apply.isEnabled()  # it has that
    dialog.table.selectRow(1)
    assert dialog.apply.text() == "Apply 256 MB"
    dialog.apply.click()
    desk.until(lambda: not shiboken6.isValid(dialog))
    assert get_function(connection, name).memory_mb == 256
    opened = desk.window.page.function
    assert opened is not None
    assert opened.detail.memory_mb == 256
    desk.idle()


def test_a_function_that_fails_says_so_in_its_row(desk: Desk, name: str) -> None:
    dialog = _dialog(desk, "128", 2, '{"fail": true}')
    dialog.start.click()
    _wait(desk, dialog)
    (row,) = texts(dialog.table)
    assert row[1] == "–"
    assert row[6] == "current, 2 failed: ValueError"
    dialog.reject()
    assert name


def test_cancel_ends_it_soon_and_leaves_nothing(desk: Desk, connection: Connection, name: str) -> None:
    dialog = _dialog(desk, "128, 256", 5, '{"seconds": 2}')
    dialog.start.click()
    desk.until(lambda: dialog.progress.maximum() == 10)  # it invokes
    dialog.start.click()
    _wait(desk, dialog)
    assert dialog.state.text() == "Cancelled. All temporary versions were deleted."
    assert _versions(connection, name) == ["$LATEST"]
    assert get_function(connection, name).memory_mb == 128
    dialog.reject()


def test_closing_the_dialog_cancels_and_cleans_up(desk: Desk, connection: Connection, name: str) -> None:
    dialog = _dialog(desk, "256", 5, '{"seconds": 1}')
    dialog.start.click()
    desk.until(lambda: dialog.progress.maximum() == 5)
    dialog.reject()
    desk.idle()
    assert _versions(connection, name) == ["$LATEST"]


def test_an_event_that_is_no_json_is_refused_before_anything_is_made(
    desk: Desk, connection: Connection, name: str
) -> None:
    before = get_function(connection, name).revision_id
    dialog = _dialog(desk, "256", 1, "{")
    dialog.start.click()
    _wait(desk, dialog)
    assert "JSON" in dialog.state.text()
    assert get_function(connection, name).revision_id == before
    dialog.reject()


def test_production_asks_for_the_name_first(desk: Desk, connection: Connection, name: str) -> None:
    Safety(desk.context.services.settings).set_tier("alice", Tier.PRODUCTION)
    dialog = _dialog(desk, "256", 1)
    dialog.start.click()
    question = desk.window.findChild(Question)
    assert question is not None
    assert dialog.start.text() == "Start"
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    field.setText(name)
    question.yes.click()
    _wait(desk, dialog)
    assert dialog.table.rows.rowCount() == 1
    assert _versions(connection, name) == ["$LATEST"]
    dialog.reject()


def test_what_a_crash_left_is_offered_and_removed(desk: Desk, connection: Connection, name: str) -> None:
    services = desk.context.services
    detail = get_function(connection, name)
    journal = TuningJournal(services.paths.data_dir / "tuning")
    temporary = Temporary.of(detail, (256,))
    with journal.begin(name, temporary, "") as file:
        file.before("256")
        connection.call("lambda", "update_function_configuration", FunctionName=name, MemorySize=256)
        wait_until_updated(connection, name, JobContext())
        words = temporary.description(256)
        connection.call("lambda", "publish_version", FunctionName=name, Description=words)
    desk.window.operations_changed.emit()
    title = f"Power tuning of {name}"
    panel = Panel(desk, f"{title} was interrupted.")
    panel.press(title, "Undo")
    panel.until_said(title, f"All temporary versions of {name} were deleted.")
    desk.idle()
    assert _versions(connection, name) == ["$LATEST"]
    assert get_function(connection, name).memory_mb == 128
    assert not desk.banner("interrupted")
    panel.dialog.reject()


@pytest.mark.parametrize(
    ("text", "sizes"),
    [("128", (128,)), ("512, 128 256;512", (128, 256, 512)), (" 10240\n1769 ", (1769, 10_240))],
)
def test_sizes_are_read_as_people_write_them(text: str, sizes: tuple[int, ...]) -> None:
    assert read_sizes(text) == sizes


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        "127",
        "0",
        "-128",
        "128 MB",
        "1.5",
        "99999999999",
        "१२८",
        ",".join(map(str, range(128, 141))),
    ],
)
def test_sizes_that_lambda_does_not_know_are_refused(text: str) -> None:
    with pytest.raises(WorkbenchError):
        read_sizes(text)


def test_wrong_sizes_are_said_in_the_dialog(desk: Desk, name: str) -> None:
    dialog = _dialog(desk, "64")
    dialog.start.click()
    assert "“64” is not a valid memory size." in dialog.state.text()
    assert dialog.start.text() == "Start"
    dialog.reject()
    assert name


def test_a_function_that_separates_its_tenants_is_tried_for_one(desk: Desk, connection: Connection) -> None:
    """Lambda refuses its invocations without a tenant ID."""
    tenancy = {"TenantIsolationMode": "PER_TENANT"}
    found = create_function(connection, SOURCE, TenancyConfig=tenancy).function_name
    desk.connect()
    desk.open(found)
    desk.idle()
    dialog = _dialog(desk, "256", runs=1)
    dialog.start.click()
    assert dialog.state.text() == "Enter a tenant ID."
    dialog.tenant.setText("blue")
    dialog.start.click()
    _wait(desk, dialog)
    entries = history_of(desk.context.services).list(HistorySearch())
    assert {(entry.sent.tenant_id, entry.ended.outcome) for entry in entries} == {
        ("blue", InvocationOutcome.SUCCEEDED)
    }
    dialog.close()
    desk.idle()
