"""Guards: what must not leave does not leave, whichever client makes the request."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import create_loader

from tests.aws.conftest import KEYS, Answer, AwsFiles, AwsServer, Request, sts, through
from workbench.aws.client_config import Access
from workbench.aws.connection import ApiCall, Connection
from workbench.aws.session import Sessions
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.settings import Settings
from workbench.profiles import safety as guards
from workbench.profiles.mfa import MfaSessions
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.process_provider import ProcessCredentials, ProcessTrust
from workbench.profiles.safety import Safety, Tier

STATIC = "aws_access_key_id = AKIDFILE\naws_secret_access_key = s\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/admin\n"


@pytest.fixture
def safety(tmp_path: Path) -> Safety:
    return Safety(Settings(tmp_path / "settings.json"))


@pytest.fixture
def sessions(safety: Safety) -> Sessions:
    return Sessions(guards.for_access(safety))


@pytest.fixture
def work(aws_files: AwsFiles, aws_server: AwsServer, safety: Safety) -> Access:
    """A profile whose requests go to the test's server, with the person's consent."""
    aws_files.config(f"[profile work]\nendpoint_url = {aws_server.url}\n{STATIC}")
    safety.trust_endpoint("work", aws_server.url)
    return Access("work", "eu-central-1")


def another_account(request: Request) -> Answer:
    return Answer(200, sts(request).body.replace(b"123456789012", b"999999999999"))


WRITES = [
    ("lambda", "update_function_code", {"FunctionName": "f", "ZipFile": b"PK"}),
    ("lambda", "invoke", {"FunctionName": "f"}),
    ("lambda", "delete_function", {"FunctionName": "f"}),
    ("s3", "put_object", {"Bucket": "b", "Key": "k"}),
    ("s3", "copy_object", {"Bucket": "b", "Key": "k", "CopySource": "a/b"}),
    ("sqs", "receive_message", {"QueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/q"}),
    ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}),
    ("logs", "start_query", {"startTime": 0, "endTime": 1, "queryString": "x"}),
]


@pytest.mark.parametrize(("service", "method", "params"), WRITES, ids=lambda value: str(value))
def test_a_read_only_profile_sends_nothing_that_may_change_something(
    work: Access,
    sessions: Sessions,
    safety: Safety,
    aws_server: AwsServer,
    service: str,
    method: str,
    params: dict[str, Any],
) -> None:
    """G1."""
    calls: list[ApiCall] = []
    connection = Connection.open(work, calls.append, sessions=sessions)
    safety.set_tier("work", Tier.READ_ONLY)  # also while the connection stands
    asked = len(aws_server.requests)
    with pytest.raises(WorkbenchError, match="is read-only") as caught:
        connection.call(service, method, **params)
    assert len(aws_server.requests) == asked
    assert caught.value.action == "profile.choose"
    assert (calls[-1].status, calls[-1].error_code) == (0, "NotSent")


def test_a_read_only_profile_makes_no_address_that_lets_others_write(
    work: Access, sessions: Sessions, safety: Safety
) -> None:
    client = Connection.open(work, sessions=sessions).client("s3")
    safety.set_tier("work", Tier.READ_ONLY)
    place = {"Bucket": "b", "Key": "k"}
    assert client.generate_presigned_url("get_object", place)
    with pytest.raises(WorkbenchError, match="is read-only"):
        client.generate_presigned_url("put_object", place)


def test_a_read_only_profile_reads_and_takes_its_role(
    aws_files: AwsFiles, aws_server: AwsServer, sessions: Sessions, safety: Safety
) -> None:
    aws_files.config(
        f"[profile admin]\n{ROLE}source_profile = base\nendpoint_url = {aws_server.url}\n"
        f"[profile base]\n{STATIC}"
    )
    safety.set_tier("admin", Tier.READ_ONLY)
    safety.trust_endpoint("admin", aws_server.url)
    connection = Connection.open(Access("admin", "eu-central-1"), sessions=sessions)
    connection.call("lambda", "list_functions")
    assert [request.action for request in aws_server.requests] == ["AssumeRole", "GetCallerIdentity", ""]


def test_what_counts_as_reading_is_never_less_than_the_verb_says() -> None:
    """Over every operation of the services that Workbench calls."""
    loader = create_loader()
    for service in ("lambda", "logs", "s3", "iam", "sqs", "events", "dynamodb", "cloudwatch", "kinesis"):
        for operation in loader.load_service_model(service, "service-2")["operations"]:
            allowed = operation.startswith(("Get", "List", "Describe", "BatchGet", "Head", "FilterLog"))
            assert guards.is_reading(operation) == allowed, operation
    assert not guards.is_reading("Getaway")


# ---- a changed account -----------------------------------------------------------------------------------


def test_a_profile_that_leads_to_another_account_changes_nothing_until_confirmed(
    work: Access, sessions: Sessions, safety: Safety, aws_server: AwsServer
) -> None:
    """G2."""
    Connection.open(work, sessions=sessions)
    sessions.forget_all()  # as when the files changed
    aws_server.reply = another_account
    connection = Connection.open(work, sessions=sessions)
    connection.call("lambda", "list_functions")
    asked = len(aws_server.requests)
    with pytest.raises(WorkbenchError, match="account 999999999999, previously 123456789012") as caught:
        connection.call("lambda", "delete_function", FunctionName="f")
    assert caught.value.action == "profile.confirm_account"
    assert len(aws_server.requests) == asked
    lock = safety.lock("work")
    assert lock is not None
    safety.confirm_pin("work", lock.seen)
    connection.call("lambda", "delete_function", FunctionName="f")
    assert len(aws_server.requests) == asked + 1


def test_nothing_is_changed_before_aws_has_said_whose_account_it_is(
    work: Access, sessions: Sessions, aws_server: AwsServer
) -> None:
    connection = Connection(work, sessions.get(work))
    with pytest.raises(WorkbenchError, match="not yet confirmed") as caught:
        connection.call("lambda", "delete_function", FunctionName="f")
    assert caught.value.action == "connection.retry"
    assert not aws_server.requests
    connection.call("sts", "get_caller_identity")
    connection.call("lambda", "delete_function", FunctionName="f")


def key_of(account_id: str) -> str:
    """An access key id of that account. See key_account.py."""
    bits = (1 << 47) | (int(account_id) << 7)
    return "AKIA" + base64.b32encode(bits.to_bytes(6, "big") + bytes(4)).decode()


def test_keys_that_go_over_to_another_account_change_nothing(
    aws_files: AwsFiles, aws_server: AwsServer, safety: Safety, tmp_path: Path
) -> None:
    """G2, without any change of a file: a helper that follows what somebody chose elsewhere."""
    answer = tmp_path / "answer.json"

    def gives(account_id: str, lasts_s: float) -> None:
        ends = datetime.now(UTC) + timedelta(seconds=lasts_s)
        keys = {"Version": 1, "AccessKeyId": key_of(account_id), "SecretAccessKey": "s"}
        answer.write_text(json.dumps(keys | {"Expiration": ends.isoformat()}))

    trust = ProcessTrust(Settings(tmp_path / "trust.json"))
    trust.trust(f"cat {answer}")
    processes = ProcessCredentials(trust, SystemClock())
    sessions = Sessions(guards.for_access(safety), processes.prepare)
    aws_files.config(f"[profile work]\nendpoint_url = {aws_server.url}\ncredential_process = cat {answer}\n")
    safety.trust_endpoint("work", aws_server.url)
    gives("123456789012", lasts_s=20)  # so short that each call asks the helper
    connection = Connection.open(Access("work", "eu-central-1"), sessions=sessions)
    connection.call("lambda", "delete_function", FunctionName="f")
    gives("999999999999", lasts_s=3600)
    asked = len(aws_server.requests)
    with pytest.raises(WorkbenchError, match="now has credentials of account 999999999999") as caught:
        connection.call("lambda", "delete_function", FunctionName="f")
    assert caught.value.action == "connection.retry"
    with pytest.raises(WorkbenchError, match="not yet confirmed"):
        connection.call("lambda", "delete_function", FunctionName="f")
    assert len(aws_server.requests) == asked
    aws_server.reply = another_account
    again = Connection.open(Access("work", "eu-central-1"), sessions=sessions)
    with pytest.raises(WorkbenchError, match="account 999999999999, previously 123456789012"):
        again.call("lambda", "delete_function", FunctionName="f")


def test_a_refusal_is_no_identity(work: Access, sessions: Sessions, aws_server: AwsServer) -> None:
    aws_server.reply = lambda _: Answer(403, b"<ErrorResponse><Error><Code>X</Code></Error></ErrorResponse>")
    with pytest.raises(WorkbenchError):
        Connection.open(work, sessions=sessions)
    with pytest.raises(WorkbenchError, match="not yet confirmed"):
        Connection(work, sessions.get(work)).call("lambda", "delete_function", FunctionName="f")


# ---- endpoints that are not AWS's ------------------------------------------------------------------------


def test_real_keys_go_to_another_server_only_after_a_yes(
    aws_files: AwsFiles, aws_server: AwsServer, sessions: Sessions, safety: Safety
) -> None:
    aws_files.config(f"[profile local]\nendpoint_url = {aws_server.url}/secret-path\n{STATIC}")
    access = Access("local", "eu-central-1")
    with pytest.raises(WorkbenchError, match=f"Nothing was sent to {aws_server.url}") as caught:
        Connection.open(access, sessions=sessions)
    assert caught.value.action == "profile.trust_endpoint"
    assert "secret-path" not in str(caught.value)
    assert not aws_server.requests
    asked = safety.asked_endpoint("local")
    assert asked is not None
    safety.trust_endpoint("local", asked.origin)
    assert Connection.open(access, sessions=sessions).account_id == "123456789012"


def test_the_key_that_takes_a_role_does_not_go_there_either(
    aws_files: AwsFiles, aws_server: AwsServer, sessions: Sessions
) -> None:
    aws_files.config(
        f"[profile admin]\n{ROLE}source_profile = base\nservices = odd\n[profile base]\n{STATIC}"
        f"[services odd]\nsts =\n  endpoint_url = {aws_server.url}\n"
    )
    with pytest.raises(WorkbenchError, match="Nothing was sent"):
        Connection.open(Access("admin", "eu-central-1"), sessions=sessions)
    assert not aws_server.requests


def test_a_code_does_not_go_there_either(aws_files: AwsFiles, aws_server: AwsServer, safety: Safety) -> None:
    aws_files.config(
        f"[profile admin]\n{ROLE}source_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n"
        f"endpoint_url = {aws_server.url}\n[profile base]\n{STATIC}"
    )
    mfa = MfaSessions(SystemClock(), guards.for_access(safety))
    with pytest.raises(WorkbenchError, match="Nothing was sent"):
        mfa.sign_in(Profile("admin", ProfileKind.ASSUME_ROLE, "eu-central-1"), "314159", JobContext())
    assert not aws_server.requests


def test_an_endpoint_in_the_environment_is_asked_about_too(
    aws_files: AwsFiles, aws_server: AwsServer, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server.url)
    aws_files.config(f"[profile work]\n{STATIC}")
    with pytest.raises(WorkbenchError, match="Nothing was sent"):
        Connection.open(Access("work", "eu-central-1"), sessions=sessions)
    assert not aws_server.requests


def test_the_sandbox_is_asked_nothing(aws_server: AwsServer, sessions: Sessions) -> None:
    connection = Connection.open(through(aws_server), sessions=sessions)
    before = len(aws_server.requests)
    connection.call("lambda", "delete_function", FunctionName="f")
    assert len(aws_server.requests) == before + 1


def test_given_keys_for_a_far_server_are_guarded(safety: Safety) -> None:
    assert guards.for_access(safety)(Access(None, "eu-central-1", "http://elsewhere.example", KEYS))
