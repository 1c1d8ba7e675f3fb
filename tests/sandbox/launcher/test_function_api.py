"""Lambda's API where MiniStack's differs from it."""

import base64
import hashlib
import json
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.launcher.server import ROLE, Server, package, status
from tests.waiting import eventually

OLD = "def handler(event, context): return 'old'\n"
NEW = package("def handler(event, context): return 'new'\n")
FIELDS = ("CodeSha256", "CodeSize", "RevisionId", "LastModified", "LastUpdateStatus", "State", "Version")


def test_a_dry_run_changes_nothing_and_says_what_it_would_be(server: Server) -> None:
    client = server.client("lambda")
    server.create("dry", OLD)
    eventually(lambda: client.get_function(FunctionName="dry")["Configuration"]["State"] == "Active")
    before = client.get_function(FunctionName="dry")["Configuration"]
    would_be = client.update_function_code(FunctionName="dry", ZipFile=NEW, DryRun=True, Publish=True)
    after = client.get_function(FunctionName="dry")["Configuration"]
    assert {field: after[field] for field in FIELDS} == {field: before[field] for field in FIELDS}
    assert would_be["CodeSha256"] == base64.b64encode(hashlib.sha256(NEW).digest()).decode()
    assert would_be["CodeSize"] == len(NEW)
    assert server.invoke("dry").payload == "old"
    assert len(client.list_versions_by_function(FunctionName="dry")["Versions"]) == 1


def test_a_dry_run_is_checked_like_an_update(server: Server) -> None:
    client = server.client("lambda")
    server.create("dry-checked", OLD)
    with pytest.raises(client.exceptions.PreconditionFailedException):
        client.update_function_code(FunctionName="dry-checked", ZipFile=NEW, DryRun=True, RevisionId="stale")
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.update_function_code(FunctionName="dry-checked", ZipFile=b"no zip", DryRun=True)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.update_function_code(FunctionName="nobody", ZipFile=NEW, DryRun=True)
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.update_function_code(FunctionName="dry-checked", S3Bucket="none", S3Key="k", DryRun=True)


def test_the_code_of_a_version_is_what_was_published(server: Server) -> None:
    client = server.client("lambda")
    server.create("published", OLD)
    client.publish_version(FunctionName="published")
    client.create_alias(FunctionName="published", Name="live", FunctionVersion="1")
    client.update_function_code(FunctionName="published", ZipFile=NEW)
    for qualifier, expected in (("$LATEST", NEW), ("1", package(OLD)), ("live", package(OLD))):
        answer = client.get_function(FunctionName="published", Qualifier=qualifier)
        with urllib.request.urlopen(answer["Code"]["Location"]) as link:
            code = link.read()
        assert code == expected
        sha256 = base64.b64encode(hashlib.sha256(code).digest()).decode()
        assert answer["Configuration"]["CodeSha256"] == sha256
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName="published", Qualifier="9")


@pytest.mark.parametrize("name", ["url", "url-shortener", "urls", "my-url"])
def test_names_that_look_like_a_function_url(server: Server, name: str) -> None:
    client = server.client("lambda")
    server.create(name, OLD)
    assert client.get_function(FunctionName=name)["Configuration"]["FunctionName"] == name
    assert server.invoke(name).payload == "old"
    client.update_function_code(FunctionName=name, ZipFile=NEW)
    server.settled(name)
    assert server.invoke(name).payload == "new"
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert server.invoke(f"{name}:live").payload == "new"
    client.create_function_url_config(FunctionName=name, AuthType="NONE")
    assert client.get_function_url_config(FunctionName=name)["FunctionUrl"]
    client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1)
    client.add_permission(
        FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    assert json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"]
    client.delete_function(FunctionName=name)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName=name)


@pytest.mark.parametrize("word", ["event-invoke-config", "provisioned-concurrency", "code-signing-config"])
def test_names_that_cannot_be_served_are_refused(server: Server, word: str) -> None:
    client = server.client("lambda")
    with pytest.raises(
        client.exceptions.InvalidParameterValueException, match=f"names that contain '{word}'"
    ):
        client.create_function(
            FunctionName=f"my-{word}-x",
            Runtime="python3.13",
            Handler="index.handler",
            Role=ROLE,
            Code={"ZipFile": NEW},
        )


@pytest.mark.parametrize("payload", [b"{", b"\xff\xfe", b"{'a': 1}"])
def test_a_payload_that_is_no_json_is_refused(server: Server, payload: bytes) -> None:
    client = server.client("lambda")
    if not client.list_functions()["Functions"] or "strict" not in str(client.list_functions()["Functions"]):
        server.create("strict", OLD)
    with pytest.raises(ClientError, match="Could not parse request body into json") as caught:
        client.invoke(FunctionName="strict", Payload=payload)
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"


@pytest.mark.parametrize("event", [None, 1.5, "text", [1, {"a": None}], {"ключ": "значение\x00"}])
def test_any_event_arrives_as_it_was_sent(server: Server, event: object) -> None:
    name = f"echo-{abs(hash(str(event)))}"
    server.create(name, "def handler(event, context): return event\n")
    assert server.invoke(name, event).payload == event


def test_no_event_is_an_empty_object(server: Server) -> None:
    server.create("empty", "def handler(event, context): return event\n")
    answer = server.client("lambda").invoke(FunctionName="empty")
    assert json.loads(answer["Payload"].read()) == {}


def test_the_client_context_and_the_request_id_reach_the_handler(server: Server) -> None:
    source = "def handler(event, context): return [context.client_context.custom, context.aws_request_id]\n"
    server.create("context", source)
    context = base64.b64encode(json.dumps({"custom": {"k": "ü\n"}}).encode()).decode()
    answered = server.invoke("context", ClientContext=context)
    assert answered.payload == [{"k": "ü\n"}, answered.request_id]


def test_deployed_code_can_be_downloaded(server: Server) -> None:
    server.create("download", OLD)
    location = server.client("lambda").get_function(FunctionName="download")["Code"]["Location"]
    assert location.startswith(server.url)
    assert status(location)[0] == 200


STREAMED = """
def handler(event, context):
    print("it ran", context.aws_request_id)
    if event.get("fail"):
        raise ValueError("no")
    return {"id": context.aws_request_id}
"""


def _stream(server: Server, name: str, payload: bytes) -> tuple[str, bytes, dict[str, str]]:
    answer = server.client("lambda").invoke_with_response_stream(
        FunctionName=name, Payload=payload, LogType="Tail"
    )
    pieces = b""
    complete: dict[str, str] = {}
    for event in answer["EventStream"]:
        pieces += event.get("PayloadChunk", {}).get("Payload", b"")
        complete = event.get("InvokeComplete", complete)
    return answer["ResponseMetadata"]["RequestId"], pieces, complete


def test_a_streamed_invocation_has_the_request_id_of_its_log_and_the_end_of_it(server: Server) -> None:
    server.create("streamed", STREAMED)
    request_id, pieces, complete = _stream(server, "streamed", b"{}")
    assert json.loads(pieces) == {"id": request_id}
    tail = base64.b64decode(complete["LogResult"]).decode()
    assert f"it ran {request_id}" in tail
    assert f"REPORT RequestId: {request_id}" in tail
    assert "ErrorCode" not in complete


def test_the_error_of_a_streamed_invocation_comes_at_its_end(server: Server) -> None:
    server.create("streamed-failing", STREAMED)
    _, pieces, complete = _stream(server, "streamed-failing", b'{"fail": true}')
    assert pieces == b""
    assert complete["ErrorCode"] == "Unhandled"
    assert json.loads(complete["ErrorDetails"])["errorType"] == "ValueError"


def test_a_function_that_is_not_there_answers_no_stream(server: Server) -> None:
    client = server.client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke_with_response_stream(FunctionName="nobody", Payload=b"{}")
