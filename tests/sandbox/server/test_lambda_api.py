"""Lambda's API: names, settings, code signing, and the fields of its answers."""

import base64
import contextlib
import hashlib
import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.server.server import TRUST, Server, package, refused, status
from tests.waiting import eventually

OLD = "def handler(event, context): return 'old'\n"
NEW = package("def handler(event, context): return 'new'\n")
KEY = "arn:aws:kms:us-east-1:000000000000:key/1"
CUSTOM_RUNTIME = "arn:aws:lambda:us-east-1:000000000000:runtime/mine-0123456789"
FIELDS = ("CodeSha256", "CodeSize", "RevisionId", "LastModified", "LastUpdateStatus", "State", "Version")


def test_a_dry_run_changes_nothing_and_says_what_it_would_be(server: Server, client: Any) -> None:
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


def test_a_dry_run_is_checked_like_an_update(server: Server, client: Any) -> None:
    server.create("dry-checked", OLD)
    with pytest.raises(client.exceptions.PreconditionFailedException):
        client.update_function_code(FunctionName="dry-checked", ZipFile=NEW, DryRun=True, RevisionId="stale")
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.update_function_code(FunctionName="dry-checked", ZipFile=b"no zip", DryRun=True)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.update_function_code(FunctionName="nobody", ZipFile=NEW, DryRun=True)
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.update_function_code(FunctionName="dry-checked", S3Bucket="none", S3Key="k", DryRun=True)


def test_the_code_of_a_version_is_what_was_published(server: Server, client: Any) -> None:
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
def test_names_that_look_like_a_function_url(server: Server, client: Any, name: str) -> None:
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
def test_names_that_cannot_be_served_are_refused(server: Server, client: Any, word: str) -> None:
    with pytest.raises(
        client.exceptions.InvalidParameterValueException, match=f"names that contain '{word}'"
    ):
        server.create(f"my-{word}-x", OLD)


LONG = b'{"k": "' + 200_000 * b"x" + b'" 1}'
"""Longer than what is explained character by character."""


@pytest.mark.parametrize("payload", [b"{", b"\xff\xfe", b"{'a': 1}", b" ", b"\n", LONG])
def test_a_payload_that_is_no_json_is_refused(server: Server, client: Any, payload: bytes) -> None:
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


def test_a_function_that_is_not_there_answers_no_stream(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke_with_response_stream(FunctionName="nobody", Payload=b"{}")


SOURCE = "def handler(event, context): return 1\n"
ARN = "arn:aws:lambda:us-east-1:000000000000:function"
LISTED = {
    *("Architectures", "CodeSha256", "CodeSize", "Description", "EphemeralStorage", "FunctionArn"),
    *("FunctionName", "Handler", "LastModified", "LoggingConfig", "MemorySize", "PackageType", "RevisionId"),
    *("Role", "Runtime", "SnapStart", "Timeout", "TracingConfig", "Version"),
}
ALWAYS = LISTED | {"RuntimeVersionConfig"}
PENDING = ALWAYS | {"State", "StateReason", "StateReasonCode"}
SETTLED = ALWAYS | {"State", "LastUpdateStatus"}
IN_PROGRESS = SETTLED | {"LastUpdateStatusReason", "LastUpdateStatusReasonCode"}


def fields(answer: dict[str, Any]) -> set[str]:
    return set(answer) - {"ResponseMetadata"}


def test_each_answer_about_a_function_has_awss_fields(server: Server, client: Any) -> None:
    created = server.create("shown", SOURCE, is_awaited=False)
    assert fields(created) == PENDING
    server.settled("shown")
    got = client.get_function(FunctionName="shown")
    assert (fields(got), fields(got["Configuration"])) == ({"Code", "Configuration"}, SETTLED)
    assert fields(client.get_function_configuration(FunctionName="shown")) == SETTLED
    assert fields(client.publish_version(FunctionName="shown")) == SETTLED
    with_variables = client.update_function_configuration(
        FunctionName="shown", Environment={"Variables": {"NAME": "b"}}
    )
    assert fields(with_variables) == IN_PROGRESS | {"Environment"}
    server.settled("shown")
    assert fields(client.update_function_code(FunctionName="shown", ZipFile=package(SOURCE))) == fields(
        with_variables
    )
    (row,) = [each for each in client.list_functions()["Functions"] if each["FunctionName"] == "shown"]
    assert fields(row) == LISTED | {"Environment"}
    versions = client.list_versions_by_function(FunctionName="shown")["Versions"]
    assert [fields(each) for each in versions] == [LISTED | {"Environment"}, LISTED]
    assert [each["FunctionArn"] for each in versions] == [f"{ARN}:shown:$LATEST", f"{ARN}:shown:1"]


def test_a_runtime_has_an_arn_that_is_the_same_for_all_functions_that_use_it(server: Server) -> None:
    server.create("runtime-a", SOURCE)
    server.create("runtime-b", SOURCE)
    server.create("runtime-c", SOURCE, Runtime="python3.12")
    first, second, other = (
        server.settled(f"runtime-{letter}")["RuntimeVersionConfig"]["RuntimeVersionArn"] for letter in "abc"
    )
    assert first == second != other
    assert first.startswith("arn:aws:lambda:us-east-1::runtime:")


@pytest.mark.parametrize("qualifier", ["$LATEST", "1", "live"])
def test_a_function_is_named_as_it_was_asked_for(server: Server, client: Any, qualifier: str) -> None:
    name = f"named-{len(qualifier)}"
    server.create(name, SOURCE)
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    expected = f"{ARN}:{name}:{qualifier}"
    got = client.get_function(FunctionName=name, Qualifier=qualifier)["Configuration"]
    configuration = client.get_function_configuration(FunctionName=name, Qualifier=qualifier)
    assert got["FunctionArn"] == configuration["FunctionArn"] == expected
    assert client.get_function_configuration(FunctionName=name)["FunctionArn"] == f"{ARN}:{name}"


def test_all_versions_of_all_functions_are_listed_page_by_page(server: Server) -> None:
    client = server.client("lambda", account="000000000771")
    server.client("iam", account="000000000771").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    client.create_function(
        FunctionName="listed",
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::000000000771:role/r",
        Code={"ZipFile": package(SOURCE)},
        Publish=True,
    )
    pages = client.get_paginator("list_functions").paginate(
        FunctionVersion="ALL", PaginationConfig={"PageSize": 1}
    )
    assert [row["Version"] for page in pages for row in page["Functions"]] == ["$LATEST", "1"]


def test_logging_in_json_has_levels_and_what_an_update_leaves_out_stays(server: Server, client: Any) -> None:
    server.create("in-json", SOURCE, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN"}
    group = {"LogGroup": "/aws/lambda/in-json"}
    assert server.settled("in-json")["LoggingConfig"] == logging | group
    changed = client.update_function_configuration(
        FunctionName="in-json", LoggingConfig={"ApplicationLogLevel": "DEBUG"}
    )
    assert changed["LoggingConfig"] == logging | group | {"ApplicationLogLevel": "DEBUG"}
    server.settled("in-json")
    changed = client.update_function_configuration(
        FunctionName="in-json", LoggingConfig={"LogFormat": "Text"}
    )
    assert changed["LoggingConfig"] == {"LogFormat": "Text"} | group


@pytest.mark.parametrize(
    ("member", "value", "changed"),
    [
        ("AcceleratorConfig", {"AcceleratorMemorySize": 24}, {"AcceleratorMemorySize": 48}),
        (
            "RuntimeConfig",
            {"RuntimeArn": CUSTOM_RUNTIME, "RuntimeAlias": "live"},
            {"RuntimeArn": CUSTOM_RUNTIME, "RuntimeAlias": "next"},
        ),
        ("DurableConfig", {"ExecutionTimeout": 60}, {"ExecutionTimeout": 90}),
    ],
)
def test_what_makes_a_function_one_of_its_kind_is_kept(
    server: Server, client: Any, member: str, value: Any, changed: Any
) -> None:
    name = f"kind-{member}"
    server.create(name, OLD, **{member: value})
    assert client.get_function_configuration(FunctionName=name)[member] == value
    answer = client.update_function_configuration(FunctionName=name, **{member: changed})
    assert answer[member] == changed
    server.settled(name)
    client.publish_version(FunctionName=name)
    for qualifier in ("$LATEST", "1"):
        read = client.get_function_configuration(FunctionName=name, Qualifier=qualifier)
        assert read[member] == changed


def test_the_key_of_a_package_and_the_reference_to_it_are_lost_where_they_are_not_sent_again(
    server: Server, client: Any
) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="own-code")
    s3.put_object(Bucket="own-code", Key="code.zip", Body=NEW)
    where = {"S3Bucket": "own-code", "S3Key": "code.zip"}
    server.create("keyed", OLD)

    def code_after(**request: Any) -> Any:
        client.update_function_code(FunctionName="keyed", **request)
        server.settled("keyed")
        return client.get_function(FunctionName="keyed")["Code"]

    referred = code_after(**where, S3ObjectStorageMode="REFERENCE", SourceKMSKeyArn=KEY)
    assert (referred["ResolvedS3Object"], referred["SourceKMSKeyArn"]) == (where, KEY)
    assert "Location" not in referred
    keyed = code_after(**where, SourceKMSKeyArn=KEY)
    assert keyed["SourceKMSKeyArn"] == KEY
    assert "ResolvedS3Object" not in keyed
    assert "SourceKMSKeyArn" not in code_after(ZipFile=NEW)


def test_errors_have_a_type_and_the_member_that_the_model_names(server: Server, client: Any) -> None:
    missing = refused(lambda: client.get_function(FunctionName="nobody"))
    assert missing["Type"] == "User"
    assert missing["Message"] == missing["Error"]["Message"]
    assert "message" not in missing
    server.create("there", SOURCE)
    existing = refused(lambda: server.create("there", SOURCE))
    assert existing["Type"] == "User"
    assert existing["message"] == existing["Error"]["Message"] == "Function already exist: there"
    assert existing["Error"]["Code"] == "ResourceConflictException"


def test_a_throttled_invocation_says_why_and_when_to_try_again(server: Server, client: Any) -> None:
    server.create("throttled", SOURCE)
    client.put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)
    answer = refused(lambda: client.invoke(FunctionName="throttled"))
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert (answer["Type"], answer["message"]) == ("User", "Rate Exceeded.")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_only_who_waits_for_an_invocation_is_told_what_ran(server: Server, client: Any) -> None:
    server.create("who", SOURCE)
    assert client.invoke(FunctionName="who")["ExecutedVersion"] == "$LATEST"
    for kind in ("Event", "DryRun"):
        assert "ExecutedVersion" not in client.invoke(FunctionName="who", InvocationType=kind)


def test_a_new_function_url_shows_what_was_asked_for(server: Server, client: Any) -> None:
    server.create("reached", SOURCE)
    created = client.create_function_url_config(FunctionName="reached", AuthType="NONE")
    assert fields(created) == {"AuthType", "CreationTime", "FunctionArn", "FunctionUrl"}
    got = client.get_function_url_config(FunctionName="reached")
    assert fields(got) == fields(created) | {"InvokeMode", "LastModifiedTime"}
    assert got["InvokeMode"] == "BUFFERED"


def test_asynchronous_settings_have_what_was_set_and_both_destinations(server: Server, client: Any) -> None:
    server.create("later", SOURCE)
    answer = client.put_function_event_invoke_config(FunctionName="later", MaximumRetryAttempts=1)
    assert fields(answer) == {"DestinationConfig", "FunctionArn", "LastModified", "MaximumRetryAttempts"}
    assert answer["FunctionArn"] == f"{ARN}:later:$LATEST"
    assert answer["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}


def test_provisioned_concurrency_is_in_progress_before_it_is_ready(server: Server, client: Any) -> None:
    server.create("kept-ready", SOURCE)
    client.publish_version(FunctionName="kept-ready")
    client.create_alias(FunctionName="kept-ready", Name="live", FunctionVersion="1")
    put = client.put_provisioned_concurrency_config
    which = {"FunctionName": "kept-ready", "Qualifier": "1"}
    answer = put(**which, ProvisionedConcurrentExecutions=2)
    assert (answer["Status"], answer["AllocatedProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 0)
    conflict = refused(
        lambda: put(FunctionName="kept-ready", Qualifier="live", ProvisionedConcurrentExecutions=1)
    )
    assert conflict["Error"]["Message"] == (
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
    )
    client.delete_provisioned_concurrency_config(**which)
    put(FunctionName="kept-ready", Qualifier="live", ProvisionedConcurrentExecutions=1)
    conflict = refused(lambda: put(**which, ProvisionedConcurrentExecutions=1))
    assert conflict["Error"]["Message"] == "Version is pointed by a Provisioned Concurrency alias"


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [(SOURCE, "READY", None), ("raise ValueError('no')\n", "FAILED", "FUNCTION_ERROR_INIT_FAILURE")],
    ids=["starts", "fails"],
)
def test_provisioned_concurrency_fails_where_the_function_cannot_be_initialized(
    server: Server, client: Any, source: str, status: str, reason: str | None
) -> None:
    name = f"provisioned-{status.lower()}"
    server.create(name, source)
    client.publish_version(FunctionName=name)
    which = {"FunctionName": name, "Qualifier": "1"}
    client.put_provisioned_concurrency_config(**which, ProvisionedConcurrentExecutions=1)
    look = client.get_provisioned_concurrency_config
    eventually(lambda: look(**which)["Status"] != "IN_PROGRESS")
    assert (look(**which)["Status"], look(**which).get("StatusReason")) == (status, reason)


def test_each_qualifier_has_a_policy_and_its_own_revision(server: Server, client: Any) -> None:
    server.create("granted", SOURCE)
    client.publish_version(FunctionName="granted")
    before = client.get_function(FunctionName="granted")["Configuration"]["RevisionId"]
    grant = {
        "FunctionName": "granted",
        "StatementId": "s3",
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
    }
    stale = refused(lambda: client.add_permission(**grant, RevisionId="wrong"))
    assert stale["Error"]["Code"] == "PreconditionFailedException"
    assert "Call the GetPolicy API" in stale["Error"]["Message"]
    client.add_permission(**grant, RevisionId=before)
    policy = client.get_policy(FunctionName="granted")
    latest = client.get_function(FunctionName="granted")["Configuration"]["RevisionId"]
    assert before != latest == policy["RevisionId"]
    none = refused(lambda: client.get_policy(FunctionName="granted", Qualifier="1"))
    assert none["Message"] == "The resource you requested does not exist."
    client.add_permission(**grant, Qualifier="1")  # The same statement id, in another policy.
    of_version = client.get_policy(FunctionName="granted", Qualifier="1")
    assert of_version["RevisionId"] not in (latest, before)
    assert f"{ARN}:granted:1" in of_version["Policy"]
    assert f"{ARN}:granted:1" not in client.get_policy(FunctionName="granted")["Policy"]
    client.remove_permission(FunctionName="granted", StatementId="s3")
    assert refused(lambda: client.get_policy(FunctionName="granted"))["Error"]["Code"] == (
        "ResourceNotFoundException"
    )
    wrong = refused(lambda: client.remove_permission(FunctionName="granted", StatementId="no", Qualifier="1"))
    assert wrong["Message"] == "Statement no is not found in resource policy."
    assert client.get_policy(FunctionName="granted", Qualifier="1")["Policy"]


def test_a_function_without_code_signing_has_no_configuration_of_it(server: Server) -> None:
    server.create("unsigned", SOURCE)
    assert fields(server.client("lambda").get_function_code_signing_config(FunctionName="unsigned")) == set()


def test_an_account_is_granted_by_its_root(server: Server, client: Any) -> None:
    server.create("shared", SOURCE)
    statement = client.add_permission(
        FunctionName="shared", StatementId="a", Action="lambda:InvokeFunction", Principal="123456789012"
    )["Statement"]
    assert '"arn:aws:iam::123456789012:root"' in statement


def test_runtime_management_is_kept(server: Server, client: Any) -> None:
    server.create("managed", SOURCE)
    assert client.get_runtime_management_config(FunctionName="managed")["UpdateRuntimeOn"] == "Auto"
    client.put_runtime_management_config(FunctionName="managed", UpdateRuntimeOn="FunctionUpdate")
    assert client.get_runtime_management_config(FunctionName="managed")["UpdateRuntimeOn"] == "FunctionUpdate"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_runtime_management_config(FunctionName="nobody")


def test_what_is_provisioned_is_listed(server: Server, client: Any) -> None:
    server.create("ready", SOURCE)
    client.publish_version(FunctionName="ready")
    listed = client.list_provisioned_concurrency_configs
    assert listed(FunctionName="ready")["ProvisionedConcurrencyConfigs"] == []
    client.put_provisioned_concurrency_config(
        FunctionName="ready", Qualifier="1", ProvisionedConcurrentExecutions=3
    )
    (config,) = listed(FunctionName="ready")["ProvisionedConcurrencyConfigs"]
    assert config["FunctionArn"].endswith(":ready:1")
    assert config["RequestedProvisionedConcurrentExecutions"] == 3


def test_changing_asynchronous_settings_leaves_the_others(server: Server, client: Any) -> None:
    server.create("asynchronous", "def handler(event, context): pass\n")
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="EventInvokeConfig"):
        client.update_function_event_invoke_config(FunctionName="asynchronous", MaximumRetryAttempts=0)
    client.put_function_event_invoke_config(FunctionName="asynchronous", MaximumEventAgeInSeconds=60)
    client.update_function_event_invoke_config(FunctionName="asynchronous", MaximumRetryAttempts=0)
    now = client.get_function_event_invoke_config(FunctionName="asynchronous")
    assert (now["MaximumEventAgeInSeconds"], now["MaximumRetryAttempts"]) == (60, 0)


_PUBLISHERS = {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/test"]}
_POLICIES = {"UntrustedArtifactOnDeployment": "Enforce"}


def test_a_configuration_is_made_changed_used_and_deleted(server: Server, client: Any) -> None:
    made = client.create_code_signing_config(
        Description="Signed", AllowedPublishers=_PUBLISHERS, CodeSigningPolicies=_POLICIES
    )["CodeSigningConfig"]
    arn = made["CodeSigningConfigArn"]
    assert re.fullmatch(r"arn:aws:lambda:us-east-1:0{12}:code-signing-config:csc-[a-z0-9]{17}", arn)
    assert arn.endswith(made["CodeSigningConfigId"])
    assert (made["Description"], made["AllowedPublishers"]) == ("Signed", _PUBLISHERS)
    assert client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == made
    changed = client.update_code_signing_config(CodeSigningConfigArn=arn, Description="Still signed")
    assert changed["CodeSigningConfig"]["Description"] == "Still signed"
    assert changed["CodeSigningConfig"]["CodeSigningPolicies"] == _POLICIES
    listed = client.list_code_signing_configs()["CodeSigningConfigs"]
    assert [each["CodeSigningConfigArn"] for each in listed] == [arn]

    server.create("signed", "def handler(event, context): pass", CodeSigningConfigArn=arn)
    assert client.get_function_code_signing_config(FunctionName="signed")["CodeSigningConfigArn"] == arn
    names = client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"]
    assert [name.rpartition(":")[2] for name in names] == ["signed"]

    client.delete_code_signing_config(CodeSigningConfigArn=arn)
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="can not be found"):
        client.get_code_signing_config(CodeSigningConfigArn=arn)


def test_a_configuration_outlives_the_server(tmp_path: Path) -> None:
    with Server(tmp_path / "sandbox") as first:
        made = first.client("lambda").create_code_signing_config(AllowedPublishers=_PUBLISHERS)
    arn = made["CodeSigningConfig"]["CodeSigningConfigArn"]
    with Server(tmp_path / "sandbox") as second:
        kept = second.client("lambda").get_code_signing_config(CodeSigningConfigArn=arn)
    assert kept["CodeSigningConfig"] == made["CodeSigningConfig"]


def test_a_stack_grants_a_permission(server: Server, client: Any) -> None:
    """CloudFormation calls Lambda's handlers by the names of their arguments."""
    server.create("of-stack", OLD)
    permission = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": "of-stack",
            "Action": "lambda:InvokeFunction",
            "Principal": "sns.amazonaws.com",
        },
    }
    stacks = server.client("cloudformation")
    stacks.create_stack(StackName="grants", TemplateBody=json.dumps({"Resources": {"Grant": permission}}))

    def state() -> str:
        return str(stacks.describe_stacks(StackName="grants")["Stacks"][0]["StackStatus"])

    eventually(lambda: not state().endswith("_IN_PROGRESS"))
    assert state() == "CREATE_COMPLETE"
    policy = json.loads(client.get_policy(FunctionName="of-stack")["Policy"])
    assert [each["Principal"] for each in policy["Statement"]] == [{"Service": "sns.amazonaws.com"}]


def test_a_function_of_another_account_is_denied_unless_its_policy_grants_the_action(server: Server) -> None:
    server.create("granting", OLD)
    arn = "arn:aws:lambda:us-east-1:000000000000:function:granting"
    owner, other = server.client("lambda"), server.client("lambda", account="111122223333")
    owner.add_permission(
        FunctionName="granting",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    for call in (
        other.get_runtime_management_config,
        other.list_provisioned_concurrency_configs,
        other.get_function,
    ):
        with pytest.raises(ClientError, match="because no resource-based policy allows") as caught:
            call(FunctionName=arn)
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    owner.add_permission(
        FunctionName="granting", StatementId="other", Action="lambda:GetFunction", Principal="111122223333"
    )
    with contextlib.suppress(other.exceptions.ResourceNotFoundException):  # past the policy
        other.get_function(FunctionName=arn)
