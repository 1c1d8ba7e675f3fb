"""The keyring of this computer: which of those that are there is good enough, and what its errors mean.

Owns: that keys go only where they are encrypted. All of it talks to other programs, so it is for the thread
of keyring_worker.py only. Must not know: what is kept.
"""

import contextlib
from typing import Any

from workbench.core.errors import WorkbenchError

_TRUSTED = ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
"""Modules of keyring.backends that encrypt. Others (plain text files, the null keyring) are refused."""
_SECRET_SERVICE = ("SecretService", "libsecret")


def usable_keyring() -> Any:
    """The keyring that is good enough.

    Raises:
        WorkbenchError: There is none.
    """
    from keyring import core
    from keyring.backend import get_all_keyring
    from keyring.backends import fail

    candidates = _candidates()
    if isinstance(candidates[0], fail.Keyring):
        # It keeps what it found first; one may have been started since.
        with contextlib.suppress(KeyError):  # it was told which one to take, and has looked for none
            get_all_keyring.reset()
        core.init_backend()
        candidates = _candidates()
    for candidate in candidates:
        if _is_trusted(candidate):
            return candidate
    names = ", ".join(str(each.name) for each in candidates)
    raise WorkbenchError(
        "No keyring is available to store credentials.",
        f"This session has no encrypted keyring (found: {names}).",
        "Start the desktop's keyring (GNOME Keyring, KWallet), or use a passphrase instead.",
        aws_code="NoKeyring",
    )


def _candidates() -> list[Any]:
    """What the keyring library offers, one at least; several are in a chain."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    found = keyring.get_keyring()
    with contextlib.suppress(RuntimeError, OSError):  # the session bus has gone since it was first asked
        if isinstance(found, ChainerBackend):
            return list(found.backends) or [found]
    return [found]


def _is_trusted(backend: Any) -> bool:
    """Whether it encrypts, and works here. Below 1 a keyring says of itself that it should not be used."""
    try:
        return _module(backend) in _TRUSTED and float(type(backend).priority) >= 1
    except (RuntimeError, OSError):  # it cannot be reached any more
        return False


def _module(backend: Any) -> str:
    """Its module in keyring.backends, empty for one from elsewhere."""
    package, _, module = type(backend).__module__.rpartition(".")
    return module if package == "keyring.backends" else ""


def would_ask(backend: Any) -> bool:
    """Whether using it would ask for a password now."""
    if _module(backend) not in _SECRET_SERVICE:
        return False
    import secretstorage

    with contextlib.closing(secretstorage.dbus_init()) as connection:
        try:
            return secretstorage.Collection(connection).is_locked()
        except secretstorage.ItemNotFoundException:
            return True  # there is no collection yet: making one asks for its password


def locked() -> WorkbenchError:
    """What is said when the keyring's password is missing."""
    return WorkbenchError(
        "The keyring is locked.",
        "It was not unlocked, or the request was denied.",
        "Unlock it, then try again.",
        aws_code="KeyringLocked",
    )


def explained(error: Exception) -> WorkbenchError:
    """The error in words. Its own text is left out: nobody knows what a keyring quotes."""
    from keyring import errors

    if isinstance(error, errors.KeyringLocked):
        return locked()
    return WorkbenchError(
        "The keyring could not complete the request.",
        f"Its error was {type(error).__name__}.",
        "Check whether the keyring works with other programs, then try again.",
        aws_code="KeyringError",
    )
