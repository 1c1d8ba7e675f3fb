"""Managing profiles: real files are written and read back, by botocore where it matters."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from botocore.session import Session

from tests.fake_time import FakeClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.draft import ProfileDraft, check_draft
from workbench.profiles.edits import FileEdits
from workbench.profiles.manage import (
    add_profile,
    delete_profile,
    draft_of,
    duplicate_profile,
    edit_profile,
    rename_profile,
    users_of,
)
from workbench.profiles.model import ProfileKind
from workbench.profiles.sso.session_of import SsoSession
from workbench.profiles.write import ConfigWriter

CONFIG = """\
# my profiles
[default]
region = eu-west-1

[profile base]
region = eu-central-1
s3 =
  addressing_style = path

[profile role]
role_arn = arn:aws:iam::111122223333:role/deploy
source_profile = base
custom = kept

[profile sso-a]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Admin

[profile sso-b]
sso_session = corp
sso_account_id = 444455556666
sso_role_name = Admin

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[services local]
lambda =
  endpoint_url = http://localhost:4566
  other = kept
"""
CREDENTIALS = """\
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = default-secret

[base]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = base-secret

[old-role]
role_arn = arn:aws:iam::111122223333:role/old
source_profile = base
"""


class Home:
    """Two files, and what a person does to them."""

    def __init__(self, folder: Path) -> None:
        self.config, self.credentials = folder / "config", folder / "credentials"
        self.environ = {
            "AWS_CONFIG_FILE": str(self.config),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials),
        }
        self.config.write_text(CONFIG)
        self.credentials.write_text(CREDENTIALS)
        self._writer = ConfigWriter(folder / "state", FakeClock())

    @property
    def files(self) -> ConfigFiles:
        return ConfigFiles.read(self.environ)

    def make(self, changes: tuple[FileEdits, ...]) -> None:
        self._writer.write(changes, "", JobContext())

    def add(self, draft: ProfileDraft) -> None:
        self.make(add_profile(draft, self.files))

    def edit(self, name: str, draft: ProfileDraft) -> None:
        self.make(edit_profile(name, draft, self.files))

    def options(self, name: str) -> Mapping[str, str]:
        return self.files.profiles[name].options

    def session(self, name: str, monkeypatch: pytest.MonkeyPatch) -> Session:
        for variable, value in self.environ.items():
            monkeypatch.setenv(variable, value)
        return Session(profile=name)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def _with(draft: ProfileDraft, **options: str) -> ProfileDraft:
    return ProfileDraft(draft.name, draft.kind, tuple((dict(draft.options) | options).items()))


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
    found = home.session("new", monkeypatch).get_credentials()
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


def test_endpoints_of_services_stand_in_a_section_of_their_own(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoints = (("lambda", "http://127.0.0.1:1"), ("sqs", "http://127.0.0.1:2"))
    home.add(ProfileDraft("ends", ProfileKind.UNKNOWN, (("services", "mine"),), endpoints=endpoints))
    client = home.session("ends", monkeypatch).create_client("sqs", "us-east-1")
    assert client.meta.endpoint_url == "http://127.0.0.1:2"


def test_endpoints_in_a_section_that_is_there_leave_its_other_settings(home: Home) -> None:
    endpoints = (("lambda", "http://127.0.0.1:1"), ("sqs", "http://127.0.0.1:2"))
    home.add(ProfileDraft("ends", ProfileKind.UNKNOWN, (("services", "local"),), endpoints=endpoints))
    assert home.files.services["local"].options == {
        "lambda": "\nendpoint_url = http://127.0.0.1:1\nother = kept",
        "sqs": "\nendpoint_url = http://127.0.0.1:2",
    }


def test_a_draft_with_faults_is_not_written(home: Home) -> None:
    with pytest.raises(WorkbenchError, match="There is a profile with this name"):
        home.add(ProfileDraft("base", ProfileKind.UNKNOWN))
    with pytest.raises(WorkbenchError, match="not in a file"):
        home.add(ProfileDraft("sandbox", ProfileKind.SANDBOX))


# ---- edit ------------------------------------------------------------------------------------------------


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
    draft = _with(draft_of("base", home.files), aws_access_key_id="AKIAIOSFODNN7EXAMPLF")
    with pytest.raises(WorkbenchError, match="its secret was not entered"):
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
    assert home.session("root", monkeypatch).get_credentials().secret_key == "base-secret"
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
    for act in (lambda: draft_edit(home), lambda: rename_profile("role", "r", home.files)):
        with pytest.raises(WorkbenchError, match=r"\[profile role\] in line 10"):
            act()
    home.make(delete_profile("role", home.files))
    assert "role]" not in home.config.read_text()


def draft_edit(home: Home) -> tuple[FileEdits, ...]:
    return edit_profile("role", ProfileDraft("role", ProfileKind.UNKNOWN), home.files)


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
        with pytest.raises(WorkbenchError, match="no profile “ghost”"):
            act("ghost", home.files)
