"""IAM Identity Center on 127.0.0.1: its sign-in service, its access portal, and the STS of its accounts.

It checks what AWS checks (registration, PKCE, one use of each code, bearer tokens, end of tokens), so that a
client that gets through here did its part. A room that wants the fixture imports it in its conftest.py.
Wire formats: the service models sso-oidc, sso, signin and sts of botocore 1.43.
"""

import base64
import hashlib
import itertools
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

__all__ = ["FakeSso", "fake_sso"]

START_URL = "https://example.awsapps.com/start"
Fields = Mapping[str, str]
"""Of a query or of a JSON body. Lists are in it only where `register` looks."""


@dataclass(frozen=True)
class Refusal(Exception):
    """An answer that is an error. `headers` are added."""

    status: int
    code: str
    headers: Mapping[str, str] = field(default_factory=dict)


def oidc(code: str) -> Refusal:
    """A refusal of the sign-in service."""
    return Refusal(401 if code == "InvalidClientException" else 400, code)


@dataclass
class Account:
    name: str
    roles: list[str]
    email: str = ""


class FakeSso:
    """The server, running. `device_answers` and `refusals` are used up, first things first."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.on_call: Callable[[str], None] = lambda _: None
        self.device_answers: list[str] = []
        self.interval_s: int | None = 5
        self.page = ""
        """The page where the code is entered; its own if ''."""
        self.refusals: dict[str, list[Refusal]] = {}
        self.offers_pkce = True
        self.gives_refresh_tokens = True
        self.lifetime_s = 3600
        self.page_size = 2
        self.accounts = {"111111111111": Account("Dev", ["Admin", "Reader"], "dev@example.com")}
        self._registered: dict[str, dict[str, object]] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self.access_tokens: set[str] = set()
        self.refresh_tokens: set[str] = set()
        self._numbers = itertools.count(1)
        self._keys: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return Counter(path for path, _ in self.calls)[path]

    def asked(self, path: str) -> list[dict[str, str]]:
        return [fields for seen, fields in self.calls if seen == path]

    # ---- the sign-in service ------------------------------------------------------------------------------

    def register(self, asked: Fields) -> dict[str, object]:
        grants = asked.get("grantTypes", "")
        if "authorization_code" in grants and not self.offers_pkce:
            raise oidc("UnsupportedGrantTypeException")
        client_id = f"client-{next(self._numbers)}"
        self._registered[client_id] = {**asked, "secret": f"secret-of-{client_id}"}
        return {
            "clientId": client_id,
            "clientSecret": f"secret-of-{client_id}",
            "clientIdIssuedAt": int(time.time()),
            "clientSecretExpiresAt": int(time.time()) + 90 * 86400,
        }

    def authorize(self, asked: Fields) -> str:
        """What a person's browser sees who agrees: where it is sent on to."""
        client = self._registered[asked["client_id"]]
        sent_to = urlsplit(asked["redirect_uri"])
        assert f"{sent_to.scheme}://{sent_to.hostname}{sent_to.path}" in client["redirectUris"]  # type: ignore[operator]
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert asked["scopes"].split() == client["scopes"]
        code = f"code-{next(self._numbers)}"
        self._codes[code] = dict(asked)
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def device_authorization(self, asked: Fields) -> dict[str, object]:
        self._check_client(asked)
        if asked["startUrl"] != START_URL:
            raise oidc("InvalidRequestException")
        answer: dict[str, object] = {
            "deviceCode": "device-1",
            "userCode": "ABCD-EFGH",
            "verificationUri": self.page or f"{self.url}/device",
            "verificationUriComplete": self.page or f"{self.url}/device?user_code=ABCD-EFGH",
            "expiresIn": 600,
        }
        return answer if self.interval_s is None else answer | {"interval": self.interval_s}

    def token(self, asked: Fields) -> dict[str, object]:
        client = self._check_client(asked)
        match asked["grantType"]:
            case "authorization_code":
                code = self._codes.pop(asked["code"], None)
                if code is None or code["redirect_uri"] != asked["redirectUri"]:
                    raise oidc("InvalidGrantException")
                digest = hashlib.sha256(asked["codeVerifier"].encode()).digest()
                if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code["code_challenge"]:
                    raise oidc("InvalidGrantException")
            case "urn:ietf:params:oauth:grant-type:device_code":
                assert asked["deviceCode"] == "device-1"
                if self.device_answers:
                    raise oidc(self.device_answers.pop(0))
            case "refresh_token":
                if asked["refreshToken"] not in self.refresh_tokens:
                    raise oidc("InvalidGrantException")
                self.refresh_tokens.remove(asked["refreshToken"])
        # The device flow gives a refresh token when the scope was asked for.
        return self.issue(bool(client.get("scopes")) or asked["grantType"] == "refresh_token")

    def issue(self, with_refresh: bool = True) -> dict[str, object]:
        """A new access token, which the portal takes."""
        number = next(self._numbers)
        access, refresh = f"access-{number}", f"refresh-{number}"
        self.access_tokens.add(access)
        answer: dict[str, object] = {
            "accessToken": access,
            "tokenType": "Bearer",
            "expiresIn": self.lifetime_s,
        }
        if with_refresh and self.gives_refresh_tokens:
            self.refresh_tokens.add(refresh)
            answer["refreshToken"] = refresh
        return answer

    def know(self, client_id: str, secret: str) -> None:
        """A registration from before the test."""
        self._registered[client_id] = {"secret": secret, "scopes": ["sso:account:access"]}

    def _check_client(self, asked: Fields) -> dict[str, object]:
        client = self._registered.get(asked["clientId"])
        if client is None or client["secret"] != asked["clientSecret"]:
            raise oidc("InvalidClientException")
        return client

    # ---- the access portal and STS ------------------------------------------------------------------------

    def list_accounts(self, asked: Fields) -> dict[str, object]:
        self._check_bearer(asked)
        found = [
            {"accountId": number, "accountName": account.name, "emailAddress": account.email}
            for number, account in self.accounts.items()
        ]
        return self._page("accountList", found, asked)

    def list_roles(self, asked: Fields) -> dict[str, object]:
        self._check_bearer(asked)
        number = asked["account_id"]
        found = [{"roleName": role, "accountId": number} for role in self.accounts[number].roles]
        return self._page("roleList", found, asked)

    def role_credentials(self, asked: Fields) -> dict[str, object]:
        self._check_bearer(asked)
        account = self.accounts.get(asked["account_id"])
        if account is None or asked["role_name"] not in account.roles:
            raise Refusal(403, "ForbiddenException")
        key = f"ASIA{asked['account_id']}"
        self._keys[key] = f"arn:aws:sts::{asked['account_id']}:assumed-role/{asked['role_name']}/me"
        return {
            "roleCredentials": {
                "accessKeyId": key,
                "secretAccessKey": "s",
                "sessionToken": "t",
                "expiration": int((time.time() + 3600) * 1000),
            }
        }

    def logout(self, asked: Fields) -> dict[str, object]:
        self._check_bearer(asked)
        self.access_tokens.discard(asked["bearer"])
        return {}

    def identity(self, authorization: str) -> str:
        """STS's GetCallerIdentity, as XML."""
        key = authorization.partition("Credential=")[2].partition("/")[0]
        arn = self._keys[key]
        account = arn.split(":")[4]
        return (
            f"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn><UserId>U</UserId>"
            f"<Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        )

    def _check_bearer(self, asked: Fields) -> None:
        if asked["bearer"] not in self.access_tokens:
            raise Refusal(401, "UnauthorizedException")

    def _page(self, name: str, found: list[dict[str, str]], asked: Fields) -> dict[str, object]:
        start = int(asked.get("next_token", 0))
        end = start + self.page_size
        page: dict[str, object] = {name: found[start:end]}
        return page | {"nextToken": str(end)} if end < len(found) else page

    # ---- console sign-in -----------------------------------------------------------------------------------

    def keep_key(self, access_key_id: str, arn: str) -> None:
        """Makes a key known to STS."""
        self._keys[access_key_id] = arn

    def renew_login(self, asked: Fields) -> dict[str, object]:
        if asked["refreshToken"] not in self.refresh_tokens or not asked["dpop"]:
            raise Refusal(400, "AccessDeniedException")
        key, secret = "ASIA111111111111", "renewed-login-secret"
        return {
            "accessToken": {"accessKeyId": key, "secretAccessKey": secret, "sessionToken": "t"},
            "tokenType": "aws_sigv4",
            "expiresIn": 900,
            "refreshToken": asked["refreshToken"],
        }

    # ---- HTTP ---------------------------------------------------------------------------------------------

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self
        routes = {
            "/client/register": self.register,
            "/device_authorization": self.device_authorization,
            "/token": self.token,
            "/assignment/accounts": self.list_accounts,
            "/assignment/roles": self.list_roles,
            "/federation/credentials": self.role_credentials,
            "/logout": self.logout,
            "/v1/token": self.renew_login,
        }

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                target = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = dict(parse_qsl(target.query))
                if target.path in routes and body:
                    asked |= json.loads(body)
                asked["dpop"] = self.headers.get("DPoP", "")
                asked["bearer"] = self.headers.get("x-amz-sso_bearer_token", "")
                outer.calls.append((target.path, asked))
                outer.on_call(target.path)
                try:
                    if outer.refusals.get(target.path):
                        raise outer.refusals[target.path].pop(0)
                    if target.path == "/authorize":
                        self.answer(302, b"", {"Location": outer.authorize(asked)})
                    elif target.path == "/":
                        xml = outer.identity(self.headers.get("Authorization", "")).encode()
                        self.answer(200, xml, {"Content-Type": "text/xml"})
                    else:
                        self.answer(200, json.dumps(routes[target.path](asked)).encode(), {})
                except Refusal as refusal:
                    told = {"error": refusal.code, "error_description": "As told.", "message": "No access"}
                    headers = {"x-amzn-ErrorType": refusal.code, **refusal.headers}
                    self.answer(refusal.status, json.dumps(told).encode(), headers)

            do_GET = do_POST

            def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("x-amzn-RequestId", "r-1")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@pytest.fixture
def fake_sso() -> Iterator[FakeSso]:
    server = FakeSso()
    yield server
    server.close()
