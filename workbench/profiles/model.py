"""What a profile is. Values only."""

from dataclasses import dataclass, field
from enum import Enum

from workbench.core.errors import WorkbenchError


class ProfileKind(Enum):
    """Where a profile's credentials come from. The first that applies wins, as in botocore."""

    SANDBOX = "sandbox"
    STATIC = "static"
    ASSUME_ROLE = "assume-role"
    SSO = "sso"
    PROCESS = "process"
    WEB_IDENTITY = "web-identity"
    LOGIN = "login"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Profile:
    """One identity that a person may act as.

    Attributes:
        name: As in the configuration files.
        kind: Where its credentials come from.
        region: Its usual region, may be empty.
        endpoint_url: Where its requests go instead of AWS, empty for AWS.
        access_key_id: Only of the Sandbox; the SDK reads the others' from the files itself.
        secret_access_key: As above.
        problems: What is odd about it, one sentence each, with the file and line where known.
    """

    name: str
    kind: ProfileKind
    region: str = ""
    endpoint_url: str = ""
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileList:
    """What the configuration files hold.

    Attributes:
        profiles: "default" first, the others by name.
        error: Why a file could not be read as the SDK reads it; no profile works until it is mended. The
            profiles that could be made out are listed all the same.
        problems: What belongs to no profile: sections that the SDK ignores silently.
    """

    profiles: tuple[Profile, ...]
    error: WorkbenchError | None = None
    problems: tuple[str, ...] = ()
