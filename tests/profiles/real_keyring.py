"""A session bus with GNOME Keyring on it, unlocked: what a desktop offers, without one."""

import contextlib
import gc
import os
import shutil
import subprocess
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import secretstorage
from jeepney import HeaderFields, MessageType, new_method_return  # type: ignore[import-untyped]
from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]
from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]

__all__ = ["keyring_bus", "real_keyring", "unanswered_keyring"]

_NEEDED = ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME")


@pytest.fixture(scope="session")
def _bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    _need_programs()
    with keyring_bus(tmp_path_factory.mktemp("keyring-home")) as environ:
        yield environ


def _need_programs() -> None:
    for program in ("dbus-daemon", "gnome-keyring-daemon"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program} (Debian: gnome-keyring, dbus)")


@contextlib.contextmanager
def keyring_bus(home: Path) -> Iterator[dict[str, str]]:
    """Runs both programs; gives the variables by which others find them.

    Args:
        home: An empty folder, theirs.
    """
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    environ = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_DATA_HOME": str(home / "share"),
        "XDG_CONFIG_HOME": str(home / "config"),
    }
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert bus.stdout is not None
    environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
    daemon = subprocess.Popen(
        ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert daemon.stdin is not None
    assert daemon.stdout is not None
    daemon.stdin.write("test")  # an empty password would ask for one in a window
    daemon.stdin.close()
    daemon.stdout.readline()  # says where it listens, once it does
    try:
        yield {name: environ[name] for name in _NEEDED}
    finally:
        for process in (daemon, bus):
            process.terminate()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


@pytest.fixture
def real_keyring(_bus: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Puts this test, and the programs that it starts, on that bus, before an empty keyring."""
    for name, value in _bus.items():
        monkeypatch.setenv(name, value)
    yield
    with contextlib.closing(secretstorage.dbus_init()) as connection:
        for item in secretstorage.get_default_collection(connection).get_all_items():
            item.delete()


class SilentPrompter:
    """Stands in for the desktop's window that asks for a keyring's password, and for a person who is away.

    Attributes:
        asked: Set once the keyring wanted a password.
    """

    NAME = "org.gnome.keyring.SystemPrompter"

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._over = threading.Event()
        self._connection = open_dbus_connection(bus="SESSION")
        self._connection.send_and_get_reply(message_bus.RequestName(self.NAME))
        self._thread = threading.Thread(target=self._serve, name="prompter")
        self._thread.start()

    def leave(self) -> None:
        """The question counts as turned down: whoever asked it is gone."""
        self._over.set()
        self._thread.join()
        self._connection.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                message = self._connection.receive(timeout=0.05)
            except TimeoutError:
                continue
            if message.header.message_type is MessageType.method_call:
                if message.header.fields.get(HeaderFields.member) == "BeginPrompting":
                    self.asked.set()
                self._connection.send(new_method_return(message))


@pytest.fixture
def unanswered_keyring(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SilentPrompter]:
    """A locked GNOME Keyring whose question for the password nobody answers."""
    _need_programs()
    with keyring_bus(tmp_path_factory.mktemp("locked-home")) as environ:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        with contextlib.closing(secretstorage.dbus_init()) as connection:
            secretstorage.get_default_collection(connection).lock()
        prompter = SilentPrompter()
        yield prompter
        prompter.leave()
        for thread in [each for each in threading.enumerate() if each.name == "keyring"]:
            thread.join(10)
        with warnings.catch_warnings():
            # The keyring library does not close its connection when its question is turned down.
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
