"""Change Several…, in the whole window: chosen in the list, planned, changed, taken back."""

import threading

import pytest
from PySide6.QtGui import QGuiApplication

from tests.sandbox_functions import create_function
from tests.ui.bulk.changer import Changer, memory
from tests.ui.test_routes import desk, opener  # noqa: F401 - fixtures
from workbench.aws.connection import Connection
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobState
from workbench.functions.bulk_plan import Target
from workbench.functions.deleted import DeletedStore
from workbench.functions.detail import get_function
from workbench.functions.index import list_functions
from workbench.profiles.safety import Tier
from workbench.ui.features.bulk.feature import ACTION
from workbench.ui.features.bulk.run import Phase, RowState

SOURCE = "def handler(event, context):\n    return 1\n"
EUROPE = "eu-central-1"


def test_functions_of_the_list_are_changed_and_the_change_is_taken_back(
    changer: Changer, connection: Connection
) -> None:
    connection.call("lambda", "update_function_configuration", FunctionName="fn-c", MemorySize=512)
    changer.select("fn-a", "fn-b", "fn-c")
    dialog = changer.open()
    assert dialog._heading.text() == "Change 3 Functions"
    changer.choose("Memory")
    dialog.form.memory.setValue(512)
    assert changer.plan() == ["Will be changed", "Will be changed", "Unchanged: It already has this value."]
    assert dialog.table.rows.data(dialog.table.rows.index(0, 3)) == "128 MB → 512 MB"
    assert dialog.start_button.text() == "Change 2 Functions"
    assert memory(connection, "fn-a", "fn-b") == [128, 128]  # a plan changes nothing
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    assert changer.states() == ["Done", "Done", "Unchanged: It already has this value."]
    assert memory(connection, *changer.names) == [512] * 3
    changer.press("bulkCopy")
    report = QGuiApplication.clipboard().text().splitlines()
    assert report[0].startswith("Function\tProfile\tAccount")
    assert report[1].startswith("fn-a\talice\t")
    assert report[1].endswith("128 MB → 512 MB\tlambda:UpdateFunctionConfiguration\tDone")
    changer.press("bulkUndo")
    assert dialog.table.rows.rowCount() == 2
    assert dialog.start_button.text() == "Undo 2 Changes"
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    assert memory(connection, *changer.names) == [128, 128, 512]


def test_a_click_opens_one_function_and_ctrl_only_adds(changer: Changer) -> None:
    changer.desk.open("fn-b")
    changer.select("fn-b", "fn-c")
    changer.desk.idle()
    assert changer.desk.opened() == "fn-b"
    assert [row.function_name for row in changer.desk.window.functions.selected] == ["fn-b", "fn-c"]


def test_nothing_chosen_says_how_to_choose(changer: Changer) -> None:
    changer.desk.window.functions.view.clearSelection()
    changer.desk.context.services.actions[ACTION].trigger()
    assert changer.desk.banner("No function is selected.")
    assert changer.dialog() is None


def test_functions_of_several_accounts_and_regions_are_changed_where_they_are(changer: Changer) -> None:
    far, other = changer.at("alice", EUROPE), changer.at("bob")
    made = [create_function(each, SOURCE, name="fn-x") for each in (far, other)]
    changer.flow.open_for([Target.of(made[0], "alice"), Target.of(made[1], "bob")])
    changer.desk.until(changer.dialog)
    changer.choose("Set tags")
    changer.shown().form.tags.setText("team=core, stage=dev")
    assert changer.plan() == ["Will be changed"] * 2
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    for each in (far, other):
        assert get_function(each, "fn-x").tags == (("stage", "dev"), ("team", "core"))


def test_deleting_asks_for_a_typed_number_and_closes_the_open_function(changer: Changer) -> None:
    changer.desk.open("fn-a")
    changer.select("fn-a", "fn-b")
    changer.open()
    changer.choose("Delete")
    states = changer.plan()
    assert all(
        "Its log group, its execution role and its other callers are kept." in state for state in states
    )
    changer.press("bulkStart")
    assert changer.shown().run.phase is Phase.PLANNED
    changer.type_name("delete 2")
    changer.until(Phase.ENDED)
    changer.desk.until(lambda: changer.desk.opened() == "")
    assert not changer.shown().undo_button.isVisible()
    changer.close()
    store = DeletedStore(changer.desk.context.services.paths.data_dir / "deleted", SystemClock())
    kept = store.all(changer.at("alice").account_id, "us-east-1")
    assert sorted(each.function_name for each in kept) == ["fn-a", "fn-b"]
    assert all(each.package.is_file() for each in kept)
    left = list_functions(changer.at("alice"), JobContext())
    assert [row.function_name for row in left] == ["fn-c"]


def test_production_asks_for_a_typed_number_and_reading_only_refuses(
    changer: Changer, monkeypatch: pytest.MonkeyPatch, connection: Connection
) -> None:
    tiers = {"alice": Tier.PRODUCTION, "bob": Tier.READ_ONLY}
    monkeypatch.setattr(changer.desk.context, "tier_of", tiers.__getitem__)
    theirs = create_function(changer.at("bob"), SOURCE, name="fn-x")
    mine = get_function(connection, "fn-a")
    changer.flow.open_for([Target.of(mine, "alice"), Target.of(theirs, "bob")])
    changer.desk.until(changer.dialog)
    states = changer.plan()
    assert states[1] == "Cannot be changed: The profile bob is read-only."
    changer.press("bulkStart")
    assert memory(connection, "fn-a") == [128]
    changer.type_name("change 1")
    changer.until(Phase.ENDED)
    assert memory(connection, "fn-a") == [512]
    assert memory(changer.at("bob"), "fn-x") == [128]


def test_another_wish_makes_the_plan_void(changer: Changer) -> None:
    changer.select("fn-a")
    dialog = changer.open()
    changer.plan()
    dialog.form.memory.setValue(1024)
    assert dialog.run.phase is Phase.CHOOSING
    assert not dialog.start_button.isVisible()
    assert changer.states() == [""]


def test_a_profile_that_does_not_open_is_in_the_plan_and_the_others_go_on(changer: Changer) -> None:
    mine = get_function(changer.at("alice"), "fn-a")
    theirs = create_function(changer.at("bob"), SOURCE, name="fn-x")
    changer.opener.ready["bob"] = WorkbenchError(
        "Could not connect as bob.", "The token has expired.", aws_code="ExpiredToken"
    )
    changer.flow.open_for([Target.of(mine, "alice"), Target.of(theirs, "bob")])
    changer.desk.until(changer.dialog)
    assert changer.plan() == [
        "Will be changed",
        "Cannot be changed: The token has expired. [ExpiredToken]",
    ]
    assert changer.shown().start_button.text() == "Change 1 Function"


def test_what_was_deleted_meanwhile_fails_with_aws_s_code_and_the_others_are_done(
    changer: Changer, connection: Connection
) -> None:
    changer.select("fn-a", "fn-b")
    changer.open()
    changer.plan()
    connection.call("lambda", "delete_function", FunctionName="fn-a")
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    assert changer.states()[0].startswith("Failed: ")
    assert changer.states()[0].endswith("[ResourceNotFoundException]")
    assert changer.states()[1] == "Done"
    assert changer.shown().again_button.isVisible()
    assert "fn-a" in changer.shown().detail.text()  # it is chosen, to be read in full


def test_closing_while_it_runs_lets_it_go_on_and_its_end_is_told(changer: Changer) -> None:
    changer.select(*changer.names)
    dialog = changer.open()
    changer.plan()
    held = changer.opener.held["alice"] = threading.Event()
    run = dialog.run
    changer.press("bulkStart")
    assert (dialog.bar.value(), dialog.bar.maximum()) == (0, 3)
    changer.press("bulkClose")
    changer.desk.until(lambda: changer.dialog() is None)
    assert run.phase is Phase.RUNNING
    held.set()
    changer.desk.until(lambda: changer.desk.banner("The change of several functions has finished."))
    assert [row.state for row in run.rows] == [RowState.DONE] * 3
    changer.open()
    assert changer.states() == ["Done"] * 3


@pytest.mark.parametrize("begins", ["bulkPlan", "bulkStart"])
def test_what_comes_late_for_a_dialog_that_was_closed_disturbs_nobody(changer: Changer, begins: str) -> None:
    changer.select(*changer.names)
    changer.open()
    if begins == "bulkStart":
        changer.plan()
    held = changer.opener.held["alice"] = threading.Event()
    changer.press(begins)
    active = changer.desk.context.services.jobs.active
    changer.desk.until(lambda: any(each.job.quiet and each.state is JobState.RUNNING for each in active()))
    if begins == "bulkStart":
        changer.press("bulkCancel")
        changer.until(Phase.ENDED)
    changer.press("bulkClose")
    changer.desk.until(lambda: changer.dialog() is None)
    held.set()
    changer.desk.idle()
    assert memory(changer.at("alice"), *changer.names) == [128] * 3
    changer.open()  # another can begin
    assert changer.shown().run.phase is Phase.CHOOSING


class Gate(threading.Event):
    """Knows when somebody stands before it."""

    def __init__(self) -> None:
        super().__init__()
        self.somebody_waits = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.somebody_waits.set()
        return super().wait(timeout)


def test_cancel_is_over_though_a_server_is_silent(changer: Changer) -> None:
    changer.select(*changer.names)
    changer.open()
    changer.plan()
    held = changer.opener.held["alice"] = Gate()
    changer.press("bulkStart")
    changer.desk.until(held.somebody_waits.is_set)
    changer.press("bulkCancel")
    changer.until(Phase.ENDED)
    assert not held.is_set()
    assert "No response yet. It might still be changed." in changer.states()
    held.set()
    changer.desk.until(lambda: changer.states() == ["Not started"] * 3)
    changer.desk.idle()
    assert memory(changer.at("alice"), *changer.names) == [128] * 3


@pytest.mark.parametrize(
    "text", ["team", "=x", "aws:a=b", "a=b, a=c", "k" * 129 + "=x", "a=" + "v" * 257, "a=b*"]
)
def test_tags_that_aws_would_not_take_are_refused_before(changer: Changer, text: str) -> None:
    changer.select("fn-a")
    dialog = changer.open()
    changer.choose("Set tags")
    dialog.form.tags.setText(text)
    assert not dialog.form.go.isEnabled()
    assert "key=value" in dialog.form.fault.text()


@pytest.mark.parametrize(("memory_mb", "words"), [(10_240, ""), (10_241, "at most 10,240 MB")])
def test_memory_that_aws_mostly_refuses_is_warned_of(changer: Changer, memory_mb: int, words: str) -> None:
    changer.select("fn-a")
    dialog = changer.open()
    changer.choose("Memory")
    dialog.form.memory.setValue(memory_mb)
    assert words in dialog.form.fault.text()
    assert bool(dialog.form.fault.text()) is bool(words)
    assert dialog.form.go.isEnabled()
