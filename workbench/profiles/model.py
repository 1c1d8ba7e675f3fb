"""What a profile is. Values only."""

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path

from workbench.aws.access import Access, StaticKeys
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
    """Something in the files that the SDK accepts silently and that the user should know.

    Attributes:
        text: One sentence.
        path: The file it is in, where one is to blame.
        line: The line in that file, from 1; 0 when it is not one line's fault.
        fix: ID of the repair in `fixes.fix_for`; empty if only the user can decide.
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
    """One identity that the user may act as.

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


def access_for(profile: Profile, region: str = "") -> Access:
    """The access of a profile in a region; by default in the profile's own.

    The SDK resolves a profile of the files by its name, including endpoints and role chains. Only the
    Sandbox has its own keys and endpoint, and no file is read for it.
    """
    region = region or profile.region
    if profile.kind is ProfileKind.SANDBOX:
        keys = StaticKeys(profile.access_key_id, profile.secret_access_key)
        return Access(None, region, profile.endpoint_url, keys)
    return Access(profile.name, region)


_KEY_ID = re.compile(r"(?:AKIA|ASIA)[Q-Z2-7][A-Z2-7]{15}")


def account_of_key(access_key_id: str) -> str:
    """The 12 digits of the account that an access key ID contains; empty if it contains none.

    IDs from before 2019 have a letter before Q after their prefix, and contain no account.

    Source: Tal Be'ery, "A short note on AWS KEY ID" (2023), and Aidan Steele, "AWS Access Key ID formats"
    (2020): behind the prefix, the id in base32 is one bit, the account's 40 bits, and the rest. AWS's own
    sts:GetAccessKeyInfo returns the same without permission, but over the network.
    """
    if not _KEY_ID.fullmatch(access_key_id):
        return ""
    head = int.from_bytes(base64.b32decode(access_key_id[4:])[:6], "big")
    account = (head & 0x7FFFFFFFFF80) >> 7
    return f"{account:012}" if account < 10**12 else ""
