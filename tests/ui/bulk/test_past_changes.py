"""Changes of several functions that were interrupted, or are long over, in the whole window."""

import pytest

from tests.ui.bulk.changer import Changer, memory
from tests.ui.recovery_panel import Panel
from tests.ui.test_routes import desk, opener  # noqa: F401 - fixtures
from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.jobs import JobContext
from workbench.functions.bulk_plan import Configure, Target, plan_step, read_target
from workbench.functions.bulk_run import BulkJournal, carry_out_recorded
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.ui.features.bulk.dialog import PastChangesDialog
from workbench.ui.features.bulk.run import Phase


def interrupted(changer: Changer) -> BulkJournal:
    """Leaves a change as a crash after the first of three functions does."""
    journal = BulkJournal(changer.desk.context.services.paths.data_dir / "bulk-changes")
    connection, change = changer.at("alice"), Configure(Wanted(memory_mb=512))
    steps = []
    for name in changer.names:
        target = Target.of(get_function(connection, name), "alice")
        steps.append(plan_step(target, read_target(connection, target, change, JobContext()), change))
    with journal.begin_change(change, steps) as file:
        carry_out_recorded(file, connection, steps[0], RateBudget(), lambda *_: lambda: None, JobContext())
    return journal


TITLE = "Change of 3 functions"
SAID = f"{TITLE} was interrupted."


def earlier(changer: Changer) -> PastChangesDialog:
    changer.desk.context.services.actions["function.past_changes"].trigger()
    changer.desk.until(lambda: changer.desk.window.findChild(PastChangesDialog))
    found = changer.desk.window.findChild(PastChangesDialog)
    assert isinstance(found, PastChangesDialog)
    return found


@pytest.mark.parametrize(("way", "memory_mb"), [("Finish", 512), ("Undo", 128)])
def test_the_panel_opens_it_where_each_function_is_shown(
    changer: Changer, connection: Connection, way: str, memory_mb: int
) -> None:
    journal = interrupted(changer)
    changer.desk.window.operations_changed.emit()  # as every start does
    panel = Panel(changer.desk, SAID)
    assert "Steps done: 1 of 3. Memory: 512 MB. Done: 1. Remaining: 2." in panel.text(TITLE)
    panel.press(TITLE, way)
    changer.desk.until(changer.dialog)
    changer.until(Phase.PLANNED)
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    assert memory(connection, *changer.names) == [memory_mb] * 3
    changer.close()
    changer.desk.until(lambda: not changer.desk.banner(SAID))
    assert journal.interrupted() == ()


def test_an_interrupted_change_is_gone_on_with(changer: Changer, connection: Connection) -> None:
    journal = interrupted(changer)
    dialog = earlier(changer)
    assert "Remaining: 2." in dialog.about.text()
    dialog.continue_button.click()
    changer.desk.until(changer.dialog)
    changer.until(Phase.PLANNED)
    assert changer.shown()._heading.text() == "Memory: 512 MB"
    assert not changer.shown().form.isVisible()
    assert changer.states() == ["Will be changed"] * 2
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    assert memory(connection, *changer.names) == [512] * 3
    changer.close()
    assert journal.interrupted() == ()
    changer.desk.until(lambda: not changer.desk.banner(SAID))


def test_an_interrupted_change_is_taken_back(changer: Changer, connection: Connection) -> None:
    journal = interrupted(changer)
    earlier(changer).undo.click()
    changer.desk.until(changer.dialog)
    changer.until(Phase.PLANNED)
    assert changer.shown().start_button.text() == "Undo 1 Change"
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    assert memory(connection, *changer.names) == [128] * 3
    changer.close()
    assert journal.interrupted() == ()


def test_what_another_window_goes_on_with_meanwhile_is_not_undone(
    changer: Changer, connection: Connection
) -> None:
    journal = interrupted(changer)
    earlier(changer).undo.click()
    changer.desk.until(changer.dialog)
    changer.until(Phase.PLANNED)
    [past] = journal.interrupted()
    with journal.reopen_change(past):
        changer.press("bulkStart")
        changer.until(Phase.ENDED)
        assert memory(connection, *changer.names) == [512, 128, 128]
        assert journal.files() == [past.file]  # and nothing else waits for a decision
    changer.close()


def test_an_interrupted_change_is_let_be(changer: Changer, connection: Connection) -> None:
    journal = interrupted(changer)
    dialog = earlier(changer)
    dialog.keep_button.click()
    changer.desk.until(lambda: not changer.desk.banner(SAID))
    changer.desk.idle()
    assert journal.interrupted() == ()
    assert memory(connection, *changer.names) == [512, 128, 128]


def test_a_change_can_be_taken_back_after_its_dialog_was_closed(
    changer: Changer, connection: Connection
) -> None:
    before = [get_function(connection, name).timeout_s for name in changer.names]
    changer.select(*changer.names)
    changer.open()
    changer.choose("Timeout")
    changer.plan()
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    changer.close()
    changer.desk.context.services.actions["function.past_changes"].trigger()
    changer.desk.until(lambda: changer.desk.window.findChild(PastChangesDialog))
    dialog = changer.desk.window.findChild(PastChangesDialog)
    assert isinstance(dialog, PastChangesDialog)
    assert not dialog.continue_button.isEnabled()
    dialog.undo.click()
    changer.desk.until(changer.dialog)
    changer.until(Phase.PLANNED)
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    assert [get_function(connection, name).timeout_s for name in changer.names] == before
    changer.close()
    past = BulkJournal(changer.desk.context.services.paths.data_dir / "bulk-changes").past()
    done, undo = sorted(past, key=lambda each: bool(each.undoes))  # the clock of tests stands still
    assert (undo.undoes, done.undoable) == (done.file.name, ())


def test_nothing_is_changed_when_the_journal_cannot_be_written(
    changer: Changer, connection: Connection
) -> None:
    changer.select(*changer.names)
    changer.open()
    changer.plan()
    folder = changer.desk.context.services.paths.data_dir / "bulk-changes"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    changer.press("bulkStart")
    changer.until(Phase.ENDED)
    assert all(state.startswith("Failed") for state in changer.states())
    assert memory(connection, *changer.names) == [128] * 3
    folder.unlink()
    changer.press("bulkAgain")
    changer.until(Phase.ENDED)
    assert changer.states() == ["Done"] * 3
