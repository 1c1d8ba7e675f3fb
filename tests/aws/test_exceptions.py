"""Every row of the table of exceptions, raised by botocore itself from real files where that can be."""

import configparser
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore import exceptions
from botocore.credentials import SSOProvider

from tests.aws.conftest import AwsFiles, says
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.error_table import EXCEPTIONS
from workbench.aws.errors import translate
from workbench.core.errors import WorkbenchError

STATIC = "aws_access_key_id = AKID\naws_secret_access_key = s\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/admin\n"
START_URL = "https://x.awsapps.com/start"
SSO = f"sso_start_url = {START_URL}\nsso_region = eu-central-1\nsso_account_id = 1\nsso_role_name = r\n"
SECRET = "vault-pin-4711"


@dataclass(frozen=True)
class Profile:
    """A profile `p` that does not work, as it stands in a file."""

    text: str
    why: str
    action: str


PROFILES = {
    "gone": Profile("[profile other]\nregion = x\n", "The profile “p” does not exist in", "profile.reload"),
    "duplicate": Profile(
        f"[profile p]\n{STATIC}[profile p]\n", "{config}, line 4 cannot be read", "profile.open_file"
    ),
    "garbage": Profile(
        f"[profile p]\n{STATIC}{SECRET}\n", "{config}, line 4 cannot be read", "profile.open_file"
    ),
    "half a key": Profile(
        "[profile p]\naws_access_key_id = AKID\n", "The credentials are incomplete", "profile.edit"
    ),
    "ghost source": Profile(
        f"[profile p]\n{ROLE}source_profile = ghost\n",
        "The profile refers to a profile that does not exist.",
        "profile.edit",
    ),
    "two sources": Profile(
        f"[profile p]\n{ROLE}source_profile = p\ncredential_source = Environment\n",
        "The profile is not valid",
        "profile.edit",
    ),
    "loop": Profile(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{ROLE}source_profile = p\n",
        "The source profiles form a loop: ['p', 'q'] → p.",
        "profile.edit",
    ),
    "empty": Profile("[profile p]\nregion = eu-central-1\n", "No credentials were found", "profile.edit"),
    "not signed in": Profile(f"[profile p]\n{SSO}", "You are not signed in", "profile.sign_in"),
    "helper fails": Profile(
        f"[profile p]\ncredential_process = sh -c 'echo {SECRET} >&2; exit 3'\n",
        "The profile's credential helper failed",
        "connection.retry",
    ),
    "helper version": Profile(
        "[profile p]\ncredential_process = echo '{\"Version\": 2}'\n",
        "The profile's credential helper failed",
        "connection.retry",
    ),
    "helper talks": Profile(
        f"[profile p]\ncredential_process = echo hello {SECRET}\n",
        "The profile's credential helper, or a cache",
        "connection.retry",
    ),
    "helper missing": Profile(
        "[profile p]\ncredential_process = /no/such/helper\n",
        "“/no/such/helper” was not found",
        "profile.edit",
    ),
    "helper forbidden": Profile(
        "[profile p]\ncredential_process = /etc/hosts\n",
        "You do not have permission to read or run “/etc/hosts”",
        "connection.retry",
    ),
    "token missing": Profile(
        f"[profile p]\n{ROLE}web_identity_token_file = /no/such/token\n",
        "“/no/such/token” was not found",
        "profile.edit",
    ),
    "login ended": Profile(
        "[profile p]\nlogin_session = arn:aws:iam::123456789012:user/me\n",
        "The console sign-in has expired",
        "profile.sign_in",
    ),
    "machine": Profile(
        f"[profile p]\n{ROLE}credential_source = Environment\n",
        "The profile's credential source",
        "profile.edit",
    ),
}


REFRESHED = ("not signed in", "token missing")
"""Here botocore logs a warning. The program holds these back, see core/redaction.py."""


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_that_does_not_work_is_explained(
    aws_files: AwsFiles, name: str, expect_log: Callable[[str], None]
) -> None:
    if name in REFRESHED:
        expect_log("botocore.credentials: Refreshing temporary credentials failed")
    profile = PROFILES[name]
    config = aws_files.config(profile.text)
    with pytest.raises(WorkbenchError) as caught:
        Connection.open(Access("p", "eu-central-1"))
    error = caught.value
    assert error.what == "Could not connect with p."
    assert error.why.startswith(profile.why.replace("{config}", str(config)))
    assert error.action == profile.action
    assert SECRET not in f"{error!r} {error}"
    assert error.__cause__ is None
    assert error.__suppress_context__


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ({"startUrl": "x"}, "You are not signed in"),
        (
            {"accessToken": "t", "expiresAt": "2020-01-01T00:00:00Z"},
            "The sign-in to IAM Identity Center has expired",
        ),
    ],
)
def test_a_sign_in_that_is_of_no_use(
    aws_files: AwsFiles,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    token: dict[str, str],
    why: str,
    expect_log: Callable[[str], None],
) -> None:
    expect_log("botocore.credentials: Refreshing temporary credentials failed")
    monkeypatch.setattr(
        SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(tmp_path)
    )  # botocore looked at HOME on import
    aws_files.config(f"[profile p]\n{SSO}")
    (tmp_path / f"{hashlib.sha1(START_URL.encode()).hexdigest()}.json").write_text(json.dumps(token))
    with pytest.raises(WorkbenchError) as caught:
        Connection.open(Access("p", "eu-central-1"))
    assert caught.value.why.startswith(why)


RAISED: list[tuple[BaseException, str, str]] = [
    (
        exceptions.NoRegionError(),
        "No region is selected",
        "profile.choose_region",
    ),
    (
        exceptions.InvalidRegionError(region_name="eu central"),
        "“eu central” is not a valid region",
        "profile.choose_region",
    ),
    (
        exceptions.TokenRetrievalError(provider="sso", error_msg="expired"),
        "The sign-in to IAM",
        "profile.sign_in",
    ),
    (
        exceptions.UnauthorizedSSOTokenError(),
        "The sign-in to IAM Identity Center has expired",
        "profile.sign_in",
    ),
    (exceptions.LoginRefreshRequired(), "The console sign-in has expired", "profile.sign_in"),
    (
        exceptions.LoginInsufficientPermissions(),
        "The console sign-in could not be renewed",
        "profile.sign_in",
    ),
    (
        exceptions.RefreshWithMFAUnsupportedError(),
        "The session has expired. A new session needs an MFA code",
        "profile.sign_in",
    ),
    (
        exceptions.MissingDependencyException(msg="awscrt"),
        "This installation lacks a component that the profile needs",
        "",
    ),
    (EOFError(), "The profile asks for input on a terminal, but there is no terminal", "profile.choose"),
    (KeyError("0123456789abcdef0123456789abcdef01234567"), "The stored sign-in", "profile.sign_in"),
    (KeyError("AccessKeyId"), "The credentials do not contain 'AccessKeyId'", "profile.edit"),
    (
        OSError(5, "Input/output error", "/home/me/.aws/x"),
        "/home/me/.aws/x Input/output error",
        "connection.retry",
    ),
    (
        exceptions.ConnectTimeoutError(endpoint_url="https://l.aws/x"),
        "The connection to https://l.aws timed out",
        "connection.retry",
    ),
    (
        exceptions.ReadTimeoutError(endpoint_url="https://l.aws/x"),
        "The response from https://l.aws timed out.",
        "connection.retry",
    ),
    (exceptions.HTTPClientError(error="odd"), "The connection failed", "connection.retry"),
    (exceptions.ParamValidationError(report="too short"), "The request is not valid. too short", ""),
    (
        exceptions.EndpointProviderError(msg="Invalid"),
        "The endpoint is unknown. Invalid",
        "profile.choose_region",
    ),
    (
        exceptions.UnknownEndpointError(service_name="lambda", region_name="x"),
        "lambda is not available in x.",
        "profile.choose_region",
    ),
    (
        exceptions.PaginationError(message="same token"),
        "AWS returned the same page of the list again, so the list has no end",
        "",
    ),
    (
        RuntimeError("Credentials were refreshed, but the refreshed credentials are still expired."),
        "The profile's credentials have already expired",
        "connection.retry",
    ),
    (ValueError("Invalid endpoint: here"), "The profile's endpoint is not a valid URL", "profile.edit"),
    (ValueError("something unheard of"), "something unheard of", ""),
]


@pytest.mark.parametrize(("exception", "why", "action"), RAISED, ids=lambda value: type(value).__name__)
def test_an_exception(exception: BaseException, why: str, action: str) -> None:
    error = translate(exception, failure="Could not do this.")
    assert error.what == "Could not do this."
    assert error.why.startswith(why)
    assert (error.action, error.aws_code) == (action, type(exception).__name__)


ELSEWHERE = {
    # Provoked with real sockets in test_connection.py
    "Could not connect to {endpoint_url}.",
    "Could not connect to the proxy.",
    (
        "This computer does not trust the certificate of {endpoint_url}. A proxy might be inspecting "
        "the traffic."
    ),
    "The connection was closed before the response was complete.",
    "The response was incomplete or damaged.",
    "The response did not come from AWS, but from a proxy, a guest network or another server.",
}


def test_every_row_of_exceptions_has_a_case() -> None:
    proven = [profile.why for profile in PROFILES.values()] + [why for _, why, _ in RAISED]
    rules = {rule for rules in EXCEPTIONS.values() for rule in rules}
    assert not {rule.why for rule in rules if not any(says(rule, why) for why in proven)} - ELSEWHERE


def test_a_configuration_error_never_quotes_the_file() -> None:
    parse_error = configparser.ParsingError(SECRET)
    error = translate(exceptions.ConfigParseError(path="/home/me/.aws/config", error=parse_error))
    assert SECRET not in repr(error)


def test_what_is_said_already_is_not_said_again() -> None:
    error = WorkbenchError("The profile needs an MFA code.")
    assert translate(error, failure="Could not connect.") is error


def test_a_long_message_of_aws_is_shortened() -> None:
    error = translate(exceptions.ClientError({"Error": {"Code": "X", "Message": "m" * 5_000}}, "GetFunction"))
    assert len(error.why) == 600


def test_braces_in_a_message_do_no_harm() -> None:
    error = translate(
        exceptions.ClientError({"Error": {"Code": "ValidationException", "Message": "{x} {0}"}}, "Y")
    )
    assert error.why == "AWS rejected a value. {x} {0}"
