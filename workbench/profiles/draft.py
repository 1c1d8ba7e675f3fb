"""A profile as entered in a form: the fields of each kind, and what is wrong with them."""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from workbench.aws.client_config import host_of
from workbench.core.messages import _
from workbench.profiles.ini_editor import value_fault
from workbench.profiles.model import ProfileKind
from workbench.profiles.sso_session import SsoSession

NAME_PATTERN = re.compile(r"[A-Za-z0-9_.@+-]+")
"""Names that need no quotes in any file, shell or SDK."""

REGION = r"[a-z]{2,}(-[a-z]+)+-\d{1,2}"
REGION_HINT = _("Enter a region such as eu-central-1.")
DURATIONS = range(900, 43_201)
KEY_HINT = _("An access key ID has at least 16 letters and digits, such as AKIAIOSFODNN7EXAMPLE.")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field.

    Attributes:
        option: Its name in the file.
        label: Its name for the user.
        file: Where a new one is written.
        required: Whether it is required. A secret of an existing profile may be left unchanged.
        secret: Whether it is never shown, nor kept in a draft's `options`.
        pattern: Must match the whole value; empty for anything.
        hint: What is expected, in one sentence, shown if `pattern` does not match.
        choices: The only valid values; empty for any.
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
    FieldSpec("region", _("Region"), pattern=REGION, hint=REGION_HINT),
    FieldSpec("output", _("AWS CLI output format"), choices=("json", "yaml", "yaml-stream", "text", "table")),
    FieldSpec(
        "endpoint_url", _("Endpoint"), hint=_("A URL such as http://localhost:4566 to use instead of AWS.")
    ),
    FieldSpec(
        "services", _("Service endpoints section"), pattern=NAME_PATTERN.pattern, hint=_("Enter a name.")
    ),
)
"""Fields of every kind of profile."""

# Source: the members of AssumeRole and accessKeyIdType of STS, in botocore's data, which test_draft.py reads.
_KEYS = (
    FieldSpec(
        "aws_access_key_id",
        _("Access key ID"),
        "credentials",
        required=True,
        pattern=r"\w{1,128}",
        hint=KEY_HINT,
    ),
    FieldSpec(
        "aws_secret_access_key",
        _("Secret access key"),
        "credentials",
        required=True,
        secret=True,
        pattern=r"\S+",
        hint=_("A secret access key cannot contain spaces."),
    ),
)
_TOKEN = FieldSpec(
    "aws_session_token",
    _("Session token"),
    "credentials",
    required=True,
    secret=True,
    pattern=r"\S+",
    hint=_("A session token cannot contain spaces."),
)
_MFA = FieldSpec(
    "mfa_serial",
    _("MFA device"),
    pattern=r"[\w+=/:,.@-]{9,256}",
    hint=_("The ARN of a virtual device, such as arn:aws:iam::123456789012:mfa/me, or a serial number."),
)
_ROLE = FieldSpec(
    "role_arn",
    _("Role"),
    required=True,
    pattern=r"arn:[a-z0-9-]+:iam::\d{12}:role/\S{1,2000}",
    hint=_("Enter a role ARN such as arn:aws:iam::123456789012:role/deploy."),
)
_SESSION_NAME = FieldSpec(
    "role_session_name",
    _("Session name"),
    pattern=r"[\w+=,.@-]{2,64}",
    hint=_("Use 2 to 64 letters, digits or any of +=,.@-_"),
)

FIELDS: Mapping[ProfileKind, tuple[FieldSpec, ...]] = {
    ProfileKind.STATIC: (*_KEYS, _MFA, *COMMON),
    ProfileKind.TEMPORARY: (*_KEYS, _TOKEN, *COMMON),
    ProfileKind.ASSUME_ROLE: (
        _ROLE,
        FieldSpec("source_profile", _("Source profile")),
        FieldSpec(
            "credential_source",
            _("Credential source"),
            choices=("Environment", "Ec2InstanceMetadata", "EcsContainer"),
        ),
        _MFA,
        FieldSpec(
            "external_id",
            _("External ID"),
            pattern=r"[\w+=,.@:/-]{2,1224}",
            hint=_("Use 2 to 1224 letters, digits or any of +=,.@:/-_"),
        ),
        _SESSION_NAME,
        FieldSpec(
            "duration_seconds",
            _("Duration in seconds"),
            pattern=r"\d{1,6}",
            hint=_("Enter a whole number of seconds from {minimum} to {maximum}.").format(
                minimum=DURATIONS[0], maximum=DURATIONS[-1]
            ),
        ),
        *COMMON,
    ),
    ProfileKind.SSO: (
        FieldSpec(
            "sso_session", _("Sign-in"), pattern=NAME_PATTERN.pattern, hint=_("Enter a name without spaces.")
        ),
        FieldSpec("sso_account_id", _("Account"), pattern=r"\d{12}", hint=_("An account ID has 12 digits.")),
        FieldSpec(
            "sso_role_name",
            _("Role"),
            pattern=r"[\w+=,.@-]{1,64}",
            hint=_("Enter the role name, not its ARN."),
        ),
        FieldSpec(
            "sso_start_url",
            _("Portal (legacy format)"),
            pattern=r"https://\S+",
            hint=_("Enter an https URL."),
        ),
        FieldSpec("sso_region", _("Portal region (legacy format)"), pattern=REGION, hint=REGION_HINT),
        *COMMON,
    ),
    ProfileKind.PROCESS: (
        FieldSpec(
            "credential_process",
            _("Command"),
            required=True,
            hint=_("Put a path that contains spaces in quotation marks."),
        ),
        *COMMON,
    ),
    ProfileKind.WEB_IDENTITY: (
        _ROLE,
        FieldSpec("web_identity_token_file", _("Token file"), required=True),
        _SESSION_NAME,
        *COMMON,
    ),
    ProfileKind.LOGIN: (FieldSpec("login_session", _("Console session"), required=True), *COMMON),
    ProfileKind.UNKNOWN: COMMON,
}
"""The fields of each kind, in order."""


__all__ = ["FIELDS", "FieldError", "FieldSpec", "ProfileDraft", "check_draft", "name_error"]

type Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProfileDraft:
    """What the user entered.

    Attributes:
        kind: Determines the fields (FIELDS).
        options: Option and value; an empty value removes the option.
        secrets: The same for secret options. One that is missing is left unchanged.
        sso_session: The sign-in whose section is written; None to leave the sections unchanged. The option
            "sso_session" names it.
        endpoints: Service ("lambda") and endpoint, for the section that the option "services" names.
    """

    name: str
    kind: ProfileKind
    options: Pairs = ()
    secrets: Pairs = field(default=(), repr=False)
    sso_session: SsoSession | None = None
    endpoints: Pairs = ()


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with a field. `field` is an option's name, or "name"."""

    field: str
    text: str


def check_draft(
    draft: ProfileDraft, known: Collection[str], editing: str = "", regions: Collection[str] = ()
) -> tuple[FieldError, ...]:
    """What is wrong with a draft; empty if it can be written.

    Args:
        editing: The current name of an edited profile; empty for a new one.
        regions: The existing regions; empty to check only the format.
    """
    return tuple(_errors(draft, known, editing, regions))


def name_error(name: str, known: Collection[str], editing: str = "") -> str:
    """What is wrong with a profile's name; empty if nothing."""
    if name == editing and name:
        return ""  # an existing unusual name works, in quotes
    if not name:
        return _("Enter a name.")
    if not NAME_PATTERN.fullmatch(name):
        return _("Use letters, digits and any of _.@+-")
    if name == "DEFAULT":
        return _(
            "Settings in DEFAULT apply to every profile. Use the name “default” for the default profile."
        )
    return _("A profile with this name already exists.") if name in known else ""


def _errors(
    draft: ProfileDraft, known: Collection[str], editing: str, regions: Collection[str]
) -> Iterator[FieldError]:
    if text := name_error(draft.name, known, editing):
        yield FieldError("name", text)
    specs = {each.option: each for each in FIELDS.get(draft.kind, ())}
    given = dict(draft.options)
    for option in given.keys() - specs.keys():
        yield FieldError(option, _("This setting does not apply to this type of profile."))
    for spec in specs.values():
        value = dict(draft.secrets if spec.secret else draft.options).get(spec.option, "")
        if text := _field_error(spec, value, is_new=not editing):
            yield FieldError(spec.option, text)
    region = given.get("region", "")
    if regions and region and region not in regions and re.fullmatch(REGION, region):
        yield FieldError("region", _("AWS has no region {region}.").format(region=region))
    yield from _together(draft, given, known, editing)


def _field_error(spec: FieldSpec, value: str, *, is_new: bool) -> str:
    if not value:
        needed = spec.required and (is_new or not spec.secret)
        return _("Enter this: {label}.").format(label=spec.label) if needed else ""
    if "\n" in value:  # also nested settings, which nobody enters in a field
        return _("A value cannot contain line breaks.")
    if fault := value_fault(value):
        return fault
    if spec.choices and value not in spec.choices:
        return _("Enter one of {names}, with the same capitalization.").format(names=", ".join(spec.choices))
    if spec.pattern and not re.fullmatch(spec.pattern, value):
        return spec.hint
    match spec.option:
        case "duration_seconds" if int(value) not in DURATIONS:
            return spec.hint
        case "endpoint_url" if not _is_address(value):
            return spec.hint
        case "credential_process" if not _is_command(value):
            return spec.hint
    return ""


def _together(
    draft: ProfileDraft, given: Mapping[str, str], known: Collection[str], editing: str
) -> Iterator[FieldError]:
    """Errors in combinations of fields."""
    key = given.get("aws_access_key_id", "")
    if key and not given.get("endpoint_url") and not re.fullmatch(r"\w{16,128}", key):
        yield FieldError("aws_access_key_id", KEY_HINT)  # servers for tests accept any
    if draft.kind is ProfileKind.ASSUME_ROLE:
        source, other = given.get("source_profile", ""), given.get("credential_source", "")
        if bool(source) == bool(other):
            text = _("Enter either a source profile or a credential source.")
            yield FieldError("source_profile", text)
        elif source and source == draft.name and not editing:
            yield FieldError("source_profile", _("A role cannot be assumed with itself."))
        elif source and source not in known and source != draft.name:
            yield FieldError(
                "source_profile", _("The profile {source} does not exist.").format(source=source)
            )
    if draft.kind is ProfileKind.SSO:
        older = given.get("sso_start_url") and given.get("sso_region")
        if not (given.get("sso_session") or older):
            yield FieldError("sso_session", _("Choose a sign-in."))
        if bool(given.get("sso_account_id")) != bool(given.get("sso_role_name")):
            yield FieldError("sso_role_name", _("Enter both the account and the role."))
    if session := draft.sso_session:
        yield from _session_errors(session, given)
    for service, url in draft.endpoints:
        if not given.get("services"):
            yield FieldError("services", _("Enter the name of the section with service endpoints."))
        if value_fault(url) or not _is_address(url) or not re.fullmatch(r"[a-z0-9_]+", service):
            yield FieldError(
                "endpoints",
                _("{service}: enter a URL such as http://localhost:4566.").format(service=service),
            )


def _session_errors(session: SsoSession, given: Mapping[str, str]) -> Iterator[FieldError]:
    if not NAME_PATTERN.fullmatch(session.name) or session.name != given.get("sso_session"):
        yield FieldError("sso_session", _("Enter a sign-in name without spaces."))
    if value_fault(session.start_url) or not re.fullmatch(r"https://\S+", session.start_url):
        yield FieldError("sso_start_url", _("The portal must be an https URL."))
    if not re.fullmatch(REGION, session.region):
        yield FieldError("sso_region", REGION_HINT)
    if any(value_fault(scope) or not re.fullmatch(r"[\w:.-]+", scope) for scope in session.scopes):
        yield FieldError("sso_registration_scopes", _("Enter scopes such as sso:account:access."))


def _is_address(url: str) -> bool:
    return re.fullmatch(r"https?://\S+", url) is not None and bool(host_of(url))


def _is_command(text: str) -> bool:
    try:
        return bool(shlex.split(text))
    except ValueError:
        return False
