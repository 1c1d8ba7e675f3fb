"""Stores of keys: the keyring as it is and as it fails, memory, the passphrase file (rows K2 and K6)."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as NullKeyring

from tests.profiles import fake_keyring, writers
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.secret_store import (
    KeyringStore,
    PassphraseStore,
    SecretStore,
    StoredKeys,
)

CTX = JobContext()
KEYS = StoredKeys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "raw", "eu-west-1")


@pytest.mark.parametrize("kind", ["keyring", "passphrase"])
def test_a_store_gives_back_what_it_was_given_and_forgets_on_demand(kind: str, tmp_path: Path) -> None:
    stores: dict[str, SecretStore] = {
        "keyring": KeyringStore(),
        "passphrase": PassphraseStore(tmp_path / "keys.json", "open sesame seeds"),
    }
    store = stores[kind]
    with fake_keyring.in_use(fake_keyring.Vault()):
        assert store.describe(CTX).usable
        assert store.get("dev", CTX) is None
        store.delete("dev", CTX)
        store.set("dev", KEYS, CTX)
        store.set("prod", StoredKeys("AKIAXOTHER", "other"), CTX)
        assert store.get("dev", CTX) == KEYS
        store.delete("dev", CTX)
        assert store.get("dev", CTX) is None
        assert store.get("prod", CTX) is not None


def test_secrets_are_in_no_repr() -> None:
    assert KEYS.secret_access_key not in repr(KEYS)


@pytest.mark.parametrize(
    ("kind", "module"),
    [
        (NoKeyring, "keyring.backends.fail"),  # no session bus
        (NullKeyring, "keyring.backends.null"),
        (fake_keyring.Vault, "keyrings.alt.file"),  # plain text
    ],
)
def test_a_keyring_that_does_not_keep_secrets_is_refused_by_its_name(
    kind: Callable[[], KeyringBackend], module: str
) -> None:
    backend, store = kind(), KeyringStore()
    with fake_keyring.in_use(backend, module=module):
        status = store.describe(CTX)
        assert not status.usable
        assert str(backend.name) in status.why
        with pytest.raises(WorkbenchError) as caught:
            store.set("dev", KEYS, CTX)
    assert caught.value.aws_code == "NoKeyring"
    assert not getattr(backend, "entries", {})


@pytest.mark.parametrize(
    ("make", "code"),
    [(fake_keyring.Locked, "KeyringLocked"), (fake_keyring.Forgetful, "KeyringForgets")],
)
def test_a_keyring_that_fails_is_said_without_its_own_words(
    make: Callable[[], fake_keyring.Vault], code: str
) -> None:
    with fake_keyring.in_use(make()), pytest.raises(WorkbenchError) as caught:
        KeyringStore().set("dev", KEYS, CTX)
    assert caught.value.aws_code == code
    assert KEYS.secret_access_key not in str(caught.value)
    assert KEYS.access_key_id not in str(caught.value)


_WHOLE = {"access_key_id": "AKIAX", "secret_access_key": "hello"}


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "{}",
        "[]",
        "null",
        json.dumps({"secret_access_key": "hello"}),
        json.dumps(_WHOLE | {"secret_access_key": ""}),
        json.dumps(_WHOLE | {"secret_access_key": ["hello"]}),
        json.dumps(_WHOLE | {"mode": "hello"}),
        json.dumps(_WHOLE | {"mode": []}),
        json.dumps(_WHOLE | {"region": None}),
    ],
)
def test_what_another_program_stored_under_our_name_is_said(text: str) -> None:
    vault = fake_keyring.Vault()
    vault.entries["workbench-aws/dev", "access-key"] = text
    with fake_keyring.in_use(vault), pytest.raises(WorkbenchError) as caught:
        KeyringStore().get("dev", CTX)
    assert caught.value.aws_code == "KeyringDamaged"
    assert "hello" not in str(caught.value)
    assert vault.entries


def test_what_a_later_version_stores_besides_does_not_make_a_key_unreadable() -> None:
    vault = fake_keyring.Vault()
    vault.entries["workbench-aws/dev", "access-key"] = json.dumps(_WHOLE | {"rotated": "yesterday"})
    with fake_keyring.in_use(vault):
        assert KeyringStore().get("dev", CTX) == StoredKeys("AKIAX", "hello")


def test_keys_fit_into_the_smallest_keyring() -> None:
    """Row K6: Windows takes 2,560 bytes of UTF-16."""
    longest = StoredKeys(
        "AKIA" + "X" * 124,  # the service model's longest access key id
        "s" * 128,
        "session",
        "us-gov-west-1",
        "https://" + "s" * 400 + ".us-gov-west-1.amazonaws.com",
    )
    small = fake_keyring.Small()
    with fake_keyring.in_use(small):
        KeyringStore().set("x" * 200, longest, CTX)
        assert KeyringStore().get("x" * 200, CTX) == longest


def test_the_passphrase_file_holds_no_secret_in_plain_text_and_is_private(tmp_path: Path) -> None:
    store = PassphraseStore(tmp_path / "keys.json")
    store.unlock("open sesame seeds")
    store.set("dev", KEYS, CTX)
    text = store.path.read_text("utf-8")
    assert KEYS.secret_access_key not in text
    assert KEYS.access_key_id not in text
    assert store.path.stat().st_mode & 0o077 == 0

    again = PassphraseStore(store.path)
    again.unlock("open sesame seeds")
    assert again.get("dev", CTX) == KEYS


def test_the_passphrase_file_stays_closed_to_anyone_else(tmp_path: Path) -> None:
    first = PassphraseStore(tmp_path / "keys.json", "open sesame seeds")
    first.set("dev", KEYS, CTX)
    store = PassphraseStore(first.path)
    assert not store.describe(CTX).usable
    with pytest.raises(WorkbenchError) as locked:
        store.get("dev", CTX)
    assert locked.value.aws_code == "PassphraseNeeded"
    with pytest.raises(WorkbenchError) as wrong:
        store.unlock("open barley sacks")
    assert wrong.value.aws_code == "WrongPassphrase"
    with pytest.raises(WorkbenchError):
        store.set("dev", KEYS, CTX)


def test_an_entry_that_was_put_under_another_name_is_not_taken(tmp_path: Path) -> None:
    store = PassphraseStore(tmp_path / "keys.json", "open sesame seeds")
    store.set("dev", KEYS, CTX)
    values = json.loads(store.path.read_bytes())
    values["entries"]["prod"] = values["entries"]["dev"]
    store.path.write_text(json.dumps(values))
    with pytest.raises(WorkbenchError) as caught:
        store.get("prod", CTX)
    assert caught.value.aws_code == "KeyringDamaged"


_DAMAGED = [
    "",
    "{}",
    "[]",
    '{"salt": 1, "entries": 2}',
    '{"salt": "c2FsdA==", "entries": {"": 7}}',
    '{"salt": "c2FsdA==", "entries": {}}',
    "\x00",
]


@pytest.mark.parametrize("content", _DAMAGED)
def test_a_damaged_passphrase_file_is_said_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(WorkbenchError) as caught:
        PassphraseStore(path, "open sesame seeds").set("dev", KEYS, CTX)
    assert caught.value.aws_code == "KeyringDamaged"
    assert path.read_text() == content


def test_a_passphrase_file_that_was_made_anew_is_not_written_with_the_old_key(tmp_path: Path) -> None:
    """Another Workbench did that: what it keeps there must stay readable."""
    path = tmp_path / "keys.json"
    ours = PassphraseStore(path, "open sesame seeds")
    ours.set("dev", KEYS, CTX)
    path.unlink()
    theirs = PassphraseStore(path, "open barley sacks")
    theirs.set("prod", KEYS, CTX)
    with pytest.raises(WorkbenchError) as caught:
        ours.set("dev", KEYS, CTX)
    assert caught.value.aws_code == "WrongPassphrase"
    assert PassphraseStore(path, "open barley sacks").get("prod", CTX) == KEYS


_SETS = """
import sys
from pathlib import Path
from workbench.core.jobs import JobContext
from workbench.profiles.secret_store import PassphraseStore
from workbench.profiles.secret_store import StoredKeys
store = PassphraseStore(Path(sys.argv[1]), "open sesame seeds")
store.get("nobody", JobContext())
print("ready", flush=True)
sys.stdin.readline()
for number in range(10):
    store.set(f"{sys.argv[2]}.{number}", StoredKeys("AKIAX", sys.argv[2]), JobContext())
"""


def test_two_workbenches_that_store_keys_at_once_lose_none(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    PassphraseStore(path, "open sesame seeds").set("first", KEYS, CTX)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _SETS, path, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for name in ("a", "b", "c")
    ]
    writers.start_together(running)
    store = PassphraseStore(path, "open sesame seeds")
    assert store.get("first", CTX) == KEYS
    stored = [store.get(f"{name}.{number}", CTX) for name in "abc" for number in range(10)]
    assert None not in stored


@pytest.mark.usefixtures("real_keyring")
def test_a_keyring_that_is_started_later_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    store = KeyringStore()
    with monkeypatch.context() as before:
        before.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
        assert not store.describe(CTX).usable
    assert store.describe(CTX).usable
    store.set("dev", KEYS, CTX)


@pytest.mark.usefixtures("real_keyring")
def test_a_keyring_that_has_gone_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    store = KeyringStore()
    assert store.describe(CTX).usable
    with monkeypatch.context() as after:
        after.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
        with pytest.raises(WorkbenchError) as caught:
            store.get("dev", CTX)
    assert caught.value.aws_code == "NoKeyring"
