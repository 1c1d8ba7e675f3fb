"""What the caches of the CLI and the SDKs tell, and that no file in them makes reading fail."""

import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CachedCredentialFetcher,
    Credentials,
)
from hypothesis import given
from hypothesis import strategies as st

from workbench.profiles.sso_session import Caches, moment

THEN = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
TEXT = "2031-01-02T03:04:05Z"
URL = "https://d-1.awsapps.com/start"
ROLE = {
    "role_arn": "arn:aws:iam::123456789012:role/r",
    "external_id": "x",
    "mfa_serial": "arn:aws:iam::1:mfa/me",
    "role_session_name": "me",
    "duration_seconds": "900",
}
SSO = {"sso_session": "s", "sso_account_id": "1", "sso_role_name": "Admin"}

Store = Callable[[str, str, object], Path]


@pytest.fixture
def store() -> Store:
    """Puts a file into ~/.aws/FOLDER/cache."""

    def put(folder: str, key: str, content: object) -> Path:
        path = Path.home() / ".aws" / folder / "cache" / f"{key}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return put


def no_client(*_: object, **__: object) -> NoReturn:
    raise AssertionError("nothing is asked")


def key_of(fetcher: CachedCredentialFetcher) -> str:
    return str(vars(fetcher)["_cache_key"])


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def token(start_url: str = URL) -> dict[str, str]:
    return {"startUrl": start_url, "accessToken": "SECRETVALUE", "expiresAt": TEXT}


def test_without_caches_nothing_is_known() -> None:
    caches = Caches({})
    assert caches.sso_expiry(SSO, URL) is None
    assert caches.role_expiry(ROLE) is None
    assert caches.login("arn").expires_at is None


def test_a_session_s_token_is_found_by_the_session_s_name(store: Store) -> None:
    store("sso", sha1("s"), token())
    assert Caches({}).sso_expiry({"sso_session": "s"}, URL) == THEN
    assert Caches({}).sso_expiry({"sso_session": "other"}, URL) is None


def test_an_older_profile_s_token_is_found_by_its_start_url_to_the_letter(store: Store) -> None:
    store("sso", sha1(URL), token())
    assert Caches({}).sso_expiry({"sso_start_url": URL}) == THEN
    assert Caches({}).sso_expiry({"sso_start_url": URL + "/"}) is None


def test_a_token_of_another_portal_is_nobody_s(store: Store) -> None:
    store("sso", sha1("s"), token("https://elsewhere.awsapps.com/start"))
    assert Caches({}).sso_expiry({"sso_session": "s"}, URL) is None


@pytest.mark.parametrize("options", [ROLE, {"role_arn": "r"}, ROLE | {"duration_seconds": "soon"}])
def test_a_role_s_keys_are_found_where_botocore_would_put_them(store: Store, options: dict[str, str]) -> None:
    duration = options.get("duration_seconds", "")
    arguments = {
        "ExternalId": options.get("external_id"),
        "SerialNumber": options.get("mfa_serial"),
        "RoleSessionName": options.get("role_session_name"),
        "DurationSeconds": int(duration) if duration.isdigit() else None,
    }
    fetcher = AssumeRoleCredentialFetcher(
        no_client,
        Credentials("k", "s"),
        options["role_arn"],
        {name: value for name, value in arguments.items() if value},
    )
    store("cli", key_of(fetcher), {"Credentials": {"Expiration": "2031-01-02T03:04:05UTC"}})
    assert Caches({}).role_expiry(options) == THEN


def test_a_console_sign_in_is_found_in_its_folder(store: Store, tmp_path: Path) -> None:
    key = hashlib.sha256(b"arn:aws:iam::1:user/me").hexdigest()
    path = store("login", key, {"accessToken": {"expiresAt": TEXT}})
    assert Caches({}).login("arn:aws:iam::1:user/me").expires_at == THEN
    path.rename(tmp_path / path.name)
    assert Caches({}).login("arn:aws:iam::1:user/me").expires_at is None
    moved = Caches({"AWS_LOGIN_CACHE_DIRECTORY": str(tmp_path)})
    assert moved.login("arn:aws:iam::1:user/me").expires_at == THEN


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '"x"', "{}", '{"accessToken": 1}', "[" * 100_000, "{}" + " " * 300_000,
     '{"accessToken": "t", "expiresAt": 5}', '{"accessToken": "t", "expiresAt": "soon"}',
     '{"Credentials": [], "accessToken": []}', '{"Credentials": {}, "accessToken": {}}'],
)  # fmt: skip
def test_a_damaged_file_is_nothing(store: Store, content: str) -> None:
    store("sso", sha1("s"), content)
    store("cli", sha1(json.dumps({"RoleArn": "r"})), content)
    store("login", hashlib.sha256(b"l").hexdigest(), content)
    caches = Caches({})
    assert caches.sso_expiry({"sso_session": "s"}, URL) is None
    assert caches.role_expiry({"role_arn": "r"}) is None
    assert caches.login("l").expires_at is None


def test_a_pipe_among_the_files_is_not_waited_for(store: Store) -> None:
    path = store("sso", sha1("s"), token())
    path.unlink()
    os.mkfifo(path)
    assert Caches({}).sso_expiry({"sso_session": "s"}, URL) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TEXT, THEN),
        ("2031-01-02T03:04:05UTC", THEN),
        ("2031-01-02 03:04:05", THEN),
        ("2031-01-02T04:04:05+01:00", THEN),
        ("2031-01-02T03:04:05.000Z", THEN),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
        (1924992000, None),
        (None, None),
    ],
)
def test_times_are_read_in_every_spelling(text: object, found: datetime | None) -> None:
    assert moment(text) == found


@given(st.text())
def test_no_text_makes_a_time_fail(text: str) -> None:
    found = moment(text)
    assert found is None or found.utcoffset() is not None
