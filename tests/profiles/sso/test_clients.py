"""Where the clients for a sign-in send it, and whom they trust."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fake_sso import FakeSso
from tests.fake_time import FakeClock, FakeContext
from tests.profiles.sso.conftest import SESSION, AwsFiles
from tests.tls import server_context, write_certificate
from workbench.core.errors import WorkbenchError
from workbench.profiles.sso_api import OidcClients
from workbench.profiles.sso_session import SsoSession, Token, TokenCache
from workbench.profiles.sso_sign_in import sign_in


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.amazonaws.com"),
        ("cn-north-1", "cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "us-gov-west-1.amazonaws.com"),
        ("eusc-de-east-1", "eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_a_sign_in_goes_to_aws_whatever_files_and_environment_say(
    aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch, region: str, host: str
) -> None:
    aws_files.config("this is no configuration file")
    for variable in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSO_OIDC", "AWS_ENDPOINT_URL_SSO"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_PROFILE", "ghost")
    clients, session = OidcClients(), replace(SESSION, region=region)
    assert clients.oidc(session).meta.endpoint_url == f"https://oidc.{host}"
    assert clients.portal(session).meta.endpoint_url == f"https://portal.sso.{host}"
    assert clients.oidc(session) is clients.oidc(session)


@pytest.mark.parametrize("region", ["", "evil.example/#", "eu west 1"])
def test_what_is_no_region_is_told(region: str) -> None:
    with pytest.raises(WorkbenchError, match="IAM Identity Center"):
        OidcClients().oidc(replace(SESSION, region=region))


@pytest.fixture
def ca_bundle(tmp_path: Path) -> Path:
    """The certificate of a proxy that reads along, with its key beside it."""
    return write_certificate(tmp_path)


@pytest.fixture
def proxied(ca_bundle: Path) -> Iterator[FakeSso]:
    server = FakeSso(server_context(ca_bundle))
    yield server
    server.close()


def sign_in_through(server: FakeSso, session: SsoSession, cache: TokenCache) -> Token:
    clock = FakeClock()
    clients = OidcClients(server.url)
    return sign_in(session, FakeContext(clock), lambda _: True, clock, "device", clients, cache)


def test_the_certificates_that_the_profile_names_are_trusted(
    proxied: FakeSso, ca_bundle: Path, cache: TokenCache
) -> None:
    token = sign_in_through(proxied, replace(SESSION, ca_bundle=str(ca_bundle)), cache)
    assert token.access_token in proxied.access_tokens


def test_those_of_the_environment_outrank_them(
    proxied: FakeSso, ca_bundle: Path, cache: TokenCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(ca_bundle))
    token = sign_in_through(proxied, replace(SESSION, ca_bundle="/nowhere.pem"), cache)
    assert token.access_token in proxied.access_tokens


def test_a_certificate_that_nobody_vouches_for_is_refused(proxied: FakeSso, cache: TokenCache) -> None:
    with pytest.raises(WorkbenchError, match="does not trust the certificate") as caught:
        sign_in_through(proxied, SESSION, cache)
    assert caught.value.aws_code == "SSLError"
    assert not proxied.calls
