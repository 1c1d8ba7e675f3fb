"""While a state passes, as it does on AWS for up to a minute: what the Triggers tab says, and what it allows.

The Sandbox of these tests is slower than that of the others, so that each state is seen.
"""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QProgressBar

from tests.sandbox_keys import publish
from tests.ui.triggers.wirer import Wirer
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.sandbox.processes import SERVER_COMMAND
from workbench.sandbox.supervisor import Endpoint, Sandbox
from workbench.triggers.model import SourceKind
from workbench.ui.features.triggers.plan_form import RemoveDialog

_SETTLE_S = 1.0
_WAIT = "Wait until this change is complete: Pause slow-jobs"


@pytest.fixture(scope="module")
def endpoint(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    command = ("env", f"LAMBDA_SETTLE_SECONDS={_SETTLE_S}", *SERVER_COMMAND)
    slow = Sandbox(tmp_path_factory.mktemp("slow-sandbox"), command=command)
    endpoint = slow.start(JobContext())
    publish(slow)
    yield endpoint
    publish(sandbox)
    slow.stop()


@pytest.fixture
def seen(wirer: Wirer) -> list[str]:
    """All states that the rows of the table have shown since the first was Enabled, in order."""
    states: list[str] = []
    rows = wirer.page.table.rows

    def note() -> None:
        for each in rows.all:
            has_begun = bool(states) or each.state == "Enabled"
            if each.state and has_begun and each.state not in states[-1:]:
                states.append(each.state)

    rows.dataChanged.connect(note)
    rows.modelReset.connect(note)
    return states


def _queue(connection: Connection) -> str:
    url = connection.call("sqs", "create_queue", QueueName="slow-jobs")["QueueUrl"]
    answer = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


def _wire(wirer: Wirer) -> str:
    """A queue invokes the function; returns the mapping's UUID."""
    dialog = wirer.add(SourceKind("sqs"), _queue(wirer.connection))
    wirer.accept_all(dialog)
    wirer.agree(dialog)
    assert dialog.state.text() == "Starting…"
    bar = dialog.findChild(QProgressBar, "planProgress")
    assert bar is not None
    assert bar.isVisible()
    assert dialog.cancel.isEnabled()
    wirer.desk.until(lambda: "Event source mapping: Creating" in dialog.state.text())
    assert "Wait until Lambda polls the source" in dialog.state.text()
    wirer.desk.until(lambda: _states(wirer) == ["Enabled"])
    return wirer.page.table.rows.all[0].identity


def _states(wirer: Wirer) -> list[str]:
    return [each.state for each in wirer.page.table.rows.all]


def test_each_state_is_shown_in_the_row_and_other_changes_wait(wirer: Wirer, seen: list[str]) -> None:
    _wire(wirer)
    panel = wirer.page.panel
    panel.pause.setFocus()
    panel.pause.click()
    assert wirer.desk.window.focusWidget() is wirer.page.table  # what is disabled loses the keyboard
    assert wirer.desk.context.services.jobs.active()[-1].job.immediate  # no wait for its line and its Cancel
    assert not panel.remove.isEnabled()
    assert _WAIT in panel.remove.toolTip()
    wirer.desk.until(lambda: _states(wirer) == ["Disabling"])
    assert panel.state.text() == "Disabling"
    dialog = wirer.add(SourceKind("url"))  # meanwhile
    wirer.agree(dialog)
    assert dialog.state.text() == "Waiting until this change is complete: Pause slow-jobs…"
    wirer.desk.until(lambda: sorted(_states(wirer)) == ["", "Disabled"])

    wirer.page.table.choose_like(("sqs", "", ""))
    wirer.desk.until(panel.remove.isEnabled)
    assert panel.remove.toolTip() == ""
    wirer.desk.until(lambda: wirer.desk.banner("now invokes"))
    wirer.remove()
    removing = wirer.dialog(RemoveDialog)
    assert removing.state.text() == "Starting…"
    assert wirer.desk.banner("now invokes") is None
    wirer.desk.until(lambda: "Event source mapping: Deleting" in removing.state.text())
    wirer.desk.until(lambda: "Deleting" in _states(wirer))
    wirer.desk.until(lambda: _states(wirer) == [""])
    assert seen == ["Enabled", "Disabling", "Disabled", "Deleting"]


def test_cancel_says_that_what_was_made_is_rolled_back(wirer: Wirer) -> None:
    dialog = wirer.add(SourceKind("sqs"), _queue(wirer.connection))
    wirer.accept_all(dialog)
    wirer.agree(dialog)
    wirer.desk.until(lambda: "Event source mapping: Creating" in dialog.state.text())
    dialog.cancel.click()
    assert dialog.state.text() == "Rolling back…"
    said = set[str]()

    def is_over() -> bool:
        said.add(dialog.state.text())
        return dialog.state.text() == "Cancelled. All changes were rolled back."

    wirer.desk.until(is_over)
    said.discard(dialog.state.text())
    assert any("Event source mapping: Deleting" in words for words in said)
    assert all(words.startswith("Rolling back") for words in said)


def test_a_reading_that_began_before_a_change_does_not_hide_it(wirer: Wirer, seen: list[str]) -> None:
    _wire(wirer)
    wirer.page.refresh()
    wirer.page.panel.pause.click()
    wirer.desk.until(lambda: _states(wirer) == ["Disabling"])
    assert wirer.page.summary.text() == "Pause slow-jobs…"
    assert not wirer.page.panel.remove.isEnabled()
    wirer.desk.until(lambda: _states(wirer) == ["Disabled"])
    assert seen == ["Enabled", "Disabling", "Disabled"]


def test_a_state_that_another_program_began_settles_by_itself(wirer: Wirer) -> None:
    uuid = _wire(wirer)
    wirer.connection.call("lambda", "update_event_source_mapping", UUID=uuid, Enabled=False)
    wirer.page.refresh()
    wirer.desk.until(lambda: _states(wirer) == ["Disabling"])
    wirer.desk.until(lambda: _states(wirer) == ["Disabled"])
    assert wirer.page.panel.pause.text() == "Resume"
