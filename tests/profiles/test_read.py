"""Reading profiles: what botocore sees, we list; what stops botocore, we name with its line."""

import os
from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import ConfigParseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.aws.conftest import AwsFiles
from workbench.profiles.model import Profile, ProfileKind, ProfileList
from workbench.profiles.read import read_profiles

KEY = "aws_access_key_id = AKID\naws_secret_access_key = SECRETVALUE\n"


def read() -> ProfileList:
    return read_profiles(os.environ)


def only() -> Profile:
    [profile] = read().profiles
    return profile


def names_of_botocore() -> set[str]:
    return set(botocore.session.Session().full_config["profiles"])


def test_no_files_are_no_profiles_and_no_error() -> None:
    assert read() == ProfileList(())


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (KEY, ProfileKind.STATIC),
        ("role_arn = r\nsource_profile = default\n", ProfileKind.ASSUME_ROLE),
        ("role_arn = r\ncredential_source = Environment\n", ProfileKind.ASSUME_ROLE),
        ("role_arn = r\nweb_identity_token_file = /t\n", ProfileKind.WEB_IDENTITY),
        ("sso_session = s\nsso_account_id = 1\nsso_role_name = r\n", ProfileKind.SSO),
        ("sso_start_url = https://x\n", ProfileKind.SSO),
        ("credential_process = helper\n", ProfileKind.PROCESS),
        ("login_session = arn\n", ProfileKind.LOGIN),
        ("region = eu-central-1\n", ProfileKind.UNKNOWN),
        (f"role_arn = r\nsource_profile = default\n{KEY}", ProfileKind.ASSUME_ROLE),
        (f"credential_process = helper\n{KEY}", ProfileKind.PROCESS),
    ],
)
def test_kinds(aws_files: AwsFiles, options: str, kind: ProfileKind) -> None:
    aws_files.config(f"[profile p]\n{options}")
    assert only().kind is kind


def test_keys_in_the_credentials_file_outrank_a_helper(aws_files: AwsFiles) -> None:
    aws_files.config("[profile p]\ncredential_process = helper\nregion = eu-central-1\n")
    aws_files.credentials(f"[p]\n{KEY}")
    profile = only()
    assert profile.kind is ProfileKind.STATIC
    assert profile.region == "eu-central-1"
    assert [str(problem) for problem in profile.problems] == [
        "Its credential_process is never run: the key in the credentials file wins."
    ]


def test_both_files_make_one_list_default_first(aws_files: AwsFiles) -> None:
    aws_files.config(
        "[profile zeta]\nregion = x\n[default]\nregion = us-east-1\n[profile Alpha]\n[sso-session s]\n"
    )
    aws_files.credentials(f"[default]\n{KEY}[only-here]\n{KEY}")
    found = read()
    assert [profile.name for profile in found.profiles] == ["default", "Alpha", "only-here", "zeta"]
    assert found.profiles[0] == Profile("default", ProfileKind.STATIC, "us-east-1")
    assert not found.problems
    assert found.error is None


def test_other_files_are_read_when_the_environment_names_them(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("[profile p]\nregion = eu-west-1\nendpoint_url = http://localhost:4566\n")
    (tmp_path / "s").write_text(f"[q]\n{KEY}")
    found = read_profiles(
        {"AWS_CONFIG_FILE": str(tmp_path / "c"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "s")}
    )
    assert found.profiles == (
        Profile("p", ProfileKind.UNKNOWN, "eu-west-1", "http://localhost:4566"),
        Profile("q", ProfileKind.STATIC),
    )


def test_nothing_that_is_read_prints_a_secret(aws_files: AwsFiles) -> None:
    aws_files.config(f"[profile p]\n{KEY}")
    aws_files.credentials(f"[p]\n{KEY}SECRETVALUE\n")
    found = read()
    assert found.error is not None
    assert "SECRETVALUE" not in f"{found!r} {found.error!r}"


# ---- broken files: each also stops botocore ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "why", "names"),
    [
        ("[profile a]\nregion = x\n[profile b]\n[profile a]\n", 4, "[profile a] is there twice", ["a", "b"]),
        ("[profile a]\nregion = x\nregion = y\n", 3, "“region” is there twice", ["a"]),
        ("region = x\n[profile a]\n", 1, "before the first section", ["a"]),
        ("[profile a]\nregion = x\nSECRETVALUE\n[profile b]\n", 3, "neither a section nor", ["a", "b"]),
        ("[profile a]\n[profile b\nregion = x\n", 2, "neither a section nor", ["a"]),
        ("\ufeff[profile a]\nregion = x\n", 1, "byte order mark", ["a"]),
    ],
)
def test_a_broken_file_is_named_with_its_line_and_the_rest_is_listed(
    aws_files: AwsFiles, text: str, line: int, why: str, names: list[str]
) -> None:
    path = aws_files.config(text)
    with pytest.raises(ConfigParseError):
        names_of_botocore()
    found = read()
    assert found.error is not None
    assert found.error.what == f"{path}, line {line} cannot be read."
    assert why in found.error.why
    assert found.error.action == "profile.reload"
    assert "SECRETVALUE" not in repr(found.error)
    assert [profile.name for profile in found.profiles] == names


@pytest.mark.parametrize(
    "data", [b"[profile a]\nregion = caf\xe9\n", "[profile a]\n".encode("utf-16"), b"\xff"]
)
def test_bytes_that_are_no_text_are_an_error(aws_files: AwsFiles, data: bytes) -> None:
    path = aws_files.config("")
    path.write_bytes(data)
    found = read()
    assert found.error is not None
    assert "not UTF-8" in found.error.why


def test_a_broken_credentials_file_keeps_the_profiles_of_the_other(aws_files: AwsFiles) -> None:
    aws_files.config("[profile a]\nregion = x\n")
    path = aws_files.credentials(f"[b]\n{KEY}[b]\n")
    found = read()
    assert [profile.name for profile in found.profiles] == ["a", "b"]
    assert found.error is not None
    assert found.error.what.startswith(str(path))


@pytest.mark.parametrize("thing", ["folder", "pipe"])
def test_what_is_no_file_is_said_and_does_not_hang(aws_files: AwsFiles, thing: str) -> None:
    path = aws_files.config("")
    path.unlink()
    path.mkdir() if thing == "folder" else os.mkfifo(path)
    found = read()
    assert found.error is not None
    assert str(path) in found.error.what
    assert found.error.why.startswith("It cannot be opened")


def test_a_link_to_nowhere_is_like_no_file(aws_files: AwsFiles) -> None:
    path = aws_files.config("")
    path.unlink()
    path.symlink_to(path.with_name("gone"))
    assert read() == ProfileList(())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(aws_files: AwsFiles) -> None:
    aws_files.config("").chmod(0)
    found = read()
    assert found.error is not None
    assert "permission denied" in found.error.why


# ---- what botocore takes in silence -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "hint"),
    [
        ("a", "[profile a]"),
        ("profile a b", 'profile "NAME"'),
        ("profile bob's", "quotes do not match"),
        (" profile a", "[profile a]"),
        ("profile", 'profile "NAME"'),
        ("sso-session", "[sso-session NAME]"),
    ],
)
def test_an_ignored_section_is_named_with_its_line_and_a_way_out(
    aws_files: AwsFiles, section: str, hint: str
) -> None:
    path = aws_files.config(f"[default]\nregion = x\n[{section}]\nregion = y\n")
    assert names_of_botocore() == {"default"}
    found = read()
    assert [profile.name for profile in found.profiles] == ["default"]
    [problem] = map(str, found.problems)
    assert problem.startswith(f"{path}, line 3: [{section}] is ignored.")
    assert hint in problem


@pytest.mark.parametrize("section", ["sso-session s", "services local", "plugins", "preview"])
def test_sections_for_other_things_are_no_problem(aws_files: AwsFiles, section: str) -> None:
    aws_files.config(f"[{section}]\nx = y\n")
    assert read() == ProfileList(())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("region = eu-central-1 # Frankfurt\n", "The comment after the value is part of “region”"),
        ("region = eu-central-1\n\toutput = json\n", "The indented line below “region”"),
        ("role_arn = r\nsource_profile = ghost\n", "Its source_profile “ghost” does not exist."),
        ("role_arn = r\n", "It names a role, but no source_profile"),
        (
            "role_arn = r\nsource_profile = p\ncredential_source = Environment\n",
            "It has both source_profile and",
        ),
        ("mfa_serial = arn\n", "It has mfa_serial, but no role"),
        ("aws_access_key_id = AKID\n", "Its key is only half there."),
    ],
)
def test_oddities_are_told(aws_files: AwsFiles, options: str, problem: str) -> None:
    aws_files.config(f"[profile p]\n{options}")
    [told] = map(str, only().problems)
    assert told.startswith(problem)


def test_nested_settings_are_not_odd(aws_files: AwsFiles) -> None:
    aws_files.config("[profile p]\ns3 =\n  addressing_style = path\n  max_queue_size = 1\nregion = x\n")
    assert not only().problems


def test_the_default_section_in_capitals_is_inherited_as_botocore_does(aws_files: AwsFiles) -> None:
    aws_files.config("[DEFAULT]\nrole_arn = r\nsource_profile = b\n[profile a]\nregion = x\n[profile b]\n")
    assert botocore.session.Session(profile="a").get_scoped_config()["role_arn"] == "r"
    assert [profile.kind for profile in read().profiles] == [ProfileKind.ASSUME_ROLE] * 2


NAME = st.text(st.sampled_from("ab '\"p[];#\t\\"), max_size=6)
HEADER = st.one_of(NAME, NAME.map("profile {}".format), st.sampled_from(["default", "DEFAULT", "services x"]))
LINE = st.sampled_from(
    ["region = x", "output: json", "  s3 = y", "", "# note", "; note", "word", " region=y", "[", "role_arn=r"]
)
SECTION = st.tuples(HEADER, st.lists(LINE, max_size=3)).map(
    lambda parts: "\n".join([f"[{parts[0]}]", *parts[1]])
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(SECTION, max_size=4).map("\n".join))
def test_whatever_the_file_holds_we_see_what_botocore_sees(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    found = read_profiles(
        {"AWS_CONFIG_FILE": str(path), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}
    )
    session = botocore.session.Session()
    session.set_config_variable("config_file", str(path))
    session.set_config_variable("credentials_file", str(tmp_path / "none"))
    try:
        names = set(session.full_config["profiles"])
    except ConfigParseError:
        assert found.error is not None
    else:
        assert found.error is None
        assert {profile.name for profile in found.profiles} == names
