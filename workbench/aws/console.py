"""URLs in the AWS Management Console, and signing in there: with a connection's credentials, in the browser.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html,
https://docs.amazonaws.cn/en_us/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

import json
import os
import re
import secrets
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlencode

from workbench.aws import names
from workbench.aws.connection import Connection, post
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_TOKEN_LENGTH = 8192
_FEDERATION_S = 3600
"""The maximum session for a root user; others get the same."""
_EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
"""AWS grants what both this policy and the user's own policies allow."""


_HOSTS = {
    "aws": ("console.aws.amazon.com", "signin.aws.amazon.com"),
    "aws-cn": ("console.amazonaws.cn", "signin.amazonaws.cn"),
    "aws-us-gov": ("console.amazonaws-us-gov.com", "signin.amazonaws-us-gov.com"),
    "aws-eusc": ("console.amazonaws-eusc.eu", "{region}.signin.amazonaws-eusc.eu"),
}
"""For a partition: the console's domain, and the sign-in host, with "{region}" if it contains one."""


def function_url(function_arn: str) -> str:
    """The page of a function. Raises WorkbenchError for an invalid ARN or an unknown partition."""
    arn = _parsed(function_arn)
    name = arn.resource_id.partition(":")[0]
    return f"{_home(arn.partition, arn.region, 'lambda')}#/functions/{_quoted(name)}"


def role_url(role_arn: str) -> str:
    """The page of a role. Raises as `function_url` does."""
    arn = _parsed(role_arn)
    console, __ = _hosts(arn.partition)
    return f"https://{console}/iam/home#/roles/details/{_quoted(arn.resource_id.rpartition('/')[2])}"


def log_group_url(partition: str, region: str, log_group: str) -> str:
    """The page of a log group, by name. Raises as `function_url` does."""
    name = _quoted(_quoted(log_group)).replace("%", "$")  # CloudWatch's own encoding
    return f"{_home(partition, region, 'cloudwatch')}#logsV2:log-groups/log-group/{name}"


def source_url(source_arn: str) -> str:
    """The page of an event source: a queue, a bucket, an API; empty if it has none.

    Raises:
        WorkbenchError: As for `function_url`.
    """
    try:
        arn = Arn.parse(source_arn)
    except ValueError:
        return ""  # a function URL, or brokers outside AWS
    if arn.service == "lambda" or {"*", "?"} & set(source_arn.removesuffix(":*")):
        return ""
    if arn.service == "logs":
        group = arn.resource.removeprefix("log-group:").removesuffix(":*")
        return log_group_url(arn.partition, arn.region, group)
    if arn.service == "apigateway":
        return _api_url(arn)
    if arn.service == "dynamodb":  # the source is the table's stream
        table = arn.resource.partition("/stream/")[0]
        arn = Arn(arn.partition, arn.service, arn.region, arn.account_id, table)
    return f"https://{_hosts(arn.partition)[0]}/go/view?arn={_quoted(str(arn))}"


def _api_url(arn: Arn) -> str:
    of_api, region = _quoted(arn.resource.rpartition("/")[2]), names.region(arn.region)
    is_rest = arn.resource.startswith("/restapis/")
    page = f"apis/{of_api}/resources" if is_rest else "api-detail"
    return f"https://{_console(arn.partition, region)}/apigateway/main/{page}?api={of_api}&region={region}"


def sign_in_url(connection: Connection, url: str, ctx: JobContext) -> str:
    """A URL that signs the browser in as the connection, then shows a page. Valid for 15 minutes.

    It contains a secret, so it must not be logged. Temporary credentials are exchanged for it directly; for
    an access key of a user, STS first returns temporary ones with the user's own permissions.

    Args:
        url: A URL of this module, in the connection's partition.

    Raises:
        WorkbenchError: There are no credentials, they may not be exchanged, or AWS was not reached.
    """
    failure = _("Could not sign in to the AWS Management Console.")
    partition = _parsed(connection.arn).partition
    host = _hosts(partition)[1].format(region=names.region(connection.region))
    endpoint = f"https://{host}/federation"
    session = json.dumps(_temporary(connection, failure))
    ctx.check()
    answer = ctx.wait_for(
        lambda: post(
            connection,
            endpoint,
            # In the body: URLs are logged on the way, bodies are not.
            urlencode({"Action": "getSigninToken", "Session": session}).encode(),
            content_type="application/x-www-form-urlencoded",
            failure=failure,
        )
    )
    ctx.check()
    if answer.status != 200:
        raise WorkbenchError(
            failure,
            _("AWS does not accept these credentials for the console (HTTP {status}).").format(
                status=answer.status
            ),
            _("Sessions of an IAM user with MFA cannot be used there. Sign in in the browser."),
        )
    token = _token(answer.body)
    if not token:
        raise WorkbenchError(failure, _("The response of AWS holds no sign-in token."), _("Try again."))
    return f"{endpoint}?{urlencode({'Action': 'login', 'Destination': url, 'SigninToken': token})}"


def _temporary(connection: Connection, failure: str) -> dict[str, str]:
    """The connection's credentials in the federation endpoint's format."""
    keys = dict(connection.credentials())
    if not keys:
        raise WorkbenchError(failure, _("The profile has no credentials."), action="profile.sign_in")
    if "AWS_SESSION_TOKEN" in keys:
        return {
            "sessionId": keys["AWS_ACCESS_KEY_ID"],
            "sessionKey": keys["AWS_SECRET_ACCESS_KEY"],
            "sessionToken": keys["AWS_SESSION_TOKEN"],
        }
    user = re.sub(r"[^A-Za-z0-9+=,.@_-]", "", connection.arn.rpartition("/")[2])[:32]
    answer = connection.call(
        "sts",
        "get_federation_token",
        Name=user if len(user) > 1 else "workbench",
        Policy=_EVERYTHING,
        DurationSeconds=_FEDERATION_S,
        failure=failure,
    )
    found = answer["Credentials"]
    return {
        "sessionId": str(found["AccessKeyId"]),
        "sessionKey": str(found["SecretAccessKey"]),
        "sessionToken": str(found["SessionToken"]),
    }


def _token(body: bytes) -> str:
    """The sign-in token of an answer; empty if there is none."""
    try:
        token = json.loads(body)["SigninToken"]
    except (ValueError, TypeError, KeyError):
        return ""
    return token if isinstance(token, str) and len(token) <= _TOKEN_LENGTH else ""


def _home(partition: str, region: str, service: str) -> str:
    return f"https://{_console(partition, region)}/{service}/home?region={region}"


def _console(partition: str, region: str) -> str:
    return f"{names.region(region)}.{_hosts(partition)[0]}"


def _hosts(partition: str) -> tuple[str, str]:
    if (hosts := _HOSTS.get(partition)) is None:
        raise WorkbenchError(
            _("The AWS Management Console was not opened."),
            _("Workbench does not know the console of the partition “{partition}”.").format(
                partition=partition
            ),
        )
    return hosts


def _parsed(text: str) -> Arn:
    try:
        return Arn.parse(text)
    except ValueError:
        raise WorkbenchError(
            _("The AWS Management Console was not opened."), _("“{text}” is not an ARN.").format(text=text)
        ) from None


def _quoted(text: str) -> str:
    return quote(text, safe="")


_POLL_S = 0.2
_TCP_TABLE = Path("/proc/net/tcp")


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    timeout = _POLL_S

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url, self.path = url, f"/{secrets.token_urlsafe(32)}"
        self.is_fetched = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser may disconnect at any time."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 2.0  # for a connection that a browser opens ahead and does not use
    server: _Server

    def do_GET(self) -> None:
        server = self.server
        is_wanted = secrets.compare_digest(self.path.encode(), server.path.encode())
        if not is_wanted or server.is_fetched or not is_own(self.client_address[1], server.server_port):
            self.send_error(404)
            return
        server.is_fetched = True
        self.send_response(303)
        for name, value in (
            ("Location", server.url),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Content-Length", "0"),
        ):
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing, because the path is a secret."""


def hand_over(
    url: str, open_address: Callable[[str], object], ctx: JobContext, timeout_s: float = 60.0
) -> bool:
    """Passes a secret URL to the user's own browser, and waits until it has fetched it; whether it has.

    On Linux a browser is started with the URL as an argument, which every user of the computer can read.
    Instead it gets the URL of a local server, which redirects the first request from a process of the same
    user.

    Args:
        timeout_s: How long the browser may take to start.

    Raises:
        Cancelled: While waiting.
    """
    with _Server(url) as server:
        open_address(f"http://127.0.0.1:{server.server_port}{server.path}")
        end_s = time.monotonic() + timeout_s
        while not server.is_fetched and time.monotonic() < end_s:
            ctx.check()
            server.handle_request()
    return server.is_fetched


def is_own(port: int, server_port: int) -> bool:
    """Whether a local connection belongs to a process of this user.

    Source: https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
    """
    ends = [f"0100007F:{port:04X}", f"0100007F:{server_port:04X}"]  # 127.0.0.1 in Linux's format
    rows = map(str.split, _TCP_TABLE.read_text("ascii").splitlines())
    return any(row[1:3] == ends and row[7] == str(os.getuid()) for row in rows)
