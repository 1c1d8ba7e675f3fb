"""An edit changes options where they stand, in either file, and keeps what no field knows."""

import pytest

from tests.profiles.homes import CONFIG, CREDENTIALS, Home
from workbench.core.errors import WorkbenchError
from workbench.profiles.manage import ProfileDraft, check_draft, draft_of, duplicate_profile, edit_profile
from workbench.profiles.model import ProfileKind


def _with(draft: ProfileDraft, **options: str) -> ProfileDraft:
    return ProfileDraft(draft.name, draft.kind, tuple((dict(draft.options) | options).items()))


@pytest.mark.parametrize("name", ["default", "base", "role", "sso-a", "old-role"])
def test_a_profile_that_is_edited_to_what_it_is_stays(home: Home, name: str) -> None:
    draft = draft_of(name, home.files)
    assert check_draft(draft, home.files.profiles, editing=name) == ()
    assert edit_profile(name, draft, home.files) == ()


def test_an_option_changes_where_it_stands(home: Home) -> None:
    draft = _with(
        draft_of("role", home.files), region="eu-west-3", role_arn="arn:aws:iam::111122223333:role/x"
    )
    home.edit("role", draft)
    assert home.config.read_text() == CONFIG.replace(":role/deploy", ":role/x").replace(
        "custom = kept\n", "custom = kept\nregion = eu-west-3\n"
    )
    home.edit(
        "old-role", _with(draft_of("old-role", home.files), role_arn="arn:aws:iam::111122223333:role/y")
    )
    assert home.credentials.read_text() == CREDENTIALS.replace(":role/old", ":role/y")


def test_an_emptied_field_takes_its_option_out(home: Home) -> None:
    home.edit("base", _with(draft_of("base", home.files), region=""))
    assert home.config.read_text() == CONFIG.replace("region = eu-central-1\n", "")


def test_a_secret_that_is_not_entered_stays(home: Home) -> None:
    home.edit("base", _with(draft_of("base", home.files), region="eu-west-2"))
    assert home.credentials.read_text() == CREDENTIALS


def test_another_key_needs_its_secret(home: Home) -> None:
    draft = _with(draft_of("base", home.files), aws_access_key_id="AKIAXOSFODNN7EXAMPLF")
    with pytest.raises(WorkbenchError, match="the secret access key was not entered"):
        home.edit("base", draft)
    home.edit("base", ProfileDraft("base", draft.kind, draft.options, (("aws_secret_access_key", "other"),)))
    assert home.options("base")["aws_secret_access_key"] == "other"


def test_a_key_in_the_configuration_file_is_changed_there(home: Home) -> None:
    home.config.write_text(
        CONFIG + "[profile k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"
    )
    draft = draft_of("k", home.files)
    token = (("aws_secret_access_key", "t"), ("aws_session_token", "u"))
    home.edit("k", ProfileDraft("k", ProfileKind.TEMPORARY, draft.options, token))
    assert home.config.read_text().endswith("aws_secret_access_key = t\naws_session_token = u\n")
    assert home.credentials.read_text() == CREDENTIALS


def test_another_kind_takes_the_old_kinds_options_out(home: Home) -> None:
    options = (("sso_session", "corp"), ("sso_account_id", "111122223333"), ("sso_role_name", "Dev"))
    home.edit("role", ProfileDraft("role", ProfileKind.SSO, options))
    assert home.options("role") == {"custom": "kept", **dict(options)}


def test_keys_that_give_way_to_a_role_leave_the_credentials_file(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = (("role_arn", "arn:aws:iam::111122223333:role/x"), ("source_profile", "default"))
    home.edit("base", ProfileDraft("base", ProfileKind.ASSUME_ROLE, options))
    assert "base-secret" not in home.credentials.read_text()
    assert "[base]" not in home.credentials.read_text()
    assert home.options("base") == {"s3": "\naddressing_style = path", **dict(options)}


def test_a_profile_of_the_credentials_file_becomes_a_role_in_the_configuration(home: Home) -> None:
    home.credentials.write_text(
        CREDENTIALS + "\n[odd name]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"
    )
    options = (("role_arn", "arn:aws:iam::111122223333:role/x"), ("source_profile", "default"))
    home.edit("odd name", ProfileDraft("odd name", ProfileKind.ASSUME_ROLE, options))
    assert home.config.read_text().startswith(CONFIG + '\n[profile "odd name"]\nrole_arn')
    assert home.options("odd name") == dict(options)
    assert home.credentials.read_text() == CREDENTIALS


def test_editing_and_renaming_are_one_step(home: Home) -> None:
    draft = draft_of("base", home.files)
    options = dict(draft.options) | {"region": "eu-north-1"}
    home.edit("base", ProfileDraft("root", draft.kind, tuple(options.items())))
    assert "base" not in home.files.profiles
    assert home.options("root")["region"] == "eu-north-1"
    assert home.options("role")["source_profile"] == home.options("old-role")["source_profile"] == "root"


def test_what_all_profiles_inherit_is_neither_copied_nor_removed(home: Home) -> None:
    home.config.write_text("[DEFAULT]\noutput = json\n" + CONFIG)
    draft = draft_of("base", home.files)
    assert dict(draft.options)["output"] == "json"
    assert edit_profile("base", draft, home.files) == ()
    home.make(duplicate_profile("base", "copy", home.files))
    assert home.config.read_text().count("output") == 1
    with pytest.raises(WorkbenchError, match="DEFAULT"):
        home.edit("base", _with(draft, output=""))
    home.edit("base", _with(draft, output="text"))
    assert home.options("base")["output"] == "text"
    assert home.options("role")["output"] == "json"
