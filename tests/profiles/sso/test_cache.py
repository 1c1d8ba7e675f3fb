"""The files of tokens: what is read, healed, refused, and how they are written."""

import json
import os
import stat
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fake_sso import START_URL
from tests.profiles.sso.conftest import LEGACY, SESSION
from workbench.core.errors import WorkbenchError
from workbench.profiles.sso_session import Registration, Token, TokenCache

NOW = datetime(2026, 3, 13, 15, tzinfo=UTC)
REGISTRATION = Registration("client-1", "client-secret", NOW + timedelta(days=90))
TOKEN = Token(SESSION, "access-1", NOW + timedelta(hours=1), "refresh-1", REGISTRATION)
GOOD = {"startUrl": START_URL, "accessToken": "access-1", "expiresAt": "2026-03-13T16:00:00Z"}


def put(cache: TokenCache, content: bytes | Mapping[str, object]) -> Path:
    path = cache.path_of(SESSION)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_the_file_is_the_cli_s(cache: TokenCache) -> None:
    cache.store(TOKEN)
    # the name is the SHA-1 of "corp"
    assert cache.path_of(SESSION).name == "ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
    assert json.loads(cache.path_of(SESSION).read_text()) == {
        "startUrl": START_URL,
        "region": "eu-west-1",
        "accessToken": "access-1",
        "expiresAt": "2026-03-13T16:00:00Z",
        "clientId": "client-1",
        "clientSecret": "client-secret",
        "registrationExpiresAt": "2026-06-11T15:00:00Z",
        "refreshToken": "refresh-1",
    }


def test_what_was_stored_is_loaded(cache: TokenCache) -> None:
    cache.store(TOKEN)
    assert cache.load(SESSION) == TOKEN


def test_the_default_folder_is_the_cli_s_and_private() -> None:
    cache = TokenCache()
    cache.store(TOKEN)
    assert cache.folder == Path.home() / ".aws" / "sso" / "cache"
    for folder in (cache.folder, cache.folder.parent, Path.home() / ".aws"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(cache.path_of(SESSION).stat().st_mode) == 0o600
    assert [path.name for path in cache.folder.iterdir()] == [cache.path_of(SESSION).name]


def test_a_folder_that_exists_keeps_its_mode(cache: TokenCache) -> None:
    cache.folder.mkdir(mode=0o755)
    cache.store(TOKEN)
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o755


@pytest.mark.parametrize(
    ("expires_at", "is_read"),
    [
        ("2026-03-13T16:00:00Z", True),
        ("2026-03-13T16:00:00UTC", True),  # AWS CLI before 2.1
        ("2026-03-13T17:00:00+01:00", True),
        ("2026-03-13T16:00:00.000Z", True),  # SDKs for Java and JavaScript
        ("2026-03-13T16:00:00", True),
        ("tomorrow", False),
        ("0001-01-01T00:00:00+23:00", False),
    ],
)
def test_every_tool_s_way_to_write_the_time_is_read(
    cache: TokenCache, expires_at: str, is_read: bool
) -> None:
    path = put(cache, GOOD | {"expiresAt": expires_at})
    token = cache.load(SESSION)
    assert (token is not None and token.expires_at == TOKEN.expires_at) is is_read
    assert path.exists() is is_read


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"startUrl": "https://example',
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b"[" * 100_000,
        {},
        {"accessToken": "a"},
        {"expiresAt": "2026-03-13T16:00:00Z"},
        {"accessToken": 1, "expiresAt": "2026-03-13T16:00:00Z"},
        {"accessToken": "", "expiresAt": "2026-03-13T16:00:00Z"},
        {"accessToken": "a", "expiresAt": 1},
    ],
    ids=range(13),
)
def test_a_damaged_file_is_healed(cache: TokenCache, content: bytes | Mapping[str, object]) -> None:
    """S3."""
    path = put(cache, content)
    assert cache.load(SESSION) is None
    assert not path.exists()
    cache.store(TOKEN)
    assert cache.load(SESSION) == TOKEN


@pytest.mark.parametrize("start_url", ["https://other.awsapps.com/start", "https://example.awsapps.com"])
def test_a_token_of_another_portal_is_refused_and_left_alone(cache: TokenCache, start_url: str) -> None:
    """S4."""
    path = put(cache, GOOD | {"startUrl": start_url})
    assert cache.load(SESSION) is None
    assert path.exists()
    assert cache.start_url_of(SESSION) == start_url


@pytest.mark.parametrize("start_url", [START_URL + "/", START_URL + "/#/", START_URL.upper(), None])
def test_the_same_portal_written_otherwise_is_taken(cache: TokenCache, start_url: str | None) -> None:
    put(cache, GOOD | {"startUrl": start_url})
    assert cache.load(SESSION) is not None


def test_a_token_without_its_registration_cannot_be_renewed_but_used(cache: TokenCache) -> None:
    put(cache, GOOD | {"refreshToken": "r", "clientId": "c"})
    token = cache.load(SESSION)
    assert token is not None
    assert token.is_valid(NOW)
    assert not token.can_refresh(NOW)


def test_the_older_sort_is_found_by_its_portal(cache: TokenCache) -> None:
    cache.store(Token(LEGACY, "legacy-1", NOW))
    assert cache.path_of(LEGACY) != cache.path_of(SESSION)
    assert cache.load(SESSION) is None


def test_what_is_no_file_is_no_token(cache: TokenCache) -> None:
    cache.folder.mkdir()
    cache.path_of(SESSION).mkdir()
    assert cache.load(SESSION) is None
    with pytest.raises(WorkbenchError, match="could not be saved"):
        cache.store(TOKEN)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes")
def test_a_pipe_keeps_nobody_waiting(cache: TokenCache) -> None:
    cache.folder.mkdir()
    os.mkfifo(cache.path_of(SESSION))
    assert cache.load(SESSION) is None


def test_a_file_in_the_folder_s_place_is_told(cache: TokenCache) -> None:
    cache.folder.write_text("")
    with pytest.raises(WorkbenchError, match="could not be saved"):
        cache.store(TOKEN)


def test_registrations_are_kept_apart_by_the_way_to_sign_in(cache: TokenCache) -> None:
    pkce = Registration("pkce", "s", NOW, ("authorization_code",))
    cache.store_registration(SESSION, pkce)
    assert cache.load_registration(SESSION, ("authorization_code",)) == pkce
    assert cache.load_registration(SESSION, ()) is None
    cache.clear_registration(SESSION, ("authorization_code",))
    assert cache.load_registration(SESSION, ("authorization_code",)) is None
