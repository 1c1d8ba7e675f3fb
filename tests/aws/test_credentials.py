"""Whose credentials a connection uses: real configuration files, and a server that sees what was signed."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.aws.conftest import Answer, AwsFiles, AwsServer, Request, sts, through, unopened
from workbench.aws.client_config import Access
from workbench.aws.connection import ApiCall, Connection
from workbench.aws.session import Sessions
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext

STATIC = "aws_access_key_id = AKIDFILE\naws_secret_access_key = s\n"


def test_given_keys_need_no_file_and_hear_no_environment(
    aws_files: AwsFiles, aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files.config("this is no configuration file")
    monkeypatch.setenv("AWS_PROFILE", "ghost")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    Connection.open(through(aws_server))
    assert aws_server.requests[0].credential[:3:2] == ["AKIDGIVEN", "eu-central-1"]


def test_a_profile_outranks_the_environment(
    aws_files: AwsFiles, aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files.config(f"[profile work]\nendpoint_url = {aws_server.url}\n{STATIC}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    connection = Connection.open(Access("work", "eu-central-1"))
    assert aws_server.requests[0].credential[:3:2] == ["AKIDFILE", "eu-central-1"]
    assert connection.is_custom_endpoint
    assert connection.endpoint_url == aws_server.url


def test_a_profile_that_talks_to_aws_has_no_custom_endpoint(aws_files: AwsFiles) -> None:
    aws_files.config(f"[profile work]\n{STATIC}")
    connection = unopened(Access("work", "eu-central-1"))
    assert connection.endpoint_url == "https://lambda.eu-central-1.amazonaws.com"
    assert not connection.is_custom_endpoint


def test_an_endpoint_of_one_service_counts_as_custom(aws_files: AwsFiles) -> None:
    aws_files.config(
        f"[profile work]\nservices = local\n{STATIC}[services local]\n"
        "lambda =\n  endpoint_url = http://127.0.0.1:9001\n"
    )
    assert unopened(Access("work", "eu-central-1")).is_custom_endpoint


def test_a_profile_without_credentials_does_not_become_the_machine(
    aws_files: AwsFiles, aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws_server.url)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", aws_server.url)
    aws_files.config(f"[profile empty]\nregion = eu-central-1\nendpoint_url = {aws_server.url}\n")
    with pytest.raises(WorkbenchError, match="No credentials were found"):
        Connection.open(Access("empty", "eu-central-1"))
    assert not aws_server.requests


ROLE = "role_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = base\n"


def test_a_role_is_taken_once_for_all_regions_and_in_the_chosen_one(
    aws_files: AwsFiles, aws_server: AwsServer
) -> None:
    aws_files.config(
        f"[profile admin]\n{ROLE}endpoint_url = {aws_server.url}\n"
        f"[profile base]\n{STATIC}endpoint_url = {aws_server.url}\n"
    )
    sessions = Sessions()
    for region in ("eu-central-1", "eu-west-1", "us-east-1"):
        Connection.open(Access("admin", region), sessions=sessions)
    asked = [(request.action, *request.credential[:3:2]) for request in aws_server.requests]
    assert asked == [
        ("AssumeRole", "AKIDFILE", "eu-central-1"),
        ("GetCallerIdentity", "ASIAROLE", "eu-central-1"),
        ("GetCallerIdentity", "ASIAROLE", "eu-west-1"),
        ("GetCallerIdentity", "ASIAROLE", "us-east-1"),
    ]


def test_a_corrected_file_is_heeded_at_the_next_try(aws_files: AwsFiles, aws_server: AwsServer) -> None:
    sessions = Sessions()
    for number in (1, 2):
        aws_files.config(
            f"[profile work]\nendpoint_url = {aws_server.url}\n{STATIC.replace('FILE', str(number))}"
        )
        Connection.open(Access("work", "eu-central-1"), sessions=sessions)
    assert [request.credential[0] for request in aws_server.requests] == ["AKID1", "AKID2"]


def test_credentials_that_failed_are_looked_for_again(
    aws_files: AwsFiles, aws_server: AwsServer, tmp_path: Path
) -> None:
    helper = tmp_path / "helper.json"
    aws_files.config(f"[profile work]\nendpoint_url = {aws_server.url}\ncredential_process = cat {helper}\n")
    sessions = Sessions()
    with pytest.raises(WorkbenchError, match="helper failed"):
        Connection.open(Access("work", "eu-central-1"), sessions=sessions)
    helper.write_text('{"Version": 1, "AccessKeyId": "AKIDHELPER", "SecretAccessKey": "s"}')
    Connection.open(Access("work", "eu-central-1"), sessions=sessions)
    assert aws_server.requests[0].credential[0] == "AKIDHELPER"


def test_an_mfa_profile_never_waits_for_a_terminal(
    aws_files: AwsFiles, aws_server: AwsServer, expect_log: Callable[[str], None]
) -> None:
    expect_log("botocore.credentials: Refreshing temporary credentials failed")
    aws_files.config(
        f"[profile admin]\n{ROLE}mfa_serial = arn:aws:iam::123456789012:mfa/me\n[profile base]\n{STATIC}"
    )
    with pytest.raises(WorkbenchError, match="MFA code"):
        Connection.open(Access("admin", "eu-central-1", aws_server.url))
    assert not aws_server.requests


@pytest.mark.parametrize(
    ("region", "why"),
    [("", "No region is selected"), ("us-nowhere-9", "does not know the region “us-nowhere-9”")],
)
def test_a_region_that_cannot_be_is_said_before_anything_is_sent(
    aws_files: AwsFiles, region: str, why: str
) -> None:
    calls: list[ApiCall] = []
    aws_files.config(f"[profile work]\n{STATIC}")
    with pytest.raises(WorkbenchError, match=why) as caught:
        Connection.open(Access("work", region), calls.append)
    assert caught.value.action == "profile.choose_region"
    assert not calls


def test_wrong_keys_are_told(aws_server: AwsServer) -> None:
    aws_server.reply = lambda _: Answer(
        403,
        b"<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>"
        b"<Message>The security token included in the request is invalid.</Message></Error>"
        b"<RequestId>r-9</RequestId></ErrorResponse>",
    )
    with pytest.raises(
        WorkbenchError,
        match="AWS does not recognize the access key: it was deleted, or the region is not enabled for "
        "the account",
    ) as caught:
        Connection.open(through(aws_server))
    assert (caught.value.aws_code, caught.value.request_id) == ("InvalidClientTokenId", "r-9")


def test_opening_can_be_cancelled(aws_server: AwsServer) -> None:
    stop = threading.Event()

    def answer_late(request: Request) -> Answer:
        stop.set()
        return sts(request)

    aws_server.reply = answer_late
    with pytest.raises(Cancelled):
        Connection.open(through(aws_server), ctx=JobContext(stop=stop))
