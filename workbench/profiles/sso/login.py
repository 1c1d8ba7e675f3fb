"""Profiles with `login_session`: a sign-in to AWS's console that `aws login` made.

botocore uses and renews it by itself, with awscrt; making one takes the AWS CLI, version 2.32.0 or later.
They are never read out of it.
Source: https://docs.aws.amazon.com/signin/latest/userguide/command-line-sign-in.html
"""

import hashlib
import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.profiles.caches import moment

_NEEDED = ("refreshToken", "dpopKey", "clientId")


@dataclass(frozen=True, slots=True)
class LoginState:
    """A console sign-in on this computer.

    Attributes:
        login_session: The identity, as the profile names it.
        expires_at: When the present keys expire, UTC; None without a sign-in.
        renews: Whether the keys are renewed without the user. AWS allows that for 12 hours at most; the
            begin is not stored. Source: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html
    """

    login_session: str
    expires_at: datetime | None = None
    renews: bool = False

    def is_usable(self, now: datetime) -> bool:
        """Whether it is worth trying; AWS may still want a new sign-in."""
        return self.expires_at is not None and (self.renews or now < self.expires_at)


def login_folder(environ: Mapping[str, str]) -> Path:
    """Where `aws login` keeps its sign-ins. Source: get_login_token_cache_directory in botocore/utils.py."""
    folder = environ.get("AWS_LOGIN_CACHE_DIRECTORY", "~/.aws/login/cache")
    return Path(os.path.expandvars(folder)).expanduser()


def login_state(login_session: str, environ: Mapping[str, str]) -> LoginState:
    """The state of a sign-in. A damaged file counts as none."""
    name = hashlib.sha256(login_session.encode()).hexdigest()
    try:
        held = json.loads((login_folder(environ) / f"{name}.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        held = None
    if not isinstance(held, dict) or not isinstance(held.get("accessToken"), dict):
        return LoginState(login_session)
    expires_at = moment(held["accessToken"].get("expiresAt"))
    return LoginState(login_session, expires_at, all(held.get(name) for name in _NEEDED))


def login_command(profile_name: str, region: str = "") -> str:
    """The command for signing in. The region is that of AWS's sign-in page."""
    where = f" --region {shlex.quote(region)}" if region else ""
    return f"aws login --profile {shlex.quote(profile_name)}{where}"


def needs_login(profile_name: str, region: str = "") -> WorkbenchError:
    """The error that says how to sign in."""
    return WorkbenchError(
        f"The console sign-in of “{profile_name}” has expired.",
        "Workbench uses the sign-in of the AWS CLI, version 2.32.0 or later.",
        f"Run “{login_command(profile_name, region)}” in a terminal, then try again.",
        action="connection.retry",
    )
