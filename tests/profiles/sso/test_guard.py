"""S3 and S4 where they matter: a session that is about to use a stored sign-in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fake_sso import START_URL, FakeSso
from tests.profiles.sso.conftest import SESSION, AwsFiles
from tests.profiles.sso.test_refresh import a_token
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.session import Sessions
from workbench.core.errors import WorkbenchError
from workbench.profiles.sso_session import SsoSession, Token, TokenCache
from workbench.profiles.sso_sign_in import prepare

CONFIG = """[profile dev]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Admin
[profile role]
role_arn = arn:aws:iam::222222222222:role/deploy
source_profile = dev
[profile keys]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = s
[sso-session corp]
sso_start_url = {start_url}
sso_region = eu-west-1
"""


class Guarded:
    """Connections of sessions that the guard looks at."""

    def __init__(self, fake_sso: FakeSso, aws_files: AwsFiles, folder: Path) -> None:
        self.fake_sso, self._files, self.cache = fake_sso, aws_files, TokenCache(folder)
        self._files.config(CONFIG.format(start_url=START_URL))
        self._sessions = Sessions(prepare=lambda session, access: prepare(session, access, self.cache))

    def open(self, profile: str) -> Connection:
        access = Access(profile, "eu-central-1", self.fake_sso.url)
        return Connection.open(access, sessions=self._sessions)

    def store(self, session: SsoSession, minutes: int = 60) -> str:
        token = str(self.fake_sso.issue()["accessToken"])
        self.cache.store(Token(session, token, datetime.now(UTC) + timedelta(minutes=minutes)))
        return token


@pytest.fixture
def guarded(
    fake_sso: FakeSso, aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Guarded:
    """The folder was found when botocore was imported; it gets this test's. SSO's requests go to the fake."""
    for owner in ("botocore.credentials.SSOProvider", "botocore.tokens.SSOTokenProvider"):
        monkeypatch.setattr(f"{owner}._SSO_TOKEN_CACHE_DIR", str(tmp_path / "sso"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_sso.url)
    return Guarded(fake_sso, aws_files, tmp_path / "sso")


@pytest.mark.parametrize("profile", ["dev", "role"])
def test_a_sign_in_to_another_portal_is_not_used(guarded: Guarded, profile: str) -> None:
    """S4."""
    token = guarded.store(SsoSession("corp", "https://other.awsapps.com/start", "eu-west-1"))
    with pytest.raises(WorkbenchError, match=r"another portal, https://other\.awsapps\.com/start") as caught:
        guarded.open(profile)
    assert caught.value.action == "profile.sign_in"
    assert token not in str(caught.value)
    assert not guarded.fake_sso.calls


def test_without_the_guard_it_would_be_used(guarded: Guarded) -> None:
    guarded.store(SsoSession("corp", "https://other.awsapps.com/start", "eu-west-1"))
    Connection.open(Access("dev", "eu-central-1", guarded.fake_sso.url), sessions=Sessions())
    assert guarded.fake_sso.count("/federation/credentials") == 1


def test_a_damaged_sign_in_is_healed_and_asks_for_a_new_one(guarded: Guarded) -> None:
    """S3."""
    path = guarded.cache.path_of(SESSION)
    path.parent.mkdir()
    path.write_text('{"startUrl": "https://exa')
    with pytest.raises(WorkbenchError, match="not signed in"):
        guarded.open("dev")
    assert not path.exists()
    guarded.store(SESSION)
    assert guarded.open("dev").account_id == "111111111111"


def test_a_sign_in_that_has_ended_for_good_is_told_without_a_call(guarded: Guarded) -> None:
    """S2."""
    guarded.store(SESSION, minutes=-1)
    with pytest.raises(WorkbenchError, match="has expired") as caught:
        guarded.open("role")
    assert caught.value.action == "profile.sign_in"
    assert not guarded.fake_sso.calls


def test_a_sign_in_that_can_be_renewed_is_left_to_botocore(guarded: Guarded) -> None:
    guarded.cache.store(a_token(guarded.fake_sso, -60, now=datetime.now(UTC)))
    assert guarded.open("dev").account_id == "111111111111"
    assert guarded.fake_sso.count("/token") == 1


def test_a_profile_that_names_no_session_is_told_before_anything_is_sent(
    guarded: Guarded, aws_files: AwsFiles
) -> None:
    aws_files.config("[profile dev]\nsso_session = ghost\nsso_account_id = 1\nsso_role_name = A\n")
    with pytest.raises(WorkbenchError, match=r"\[sso-session ghost\] does not exist"):
        guarded.open("dev")


def test_other_profiles_are_left_alone(guarded: Guarded) -> None:
    guarded.store(SsoSession("corp", "https://other.awsapps.com/start", "eu-west-1"))
    guarded.fake_sso.keep_key("AKIDEXAMPLE", "arn:aws:iam::333333333333:user/me")
    assert guarded.open("keys").account_id == "333333333333"
