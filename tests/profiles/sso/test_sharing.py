"""One sign-in for all: the AWS CLI and boto3 use what Workbench stored, and Workbench what they renewed.

Both run as processes of their own, as on a person's computer: botocore finds the cache when it is imported.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fake_sso import START_URL, FakeSso
from tests.profiles.sso.conftest import LEGACY, SESSION, AwsFiles, Browser
from tests.profiles.sso.test_refresh import a_token
from workbench.core.jobs import JobContext
from workbench.profiles.sso_api import OidcClients
from workbench.profiles.sso_session import Token, TokenCache
from workbench.profiles.sso_sign_in import sign_in

CONFIG = f"""[profile dev]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Admin
region = eu-central-1
[profile old]
sso_start_url = {START_URL}
sso_region = eu-west-1
sso_account_id = 111111111111
sso_role_name = Reader
region = eu-central-1
[sso-session corp]
sso_start_url = {START_URL}
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
"""
BOTO3 = """
import boto3, json, sys
session = boto3.Session(profile_name=sys.argv[1])
identity = session.client("sts").get_caller_identity()
print(json.dumps({"Account": identity["Account"], "Arn": identity["Arn"]}))
"""
TOOLS: Mapping[str, list[str]] = {
    "aws": [
        str(Path(sys.executable).with_name("aws")),
        "sts",
        "get-caller-identity",
        "--output",
        "json",
        "--profile",
    ],
    "boto3": [sys.executable, "-c", BOTO3],
}


def run(tool: str, profile: str, fake_sso: FakeSso) -> tuple[str, str]:
    """What a tool says who the profile is, and what it complained of."""
    environ = {
        "HOME": os.environ["HOME"],
        "PATH": os.environ["PATH"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": fake_sso.url,
    }
    done = subprocess.run(
        [*TOOLS[tool], profile], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    return str(json.loads(done.stdout)["Arn"]) if done.returncode == 0 else "", done.stderr


@pytest.fixture(autouse=True)
def _config(aws_files: AwsFiles) -> None:
    aws_files.config(CONFIG)


@pytest.fixture(params=TOOLS)
def tool(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_who_signed_in_here_is_signed_in_there(
    fake_sso: FakeSso, clients: OidcClients, browser: Browser, tool: str
) -> None:
    """S2: and the token service hears nothing of it."""
    fake_sso.accounts["111111111111"].roles = ["Admin", "Reader"]
    assert run(tool, "dev", fake_sso)[0] == ""
    sign_in(SESSION, JobContext(), browser, clients=clients)
    fake_sso.calls.clear()
    arn, complaints = run(tool, "dev", fake_sso)
    assert arn == "arn:aws:sts::111111111111:assumed-role/Admin/me", complaints
    assert fake_sso.count("/token") == 0
    assert run(tool, "old", fake_sso)[0] == ""  # a sign-in of its own
    legacy = Token(LEGACY, str(fake_sso.issue()["accessToken"]), datetime.now(UTC) + timedelta(hours=1))
    TokenCache().store(legacy)
    arn, complaints = run(tool, "old", fake_sso)
    assert arn == "arn:aws:sts::111111111111:assumed-role/Reader/me", complaints


def test_they_renew_what_is_stored_here_and_what_they_store_is_read_here(
    fake_sso: FakeSso, tool: str
) -> None:
    cache = TokenCache()
    old = a_token(fake_sso, -60, now=datetime.now(UTC))
    cache.store(old)
    arn, complaints = run(tool, "dev", fake_sso)
    assert arn, complaints
    assert fake_sso.count("/token") == 1
    renewed = cache.load(SESSION)
    assert renewed is not None
    assert renewed.access_token != old.access_token
    assert renewed.refresh_token in fake_sso.refresh_tokens
    assert renewed.registration == old.registration
    assert renewed.expires_at > datetime.now(UTC) + timedelta(minutes=30)
