"""A profile as a person fills it in, and what is wrong with what was entered.

Owns: the checks that need no file. Must not know: sections (manage.py), widgets.
"""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from workbench.aws.access import host_of
from workbench.profiles.draft_fields import (
    DURATIONS,
    FIELDS,
    KEY_HINT,
    NAME_PATTERN,
    REGION,
    REGION_HINT,
    FieldSpec,
)
from workbench.profiles.lines import value_fault
from workbench.profiles.model import ProfileKind
from workbench.profiles.sso.session_of import SsoSession

__all__ = ["FIELDS", "FieldError", "FieldSpec", "ProfileDraft", "check_draft", "name_error"]

type Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProfileDraft:
    """What a person entered.

    Attributes:
        name: Of the profile.
        kind: Which of FIELDS apply.
        options: Option and value; an empty value means that the option is not to be there.
        secrets: The same for secret options. One that is missing here stays as it is.
        sso_session: The sign-in whose section is to be there, None to leave the sections alone. The option
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
    """What is wrong with one field. `field` is an option's name, or "name"."""

    field: str
    text: str


def check_draft(
    draft: ProfileDraft, known: Collection[str], editing: str = "", regions: Collection[str] = ()
) -> tuple[FieldError, ...]:
    """What is wrong with a draft, nothing when it can be written.

    Args:
        draft: What was entered.
        known: The names of all profiles.
        editing: The profile's present name when one is edited, empty for a new one.
        regions: The regions that exist; empty to look at their form only.
    """
    return tuple(_errors(draft, known, editing, regions))


def name_error(name: str, known: Collection[str], editing: str = "") -> str:
    """What is wrong with a profile's name, empty if nothing."""
    if name == editing and name:
        return ""  # an odd one that is there already works, in quotes
    if not name:
        return "Enter a name."
    if not NAME_PATTERN.fullmatch(name):
        return "Use letters, digits and any of _.@+-"
    if name == "DEFAULT":
        return "Settings in DEFAULT apply to every profile. Use the name “default” for the default profile."
    return "A profile with this name already exists." if name in known else ""


def _errors(
    draft: ProfileDraft, known: Collection[str], editing: str, regions: Collection[str]
) -> Iterator[FieldError]:
    if text := name_error(draft.name, known, editing):
        yield FieldError("name", text)
    specs = {each.option: each for each in FIELDS.get(draft.kind, ())}
    given = dict(draft.options)
    for option in given.keys() - specs.keys():
        yield FieldError(option, "This setting does not apply to this type of profile.")
    for spec in specs.values():
        value = dict(draft.secrets if spec.secret else draft.options).get(spec.option, "")
        if text := _field_error(spec, value, is_new=not editing):
            yield FieldError(spec.option, text)
    region = given.get("region", "")
    if regions and region and region not in regions and re.fullmatch(REGION, region):
        yield FieldError("region", f"AWS has no region {region}.")
    yield from _together(draft, given, known, editing)


def _field_error(spec: FieldSpec, value: str, *, is_new: bool) -> str:
    if not value:
        needed = spec.required and (is_new or not spec.secret)
        return f"Enter this: {spec.label}." if needed else ""
    if "\n" in value:  # also nested settings, which nobody enters in a field
        return "A value cannot contain line breaks."
    if fault := value_fault(value):
        return fault
    if spec.choices and value not in spec.choices:
        return f"Enter one of {', '.join(spec.choices)}, with the same capitalization."
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
    """What several fields say together."""
    key = given.get("aws_access_key_id", "")
    if key and not given.get("endpoint_url") and not re.fullmatch(r"\w{16,128}", key):
        yield FieldError("aws_access_key_id", KEY_HINT)  # servers for tests take any
    if draft.kind is ProfileKind.ASSUME_ROLE:
        source, other = given.get("source_profile", ""), given.get("credential_source", "")
        if bool(source) == bool(other):
            text = "Enter either a source profile or a credential source."
            yield FieldError("source_profile", text)
        elif source and source == draft.name and not editing:
            yield FieldError("source_profile", "A role cannot be assumed with itself.")
        elif source and source not in known and source != draft.name:
            yield FieldError("source_profile", f"The profile {source} does not exist.")
    if draft.kind is ProfileKind.SSO:
        older = given.get("sso_start_url") and given.get("sso_region")
        if not (given.get("sso_session") or older):
            yield FieldError("sso_session", "Choose a sign-in.")
        if bool(given.get("sso_account_id")) != bool(given.get("sso_role_name")):
            yield FieldError("sso_role_name", "Enter both the account and the role.")
    if session := draft.sso_session:
        yield from _session_errors(session, given)
    for service, url in draft.endpoints:
        if not given.get("services"):
            yield FieldError("services", "Enter the name of the section with service endpoints.")
        if value_fault(url) or not _is_address(url) or not re.fullmatch(r"[a-z0-9_]+", service):
            yield FieldError("endpoints", f"{service}: enter a URL such as http://localhost:4566.")


def _session_errors(session: SsoSession, given: Mapping[str, str]) -> Iterator[FieldError]:
    if not NAME_PATTERN.fullmatch(session.name) or session.name != given.get("sso_session"):
        yield FieldError("sso_session", "Enter a sign-in name without spaces.")
    if value_fault(session.start_url) or not re.fullmatch(r"https://\S+", session.start_url):
        yield FieldError("sso_start_url", "The portal must be an https URL.")
    if not re.fullmatch(REGION, session.region):
        yield FieldError("sso_region", REGION_HINT)
    if any(value_fault(scope) or not re.fullmatch(r"[\w:.-]+", scope) for scope in session.scopes):
        yield FieldError("sso_registration_scopes", "Enter scopes such as sso:account:access.")


def _is_address(url: str) -> bool:
    return re.fullmatch(r"https?://\S+", url) is not None and bool(host_of(url))


def _is_command(text: str) -> bool:
    try:
        return bool(shlex.split(text))
    except ValueError:
        return False
