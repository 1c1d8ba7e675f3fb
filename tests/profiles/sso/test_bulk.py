"""Profiles for ticked roles: their names, what they share, what is there already, what botocore reads."""

import os
from collections.abc import Sequence

import pytest
from botocore.session import Session

from tests.fake_sso import START_URL
from tests.profiles.sso.conftest import LEGACY, SESSION, AwsFiles
from workbench.core.errors import WorkbenchError
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.ini_editor import AddSection, FileEdits, apply_edits, verify
from workbench.profiles.sso_api import Account, AccountRole, profiles_for
from workbench.profiles.sso_session import SsoSession

DEV, PROD = Account("111111111111", "Dev", "dev@example.com"), Account("222222222222", "Prod / EU (main)")
ADMIN = AccountRole(DEV, "Admin")


def files_of(aws_files: AwsFiles, config: str = "", credentials: str = "") -> ConfigFiles:
    aws_files.config(config)
    aws_files.credentials(credentials)
    return ConfigFiles.read(os.environ)


def headers(edits: Sequence[FileEdits]) -> list[str]:
    return [edit.section for each in edits for edit in each.edits if isinstance(edit, AddSection)]


def write(edits: Sequence[FileEdits]) -> None:
    for each in edits:
        old = each.path.read_bytes()
        new = apply_edits(old, each.edits)
        verify(old, new, each.edits)
        each.path.write_bytes(new)


def test_the_roles_become_profiles_that_share_one_session(aws_files: AwsFiles) -> None:
    files = files_of(aws_files, "[default]\nregion = eu-west-1\n")
    chosen = (ADMIN, AccountRole(DEV, "Reader"), AccountRole(PROD, "Admin"))
    write(profiles_for(SESSION, chosen, files, region="eu-central-1"))
    config = Session().full_config
    assert list(config["profiles"]) == ["default", "Dev-Admin", "Dev-Reader", "Prod-EU-main-Admin"]
    assert config["profiles"]["Prod-EU-main-Admin"] == {
        "sso_session": "corp",
        "sso_account_id": "222222222222",
        "sso_role_name": "Admin",
        "region": "eu-central-1",
    }
    assert config["sso_sessions"] == {
        "corp": {
            "sso_start_url": START_URL,
            "sso_region": "eu-west-1",
            "sso_registration_scopes": "sso:account:access",
        }
    }


def test_what_is_there_is_not_added_again(aws_files: AwsFiles) -> None:
    write(profiles_for(SESSION, [ADMIN], files_of(aws_files)))
    files = ConfigFiles.read(os.environ)
    assert profiles_for(SESSION, [ADMIN, ADMIN], files) == ()
    again = profiles_for(SESSION, [ADMIN, AccountRole(DEV, "Reader")], files)
    assert headers(again) == ["profile Dev-Reader"]


def test_names_are_never_taken_twice(aws_files: AwsFiles) -> None:
    files = files_of(aws_files, "[profile a]\n", "[a-2]\n")
    chosen = [AccountRole(Account(f"{number:012d}", "a"), "r") for number in range(3)]
    edits = profiles_for(SESSION, chosen, files, name_template="{account}")
    assert headers(edits)[1:] == ["profile a-3", "profile a-4", "profile a-5"]
    taken = profiles_for(SESSION, chosen[:1], files, name_template="default")
    assert headers(taken)[1:] == ["profile default-2"]


@pytest.mark.parametrize(
    ("template", "account", "role", "name"),
    [
        ("{account}-{role}", DEV, "Admin", "Dev-Admin"),
        ("{account_id}.{role}", DEV, "Admin", "111111111111.Admin"),
        ("{email}", DEV, "Admin", "dev@example.com"),
        ("sso", DEV, "Admin", "sso"),
        ("{account}-{role}", Account("3", "本番"), "Admin", "3-Admin"),
        ("{account}-{role}", Account("3", ""), "Admin", "3-Admin"),
        ("{account}-{role}", Account("3", "]\nrole_arn = evil ["), "Admin", "role_arn-evil-Admin"),
        ("{account}-{role}", Account("3", "x" * 300), "Admin", "x" * 100),
        ("{account}", Account("3", "{role} {0} %s"), "Admin", "role-0-s"),
        ("{email}", Account("3", "No mail"), "Admin", "3-Admin"),
        ("", DEV, "Admin", "111111111111-Admin"),
    ],
)
def test_names_hold_no_trouble(
    aws_files: AwsFiles, template: str, account: Account, role: str, name: str
) -> None:
    edits = profiles_for(SESSION, [AccountRole(account, role)], files_of(aws_files), name_template=template)
    assert headers(edits)[1:] == [f"profile {name}"]


@pytest.mark.parametrize("template", ["{acount}", "{}", "{account.__class__}", "{0}"])
def test_an_unknown_placeholder_is_told(aws_files: AwsFiles, template: str) -> None:
    with pytest.raises(WorkbenchError, match="is not a known placeholder"):
        profiles_for(SESSION, [ADMIN], files_of(aws_files), name_template=template)


@pytest.mark.parametrize(
    ("session", "why"),
    [
        (LEGACY, "no name"),
        (SsoSession("my corp]", START_URL, "eu-west-1"), "is not a valid sso-session name"),
        (SsoSession("corp", "https://other.awsapps.com/start", "eu-west-1"), "refers to another portal"),
    ],
)
def test_a_session_must_have_a_name_of_its_own(aws_files: AwsFiles, session: SsoSession, why: str) -> None:
    files = files_of(aws_files, f"[sso-session corp]\nsso_start_url = {START_URL}\nsso_region = eu-west-1\n")
    with pytest.raises(WorkbenchError, match=why):
        profiles_for(session, [ADMIN], files)
