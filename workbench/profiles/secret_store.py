"""Stores of long-lived keys: the keyring of this computer, or a passphrase file.

A keyring may prompt for a password in its own window and blocks until that is answered, and two calls at once
have lost a value. Therefore calls run one after the other in their own thread, and a caller gives up after a
while. A call cannot be ended: until it returns, every further one fails at once.
"""

import contextlib
import hashlib
import itertools
import json
import os
import queue
import re
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, get_args

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import Paths, explain_os_error, sync_folder, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.profiles.replace import edit_lock

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
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._running = False
        self._given_up = 0

    def run[T](self, call: Callable[[], T], ctx: JobContext) -> T:
        """Runs a call. From any thread but the main one.

        Raises:
            WorkbenchError: The keyring does not answer.
            Cancelled: While waiting. A call that has begun continues; its result is dropped.
            Exception: Whatever the call raised.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._given_up:
                raise _silent()
            self._calls.put((future, call))
            if not self._running:
                self._running = True
                # A call that blocks indefinitely must not keep the program from ending.
                threading.Thread(target=self._work, name="keyring", daemon=True).start()
        deadline = time.monotonic() + self._timeout_s
        try:
            while not wait([future], _CHECK_S).done:
                ctx.check()
                if time.monotonic() >= deadline:
                    raise _silent()
        except BaseException:
            if not future.cancel():  # it has begun
                self._count_given_up(1)
                future.add_done_callback(lambda __: self._count_given_up(-1))
            raise
        return future.result()

    def _count_given_up(self, change: int) -> None:
        with self._lock:
            self._given_up += change

    def _work(self) -> None:
        while True:
            with self._lock:
                if self._calls.empty():
                    self._running = False
                    return
                future, call = self._calls.get()
                if not future.set_running_or_notify_cancel():
                    continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised again where the call was made
                future.set_exception(error)


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


SERVICE = "workbench-aws/"
"""Prefix of a profile's name. Each secret has its own service, because some keyrings store one value for
each."""
_USER = "access-key"

Mode = Literal["session", "raw"]


@dataclass(frozen=True, slots=True)
class StoredKeys:
    """A long-lived access key and how it is provided.

    Attributes:
        secret_access_key: Never printed.
        mode: "session" provides temporary keys from it (GetSessionToken), "raw" the key itself.
        region: The region of STS for temporary keys; determines the partition.
        endpoint_url: Replaces AWS's STS; empty for AWS.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    mode: Mode = "session"
    region: str = ""
    endpoint_url: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """The key itself, in either mode."""
        return self.access_key_id, self.secret_access_key

    def to_text(self) -> str:
        """The stored text: JSON, a few hundred bytes. Windows accepts 2,560.

        Source: CRED_MAX_CREDENTIAL_BLOB_SIZE of Windows' credential manager.
        """
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "StoredKeys":
        """Parses the stored text. Members added by later versions are ignored.

        Raises:
            ValueError: Another program has written something else. The text is not quoted.
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
    """Why the policy forbids storing or providing long-lived keys in a mode; None if it allows it."""
    refused = policy.refusal(Rule.STORED_KEYS, what)
    return refused or (policy.refusal(Rule.RAW_KEYS, what) if mode == "raw" else None)


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Whether a store can be used, and why not.

    Attributes:
        usable: Whether keys are safe there.
        why: Why it is not usable; otherwise empty.
    """

    name: str
    usable: bool
    why: str = ""


class SecretStore(Protocol):
    """Stores keys by a name, usually a profile's. Methods block: not for the main thread.

    Attributes:
        kind: The kind of store, for notes that outlive the program.
    """

    kind: ClassVar[str]

    def describe(self, ctx: JobContext) -> StoreStatus: ...

    def get(self, name: str, ctx: JobContext) -> StoredKeys | None:
        """The keys of a profile; None for none.

        Raises:
            WorkbenchError: The store is locked, unavailable, or does not answer.
        """

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        """Stores the keys, and verifies that by reading them.

        Raises:
            WorkbenchError: As for `get`; or the policy forbids it, or the store lost them at once.
        """

    def delete(self, name: str, ctx: JobContext) -> None:
        """Deletes the keys, if there are any."""


class KeyringStore:
    """The keyring of the system.

    Args:
        may_ask: Whether a locked keyring may prompt for its password in its own window. Otherwise it is an
            error at once, for keyrings whose state can be read: the Secret Service's can.
    """

    kind: ClassVar[str] = "keyring"

    def __init__(
        self, worker: KeyringWorker | None = None, *, may_ask: bool = True, policy: Policy = NO_POLICY
    ) -> None:
        self._worker = worker or KeyringWorker()
        self._policy = policy
        self._may_ask = may_ask

    def describe(self, ctx: JobContext) -> StoreStatus:
        """Also describes why a keyring is not usable, instead of raising."""
        try:
            backend = self._run(usable_keyring, ctx)
        except WorkbenchError as error:
            return StoreStatus("Keyring", usable=False, why=error.why)
        return StoreStatus(str(backend.name), usable=True)

    def get(self, name: str, ctx: JobContext) -> StoredKeys | None:
        text = self._run(lambda: self._find().get_password(SERVICE + name, _USER), ctx)
        if text is None:
            return None
        try:
            return StoredKeys.from_text(str(text))
        except ValueError:
            raise WorkbenchError(
                _("The credentials of {name} could not be read.").format(name=name),
                _("The keyring contains other data under their name."),
                _("Check the entry “{service}{name}” with the keyring's own program.").format(
                    service=SERVICE, name=name
                ),
                aws_code="KeyringDamaged",
            ) from None

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        if refused := refusal_of_keys(self._policy, keys.mode, _("The credentials were not stored.")):
            raise refused
        text = keys.to_text()

        def store() -> Any:
            backend = self._find()
            backend.set_password(SERVICE + name, _USER, text)
            return backend.get_password(SERVICE + name, _USER)  # the null keyring stores nothing

        if self._run(store, ctx) != text:
            raise WorkbenchError(
                _("The keyring did not save the credentials."),
                _("The stored value could not be read back."),
                _("Check whether the keyring works with other programs. The credentials were not moved."),
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


_N, _R, _P = 2**17, 8, 1
_MEMORY = 256 * 1024 * 1024
_SALT_BYTES, _NONCE_BYTES = 16, 12
_CHECK = ""
"""An entry of no profile, which reveals a wrong passphrase."""


MIN_PASSPHRASE_CHARACTERS = 12
"""More than the 8 of NIST SP 800-63B, because the file can be copied and attacked offline."""
_MIN_UNUSUAL_CHARACTERS = 5
_USUAL = (
    "correcthorsebatterystaple", "passphrase", "password", "passwort", "changeme", "letmein", "iloveyou",
    "workbench", "welcome", "sunshine", "princess", "football", "superman", "trustno", "monkey", "dragon",
    "secret", "admin", "lambda", "amazon", "master", "login", "qwertyuiop", "qwertzuiop", "azertyuiop",
    "asdfghjkl", "yxcvbnm", "zxcvbnm", "qwerty", "qwertz", "azerty", "asdf", "qwer", "1q2w3e4r5t", "abc",
    "aws",
)  # fmt: skip
"""Frequent parts of passwords. Source: lists of breached passwords, such as SecLists' 10-million list."""
_AS_LETTERS = str.maketrans("01345@$!", "oieasasi")


def fault_of_passphrase(passphrase: str) -> str:
    """Why a passphrase is too weak for a new file, in one sentence; empty if it is not.

    No rules about kinds of characters: they make passphrases hard to remember, and no harder to guess.
    Source: https://pages.nist.gov/800-63-3/sp800-63b.html#memsecret
    """
    if len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
        return _("It has fewer than {min_passphrase_characters} characters.").format(
            min_passphrase_characters=MIN_PASSPHRASE_CHARACTERS
        )
    lower = passphrase.lower()
    if _is_usual(lower) or _is_usual(lower.translate(_AS_LETTERS)):
        return _("It is a common word, a keyboard pattern or a repetition, which is easy to guess.")
    return ""


def _is_usual(passphrase: str) -> bool:
    rest = re.sub(r"[\W_]+", "", passphrase)
    for usual in _USUAL:
        rest = rest.replace(usual, "")
    unusual = sum(not _follows(*pair) for pair in itertools.pairwise(rest)) + bool(rest)
    return min(unusual, len(set(rest))) < _MIN_UNUSUAL_CHARACTERS


def _follows(one: str, other: str) -> bool:
    """Whether two characters are equal, or neighbours in the alphabet or among the digits."""
    return abs(ord(one) - ord(other)) <= 1


class PassphraseStore:
    """A single file. Locked until `unlock`. Other Workbenches may write it at the same time.

    Args:
        path: The file; created by the first `set`.
        passphrase: Unlocks it when first needed; empty for none.
    """

    kind: ClassVar[str] = "passphrase"

    def __init__(self, path: Path, passphrase: str = "", policy: Policy = NO_POLICY) -> None:
        self.path = path
        self._policy = policy
        self._passphrase = passphrase
        self._salt = b""
        self._key: bytes | None = None
        self._lock = threading.Lock()

    @property
    def passphrase(self) -> str:
        """The passphrase, for our own helper; empty until it was entered."""
        return self._passphrase

    def describe(self, ctx: JobContext) -> StoreStatus:
        why = "" if self._passphrase else _("Its passphrase has not been entered yet.")
        return StoreStatus(_("Passphrase file"), usable=not why, why=why)

    def unlock(self, passphrase: str) -> None:
        """Opens the file, or creates it with this passphrase. Takes 0.3 s. Raises WorkbenchError."""
        with self._lock, self._turn(JobContext()):
            self._open(passphrase, self._read())
            self._passphrase = passphrase

    def get(self, name: str, ctx: JobContext) -> StoredKeys | None:
        with self._lock:
            entries = self._entries()
            if name not in entries:
                return None
            try:
                return StoredKeys.from_text(self._decrypt(name, entries[name]))
            except ValueError:
                raise self._damaged() from None

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        if refused := refusal_of_keys(self._policy, keys.mode, _("The credentials were not stored.")):
            raise refused
        with self._lock, self._turn(ctx):
            entries = self._entries()
            self._write(entries | {name: self._encrypt(name, keys.to_text())})

    def delete(self, name: str, ctx: JobContext) -> None:
        with self._lock, self._turn(ctx):
            entries = self._entries()
            if entries.pop(name, None) is not None:
                self._write(entries)

    def _turn(self, ctx: JobContext) -> contextlib.AbstractContextManager[None]:
        """Locks the file between reading and writing, so that no entry of another Workbench is lost."""
        return edit_lock(self.path.with_suffix(".lock"), (), ctx)

    def _entries(self) -> dict[str, str]:
        """The current content of the file, and its key.

        The file may have been replaced: with another salt, an earlier derived key opens none of it, and what
        it encrypts could never be opened.
        """
        if not self._passphrase:
            raise WorkbenchError(
                _("The passphrase file is locked."),
                _("Its passphrase has not been entered yet."),
                _("Unlock it, then try again."),
                aws_code="PassphraseNeeded",
            )
        stored = self._read()
        if self._key is None or (stored is not None and stored[0] != self._salt):
            return self._open(self._passphrase, stored)
        return stored[1] if stored is not None else {_CHECK: self._encrypt(_CHECK, "")}

    def _open(self, passphrase: str, stored: tuple[bytes, dict[str, str]] | None) -> dict[str, str]:
        self._key = None
        if stored is None:
            if fault := fault_of_passphrase(passphrase):
                raise WorkbenchError(
                    _("The passphrase file was not created."),
                    _("{fault} Anyone who copies the file can try any number of passphrases.").format(
                        fault=fault
                    ),
                    _(
                        "Choose at least {min_passphrase_characters} characters, such as four "
                        "unrelated words."
                    ).format(min_passphrase_characters=MIN_PASSPHRASE_CHARACTERS),
                    aws_code="WeakPassphrase",
                )
            self._salt = os.urandom(_SALT_BYTES)
            self._key = self._derive(passphrase)
            return {_CHECK: self._encrypt(_CHECK, "")}
        self._salt, entries = stored
        if _CHECK not in entries:
            raise self._damaged()
        self._key = self._derive(passphrase)
        try:
            self._decrypt(_CHECK, entries[_CHECK])
        except ValueError:
            self._key, self._passphrase = None, ""
            raise WorkbenchError(
                _("The passphrase file remains locked."),
                _("The passphrase is incorrect."),
                _(
                    "Try again. The file cannot be opened without the passphrase. If it is lost, "
                    "create new access keys in IAM."
                ),
                aws_code="WrongPassphrase",
            ) from None
        return entries

    def _derive(self, passphrase: str) -> bytes:
        return hashlib.scrypt(
            passphrase.encode(), salt=self._salt, n=_N, r=_R, p=_P, maxmem=_MEMORY, dklen=32
        )

    def _encrypt(self, name: str, text: str) -> str:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        assert self._key is not None
        nonce = os.urandom(_NONCE_BYTES)
        return b64encode(nonce + AESGCM(self._key).encrypt(nonce, text.encode(), name.encode())).decode()

    def _decrypt(self, name: str, entry: str) -> str:
        """Raises ValueError for a wrong passphrase or another name's entry."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        assert self._key is not None
        data = b64decode(entry)
        try:
            text = AESGCM(self._key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], name.encode())
        except InvalidTag:
            raise ValueError from None
        return text.decode()

    def _read(self) -> tuple[bytes, dict[str, str]] | None:
        try:
            values = json.loads(self.path.read_bytes())
            salt, entries = b64decode(values["salt"]), dict(values["entries"])
        except FileNotFoundError:
            return None
        except OSError as error:
            raise explain_os_error(error, _("The passphrase file could not be read."), self.path) from error
        except (ValueError, KeyError, TypeError):
            raise self._damaged() from None
        if not all(isinstance(each, str) for pair in entries.items() for each in pair):
            raise self._damaged()
        return salt, entries

    def _write(self, entries: dict[str, str]) -> None:
        values = {"version": 1, "salt": b64encode(self._salt).decode(), "entries": entries}
        write_atomic(self.path, json.dumps(values, indent=1).encode())
        sync_folder(self.path.parent)  # the key leaves AWS's file next: this must survive a power cut

    def _damaged(self) -> WorkbenchError:
        return WorkbenchError(
            _("The passphrase file could not be read."),
            _("{path} is damaged.").format(path=self.path),
            _("Restore it from a backup, or delete it and store the credentials again."),
            aws_code="KeyringDamaged",
        )


PASSPHRASE_VARIABLE = "WORKBENCH_PASSPHRASE"
"""Lets `workbench credentials`, which cannot prompt, open the passphrase file."""
ASK_VARIABLE = "WORKBENCH_MAY_ASK"
"""Set by Workbench for its own helper: the keyring may prompt for its password."""


def stores_of_helper(paths: Paths) -> tuple[SecretStore, ...]:
    """The stores that the helper searches: the keyring, then the passphrase file if it exists."""
    keyring, file = KeyringStore(may_ask=ASK_VARIABLE in os.environ), passphrase_file(paths)
    return (keyring, file) if file.path.exists() else (keyring,)


def helper_environ(file: PassphraseStore) -> dict[str, str]:
    """Additional environment variables of our helper while Workbench's window is open."""
    return {ASK_VARIABLE: "1"} | ({PASSPHRASE_VARIABLE: file.passphrase} if file.passphrase else {})


def passphrase_file(paths: Paths, policy: Policy = NO_POLICY) -> PassphraseStore:
    """The file that replaces a keyring; locked unless the environment contains its passphrase."""
    return PassphraseStore(paths.data_dir / "keys.json", os.environ.get(PASSPHRASE_VARIABLE, ""), policy)
