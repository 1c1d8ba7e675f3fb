"""Keyrings for tests: one per behaviour that a real one has shown."""

import contextlib
from collections.abc import Iterator
from typing import ClassVar

import keyring.core
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordSetError

from workbench.core.jobs import JobContext
from workbench.profiles.secret_store import StoredKeys, StoreStatus

WINDOWS_LIMIT_BYTES = 2560


class Vault(KeyringBackend):
    """Keeps everything. Its module's name is that of a trusted one only inside `in_use`."""

    priority = 5
    name = "Vault"

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has no types there
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


class Forgetful(Vault):
    """Takes everything and keeps nothing, as the null keyring does."""

    def get_password(self, service: str, username: str) -> str | None:
        return None


class Locked(Vault):
    """Its question was turned down."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("the person said no to AKIAIOSFODNN7EXAMPLE")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(f"could not store {password}")


class Small(Vault):
    """Takes as much as Windows takes."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password.encode("utf-16-le")) > WINDOWS_LIMIT_BYTES:
            raise PasswordSetError(f"too long: {password}")
        super().set_password(service, username, password)


# Whoever looks for a keyring must not find these: they are there inside `in_use` only.
KeyringBackend._classes -= {Vault, Forgetful, Locked, Small}


@contextlib.contextmanager
def in_use(backend: KeyringBackend, *, module: str = "keyring.backends.SecretService") -> Iterator[None]:
    """Makes it the system's keyring; `module` is where it claims to come from."""
    kind = type(backend)
    claimed = kind.__module__
    kind.__module__ = module
    keyring.set_keyring(backend)
    try:
        yield
    finally:
        keyring.core._keyring_backend = None
        kind.__module__ = claimed


class MemoryStore:
    """A store that keeps keys until the test ends."""

    kind: ClassVar[str] = "memory"

    def __init__(self) -> None:
        self._keys: dict[str, StoredKeys] = {}

    def describe(self, ctx: JobContext) -> StoreStatus:
        return StoreStatus("Keyring", usable=True)

    def get(self, name: str, ctx: JobContext) -> StoredKeys | None:
        return self._keys.get(name)

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        self._keys[name] = keys

    def delete(self, name: str, ctx: JobContext) -> None:
        self._keys.pop(name, None)
