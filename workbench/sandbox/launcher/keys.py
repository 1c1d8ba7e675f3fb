"""The secret access keys that this run of the Sandbox accepts.

The parent makes a random secret for each run. The secret of an access key is computed from it, so that any
account of the Sandbox has one and none is stored. The program and the functions have different ones for the
same access key: a function does not learn the program's. Keys that the Sandbox's own STS and IAM gave out
count too; those of IAM outlive the run, as on AWS.
"""

import base64
import hmac
import re
import sys
import time
from enum import Enum
from typing import Any

from workbench.sandbox.launcher.signature import Fault, SignatureFault

_DIGEST_BYTES = 32
_KEY_BYTES = 30  # 40 characters, as AWS's
# What IAM and STS give out begins so; these are looked up and not computed.
_ISSUED = re.compile(r"A[KS]IA[A-Z0-9]{12,124}")


class Holder(Enum):
    """Who signs."""

    PROGRAM = "program"
    FUNCTION = "function"


def secret_access_key(run_secret: str, access_key_id: str, holder: Holder = Holder.PROGRAM) -> str:
    """Returns the secret that belongs to an access key in this run.

    Args:
        run_secret: The run's, at least 32 characters that nobody can guess.
        access_key_id: An account number, as MiniStack reads it, or any other text.
        holder: Who is to have it.
    """
    digest = hmac.digest(run_secret.encode(), f"{holder.value}\n{access_key_id}".encode(), "sha256")
    return base64.b64encode(digest[:_KEY_BYTES]).decode()


class RunKeys:
    """Finds the secrets of an access key.

    Args:
        run_secret: As the parent gave it.
    """

    def __init__(self, run_secret: str) -> None:
        self._run_secret = run_secret

    def of_program(self, access_key_id: str) -> str:
        """The secret that the program has for an account."""
        return secret_access_key(self._run_secret, access_key_id)

    def of_functions(self, access_key_id: str) -> str:
        """The secret that a function of this account is given."""
        return secret_access_key(self._run_secret, access_key_id, Holder.FUNCTION)

    def role_token(self, role_arn: str) -> str:
        """The session token of a function with this execution role: it names the role."""
        digest = hmac.digest(self._run_secret.encode(), f"role\n{role_arn}".encode(), "sha256")
        return base64.b64encode(digest + role_arn.encode()).decode()

    def role_of(self, token: str) -> str:
        """Returns the role that a session token names, '' when this run did not make it."""
        try:
            role_arn = base64.b64decode(token)[_DIGEST_BYTES:].decode()
        except ValueError:
            return ""
        return role_arn if role_arn and hmac.compare_digest(self.role_token(role_arn), token) else ""

    def secrets_of(self, access_key_id: str, token: str) -> list[str]:
        """Returns the secrets that may have signed a request.

        Args:
            access_key_id: As the request says.
            token: The session token that came with it, '' for none.

        Raises:
            SignatureFault: IAM and STS never gave out the key, or the session is over.
        """
        if not _ISSUED.fullmatch(access_key_id):
            return [secret_access_key(self._run_secret, access_key_id, holder) for holder in Holder]
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
