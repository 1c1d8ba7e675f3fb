"""Reading profiles: what botocore sees, we list; what stops botocore, we name with its line."""

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ConfigParseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.aws.conftest import AwsFiles
from workbench.aws.client_config import Access, StaticKeys
from workbench.aws.session import Sessions
from workbench.profiles.model import Hop, Problem, Profile, ProfileKind, ProfileList, access_for
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
        (f"{KEY}aws_session_token = t\n", ProfileKind.TEMPORARY),
        (f"{KEY}aws_session_token =\n", ProfileKind.STATIC),
        (f"sso_session = s\n{KEY}", ProfileKind.STATIC),
        (f"sso_session = s\nsso_account_id = 1\n{KEY}", ProfileKind.SSO),
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


def test_both_files_make_one_list_default_first(aws_files: AwsFiles) -> None:
    aws_files.config(
        "[profile zeta]\nregion = x\n[default]\nregion = us-east-1\n[profile Alpha]\n[sso-session s]\n"
    )
    aws_files.credentials(f"[default]\n{KEY}[only-here]\n{KEY}")
    found = read()
    assert [profile.name for profile in found.profiles] == ["default", "Alpha", "only-here", "zeta"]
    hop = Hop("default", ProfileKind.STATIC)
    assert found.profiles[0] == Profile("default", ProfileKind.STATIC, "us-east-1", chain=(hop,))
    assert not found.problems
    assert found.error is None


def test_other_files_are_read_when_the_environment_names_them(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("[profile p]\nregion = eu-west-1\nendpoint_url = http://localhost:4566\n")
    (tmp_path / "s").write_text(f"[q]\n{KEY}")
    found = read_profiles(
        {"AWS_CONFIG_FILE": str(tmp_path / "c"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "s")}
    )
    first, second = found.profiles
    assert (first.name, first.kind) == ("p", ProfileKind.UNKNOWN)
    assert (first.region, first.endpoint_url) == ("eu-west-1", "http://localhost:4566")
    assert (second.name, second.kind) == ("q", ProfileKind.STATIC)


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
        ("[profile a]\nregion = x\n[profile b]\n[profile a]\n", 4, "[profile a] occurs twice", ["a", "b"]),
        ("[profile a]\nregion = x\nregion = y\n", 3, "“region” occurs twice", ["a"]),
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
    """H8."""
    path = aws_files.config("")
    path.unlink()
    path.mkdir() if thing == "folder" else os.mkfifo(path)
    found = read()
    assert found.error is not None
    assert str(path) in found.error.what
    assert found.error.why.startswith("It cannot be opened")


def test_a_link_to_nowhere_is_like_no_file_and_is_said(aws_files: AwsFiles) -> None:
    """H8."""
    path = aws_files.config("")
    path.unlink()
    path.symlink_to(path.with_name("gone"))
    text = "It is a link to a file that does not exist, and is treated as empty."
    assert read() == ProfileList((), problems=(Problem(text, path),))


@pytest.fixture
def no_root() -> Iterator[None]:
    """Root may read everything; nobody may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_may_not_be_read_is_said(aws_files: AwsFiles, request: pytest.FixtureRequest) -> None:
    """H7: the SDK takes it for empty."""
    aws_files.config("[profile a]\n").chmod(0)
    request.getfixturevalue("no_root")
    found = read()
    assert found.error is not None
    assert "permission denied" in found.error.why


NAME = st.text(st.sampled_from("ab '\"p[];#\t\\\0"), max_size=6)
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
        names.discard("")  # `[profile '']`: nobody can choose it, and it is told as a problem
        assert {profile.name for profile in found.profiles} == names


# ---- what is put together ---------------------------------------------------------------------------------

THEN = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
TEXT = "2031-01-02T03:04:05Z"


def cache(folder: str, key: str, content: object) -> None:
    path = Path.home() / ".aws" / folder / "cache" / f"{hashlib.sha1(key.encode()).hexdigest()}.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content))


def expiries() -> dict[str, datetime | None]:
    return {profile.name: profile.expires_at for profile in read().profiles}


SSO = "sso_account_id = 123456789012\nsso_role_name = r\n"


def test_an_sso_profile_ends_with_its_sign_in_and_so_does_a_role_behind_it(aws_files: AwsFiles) -> None:
    aws_files.config(
        "[sso-session s]\nsso_start_url = https://x\nsso_region = eu-west-1\n"
        f"[profile a]\nsso_session = s\n{SSO}"
        "[profile b]\nrole_arn = arn:aws:iam::210987654321:role/r\nsource_profile = a\nregion = eu-west-1\n"
        f"[profile c]\nsso_start_url = https://y\nsso_region = eu-west-1\n{SSO}"
    )
    cache("sso", "s", {"startUrl": "https://x", "accessToken": "t", "expiresAt": TEXT})
    assert expiries() == {"a": THEN, "b": THEN, "c": None}
    assert [profile.account_id for profile in read().profiles] == [
        "123456789012",
        "210987654321",
        "123456789012",
    ]


def test_temporary_keys_end_when_their_writer_noted_it(aws_files: AwsFiles) -> None:
    aws_files.credentials(
        f"[a]\n{KEY}aws_session_token = t\nx_security_token_expires = {TEXT}\n"
        f"[b]\n{KEY}aws_session_token = t\n"
    )
    assert expiries() == {"a": THEN, "b": None}


def test_a_role_s_keys_that_the_cli_holds_tell_their_end(aws_files: AwsFiles) -> None:
    aws_files.config(f"[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\n{KEY}")
    cache("cli", '{"RoleArn": "r"}', {"Credentials": {"Expiration": TEXT}})
    assert expiries() == {"a": THEN, "b": None}


def test_a_console_sign_in_tells_its_end(aws_files: AwsFiles) -> None:
    aws_files.config("[profile a]\nlogin_session = l\n")
    folder = Path.home() / ".aws/login/cache"
    folder.mkdir(parents=True)
    name = hashlib.sha256(b"l").hexdigest()
    (folder / f"{name}.json").write_text(json.dumps({"accessToken": {"expiresAt": TEXT}}))
    assert expiries() == {"a": THEN}


@pytest.mark.parametrize(
    ("services", "endpoint_url"),
    [
        ("lambda =\n  endpoint_url = http://localhost:1\ns3 =\n  endpoint_url = http://localhost:2\n", "1"),
        ("s3 =\n  addressing_style = path\n  endpoint_url=http://localhost:2\n", "2"),
        ("s3 =\n  addressing_style = path\n", ""),
    ],
)
def test_a_services_section_s_address_is_the_profile_s(
    aws_files: AwsFiles, services: str, endpoint_url: str
) -> None:
    aws_files.config(f"[profile a]\nservices = local\n[services local]\n{services}")
    [profile] = read().profiles
    assert profile.endpoint_url == (f"http://localhost:{endpoint_url}" if endpoint_url else "")


def test_a_variable_that_is_set_to_nothing_makes_the_sdk_read_no_file(
    aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files.config("[profile a]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", "")
    assert names_of_botocore() == set()
    assert read().profiles == ()
    assert "AWS_CONFIG_FILE is empty" in str(read().problems[0])


def test_an_empty_aws_profile_is_no_hindrance(aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """R11: neither to reading nor to the sessions."""
    aws_files.config(f"[profile a]\n{KEY}region = eu-west-1\n")
    monkeypatch.setenv("AWS_PROFILE", "")
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "")
    assert only().name == "a"
    assert not read().problems
    access = access_for(only())
    client = Sessions().get(access).create_client("sts", access.region, "", Config())
    assert client.meta.region_name == "eu-west-1"
    keys = Access(None, "us-east-1", "http://127.0.0.1:1", StaticKeys("a", "b"))
    assert Sessions().get(keys).create_client("sts", "us-east-1", keys.endpoint_url, Config())


def test_variables_and_the_home_folder_in_a_path_are_replaced_as_botocore_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c").write_text("[profile p]\n")
    for path in ("$PLACE/c", "${PLACE}/c", "~/c"):
        monkeypatch.setenv("PLACE", str(tmp_path))
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("AWS_CONFIG_FILE", path)
        assert names_of_botocore() == {"p"}
        assert only().name == "p"


def test_the_sandbox_s_account_is_not_decoded(aws_files: AwsFiles) -> None:
    aws_files.credentials("[a]\naws_access_key_id = 123456789012\naws_secret_access_key = x\n")
    assert only().account_id == ""
