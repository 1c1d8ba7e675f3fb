"""The keyring of this computer: which backend is secure enough, and one thread for all calls to it.

A keyring may prompt for a password in its own window and blocks until that is answered, and two calls at once
have lost a value. Therefore calls run one after the other in their own thread, and a caller gives up after a
while. A call cannot be ended: until it returns, every further one fails at once.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _

TIMEOUT_S = 10.0
_CHECK_S = 0.02


class KeyringWorker:
    """Runs calls one after the other. The first call starts its thread, which ends with the last.

    Args:
        timeout_s: Maximum duration of a call, including the wait for its turn.
    """

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._calls: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        self._running = False
        self._given_up = 0

    def run[T](self, call: Callable[[], T], ctx: JobContext) -> T:
        """Runs a call. From any thread but the main one.

        Raises:
            WorkbenchError: The keyring does not answer.
            Cancelled: While waiting. A call that has begun continues; its result is dropped.
            Exception: Whatever the call raised.
        """
        result: list[T] = []
        waiting = _Call(lambda: result.append(call()))
        with self._lock:
            if self._given_up:
                raise _silent()
            self._calls.put(waiting)
            if not self._running:
                self._running = True
                # A call that blocks indefinitely must not keep the program from ending.
                threading.Thread(target=self._work, name="keyring", daemon=True).start()
        try:
            waiting.wait(self._timeout_s, ctx)
        except BaseException:
            self._give_up(waiting)
            raise
        if waiting.error is not None:
            raise waiting.error
        return result[0]

    def _give_up(self, call: "_Call") -> None:
        with self._lock:
            if call.begun and not call.ended.is_set():
                self._given_up += 1
                call.is_given_up = True
            else:
                call.is_dropped = True

    def _work(self) -> None:
        while True:
            with self._lock:
                if self._calls.empty():
                    self._running = False
                    return
                call = self._calls.get()
                if call.is_dropped:
                    continue
                call.begun = True
            call.make()
            with self._lock:
                call.ended.set()
                if call.is_given_up:
                    self._given_up -= 1


class _Call:
    """A call that waits, runs, or has ended."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self.begun = self.is_dropped = self.is_given_up = False
        self.ended = threading.Event()
        self.error: BaseException | None = None

    def make(self) -> None:
        try:
            self._make()
        except BaseException as error:  # noqa: BLE001 - raised again where the call was made
            self.error = error

    def wait(self, timeout_s: float, ctx: JobContext) -> None:
        deadline = time.monotonic() + timeout_s
        while not self.ended.wait(_CHECK_S):
            ctx.check()
            if time.monotonic() >= deadline:
                raise _silent()


def _silent() -> WorkbenchError:
    return WorkbenchError(
        _("The keyring is not responding."),
        _("It might be waiting for its password in another window."),
        _("Unlock it, then try again."),
        aws_code="KeyringTimeout",
    )


_TRUSTED = ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
"""Modules of keyring.backends that encrypt. Others (plain text files, the null keyring) are refused."""
_SECRET_SERVICE = ("SecretService", "libsecret")


def usable_keyring() -> Any:
    """The keyring to use. Raises WorkbenchError."""
    from keyring import core
    from keyring.backend import get_all_keyring
    from keyring.backends import fail

    candidates = _candidates()
    if isinstance(candidates[0], fail.Keyring):
        # The library caches what it found first; a keyring may have been started since.
        with contextlib.suppress(KeyError):  # it was configured, so nothing is cached
            get_all_keyring.reset()
        core.init_backend()
        candidates = _candidates()
    for candidate in candidates:
        if _is_trusted(candidate):
            return candidate
    names = ", ".join(str(each.name) for each in candidates)
    raise WorkbenchError(
        _("No keyring is available to store credentials."),
        _("This session has no encrypted keyring (found: {names}).").format(names=names),
        _("Start the desktop's keyring (GNOME Keyring, KWallet), or use a passphrase instead."),
        aws_code="NoKeyring",
    )


def _candidates() -> list[Any]:
    """The backends of the keyring library, at least one; several are in a chain."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    found = keyring.get_keyring()
    with contextlib.suppress(RuntimeError, OSError):  # the session bus has ended since it was first used
        if isinstance(found, ChainerBackend):
            return list(found.backends) or [found]
    return [found]


def _is_trusted(backend: Any) -> bool:
    """Whether it encrypts and works here. A priority below 1 means that it should not be used."""
    try:
        return _module(backend) in _TRUSTED and float(type(backend).priority) >= 1
    except (RuntimeError, OSError):  # it can no longer be reached
        return False


def _module(backend: Any) -> str:
    """Its module in keyring.backends; empty for another package's."""
    package, __, module = type(backend).__module__.rpartition(".")
    return module if package == "keyring.backends" else ""


def would_ask(backend: Any) -> bool:
    """Whether using it would now prompt for a password."""
    if _module(backend) not in _SECRET_SERVICE:
        return False
    import secretstorage

    with contextlib.closing(secretstorage.dbus_init()) as connection:
        try:
            return secretstorage.Collection(connection).is_locked()
        except secretstorage.ItemNotFoundException:
            return True  # there is no collection yet: creating one prompts for its password


def locked() -> WorkbenchError:
    """The error for a locked keyring."""
    return WorkbenchError(
        _("The keyring is locked."),
        _("It was not unlocked, or the request was denied."),
        _("Unlock it, then try again."),
        aws_code="KeyringLocked",
    )


def explained(error: Exception) -> WorkbenchError:
    """Translates an error. Its own text is left out, because it may contain a secret."""
    from keyring import errors

    if isinstance(error, errors.KeyringLocked):
        return locked()
    return WorkbenchError(
        _("The keyring could not complete the request."),
        _("Its error was {name}.").format(name=type(error).__name__),
        _("Check whether the keyring works with other programs, then try again."),
        aws_code="KeyringError",
    )
