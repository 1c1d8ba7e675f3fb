"""S5: signing in with a code, when the browser is elsewhere. Time is a fake: waiting takes none."""

import pytest

from tests.fake_sso import START_URL, FakeSso, Refusal
from tests.fake_time import START, FakeClock, FakeContext
from tests.profiles.sso.conftest import LEGACY, SESSION
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.profiles.sso_api import DeviceCode, OidcClients, _is_sign_in_page
from workbench.profiles.sso_session import SsoSession, Token, TokenCache
from workbench.profiles.sso_sign_in import sign_in

PENDING, SLOW_DOWN = "AuthorizationPendingException", "SlowDownException"


class Device:
    """A sign-in with a code, and what came of it."""

    def __init__(self, clients: OidcClients, cache: TokenCache) -> None:
        self.clock = FakeClock()
        self.ctx = FakeContext(self.clock)
        self.opened: list[str] = []
        self._clients, self._cache = clients, cache

    def sign_in(self, session: SsoSession = SESSION) -> Token:
        def open_browser(url: str) -> bool:
            self.opened.append(url)
            return True

        return sign_in(session, self.ctx, open_browser, self.clock, "device", self._clients, self._cache)


@pytest.fixture
def device(clients: OidcClients, cache: TokenCache) -> Device:
    return Device(clients, cache)


def test_the_code_is_shown_and_asked_about_in_the_interval_that_the_service_names(
    fake_sso: FakeSso, device: Device, cache: TokenCache
) -> None:
    fake_sso.interval_s = 7
    fake_sso.device_answers = [PENDING, PENDING]
    token = device.sign_in()
    page = f"{fake_sso.url}/device?user_code=ABCD-EFGH"
    (shown,) = device.ctx.items
    assert isinstance(shown, DeviceCode)
    assert (shown.url, shown.user_code, (shown.expires_at - START).total_seconds()) == (
        page,
        "ABCD-EFGH",
        600,
    )
    assert device.opened == [page]
    assert device.ctx.slept == [7, 7, 7]
    stored = cache.load(SESSION)
    assert stored is not None
    assert stored.access_token == token.access_token
    assert stored.refresh_token in fake_sso.refresh_tokens


@pytest.mark.parametrize(
    "page",
    [
        "https://device.sso.eu-west-1.amazonaws.com/?user_code=ABCD-EFGH",
        "https://device.sso.cn-north-1.amazonaws.com.cn/?user_code=ABCD-EFGH",
        "https://d-1234567890.awsapps.com/start/#/device?user_code=ABCD-EFGH",
        "https://start.us-gov-west-1.us-gov-home.awsapps.com/directory/x#/device",
        "https://start.cn-north-1.home.awsapps.cn/directory/x#/device",
        "https://ssoins-1234.portal.eu-west-1.app.aws/#/device",
        "https://view.awsapps.com/start/#/device?user_code=ABCD-EFGH",
        "https://eu-west-1.signin.aws/platform/login",
        "https://EXAMPLE.awsapps.com/start",
    ],
)
def test_pages_of_awss_sign_in_are_opened(fake_sso: FakeSso, device: Device, page: str) -> None:
    fake_sso.page = page
    device.sign_in()
    assert device.opened == [page]


def test_the_start_urls_own_page_is_opened() -> None:
    """IAM Identity Center may have a domain of the customer's."""
    start_url, endpoint = "https://sso.example.com/start", "https://oidc.eu-west-1.amazonaws.com"
    assert _is_sign_in_page("https://sso.example.com/start/#/device", start_url, endpoint)
    assert not _is_sign_in_page("https://sso.example.org/start/#/device", start_url, endpoint)
    assert not _is_sign_in_page("http://sso.example.com/start", "http://sso.example.com/start", endpoint)


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example/device",
        "https://evil.execute-api.eu-west-1.amazonaws.com/device",
        "https://device.sso.eu-west-1.amazonaws.com.evil.example/",
        "https://device.sso.evil.s3.eu-west-1.amazonaws.com/",
        "https://evil.example\\@device.sso.eu-west-1.amazonaws.com/",
        "https://device.sso.eu-west-1.amazonaws.com@evil.example/",
        "http://device.sso.eu-west-1.amazonaws.com/",
        "https://notawsapps.com/start",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://device.sso.eu-west-1.amazonaws.com/\n",
        "x-workbench://\u202e",
    ],
)
def test_another_page_is_neither_shown_nor_opened(fake_sso: FakeSso, device: Device, page: str) -> None:
    fake_sso.page = page
    with pytest.raises(WorkbenchError, match="page for signing in was not opened") as refused:
        device.sign_in()
    assert "not one of AWS's sign-in pages" in refused.value.why
    assert (device.opened, device.ctx.items) == ([], [])


def test_without_an_interval_it_is_five_seconds_and_slow_down_adds_five(
    fake_sso: FakeSso, device: Device
) -> None:
    fake_sso.interval_s = None
    fake_sso.device_answers = [SLOW_DOWN, PENDING, SLOW_DOWN]
    device.sign_in()
    assert device.ctx.slept == [5, 10, 10, 15]


def test_a_fault_of_the_service_does_not_end_the_sign_in(fake_sso: FakeSso, device: Device) -> None:
    fake_sso.refusals["/token"] = [Refusal(500, "InternalServerException"), Refusal(503, "")]
    assert device.sign_in().access_token in fake_sso.access_tokens


@pytest.mark.parametrize(
    ("code", "why"),
    [("ExpiredTokenException", "before you signed in"), ("AccessDeniedException", "denied in the browser")],
)
def test_an_expired_or_refused_code_is_said_and_can_be_tried_again(
    fake_sso: FakeSso, device: Device, cache: TokenCache, code: str, why: str
) -> None:
    fake_sso.device_answers = [PENDING, code]
    with pytest.raises(WorkbenchError, match=why) as caught:
        device.sign_in()
    assert (caught.value.aws_code, caught.value.action) == (code, "profile.sign_in")
    assert cache.load(SESSION) is None


def test_a_service_that_never_says_so_does_not_keep_a_code_alive(fake_sso: FakeSso, device: Device) -> None:
    fake_sso.device_answers = [PENDING] * 200
    with pytest.raises(WorkbenchError, match="before you signed in"):
        device.sign_in()
    assert device.clock.passed_s == 600


def test_cancel_takes_effect_between_two_questions(fake_sso: FakeSso, device: Device) -> None:
    fake_sso.device_answers = [PENDING] * 200
    device.ctx.on_sleep = lambda: device.ctx.cancel() if device.clock.passed_s >= 15 else None
    with pytest.raises(Cancelled):
        device.sign_in()
    assert fake_sso.count("/token") == 2


def test_the_older_sort_of_profile_uses_a_code_and_the_portal_names_its_token(
    fake_sso: FakeSso, clients: OidcClients, cache: TokenCache
) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock)
    token = sign_in(LEGACY, ctx, lambda _: True, clock, "pkce", clients, cache)
    assert fake_sso.count("/authorize") == 0
    assert not token.refresh_token
    assert cache.load(LEGACY) is not None
    assert cache.load(SESSION) is None


def test_a_portal_that_is_not_there_is_told_with_its_region(device: Device) -> None:
    with pytest.raises(WorkbenchError, match="eu-west-1 rejected the sign-in to https://typo") as caught:
        device.sign_in(SsoSession("typo", "https://typo.awsapps.com/start", "eu-west-1"))
    assert caught.value.action == "profile.edit"
    assert START_URL not in str(caught.value)
