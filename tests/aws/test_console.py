"""Addresses of the console as AWS documents them, and what signing in there sends where."""

import json
import logging
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from tests.aws.federation import SignInHosts
from tests.aws.model_check import model_checked_sessions
from tests.aws_stub import ANY, StubbedAws
from workbench.aws.client_config import Access, StaticKeys
from workbench.aws.connection import Connection
from workbench.aws.console import function_url, log_group_url, role_url, sign_in_url, source_url
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.redaction import redact

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PAGE = "https://eu-central-1.console.aws.amazon.com/lambda/home?region=eu-central-1#/functions/hello"


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> SignInHosts:
    hosts = SignInHosts()
    hosts.install(monkeypatch)
    return hosts


def temporary(region: str = "eu-central-1", partition: str = "aws") -> Connection:
    """The connection of a role's session."""
    access = Access(None, region, "", StaticKeys("ASIAEXAMPLE", SECRET, "session-token"))
    arn = f"arn:{partition}:sts::123456789012:assumed-role/admin/alice"
    return Connection(access, model_checked_sessions().get(access), "123456789012", arn)


def form(hosts: SignInHosts) -> dict[str, str]:
    (request,) = hosts.asked
    assert isinstance(request.body, bytes)
    return dict(parse_qsl(request.body.decode()))


@pytest.mark.parametrize(
    ("arn", "url"),
    [
        ("arn:aws:lambda:eu-central-1:123456789012:function:hello", PAGE),
        ("arn:aws:lambda:eu-central-1:123456789012:function:hello:7", PAGE),
        (
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:hello",
            "https://cn-north-1.console.amazonaws.cn/lambda/home?region=cn-north-1#/functions/hello",
        ),
        (
            "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:hello",
            (
                "https://us-gov-west-1.console.amazonaws-us-gov.com/lambda/home?region=us-gov-west-1"
                "#/functions/hello"
            ),
        ),
    ],
)
def test_a_function_is_shown_in_the_console_of_its_partition(arn: str, url: str) -> None:
    assert function_url(arn) == url


def test_a_role_is_found_by_its_name_without_its_path() -> None:
    assert (
        role_url("arn:aws:iam::123456789012:role/service-role/hello-role")
        == "https://console.aws.amazon.com/iam/home#/roles/details/hello-role"
    )
    assert role_url("arn:aws-us-gov:iam::123456789012:role/r").startswith(
        "https://console.amazonaws-us-gov.com/iam/home#/roles/"
    )


def test_a_log_group_is_written_as_cloudwatch_writes_it() -> None:
    assert log_group_url("aws", "eu-central-1", "/aws/lambda/hello") == (
        "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1"
        "#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fhello"
    )


@pytest.mark.parametrize(
    ("arn", "url"),
    [
        (
            "arn:aws:sqs:eu-central-1:123456789012:jobs",
            "https://console.aws.amazon.com/go/view?arn=arn%3Aaws%3Asqs%3Aeu-central-1%3A123456789012%3Ajobs",
        ),
        ("arn:aws:s3:::uploads", "https://console.aws.amazon.com/go/view?arn=arn%3Aaws%3As3%3A%3A%3Auploads"),
        (
            "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000",
            (
                "https://console.amazonaws.cn/go/view?arn="
                "arn%3Aaws-cn%3Adynamodb%3Acn-north-1%3A123456789012%3Atable%2Forders"
            ),
        ),
        (
            "arn:aws:apigateway:eu-west-1::/apis/a1b2c3",
            "https://eu-west-1.console.aws.amazon.com/apigateway/main/api-detail?api=a1b2c3&region=eu-west-1",
        ),
        (
            "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3",
            (
                "https://eu-west-1.console.aws.amazon.com/apigateway/main/apis/a1b2c3/resources"
                "?api=a1b2c3&region=eu-west-1"
            ),
        ),
        (
            "arn:aws:logs:eu-west-1:123456789012:log-group:/shop:*",
            (
                "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
                "#logsV2:log-groups/log-group/$252Fshop"
            ),
        ),
        ("https://abc.lambda-url.eu-west-1.on.aws/", ""),
        ("arn:aws:lambda:eu-west-1:123456789012:function:hello", ""),
        ("arn:aws:events:eu-west-1:123456789012:rule/*", ""),
        ("", ""),
    ],
)
def test_a_source_has_its_own_page_or_none(arn: str, url: str) -> None:
    assert source_url(arn) == url


@pytest.mark.parametrize("hostile", ["evil.example/x", "eu-west-1.evil.example#", "", "@evil.example"])
def test_no_region_leads_to_another_host(hostile: str) -> None:
    with pytest.raises(WorkbenchError):
        function_url(f"arn:aws:lambda:{hostile}:123456789012:function:hello")


def test_what_is_no_arn_is_said() -> None:
    with pytest.raises(WorkbenchError, match="not an ARN"):
        role_url("")


def test_no_name_leads_out_of_its_place() -> None:
    url = function_url("arn:aws:lambda:eu-west-1:123456789012:function:a/../b?c#d&e")
    assert url.endswith("#/functions/a%2F..%2Fb%3Fc%23d%26e")


def test_a_partition_without_a_known_console_is_said() -> None:
    with pytest.raises(WorkbenchError, match="aws-iso"):
        function_url("arn:aws-iso:lambda:us-iso-east-1:123456789012:function:hello")


@pytest.mark.parametrize(
    ("partition", "region", "endpoint"),
    [
        ("aws", "eu-central-1", "https://signin.aws.amazon.com/federation"),
        ("aws-cn", "cn-north-1", "https://signin.amazonaws.cn/federation"),
        ("aws-us-gov", "us-gov-west-1", "https://signin.amazonaws-us-gov.com/federation"),
        ("aws-eusc", "eusc-de-east-1", "https://eusc-de-east-1.signin.amazonaws-eusc.eu/federation"),
    ],
)
def test_a_session_is_exchanged_at_the_host_of_its_partition(
    hosts: SignInHosts, partition: str, region: str, endpoint: str
) -> None:
    url = sign_in_url(temporary(region, partition), PAGE, JobContext())
    (request,) = hosts.asked
    assert (request.method, request.url) == ("POST", endpoint)
    assert form(hosts)["Action"] == "getSigninToken"
    assert "SessionDuration" not in form(hosts)  # AWS refuses it for the session of another session
    assert json.loads(form(hosts)["Session"]) == {
        "sessionId": "ASIAEXAMPLE",
        "sessionKey": SECRET,
        "sessionToken": "session-token",
    }
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == endpoint
    assert parse_qs(parts.query) == {
        "Action": ["login"],
        "Destination": [PAGE],
        "SigninToken": ["a token+/="],
    }


def test_an_access_key_gets_a_session_of_its_users_own_permissions_first(
    hosts: SignInHosts, aws: StubbedAws
) -> None:
    aws.connection.arn = "arn:aws:iam::123456789012:user/team/alice"
    aws.answer(
        "sts",
        "get_federation_token",
        {
            "Credentials": {
                "AccessKeyId": "ASIAFEDERATED0000",
                "SecretAccessKey": "federated",
                "SessionToken": "of STS",
                "Expiration": "2099-01-01T00:00:00Z",
            }
        },
        {"Name": "alice", "Policy": ANY, "DurationSeconds": 3600},
    )
    sign_in_url(aws.connection, PAGE, JobContext())
    assert json.loads(form(hosts)["Session"])["sessionId"] == "ASIAFEDERATED0000"
    assert [call.operation for call in aws.calls] == ["GetFederationToken"]
    aws.assert_all_asked()


def test_a_refusal_says_why_and_quotes_nothing(hosts: SignInHosts) -> None:
    hosts.status, hosts.body = 400, f"<html>{SECRET}</html>".encode()
    with pytest.raises(WorkbenchError, match="does not accept these credentials") as refused:
        sign_in_url(temporary(), PAGE, JobContext())
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"SigninToken": 7}', b"\xff", b'{"SigninToken": ""}', b"null"]
)
def test_an_answer_without_a_token_is_an_error(hosts: SignInHosts, body: bytes) -> None:
    hosts.body = body
    with pytest.raises(WorkbenchError, match="holds no sign-in token"):
        sign_in_url(temporary(), PAGE, JobContext())


def test_nothing_is_sent_once_cancelled(hosts: SignInHosts) -> None:
    ctx = JobContext()
    ctx._stop.set()
    with pytest.raises(Cancelled):
        sign_in_url(temporary(), PAGE, ctx)
    assert hosts.asked == []


def test_no_secret_is_logged(hosts: SignInHosts, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        url = sign_in_url(temporary(), PAGE, JobContext())
    assert not [secret for secret in (SECRET, "session-token", "a token+/=") if secret in caplog.text]
    assert "a+token" not in redact(f"opening {url}")
