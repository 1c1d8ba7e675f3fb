"""The fields of Lambda's answers: those that AWS's have, and no others.

Source of what is expected: AWS's answers as localstack/localstack recorded them (Apache-2.0).
"""

from typing import Any

import pytest

from tests.sandbox.launcher.server import ROLE, TRUST, Server, package, refused
from tests.waiting import eventually

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


def test_each_answer_about_a_function_has_awss_fields(server: Server) -> None:
    client = server.client("lambda")
    created = client.create_function(
        FunctionName="shown",
        Runtime="python3.13",
        Handler="index.handler",
        Role=ROLE,
        Code={"ZipFile": package(SOURCE)},
    )
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
def test_a_function_is_named_as_it_was_asked_for(server: Server, qualifier: str) -> None:
    client, name = server.client("lambda"), f"named-{len(qualifier)}"
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


def test_logging_in_json_has_levels_and_what_an_update_leaves_out_stays(server: Server) -> None:
    client = server.client("lambda")
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


def test_errors_have_a_type_and_the_member_that_the_model_names(server: Server) -> None:
    client = server.client("lambda")
    missing = refused(lambda: client.get_function(FunctionName="nobody"))
    assert missing["Type"] == "User"
    assert missing["Message"] == missing["Error"]["Message"]
    assert "message" not in missing
    server.create("there", SOURCE)
    existing = refused(lambda: server.create("there", SOURCE))
    assert existing["Type"] == "User"
    assert existing["message"] == existing["Error"]["Message"] == "Function already exist: there"
    assert existing["Error"]["Code"] == "ResourceConflictException"


def test_a_throttled_invocation_says_why_and_when_to_try_again(server: Server) -> None:
    client = server.client("lambda")
    server.create("throttled", SOURCE)
    client.put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)
    answer = refused(lambda: client.invoke(FunctionName="throttled"))
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert (answer["Type"], answer["message"]) == ("User", "Rate Exceeded.")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_only_who_waits_for_an_invocation_is_told_what_ran(server: Server) -> None:
    client = server.client("lambda")
    server.create("who", SOURCE)
    assert client.invoke(FunctionName="who")["ExecutedVersion"] == "$LATEST"
    for kind in ("Event", "DryRun"):
        assert "ExecutedVersion" not in client.invoke(FunctionName="who", InvocationType=kind)


def test_a_new_function_url_shows_what_was_asked_for(server: Server) -> None:
    client = server.client("lambda")
    server.create("reached", SOURCE)
    created = client.create_function_url_config(FunctionName="reached", AuthType="NONE")
    assert fields(created) == {"AuthType", "CreationTime", "FunctionArn", "FunctionUrl"}
    got = client.get_function_url_config(FunctionName="reached")
    assert fields(got) == fields(created) | {"InvokeMode", "LastModifiedTime"}
    assert got["InvokeMode"] == "BUFFERED"


def test_asynchronous_settings_have_what_was_set_and_both_destinations(server: Server) -> None:
    client = server.client("lambda")
    server.create("later", SOURCE)
    answer = client.put_function_event_invoke_config(FunctionName="later", MaximumRetryAttempts=1)
    assert fields(answer) == {"DestinationConfig", "FunctionArn", "LastModified", "MaximumRetryAttempts"}
    assert answer["FunctionArn"] == f"{ARN}:later:$LATEST"
    assert answer["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}


def test_provisioned_concurrency_is_in_progress_before_it_is_ready(server: Server) -> None:
    client = server.client("lambda")
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
    server: Server, source: str, status: str, reason: str | None
) -> None:
    client, name = server.client("lambda"), f"provisioned-{status.lower()}"
    server.create(name, source)
    client.publish_version(FunctionName=name)
    which = {"FunctionName": name, "Qualifier": "1"}
    client.put_provisioned_concurrency_config(**which, ProvisionedConcurrentExecutions=1)
    look = client.get_provisioned_concurrency_config
    eventually(lambda: look(**which)["Status"] != "IN_PROGRESS")
    assert (look(**which)["Status"], look(**which).get("StatusReason")) == (status, reason)


def test_each_qualifier_has_a_policy_and_its_own_revision(server: Server) -> None:
    client = server.client("lambda")
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


def test_an_account_is_granted_by_its_root(server: Server) -> None:
    client = server.client("lambda")
    server.create("shared", SOURCE)
    statement = client.add_permission(
        FunctionName="shared", StatementId="a", Action="lambda:InvokeFunction", Principal="123456789012"
    )["Statement"]
    assert '"arn:aws:iam::123456789012:root"' in statement
