"""Console sign-ins (`aws login`): what state they are in, and that botocore uses and renews them."""

import base64
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fake_sso import FakeSso
from tests.profiles.sso.conftest import AwsFiles
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.session import Sessions
from workbench.core.errors import WorkbenchError
from workbench.profiles.sso_session import Caches, login_command

ARN = "arn:aws:iam::111111111111:user/me"
NOW = datetime.now(UTC).replace(microsecond=0)


def put(content: Mapping[str, object] | bytes) -> Path:
    """Stores a sign-in where `aws login` does."""
    path = Path.home() / ".aws" / "login" / "cache" / f"{hashlib.sha256(ARN.encode()).hexdigest()}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def a_sign_in(minutes: int) -> dict[str, object]:
    """What `aws login` of aws-cli 2.32 writes."""
    from awscrt.crypto import EC, ECExportFormat, ECType  # type: ignore[import-untyped]

    kind = "EC PRIVATE KEY"
    key = base64.b64encode(EC.new_generate(ECType.P_256).export_key(ECExportFormat.SEC1)).decode()
    return {
        "accessToken": {
            "accessKeyId": "ASIA111111111111",
            "secretAccessKey": "login-secret",
            "sessionToken": "login-session",
            "accountId": "111111111111",
            "expiresAt": (NOW + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "tokenType": "urn:aws:params:oauth:token-type:access_token_sigv4",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "refreshToken": "refresh-login",
        "idToken": "e.e.e",
        "dpopKey": f"-----BEGIN {kind}-----\n{key}\n-----END {kind}-----\n",
    }


def test_its_end_is_known_and_that_it_renews_itself(aws_files: AwsFiles) -> None:
    put(a_sign_in(-5))
    state = Caches(os.environ).login(ARN)
    assert state.expires_at == NOW - timedelta(minutes=5)
    assert state.renews
    assert state.is_usable(NOW)
    assert "login-secret" not in repr(state)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"accessToken": 1}', b'{"accessToken": {}}'])
def test_a_damaged_sign_in_is_none(aws_files: AwsFiles, content: bytes) -> None:
    put(content)
    assert not Caches(os.environ).login(ARN).is_usable(NOW)


def test_without_a_refresh_token_it_ends_with_its_keys(aws_files: AwsFiles) -> None:
    put({name: value for name, value in a_sign_in(5).items() if name != "refreshToken"})
    state = Caches(os.environ).login(ARN)
    assert state.is_usable(NOW)
    assert not state.is_usable(NOW + timedelta(minutes=6))


def test_the_folder_may_be_moved(aws_files: AwsFiles, tmp_path: Path) -> None:
    put(a_sign_in(5)).rename(tmp_path / f"{hashlib.sha256(ARN.encode()).hexdigest()}.json")
    assert Caches({"AWS_LOGIN_CACHE_DIRECTORY": str(tmp_path)}).login(ARN).is_usable(NOW)
    assert not Caches({}).login(ARN).is_usable(NOW)


def test_who_has_to_sign_in_is_told_what_to_type() -> None:
    assert login_command("my profile", "eu-west-1") == "aws login --profile 'my profile' --region eu-west-1"
    assert login_command("dev") == "aws login --profile dev"


def profile(aws_files: AwsFiles) -> None:
    aws_files.config(f"[profile dev]\nlogin_session = {ARN}\nregion = eu-central-1\n")


def test_a_sign_in_that_ended_is_renewed_by_botocore_and_the_new_end_is_seen(
    aws_files: AwsFiles, fake_sso: FakeSso, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile(aws_files)
    put(a_sign_in(-5))
    fake_sso.keep_key("ASIA111111111111", ARN)
    fake_sso.refresh_tokens.add("refresh-login")
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_sso.url)
    connection = Connection.open(Access("dev", "eu-central-1", fake_sso.url), sessions=Sessions())
    assert connection.account_id == "111111111111"
    assert fake_sso.count("/v1/token") == 1
    state = Caches(os.environ).login(ARN)
    assert state.expires_at is not None
    assert state.expires_at >= NOW + timedelta(minutes=15)
    assert state.renews


def test_a_sign_in_that_cannot_be_renewed_is_told(
    aws_files: AwsFiles,
    fake_sso: FakeSso,
    monkeypatch: pytest.MonkeyPatch,
    expect_log: Callable[[str], None],
) -> None:
    expect_log("botocore.credentials: Refreshing temporary credentials failed")
    profile(aws_files)
    put(a_sign_in(-5))
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_sso.url)
    with pytest.raises(WorkbenchError, match="console sign-in") as caught:
        Connection.open(Access("dev", "eu-central-1", fake_sso.url), sessions=Sessions())
    assert "login-secret" not in str(caught.value)


def test_nobody_signed_in_is_told(aws_files: AwsFiles, fake_sso: FakeSso) -> None:
    profile(aws_files)
    with pytest.raises(WorkbenchError, match="console sign-in has expired") as caught:
        Connection.open(Access("dev", "eu-central-1", fake_sso.url), sessions=Sessions())
    assert caught.value.aws_code == "LoginTokenLoadError"
    assert not fake_sso.calls
