"""What the SDK itself, without anything of ours, finds for a profile. Asked after keys were moved."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

_PATIENCE_S = 30.0
_LOOK_S = 0.05
_ASK = """
import json, sys
from botocore.session import Session
found = Session(profile=sys.argv[1]).get_credentials()
frozen = found and found.get_frozen_credentials()
print(json.dumps([found.method, frozen.access_key] if found else ["", ""]))
"""


@dataclass(frozen=True, slots=True)
class Resolved:
    """botocore's name of the provider that won ("custom-process"), and the key's id. Empty when none did."""

    method: str
    access_key_id: str


def resolve(profile_name: str, environ: Mapping[str, str], ctx: JobContext) -> Resolved:
    """Asks a fresh process: no session, cache or provider of this one can answer in its place.

    Raises:
        WorkbenchError: The SDK found no credentials, or the credential process failed.
        Cancelled: The process was ended.
    """
    clean = {name: value for name, value in environ.items() if not name.startswith("AWS_ACCESS_KEY")}
    asked = subprocess.Popen(
        [sys.executable, "-c", _ASK, profile_name],
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
    method, access_key_id = json.loads(answer)
    return Resolved(method, access_key_id)


def _wait(asked: "subprocess.Popen[str]", ctx: JobContext) -> tuple[str, str]:
    waited_s = 0.0
    while waited_s < _PATIENCE_S:
        try:
            return asked.communicate(timeout=_LOOK_S)
        except subprocess.TimeoutExpired:
            ctx.check()
            waited_s += _LOOK_S
    raise _failed("The SDK found no credentials within 30 s.")


def _reason(complaint: str) -> str:
    """Our own helper's line, which holds no secret; of anything else only the kind."""
    last = complaint.strip().splitlines()[-1] if complaint.strip() else ""
    if "workbench: " in last:
        return last.partition("workbench: ")[2]
    return f"The SDK could not use it: {last.partition(':')[0].rpartition('.')[2] or 'no reason given'}."


def _failed(why: str) -> WorkbenchError:
    return WorkbenchError("The key was not moved.", why, "The files are as they were. Try again.")
