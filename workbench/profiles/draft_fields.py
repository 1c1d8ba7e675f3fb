"""Which fields each kind of profile has. A table only: draft.py checks with it, forms are built from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from workbench.profiles.model import ProfileKind

NAME_PATTERN = re.compile(r"[A-Za-z0-9_.@+-]+")
"""Names that need no quotes in any file, shell or SDK."""

REGION = r"[a-z]{2,}(-[a-z]+)+-\d{1,2}"
REGION_HINT = "Enter a region such as eu-central-1."
DURATIONS = range(900, 43_201)
KEY_HINT = "An access key ID has at least 16 letters and digits, such as AKIAIOSFODNN7EXAMPLE."


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One thing to fill in.

    Attributes:
        option: Its name in the file.
        label: What a person calls it.
        file: Where a new one is written.
        required: Whether it must be there. A secret of a profile that exists may be left as it is.
        secret: Never shown, nor kept in a draft's `options`.
        pattern: What all of a value must match, empty for anything.
        hint: What is expected, one sentence; said when `pattern` does not match.
        choices: The only values, empty for any.
    """

    option: str
    label: str
    file: Literal["config", "credentials"] = "config"
    required: bool = False
    secret: bool = False
    pattern: str = ""
    hint: str = ""
    choices: tuple[str, ...] = ()


COMMON = (
    FieldSpec("region", "Region", pattern=REGION, hint=REGION_HINT),
    FieldSpec("output", "AWS CLI output format", choices=("json", "yaml", "yaml-stream", "text", "table")),
    FieldSpec("endpoint_url", "Endpoint", hint="A URL such as http://localhost:4566 to use instead of AWS."),
    FieldSpec("services", "Service endpoints section", pattern=NAME_PATTERN.pattern, hint="Enter a name."),
)
"""What every kind of profile may have."""

# Source: the members of AssumeRole and accessKeyIdType of STS, in botocore's data, which test_draft.py reads.
_KEYS = (
    FieldSpec(
        "aws_access_key_id",
        "Access key ID",
        "credentials",
        required=True,
        pattern=r"\w{1,128}",
        hint=KEY_HINT,
    ),
    FieldSpec(
        "aws_secret_access_key",
        "Secret access key",
        "credentials",
        required=True,
        secret=True,
        pattern=r"\S+",
        hint="A secret access key cannot contain spaces.",
    ),
)
_TOKEN = FieldSpec(
    "aws_session_token",
    "Session token",
    "credentials",
    required=True,
    secret=True,
    pattern=r"\S+",
    hint="A session token cannot contain spaces.",
)
_MFA = FieldSpec(
    "mfa_serial",
    "MFA device",
    pattern=r"[\w+=/:,.@-]{9,256}",
    hint="The ARN of a virtual device, such as arn:aws:iam::123456789012:mfa/me, or a serial number.",
)
_ROLE = FieldSpec(
    "role_arn",
    "Role",
    required=True,
    pattern=r"arn:[a-z0-9-]+:iam::\d{12}:role/\S{1,2000}",
    hint="Enter a role ARN such as arn:aws:iam::123456789012:role/deploy.",
)
_SESSION_NAME = FieldSpec(
    "role_session_name",
    "Session name",
    pattern=r"[\w+=,.@-]{2,64}",
    hint="Use 2 to 64 letters, digits or any of +=,.@-_",
)

FIELDS: Mapping[ProfileKind, tuple[FieldSpec, ...]] = {
    ProfileKind.STATIC: (*_KEYS, _MFA, *COMMON),
    ProfileKind.TEMPORARY: (*_KEYS, _TOKEN, *COMMON),
    ProfileKind.ASSUME_ROLE: (
        _ROLE,
        FieldSpec("source_profile", "Source profile"),
        FieldSpec(
            "credential_source",
            "Credential source",
            choices=("Environment", "Ec2InstanceMetadata", "EcsContainer"),
        ),
        _MFA,
        FieldSpec(
            "external_id",
            "External ID",
            pattern=r"[\w+=,.@:/-]{2,1224}",
            hint="Use 2 to 1224 letters, digits or any of +=,.@:/-_",
        ),
        _SESSION_NAME,
        FieldSpec(
            "duration_seconds",
            "Duration in seconds",
            pattern=r"\d{1,6}",
            hint=f"Enter a whole number of seconds from {DURATIONS[0]} to {DURATIONS[-1]}.",
        ),
        *COMMON,
    ),
    ProfileKind.SSO: (
        FieldSpec(
            "sso_session", "Sign-in", pattern=NAME_PATTERN.pattern, hint="Enter a name without spaces."
        ),
        FieldSpec("sso_account_id", "Account", pattern=r"\d{12}", hint="An account ID has 12 digits."),
        FieldSpec(
            "sso_role_name", "Role", pattern=r"[\w+=,.@-]{1,64}", hint="Enter the role name, not its ARN."
        ),
        FieldSpec(
            "sso_start_url", "Portal (legacy format)", pattern=r"https://\S+", hint="Enter an https URL."
        ),
        FieldSpec("sso_region", "Portal region (legacy format)", pattern=REGION, hint=REGION_HINT),
        *COMMON,
    ),
    ProfileKind.PROCESS: (
        FieldSpec(
            "credential_process",
            "Command",
            required=True,
            hint="Put a path that contains spaces in quotation marks.",
        ),
        *COMMON,
    ),
    ProfileKind.WEB_IDENTITY: (
        _ROLE,
        FieldSpec("web_identity_token_file", "Token file", required=True),
        _SESSION_NAME,
        *COMMON,
    ),
    ProfileKind.LOGIN: (FieldSpec("login_session", "Console session", required=True), *COMMON),
    ProfileKind.UNKNOWN: COMMON,
}
"""Kind -> what can be filled in, in this order."""
