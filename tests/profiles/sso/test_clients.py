"""Where the clients for a sign-in send it, and whom they trust."""

import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fake_sso import FakeSso
from tests.fake_time import FakeClock, FakeContext
from tests.profiles.sso.conftest import SESSION, AwsFiles
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
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A proxy")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    bundle.with_suffix(".key").write_bytes(secret)
    return bundle


@pytest.fixture
def proxied(ca_bundle: Path) -> Iterator[FakeSso]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_bundle, ca_bundle.with_suffix(".key"))
    server = FakeSso(context)
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
