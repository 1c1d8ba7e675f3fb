"""Where long-lived keys can be kept instead of in plain text: the system's keyring, or only in memory.

Owns: the form that keys have there. Must not know: which keyrings are good enough (system_keyring.py),
profiles' files.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Literal, Protocol, get_args

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.profiles.keyring_worker import KeyringWorker
from workbench.profiles.system_keyring import explained, locked, usable_keyring, would_ask

SERVICE = "workbench-aws/"
"""With a profile's name behind it: one name a secret, as some keyrings keep one value a service."""
_USER = "access-key"

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
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    mode: Mode = "session"
    region: str = ""
    endpoint_url: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """The key itself, however it is handed out."""
        return self.access_key_id, self.secret_access_key

    def to_text(self) -> str:
        """What is stored: JSON, a few hundred bytes. Windows takes 2,560.

        Source: CRED_MAX_CREDENTIAL_BLOB_SIZE of Windows' credential manager.
        """
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "StoredKeys":
        """Reads it back. What a later version stored besides is left out.

        Raises:
            ValueError: Another program wrote something else there. The text is not quoted.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            keys = cls(**{each.name: values[each.name] for each in fields(cls) if each.name in values})
        except (ValueError, TypeError):
            raise ValueError("not what Workbench stores") from None
        whole = keys.access_key_id and keys.secret_access_key and keys.mode in get_args(Mode)
        if not whole or not all(isinstance(value, str) for value in asdict(keys).values()):
            raise ValueError("not what Workbench stores")
        return keys


def refusal_of_keys(policy: Policy, mode: Mode, what: str) -> WorkbenchError | None:
    """Why a policy does not let long-lived keys be stored, or handed out, in a mode; None when it does."""
    refused = policy.refusal(Rule.STORED_KEYS, what)
    return refused or (policy.refusal(Rule.RAW_KEYS, what) if mode == "raw" else None)


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
    """Keeps keys by a name, usually a profile's. Methods block, so none is for the main thread.

    Attributes:
        kind: Which kind of store it is, for notes that outlive the program.
    """

    kind: ClassVar[str]

    def describe(self, ctx: JobContext) -> StoreStatus: ...

    def get(self, name: str, ctx: JobContext) -> StoredKeys | None:
        """The keys of a profile; None when there are none.

        Raises:
            WorkbenchError: The store is locked, gone, or silent.
        """

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        """Stores the keys, and has looked that they are there.

        Raises:
            WorkbenchError: As `get`; or the policy forbids it, or the store forgot them at once.
        """

    def delete(self, name: str, ctx: JobContext) -> None:
        """Forgets the keys; none being there is no error."""


class MemoryStore:
    """Keeps keys until the program ends. For who has no keyring and wants nothing on disk."""

    kind: ClassVar[str] = "memory"

    def __init__(self) -> None:
        self._keys: dict[str, StoredKeys] = {}

    def describe(self, ctx: JobContext) -> StoreStatus:
        return StoreStatus("Memory", usable=True, lasts=False)

    def get(self, name: str, ctx: JobContext) -> StoredKeys | None:
        return self._keys.get(name)

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        self._keys[name] = keys

    def delete(self, name: str, ctx: JobContext) -> None:
        self._keys.pop(name, None)


class KeyringStore:
    """The keyring of the system.

    Args:
        worker: Makes the calls.
        may_ask: Whether a locked keyring may ask for its password, in a window of its own. Otherwise it is an
            error at once, where the keyring can be asked beforehand: the Secret Service can.
        policy: May forbid that keys are stored.
    """

    kind: ClassVar[str] = "keyring"

    def __init__(
        self, worker: KeyringWorker | None = None, *, may_ask: bool = True, policy: Policy = NO_POLICY
    ) -> None:
        self._worker = worker or KeyringWorker()
        self._policy = policy
        self._may_ask = may_ask

    def describe(self, ctx: JobContext) -> StoreStatus:
        """Also says what is wrong, so it does not raise for a keyring that is not usable."""
        try:
            backend = self._run(usable_keyring, ctx)
        except WorkbenchError as error:
            return StoreStatus("Keyring", usable=False, lasts=True, why=error.why)
        return StoreStatus(str(backend.name), usable=True, lasts=True)

    def get(self, name: str, ctx: JobContext) -> StoredKeys | None:
        text = self._run(lambda: self._find().get_password(SERVICE + name, _USER), ctx)
        if text is None:
            return None
        try:
            return StoredKeys.from_text(str(text))
        except ValueError:
            raise WorkbenchError(
                f"The credentials of {name} could not be read.",
                "The keyring contains other data under their name.",
                f"Check the entry “{SERVICE}{name}” with the keyring's own program.",
                aws_code="KeyringDamaged",
            ) from None

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        if refused := refusal_of_keys(self._policy, keys.mode, "The credentials were not stored."):
            raise refused
        text = keys.to_text()

        def store() -> Any:
            backend = self._find()
            backend.set_password(SERVICE + name, _USER, text)
            return backend.get_password(SERVICE + name, _USER)  # the null keyring takes all and keeps nothing

        if self._run(store, ctx) != text:
            raise WorkbenchError(
                "The keyring did not save the credentials.",
                "The stored value could not be read back.",
                "Check whether the keyring works with other programs. The credentials were not moved.",
                aws_code="KeyringForgets",
            )

    def delete(self, name: str, ctx: JobContext) -> None:
        def delete() -> None:
            backend = self._find()
            if backend.get_password(SERVICE + name, _USER) is not None:
                backend.delete_password(SERVICE + name, _USER)

        self._run(delete, ctx)

    def _find(self) -> Any:
        backend = usable_keyring()
        if not self._may_ask and would_ask(backend):
            raise locked()
        return backend

    def _run(self, call: Callable[[], Any], ctx: JobContext) -> Any:
        try:
            return self._worker.run(call, ctx)
        except (WorkbenchError, Cancelled):
            raise
        except Exception as error:  # noqa: BLE001 - keyrings raise what they like, D-Bus errors included
            raise explained(error) from None
