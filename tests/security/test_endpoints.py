"""Where a profile's bytes go: a server of an attacker's receives none that nobody allowed.

The server is real and listens on 127.0.0.1, with a certificate that the profile itself names.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.aws.conftest import AwsFiles, AwsServer, aws_files
from tests.tls import server_context, write_certificate
from workbench.aws.client_config import Access, StaticKeys
from workbench.aws.connection import Connection
from workbench.aws.session import Sessions
from workbench.core.errors import WorkbenchError
from workbench.core.policy import Policy, Rule
from workbench.core.settings import Settings
from workbench.profiles.safety import Safety, for_access

__all__ = ["aws_files"]

KEYS = "aws_access_key_id = AKIDFILE\naws_secret_access_key = s\n"
REGION = "us-east-1"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_certificate(tmp_path)


@pytest.fixture
def evil(bundle: Path) -> Iterator[AwsServer]:
    server = AwsServer(server_context(bundle))
    yield server
    server.close()


@pytest.fixture
def safety(tmp_path: Path) -> Safety:
    return Safety(Settings(tmp_path / "settings.json"))


def connect(safety: Safety, name: str = "work") -> Connection:
    return Connection.open(Access(name, REGION), sessions=Sessions(for_access(safety)))


def refused(safety: Safety, name: str = "work") -> WorkbenchError:
    with pytest.raises(WorkbenchError, match="Nothing was sent") as caught:
        connect(safety, name)
    return caught.value


MASKS = (
    "https://127.0.0.1:{port}\\@sts.us-east-1.amazonaws.com",
    "https://127.0.0.1:{port}\\.sts.us-east-1.amazonaws.com",
    "https://127.0.0.1:{port}#@sts.us-east-1.amazonaws.com",
    "https://127.0.0.1:{port}?@sts.us-east-1.amazonaws.com",
    "https://127.0.0.1:{port}/@sts.us-east-1.amazonaws.com",
    "https://sts.us-east-1.amazonaws.com@127.0.0.1:{port}",
    "https://127.0.0.1:{port}/sts.us-east-1.amazonaws.com",
)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("where", ["profile", "services", "environment", "environment of the service"])
def test_a_server_that_looks_like_aws_receives_nothing(
    evil: AwsServer,
    bundle: Path,
    safety: Safety,
    aws_files: AwsFiles,
    monkeypatch: pytest.MonkeyPatch,
    mask: str,
    where: str,
) -> None:
    url = mask.format(port=evil.port)
    profile = f"[profile work]\nca_bundle = {bundle}\n{KEYS}"
    if where == "profile":
        profile += f"endpoint_url = {url}\n"
    elif where == "services":
        profile += f"services = odd\n[services odd]\nsts =\n  endpoint_url = {url}\n"
    else:
        monkeypatch.setenv("AWS_ENDPOINT_URL" + ("_STS" if "service" in where else ""), url)
    aws_files.config(profile)
    refused(safety)
    refused(Safety(safety._settings, Policy(forbidden=frozenset({Rule.OWN_ENDPOINTS}))))
    assert evil.connected == 0


def test_the_server_would_have_read_everything(
    evil: AwsServer, bundle: Path, safety: Safety, aws_files: AwsFiles
) -> None:
    """What the tests above rest on: the certificate of the profile is accepted, the request arrives."""
    aws_files.config(f"[profile work]\nca_bundle = {bundle}\nendpoint_url = {evil.url}\n{KEYS}")
    error = refused(safety)
    assert error.action == "profile.trust_endpoint"
    assert str(bundle) in error.why
    asked = safety.asked_endpoint("work")
    assert asked is not None
    assert (asked.origin, asked.ca_bundle) == (evil.url, str(bundle))
    assert evil.connected == 0
    safety.trust_endpoint("work", asked.origin)
    assert connect(safety).account_id == "123456789012"
    assert evil.requests[0].credential[0] == "AKIDFILE"


@pytest.mark.parametrize(
    "host",
    [
        "abcdefghij.execute-api.us-east-1.amazonaws.com",
        "evil-1.elb.us-east-1.amazonaws.com",
        "ec2-203-0-113-7.compute-1.amazonaws.com",
        "evil.s3.us-east-1.amazonaws.com",
        "lambda.us-east-1.amazonaws.com",
        "vpce-0a1b-2c3d.sts.us-east-1.vpce.amazonaws.com",
    ],
)
def test_a_host_below_a_domain_of_aws_is_asked_about(safety: Safety, aws_files: AwsFiles, host: str) -> None:
    aws_files.config(f"[profile work]\nendpoint_url = https://{host}\n{KEYS}")
    assert refused(safety).action == "profile.trust_endpoint"
    asked = safety.asked_endpoint("work")
    assert asked is not None
    assert asked.origin == f"https://{host}"
    forbidden = Safety(safety._settings, Policy(forbidden=frozenset({Rule.OWN_ENDPOINTS})))
    assert refused(forbidden).action == "help.policy"


@pytest.mark.parametrize(
    ("region", "lines"),
    [
        ("eu-central-1", ""),
        ("eu-central-1", "use_dualstack_endpoint = true\n"),
        ("us-east-1", "use_fips_endpoint = true\n"),
        ("us-gov-west-1", ""),
        ("cn-north-1", ""),
        ("eusc-de-east-1", ""),
        ("us-east-1", "sts_regional_endpoints = legacy\n"),
        ("us-east-1", "endpoint_url = https://sts.us-east-1.amazonaws.com\n"),
        ("us-east-1", "endpoint_url = https://sts-fips.us-east-1.amazonaws.com/\n"),
        (
            "eu-central-1",
            "services = own\n[services own]\nsts =\n  endpoint_url = https://sts.amazonaws.com\n",
        ),
    ],
)
@pytest.mark.parametrize("policy", [Policy(), Policy(forbidden=frozenset({Rule.OWN_ENDPOINTS}))])
def test_endpoints_of_aws_are_not_asked_about(
    tmp_path: Path, aws_files: AwsFiles, policy: Policy, region: str, lines: str
) -> None:
    aws_files.config(f"[profile work]\n{KEYS}{lines}")
    sent: list[str] = []
    stop = WorkbenchError("The request would be sent.")

    def intercept(request: object, **_: object) -> None:
        sent.append(str(getattr(request, "url", "")))
        raise stop

    safety = Safety(Settings(tmp_path / "settings.json"), policy)
    guards = for_access(safety)
    sessions = Sessions(lambda access: (*guards(access), ("before-send", intercept)))
    access = Access("work", region)
    with pytest.raises(WorkbenchError, match="would be sent"):
        Connection(access, sessions.get(access)).call("sts", "get_caller_identity")
    assert len(sent) == 1
    assert sent[0].startswith("https://sts")


@pytest.mark.parametrize(
    ("service", "method", "params"),
    [
        ("lambda", "list_functions", {}),
        ("s3", "list_objects_v2", {"Bucket": "my-bucket"}),
        ("s3", "get_object", {"Bucket": "my.bucket", "Key": "a@b#c?d \\ é"}),
        ("s3", "head_object", {"Bucket": "arn:aws:s3:us-east-1:123456789012:accesspoint/mine", "Key": "k"}),
        ("logs", "start_live_tail", {"logGroupIdentifiers": ["arn:aws:logs:us-east-1:1:log-group:g"]}),
        ("sqs", "get_queue_attributes", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q"}),
        ("dynamodb", "list_tables", {}),
        ("iam", "list_roles", {}),
        ("signin", "create_oauth2_token", {"tokenInput": {"clientId": "c", "grantType": "g"}}),
    ],
)
def test_requests_to_aws_itself_pass(
    tmp_path: Path, aws_files: AwsFiles, service: str, method: str, params: dict[str, Any]
) -> None:
    aws_files.config(f"[profile work]\n{KEYS}")
    stop = WorkbenchError("The request would be sent.")

    def intercept(**_: object) -> None:
        raise stop

    guards = for_access(Safety(Settings(tmp_path / "settings.json")))
    sessions = Sessions(lambda access: (*guards(access), ("before-send", intercept)))
    access = Access("work", REGION)
    with pytest.raises(WorkbenchError, match="would be sent"):
        Connection(access, sessions.get(access)).call(service, method, **params)


def test_a_bucket_on_a_server_that_was_allowed_is_not_asked_about(
    safety: Safety, aws_files: AwsFiles, tmp_path: Path
) -> None:
    """LocalStack under a name: botocore puts the bucket into the host."""
    aws_files.config(
        f"[profile work]\nendpoint_url = http://localhost:4566\n{KEYS}s3 =\n  addressing_style = virtual\n"
    )
    safety.trust_endpoint("work", "http://localhost:4566")
    sent: list[str] = []
    stop = WorkbenchError("The request would be sent.")

    def intercept(request: object, **_: object) -> None:
        sent.append(str(getattr(request, "url", "")))
        raise stop

    guards = for_access(safety)
    sessions = Sessions(lambda access: (*guards(access), ("before-send", intercept)))
    access = Access("work", REGION)
    with pytest.raises(WorkbenchError, match="would be sent"):
        Connection(access, sessions.get(access)).call("s3", "list_objects_v2", Bucket="mine")
    assert sent[0].startswith("http://mine.localhost:4566/")


def test_a_request_that_is_redirected_elsewhere_is_not_sent(
    evil: AwsServer, safety: Safety, aws_files: AwsFiles, bundle: Path
) -> None:
    """Whatever changes the URL between the checks and the connection, such as a handler of a redirect."""
    aws_files.config(f"[profile work]\nca_bundle = {bundle}\n{KEYS}")

    def redirect(request: object, **_: object) -> None:
        vars(request)["url"] = f"{evil.url}/"

    guards = for_access(safety)
    sessions = Sessions(lambda access: (("request-created", redirect), *guards(access)))
    access = Access("work", REGION)
    with pytest.raises(WorkbenchError, match="Nothing was sent"):
        Connection(access, sessions.get(access)).call("sts", "get_caller_identity")
    assert evil.connected == 0


def test_keys_that_come_with_an_ambiguous_endpoint_are_guarded(safety: Safety) -> None:
    keys = StaticKeys("AKIDGIVEN", "s")
    assert for_access(safety)(Access(None, REGION, "http://localhost\\@evil.example", keys))
    assert for_access(safety)(Access(None, REGION, "http://evil.example\\@localhost", keys))
    assert not for_access(safety)(Access(None, REGION, "http://localhost:4566", keys))
