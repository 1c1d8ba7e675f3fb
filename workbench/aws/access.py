"""An identity and a region for requests to AWS. A value; session.py resolves it."""

import re
from dataclasses import dataclass, field

_ORIGIN = re.compile(r"[a-z]+://(?:[^/@]*@)?(?P<host>\[[^]]*]|[^/:?#]*)(?::\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StaticKeys:
    """Explicit keys. Never printed."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """An identity in a region.

    Attributes:
        profile_name: A profile of the AWS configuration files; None for the keys below, or without keys for
            those of the environment.
        region: "eu-central-1".
        endpoint_url: Replaces AWS's endpoints for every service; if empty, the profile decides (its
            `endpoint_url` or `services` section), then AWS.
        keys: Static keys. With them no configuration file is read.
    """

    profile_name: str | None
    region: str
    endpoint_url: str = ""
    keys: StaticKeys | None = None


def host_of(url: str) -> str:
    """The host of a URL; empty if it has none."""
    # urllib.parse would cost every start 10 ms
    found = _ORIGIN.match(url)
    return found["host"].strip("[]").lower() if found else ""


def origin_of(url: str) -> str:
    """A URL without its path, which may contain private names."""
    found = _ORIGIN.match(url)
    return found[0] if found else ""
