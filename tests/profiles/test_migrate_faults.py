"""No key is lost: whatever fails, is cancelled, or is done by others while a key moves."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.profiles.moving import (
    CONFIG,
    CREDENTIALS,
    CTX,
    KEY_ID,
    KEYS,
    NEW_ID,
    NEW_KEYS,
    NEW_SECRET,
    SECRET,
    Desk,
    at_step,
    cancelled_at,
    fail,
)
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.credentials_helper import SessionCache, SessionRequest, TemporaryKeys

NEW = CREDENTIALS.replace(KEY_ID, NEW_ID).replace(SECRET, NEW_SECRET)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_key_moves_and_comes_back_to_where_it_was(desk: Desk) -> None:
    desk.mover().migrate("dev", "raw", CTX)
    config, credentials = desk.texts
    assert config == f"{CONFIG}credential_process = {desk.command('dev')}\n"
    assert credentials == "# mine\n[dev]\n# since May\n\n[other]\n"
    desk.mover().restore("dev", CTX)
    assert desk.is_as_it_was()


@pytest.mark.parametrize("step", range(6))
def test_cancelled_at_any_step_everything_is_as_it_was(desk: Desk, step: int) -> None:
    with pytest.raises(Cancelled):
        desk.mover().migrate("dev", "raw", cancelled_at(step))
    assert desk.is_as_it_was()


def refuse(*_: object) -> None:
    raise WorkbenchError("It did not work.", "Because.")


def break_down(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("kind", [refuse, break_down])
@pytest.mark.parametrize("step", range(6))
def test_whatever_fails_everything_is_as_it_was(desk: Desk, step: int, kind: Callable[[], None]) -> None:
    """A fault of our own too."""
    with pytest.raises((WorkbenchError, ZeroDivisionError)):
        desk.mover().migrate("dev", "raw", at_step(step, kind))
    assert desk.is_as_it_was()


@pytest.mark.parametrize("fails_from", [1, 2])
def test_on_a_full_disk_no_key_is_lost_and_the_next_start_goes_on(desk: Desk, fails_from: int) -> None:
    """Row W4: the write fails, and so does all that would undo the one before."""
    with pytest.raises(WorkbenchError, match="disk is full") as caught:
        desk.mover(fails_from).migrate("dev", "raw", CTX)
    assert SECRET in desk.credentials.read_text("utf-8")
    assert SECRET not in str(caught.value)
    assert desk.unfinished is (fails_from == 2)
    desk.mover().recover(CTX)
    assert desk.is_as_it_was()


def test_a_key_that_cannot_be_put_back_stays_in_the_store_until_it_can(desk: Desk) -> None:
    """The disk fills up between the two: the worst moment."""
    with pytest.raises(WorkbenchError, match="could not be finished or undone") as caught:
        desk.mover(fails_from=3).migrate("dev", "raw", cancelled_at(5))
    assert "access key is not lost" in str(caught.value)
    assert desk.store.kept["dev"].pair == KEYS.pair
    desk.hands_out(NEW_KEYS)  # the SDK does not find it: undone
    assert desk.mover().recover(CTX) == ("dev",)
    assert desk.is_as_it_was()


def test_a_store_that_lets_go_later_is_asked_again(desk: Desk) -> None:
    """The keyring took the key, and then waited for its password."""
    desk.store.before["delete"] = fail
    with pytest.raises(Cancelled):
        desk.mover().migrate("dev", "raw", cancelled_at(2))
    assert "dev" in desk.store.kept
    assert desk.unfinished
    desk.store.before.clear()
    assert desk.mover().recover(CTX) == ("dev",)
    assert desk.is_as_it_was()


def test_a_key_that_the_files_have_lost_since_is_put_back_before_the_store_lets_it_go(desk: Desk) -> None:
    """It was moved back; the store refused to delete it; and the file was then replaced by an older one."""
    desk.mover().migrate("dev", "raw", CTX)
    desk.store.before["delete"] = fail
    with pytest.raises(WorkbenchError, match="still in the store"):
        desk.mover().restore("dev", CTX)
    desk.credentials.write_text("# mine\n[dev]\n# since May\n\n[other]\n", "utf-8")
    desk.store.before.clear()
    assert desk.mover().recover(CTX) == ("dev",)
    assert SECRET in desk.credentials.read_text("utf-8")
    assert "dev" not in desk.store.kept


@pytest.mark.parametrize("method", ["get", "delete"])
def test_recovering_from_a_locked_store_keeps_the_note(desk: Desk, method: str) -> None:
    desk.store.before["delete"] = fail
    with pytest.raises(Cancelled):
        desk.mover().migrate("dev", "raw", cancelled_at(2))
    desk.store.before = {method: fail}
    with pytest.raises(WorkbenchError, match="locked"):
        desk.mover().recover(CTX)
    assert desk.unfinished
    desk.store.before.clear()
    desk.mover().recover(CTX)
    assert desk.is_as_it_was()


def test_one_that_cannot_be_recovered_does_not_keep_the_others_from_it(desk: Desk) -> None:
    desk.write(CONFIG, f"[a]\n{KEY_LINES}[b]\n{KEY_LINES}")
    desk.store.before["delete"] = fail
    for name in "ab":
        with pytest.raises(Cancelled):
            desk.mover().migrate(name, "raw", cancelled_at(2))
    desk.store.before["delete"] = lambda name: fail(name) if name == "a" else None
    with pytest.raises(WorkbenchError, match="locked"):
        desk.mover().recover(CTX)
    assert list(desk.store.kept) == ["a"]


KEY_LINES = f"aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"


def test_files_that_cannot_be_read_are_not_taken_for_empty(desk: Desk) -> None:
    desk.store.before["delete"] = fail
    with pytest.raises(Cancelled):
        desk.mover().migrate("dev", "raw", cancelled_at(2))
    desk.store.before.clear()
    desk.credentials.write_text(CREDENTIALS + "[other]\n")
    with pytest.raises(WorkbenchError, match="twice"):
        desk.mover().recover(CTX)
    assert desk.unfinished
    assert "dev" in desk.store.kept


def test_another_workbench_that_starts_meanwhile_leaves_the_move_alone(desk: Desk) -> None:
    """It would find a key in the file and in the store, and undo what is going on."""
    recovered: list[tuple[str, ...]] = []
    other = threading.Thread(target=lambda: recovered.append(desk.mover().recover(CTX)))
    desk.mover().migrate("dev", "raw", at_step(3, other.start))
    other.join()
    assert recovered == [()]
    assert desk.store.kept["dev"].pair == KEYS.pair
    assert desk.command("dev") in desk.config.read_text("utf-8")


@pytest.mark.parametrize("step", [2, 3, 4])
def test_a_key_that_is_written_while_another_moves_is_not_removed(desk: Desk, step: int) -> None:
    """`aws configure`, while the keyring asked for its password."""
    with pytest.raises(WorkbenchError, match="changed them in the meantime"):
        desk.mover().migrate("dev", "raw", at_step(step, lambda: desk.credentials.write_text(NEW)))
    assert desk.texts == (CONFIG, NEW)
    assert not desk.unfinished


def test_a_key_under_the_same_name_is_not_overwritten(desk: Desk) -> None:
    """Of a profile that was deleted, or of another AWS_CONFIG_FILE."""
    desk.store.kept["dev"] = NEW_KEYS
    with pytest.raises(WorkbenchError, match="already contains another access key"):
        desk.mover().migrate("dev", "raw", CTX)
    assert desk.store.kept == {"dev": NEW_KEYS}
    assert desk.texts == (CONFIG, CREDENTIALS)


# ---- a key that takes the place of a stored one ------------------------------------------------------------


@pytest.fixture
def rotated(desk: Desk) -> Desk:
    """The key was moved; a newer one stands in the file since, as `aws configure` writes it."""
    desk.mover().migrate("dev", "raw", CTX)
    desk.credentials.write_text(NEW)
    desk.hands_out(NEW_KEYS)
    return desk


def test_a_newer_key_takes_the_place_of_the_stored_one(rotated: Desk) -> None:
    rotated.mover().migrate("dev", "raw", CTX)
    assert rotated.store.kept["dev"].pair == NEW_KEYS.pair
    assert NEW_SECRET not in "".join(rotated.texts)


@pytest.mark.parametrize("step", range(6))
def test_a_newer_key_that_does_not_get_there_leaves_the_older_one_stored(rotated: Desk, step: int) -> None:
    before = rotated.texts
    with pytest.raises(Cancelled):
        rotated.mover().migrate("dev", "raw", cancelled_at(step))
    assert rotated.store.kept["dev"].pair == KEYS.pair
    assert tuple(text.replace(" = ", "=") for text in rotated.texts) == tuple(
        text.replace(" = ", "=") for text in before
    )


def test_putting_back_an_older_key_does_not_overwrite_a_newer_one(rotated: Desk) -> None:
    before = rotated.texts
    with pytest.raises(WorkbenchError, match="The files contain another access key") as caught:
        rotated.mover().restore("dev", CTX)
    assert caught.value.what == "The access key of dev could not be restored."
    assert rotated.texts == before
    assert rotated.store.kept["dev"].pair == KEYS.pair


@pytest.mark.parametrize("what", ["migrate", "restore", "discard"])
def test_temporary_keys_of_a_key_that_moves_are_not_handed_out_any_more(desk: Desk, what: str) -> None:
    """They are of an older key, or of one that its owner wants back."""
    if what == "restore":
        desk.mover().migrate("dev", "raw", CTX)
    cache, wanted, now = SessionCache(desk.folder / "cache"), SessionRequest(NEW_ID), datetime.now(UTC)
    cache.put(wanted, TemporaryKeys("ASIA", "s", "t", now + timedelta(hours=1)))
    cache.mark("dev", wanted)
    mover = desk.mover()
    if what == "migrate":
        mover.migrate("dev", "raw", CTX)
    elif what == "restore":
        mover.restore("dev", CTX)
    else:
        mover.discard("dev", CTX)
    assert cache.of_profile("dev", now) is None
    assert cache.get(wanted, now) is None


# ---- putting back ------------------------------------------------------------------------------------------


@pytest.fixture
def moved(desk: Desk) -> Desk:
    desk.mover().migrate("dev", "raw", CTX)
    return desk


def test_a_locked_store_gives_nothing_back_and_nothing_changes(moved: Desk) -> None:
    before = moved.texts
    moved.store.before["get"] = fail
    with pytest.raises(WorkbenchError, match="locked"):
        moved.mover().restore("dev", CTX)
    assert moved.texts == before


def test_a_store_that_does_not_let_go_is_said_and_asked_again(moved: Desk) -> None:
    moved.store.before["delete"] = fail
    with pytest.raises(WorkbenchError, match="in the store as well"):
        moved.mover().restore("dev", CTX)
    assert SECRET in moved.credentials.read_text("utf-8")
    moved.store.before.clear()
    assert moved.mover().recover(CTX) == ("dev",)
    assert moved.is_as_it_was()


def test_a_full_disk_leaves_the_key_in_the_store(moved: Desk) -> None:
    before = moved.texts
    with pytest.raises(WorkbenchError, match="disk is full"):
        moved.mover(fails_from=1).restore("dev", CTX)
    assert moved.texts == before
    assert moved.store.kept["dev"].pair == KEYS.pair
    assert not moved.unfinished


def test_the_key_of_a_renamed_profile_is_found(moved: Desk) -> None:
    moved.write(*(text.replace("dev]", "work]") for text in moved.texts))
    moved.mover().restore("work", CTX)
    assert f"[work]\naws_access_key_id = {KEY_ID}\n" in moved.credentials.read_text("utf-8")
    assert "credential_process" not in moved.config.read_text("utf-8")
    assert not moved.store.kept


def test_a_key_stays_as_long_as_another_profile_is_handed_it_out(moved: Desk) -> None:
    moved.config.write_text(
        moved.config.read_text() + f"[profile copy]\ncredential_process = {moved.command('dev')}\n"
    )
    moved.mover().restore("dev", CTX)
    assert moved.store.kept["dev"].pair == KEYS.pair
    assert not moved.mover().discard("dev", CTX)
    moved.mover().restore("copy", CTX)
    assert not moved.store.kept


def test_the_key_of_a_profile_that_is_gone_is_put_back_under_its_name(moved: Desk) -> None:
    moved.write("", "")
    moved.mover().restore("dev", CTX)
    assert moved.credentials.read_text("utf-8") == f"[dev]\n{KEY_LINES}"


def test_the_key_of_a_deleted_profile_is_discarded_on_demand_only(moved: Desk) -> None:
    moved.write("", "")
    assert moved.mover().recover(CTX) == ()
    assert moved.store.kept
    assert moved.mover().discard("dev", CTX)
    assert not moved.store.kept
    assert not moved.mover().discard("dev", CTX)


def test_a_key_that_is_nowhere_is_said_at_each_start(desk: Desk) -> None:
    """The keyring was made anew, say. The note goes once the profile has a key again."""
    desk.store.before["delete"] = fail
    with pytest.raises(WorkbenchError):
        desk.mover(fails_from=3).migrate("dev", "raw", cancelled_at(5))
    desk.store.kept.clear()
    for _ in range(2):
        with pytest.raises(WorkbenchError, match="neither in the files nor in the keyring"):
            desk.mover().recover(CTX)
    desk.credentials.write_text(CREDENTIALS)
    assert desk.mover().recover(CTX) == ("dev",)
    assert "credential_process" not in desk.config.read_text("utf-8")
    assert not desk.unfinished


@pytest.mark.parametrize(
    ("config", "comes_back"),
    [("", False), ("[profile dev]\nregion = eu-west-1\n", True)],
    ids=["deleted", "without its credential process"],
)
def test_a_profile_that_was_edited_amid_its_move_gets_its_key_back_if_it_is_there(
    desk: Desk, config: str, comes_back: bool
) -> None:
    with pytest.raises(WorkbenchError):
        desk.mover(fails_from=3).migrate("dev", "raw", cancelled_at(5))
    desk.write(config, "[other]\n")

    assert desk.mover().recover(CTX) == ("dev",)

    assert desk.texts == (config, f"[other]\n\n[dev]\n{KEY_LINES}" if comes_back else "[other]\n")
    assert (desk.store.kept == {}) is comes_back
    assert not desk.unfinished


def test_what_was_left_in_the_middle_is_finished_when_the_store_is_used_again(desk: Desk) -> None:
    """As with a passphrase file, which nobody can open at the start."""
    desk.store.before["delete"] = fail
    with pytest.raises(Cancelled):
        desk.mover().migrate("dev", "raw", cancelled_at(2))
    desk.store.before.clear()
    desk.mover().migrate("dev", "raw", JobContext())
    assert not desk.unfinished
    assert desk.store.kept["dev"].pair == KEYS.pair
    assert SECRET not in desk.credentials.read_text("utf-8")


def test_a_keyring_that_gives_back_another_key_gets_none(desk: Desk) -> None:
    """The SDK would be handed that key: whether the profile works is tried too late, and elsewhere."""

    def give_another(entry: str) -> None:
        if entry in desk.store.kept:
            desk.store.kept[entry] = NEW_KEYS

    desk.store.before["get"] = give_another
    with pytest.raises(WorkbenchError, match="different value than was stored"):
        desk.mover().migrate("dev", "raw", CTX)
    assert desk.is_as_it_was()
