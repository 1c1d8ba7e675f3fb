"""Which files look like secrets: names, and what is in files with doubtful names."""

import codecs
from pathlib import Path

import certifi
import pytest

from tests.growth import LINEAR, growth
from tests.security.real_project import CERTIFICATE, CODE, KEY, PUBLIC_KEY, SECRETS
from workbench.code.contents import Certainty, certainty_of, is_secret

ENCRYPTED = "-----BEGIN ENCRYPTED " + "PRIVATE KEY-----\nMIIB\n"
OPENSSH = "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3Bl\n"
PGP = "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----\n"
PKCS8_DER = bytes.fromhex("308204bd020100300d06092a864886f70d0101")
CERTIFICATE_DER = bytes.fromhex("308203a93082028ea003020102021401")
PUBLIC_DER = bytes.fromhex("30820122300d06092a864886f70d010101")
ENCRYPTED_DER = bytes.fromhex("3082052d305706092a864886f70d01050d")
AWS = "[default]\naws_access_key_id = x\naws_secret_access_key = abcdefghij\n"
KUBECONFIG = "users:\n- name: admin\n  user:\n    client-key-data: LS0tLS1CRUdJTg==\n"
KUBECONFIG_OF_EKS = """
clusters:
- cluster: {certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t, server: https://x}
users:
- name: me
  user:
    exec: {command: aws, args: [eks, get-token, --cluster-name, x]}
"""


@pytest.mark.parametrize(
    ("path", "content"),
    [
        *SECRETS.items(),
        (".env.local", ""),
        (".envrc", ""),
        (".env.prod.bak", ""),
        (".env~", ""),
        (".envs/.production/.postgres", ""),
        ("a/.env/prod.json", ""),
        ("docker.env", ""),
        (".AWS/Config", ""),
        ("home/.ssh/known_hosts", ""),
        (".kube/config", ""),
        ("id_rsa.bak", ""),
        ("id_ed25519_sk", ""),
        ("id_deploy", OPENSSH),
        ("id_rsa_work", OPENSSH),
        ("tls.crt", CERTIFICATE + KEY),
        ("tls.KEY", ENCRYPTED),
        ("key.asc", PGP),
        ("server.key.old", KEY),
        ("putty.ppk", ""),
        ("AuthKey_1.p8", "-----BEGIN " + "PRIVATE KEY-----"),
        ("server.key", PKCS8_DER),
        ("server.der", PKCS8_DER),
        ("server.key", ENCRYPTED_DER),
        ("vpn.ovpn", "<key>\n" + KEY),
        ("windows.pem", codecs.BOM_UTF16_LE + KEY.encode("utf-16-le")),
        ("no-mark.pem", KEY.encode("utf-16-be")),
        ("credentials", AWS),
        ("aws/credentials.ini", AWS),
        ("me_accessKeys.csv", "Access key ID,Secret access key\nx,y\n"),
        ("rootkey.csv", "AWSAccessKeyId=x\nAWSSecretKey=abcdefgh\n"),
        ("credentials.json", '{"client_secret": "abcdefgh"}'),
        ("client_secret_1.json", '{"installed": {"client_secret": "abcdefgh"}}'),
        ("my-project-0a1b2c3d4e5f.json", '{"private_key": "abcdefgh"}'),
        ("sa.json", '{"private_key": "abcdefgh"}'),
        ("keys.json", '{"type": "service_account", "private_key": "abcdefgh"}'),
        ("secrets.yml", "db:\n  password: hunter22\n"),
        (".yarnrc.yml", "npmAuthToken: abcdefgh\n"),
        (".dockercfg", '{"https://x": {"auth": "abc="}}'),
        ("x.tfstate.1700000000.backup", ""),
        ("prod.tfvars", ""),
        (".htpasswd", ""),
        (".pgpass", ""),
        ("pgpass.conf", ""),
        ("env.local", ""),
        ("prod.env.local", ""),
        ("api.env.production", ""),
        (".dev.vars", ""),
        (".secrets", ""),
        (".secrets.toml", ""),
        (".secrets/db.txt", ""),
        (".credentials", ""),
        ("local.settings.json", ""),
        ("passwords.kdbx", ""),
        ("team.psafe3", ""),
        ("login.keychain", ""),
        ("release.jceks", ""),
        ("site.publishsettings", ""),
        ("master.key", "0123456789abcdef0123456789abcdef"),
        ("secring.gpg", ""),
        (".bash_history", ""),
        (".authinfo", ""),
        (".msmtprc", ""),
        (".passwd-s3fs", ""),
        ("kubeconfig", KUBECONFIG),
        ("prod-kubeconfig.yaml", KUBECONFIG),
        ("kubeconfig_eu.yml.bak", "users:\n- user: {token: abcdefgh}\n"),
        (".netrc", "machine x login me password abcdefgh"),
        ("_netrc", "machine x\nlogin me\npassword abcdefgh"),
        (".curlrc", 'proxy = "http://me:abcdefgh@proxy"'),
        (".terraformrc", 'credentials "x" { token = "abcdefgh" }'),
        (".terraform.d/credentials.tfrc.json", '{"credentials": {"x": {"token": "abcdefgh"}}}'),
        ("ssh_host_rsa_key", OPENSSH),
    ],
)  # fmt: skip
def test_secrets(path: str, content: str | bytes) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    assert is_secret(path, lambda: data)
    assert is_secret(f"some/where/{path}", lambda: data)
    assert certainty_of(path) is not Certainty.ORDINARY


@pytest.mark.parametrize(
    ("path", "content"),
    [
        *CODE.items(),
        (".env.sample", "PASSWORD="),
        (".env.template", "PASSWORD="),
        (".env.dev.example", "PASSWORD="),
        ("example.env", "PASSWORD="),
        ("env.py", ""),
        ("environment.json", '{"password": "x"}'),
        ("env/app.py", ""),
        ("id_rsa.pub", "ssh-rsa AAAA"),
        ("id_mapping.py", "x = 1"),
        ("id_tokens.json", "{}"),
        ("tls.crt", CERTIFICATE),
        ("public.key", PUBLIC_KEY),
        ("ca.der", CERTIFICATE_DER),
        ("public.key", PUBLIC_DER),
        ("slides.key", "PK\x03\x04"),
        ("key.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----"),
        ("credentials.py", AWS),
        ("botocore/credentials.py", AWS),
        ("credentials", "these are no keys\n"),
        ("credentials.json", '{"issuer": "https://example.org"}'),
        ("secrets.yml", "db:\n  password: ${ssm:/db/password}\n"),
        ("secrets.json", '{"arn": "arn:aws:secretsmanager:x", "token": null}'),
        ("secrets.py", "import secrets"),
        ("keys.json", '{"partition": "id"}'),
        ("package.json", '{"name": "x"}'),
        ("message.json", '{"private_key": 1}'),
        (".npmrc", "registry=https://registry.example.org/\n//x/:_authToken=${NPM_TOKEN}\n"),
        (".docker/config.json", '{"auths": {}}'),
        ("config.json", '{"auth": "x"}'),
        ("aws/config.py", ""),
        ("token.py", ""),
        ("ssh/keys.py", ""),
        (".gitignore", ".env"),
        ("main.tf", ""),
        ("env.local.example", ""),
        ("env.ts", ""),
        ("env.d.ts", ""),
        ("local.settings.py", ""),
        ("local.settings.json.example", ""),
        ("settings.json", '{"token": "abcdefgh"}'),
        (".secrets.baseline", '{"hashed_secret": "abcdefgh"}'),
        ("secrets/__init__.py", AWS),
        ("kubeconfig.py", "token = get_token()"),
        ("load_kubeconfig.go", "password := read()"),
        ("kubeconfig", KUBECONFIG_OF_EKS),
        ("pgpass.py", ""),
        ("history.py", ""),
        ("keychain.js", ""),
        ("keys/master.key.pub", ""),
        ("ssh_host_rsa_key.pub", "ssh-rsa AAAA"),
        ("bundle.prod.js", ""),
        ("webpack.prod", ""),
        (".curlrc", "silent\n"),
    ],
)  # fmt: skip
def test_ordinary_files(path: str, content: str | bytes) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    if "node_modules" not in path:  # of those the finder asks nothing
        assert not is_secret(path, lambda: data)


def test_the_certificates_that_python_programs_trust_are_ordinary() -> None:
    assert not is_secret("certifi/cacert.pem", Path(certifi.where()).read_bytes)


def test_nothing_is_read_unless_the_name_asks_for_it() -> None:
    def read() -> bytes:
        raise AssertionError("it was read")

    for path in ("app.py", "a/b.js", "x.json", "README.md", ".env", "id_rsa", "store.p12", ".aws/config"):
        is_secret(path, read)


@pytest.mark.parametrize(
    "name", ["credentials", "secrets.json", "x.pem", ".npmrc", "gcp.json", ".docker/config.json"]
)
@pytest.mark.parametrize(
    "piece", [b"a", b"secret", b"://a", b"-----BEGIN ", b'"auth":', b"password ", b" ", b"=\t"]
)
def test_no_content_takes_long(name: str, piece: bytes) -> None:
    assert growth(lambda size: is_secret(name, lambda: piece * (size // len(piece))), 1 << 18) < LINEAR


@pytest.mark.parametrize(("part", "end"), [("a", ".json"), ("-", ".env"), (".env", ""), ("/.", "")])
def test_no_name_takes_long(part: str, end: str) -> None:
    assert growth(lambda size: certainty_of(part * size + end), 20_000) < LINEAR
