"""Row 11: no new passphrase file opens with a passphrase that is found by trying."""

import json
import os
from base64 import b64encode
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles import secret_store
from workbench.profiles.secret_store import PassphraseStore, StoredKeys

CTX = JobContext()
KEYS = StoredKeys("AKIDEXAMPLE", "secret")
WEAK = [
    "",
    "8 chars!",
    "elevenchars",
    "aaaaaaaaaaaa",
    "abababababab",
    "123456789012",
    "abcdefghijkl",
    "qwertyuiop12",
    "password1234",
    "Passw0rd" + "Password",
    "passwordpassword",
    "PASSPHRASE123",
    "workbench2026",
    "correct horse battery staple",
    "987654321098",
    "            ",
    "admin-admin-admin",
]
STRONG = [
    "violet kettle drum sand",
    "rQ7!xw2#Lp9z",
    "Wir fahren morgen nach Ulm",
    "日本語の合言葉は山と川です",
]


def unlock_and_set(store: PassphraseStore, passphrase: str) -> None:
    """As the window that moves a key into the file."""
    store.unlock(passphrase)
    store.set("dev", KEYS, CTX)


@pytest.mark.parametrize("passphrase", WEAK)
def test_a_weak_passphrase_makes_no_file(tmp_path: Path, passphrase: str) -> None:
    store = PassphraseStore(tmp_path / "keys.json")
    with pytest.raises(WorkbenchError) as refused:
        unlock_and_set(store, passphrase)
    assert not store.path.exists()
    assert refused.value.why
    assert refused.value.remedy
    with pytest.raises(WorkbenchError):  # neither from WORKBENCH_PASSPHRASE
        PassphraseStore(tmp_path / "keys.json", passphrase).set("dev", KEYS, CTX)
    assert not store.path.exists()


@pytest.mark.parametrize("passphrase", STRONG)
def test_a_good_one_makes_it(tmp_path: Path, passphrase: str) -> None:
    store = PassphraseStore(tmp_path / "keys.json")
    store.unlock(passphrase)
    store.set("dev", KEYS, CTX)
    assert PassphraseStore(store.path, passphrase).get("dev", CTX) == KEYS


def test_a_file_of_before_opens_with_its_short_passphrase(tmp_path: Path) -> None:
    """As the version before this one has written it."""
    path = tmp_path / "keys.json"
    old = PassphraseStore(path)
    old._salt = os.urandom(secret_store._SALT_BYTES)
    old._key = old._derive("8 chars!")
    entries = {name: old._encrypt(name, text) for name, text in (("", ""), ("dev", KEYS.to_text()))}
    path.write_text(json.dumps({"version": 1, "salt": b64encode(old._salt).decode(), "entries": entries}))

    store = PassphraseStore(path)
    store.unlock("8 chars!")
    assert store.get("dev", CTX) == KEYS
    store.set("prod", KEYS, CTX)
    assert PassphraseStore(path, "8 chars!").get("prod", CTX) == KEYS
