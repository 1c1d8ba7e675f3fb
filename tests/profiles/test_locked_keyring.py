"""A real keyring that asks for its password, and nobody answers (row K3)."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.profiles.moving import CONFIG, CREDENTIALS, KEYS
from tests.profiles.real_keyring import SilentPrompter
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.credentials_helper import Exit, SessionCache, helper_command
from workbench.profiles.migrate import Migrator
from workbench.profiles.secret_store import ASK_VARIABLE, KeyringStore, KeyringWorker
from workbench.profiles.write import ConfigWriter

PATIENCE_S = 10.0


def cancelled_when(asked: threading.Event) -> tuple[JobContext, Callable[[], float]]:
    """A job that is cancelled once the keyring has asked; and how long ago that was, in seconds."""
    stop, moments = threading.Event(), [0.0]

    def cancel() -> None:
        asked.wait(PATIENCE_S)
        moments[0] = time.monotonic()
        stop.set()

    threading.Thread(target=cancel).start()
    return JobContext(stop=stop), lambda: time.monotonic() - moments[0]


def test_asking_can_be_cancelled_at_once(unanswered_keyring: SilentPrompter) -> None:
    ctx, ago = cancelled_when(unanswered_keyring.asked)
    with pytest.raises(Cancelled):
        KeyringStore().get("dev", ctx)
    assert ago() < PATIENCE_S
    assert unanswered_keyring.asked.is_set()


def test_asking_is_given_up_and_what_follows_does_not_wait_for_it(unanswered_keyring: SilentPrompter) -> None:
    worker = KeyringWorker(timeout_s=0.3)
    store = KeyringStore(worker)
    with pytest.raises(WorkbenchError) as caught:
        store.get("dev", JobContext())
    assert caught.value.aws_code == "KeyringTimeout"
    worker._timeout_s = 60
    before = time.monotonic()
    with pytest.raises(WorkbenchError):
        store.set("dev", KEYS, JobContext())
    assert time.monotonic() - before < 30


def test_a_move_that_is_cancelled_while_it_asks_changes_nothing(
    unanswered_keyring: SilentPrompter, tmp_path: Path
) -> None:
    config, credentials = tmp_path / "config", tmp_path / "credentials"
    config.write_text(CONFIG)
    credentials.write_text(CREDENTIALS)
    files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    ctx, ago = cancelled_when(unanswered_keyring.asked)
    mover = Migrator(
        KeyringStore(),
        ConfigWriter(tmp_path),
        SessionCache(tmp_path / "cache"),
        tmp_path,
        os.environ | files,
        helper_command,
    )
    with pytest.raises(Cancelled):
        mover.migrate("dev", "raw", ctx)
    assert ago() < PATIENCE_S
    assert (config.read_text(), credentials.read_text()) == (CONFIG, CREDENTIALS)


def test_a_keyring_that_may_not_ask_is_locked_at_once(unanswered_keyring: SilentPrompter) -> None:
    with pytest.raises(WorkbenchError) as caught:
        KeyringStore(may_ask=False).get("dev", JobContext())
    assert caught.value.aws_code == "KeyringLocked"
    assert not unanswered_keyring.asked.is_set()


def test_the_helper_asks_nobody_unless_workbench_runs_it(unanswered_keyring: SilentPrompter) -> None:
    command = [sys.executable, "-m", "workbench", "credentials", "dev"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert (done.returncode, done.stdout) == (Exit.LOCKED, "")
    assert done.stderr.count("\n") == 1
    assert not unanswered_keyring.asked.is_set()

    helper = subprocess.Popen(command, env=os.environ | {ASK_VARIABLE: "1"}, stdout=subprocess.DEVNULL)
    try:
        assert unanswered_keyring.asked.wait(PATIENCE_S)
    finally:
        helper.kill()
        helper.wait()
