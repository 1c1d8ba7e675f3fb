"""kill -9 amid the restoring of a function: restoring it again goes on where that stopped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fake_time import FakeClock
from tests.functions.doomed import restore_until
from tests.functions.test_restore import fetch
from tests.functions.test_restore_belongings import THREE, make_away, make_rich, plain, seen
from tests.mortal import Mortal
from tests.sandbox_functions import deploy_elsewhere, deployed_text
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.deleted import Deleted, DeletedStore, RestoreJournal
from workbench.functions.detail import get_function
from workbench.functions.restore import restore
from workbench.functions.snapshot import FunctionSnapshot

Kill = Callable[[str], tuple[Deleted, FunctionSnapshot]]
CTX = JobContext()
PLACES = (
    "before create_function 1",
    "after create_function 1",
    "after update_function_code 1",
    "before publish_version 1",
    "after publish_version 1",
    "after update_function_configuration 1",
    "after publish_version 2",
    "after create_alias 1",
    "before add_permission 2",
    "after create_event_source_mapping 1",
)


@pytest.fixture
def store(tmp_path: Path) -> DeletedStore:
    return DeletedStore(tmp_path / "deleted", FakeClock())


def half_restored(store: DeletedStore, connection: Connection) -> list[Deleted]:
    copies = store.all(connection.account_id, connection.region)
    return [each for each in copies if each.journal.interrupted()]


@pytest.fixture
def kill(mortal: Mortal, connection: Connection, store: DeletedStore, tmp_path: Path) -> Kill:
    """Deletes a function with all that can belong to one, and kills the restoring of it."""

    def killed(place: str) -> tuple[Deleted, FunctionSnapshot]:
        make_rich(connection)
        kept, _detail = store.keep(connection, "rich", (), fetch, CTX)
        make_away(connection)
        assert half_restored(store, connection) == []
        access = connection.access
        folder = str(tmp_path / "deleted")
        mortal.kill(restore_until, place, folder, access.endpoint_url, access.region, connection.account_id)
        [found] = half_restored(store, connection)
        assert found == kept
        return found, kept.dependents

    return killed


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_restoring_goes_on_where_it_stopped(
    connection: Connection, store: DeletedStore, kill: Kill, place: str
) -> None:
    kept, before = kill(place)
    restored = restore(connection, kept, CTX)
    assert restored.left == ()
    assert not any("already exists" in note for note in restored.notes)
    assert half_restored(store, connection) == []
    assert deployed_text(connection, "rich") == THREE
    assert get_function(connection, "rich").memory_mb == 512
    after, lost = seen(connection, store)
    assert lost == ()
    assert plain(after) == plain(before)  # no version, permission or mapping twice


def test_what_somebody_has_changed_since_the_crash_is_not_touched(
    connection: Connection, store: DeletedStore, kill: Kill
) -> None:
    kept, _before = kill("after publish_version 1")
    deploy_elsewhere(connection, "rich", "def handler(event, context):\n    return 'theirs'\n")
    theirs = get_function(connection, "rich")
    with pytest.raises(WorkbenchError, match="was changed after the restore") as caught:
        restore(connection, kept, CTX)
    assert caught.value.aws_code == "PreconditionFailedException"
    assert get_function(connection, "rich").revision_id == theirs.revision_id
    assert kept.journal.interrupted()  # it is still said


def test_a_version_that_another_window_published_since_is_not_published_again(
    connection: Connection, store: DeletedStore, kill: Kill, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, before = kill("after publish_version 2")
    found = kept.journal.interrupted()
    assert found is not None
    stale = replace(found, begun=(), done={})  # as it was found before the other window went on
    monkeypatch.setattr(RestoreJournal, "interrupted", lambda _journal: stale)
    assert restore(connection, kept, CTX).left == ()
    monkeypatch.undo()
    after, _lost = seen(connection, store)
    assert plain(after) == plain(before)


def test_two_windows_do_not_restore_one_function_at_once(
    connection: Connection, store: DeletedStore, kill: Kill
) -> None:
    kept, _before = kill("before create_function 1")
    interrupted = kept.journal.interrupted()
    assert interrupted is not None
    with kept.journal.reopen_restore(interrupted):
        assert kept.journal.interrupted() is None
        with pytest.raises(WorkbenchError, match="Another window is already restoring it"):
            restore(connection, kept, CTX)


def test_a_restore_that_an_earlier_version_began_goes_on(
    connection: Connection, store: DeletedStore, kill: Kill
) -> None:
    kept, before = kill("after publish_version 2")
    [journal] = kept.folder.glob("*.jsonl")
    journal.unlink()
    (kept.folder / "restoring").write_text('\n["1", "1"]\n\n["2", "2"]\n\n["3", ')

    [found] = half_restored(store, connection)
    interrupted = found.journal.interrupted()
    assert interrupted is not None
    assert interrupted.done == {"1": {"version": "1"}, "2": {"version": "2"}}
    assert not (kept.folder / "restoring").exists()
    assert restore(connection, found, CTX).left == ()
    assert half_restored(store, connection) == []
    after, _lost = seen(connection, store)
    assert plain(after) == plain(before)
