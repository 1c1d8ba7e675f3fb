"""Which credentials the SDK itself, without our code, finds for a profile. Used after keys were moved."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.profiles.credentials_helper import TemporaryKeys
from workbench.profiles.secret_store import StoredKeys

_TIMEOUT_S = 30.0
_CHECK_S = 0.05
_ASK = """
import json, sys
from botocore.session import Session
found = Session(profile=sys.argv[1]).get_credentials()
frozen = found and found.get_frozen_credentials()
print(json.dumps([found.method, frozen.access_key] if found else ["", ""]))
"""


@dataclass(frozen=True, slots=True)
class Resolved:
    """botocore's name of the provider that won ("custom-process"), and the key's id. Empty if none did."""

    method: str
    access_key_id: str


def verify(
    profile_name: str,
    keys: StoredKeys,
    environ: Mapping[str, str],
    temporary: Callable[[], TemporaryKeys | None],
    ctx: JobContext,
) -> None:
    """Verifies that the SDK finds a stored key through its credential process, and no other.

    Args:
        environ: Names the files, and contains our helper's variables.

    Raises:
        WorkbenchError: It finds none, or others.
        Cancelled: Nothing keeps running except a helper, which ends by itself.
    """
    found = resolve(profile_name, environ, ctx)
    expected = keys.access_key_id
    if keys.mode == "session":
        made = temporary()
        expected = made.access_key_id if made else found.access_key_id
    if found.method != "custom-process" or found.access_key_id != expected:
        raise _failed(
            _(
                "With the access key in the keyring, the SDK finds other credentials for "
                "{profile_name}: {method}."
            ).format(profile_name=profile_name, method=found.method or "none"),
            _("Check the Credential Source tab for what takes precedence."),
        )


def resolve(profile_name: str, environ: Mapping[str, str], ctx: JobContext) -> Resolved:
    """Asks a new process, in which no session, cache or provider of this one can answer.

    Raises:
        WorkbenchError: The SDK found no credentials, or the credential process failed.
        Cancelled: The process was ended.
    """
    clean = {name: value for name, value in environ.items() if not name.startswith("AWS_ACCESS_KEY")}
    asked = subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-c",
            _ASK,
            profile_name,
        ],  # -P: no module of the folder that we were started in
        env=clean | {"AWS_EC2_METADATA_DISABLED": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        answer, complaint = _wait(asked, ctx)
    finally:
        asked.kill()
        asked.communicate()
    if asked.returncode:
        raise _failed(_reason(complaint))
    try:
        method, access_key_id = json.loads(answer)
    except ValueError:
        raise _failed(_("The SDK could not be run.")) from None
    return Resolved(method, access_key_id)


def _wait(asked: "subprocess.Popen[str]", ctx: JobContext) -> tuple[str, str]:
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            return asked.communicate(timeout=_CHECK_S)
        except subprocess.TimeoutExpired:
            ctx.check()
    raise _failed(_("The SDK found no credentials within {timeout_s:g} s.").format(timeout_s=_TIMEOUT_S))


def _reason(complaint: str) -> str:
    """Our own helper's line, which contains no secret; of anything else only the kind."""
    last = complaint.strip().splitlines()[-1] if complaint.strip() else ""
    if "workbench: " in last:
        return last.partition("workbench: ")[2]
    return _("The SDK could not use the credentials: {reason}.").format(
        reason=last.partition(":")[0].rpartition(".")[2] or _("no reason given")
    )


def _failed(why: str, remedy: str = "Fix the problem, then try again.") -> WorkbenchError:
    return WorkbenchError(_("The access key was not moved."), why, remedy)
