"""Managing profiles: real files are written and read back, by botocore where it matters."""

from collections.abc import Callable

import pytest

from tests.profiles.homes import CONFIG, CREDENTIALS, Home
from workbench.core.errors import WorkbenchError
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.manage import (
    ProfileDraft,
    add_profile,
    delete_profile,
    draft_of,
    duplicate_profile,
    edit_profile,
    rename_profile,
    users_of,
)
from workbench.profiles.model import ProfileKind
from workbench.profiles.sso_session import SsoSession

# ---- add -------------------------------------------------------------------------------------------------


KEYS = ProfileDraft(
    "new",
    ProfileKind.STATIC,
    (("aws_access_key_id", "AKIAIOSFODNN7EXAMPLE"), ("region", "us-east-1"), ("output", "")),
    (("aws_secret_access_key", "new-secret"),),
)


def test_keys_go_to_the_credentials_file_and_the_rest_to_the_configuration(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.add(KEYS)
    assert home.config.read_text() == CONFIG + "\n[profile new]\nregion = us-east-1\n"
    assert home.credentials.read_text() == CREDENTIALS + (
        "\n[new]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = new-secret\n"
    )
    found = home.keys("new", monkeypatch)
    assert (found.method, found.secret_key) == ("shared-credentials-file", "new-secret")


def test_keys_alone_need_no_section_in_the_configuration(home: Home) -> None:
    home.add(ProfileDraft("new", ProfileKind.STATIC, KEYS.options[:1], KEYS.secrets))
    assert home.config.read_text() == CONFIG


def test_the_first_profile_of_all_makes_both_files(home: Home) -> None:
    home.config.unlink()
    home.credentials.unlink()
    home.add(ProfileDraft("default", KEYS.kind, KEYS.options, KEYS.secrets))
    assert home.config.read_text() == "[default]\nregion = us-east-1\n"
    assert home.credentials.read_text().startswith("[default]\naws_access_key_id")


def test_a_sign_in_comes_with_its_section_and_its_second_profile_shares_it(home: Home) -> None:
    session = SsoSession("lab", "https://lab.awsapps.com/start", "us-east-1")
    options = (("sso_session", "lab"), ("sso_account_id", "111122223333"), ("sso_role_name", "Dev"))
    home.add(ProfileDraft("lab-1", ProfileKind.SSO, options, sso_session=session))
    home.add(ProfileDraft("lab-2", ProfileKind.SSO, options, sso_session=session))
    assert home.config.read_text().count("[sso-session lab]\nsso_start_url = https://lab") == 1
    assert home.files.sso_sessions["lab"].options == {
        "sso_start_url": "https://lab.awsapps.com/start",
        "sso_region": "us-east-1",
        "sso_registration_scopes": "sso:account:access",
    }
    assert home.options("lab-2") == dict(options)


def test_another_portal_for_a_sign_in_changes_its_section(home: Home) -> None:
    session = SsoSession("corp", "https://new.awsapps.com/start", "eu-west-1")
    home.edit(
        "sso-a", ProfileDraft("sso-a", ProfileKind.SSO, draft_of("sso-a", home.files).options, (), session)
    )
    expected = CONFIG.replace("https://corp.awsapps", "https://new.awsapps")
    assert home.config.read_text() == expected


def test_a_draft_with_faults_is_not_written(home: Home) -> None:
    with pytest.raises(WorkbenchError, match="A profile with this name already exists"):
        home.add(ProfileDraft("base", ProfileKind.UNKNOWN))
    with pytest.raises(WorkbenchError, match="not saved in a file"):
        home.add(ProfileDraft("sandbox", ProfileKind.SANDBOX))


# ---- duplicate, rename, delete ---------------------------------------------------------------------------


def test_a_copy_has_all_of_it(home: Home) -> None:
    home.make(duplicate_profile("base", "copy", home.files))
    assert (
        home.config.read_text()
        == CONFIG + "\n[profile copy]\nregion = eu-central-1\ns3 =\n  addressing_style = path\n"
    )
    assert home.options("copy") == home.options("base")


def test_a_copy_of_a_value_that_other_sdks_read_otherwise_is_refused(home: Home) -> None:
    home.config.write_text(CONFIG.replace("custom = kept", "custom = kept # note"))
    with pytest.raises(WorkbenchError, match="comment"):
        home.make(duplicate_profile("role", "copy", home.files))


def test_all_that_refers_to_a_profile_follows_its_new_name(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.make(rename_profile("base", "root", home.files))
    assert home.config.read_text() == CONFIG.replace("profile base", "profile root").replace(
        "= base", "= root"
    )
    assert home.credentials.read_text() == CREDENTIALS.replace("[base]", "[root]").replace(
        "e = base", "e = root"
    )
    assert home.keys("root", monkeypatch).secret_key == "base-secret"
    assert users_of("root", home.files) == ("role", "old-role")


def test_default_gets_a_name_and_a_name_becomes_default(home: Home) -> None:
    before = home.options("default")
    home.make(rename_profile("default", "main", home.files))
    assert "[profile main]\nregion = eu-west-1\n" in home.config.read_text()
    assert home.credentials.read_text().startswith("[main]\n")
    home.make(rename_profile("main", "default", home.files))
    assert (home.config.read_text(), home.credentials.read_text()) == (CONFIG, CREDENTIALS)
    assert home.options("default") == before


def test_a_role_that_is_taken_with_its_own_keys_follows_itself(home: Home) -> None:
    home.config.write_text("[profile x]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = x\n")
    home.credentials.write_text(CREDENTIALS.replace("[base]", "[x]"))
    home.make(duplicate_profile("x", "y", home.files))
    home.make(rename_profile("x", "z", home.files))
    assert home.options("y")["source_profile"] == "y"
    assert home.options("z")["source_profile"] == "z"
    draft = draft_of("z", home.files)
    home.edit("z", ProfileDraft("w", draft.kind, draft.options))
    assert home.options("w")["source_profile"] == "w"
    home.make(delete_profile("w", home.files))
    assert set(home.files.profiles) == {"default", "y", "old-role"}


def test_a_profile_that_others_need_is_not_deleted(home: Home) -> None:
    with pytest.raises(WorkbenchError, match="role, old-role"):
        delete_profile("base", home.files)


def test_deleting_takes_a_profile_out_of_both_files(home: Home) -> None:
    home.make(delete_profile("role", home.files))
    home.make(delete_profile("old-role", home.files))
    home.make(delete_profile("base", home.files))
    assert set(home.files.profiles) == {"default", "sso-a", "sso-b"}
    assert "base" not in home.config.read_text() + home.credentials.read_text()


def test_the_last_profile_of_a_sign_in_takes_its_section_along(home: Home) -> None:
    home.make(delete_profile("sso-a", home.files))
    assert "corp" in home.files.sso_sessions
    home.make(delete_profile("sso-b", home.files))
    assert home.files.sso_sessions == {}
    assert "corp" not in home.config.read_text()
    assert "local" in home.files.services


def test_both_sections_of_one_profile_go_and_neither_is_edited(home: Home) -> None:
    """H5."""
    home.config.write_text(CONFIG + '\n[profile "role"]\nregion = x\n')
    said = pytest.raises(WorkbenchError, match=r"\[profile role\] in line 10")
    with said:
        edit_profile("role", ProfileDraft("role", ProfileKind.UNKNOWN), home.files)
    with said:
        rename_profile("role", "r", home.files)
    home.make(delete_profile("role", home.files))
    assert "role]" not in home.config.read_text()


Act = Callable[[ConfigFiles], object]


@pytest.mark.parametrize(
    "act",
    [
        lambda files: add_profile(ProfileDraft("new", ProfileKind.UNKNOWN), files),
        lambda files: edit_profile("role", draft_of("role", files), files),
        lambda files: duplicate_profile("role", "new", files),
        lambda files: rename_profile("role", "new", files),
        lambda files: delete_profile("role", files),
    ],
)
def test_a_broken_file_is_not_edited(home: Home, act: Act) -> None:
    """H4, H6, H15: the error names the line."""
    home.config.write_text(CONFIG + "[profile base]\n")
    with pytest.raises(WorkbenchError, match=f"line {len(CONFIG.splitlines()) + 1} "):
        act(home.files)


@pytest.mark.parametrize("name", ["default", "a b", "DEFAULT", "", "a]"])
def test_names_that_are_taken_or_odd_are_refused(home: Home, name: str) -> None:
    for act in (rename_profile, duplicate_profile):
        with pytest.raises(WorkbenchError):
            act("base", name, home.files)


def test_a_profile_that_is_gone_is_said(home: Home) -> None:
    for act in (draft_of, delete_profile):
        with pytest.raises(WorkbenchError, match="The profile “ghost” does not exist"):
            act("ghost", home.files)
