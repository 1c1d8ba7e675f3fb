"""The data of profiles. Values only."""

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path

from workbench.aws import endpoints
from workbench.aws.client_config import Access, StaticKeys
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _


class ProfileKind(Enum):
    """The source of a profile's credentials. The first that applies wins, as in botocore."""

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
        path: The file that causes it, if any.
        line: The line in that file, from 1; 0 for none.
        fix: ID of the repair in `fixes.fix_for`; empty if only the user can decide.
    """

    text: str
    path: Path | None = None
    line: int = 0
    fix: str = ""

    def __str__(self) -> str:
        if self.path is None:
            return self.text
        return (
            _("{path}, line {line}: {text}").format(path=self.path, line=self.line, text=self.text)
            if self.line
            else f"{self.path}: {self.text}"
        )


@dataclass(frozen=True, slots=True)
class Hop:
    """A link in a chain of roles: a role that is assumed, or the source of credentials at the end.

    Attributes:
        profile_name: The profile that contains this link; empty for a source outside the files.
        role_arn: The role that is assumed; empty at the end of the chain.
        source: AWS's name of the source ("Ec2InstanceMetadata"); empty except at the end.
        account_id: The account, as far as the files tell.
        mfa_serial: The MFA device that assuming the role requires; empty for none.
        problem: Why the chain ends here without credentials ("does not exist", "loop"); empty if it works.
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
    """An identity that the user can use.

    Attributes:
        endpoint_url: Replaces AWS's endpoint; empty for AWS.
        access_key_id: Only for the Sandbox; the SDK reads others from the files.
        secret_access_key: As above.
        chain: From the profile itself to the source of credentials; one hop without a role.
        account_id: The account as far as the files tell (role, SSO account, decoded from a key id).
        expires_at: Expiry according to files and caches, UTC; None if unknown or never.
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
        """Whether its requests may reach AWS, which charges for some."""
        is_sandbox = self.kind is ProfileKind.SANDBOX
        return not is_sandbox and (not self.endpoint_url or endpoints.may_cost(self.endpoint_url))


@dataclass(frozen=True, slots=True)
class ProfileList:
    """The content of the configuration files.

    Attributes:
        profiles: "default" first, the others by name.
        error: Why the SDK cannot read a file; until it is repaired, no profile works and nothing can be
            edited. The profiles that could be read are listed anyway.
        problems: Problems outside profiles: sections that the SDK ignores silently.
    """

    profiles: tuple[Profile, ...]
    error: WorkbenchError | None = None
    problems: tuple[Problem, ...] = ()


def access_for(profile: Profile, region: str = "") -> Access:
    """The access of a profile in a region; by default in the profile's own.

    The SDK resolves a profile of the files by its name, including endpoints and role chains. Only the Sandbox
    has its own keys and endpoint, without any file.
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
    (2020): after the prefix, the id in base32 is one bit, the account's 40 bits, and the rest. AWS's own
    sts:GetAccessKeyInfo returns the same without permission, but over the network.
    """
    if not _KEY_ID.fullmatch(access_key_id):
        return ""
    head = int.from_bytes(base64.b32decode(access_key_id[4:])[:6], "big")
    account = (head & 0x7FFFFFFFFF80) >> 7
    return f"{account:012}" if account < 10**12 else ""
