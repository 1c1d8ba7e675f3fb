"""The room put together: one keyring for all, and moves that a crash left in the middle."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.profiles import fake_keyring
from tests.profiles.moving import CONFIG, CREDENTIALS, CTX, KEYS, SECRET, cancelled_at
from workbench.core.clock import SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.paths import Paths
from workbench.core.settings import Settings
from workbench.profiles.identities import Identities
from workbench.profiles.secret_store import ASK_VARIABLE, PASSPHRASE_VARIABLE, PassphraseStore, SecretStore

PASSPHRASE = "open sesame seeds"


@pytest.fixture
def files() -> Path:
    folder = Path(os.environ["HOME"]) / ".aws"
    folder.mkdir()
    (folder / "config").write_text(CONFIG)
    (folder / "credentials").write_text(CREDENTIALS)
    return folder


def start() -> Identities:
    """A program that starts."""
    paths = Paths.default()
    return Identities(Settings(paths.config_dir / "settings.json"), paths, SystemClock(), os.environ)


def opened(identities: Identities) -> SecretStore:
    [_, file] = identities.stores()
    assert isinstance(file, PassphraseStore)
    file.unlock(PASSPHRASE)
    return file


def break_off(identities: Identities, store: SecretStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A move that ends with the key in both places, as after a crash."""

    def refuse(*_: object) -> None:
        raise WorkbenchError("no")

    with monkeypatch.context() as broken:
        broken.setattr(type(store), "delete", refuse)
        with pytest.raises(Cancelled):
            identities.migrator(store).migrate("dev", "raw", cancelled_at(2))
    assert store.get("dev", CTX) is not None


def test_each_question_goes_to_the_same_keyring() -> None:
    """Its calls go one after the other, on one thread, however many dialogs ask."""
    identities = start()
    assert [*map(id, identities.stores())] == [*map(id, identities.stores())]


def test_a_move_to_the_passphrase_file_is_recovered_there_once_it_is_open(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keyring, which is asked first, has nothing of it."""
    first = start()
    break_off(first, opened(first), monkeypatch)
    with fake_keyring.in_use(fake_keyring.Vault()):
        second = start()
        assert second.recover(CTX) == ()  # locked: nobody can be asked now
        file = opened(second)
        assert second.recover(CTX) == ("dev",)
        assert file.get("dev", CTX) is None
        assert start().recover(CTX) == ()
    assert SECRET in (files / "credentials").read_text()


@pytest.mark.usefixtures("files")
def test_a_move_to_the_keyring_is_recovered_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_keyring.in_use(fake_keyring.Vault()):
        first = start()
        keyring = first.stores()[0]
        break_off(first, keyring, monkeypatch)
        assert start().recover(CTX) == ("dev",)
        assert keyring.get("dev", CTX) is None


@pytest.mark.usefixtures("files")
def test_the_key_of_a_deleted_profile_is_taken_out_of_wherever_it_is() -> None:
    with fake_keyring.in_use(fake_keyring.Vault()):
        identities = start()
        keyring, file = identities.stores()[0], opened(identities)
        keyring.set("gone", KEYS, CTX)
        file.set("gone", KEYS, CTX)
        assert identities.discard("gone", CTX)
        assert (keyring.get("gone", CTX), file.get("gone", CTX)) == (None, None)
        assert not identities.discard("gone", CTX)


def test_without_a_keyring_there_is_nothing_to_discard_there() -> None:
    with fake_keyring.in_use(fake_keyring.Vault(), module="keyrings.alt.file"):
        assert not start().discard("gone", CTX)


def test_a_locked_passphrase_file_may_have_it() -> None:
    opened(start()).set("gone", KEYS, CTX)
    with fake_keyring.in_use(fake_keyring.Vault()), pytest.raises(WorkbenchError) as caught:
        start().discard("gone", CTX)
    assert caught.value.aws_code == "PassphraseNeeded"


def test_what_opens_the_file_is_told_to_our_helper_and_stays_out_of_the_environment() -> None:
    identities = start()
    told: Callable[[], dict[str, str]] = identities._helper_environ
    assert told() == {ASK_VARIABLE: "1"}
    opened(identities)
    assert told() == {ASK_VARIABLE: "1", PASSPHRASE_VARIABLE: PASSPHRASE}
    assert PASSPHRASE_VARIABLE not in os.environ
