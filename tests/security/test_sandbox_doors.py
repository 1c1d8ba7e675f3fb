"""Row 2: only the program, its functions and its user reach the Sandbox and the functions' Runtime API.

The attacks are made on the real server, by another user of this computer (setpriv) and by a program of the
same user that does not have the secret.
"""

import io
import json
import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.security.sandbox_user import HIT_AND_RUN, ROLE, STRANGER, Request, Running, ask, run_as
from workbench.core.jobs import JobContext
from workbench.sandbox.supervisor import Sandbox

_FUNCTION_PATH = "/2015-03-31/functions"
_ECHO = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'served'}\n"
_CALLER = """
import boto3, os
def handler(event, context):
    s3 = boto3.client("s3", region_name=event["region"])
    s3.put_object(Bucket=event["bucket"], Key="from/inside +.txt", Body=b"hello")
    where = {"Bucket": event["bucket"], "Key": "from/inside +.txt"}
    link = s3.generate_presigned_url("get_object", Params=where)
    queue = boto3.client("sqs").create_queue(QueueName="from-inside")["QueueUrl"]
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody="hello")
    return {"account": boto3.client("sts").get_caller_identity()["Account"], "link": link,
            "secret": os.environ["AWS_SECRET_ACCESS_KEY"]}
"""
_RUNNING = """
import boto3, json, os, time
def handler(event, context):
    if event.get("address"):
        return os.environ["AWS_LAMBDA_RUNTIME_API"]
    about = {"address": os.environ["AWS_LAMBDA_RUNTIME_API"], "id": context.aws_request_id}
    boto3.client("ssm").put_parameter(Name="/running", Value=json.dumps(about), Type="String", Overwrite=True)
    time.sleep(3)
    return "its own answer"
"""
_BOOTSTRAP = """#!/bin/sh
set -eu
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  curl -sS -D "$TMPDIR/headers" -o "$TMPDIR/event" "$api/next"
  id=$(grep -i lambda-runtime-aws-request-id "$TMPDIR/headers" | tr -d '[:space:]' | cut -d: -f2)
  curl -sS -d "\\"$AWS_LAMBDA_RUNTIME_API $AWS_ENDPOINT_URL\\"" "$api/$id/response"
done
"""
_KEYS = """
import os
def handler(event, context):
    return {"secret": os.environ["AWS_SECRET_ACCESS_KEY"], "token": os.environ["AWS_SESSION_TOKEN"]}
"""
_NODE = """
exports.handler = async () => ({
  id: process.env.AWS_ACCESS_KEY_ID,
  secret: process.env.AWS_SECRET_ACCESS_KEY,
  token: process.env.AWS_SESSION_TOKEN,
  url: process.env.AWS_ENDPOINT_URL,
});
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    endpoint = sandbox.start(JobContext())
    yield Running(sandbox.profile(), endpoint.pid)
    sandbox.stop()


def attacks(running: Running, victim: str, sign: Callable[..., Request]) -> list[Request]:
    """Create a function, run one, list them, delete one, and MiniStack's own commands."""
    code = {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="}
    evil = {"FunctionName": "evil", "Runtime": "python3.13", "Handler": "i.h", "Role": ROLE, "Code": code}
    return [
        sign("POST", _FUNCTION_PATH, json.dumps(evil)),
        sign("POST", f"{_FUNCTION_PATH}/{victim}/invocations", "{}"),
        sign("GET", f"{_FUNCTION_PATH}/"),
        sign("GET", f"/_ministack/lambda-code/123456789012/us-east-1/{victim}"),
        sign("GET", "/?Action=ListQueues"),
        sign("POST", "/_ministack/config", '{"lambda_svc.LAMBDA_EXECUTOR": "docker"}'),
        sign("POST", "/_ministack/reset"),
        sign("DELETE", f"{_FUNCTION_PATH}/{victim}"),
    ]


@pytest.mark.parametrize(
    ("user", "signature"),
    [("", "none"), ("", "wrong"), (STRANGER, "none"), (STRANGER, "wrong"), (STRANGER, "right")],
)
def test_nobody_without_the_secret_or_of_another_user_reaches_it(
    running: Running, user: str, signature: str
) -> None:
    victim = running.create(_ECHO)
    if signature == "none":
        requests = attacks(running, victim, running.unsigned)
    else:
        secret = "sandbox" if signature == "wrong" else ""
        requests = attacks(running, victim, lambda *given: running.signed(*given, secret=secret))
    answers = ask(user, running.port, *requests)
    assert {status for status, _ in answers} <= {0, 400, 403}, answers
    assert not [text for _, text in answers if victim in text]
    assert victim in running.names()
    assert "evil" not in running.names()
    assert running.starts(victim) == 0


def test_the_program_reaches_it(running: Running) -> None:
    name = running.create(_ECHO)
    assert running.invoke(name) == {"statusCode": 200, "body": "served"}
    request = running.signed("GET", f"{_FUNCTION_PATH}/{name}")
    assert ask("", running.port, request)[0][0] == 200
    with pytest.raises(ClientError) as refused:
        running.client("lambda", aws_secret_access_key="sandbox").list_functions()
    assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"


@pytest.mark.parametrize("path", ["/_ministack/config", "/_ministack/reset", "/%5Fministack/reset"])
def test_a_function_may_not_command_the_server(running: Running, path: str) -> None:
    """Its keys open AWS's services; the server's settings and reset would reach all accounts."""
    victim = running.create(_ECHO)
    keys = running.invoke(running.create(_KEYS))
    answers = ask(
        "",
        running.port,
        running.signed("POST", path, '{"lambda_svc.LAMBDA_EXECUTOR": "docker"}', **keys),
        running.signed("GET", f"{_FUNCTION_PATH}/", **keys),
        running.signed("GET", f"{_FUNCTION_PATH}/", secret=keys["secret"]),
    )
    assert [status for status, _ in answers] == [403, 200, 403]
    assert victim in running.names()


def test_root_passes_the_second_bar_only_as_the_one_who_can_read_everything(running: Running) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be root")
    assert ask("0", running.port, running.signed("GET", f"{_FUNCTION_PATH}/"))[0][0] == 200
    assert ask("0", running.port, running.unsigned("GET", f"{_FUNCTION_PATH}/"))[0][0] == 403


@pytest.mark.parametrize("age_s", [16 * 60, -16 * 60, 24 * 3600])
def test_a_request_of_another_time_is_refused(running: Running, age_s: float) -> None:
    status, text = ask("", running.port, running.signed("GET", f"{_FUNCTION_PATH}/", age_s=age_s))[0]
    assert status == 403
    assert "Signature" in text
    assert ask("", running.port, running.signed("GET", f"{_FUNCTION_PATH}/", age_s=14 * 60))[0][0] == 200


def test_a_signature_holds_for_its_own_request_only(running: Running) -> None:
    name = running.create(_ECHO)
    method, path, headers, _ = running.signed("POST", f"{_FUNCTION_PATH}/{name}/invocations", "{}")
    other_host = {**headers, "Host": f"localhost:{running.port}"}
    answers = ask(
        "",
        running.port,
        (method, path, headers, '{"other": "event"}'),
        (method, f"{_FUNCTION_PATH}/other/invocations", headers, "{}"),
        ("DELETE", path, headers, "{}"),
        (method, f"{path}?Qualifier=1", headers, "{}"),
        (method, path, other_host, "{}"),
    )
    assert [status for status, _ in answers] == [403] * 5
    assert running.starts(name) == 0


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_function_reaches_its_sandbox(running: Running, region: str) -> None:
    """In the two regions links to S3 are signed with two versions of the signature."""
    bucket = f"inside-{region}"
    more = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
    running.client("s3", region).create_bucket(Bucket=bucket, **more)
    answer = running.invoke(running.create(_CALLER), {"bucket": bucket, "region": region})
    assert answer["account"] == "123456789012"
    assert answer["secret"] != running.profile.secret_access_key
    with urllib.request.urlopen(answer["link"]) as link:
        assert link.read() == b"hello"
    for broken in (answer["link"].replace("inside", "beside"), answer["link"].partition("?")[0]):
        with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(broken):
            pytest.fail("it was served")
        refused.value.close()
        assert refused.value.code == 403
    split = urlsplit(answer["link"])
    request = running.unsigned("GET", f"{split.path}?{split.query}")
    assert "hello" not in ask(STRANGER, running.port, request)[0][1]


def test_a_form_uploads_with_a_signed_policy_only(running: Running) -> None:
    running.client("s3").create_bucket(Bucket="forms")
    for key in ("two.txt", "four.txt"):  # of version 2 and of version 4
        settings = Config(signature_version="s3v4") if key == "four.txt" else None
        client = running.client("s3", settings=settings)
        fields = client.generate_presigned_post("forms", key)["fields"]
        assert post_form(running, fields) == 204
        assert running.client("s3").get_object(Bucket="forms", Key=key)["Body"].read() == b"content"
        name = "signature" if "signature" in fields else "x-amz-signature"
        assert post_form(running, {**fields, name: fields[name][::-1]}) == 403
    assert post_form(running, {"key": "evil.txt"}) == 403


def post_form(running: Running, fields: Mapping[str, str]) -> int:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\ncontent\r\n--b--\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    return ask("", running.port, running.unsigned("POST", "/forms", "".join(parts), **headers))[0][0]


def test_an_open_function_url_serves_its_user_and_leads_nowhere_else(running: Running) -> None:
    name = running.create(_ECHO)
    url = running.functions.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    host = f"{urlsplit(url).netloc.partition('.')[0]}.lambda-url.us-east-1.localhost:{running.port}"
    at_it = {"Host": host}
    assert ask("", running.port, running.unsigned("GET", "/", **at_it)) == [(200, "served")]
    bearer = running.unsigned("GET", "/any/path", **at_it, Authorization="Bearer of.a.token")
    assert ask("", running.port, bearer) == [(200, "served")]
    served = running.starts(name)
    assert ask(STRANGER, running.port, running.unsigned("GET", "/", **at_it))[0] != (200, "served")
    assert running.starts(name) == served
    # What MiniStack would find by the path or a header before it looks at the host.
    target = {"X-Amz-Target": "AmazonSSM.PutParameter", "Content-Type": "application/x-amz-json-1.1"}
    for path, more in (
        ("/_ministack/reset", {}),
        ("/_ministack/config", {}),
        (_FUNCTION_PATH, {}),
        ("/", target),
        ("/iceberg/v1/config", {}),
        ("/WriteGetObjectResponse", {"x-amz-request-route": "x"}),
        (f"/_ministack/lambda-code/123456789012/us-east-1/{name}", {}),
    ):
        method = "GET" if "lambda-code" in path else "POST"
        answer = ask("", running.port, running.unsigned(method, path, "{}", **at_it, **more))
        assert answer == [(200, "served")], path
    nobodys = f"{'0' * 32}.lambda-url.us-east-1.localhost:{running.port}"
    for path in ("/_ministack/reset", _FUNCTION_PATH):
        status, _ = ask("", running.port, running.unsigned("POST", path, "{}", Host=nobodys, **target))[0]
        assert status in (403, 404)
    assert name in running.names()


def test_a_function_url_for_iam_needs_a_signature(running: Running) -> None:
    name = running.create(_ECHO)
    url = running.functions.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")["FunctionUrl"]
    host = f"{urlsplit(url).netloc.partition('.')[0]}.lambda-url.us-east-1.localhost:{running.port}"
    assert ask("", running.port, running.unsigned("GET", "/", Host=host))[0][0] == 403
    assert ask("", running.port, running.signed("GET", "/", host=host, secret="sandbox"))[0][0] == 403
    assert ask("", running.port, running.signed("GET", "/", host=host)) == [(200, "served")]


def test_an_open_api_serves_its_user_and_one_for_iam_whoever_signs(running: Running) -> None:
    name, gateway = running.create(_ECHO), running.client("apigatewayv2")
    arn = running.functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    running.functions.add_permission(
        FunctionName=name,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    api = gateway.create_api(Name="open", ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    target = f"integrations/{integration}"
    gateway.create_route(ApiId=api, RouteKey="GET /open", Target=target)
    gateway.create_route(ApiId=api, RouteKey="GET /closed", Target=target, AuthorizationType="AWS_IAM")
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    root = f"/_aws/execute-api/{api}/$default"
    assert ask("", running.port, running.unsigned("GET", f"{root}/open")) == [(200, "served")]
    assert ask("", running.port, running.unsigned("GET", f"{root}/closed"))[0][0] == 403
    assert ask("", running.port, running.signed("GET", f"{root}/closed", secret="sandbox"))[0][0] == 403
    assert ask("", running.port, running.signed("GET", f"{root}/closed")) == [(200, "served")]
    assert ask("", running.port, running.unsigned("POST", f"{root}/@connections/x"))[0][0] == 403
    assert ask(STRANGER, running.port, running.unsigned("GET", f"{root}/open"))[0] != (200, "served")


def test_another_user_that_hangs_up_at_once_runs_nothing(running: Running) -> None:
    """The kernel lists a closed socket as root's."""
    name = running.create(_ECHO)
    url = running.functions.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    host = f"{urlsplit(url).netloc.partition('.')[0]}.lambda-url.us-east-1.localhost:{running.port}"
    run_as(
        STRANGER, HIT_AND_RUN, {"port": running.port, "request": f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"}
    )
    assert ask("", running.port, running.unsigned("GET", "/", Host=host)) == [(200, "served")]
    assert running.starts(name) == 1


def in_flight(running: Running, name: str) -> tuple[str, str]:
    """Starts an invocation that takes a while; returns its Runtime API and its request id."""
    ssm = running.client("ssm")
    running.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            about = json.loads(ssm.get_parameter(Name="/running")["Parameter"]["Value"])
        except ssm.exceptions.ParameterNotFound:
            time.sleep(0.05)
            continue
        ssm.delete_parameter(Name="/running")
        return about["address"], about["id"]
    raise AssertionError("the function did not start")


@pytest.mark.parametrize("user", [STRANGER, ""], ids=["another user", "the same user"])
def test_nobody_takes_or_answers_an_event_in_a_functions_place(running: Running, user: str) -> None:
    name = running.create(_RUNNING)
    address, request_id = in_flight(running, name)
    host, _, secret = address.partition("/")
    port = int(host.partition(":")[2])
    roots = ["", "/", "/wrong", f"/{'x' * len(secret)}"] + ([f"/{secret}"] if user else [])
    paths = [f"{root}/2018-06-01/runtime/invocation" for root in roots]
    answers = [
        ("POST", f"{path}/{request_id}/response", {"Host": host}, '"a forged answer"') for path in paths
    ]
    errors = [("POST", f"{path}/{request_id}/error", {"Host": host}, "{}") for path in paths]
    for status, _ in ask(user, port, *answers, *errors):
        assert status in (0, 403)
    polls = [("GET", f"{path}/next", {"Host": host}, "") for path in paths]
    for status, _ in ask(user, port, *polls):
        assert status in (0, 403)
    assert running.invoke(name, {"address": True})
    events = running.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert not [each for each in events if "forged" in each["message"]]


def test_a_custom_runtime_polls_with_curl_and_its_port_is_closed_too(running: Running) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    name = running.create(_BOOTSTRAP, "provided.al2023", "bootstrap")
    address, endpoint_url = running.invoke(name).split()
    assert endpoint_url == running.url
    host, _, secret = address.partition("/")
    port = int(host.partition(":")[2])
    path = "/2018-06-01/runtime/invocation"
    for root in ("", "/wrong", f"/{'x' * len(secret)}"):
        poll = ("GET", f"{root}{path}/next", {"Host": host}, "")
        answer = ("POST", f"{root}{path}/any/response", {"Host": host}, '"forged"')
        init = ("POST", f"{root}/2018-06-01/runtime/init/error", {"Host": host}, "{}")
        assert {status for status, _ in ask("", port, poll, answer, init)} == {403}
        assert {status for status, _ in ask(STRANGER, port, poll, answer, init)} <= {0, 403}
    stolen = ("GET", f"/{secret}{path}/next", {"Host": host}, "")
    assert ask(STRANGER, port, stolen)[0][0] in (0, 403)
    assert running.invoke(name).split() == [address, endpoint_url]


def test_a_node_function_has_keys_that_are_let_in(running: Running) -> None:
    if shutil.which("node") is None:
        pytest.skip("there is no Node.js")
    keys = running.invoke(running.create(_NODE, "nodejs22.x", "index.js"))
    assert keys["url"] == running.url
    client = running.client(
        "sts",
        aws_access_key_id=keys["id"],
        aws_secret_access_key=keys["secret"],
        aws_session_token=keys["token"],
    )
    assert client.get_caller_identity()["Account"] == "123456789012"
    assert keys["secret"] != running.profile.secret_access_key


def test_keys_that_sts_and_iam_give_out_work_and_no_others(running: Running) -> None:
    iam = running.client("iam")
    iam.create_user(UserName="alice")
    made = iam.create_access_key(UserName="alice")["AccessKey"]
    session = running.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="session")["Credentials"]
    pairs = [(made["AccessKeyId"], made["SecretAccessKey"], ""), (
        session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])]  # fmt: skip
    for key_id, secret, token in pairs:
        given = {"aws_access_key_id": key_id, "aws_secret_access_key": secret, "aws_session_token": token}
        assert running.client("sts", **given).get_caller_identity()["Account"] == "123456789012"
        wrong = given | {"aws_secret_access_key": "sandbox"}
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            running.client("sts", **wrong).get_caller_identity()
    stolen = {
        "aws_access_key_id": pairs[1][0],
        "aws_secret_access_key": pairs[1][1],
        "aws_session_token": "x",
    }
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        running.client("sts", **stolen).get_caller_identity()
    iam.update_access_key(UserName="alice", AccessKeyId=made["AccessKeyId"], Status="Inactive")
    off = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        running.client("sts", **off).get_caller_identity()


def test_the_secret_is_neither_in_the_servers_command_line_nor_in_its_environment(running: Running) -> None:
    process = Path(f"/proc/{running.pid}")
    if not process.is_dir():
        pytest.skip("there is no /proc")
    text = process.joinpath("cmdline").read_bytes() + process.joinpath("environ").read_bytes()
    secret = running.profile.secret_access_key or ""
    assert len(secret) == 40
    assert secret.encode() not in text


def test_each_start_has_a_secret_of_its_own(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "data")
    seen = set()
    try:
        for _ in range(2):
            sandbox.start(JobContext())
            seen.add(sandbox.profile().secret_access_key)
            sandbox.stop()
    finally:
        sandbox.stop()
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("lambda", "list_functions", "InvalidSignatureException"),
        ("dynamodb", "list_tables", "InvalidSignatureException"),
        ("logs", "describe_log_groups", "InvalidSignatureException"),
        ("cloudwatch", "list_metrics", "SignatureDoesNotMatch|InvalidSignatureException"),
        ("sqs", "list_queues", "SignatureDoesNotMatch|InvalidSignatureException"),
        ("sns", "list_topics", "SignatureDoesNotMatch"),
        ("iam", "list_roles", "SignatureDoesNotMatch"),
        ("sts", "get_caller_identity", "SignatureDoesNotMatch"),
        ("cloudformation", "list_stacks", "SignatureDoesNotMatch"),
        ("ec2", "describe_vpcs", "SignatureDoesNotMatch"),
        ("apigateway", "get_rest_apis", "InvalidSignatureException"),
        ("scheduler", "list_schedules", "InvalidSignatureException"),
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
    ],
)
def test_a_wrong_secret_is_refused_in_the_words_of_the_service(
    running: Running, service: str, call: str, code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(running.client(service, aws_secret_access_key="sandbox"), call)()
    assert refused.value.response["Error"]["Code"] in code.split("|")
    assert "signature" in refused.value.response["Error"]["Message"]
    getattr(running.client(service), call)()


def test_large_and_odd_uploads_are_signed_too(running: Running) -> None:
    s3 = running.client("s3")
    s3.create_bucket(Bucket="uploads")
    big = os.urandom(9 * 1024 * 1024)
    for key in ("plain", "dir//double/../dots", "a b+c&d=e?f#g%h", "ü/~tilde", "(paren)!*'"):
        s3.put_object(
            Bucket="uploads", Key=key, Body=b"x", Metadata={"m": "two  blanks"}, ContentType="text/plain"
        )
        assert s3.get_object(Bucket="uploads", Key=key)["Body"].read() == b"x"
    for signs_payload in (None, False, True):
        settings = Config(s3={"payload_signing_enabled": signs_payload} if signs_payload is not None else {})
        client = running.client("s3", "eu-central-1", settings)
        client.upload_fileobj(io.BytesIO(big), "uploads", "big")
        assert client.get_object(Bucket="uploads", Key="big")["Body"].read() == big


def test_a_payload_that_is_not_the_signed_one_is_refused(running: Running) -> None:
    s3 = running.client("s3")
    s3.create_bucket(Bucket="swapped")
    taken: list[Any] = []

    def keep(request: Any, **_: object) -> NoReturn:
        taken.append(request)
        raise InterruptedError

    s3.meta.events.register("before-send.s3.PutObject", keep)
    with pytest.raises(InterruptedError):
        s3.put_object(Bucket="swapped", Key="k", Body=b"the signed one")
    headers = {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in taken[0].headers.items()
    }
    request = ("PUT", "/swapped/k", {**headers, "Content-Length": "14"}, "another one!!!")
    status, text = ask("", running.port, request)[0]
    assert (status, "XAmzContentSHA256Mismatch" in text) == (400, True)


def test_it_goes_on_after_requests_that_are_no_http(running: Running) -> None:
    for garbage in (
        b"\0" * 100,
        b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET /\xff?%ff=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", running.port)) as connection:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(5)
            answer = connection.recv(4096)
            assert not answer or b" 200 " not in answer
    assert running.functions.list_functions()
