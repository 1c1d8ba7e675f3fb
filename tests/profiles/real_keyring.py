"""A session bus with GNOME Keyring on it, unlocked: what a desktop offers, without one."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import secretstorage

__all__ = ["keyring_bus", "real_keyring"]

_NEEDED = ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME")


@pytest.fixture(scope="session")
def _bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    for program in ("dbus-daemon", "gnome-keyring-daemon"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program} (Debian: gnome-keyring, dbus)")
    with keyring_bus(tmp_path_factory.mktemp("keyring-home")) as environ:
        yield environ


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
