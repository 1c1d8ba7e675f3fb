"""What it takes to reach AWS: which identity, where. A value; resolving it is session.py's work."""

import re
from dataclasses import dataclass, field

_ORIGIN = re.compile(r"[a-z]+://(?:[^/@]*@)?(?P<host>\[[^]]*]|[^/:?#]*)(?::\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StaticKeys:
    """Keys given outright. Never printed."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """One identity in one region.

    Attributes:
        profile_name: A profile of the AWS configuration files, or None: the keys below, and without keys what
            the environment holds.
        region: Such as "eu-central-1".
        endpoint_url: Replaces AWS's endpoints for every service; empty leaves the choice to the profile
            (its `endpoint_url` or `services` section), then to AWS.
        keys: Static keys. With them no configuration file is read.
    """

    profile_name: str | None
    region: str
    endpoint_url: str = ""
    keys: StaticKeys | None = None


def host_of(url: str) -> str:
    """The host of an address, empty when it has none."""
    # urllib.parse would cost every start 10 ms
    found = _ORIGIN.match(url)
    return found["host"].strip("[]").lower() if found else ""


def origin_of(url: str) -> str:
    """An address without its path, which may name what is private."""
    found = _ORIGIN.match(url)
    return found[0] if found else ""
