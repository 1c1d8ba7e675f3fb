"""Chains of roles, and that botocore follows those that we follow and fails where we say so."""

import os
from pathlib import Path

import botocore.session
import pytest
from botocore.credentials import create_credential_resolver
from botocore.exceptions import BotoCoreError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.aws.conftest import AwsFiles
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.explain import role_chain
from workbench.profiles.model import Hop, ProfileKind

ROLE = ProfileKind.ASSUME_ROLE
STATIC = ProfileKind.STATIC
KEY = "aws_access_key_id = AKID\naws_secret_access_key = s\n"


def arn(name: str, account_id: str = "111111111111") -> str:
    return f"arn:aws:iam::{account_id}:role/{name}"


def takes(role: str, source: str) -> str:
    return f"role_arn = {arn(role)}\nsource_profile = {source}\n"


def chain(aws_files: AwsFiles, name: str, text: str) -> tuple[Hop, ...]:
    aws_files.config(text)
    return role_chain(name, ConfigFiles.read(os.environ).profiles)


def role_hop(name: str, role: str, problem: str = "") -> Hop:
    return Hop(name, ROLE, arn(role), account_id="111111111111", problem=problem)


def test_a_profile_that_takes_no_role_is_a_chain_of_one(aws_files: AwsFiles) -> None:
    assert chain(aws_files, "a", f"[profile a]\n{KEY}") == (Hop("a", STATIC),)


def test_roles_are_followed_to_the_profile_with_a_key(aws_files: AwsFiles) -> None:
    text = f"[profile a]\n{takes('r', 'b')}mfa_serial = arn:mfa\n"
    text += f"[profile b]\n{takes('q', 'c')}[profile c]\n{KEY}"
    first, second, third = chain(aws_files, "a", text)
    assert first == Hop("a", ROLE, arn("r"), account_id="111111111111", mfa_serial="arn:mfa")
    assert second == role_hop("b", "q")
    assert third == Hop("c", STATIC)


def test_a_missing_source_ends_the_chain(aws_files: AwsFiles) -> None:
    """R1."""
    found = chain(aws_files, "a", f"[profile a]\n{takes('r', 'ghost')}")
    assert found == (role_hop("a", "r"), Hop("ghost", ProfileKind.UNKNOWN, problem="does not exist"))


def test_a_loop_is_followed_once_round(aws_files: AwsFiles) -> None:
    """R2: what is drawn is a -> b -> a."""
    found = chain(aws_files, "a", f"[profile a]\n{takes('r', 'b')}[profile b]\n{takes('q', 'a')}")
    assert found == (role_hop("a", "r"), role_hop("b", "q"), role_hop("a", "r", "loop"))


def test_a_loop_is_one_even_when_a_profile_in_it_has_keys(aws_files: AwsFiles) -> None:
    """R2: as in botocore."""
    found = chain(aws_files, "a", f"[profile a]\n{takes('r', 'b')}{KEY}[profile b]\n{takes('q', 'a')}")
    assert [hop.problem for hop in found] == ["", "", "loop"]


def test_a_profile_with_keys_may_name_itself(aws_files: AwsFiles) -> None:
    found = chain(aws_files, "a", f"[profile a]\n{takes('r', 'a')}{KEY}")
    assert found == (role_hop("a", "r"), Hop("a", STATIC))
    assert chain(aws_files, "a", f"[profile a]\n{takes('r', 'a')}")[-1].problem == "loop"


def test_a_source_with_keys_and_a_role_uses_its_keys(aws_files: AwsFiles) -> None:
    text = f"[profile a]\n{takes('r', 'b')}[profile b]\n{takes('q', 'c')}{KEY}"
    assert chain(aws_files, "a", text) == (role_hop("a", "r"), Hop("b", STATIC))


def test_both_sources_are_one_too_many(aws_files: AwsFiles) -> None:
    """R3."""
    found = chain(aws_files, "a", f"[profile a]\n{takes('r', 'a')}credential_source = Environment\n")
    assert found == (role_hop("a", "r", "both source_profile and credential_source"),)


def test_no_source_is_too_few(aws_files: AwsFiles) -> None:
    found = chain(aws_files, "a", f"[profile a]\nrole_arn = {arn('r')}\n")
    assert found == (role_hop("a", "r", "neither source_profile nor credential_source"),)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("Ec2InstanceMetadata", ""),
        ("EcsContainer", ""),
        ("environment", "no such source"),
        ("", "no such source"),
    ],
)
def test_a_source_outside_the_files_counts_in_one_spelling(
    aws_files: AwsFiles, source: str, problem: str
) -> None:
    found = chain(aws_files, "a", f"[profile a]\nrole_arn = {arn('r')}\ncredential_source = {source}\n")
    assert found[-1] == Hop("", ProfileKind.UNKNOWN, source=source, problem=problem)


def test_a_source_without_credentials_is_said(aws_files: AwsFiles) -> None:
    found = chain(aws_files, "a", f"[profile a]\n{takes('r', 'b')}[profile b]\nregion = x\n")
    assert found[-1] == Hop("b", ProfileKind.UNKNOWN, problem="no credentials")


def test_a_chain_without_end_in_sight_is_given_up(aws_files: AwsFiles) -> None:
    text = "".join(f"[profile p{number}]\n{takes('r', f'p{number + 1}')}" for number in range(50))
    found = chain(aws_files, "p0", f"{text}[profile p50]\n{KEY}")
    assert len(found) == 21
    assert found[-1] == Hop("p20", ROLE, problem="too long")


@pytest.mark.parametrize(
    ("options", "account_id"),
    [
        (KEY.replace("AKID", "ASIA" + "QNZGKIQY56JQ7WML"), "029608264753"),
        (f"{KEY}aws_account_id = 222222222222\n", "222222222222"),
        (KEY, ""),
        ("sso_session = s\nsso_account_id = 333333333333\nsso_role_name = r\n", "333333333333"),
        (f"role_arn = {arn('r')}\nweb_identity_token_file = /t\n", "111111111111"),
        ("role_arn = nonsense\nweb_identity_token_file = /t\n", ""),
        ("login_session = arn:aws:iam::444444444444:user/me\n", "444444444444"),
        ("credential_process = helper\naws_account_id = 555555555555\n", "555555555555"),
        ("region = x\n", ""),
    ],
)
def test_the_account_is_read_off_what_the_files_hold(
    aws_files: AwsFiles, options: str, account_id: str
) -> None:
    assert chain(aws_files, "a", f"[profile a]\n{options}")[0].account_id == account_id


NAMES = ["a", "b", "c", "d"]
OPTIONS = st.tuples(
    st.sampled_from(["", "", "role_arn = arn:aws:iam::1:role/r\n"]),
    st.sampled_from(["", *(f"source_profile = {name}\n" for name in [*NAMES, "ghost"])]),
    st.sampled_from(["", "", "", "credential_source = Environment\n", "credential_source = environment\n"]),
    st.sampled_from(["", KEY]),
).map("".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(profiles=st.lists(OPTIONS, min_size=4, max_size=4))
def test_every_chain_fails_where_botocore_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profiles: list[str]
) -> None:
    path = tmp_path / "config"
    path.write_text(
        "".join(
            f"[profile {name}]\nregion = eu-west-1\n{options}"
            for name, options in zip(NAMES, profiles, strict=True)
        )
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    known = ConfigFiles.read(os.environ).profiles
    for name in NAMES:
        hops = role_chain(name, known)
        if hops[0].kind is not ROLE:
            continue
        provider = create_credential_resolver(botocore.session.Session(profile=name)).get_provider(
            "assume-role"
        )
        try:
            provider.load()
        except BotoCoreError:
            assert hops[-1].problem
        else:
            assert not hops[-1].problem
