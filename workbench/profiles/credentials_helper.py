"""`workbench credentials NAME`: hands keys out of the keyring to the AWS CLI and to every SDK.

Owns: the protocol of a credential process, and its exit statuses. Starts for every command of the AWS CLI,
so it loads little, and nothing of botocore while temporary keys are at hand. Never asks: whoever started
it may have nobody to answer. Standard error gets one line, without secrets.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, TextIO

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.paths import Paths
from workbench.profiles.key_account import account_of_key
from workbench.profiles.session_cache import SessionCache, TemporaryKeys, Wanted, cache_dir

if TYPE_CHECKING:
    from workbench.profiles.secret_store import StoredKeys

SESSION_S = 12 * 3600
"""How long temporary keys last. Source: GetSessionToken's default, and 36 hours at most."""
_DEFAULT_REGION = "us-east-1"


class Exit(IntEnum):
    """What the process ends with, so that a script can tell."""

    OK = 0
    USAGE = 2
    NO_KEYRING = 3
    LOCKED = 4
    MISSING = 5
    REFUSED = 6
    NOT_REACHED = 7
    CODE_NEEDED = 8
    TERMINAL = 9


_STORE_EXITS = {
    "NoKeyring": Exit.NO_KEYRING,
    "KeyringLocked": Exit.LOCKED,
    "KeyringTimeout": Exit.LOCKED,
    "PassphraseNeeded": Exit.LOCKED,
}


def main(arguments: Sequence[str]) -> int:
    """Prints the keys of a profile as JSON; returns the exit status.

    Args:
        arguments: The profile's name, alone.
    """
    status, text = _answer(arguments, sys.stdout)
    (sys.stdout if status is Exit.OK else sys.stderr).write(text + "\n")
    sys.stdout.flush()
    return status


def _answer(arguments: Sequence[str], output: TextIO) -> tuple[Exit, str]:
    if len(arguments) != 1:
        return Exit.USAGE, "usage: workbench credentials PROFILE"
    if output.isatty():
        return (
            Exit.TERMINAL,
            "workbench: keys are not shown on a terminal: this is for the AWS CLI and the SDKs",
        )
    name = arguments[0]
    cache = SessionCache(cache_dir(Paths.default()))
    try:
        keys = cache.of_profile(name, datetime.now(UTC))
        return Exit.OK, _printed(keys) if keys else _from_store(name, cache)
    except _Failed as failure:
        return failure.status, f"workbench: {failure}"


class _Failed(Exception):
    """No keys, and why."""

    def __init__(self, status: Exit, text: str) -> None:
        super().__init__(text)
        self.status = status


def _from_store(name: str, cache: SessionCache) -> str:
    from workbench.profiles.stores import lasting_stores

    problem: WorkbenchError | None = None
    for store in lasting_stores(Paths.default()):
        try:
            keys = store.get(name, JobContext())
        except WorkbenchError as error:
            problem = problem or error
            continue
        if keys is None:
            continue
        if keys.mode == "raw":
            return _json(keys.access_key_id, keys.secret_access_key)
        wanted = Wanted(
            keys.access_key_id,
            mfa_serial=keys.mfa_serial,
            duration_s=SESSION_S,
            endpoint_url=keys.endpoint_url,
        )
        temporary = cache.get(wanted, datetime.now(UTC)) or _new_session(name, keys, wanted, cache)
        return _printed(temporary)
    if problem is not None:
        raise _Failed(_STORE_EXITS.get(problem.aws_code, Exit.NO_KEYRING), f"{problem.what} {problem.why}")
    raise _Failed(Exit.MISSING, f"the keyring holds no keys of {name}")


def _new_session(name: str, keys: "StoredKeys", wanted: Wanted, cache: SessionCache) -> TemporaryKeys:
    if keys.mfa_serial:
        raise _Failed(
            Exit.CODE_NEEDED, f"the keys of {name} need a code of {keys.mfa_serial}: sign in with Workbench"
        )
    from workbench.aws.access import Access, StaticKeys
    from workbench.aws.connection import Connection
    from workbench.aws.session import Session

    access = Access(
        None,
        keys.region or _DEFAULT_REGION,
        keys.endpoint_url,
        StaticKeys(keys.access_key_id, keys.secret_access_key),
    )
    connection = Connection(access, Session(access))
    try:
        answer = connection.call(
            "sts", "get_session_token", doing=f"get keys for {name}", DurationSeconds=SESSION_S
        )
    except WorkbenchError as error:
        status = Exit.REFUSED if error.request_id or _is_answer(error) else Exit.NOT_REACHED
        raise _Failed(status, str(error)) from None
    given = answer["Credentials"]
    temporary = TemporaryKeys(
        given["AccessKeyId"],
        given["SecretAccessKey"],
        given["SessionToken"],
        given["Expiration"].astimezone(UTC),
        account_of_key(keys.access_key_id),
    )
    try:
        cache.put(wanted, temporary)
        cache.mark(name, wanted)
    except WorkbenchError:
        pass  # no room for them: the next command asks STS again
    return temporary


def _is_answer(error: WorkbenchError) -> bool:
    """Whether AWS said it: its codes are words, and a failed connection's is an exception's name."""
    return bool(error.aws_code) and not error.aws_code.endswith(("Error", "Timeout"))


def _printed(keys: TemporaryKeys) -> str:
    expires_at = keys.expires_at.isoformat(timespec="seconds")
    return _json(keys.access_key_id, keys.secret_access_key, keys.session_token, expires_at, keys.account_id)


def _json(key_id: str, secret: str, token: str = "", expires_at: str = "", account_id: str = "") -> str:
    values = {
        "AccessKeyId": key_id,
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": expires_at,
        "AccountId": account_id or account_of_key(key_id),
    }
    return json.dumps({"Version": 1} | {name: value for name, value in values.items() if value})
