"""A deletion that a crash interrupted, at the next start of the whole window."""

import pytest

from tests.sandbox_functions import create_function
from tests.ui.recovery_panel import Panel
from tests.ui.test_routes import HANDLER
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.code.download import download_for
from workbench.core.clock import SystemClock
from workbench.core.jobs import JobContext
from workbench.functions.deleted import DeletedStore
from workbench.functions.deletion import DeletionJournal, plan_deletion
from workbench.functions.detail import find, get_function

NAME = "half-gone"


def is_there(connection: Connection) -> bool:
    return bool(find(connection, "get_function", "Could not look.", FunctionName=NAME))


@pytest.fixture
def store(desk: Desk) -> DeletedStore:
    return DeletedStore(desk.context.services.paths.data_dir / "deleted", SystemClock())


@pytest.fixture
def journal(desk: Desk) -> DeletionJournal:
    return DeletionJournal(desk.context.services.paths.data_dir / "deletions")


def interrupt(
    connection: Connection, store: DeletedStore, journal: DeletionJournal, *, deletes: bool
) -> None:
    """Leaves a deletion as a crash does, before or after the request."""
    create_function(connection, HANDLER, name=NAME)
    kept, detail = store.keep(connection, NAME, (), download_for, JobContext())
    steps = plan_deletion(detail, ())
    with journal.begin_deletion(detail, steps, kept.folder.name) as file:
        file.before("0")
        if deletes:
            connection.call("lambda", "delete_function", FunctionName=NAME)


TITLE = f"Deletion of {NAME}"


def asked(desk: Desk) -> Panel:
    desk.connect()
    return Panel(desk, f"{TITLE} was interrupted.")


@pytest.mark.parametrize("deletes", [False, True])
def test_it_is_finished(
    desk: Desk, connection: Connection, store: DeletedStore, journal: DeletionJournal, deletes: bool
) -> None:
    interrupt(connection, store, journal, deletes=deletes)
    panel = asked(desk)
    panel.press(TITLE, "Finish")
    panel.until_said(TITLE, f"{NAME} was deleted.")
    desk.idle()
    assert not is_there(connection)
    assert not desk.banner("was interrupted")
    assert len(store.all(connection.account_id, connection.region)) == 1  # it can be restored
    panel.dialog.reject()


def test_a_function_that_is_still_there_stays(
    desk: Desk, connection: Connection, store: DeletedStore, journal: DeletionJournal
) -> None:
    interrupt(connection, store, journal, deletes=False)
    panel = asked(desk)
    panel.press(TITLE, "Undo")
    panel.until_said(TITLE, f"Nothing else of {NAME} will be deleted.")
    desk.idle()
    assert is_there(connection)
    assert store.all(connection.account_id, connection.region) == ()
    assert journal.unfinished(connection.account_id, connection.region) == ()
    panel.dialog.reject()


def test_a_function_that_has_gone_is_made_again(
    desk: Desk, connection: Connection, store: DeletedStore, journal: DeletionJournal
) -> None:
    interrupt(connection, store, journal, deletes=True)
    panel = asked(desk)
    panel.press(TITLE, "Undo")
    panel.until_said(TITLE, f"{NAME} was restored.")
    desk.until(lambda: desk.opened() == NAME)
    assert get_function(connection, NAME).state == "Active"
    panel.dialog.reject()
    desk.idle()
