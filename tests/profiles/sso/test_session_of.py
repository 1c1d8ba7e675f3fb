"""Which sign-in a profile needs, and that botocore would take the same."""

import os
from collections.abc import Mapping

import pytest
from botocore.session import Session

from tests.profiles.sso.conftest import AwsFiles
from workbench.core.errors import WorkbenchError
from workbench.profiles.config_files import SSO_PARTS, ConfigFiles
from workbench.profiles.sso_session import SsoSession, all_sessions, find_session, follow, session_of

CORP = {"sso_start_url": "https://corp.awsapps.com/start/", "sso_region": "eu-west-1"}
SECTIONS: Mapping[str, Mapping[str, str]] = {
    "corp": {**CORP, "sso_registration_scopes": "sso:account:access, other:scope,"},
    "half": {"sso_region": "eu-west-1"},
}


def test_a_session_by_name_is_exactly_what_its_section_says() -> None:
    found = session_of({"sso_session": "corp", "ca_bundle": "/etc/corp.pem"}, SECTIONS)
    scopes = ("sso:account:access", "other:scope")
    assert found == SsoSession("corp", CORP["sso_start_url"], "eu-west-1", scopes, "/etc/corp.pem")
    assert not found.is_legacy


def test_the_older_sort_has_no_name() -> None:
    found = session_of(CORP, {})
    assert found.is_legacy
    assert found.title == CORP["sso_start_url"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"sso_session": "ghost"}, r"\[sso-session ghost\] does not exist"),
        ({"sso_session": "half"}, "“sso_start_url” is missing in"),
        ({"sso_account_id": "1", "sso_start_url": "https://x"}, "“sso_region” is missing"),
        ({"sso_session": "corp", "sso_region": "us-east-1"}, "“sso_region” has different values"),
    ],
)
def test_what_botocore_refuses_is_refused_in_words(options: Mapping[str, str], why: str) -> None:
    with pytest.raises(WorkbenchError, match=why) as caught:
        session_of(options, SECTIONS, "dev")
    assert "“dev”" in caught.value.what
    assert caught.value.action == "profile.edit"


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ("sso", "corp"),
        ("role", "corp"),
        ("far", "corp"),
        ("loop", None),
        ("self", None),
        ("keys", None),
        ("from keys", None),
        ("machine", None),
        ("web", None),
        ("gone", None),
    ],
)
def test_a_sign_in_is_found_through_the_roles_that_are_taken(profile: str, name: str | None) -> None:
    role = {"role_arn": "arn:aws:iam::123456789012:role/a"}
    profiles: Mapping[str, Mapping[str, str]] = {
        "sso": {"sso_session": "corp"},
        "role": {**role, "source_profile": "sso", "sso_session": "half"},  # the role outranks its own SSO
        "far": {**role, "source_profile": "role"},
        "loop": {**role, "source_profile": "loop2"},
        "loop2": {**role, "source_profile": "loop"},
        "self": {**role, "source_profile": "self"},
        "keys": {"aws_access_key_id": "AKIDEXAMPLE"},
        "both": {"aws_access_key_id": "AKIDEXAMPLE", "sso_session": "corp"},
        "from keys": {**role, "source_profile": "both"},
        "machine": {**role, "credential_source": "Ec2InstanceMetadata", "sso_session": "corp"},
        "web": {**role, "web_identity_token_file": "/token", "sso_session": "corp"},
    }
    found = follow(profile, profiles, SECTIONS)
    assert (found.name if found else None) == name


FILE = """[profile dev]
sso_session = my corp
sso_account_id = 111111111111
sso_role_name = Admin
[profile old]
sso_start_url = https://old.awsapps.com/start
sso_region = us-east-1
[sso-session "my corp"]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
[sso-session half]
sso_region = eu-west-1
"""


def test_a_profile_without_account_and_role_can_be_signed_in_to_but_gives_nobody_credentials() -> None:
    profiles = {"dev": {"sso_session": "corp"}}
    assert follow("dev", profiles, SECTIONS) is not None
    assert follow("dev", profiles, SECTIONS, SSO_PARTS) is None


def test_files_are_read_as_botocore_reads_them(aws_files: AwsFiles) -> None:
    aws_files.config(FILE)
    files = ConfigFiles.read(os.environ)
    assert [session.name for session in all_sessions(files)] == ["my corp"]
    full_config = Session().full_config
    for name in ("dev", "old"):
        mine = find_session(name, files)
        assert mine == follow(name, full_config["profiles"], full_config["sso_sessions"])
        assert mine is not None
        assert mine.start_url.startswith("https://")
    assert find_session("nobody", files) is None
