"""No secret gets into a log or a report."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.redaction import crash_report, redact, start_logging

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEHMaCXVzLWVhc3QtMSJIMEYCIQDtoken"


@pytest.mark.parametrize(
    ("text", "secret", "kept"),
    [
        (f"key {KEY_ID} is unknown", "IOSFODNN7EXAMPLE", "is unknown"),
        (f"aws_secret_access_key = {SECRET}", SECRET, "aws_secret_access_key"),
        (f'{{"SecretAccessKey": "{SECRET}", "Version": 1}}', SECRET, '"Version": 1'),
        (f"secretAccessKey={SECRET}&x=1", SECRET, "secretAccessKey"),
        (f"aws_session_token={TOKEN}", TOKEN, "aws_session_token"),
        (f"'SessionToken': '{TOKEN}'", TOKEN, "SessionToken"),
        (f"the secret is {SECRET}", SECRET, "the secret is"),
        (f"the secret is {SECRET}. Try again.", SECRET, "Try again."),
        ("password: hunter2, user: me", "hunter2", "user: me"),
        ("Authorization: AWS4-HMAC-SHA256-Credential=abc", "Credential=abc", "Authorization"),
        (
            "GET https://bucket.s3.amazonaws.com/code.zip?X-Amz-Signature=0a1b2c&X-Amz-Date=2026 ok",
            "0a1b2c",
            "X-Amz-Date=2026 ok",
        ),
        (f"?X-Amz-Security-Token={TOKEN}&a=b", TOKEN, "a=b"),
        (f"?X-Amz-Credential={KEY_ID}%2F2026&a=b", "FODNN7", "a=b"),
        ("Authorization: Bearer abc.def-123, again", "abc.def-123", ", again"),
        ("authorization=Basic dXNlcjpodXNo ok", "dXNlcjpodXNo", "ok"),
        ("sent Bearer 0a1b2c3d4e5f to the server", "0a1b2c3d4e5f", "to the server"),
        ('{"accessToken": "aoaAAAAAGS", "region": "us-east-1"}', "aoaAAAAAGS", '"region": "us-east-1"'),
        ('{\\"refreshToken\\": \\"aorAAAAAGS\\", \\"a\\": 1}', "aorAAAAAGS", "1}"),
        ("x-amz-sso_bearer_token: aoaAAAAAGS next", "aoaAAAAAGS", "next"),
        (f"x-amz-security-token: {TOKEN} next", TOKEN, "next"),
        ("'clientSecret': 'eyJraWQiOiJrZXkt', 'x': 1", "eyJraWQiOiJrZXkt", "'x': 1"),
        ("client_secret=hush&scope=a", "hush", "scope=a"),
        ("git clone https://me:hush@github.com/a/b", "hush", "@github.com/a/b"),
        ("index https://:hush@mirror.example/simple is down", "hush", "mirror.example/simple is down"),
        ("redis://user:hush@10.0.0.1:6379/0", "hush", "10.0.0.1:6379/0"),
        ("token ghp_0123456789abcdefABCDEF0123456789abcd ok", "0123456789abcdef", "ok"),
        ("github_pat_11ABCDEFG0123456789_abcdefghijkl ok", "11ABCDEFG", "ok"),
        ("//registry/:_authToken=npm_abcdefghijABCDEFGHIJ0123456789abcdef", "abcdefghij", "//registry/"),
        ("npm_abcdefghijABCDEFGHIJ0123456789abcdef ok", "abcdefghij", "ok"),
        ("glpat-abcdefghij0123456789 ok", "abcdefghij", "ok"),
        ("id eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl ok", "eyJzdWIi", "ok"),
    ],
)
def test_a_secret_is_blotted_out_and_the_rest_stays(text: str, secret: str, kept: str) -> None:
    redacted = redact(text)
    assert secret not in redacted
    assert kept in redacted
    assert "****" in redacted


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:lambda:us-east-1:123456789012:function:hello",
        "request 8f6c2b1e-0a1b-4c2d-9e3f-0123456789ab took 12 ms",
        "The token bucket is empty",
        "/home/me/.aws/config, line 12",
        "START RequestId: 8f6c2b1e-0a1b-4c2d-9e3f-0123456789ab Version: $LATEST",
        "END RequestId: 8f6c2b1e-0a1b-4c2d-9e3f-0123456789ab",
        "XRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793 SegmentId: 3f1a2b Sampled: true",
        "commit 571b471b2b6d1c8e0f9a3d4c5b6a79880a1b2c3d",
        "571B471B2B6D1C8E0F9A3D4C5B6A79880A1B2C3D",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "CodeSha256 n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
        "arn:aws:iam::123456789012:role/service-role/AWSLambdaBasicExecutionRole",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf",
        "arn:aws:lambda:eu-central-1:123456789012:layer:requests:3",
        "https://abc123.lambda-url.eu-central-1.on.aws/orders?page=2",
        "https://localhost:4566/2015-03-31/functions and me@example.com",
        "postgres://db.internal:5432/orders@replica",
        "mail to me@example.com: see https://example.com:8443/x",
        "Bearer authentication is required",
        "the bearer of RFC6750",
        "Basic AWSLambdaBasicExecutionRole attached",
        "access token expired, refresh token missing",
        "nextToken: AQICAHg",
        "npm_config_userconfig and npm_lifecycle_event_of_the_package",
        "pypi-server-of-the-organization is down",
        "home/user/projects/workbench/tests/core/",
        "no/such/module/in/this/package/anywhere1",
        "The accessTokenProvider was not found",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redact(text) == text


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    loggers = [
        root,
        *map(logging.getLogger, ("botocore", "botocore.credentials", "boto3", "urllib3", "s3transfer")),
    ]
    handlers, levels = root.handlers[:], [logger.level for logger in loggers]
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    start_logging(tmp_path / "log")
    return tmp_path / "log" / "workbench.log"


def test_the_log_is_redacted_with_its_tracebacks(log_file: Path) -> None:
    try:
        raise ValueError(f"aws_secret_access_key={SECRET}")
    except ValueError:
        logging.getLogger("workbench.test").info("failed for %s", KEY_ID, exc_info=True)
    text = log_file.read_text()
    assert "failed for AKIA****" in text
    assert "ValueError" in text
    assert SECRET not in text


def test_a_log_that_grows_is_kept_in_three_private_files_of_a_megabyte(log_file: Path) -> None:
    log = logging.getLogger("workbench.test")
    for number in range(40):
        log.info("%d %s", number, "größer " * 15_000)
    files = sorted(log_file.parent.iterdir())
    assert [file.name for file in files] == ["workbench.log", "workbench.log.1", "workbench.log.2"]
    assert all(0 < file.stat().st_size <= 1_000_000 for file in files)
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert "39 größer größer" in files[0].read_text("utf-8")


def test_the_sdk_does_not_log_its_secrets_at_debug(log_file: Path) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    for name in ("botocore.auth", "botocore.endpoint", "urllib3.connectionpool"):
        logging.getLogger(name).debug("CanonicalRequest: x-amz-security-token:%s", TOKEN)
    assert TOKEN not in log_file.read_text()


def test_what_a_credential_helper_said_is_not_logged(log_file: Path) -> None:
    try:
        raise RuntimeError("Error when retrieving credentials from custom-process: my vault pin is 4711")
    except RuntimeError:
        logging.getLogger("botocore.credentials").warning("Refreshing failed", exc_info=True)
    assert "4711" not in log_file.read_text()


def test_a_log_folder_that_cannot_be_written_does_not_stop_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log").write_bytes(b"")
    start_logging(tmp_path / "log")
    logging.getLogger("workbench.test").info("still here: %s", KEY_ID)
    assert "still here: AKIA****" in capsys.readouterr().err


def test_a_crash_report_holds_frames_and_no_message() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        report = crash_report(type(error), error.__traceback__)
    assert "test_redaction.py" in report
    assert report.endswith("    raise KeyError(SECRET)\nbuiltins.KeyError\n")
    assert SECRET not in report


@pytest.mark.parametrize(
    "part", ["a.", "a-", "a+", "eyJaaaaaaaa-", "eyJaaaaaaaa.eyJ-", "x://", "token=", "Bearer "]
)
def test_a_long_text_of_a_stranger_does_not_hold_up_the_window(part: str) -> None:
    """A pattern that scans the rest of the text from each of its places takes more than an hour for it."""
    text = f"{part * (1_000_000 // len(part))} {KEY_ID}"
    assert redact(text).endswith(" AKIA****")


@pytest.mark.parametrize("before", ["", " ", "=", "'", "/", ".", "a-", "-"])
def test_a_signed_token_is_removed_wherever_it_stands(before: str) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
    assert token.partition(".")[2] not in redact(f"said: {before}{token} and more")
