"""What a person enters is looked at before anything is written, field by field."""

import re

import botocore.session
import pytest

from workbench.profiles.ini_editor import value_fault
from workbench.profiles.manage import FIELDS, FieldError, ProfileDraft, check_draft, name_error
from workbench.profiles.model import ProfileKind
from workbench.profiles.sso_session import SsoSession

KNOWN = ("default", "base", "odd name")
KEY = ("aws_access_key_id", "AKIAIOSFODNN7EXAMPLE")
SECRET = ("aws_secret_access_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ROLE = ("role_arn", "arn:aws:iam::111122223333:role/team/deploy")
SESSION = SsoSession("corp", "https://corp.awsapps.com/start", "eu-west-1", ("sso:account:access",))

GOOD: dict[str, ProfileDraft] = {
    "keys": ProfileDraft("a", ProfileKind.STATIC, (KEY, ("region", "eu-central-1")), (SECRET,)),
    "keys of a test server": ProfileDraft(
        "a",
        ProfileKind.STATIC,
        (("aws_access_key_id", "test"), ("endpoint_url", "http://localhost:4566")),
        (("aws_secret_access_key", "test"),),
    ),
    "keys for a while": ProfileDraft(
        "a", ProfileKind.TEMPORARY, (KEY,), (SECRET, ("aws_session_token", "IQoJb3JpZ2luX2VjE=="))
    ),
    "a role": ProfileDraft(
        "A.b-c_d@e+1",
        ProfileKind.ASSUME_ROLE,
        (
            ROLE,
            ("source_profile", "base"),
            ("mfa_serial", "arn:aws:iam::111122223333:mfa/me"),
            ("external_id", "x/y:z"),
            ("duration_seconds", "43200"),
            ("role_session_name", "me@work"),
        ),
    ),
    "a role of an instance": ProfileDraft(
        "a", ProfileKind.ASSUME_ROLE, (ROLE, ("credential_source", "Ec2InstanceMetadata"))
    ),
    "a role elsewhere": ProfileDraft(
        "a",
        ProfileKind.ASSUME_ROLE,
        (("role_arn", "arn:aws-us-gov:iam::111122223333:role/x"), ("source_profile", "odd name")),
    ),
    "a sign-in": ProfileDraft(
        "a",
        ProfileKind.SSO,
        (("sso_session", "corp"), ("sso_account_id", "111122223333"), ("sso_role_name", "Admin")),
        sso_session=SESSION,
    ),
    "a sign-in that is there": ProfileDraft("a", ProfileKind.SSO, (("sso_session", "corp"),)),
    "a sign-in of the older sort": ProfileDraft(
        "a", ProfileKind.SSO, (("sso_start_url", "https://x/start/"), ("sso_region", "eu-west-1"))
    ),
    "a process": ProfileDraft("a", ProfileKind.PROCESS, (("credential_process", '"/opt/a b/get" dev'),)),
    "a token file": ProfileDraft(
        "a", ProfileKind.WEB_IDENTITY, (ROLE, ("web_identity_token_file", "/var/run/token"))
    ),
}


@pytest.mark.parametrize("draft", GOOD.values(), ids=GOOD)
def test_what_is_right_is_taken(draft: ProfileDraft) -> None:
    assert check_draft(draft, KNOWN) == ()


def _static(**options: str) -> ProfileDraft:
    return ProfileDraft("a", ProfileKind.STATIC, (KEY, *options.items()), (SECRET,))


def _role(**options: str) -> ProfileDraft:
    given = dict([ROLE, ("source_profile", "base")]) | options
    return ProfileDraft("a", ProfileKind.ASSUME_ROLE, tuple(given.items()))


BAD: dict[str, tuple[ProfileDraft, str]] = {
    "no name": (ProfileDraft("", ProfileKind.UNKNOWN), "name"),
    "a name with a blank": (ProfileDraft("a b", ProfileKind.UNKNOWN), "name"),
    "a name with a bracket": (ProfileDraft("a]", ProfileKind.UNKNOWN), "name"),
    "a name with a line break": (ProfileDraft("a\n", ProfileKind.UNKNOWN), "name"),
    "a name for all": (ProfileDraft("DEFAULT", ProfileKind.UNKNOWN), "name"),
    "a name that is taken": (ProfileDraft("base", ProfileKind.UNKNOWN), "name"),
    "no key": (ProfileDraft("a", ProfileKind.STATIC, (), (SECRET,)), "aws_access_key_id"),
    "a short key": (
        ProfileDraft("a", ProfileKind.STATIC, (("aws_access_key_id", "test"),), (SECRET,)),
        "aws_access_key_id",
    ),
    "no secret": (ProfileDraft("a", ProfileKind.STATIC, (KEY,)), "aws_secret_access_key"),
    "a secret with a line break": (
        ProfileDraft("a", ProfileKind.STATIC, (KEY,), (("aws_secret_access_key", "a\n"),)),
        "aws_secret_access_key",
    ),
    "no token": (ProfileDraft("a", ProfileKind.TEMPORARY, (KEY,), (SECRET,)), "aws_session_token"),
    "a region that is none": (_static(region="Frankfurt"), "region"),
    "a region with a comment": (_static(region="eu-west-1 # home"), "region"),
    "an output that is none": (_static(output="JSON"), "output"),
    "an endpoint without a scheme": (_static(endpoint_url="localhost:4566"), "endpoint_url"),
    "an endpoint without a host": (_static(endpoint_url="http:///x"), "endpoint_url"),
    "an endpoint with a line break": (_static(endpoint_url="http://x\n[default]"), "endpoint_url"),
    "nested settings": (_static(services="\na = b"), "services"),
    "what another kind has": (_static(role_arn=ROLE[1]), "role_arn"),
    "no role": (_role(role_arn=""), "role_arn"),
    "a user, not a role": (_role(role_arn="arn:aws:iam::111122223333:user/x"), "role_arn"),
    "a ghost": (_role(source_profile="ghost"), "source_profile"),
    "itself": (_role(source_profile="a"), "source_profile"),
    "neither source": (_role(source_profile=""), "source_profile"),
    "both sources (R3)": (_role(credential_source="Environment"), "source_profile"),
    "a source in other letters": (
        _role(source_profile="", credential_source="environment"),
        "credential_source",
    ),
    "too short": (_role(duration_seconds="899"), "duration_seconds"),
    "too long": (_role(duration_seconds="43201"), "duration_seconds"),
    "no number": (_role(duration_seconds="1h"), "duration_seconds"),
    "an external ID with a blank": (_role(external_id="a b"), "external_id"),
    "a session name of one letter": (_role(role_session_name="a"), "role_session_name"),
    "a device that is none": (_role(mfa_serial="123456"), "mfa_serial"),
    "no sign-in": (ProfileDraft("a", ProfileKind.SSO), "sso_session"),
    "half a sign-in": (
        ProfileDraft("a", ProfileKind.SSO, (("sso_start_url", "https://x"),)),
        "sso_session",
    ),
    "an account without a role": (
        ProfileDraft("a", ProfileKind.SSO, (("sso_session", "c"), ("sso_account_id", "111122223333"))),
        "sso_role_name",
    ),
    "an account that is none": (
        ProfileDraft(
            "a",
            ProfileKind.SSO,
            (("sso_session", "c"), ("sso_account_id", "1111-2222-3333"), ("sso_role_name", "x")),
        ),
        "sso_account_id",
    ),
    "a sign-in by another name": (
        ProfileDraft("a", ProfileKind.SSO, (("sso_session", "x"),), sso_session=SESSION),
        "sso_session",
    ),
    "a portal without https": (
        ProfileDraft(
            "a",
            ProfileKind.SSO,
            (("sso_session", "c"),),
            sso_session=SsoSession("c", "http://x", "eu-west-1"),
        ),
        "sso_start_url",
    ),
    "a sign-in nowhere": (
        ProfileDraft(
            "a", ProfileKind.SSO, (("sso_session", "c"),), sso_session=SsoSession("c", "https://x", "")
        ),
        "sso_region",
    ),
    "a scope with a comma": (
        ProfileDraft(
            "a",
            ProfileKind.SSO,
            (("sso_session", "c"),),
            sso_session=SsoSession("c", "https://x", "eu-west-1", ("a, b",)),
        ),
        "sso_registration_scopes",
    ),
    "no process": (ProfileDraft("a", ProfileKind.PROCESS), "credential_process"),
    "quotes that do not match": (
        ProfileDraft("a", ProfileKind.PROCESS, (("credential_process", 'get "x'),)),
        "credential_process",
    ),
}


@pytest.mark.parametrize(("draft", "field"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_said_at_its_field(draft: ProfileDraft, field: str) -> None:
    errors = check_draft(draft, KNOWN)
    assert [each.field for each in errors] == [field]
    assert errors[0].text
    assert SECRET[1] not in repr(errors)


def test_a_profile_that_is_edited_keeps_its_name_and_its_secret() -> None:
    draft = ProfileDraft("odd name", ProfileKind.STATIC, (KEY,))
    assert check_draft(draft, KNOWN, editing="odd name") == ()
    assert [each.field for each in check_draft(draft, KNOWN, editing="base")] == ["name"]


def test_a_region_that_does_not_exist_is_said_where_the_list_is_known() -> None:
    draft = _static(region="us-nowhere-9")
    assert check_draft(draft, KNOWN) == ()
    (error,) = check_draft(draft, KNOWN, regions=("us-east-1",))
    assert error == FieldError("region", "AWS has no region us-nowhere-9.")
    assert check_draft(_static(region="us-east-1"), KNOWN, regions=("us-east-1",)) == ()


def test_a_draft_does_not_print_its_secrets() -> None:
    assert SECRET[1] not in repr(GOOD["keys"])


@pytest.mark.parametrize("name", ["a", "A-1", "me@work.example+x", "default", "a_b"])
def test_names_that_need_no_quotes(name: str) -> None:
    assert name_error(name, ()) == ""


def test_the_limits_are_those_of_sts() -> None:
    shapes = botocore.session.get_session().get_service_model("sts").operation_model("AssumeRole").input_shape
    assert shapes
    specs = {each.option: each for each in FIELDS[ProfileKind.ASSUME_ROLE]}
    for option, member in {
        "external_id": "ExternalId",
        "role_session_name": "RoleSessionName",
        "mfa_serial": "SerialNumber",
    }.items():
        limits = shapes.members[member].metadata
        letters = [chr(code) for code in range(33, 127) if re.fullmatch(limits["pattern"], chr(code))]
        for letter in (chr(code) for code in range(33, 127)):
            fits = bool(re.fullmatch(specs[option].pattern, letter * limits["min"]))
            assert fits == (letter in letters), (option, letter)
        for length in (limits["min"] - 1, limits["min"], limits["max"], limits["max"] + 1):
            fits = bool(re.fullmatch(specs[option].pattern, "a" * length))
            assert fits == (limits["min"] <= length <= limits["max"]), (option, length)
    duration = shapes.members["DurationSeconds"].metadata
    for seconds in (duration["min"] - 1, duration["min"], duration["max"], duration["max"] + 1):
        errors = check_draft(_role(duration_seconds=str(seconds)), KNOWN)
        assert (not errors) == (duration["min"] <= seconds <= duration["max"])


def test_every_kind_can_be_filled_in_with_values_that_can_be_written() -> None:
    for specs in FIELDS.values():
        assert len({each.option for each in specs}) == len(specs)
        for spec in specs:
            assert all(not value_fault(choice) for choice in spec.choices)
            assert spec.label
            assert spec.hint or not spec.pattern
