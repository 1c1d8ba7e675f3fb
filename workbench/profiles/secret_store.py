"""Where long-lived keys can be kept instead of in plain text: the system's keyring, or only in memory.

Owns: which keyrings are good enough, and the form that keys have in them. Must not know: profiles' files.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Protocol

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.keyring_worker import KeyringWorker

SERVICE = "workbench-aws/"
"""With a profile's name behind it: one name a secret, as some keyrings keep one value a service."""
_USER = "access-key"
_TRUSTED = ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
"""Modules of keyring.backends that encrypt. Others (plain text files, the null keyring) are refused."""

Mode = Literal["session", "raw"]


@dataclass(frozen=True, slots=True)
class StoredKeys:
    """A long-lived access key and how it is handed out.

    Attributes:
        access_key_id: "AKIA…".
        secret_access_key: Never printed.
        mode: "session" hands out temporary keys made of it (GetSessionToken); "raw" the key itself.
        region: Whose STS makes the temporary keys; decides the partition.
        endpoint_url: Replaces AWS's STS, empty for AWS.
        mfa_serial: The device whose code the temporary keys need, empty for none.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    mode: Mode = "session"
    region: str = ""
    endpoint_url: str = ""
    mfa_serial: str = ""

    def to_text(self) -> str:
        """What is stored: JSON, a few hundred bytes. Windows takes 2,560.

        Source: CRED_MAX_CREDENTIAL_BLOB_SIZE of Windows' credential manager.
        """
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "StoredKeys":
        """Reads it back.

        Raises:
            ValueError: Another program wrote something else there. The text is not quoted.
        """
        try:
            values = json.loads(text)
            return cls(**values)
        except (ValueError, TypeError):
            raise ValueError("not what Workbench stores") from None


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Whether a store can be used, in words.

    Attributes:
        name: Such as "Secret Service".
        usable: Whether keys are safe there.
        lasts: Whether they are still there after the program ends.
        why: Why it is not usable, empty otherwise.
    """

    name: str
    usable: bool
    lasts: bool
    why: str = ""


class SecretStore(Protocol):
    """Keeps keys by the profile's name. Methods block, so none is for the main thread."""

    def describe(self, ctx: JobContext) -> StoreStatus: ...

    def get(self, name: str, ctx: JobContext) -> StoredKeys | None:
        """The keys of a profile; None when there are none.

        Raises:
            WorkbenchError: The store is locked, gone, or silent.
        """

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        """Stores the keys, and has looked that they are there.

        Raises:
            WorkbenchError: As `get`; or the store forgot them at once.
        """

    def delete(self, name: str, ctx: JobContext) -> None:
        """Forgets the keys; none being there is no error."""


class MemoryStore:
    """Keeps keys until the program ends. For who has no keyring and wants nothing on disk."""

    def __init__(self) -> None:
        self._keys: dict[str, StoredKeys] = {}

    def describe(self, ctx: JobContext) -> StoreStatus:
        return StoreStatus("Memory", usable=True, lasts=False)

    def get(self, name: str, ctx: JobContext) -> StoredKeys | None:
        return self._keys.get(name)

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        self._keys[name] = replace(keys)

    def delete(self, name: str, ctx: JobContext) -> None:
        self._keys.pop(name, None)


class KeyringStore:
    """The keyring of the system.

    Args:
        worker: Makes the calls.
    """

    def __init__(self, worker: KeyringWorker | None = None) -> None:
        self._worker = worker or KeyringWorker()

    def describe(self, ctx: JobContext) -> StoreStatus:
        """Also says what is wrong, so it does not raise for a keyring that is not usable."""
        try:
            backend = self._run(_find, ctx)
        except WorkbenchError as error:
            return StoreStatus("Keyring", usable=False, lasts=True, why=error.why)
        return StoreStatus(str(backend.name), usable=True, lasts=True)

    def get(self, name: str, ctx: JobContext) -> StoredKeys | None:
        text = self._run(lambda: _find().get_password(SERVICE + name, _USER), ctx)
        if text is None:
            return None
        try:
            return StoredKeys.from_text(str(text))
        except ValueError:
            raise WorkbenchError(
                f"The keys of {name} could not be read.",
                "Another program has stored something else under their name in the keyring.",
                f"Delete the entry “{SERVICE}{name}” in the keyring's own program, and store the keys again.",
                aws_code="KeyringDamaged",
            ) from None

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        text = keys.to_text()

        def store() -> Any:
            backend = _find()
            backend.set_password(SERVICE + name, _USER, text)
            return backend.get_password(SERVICE + name, _USER)  # the null keyring takes all and keeps nothing

        if self._run(store, ctx) != text:
            raise WorkbenchError(
                "The keyring did not keep the keys.",
                "What was stored could not be read back.",
                "Look whether the keyring works with other programs. The keys are where they were.",
                aws_code="KeyringForgets",
            )

    def delete(self, name: str, ctx: JobContext) -> None:
        def delete() -> None:
            backend = _find()
            if backend.get_password(SERVICE + name, _USER) is not None:
                backend.delete_password(SERVICE + name, _USER)

        self._run(delete, ctx)

    def _run(self, call: Any, ctx: JobContext) -> Any:
        try:
            return self._worker.run(call, ctx)
        except (WorkbenchError, Cancelled):
            raise
        except Exception as error:  # noqa: BLE001 - keyrings raise what they like, D-Bus errors included
            raise _explained(error) from None


def _find() -> Any:
    """The keyring that is good enough. On the worker's thread: asking for it talks to other programs.

    Raises:
        WorkbenchError: There is none.
    """
    import keyring
    from keyring.backends.chainer import ChainerBackend

    try:
        found = keyring.get_keyring()
        candidates = list(found.backends) if isinstance(found, ChainerBackend) else [found]
    except RuntimeError:  # the session bus has gone since it was first asked
        candidates = []
    for candidate in candidates:
        if _is_trusted(candidate):
            return candidate
    names = ", ".join(str(each.name) for each in candidates) or "none"
    raise WorkbenchError(
        "There is no keyring to keep keys in.",
        f"This session offers no keyring that encrypts (found: {names}).",
        "Start the desktop's keyring (GNOME Keyring, KWallet), or use a passphrase instead.",
        aws_code="NoKeyring",
    )


def _is_trusted(backend: Any) -> bool:
    """Whether it encrypts, and works here. Below 1 a keyring says of itself that it should not be used."""
    kind = type(backend)
    package, _, module = kind.__module__.rpartition(".")
    return package == "keyring.backends" and module in _TRUSTED and float(kind.priority) >= 1


def _explained(error: Exception) -> WorkbenchError:
    """The error in words. Its own text is left out: nobody knows what a keyring quotes."""
    from keyring import errors

    if isinstance(error, errors.KeyringLocked):
        return WorkbenchError(
            "The keyring is locked.",
            "It was not unlocked, or its question was turned down.",
            "Unlock it, then try again.",
            aws_code="KeyringLocked",
        )
    return WorkbenchError(
        "The keyring did not do it.",
        f"It answered with {type(error).__name__}.",
        "Look whether the keyring works with other programs, then try again.",
        aws_code="KeyringError",
    )
