"""When the state is saved: a second after a change, every minute, and at the end.

Owns: the thread and its timing. Must not know: what a state looks like.
A service whose state takes long to write is saved more seldom, so that saving takes a twentieth of one
processor at most and a SIGKILL loses at most a minute.

WORKAROUND row 2: remove when MiniStack saves while it runs.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from workbench.sandbox.launcher.state_files import StateFiles

_AFTER_CHANGE_S = 1.0
_AT_LEAST_EVERY_S = 60.0
_IDLE_SHARE = 20


class Autosaver:
    """Saves in a thread of its own."""

    def __init__(self, files: StateFiles) -> None:
        self._files = files
        self._changed = threading.Event()
        self._is_stopped = threading.Event()
        self._saving = threading.Lock()
        self._cost_s: dict[str, float] = {}
        self._due: dict[str, float] = {}

    def start(self) -> None:
        threading.Thread(target=self._run, name="autosave", daemon=True).start()

    def touch(self) -> None:
        """Says that something changed. Cheap, from any thread."""
        self._changed.set()

    def save_all(self) -> None:
        """Saves everything now, the quickest first, and nothing afterwards."""
        self._is_stopped.set()
        with self._saving:
            services = self._files.services()
            for name in sorted(services, key=lambda name: self._cost_s.get(name, 0)):
                self._save(name, services[name])

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            self._changed.wait(_AT_LEAST_EVERY_S)
            if self._is_stopped.wait(_AFTER_CHANGE_S):
                return
            self._changed.clear()
            with self._saving:
                self._save_due()

    def _save_due(self) -> None:
        now = time.monotonic()
        for name, get_state in self._files.services().items():
            if self._is_stopped.is_set():
                return
            if now < self._due.get(name, 0):
                self._changed.set()  # Its turn comes.
                continue
            self._save(name, get_state)

    def _save(self, name: str, get_state: Callable[[], Any]) -> None:
        started = time.monotonic()
        try:
            self._files.save(name, get_state)
        except OSError as error:
            sys.stderr.write(f"save-failed: {name}.json: {error.strerror or error}\n")
            self._changed.set()
        except Exception as error:  # noqa: BLE001 - one odd state must not keep the others from being saved.
            sys.stderr.write(f"save-failed: {name}.json: {type(error).__name__}: {error}\n")
        ended = time.monotonic()
        self._cost_s[name] = ended - started
        self._due[name] = ended + min((ended - started) * _IDLE_SHARE, _AT_LEAST_EVERY_S)
