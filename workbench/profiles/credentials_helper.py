"""`workbench credentials NAME`: hands keys out of the keyring to the AWS CLI and to every SDK.

Starts for every command of the AWS CLI, so it loads little, and nothing of botocore while temporary keys are
at hand. Never asks: whoever started it may have nobody to answer; nor does the keyring, as far as that can be
told (KWallet and macOS ask when they like). Only Workbench's own window lets it ask. Standard error gets one
line, without secrets.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

import contextlib
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC
from enum import IntEnum
from typing import TYPE_CHECKING, TextIO

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.paths import Paths
from workbench.core.policy import Policy, Rule, read_policy
from workbench.profiles.model import account_of_key
from workbench.profiles.session_cache import SessionCache, SessionRequest, TemporaryKeys, cache_dir

if TYPE_CHECKING:
    from workbench.profiles.secret_store import StoredKeys

SESSION_S = 12 * 3600
"""How long temporary keys last. Source: GetSessionToken's default, and 36 hours at most."""
_DEFAULT_REGION = "us-east-1"


class Exit(IntEnum):
    """What the process ends with, so that a script can tell."""

    OK = 0
    FAULT = 1
    USAGE = 2
    NO_KEYRING = 3
    LOCKED = 4
    MISSING = 5
    REFUSED = 6
    NOT_REACHED = 7
    FORBIDDEN = 8
    TERMINAL = 9


REASONS: Mapping[int, tuple[str, str]] = {
    Exit.NO_KEYRING: (
        "This session has no keyring that could hold the credentials.",
        "Start the desktop's keyring, then try again.",
    ),
    Exit.LOCKED: (
        "The keyring or the passphrase file is locked.",
        "Unlock it, then try again.",
    ),
    Exit.MISSING: (
        "The keyring does not contain the credentials of this profile.",
        "Create a new access key in IAM, and add it to the profile.",
    ),
    Exit.REFUSED: (
        "AWS did not issue temporary credentials for it.",
        "Check in IAM whether the access key is still active.",
    ),
    Exit.FORBIDDEN: (
        "Set by your organization: Workbench cannot hand out these credentials on this computer.",
        "Ask the administrator of this computer.",
    ),
    Exit.NOT_REACHED: ("AWS could not be reached.", "Check the network, then try again."),
}
"""What a status means, and what to do about it, for Workbench's own window."""

_STORE_EXITS = {
    "NoKeyring": Exit.NO_KEYRING,
    "KeyringLocked": Exit.LOCKED,
    "KeyringTimeout": Exit.LOCKED,
    "PassphraseNeeded": Exit.LOCKED,
    "WrongPassphrase": Exit.LOCKED,
    "KeyringDamaged": Exit.MISSING,
}


def main(arguments: Sequence[str], clock: Clock | None = None, policy: Policy | None = None) -> int:
    """Prints the keys of a profile as JSON; returns the exit status.

    Args:
        arguments: The name that they are stored under, alone.
        clock: Says which temporary keys have ended.
        policy: May forbid it; that of this computer when None.
    """
    try:
        status, text = _answer(arguments, sys.stdout, clock or SystemClock(), policy or read_policy())
    except Exception as error:  # noqa: BLE001 - a traceback has many lines, and nobody knows what is in them
        status, text = Exit.FAULT, f": an internal error ({type(error).__name__})"
    if status is Exit.OK:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
        return status
    from workbench.core.redaction import redact

    line = " ".join(redact(text).split())  # AWS's words may have several lines, and quote the key's id
    sys.stderr.write(f"{line}\n")
    return status


def wanted_session(keys: "StoredKeys") -> SessionRequest:
    """Under what the temporary keys made of a key are kept."""
    return SessionRequest(keys.access_key_id, duration_s=SESSION_S, endpoint_url=keys.endpoint_url)


def _answer(arguments: Sequence[str], output: TextIO, clock: Clock, policy: Policy) -> tuple[Exit, str]:
    if len(arguments) != 1:
        return Exit.USAGE, "usage: workbench credentials PROFILE"
    if output.isatty():
        return (
            Exit.TERMINAL,
            ": credentials are not printed to a terminal; this command is for the AWS CLI and SDKs",
        )
    name = arguments[0]
    what = f": the credentials of {name} were not handed out."
    if refused := policy.refusal(Rule.STORED_KEYS, what):
        return Exit.FORBIDDEN, str(refused)
    cache = SessionCache(cache_dir(Paths.default()))
    try:
        keys = cache.of_profile(name, clock.now())
        return Exit.OK, _printed(keys) if keys else _from_store(name, cache, clock, policy)
    except _Failed as failure:
        return failure.status, f"workbench: {failure}"


class _Failed(Exception):
    """No keys, and why."""

    def __init__(self, status: Exit, text: str) -> None:
        super().__init__(text)
        self.status = status


def _from_store(name: str, cache: SessionCache, clock: Clock, policy: Policy) -> str:
    from workbench.profiles.secret_store import stores_of_helper

    what = f"the credentials of {name} were not handed out."

    problem: WorkbenchError | None = None
    for store in stores_of_helper(Paths.default()):
        try:
            keys = store.get(name, JobContext())
        except WorkbenchError as error:
            if problem is None or problem.aws_code == "NoKeyring":  # a locked file says more than no keyring
                problem = error
            continue
        if keys is None:
            continue
        if keys.mode == "raw":
            if refused := policy.refusal(Rule.RAW_KEYS, what):
                raise _Failed(Exit.FORBIDDEN, str(refused))
            return _json(keys.access_key_id, keys.secret_access_key)
        wanted = wanted_session(keys)
        temporary = cache.get(wanted, clock.now())
        if temporary is None:
            if keys.endpoint_url and (refused := policy.refusal(Rule.OWN_ENDPOINTS, what)):
                from workbench.profiles.guards import is_aws

                if not is_aws(keys.endpoint_url):
                    raise _Failed(Exit.FORBIDDEN, str(refused))
            temporary = _new_session(name, keys)
        with contextlib.suppress(WorkbenchError):  # no room for them: the next command asks STS again
            cache.sweep(clock.now())
            cache.put(wanted, temporary)
            cache.mark(name, wanted)
        return _printed(temporary)
    if problem is not None:
        raise _Failed(_STORE_EXITS.get(problem.aws_code, Exit.NO_KEYRING), f"{problem.what} {problem.why}")
    raise _Failed(Exit.MISSING, f"the keyring does not contain credentials of {name}")


def _new_session(name: str, keys: "StoredKeys") -> TemporaryKeys:
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
            "sts",
            "get_session_token",
            failure=f"Could not get credentials for {name}.",
            DurationSeconds=SESSION_S,
        )
    except WorkbenchError as error:
        status = Exit.REFUSED if error.request_id or _is_answer(error) else Exit.NOT_REACHED
        raise _Failed(status, str(error)) from None
    given = answer["Credentials"]
    return TemporaryKeys(
        given["AccessKeyId"],
        given["SecretAccessKey"],
        given["SessionToken"],
        given["Expiration"].astimezone(UTC),
        account_of_key(keys.access_key_id),
    )


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
