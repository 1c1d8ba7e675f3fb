"""What the SDK finds is asked of the SDK alone, and only the stored key will do."""

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.profiles.moving import CTX, KEY_ID, KEYS, SECRET, Desk
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.credentials_helper import TemporaryKeys
from workbench.profiles.migrate import Resolved, resolve, verify
from workbench.profiles.secret_store import StoredKeys

IN_SESSION = StoredKeys(KEY_ID, SECRET, "session")
MADE = TemporaryKeys("ASIAMADE", "s", "t", datetime.now(UTC) + timedelta(hours=1))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(f"[profile dev]\ncredential_process = {desk.command('dev')}\n", "")
    return desk


def test_the_sdk_tells_provider_and_key(desk: Desk) -> None:
    assert resolve("dev", desk.environ, CTX) == Resolved("custom-process", KEY_ID)


@pytest.mark.parametrize(
    ("keys", "made", "handed_out", "fine"),
    [
        (KEYS, None, KEY_ID, True),
        (KEYS, None, "AKIAOTHER", False),
        (IN_SESSION, MADE, "ASIAMADE", True),
        (IN_SESSION, MADE, "ASIAOTHER", False),  # another store's key, under the same name
        (IN_SESSION, None, "ASIAANY", True),  # there was no room to keep them: nobody can tell
    ],
)
def test_only_the_stored_key_will_do(
    desk: Desk, keys: StoredKeys, made: TemporaryKeys | None, handed_out: str, *, fine: bool
) -> None:
    desk.hands_out(StoredKeys(handed_out, "s"))
    if fine:
        verify("dev", keys, desk.environ, lambda: made, CTX)
    else:
        with pytest.raises(WorkbenchError, match="finds other credentials"):
            verify("dev", keys, desk.environ, lambda: made, CTX)


def test_keys_elsewhere_in_the_environment_do_not_answer(desk: Desk) -> None:
    foreign = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_PROFILE": "ghost"}
    assert resolve("dev", desk.environ | foreign, CTX).access_key_id == KEY_ID


def test_what_a_helper_says_is_not_passed_on_unless_it_is_ours(desk: Desk) -> None:
    desk.program.write_text(f"#!/bin/sh\necho {SECRET} >&2; exit 1\n")
    with pytest.raises(WorkbenchError) as caught:
        resolve("dev", desk.environ, CTX)
    assert SECRET not in str(caught.value)
    assert "CredentialRetrievalError" in caught.value.why
    desk.program.write_text("#!/bin/sh\necho 'workbench: the keyring is locked' >&2; exit 4\n")
    with pytest.raises(WorkbenchError, match="the keyring is locked"):
        resolve("dev", desk.environ, CTX)


def test_modules_in_the_folder_that_we_were_started_in_are_not_run(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('run')")
    monkeypatch.chdir(tmp_path)
    assert resolve("dev", desk.environ, CTX).access_key_id == KEY_ID


def test_an_answer_that_is_none_is_said(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('welcome')")
    with pytest.raises(WorkbenchError, match="could not be run"):
        resolve("dev", desk.environ | {"PYTHONPATH": str(tmp_path)}, CTX)


def test_cancel_ends_the_asking(desk: Desk, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    desk.program.write_text(f"#!/bin/sh\nread -r line < {pipe}\n")
    stop = threading.Event()

    def cancel() -> None:
        with pipe.open("w") as end:  # open once the helper runs, and lets it end afterwards
            stop.set()
            asking.wait(10)
            end.write("\n")

    asking = threading.Event()
    helper = threading.Thread(target=cancel)
    helper.start()
    with pytest.raises(Cancelled):
        resolve("dev", desk.environ, JobContext(stop=stop))
    asking.set()
    helper.join()
