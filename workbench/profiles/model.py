"""What a profile is. Values only."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path

from workbench.core.errors import WorkbenchError


class ProfileKind(Enum):
    """Where a profile's credentials come from. The first that applies wins, as in botocore."""

    SANDBOX = "sandbox"
    STATIC = "static"
    TEMPORARY = "temporary"
    ASSUME_ROLE = "assume-role"
    SSO = "sso"
    PROCESS = "process"
    WEB_IDENTITY = "web-identity"
    LOGIN = "login"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something odd that the SDK takes silently and that a person would want to know.

    Attributes:
        text: One sentence.
        path: The file it is in, where one is to blame.
        line: The line in that file, from 1; 0 when it is not one line's fault.
        fix: Id of the repair that `fixes.fix_for` knows, empty when only a person can tell.
    """

    text: str
    path: Path | None = None
    line: int = 0
    fix: str = ""

    def __str__(self) -> str:
        if self.path is None:
            return self.text
        return f"{self.path}, line {self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"


@dataclass(frozen=True, slots=True)
class Hop:
    """One link between a profile and whoever has a key: a role that is taken, and the source at the end.

    Attributes:
        profile_name: The profile that this link is written in; empty for a source outside the files.
        kind: How this link gets credentials.
        role_arn: The role that is taken, empty at the end of the chain.
        source: The end of the chain in words AWS uses ("Ec2InstanceMetadata"), empty elsewhere.
        account_id: Whose account that is, as far as the files tell.
        mfa_serial: The device whose code taking the role needs, empty for none.
        problem: Why the chain ends here without credentials ("does not exist", "loop"), empty if it works.
    """

    profile_name: str
    kind: ProfileKind
    role_arn: str = ""
    source: str = ""
    account_id: str = ""
    mfa_serial: str = ""
    problem: str = ""


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
        problems: What is odd about it.
        chain: From the profile itself to whoever has a key; one hop when no role is taken.
        account_id: The account as far as the files tell (role, SSO account, decoded from a key id).
        expires_at: When what the files and caches hold ends, UTC; None when unknown or never.
    """

    name: str
    kind: ProfileKind
    region: str = ""
    endpoint_url: str = ""
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    problems: tuple[Problem, ...] = ()
    chain: tuple[Hop, ...] = ()
    account_id: str = ""
    expires_at: datetime | None = None

    @property
    def leads_to_aws(self) -> bool:
        """Whether its requests go to AWS, which charges for some."""
        return self.kind is not ProfileKind.SANDBOX and not self.endpoint_url


@dataclass(frozen=True, slots=True)
class ProfileList:
    """What the configuration files hold.

    Attributes:
        profiles: "default" first, the others by name.
        error: Why a file could not be read as the SDK reads it; no profile works until it is mended. The
            profiles that could be made out are listed all the same, and nothing may be edited.
        problems: What belongs to no profile: sections that the SDK ignores silently.
    """

    profiles: tuple[Profile, ...]
    error: WorkbenchError | None = None
    problems: tuple[Problem, ...] = ()
