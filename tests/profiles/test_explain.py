"""Why this credential: the winner is the one that botocore finds."""

import hashlib
import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore.credentials import create_credential_resolver
from botocore.exceptions import BotoCoreError

from tests.aws.conftest import AwsFiles
from workbench.core.errors import WorkbenchError
from workbench.profiles.explain import TITLES, Explanation, explain

KEY = "aws_access_key_id = AKID\naws_secret_access_key = SECRETVALUE\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/r\n"
SSO = "sso_start_url = https://x\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n"
LOGIN = "login_session = arn:aws:iam::1:user/me\n"
ANSWER = '{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "s"}'
PROCESS = f"credential_process = {shlex.join([sys.executable, '-c', f'print({ANSWER!r})'])}\n"
WEB = f"{ROLE}web_identity_token_file = /t\n"
EMPTY = "region = eu-west-1\n"


def winner(found: Explanation) -> str:
    return found.winner.provider if found.winner else ""


def states(found: Explanation, *wanted: str) -> dict[str, str]:
    return {row.provider: row.state for row in found.rows if row.state in wanted}


def providers_of_botocore() -> Iterator[tuple[str, bool]]:
    """Each provider's name and whether it gives credentials, or fails, which ends the search as well."""
    session = botocore.session.Session(profile="p")
    resolver = create_credential_resolver(session)
    resolver.remove("container-role")
    resolver.remove("iam-role")
    for provider in resolver.providers:
        try:
            yield str(provider.METHOD), provider.load() is not None
        except BotoCoreError:
            yield str(provider.METHOD), True


@pytest.fixture(autouse=True)
def signed_in(aws_files: AwsFiles) -> None:
    """The cache of a console sign-in: without one, its provider fails."""
    path = Path.home() / ".aws/login/cache" / f"{hashlib.sha256(b'arn:aws:iam::1:user/me').hexdigest()}.json"
    path.parent.mkdir(parents=True)
    token = {"accessKeyId": "AKID", "secretAccessKey": "s", "sessionToken": "t", "accountId": "1"}
    content = {"accessToken": token | {"expiresAt": "2099-01-01T00:00:00Z"}, "refreshToken": "r"}
    path.write_text(json.dumps(content | {"dpopKey": "k", "clientId": "c"}))


@pytest.mark.parametrize(
    ("config", "credentials", "provider"),
    [
        (EMPTY, "", ""),
        (KEY, "", "config-file"),
        (EMPTY, KEY, "shared-credentials-file"),
        (KEY, KEY, "shared-credentials-file"),
        ("aws_access_key_id = AKID\n", "", "config-file"),
        ("aws_secret_access_key = x\n", "", ""),
        (PROCESS, "", "custom-process"),
        (PROCESS + KEY, "", "custom-process"),
        (PROCESS, KEY, "shared-credentials-file"),
        (LOGIN, "", "login"),
        (LOGIN + PROCESS, "", "login"),
        (LOGIN, KEY, "shared-credentials-file"),
        (SSO, "", "sso"),
        (SSO, KEY, "sso"),
        ("sso_start_url = https://x\nsso_account_id = 1\n", KEY, "sso"),
        ("sso_session = s\n", KEY, "shared-credentials-file"),
        ("sso_session = s\n", "", ""),
        (WEB, KEY, "assume-role-with-web-identity"),
        ("web_identity_token_file =\n", KEY, "shared-credentials-file"),
        (f"{ROLE}source_profile = p\n", KEY, "assume-role"),
        (f"{ROLE}source_profile = ghost\n", KEY, "assume-role"),
        (f"{ROLE}source_profile = p\n", "", "assume-role"),
        (ROLE, KEY, "assume-role"),
        (SSO + LOGIN + PROCESS + KEY, KEY, "sso"),
        (f"{ROLE}credential_source = Environment\n", "", "assume-role"),
    ],
)
def test_the_winner_is_the_one_that_botocore_finds(
    aws_files: AwsFiles, config: str, credentials: str, provider: str
) -> None:
    aws_files.config(f"[profile p]\n{config}")
    aws_files.credentials(f"[p]\n{credentials}" if credentials else "")
    found = explain("p", os.environ)
    assert winner(found) == provider
    applies = [name for name, gives in providers_of_botocore() if gives]
    assert applies[:1] == ([provider] if provider else [])
    assert set(states(found, "wins", "shadowed")) == set(applies)
    assert "SECRETVALUE" not in repr(found)


def test_the_rows_are_botocore_s_providers_in_its_order(aws_files: AwsFiles) -> None:
    aws_files.config(f"[profile p]\n{EMPTY}")
    resolver = create_credential_resolver(botocore.session.Session())
    assert [provider.METHOD for provider in resolver.providers] == list(TITLES)
    assert [row.provider for row in explain("p", os.environ).rows] == list(TITLES)


def test_a_key_hides_a_helper_and_both_are_found(aws_files: AwsFiles) -> None:
    """R9."""
    config = aws_files.config("[profile p]\nregion = x\ncredential_process = helper\n")
    credentials = aws_files.credentials(f"[p]\n{KEY}")
    found = explain("p", os.environ)
    assert found.winner is not None
    assert (found.winner.provider, found.winner.where) == ("shared-credentials-file", f"{credentials}:2")
    [hidden] = [row for row in found.rows if row.state == "shadowed"]
    assert (hidden.provider, hidden.where) == ("custom-process", f"{config}:3")
    assert hidden.why == "“Access key in the credentials file” takes precedence."


def test_the_environment_and_the_machine_are_taken_out(
    aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R10."""
    aws_files.config(f"[profile p]\n{KEY}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/")
    found = explain("p", os.environ)
    assert winner(found) == "config-file"
    assert states(found, "removed") == {"env": "removed", "container-role": "removed", "iam-role": "removed"}
    assert found.rows[0].where == "AWS_ACCESS_KEY_ID"
    assert "AKIDENV" not in repr(found)


def test_keys_of_old_tools_count_for_a_profile_without_any(
    aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    aws_files.config(f"[profile p]\n{EMPTY}")
    old, boto = tmp_path / "old", tmp_path / "boto"
    boto.write_text(f"[Credentials]\n{KEY}")
    monkeypatch.setenv("BOTO_CONFIG", str(boto))
    assert winner(explain("p", os.environ)) == "boto-config"
    for text in ("AWSAccessKeyId=AKID\nAWSSecretKey=s\n", "nothing = here\n", None):
        old.write_text(text) if text else old.unlink()
        monkeypatch.setenv("AWS_CREDENTIAL_FILE", str(old))
        expected = next(name for name, gives in providers_of_botocore() if gives)
        assert winner(explain("p", os.environ)) == expected


def test_a_chain_is_told_in_words(aws_files: AwsFiles) -> None:
    aws_files.config(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{ROLE}source_profile = r\n[profile r]\n{KEY}"
    )
    found = explain("p", os.environ)
    assert found.winner is not None
    assert found.winner.why.startswith("The role arn:aws:iam::123456789012:role/r is assumed with the ")
    assert found.winner.why.endswith("credentials of the profile “r” through q.")
    aws_files.config(f"[profile p]\n{ROLE}credential_source = Ec2InstanceMetadata\n")
    found = explain("p", os.environ)
    assert found.winner is not None
    assert found.winner.why.endswith("with the credentials of Ec2InstanceMetadata.")


def test_a_profile_that_is_gone_is_said() -> None:
    with pytest.raises(WorkbenchError, match="The profile “p” does not exist") as caught:
        explain("p", {})
    assert caught.value.action == "profile.reload"
