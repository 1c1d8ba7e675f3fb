"""How long profiles take: to list 300 and 100,000, to get a key from our helper, to be edited by many.

Beside botocore, which lists names only (`available_profiles`), in the same rounds.

- list_300_ms: both files read and explained (kind, chain, account, problems), from nothing.
- list_100k_s, stall_max_ms: the same of 100,000 profiles on a worker thread, and the longest time that the
  GUI thread was away from its event loop meanwhile.
- helper_cold_s: `workbench credentials NAME` with keys from a real keyring and a session from STS (the
  Sandbox's); helper_cached_s: the same with temporary keys at hand. From the start of the process to its end.
- edits_kept: of 8 processes x 10 edits of one file at once.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from tests.bench._common import (
    CTX,
    ROOT,
    Arguments,
    Figure,
    interleave,
    place,
    ratio,
    running_sandbox,
    show_stall,
)
from tests.profiles.real_keyring import keyring_bus
from tests.profiles.test_read_many import write
from tests.profiles.writers import edits_kept
from workbench.core.files import Paths
from workbench.profiles.credentials_helper import SessionCache, cache_dir
from workbench.profiles.model import ProfileList
from workbench.profiles.read import read_profiles
from workbench.profiles.secret_store import KeyringStore, StoredKeys

FEW = 300
_SWITCH_INTERVAL_S = 0.0005  # as app.py sets it
_IDLE_MS = 2_000  # for so long the window has nothing to do, for comparison
_NAME = "dev"


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("runs", 7)
    parser.count("profiles", 100_000, smoke=2_000, help="of the large file")
    options = parser.parse()
    with place() as folder:
        os.environ["WORKBENCH_HOME"] = str(folder / "workbench")
        _list_few(folder, options.runs)
        _list_many(folder, options.profiles)
        _helper(folder, options.runs)
        kept = edits_kept(_new(folder / "edits"))
        Figure("profiles", "edits_kept", kept, "", 1, goal=80, at_least=True).show()


def _list_few(folder: Path, runs: int) -> None:
    environ = write(_new(folder / "few") / "config", FEW)
    samples = interleave(
        runs, {"ours": _timed("ours", lambda: read_profiles(environ)), "botocore": _timed_botocore(environ)}
    )
    Figure(
        "profiles",
        "list_300_ms",
        median(samples["ours"]),
        "ms",
        runs,
        60.0,
        "botocore",
        median(samples["botocore"]),
    ).show()
    Figure("profiles", "list_300_vs_botocore", ratio(samples, "ours", "botocore"), "x", runs).show()


def _timed(name: str, run: Callable[[], object]) -> Callable[[], dict[str, float]]:
    def timed() -> dict[str, float]:
        start = time.perf_counter()
        run()
        return {name: (time.perf_counter() - start) * 1000}

    return timed


def _timed_botocore(environ: Mapping[str, str]) -> Callable[[], dict[str, float]]:
    import botocore.session

    def names() -> object:
        return botocore.session.Session().available_profiles

    os.environ |= environ
    return _timed("botocore", names)


def _list_many(folder: Path, profiles: int) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from tests.stall import StallWatch

    environ = write(_new(folder / "many") / "config", profiles)
    application = QApplication.instance() or QApplication([])
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    times: list[float] = []
    kept: list[ProfileList] = []  # as the program does: to free them takes time, too

    def read() -> None:
        start = time.perf_counter()
        kept.append(read_profiles(environ))
        times.append(time.perf_counter() - start)

    thread = threading.Thread(target=read)
    watch = StallWatch(limit_s=60)
    ended = QTimer(interval=5)
    ended.timeout.connect(lambda: thread.is_alive() or application.quit())
    idle = StallWatch(limit_s=60)
    with idle:
        QTimer.singleShot(_IDLE_MS, application.quit)
        application.exec()
    with watch:
        thread.start()
        ended.start()
        application.exec()
    Figure("profiles", "list_100k_s", times[0], "s", 1, 6.0).show()
    show_stall("profiles", [watch.worst_ms], idle.worst_ms)


def _helper(folder: Path, runs: int) -> None:
    if shutil.which("gnome-keyring-daemon") is None:
        print("the helper is not measured: there is no gnome-keyring", file=sys.stderr)
        return
    with running_sandbox(folder / "sandbox") as connection, keyring_bus(_new(folder / "keyring")) as bus:
        os.environ |= bus
        given, url = connection.access.keys, connection.access.endpoint_url
        assert given is not None  # the Sandbox takes no others
        keys = StoredKeys(given.access_key_id, given.secret_access_key, "session", "us-east-1", url)
        KeyringStore().set(_NAME, keys, CTX)
        cache = SessionCache(cache_dir(Paths.default()))

        def cold() -> dict[str, float]:
            cache.forget(_NAME)
            return _run_helper("cold")

        samples = interleave(runs, {"cold": cold, "cached": lambda: _run_helper("cached")})
        Figure("profiles", "helper_cold_s", median(samples["cold"]), "s", runs, 0.5).show()
        Figure("profiles", "helper_cached_s", median(samples["cached"]), "s", runs, 0.2).show()


def _run_helper(name: str) -> dict[str, float]:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "workbench", "credentials", _NAME],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    return {name: time.perf_counter() - start}


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    main()
