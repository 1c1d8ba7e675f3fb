"""While a state passes, as it does on AWS for up to a minute: what the Triggers tab says, and what it allows.

The Sandbox of these tests is slower than that of the others, so that each state is seen.
"""

from collections.abc import Iterator

import pytest

from tests.sandbox_keys import publish
from tests.ui.triggers.wirer import Wirer
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.sandbox.child import LAUNCHER
from workbench.sandbox.supervisor import Endpoint, Sandbox
from workbench.triggers.model import SourceKind
from workbench.ui.triggers.plan_form import RemoveDialog

_SETTLE_S = 1.0
_WAIT = "Wait until this change is complete: Pause slow-jobs"


@pytest.fixture(scope="module")
def endpoint(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    command = ("env", f"LAMBDA_SETTLE_SECONDS={_SETTLE_S}", *LAUNCHER)
    slow = Sandbox(tmp_path_factory.mktemp("slow-sandbox"), command=command)
    endpoint = slow.start(JobContext())
    publish(slow)
    yield endpoint
    publish(sandbox)
    slow.stop()


@pytest.fixture
def seen(wirer: Wirer) -> list[str]:
    """All states that the rows of the table have shown, in order."""
    states: list[str] = []
    rows = wirer.page.table.rows

    def note() -> None:
        for each in rows.triggers:
            if each.state not in states[-1:]:
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
    dialog = wirer.add(SourceKind.SQS, _queue(wirer.connection))
    wirer.accept_all(dialog)
    wirer.agree(dialog)
    assert dialog.state.text() == "Starting…"
    assert dialog.bar.isVisible()
    assert dialog.cancel.isEnabled()
    wirer.desk.until(lambda: "is Creating" in dialog.state.text())
    assert "Then Lambda polls the source" in dialog.state.text()
    wirer.desk.until(lambda: _states(wirer) == ["Enabled"])
    return wirer.page.table.rows.triggers[0].identity


def _states(wirer: Wirer) -> list[str]:
    return [each.state for each in wirer.page.table.rows.triggers]


def test_each_state_is_shown_in_the_row_and_other_changes_wait(wirer: Wirer, seen: list[str]) -> None:
    _wire(wirer)
    panel = wirer.page.panel
    panel.pause.click()
    assert not panel.remove.isEnabled()
    assert _WAIT in panel.remove.toolTip()
    wirer.desk.until(lambda: _states(wirer) == ["Disabling"])
    assert panel.state.text() == "Disabling"
    dialog = wirer.add(SourceKind.URL)  # meanwhile
    wirer.agree(dialog)
    assert dialog.state.text() == "Waiting until this change is complete: Pause slow-jobs…"
    wirer.desk.until(lambda: sorted(_states(wirer)) == ["", "Disabled"])

    wirer.page.table.choose(("sqs", "", ""))
    wirer.desk.until(panel.remove.isEnabled)
    assert panel.remove.toolTip() == ""
    wirer.remove()
    removing = wirer.dialog(RemoveDialog)
    assert removing.state.text() == "Starting…"
    wirer.desk.until(lambda: "is Deleting" in removing.state.text())
    wirer.desk.until(lambda: "Deleting" in _states(wirer))
    wirer.desk.until(lambda: _states(wirer) == [""])
    assert [state for state in seen if state] == ["Enabled", "Disabling", "Disabled", "Deleting"]


def test_a_state_that_another_program_began_settles_by_itself(wirer: Wirer) -> None:
    uuid = _wire(wirer)
    wirer.connection.call("lambda", "update_event_source_mapping", UUID=uuid, Enabled=False)
    wirer.page.refresh()
    wirer.desk.until(lambda: _states(wirer) == ["Disabling"])
    wirer.desk.until(lambda: _states(wirer) == ["Disabled"])
    assert wirer.page.panel.pause.text() == "Resume"
