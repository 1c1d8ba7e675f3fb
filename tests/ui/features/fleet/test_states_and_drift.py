"""The State and Drifted filters of All Functions, in the whole window on the Sandbox."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from tests.functions.test_index import function
from tests.sandbox_functions import deploy_elsewhere
from tests.ui.features.fleet.watcher import FAR, NEAR, Watcher
from tests.ui.hand_clock import HandClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.journal import Journal
from workbench.functions.fleet import FleetFilter, FleetRow, Scope
from workbench.ui.features.fleet.row_states import DeployedHere, KnownCode, drifted
from workbench.ui.features.fleet.scopes import ScopeState
from workbench.ui.features.fleet.table import BY_ID

OTHER = "def handler(event, context):\n    return 'other'\n"
THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def choose(watcher: Watcher, facet: str, value: str) -> QToolButton:
    button = watcher.window.findChild(QToolButton, f"fleetFilter.{facet}")
    assert isinstance(button, QToolButton)
    button.menu().aboutToShow.emit()
    (action,) = [each for each in button.menu().actions() if each.data() == value]
    action.toggle()
    return button


def test_a_filter_by_state_reads_the_states_of_all(watcher: Watcher) -> None:
    names = sorted(watcher.make("alice", region).function_name for region in (NEAR, FAR) for _ in range(2))
    watcher.choose(["alice"], [NEAR, FAR])
    window = watcher.open()
    assert not window.footer.states.isVisible()
    button = choose(watcher, "state", "Active")
    assert window.footer.states.isVisible()
    watcher.desk.until(lambda: sorted(watcher.names()) == names)
    watcher.desk.until(lambda: window.footer.states.text() == "States read: 4 of 4")
    watcher.desk.until(lambda: not window.footer.reading.isVisible())
    assert button.text() == "State: Active"
    choose(watcher, "state", "Active")
    choose(watcher, "state", "")
    assert button.text() == "State: Unknown"
    assert watcher.names() == []


def test_states_that_nobody_has_read_are_not_counted_as_none(watcher: Watcher) -> None:
    watcher.make("alice")
    window = watcher.open()
    button = window.findChild(QToolButton, "fleetFilter.state")
    assert isinstance(button, QToolButton)

    def offered() -> list[str]:
        button.menu().aboutToShow.emit()
        return [action.text() for action in button.menu().actions()]

    first = offered()
    assert first[:2] == ["Active", "Inactive"]
    assert first[-2:] == ["Unknown   1", "States are read when you select one"]
    assert not button.menu().actions()[-1].isEnabled()
    choose(watcher, "state", "Active")
    watcher.desk.until(lambda: not window.footer.reading.isVisible())
    assert offered()[:2] == ["Active   1", "Inactive   0"]
    assert offered()[-1] == "Unknown   0"


def test_states_that_may_not_be_read_stay_unknown_and_say_why(watcher: Watcher) -> None:
    name = watcher.make("alice").function_name
    window = watcher.open()
    denied = WorkbenchError("Could not read it.", "He may not.", aws_code="AccessDeniedException")
    watcher.opener.ready["alice"] = denied
    choose(watcher, "state", "")
    assert watcher.names() == [name]
    watcher.desk.until(lambda: watcher.errors() == [f"AccessDeniedException: alice · {NEAR}"])
    assert watcher.shown("name", "state") == [(name, "Unknown")]
    window.footer.findChildren(QToolButton)[-1].click()
    (banner,) = window.banners.banners
    assert banner.error is denied


def test_reading_states_is_cancelled_and_goes_on(watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    names = sorted(watcher.make("alice").function_name for _ in range(3))
    window = watcher.open()
    real = watcher.flow.budget.spend
    monkeypatch.setattr(watcher.flow.budget, "spend", lambda *args: args[-1].sleep(60))
    choose(watcher, "state", "Active")
    watcher.desk.until(lambda: window.footer.reading.text() == "Cancel")
    assert window.empty.accessibleName() == "No functions match yet"
    window.footer.reading.click()
    watcher.desk.until(lambda: window.footer.reading.text() == "Continue")
    assert watcher.names() == []
    monkeypatch.setattr(watcher.flow.budget, "spend", real)
    window.footer.reading.click()
    watcher.desk.until(lambda: sorted(watcher.names()) == names)


def test_a_function_that_somebody_else_deployed_is_drifted_until_it_is_opened_again(
    watcher: Watcher, clock: HandClock
) -> None:
    clock.time_s = time.time() + 60  # the time at which the table lists; workspaces have the computer's own
    mine, other = (watcher.make("alice", name=name).function_name for name in ("mine", "other"))
    watcher.desk.connect()
    watcher.desk.open(mine)
    watcher.desk.until(lambda: watcher.desk.code.workspace is not None)
    window = watcher.open()
    window.filters.drifted.click()
    watcher.desk.idle()
    assert watcher.names() == []
    window.filters.drifted.click()
    for name in (mine, other):  # the other one was never opened here: nothing is known of it
        deploy_elsewhere(watcher.at("alice"), name, OTHER)
    window.actions_["fleet.refresh"].trigger()
    watcher.wait()
    watcher.desk.idle()
    window.filters.drifted.click()
    watcher.desk.until(lambda: watcher.names() == [mine])
    index = window.model.index(0, BY_ID["name"])
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "mine Drifted"
    assert "this computer" in index.data(Qt.ItemDataRole.ToolTipRole)
    window.saved.save("Changed elsewhere")
    window.apply(FleetFilter())
    assert sorted(watcher.names()) == [mine, other]
    window.apply(window.saved.saved()["Changed elsewhere"])
    assert watcher.names() == [mine]


@pytest.mark.parametrize(
    ("code", "listed_after_s", "modified_after_s", "expected"),
    [
        ("other", 60, 30, True),
        ("same", 60, 30, False),
        ("other", -60, 30, False),  # listed before it was deployed here: the list is old
        ("other", 60, -3_600, False),  # listed while it was deployed here
        ("other", 60, -60, True),  # clocks that are a little apart
        ("", 60, 30, False),
    ],
)
def test_drift_is_told_only_where_it_can_be(
    code: str, listed_after_s: int, modified_after_s: int, expected: bool
) -> None:
    modified = THEN + timedelta(seconds=modified_after_s)
    row = FleetRow("dev", function("one", code_sha256=code, last_modified=modified))
    known = {row.function.function_arn: KnownCode("same", THEN)}
    listed = ScopeState(refreshed_at=THEN + timedelta(seconds=listed_after_s))
    assert drifted(row, known, listed) is expected
    assert not drifted(row, {}, listed)
    assert not drifted(row, known, None)


def test_damaged_files_tell_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "workspaces" / "123456789012" / NEAR / "one"
    folder.mkdir(parents=True)
    (folder / "base.json").write_text('{"format": 1, "function_arn"', "utf-8")
    (tmp_path / "deploys").mkdir()
    (tmp_path / "deploys" / "cut.jsonl").write_text('{"event": "beg', "utf-8")
    here = DeployedHere(tmp_path / "workspaces", Journal(tmp_path / "deploys"))
    assert here.known(JobContext()) == {}


def test_a_long_value_does_not_make_the_window_wider(watcher: Watcher) -> None:
    watcher.make("alice")
    window = watcher.open()
    long = frozenset({"LastUpdateStatus: InProgress"})
    window.apply(FleetFilter(state=long, tag=frozenset({"team=customer-experience"}), drifted=True))
    button = window.findChild(QToolButton, "fleetFilter.state")
    assert isinstance(button, QToolButton)
    assert (button.text(), button.toolTip()) == ("State: LastUpdateS…: InProgress", *long)
    assert window.minimumSizeHint().width() <= 1280


def test_states_of_another_scope_are_nobodys_business(watcher: Watcher) -> None:
    watcher.make("alice")
    watcher.open()
    watcher.flow._note_refused(Scope("nobody", NEAR), WorkbenchError("No."))
    assert watcher.errors() == []
