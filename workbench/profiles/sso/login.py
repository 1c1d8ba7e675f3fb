"""Profiles with `login_session`: a sign-in to AWS's console that `aws login` made.

Owns: whether such a sign-in is there, and what a person does to get one. botocore uses and renews it by
itself, with awscrt; making one takes the AWS CLI, version 2.32.0 or later.
Must not know: the keys in the cache. They are never read out of it.
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
        expires_at: When the present keys end, UTC; None when nobody is signed in.
        renews: Whether new keys come without the person. AWS allows that for 12 hours at most; when they
            began is not written down. Source: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html
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
    """Looks whether somebody is signed in. A damaged file counts as nobody."""
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
    """What a person types into a terminal to sign in. The region is where AWS's sign-in page is."""
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
