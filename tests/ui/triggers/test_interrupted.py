"""What was cut short is offered: after a crash at the next start, after a failure at once."""

import json
import re
from dataclasses import replace

import pytest

from tests.aws.model_check import model_checked_sessions
from tests.fault_proxy import Proxy
from tests.ui.recovery_panel import Panel
from tests.ui.sign_in.conftest import press
from tests.ui.triggers.wirer import Wirer
from tests.ui.window_desk import Desk, Opener
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.model import SourceKind, TriggerSpec
from workbench.triggers.plan import prepare
from workbench.ui.features.triggers.add_dialog import AddTriggerDialog
from workbench.ui.shell.services import Services


class Crash(BaseException):
    """The program ends here."""


class Dying(JobContext):
    """Lets so many steps be made, and then nothing more."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._left = steps

    def progress(self, done: float, total: float, text: str = "") -> None:
        if self._left == 0:
            raise Crash
        self._left -= 1


@pytest.fixture
def cut_short(wirer: Wirer, connection: Connection, services: Services) -> Wirer:
    """A function URL for which the statements were added, and no more; the program has been started again."""
    wiring = TriggerSpec(SourceKind("url"), "", wirer.detail, values={"AuthType": "NONE"})
    prepared = prepare(connection, wiring, JobContext())
    plan = prepared.plan(prepared.standard_fixes)
    assert len(plan.steps) > 1
    journal = TriggerJournal(services.paths.data_dir / "triggers", services.clock)
    with pytest.raises(Crash):
        execute(connection, plan, journal, Dying(1))
    wirer.desk.session.connect_now()
    wirer.desk.until(lambda: wirer.desk.banner("was interrupted."))
    return wirer


def has_url(wirer: Wirer) -> bool:
    try:
        wirer.connection.call("lambda", "get_function_url_config", FunctionName=wirer.detail.function_name)
    except WorkbenchError:
        return False
    return True


def open_panel(wirer: Wirer) -> tuple[Panel, str]:
    """The panel, and the title of the only operation in it."""
    panel = Panel(wirer.desk, "was interrupted.")
    [title] = panel.titles()
    assert title.startswith("Trigger change “")
    return panel, title


def test_the_panel_tells_which_steps_were_made(cut_short: Wirer) -> None:
    panel, title = open_panel(cut_short)
    lines = [line for line in panel.text(title).splitlines() if re.match(r"\d\. ", line)]
    first, *others = lines
    assert first.endswith(": done")
    assert all(line.endswith(": not started") for line in others)
    assert f"Steps done: 1 of {len(lines)}." in panel.text(title)
    panel.dialog.reject()
    cut_short.desk.idle()
    assert not has_url(cut_short)
    again, _title = open_panel(cut_short)  # what is left for later is offered again
    again.dialog.reject()


def test_a_step_that_only_a_later_version_knows_is_neither_made_nor_undone(
    cut_short: Wirer, services: Services
) -> None:
    [path] = (services.paths.data_dir / "triggers").glob("*.jsonl")
    text = path.read_text("utf-8")
    assert '"action": "' in text
    path.write_text(text.replace('"action": "', '"action": "later.'), "utf-8")
    cut_short.desk.window.operations_changed.emit()
    cut_short.desk.idle()
    panel = Panel(cut_short.desk, "was interrupted.")
    title = "Trigger change: its journal cannot be read"
    assert panel.titles() == [title]
    assert "Another version of Workbench began it." in panel.text(title)
    assert not panel.button(title, "Finish").isEnabled()
    assert not panel.button(title, "Undo").isEnabled()
    panel.dialog.reject()


def test_finish_makes_what_is_missing(cut_short: Wirer) -> None:
    panel, title = open_panel(cut_short)
    panel.press(title, "Finish")
    panel.until_said(title, "was finished.")
    assert has_url(cut_short)
    assert len(cut_short.policy()) == 2
    cut_short.desk.until(lambda: not cut_short.desk.banner("was interrupted."))
    panel.dialog.reject()
    cut_short.desk.idle()


def test_take_back_leaves_the_account_as_it_was(cut_short: Wirer) -> None:
    assert json.dumps(cut_short.policy()).count("wb-url") == 1
    panel, title = open_panel(cut_short)
    panel.press(title, "Undo")
    panel.until_said(title, "was undone.")
    assert cut_short.policy() == []
    assert not has_url(cut_short)
    panel.dialog.reject()
    cut_short.desk.idle()
    assert not cut_short.desk.context.services.actions["operations.interrupted"].isEnabled()


@pytest.fixture
def failed(
    desk: Desk, opener: Opener, connection: Connection, access: Access, proxy: Proxy
) -> tuple[Wirer, AddTriggerDialog]:
    """A subscription that was refused, and of which not all could be undone."""
    arn = connection.call("sns", "create_topic", Name="news")["TopicArn"]
    through = replace(access, endpoint_url=proxy.url)
    opener.ready["alice"] = Connection.open(through, sessions=model_checked_sessions())
    wirer = Wirer(desk, connection)
    dialog = wirer.add(SourceKind("sns"), arn)
    wirer.accept_all(dialog)
    refused = {"code": "AccessDeniedException", "status": 403}
    proxy.inject(
        {"service": "sns", "operation": "Subscribe", "error": refused},
        {"operation": "RemovePermission", "error": refused},
    )
    wirer.agree(dialog)
    return wirer, dialog


def test_what_a_failure_left_behind_is_offered_at_once(
    desk: Desk, failed: tuple[Wirer, AddTriggerDialog], proxy: Proxy
) -> None:
    wirer, dialog = failed
    desk.until(lambda: "Some changes could not be undone" in dialog.state.text())
    press(dialog, "planCancel")
    desk.until(lambda: desk.banner("was interrupted."))
    proxy.inject()
    panel, title = open_panel(wirer)
    panel.press(title, "Undo")
    panel.until_said(title, "was undone.")
    assert wirer.policy() == []
    panel.dialog.reject()
    desk.idle()


def test_what_a_failure_left_behind_is_not_offered_once_the_same_was_done_again(
    desk: Desk, failed: tuple[Wirer, AddTriggerDialog], proxy: Proxy
) -> None:
    wirer, dialog = failed
    desk.until(lambda: desk.banner("was interrupted."))
    assert "Start it again to finish it" in dialog.state.text()
    proxy.inject()
    press(dialog, "planYes")
    desk.until(lambda: wirer.rows())
    desk.until(lambda: not desk.banner("was interrupted."))
    assert len(wirer.policy()) == 1
    desk.idle()
