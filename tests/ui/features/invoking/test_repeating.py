"""Invoke Several Times… in the whole window, on a real Sandbox."""

from collections.abc import Iterator

import pytest

from tests.sandbox_functions import create_function
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.invoke.history import HistorySearch, InvocationOutcome
from workbench.ui.features.invocations.panel import InvocationsPanel
from workbench.ui.features.invoking.repeat_dialog import RepeatDialog
from workbench.ui.kit.theme import DARK, LIGHT
from workbench.ui.shell.invoker import history_of

SOURCE = """
import time
def handler(event, context):
    time.sleep(event.get("sleep", 0))
    if event.get("fail"):
        raise ValueError("boom")
    return 1
"""


@pytest.fixture
def dialog(desk: Desk, connection: Connection) -> Iterator[RepeatDialog]:
    function = create_function(connection, SOURCE)
    desk.connect()
    desk.open(function.function_name)
    desk.window.page.show_tab("testPage")
    desk.until(desk.test.text.toPlainText)
    desk.context.services.actions["function.invoke_repeatedly"].trigger()
    dialog = desk.window.findChild(RepeatDialog)
    assert dialog is not None
    yield dialog
    desk.idle()


def test_all_are_sent_kept_drawn_and_summed_up(dialog: RepeatDialog, desk: Desk) -> None:
    desk.context.services.actions["view.invocations"].trigger()
    panel = desk.window.findChild(InvocationsPanel)
    assert panel is not None
    desk.idle()
    assert panel.model.rowCount() == 0
    dialog.times.setValue(12)
    dialog.parallel.setValue(3)
    dialog.start.click()
    assert not dialog.start.isEnabled()
    desk.until(lambda: not dialog.is_busy)
    assert dialog.bar.value() == 12
    assert dialog.chart.plot is not None
    assert dialog.summary.text().startswith("Succeeded 12")
    assert "p50" in dialog.summary.text()
    assert "about $0.0000" in dialog.summary.text()
    entries = history_of(desk.context.services).list(HistorySearch())
    assert len(entries) == 12
    assert len({entry.sent.batch for entry in entries}) == 1
    desk.until(lambda: panel.model.rowCount() == 12)  # it is in sight, and follows
    try:
        for choice, colors in (("dark", DARK), ("light", LIGHT)):
            desk.context.services.theme.choose(choice)
            assert dialog.chart.plot.backgroundBrush().color().name() == colors.base
    finally:
        desk.context.services.theme.choose("system")
    dialog.reject()


def ask_again(dialog: RepeatDialog, desk: Desk, event: str, times: int) -> RepeatDialog:
    """Starts it once more, with another event."""
    dialog.reject()
    desk.test.text.setPlainText(event)
    desk.context.services.actions["function.invoke_repeatedly"].trigger()
    again = next(each for each in desk.window.findChildren(RepeatDialog) if each.isVisible())
    again.times.setValue(times)
    again.start.click()
    return again


def test_failures_are_counted(dialog: RepeatDialog, desk: Desk) -> None:
    again = ask_again(dialog, desk, '{"fail": true}', 2)
    desk.until(lambda: not again.is_busy)
    assert "Failed 2" in again.summary.text()
    assert "ValueError 2" in again.summary.text()
    again.reject()


def test_cancel_sends_no_more_and_says_so(dialog: RepeatDialog, desk: Desk) -> None:
    again = ask_again(dialog, desk, '{"sleep": 1}', 500)
    ledger = history_of(desk.context.services)
    desk.until(lambda: ledger.list(HistorySearch()))
    again.close_button.click()
    desk.until(lambda: not again.is_busy)
    assert "No more are sent" in again.state.text()
    entries = ledger.list(HistorySearch())
    assert len(entries) < 5
    assert entries[0].ended.outcome is InvocationOutcome.CANCELLED
    again.reject()


def test_a_tenant_is_named_each_time(desk: Desk, connection: Connection) -> None:
    function = create_function(connection, SOURCE, TenancyConfig={"TenantIsolationMode": "PER_TENANT"})
    desk.connect()
    desk.open(function.function_name)
    desk.window.page.show_tab("testPage")
    desk.until(desk.test.text.toPlainText)
    desk.test.options.tenant.setText("blue")
    desk.context.services.actions["function.invoke_repeatedly"].trigger()
    dialog = desk.window.findChild(RepeatDialog)
    assert dialog is not None
    dialog.times.setValue(2)
    dialog.start.click()
    desk.until(lambda: not dialog.is_busy)
    assert dialog.summary.text().startswith("Succeeded 2")
    entries = history_of(desk.context.services).list(HistorySearch())
    assert [entry.sent.tenant_id for entry in entries] == ["blue", "blue"]
    dialog.reject()
    desk.idle()
