"""Keys in a file that a passphrase opens: for computers without a keyring.

Owns: the file. scrypt makes a key of the passphrase, AES-GCM encrypts each entry with it, bound to its name.
Source of the numbers: RFC 7914 and OWASP's password storage cheat sheet (N=2^17, r=8, p=1: 128 MB, 0.3 s).
"""

import contextlib
import hashlib
import itertools
import json
import os
import re
import threading
from base64 import b64decode, b64encode
from pathlib import Path
from typing import ClassVar

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.policy import NO_POLICY, Policy
from workbench.profiles.edit_lock import edit_lock
from workbench.profiles.replace import sync_folder
from workbench.profiles.secret_store import StoredKeys, StoreStatus, refusal_of_keys

_N, _R, _P = 2**17, 8, 1
_MEMORY = 256 * 1024 * 1024
_SALT_BYTES, _NONCE_BYTES = 16, 12
_CHECK = ""
"""An entry of no profile's name: wrong passphrases are found out by it."""


MIN_PASSPHRASE_CHARACTERS = 12
"""The file can be copied and tried for ever, so this is more than the 8 of NIST SP 800-63B."""
_MIN_UNUSUAL_CHARACTERS = 5
_USUAL = [
    "correcthorsebatterystaple",
    "passphrase",
    "password",
    "passwort",
    "changeme",
    "letmein",
    "iloveyou",
    "workbench",
    "welcome",
    "sunshine",
    "princess",
    "football",
    "superman",
    "trustno",
    "monkey",
    "dragon",
    "secret",
    "admin",
    "lambda",
    "amazon",
    "master",
    "login",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "yxcvbnm",
    "zxcvbnm",
    "qwerty",
    "qwertz",
    "azerty",
    "asdf",
    "qwer",
    "1q2w3e4r5t",
    "abc",
    "aws",
]
"""What guesses begin with. Source: lists of breached passwords, such as SecLists' 10-million list."""
_AS_LETTERS = str.maketrans("01345@$!", "oieasasi")


def fault_of_passphrase(passphrase: str) -> str:
    """Why a new file should not have this passphrase, one sentence; empty when it may.

    No rules about kinds of characters: they make passphrases hard to remember, and no harder to guess.
    Source: https://pages.nist.gov/800-63-3/sp800-63b.html#memsecret
    """
    if len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
        return f"It has fewer than {MIN_PASSPHRASE_CHARACTERS} characters."
    lower = passphrase.lower()
    if _is_usual(lower) or _is_usual(lower.translate(_AS_LETTERS)):
        return "It is a common word, a keyboard pattern or a repetition, which is easy to guess."
    return ""


def _is_usual(passphrase: str) -> bool:
    rest = re.sub(r"[\W_]+", "", passphrase)
    for usual in _USUAL:
        rest = rest.replace(usual, "")
    unusual = sum(not _follows(*pair) for pair in itertools.pairwise(rest)) + bool(rest)
    return min(unusual, len(set(rest))) < _MIN_UNUSUAL_CHARACTERS


def _follows(one: str, other: str) -> bool:
    """Whether two characters are the same, or neighbours in the alphabet or among the digits."""
    return abs(ord(one) - ord(other)) <= 1


class PassphraseStore:
    """One file. Locked until `unlock`. Other Workbenches may write it at the same time.

    Args:
        path: The file; made by the first `set`.
        passphrase: Unlocks it when first needed; empty for none.
        policy: May forbid that keys are stored.
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
        """What opens the file, for our own helper; empty as long as nobody gave it."""
        return self._passphrase

    def describe(self, ctx: JobContext) -> StoreStatus:
        why = "" if self._passphrase else "Its passphrase has not been entered yet."
        return StoreStatus("Passphrase file", usable=not why, lasts=True, why=why)

    def unlock(self, passphrase: str) -> None:
        """Opens the file, or begins one with this passphrase. Takes 0.3 s.

        Raises:
            WorkbenchError: It is not the passphrase, or too weak for a new file; or the file is damaged.
        """
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
        if refused := refusal_of_keys(self._policy, keys.mode, "The credentials were not stored."):
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
        """Between reading and writing no other Workbench writes: its entries would be lost."""
        return edit_lock(self.path.with_suffix(".lock"), (), ctx)

    def _entries(self) -> dict[str, str]:
        """What the file holds now, with the key that opens it.

        The file may be another one than last time: with another salt, what was derived before opens nothing
        of it, and what it encrypts nobody could ever open.
        """
        if not self._passphrase:
            raise WorkbenchError(
                "The passphrase file is locked.",
                "Its passphrase has not been entered yet.",
                "Unlock it, then try again.",
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
                    "The passphrase file was not created.",
                    f"{fault} Anyone who copies the file can try any number of passphrases.",
                    f"Choose at least {MIN_PASSPHRASE_CHARACTERS} characters, such as four unrelated words.",
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
                "The passphrase file remains locked.",
                "The passphrase is incorrect.",
                "Try again. The file cannot be opened without the passphrase. If it is lost, "
                "create new access keys in IAM.",
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
        """Raises ValueError when the passphrase is another one, or the entry of another name."""
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
            raise explain_os_error(error, "The passphrase file could not be read.", self.path) from error
        except (ValueError, KeyError, TypeError):
            raise self._damaged() from None
        if not all(isinstance(each, str) for pair in entries.items() for each in pair):
            raise self._damaged()
        return salt, entries

    def _write(self, entries: dict[str, str]) -> None:
        values = {"version": 1, "salt": b64encode(self._salt).decode(), "entries": entries}
        write_atomic(self.path, json.dumps(values, indent=1).encode())
        sync_folder(self.path.parent)  # the key leaves AWS's file next: this must last through a power cut

    def _damaged(self) -> WorkbenchError:
        return WorkbenchError(
            "The passphrase file could not be read.",
            f"{self.path} is damaged.",
            "Restore it from a backup, or delete it and store the credentials again.",
            aws_code="KeyringDamaged",
        )
