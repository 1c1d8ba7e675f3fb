"""The secret access keys that this run of the Sandbox accepts.

The parent makes a random secret for each run. The secret of an access key is computed from it, so that any
account of the Sandbox has one and none is stored. The program and the functions have different ones for the
same access key: a function does not learn the program's, and its own goes with its session token, which names
its execution role. Keys that the Sandbox's own STS and IAM gave out count too; those of IAM outlive the run,
as on AWS.
"""

import base64
import hmac
import re
import sys
import time
from typing import Any, NamedTuple

from workbench.sandbox.launcher.signature import Fault, SignatureFault

_DIGEST_BYTES = 32
_KEY_BYTES = 30  # 40 characters, as AWS's
# What IAM and STS give out begins so; these are looked up and not computed.
_ISSUED = re.compile(r"A[KS]IA[A-Z0-9]{12,124}")


class Identity(NamedTuple):
    """Whom a function acts as.

    Attributes:
        function_arn: The function, without a version.
    """

    role_arn: str
    function_arn: str

    @property
    def arn(self) -> str:
        """The session of the role, as STS names it."""
        account_id, name = self.function_arn.split(":")[4], self.role_arn.rpartition("/")[2]
        return f"arn:aws:sts::{account_id}:assumed-role/{name}/{self.function_arn.rpartition(':')[2]}"


def secret_access_key(run_secret: str, access_key_id: str, token: str = "") -> str:
    """Returns the secret that belongs to an access key in this run.

    Args:
        run_secret: The run's, at least 32 characters that nobody can guess.
        access_key_id: An account number, as MiniStack reads it, or any other text.
        token: The session token of a function; empty for the program.
    """
    holder = f"function\n{token}" if token else "program"
    digest = hmac.digest(run_secret.encode(), f"{holder}\n{access_key_id}".encode(), "sha256")
    return base64.b64encode(digest[:_KEY_BYTES]).decode()


class RunKeys:
    """Finds the secrets of an access key."""

    def __init__(self, run_secret: str) -> None:
        self._run_secret = run_secret

    def of_program(self, access_key_id: str) -> str:
        """The secret that the program has for an account."""
        return secret_access_key(self._run_secret, access_key_id)

    def of_function(self, access_key_id: str, token: str) -> str:
        """The secret that a function of this account is given with its session token."""
        return secret_access_key(self._run_secret, access_key_id, token)

    def token_of(self, identity: Identity) -> str:
        """The session token of a function: it names the role."""
        text = "\n".join(identity)
        digest = hmac.digest(self._run_secret.encode(), f"role\n{text}".encode(), "sha256")
        return base64.b64encode(digest + text.encode()).decode()

    def identity_of(self, token: str) -> Identity | None:
        """Returns whom a session token names, None when this run did not make it."""
        try:
            text = base64.b64decode(token)[_DIGEST_BYTES:].decode()
        except ValueError:
            return None
        role_arn, separator, function_arn = text.partition("\n")
        identity = Identity(role_arn, function_arn)
        is_ours = bool(separator) and hmac.compare_digest(self.token_of(identity).encode(), token.encode())
        return identity if is_ours else None

    def secrets_of(self, access_key_id: str, token: str) -> list[str]:
        """Returns the secrets that may have signed a request.

        Raises:
            SignatureFault: IAM and STS never gave out the key, or the session is over.
        """
        if not _ISSUED.fullmatch(access_key_id):
            of_function = token if self.identity_of(token) else ""
            return [secret_access_key(self._run_secret, access_key_id, of_function)]
        session = _session(access_key_id)
        if session is not None:
            if not hmac.compare_digest(str(session.get("SessionToken") or "").encode(), token.encode()):
                raise SignatureFault(Fault.UNKNOWN_KEY)
            if float(session.get("Expiration") or sys.maxsize) < time.time():
                raise SignatureFault(Fault.EXPIRED_TOKEN)
            return [str(session["SecretAccessKey"])]
        from ministack.services import iam

        records = [each for (_, key), each in iam._access_keys.to_dict().items() if key == access_key_id]
        active = [str(each["SecretAccessKey"]) for each in records if each.get("Status") == "Active"]
        if len(active) != 1:
            raise SignatureFault(Fault.UNKNOWN_KEY)
        return active


def _session(access_key_id: str) -> dict[str, Any] | None:
    # Not imported: while nobody has used STS there are no sessions.
    sts = sys.modules.get("ministack.services.sts")
    found: dict[str, Any] | None = sts._sessions.get(access_key_id) if sts else None
    return found
