"""What belongs to a deleted function is kept, and made again; what cannot be is named with AWS's reason."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock
from tests.functions.test_restore import fetch
from tests.sandbox_functions import create_function, deploy_elsewhere, deployed_text
from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff
from workbench.core.codec import to_builtins
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.functions import restore as restoring
from workbench.functions import snapshot
from workbench.functions.deleted import Deleted, DeletedStore
from workbench.functions.deletion import delete_function
from workbench.functions.detail import wait_until_updated
from workbench.functions.restore import DependentsRestore, restore
from workbench.functions.snapshot import FunctionSnapshot, VersionSnapshot, permission_request, statements_in

CTX = JobContext()
ONE, TWO, THREE = (f"def handler(event, context):\n    return {number}\n" for number in (1, 2, 3))
GROUP = "/aws/lambda/rich"
ACCOUNT, REGION = "123456789012", "eu-central-1"
UUID = "1" * 36
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hello"


@pytest.fixture
def store(tmp_path: Path) -> DeletedStore:
    return DeletedStore(tmp_path / "deleted", FakeClock())


def make_rich(connection: Connection) -> None:
    """A function with all that can belong to one."""

    def call(method: str, service: str = "lambda", **request: Any) -> None:
        connection.call(service, method, **request)

    create_function(connection, ONE, name="rich", MemorySize=256)
    call("publish_version", FunctionName="rich", Description="first")
    deploy_elsewhere(connection, "rich", TWO)
    call("update_function_configuration", FunctionName="rich", MemorySize=512)
    wait_until_updated(connection, "rich", CTX)
    call("publish_version", FunctionName="rich", Description="second")
    deploy_elsewhere(connection, "rich", THREE)
    routing = {"AdditionalVersionWeights": {"1": 0.25}}
    call("create_alias", FunctionName="rich", Name="prod", FunctionVersion="2", RoutingConfig=routing)
    arn = "arn:aws:s3:::photos"
    grant = {"StatementId": "photos", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    call("add_permission", FunctionName="rich", SourceArn=arn, SourceAccount=ACCOUNT, **grant)
    grant = {"StatementId": "partner", "Action": "lambda:InvokeFunction", "Principal": ACCOUNT}
    call("add_permission", FunctionName="rich", Qualifier="prod", **grant)
    cors = {"AllowOrigins": ["https://example.com"], "MaxAge": 60}
    call("create_function_url_config", FunctionName="rich", AuthType="NONE", Cors=cors, Qualifier="prod")
    call("put_function_event_invoke_config", FunctionName="rich", MaximumRetryAttempts=1)
    call("put_function_event_invoke_config", FunctionName="rich", Qualifier="prod", MaximumRetryAttempts=0)
    call("create_log_group", "logs", logGroupName=GROUP)
    call("put_retention_policy", "logs", logGroupName=GROUP, retentionInDays=7)
    provisioned: dict[str, Any] = {"ProvisionedConcurrentExecutions": 2}
    call("put_provisioned_concurrency_config", FunctionName="rich", Qualifier="prod", **provisioned)
    call("put_function_recursion_config", FunctionName="rich", RecursiveLoop="Allow")
    call("put_runtime_management_config", FunctionName="rich", UpdateRuntimeOn="FunctionUpdate")
    call("put_function_concurrency", FunctionName="rich", ReservedConcurrentExecutions=3)
    call("create_queue", "sqs", QueueName="orders")
    source = f"arn:aws:sqs:{connection.region}:{connection.account_id}:orders"
    more: dict[str, Any] = {
        "BatchSize": 7,
        "FilterCriteria": {"Filters": [{"Pattern": "{}"}]},
        "Enabled": False,
    }
    call("create_event_source_mapping", FunctionName="rich:prod", EventSourceArn=source, **more)


def make_away(connection: Connection) -> None:
    """Deletes it with its mappings and its log group. The Sandbox leaves URLs behind, AWS does not."""
    for each in connection.call("lambda", "list_event_source_mappings")["EventSourceMappings"]:
        connection.call("lambda", "delete_event_source_mapping", UUID=each["UUID"])
    connection.call("lambda", "delete_function_url_config", FunctionName="rich", Qualifier="prod")
    connection.call("logs", "delete_log_group", logGroupName=GROUP)
    delete_function(connection, "rich", CTX)


def seen(connection: Connection, store: DeletedStore) -> tuple[FunctionSnapshot, tuple[str, ...]]:
    kept, _detail = store.keep(connection, "rich", (), fetch, CTX)
    store.forget(kept)
    return kept.dependents, kept.lost


def plain(belongings: FunctionSnapshot) -> dict[str, Any]:
    """What is the same again after restoring: all but ids, moments and addresses."""
    own = {
        "UUID",
        "LastModified",
        "LastModifiedTime",
        "CreationTime",
        "FunctionUrl",
        "RevisionId",
        "EventSourceMappingArn",
        "StateTransitionReason",
    }

    def pruned(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: pruned(each) for key, each in value.items() if key not in own}
        return [pruned(each) for each in value] if isinstance(value, list) else value

    found = pruned(json.loads(json.dumps(to_builtins(belongings))))
    assert isinstance(found, dict)
    return found


def test_all_that_belonged_to_a_function_is_there_again(connection: Connection, store: DeletedStore) -> None:
    make_rich(connection)
    kept, detail = store.keep(connection, "rich", (), fetch, CTX)
    assert kept.lost == ()
    assert kept.dependents.counts() == (
        "2 versions",
        "1 alias",
        "1 event source mapping",
        "2 permissions",
        "1 function URL",
        "2 asynchronous configurations",
        "1 provisioned concurrency",
        "3 runtime update settings",  # the Sandbox has one for all qualifiers
        "1 recursion setting",
        "1 log retention",
    )
    make_away(connection)
    (found,) = store.all(connection.account_id, connection.region)
    restored = restore(connection, found, CTX)
    assert restored.left == ()
    assert any("is now https://" in note for note in restored.notes)
    assert (restored.detail.memory_mb, restored.detail.reserved_concurrency) == (512, 3)
    assert restored.detail.code_sha256 == detail.code_sha256
    assert deployed_text(connection, "rich") == THREE
    for qualifier, number in (("1", 1), ("2", 2), ("$LATEST", 3)):
        answer = connection.call("lambda", "invoke", FunctionName="rich", Qualifier=qualifier)
        assert json.loads(answer["Payload"].read()) == number
    again, lost = seen(connection, store)
    assert lost == ()
    assert plain(again) == plain(kept.dependents)


def test_a_mapping_is_kept_as_it_is_once_aws_has_made_it_and_not_while_it_goes(
    connection: Connection, store: DeletedStore
) -> None:
    """While it is Creating, nothing says that it was made disabled: restored, it would read its queue."""
    make_rich(connection)
    (mapping,) = seen(connection, store)[0].mappings
    assert mapping["State"] == "Disabled"
    connection.call("lambda", "delete_event_source_mapping", UUID=mapping["UUID"])
    assert seen(connection, store)[0].mappings == ()


def test_old_versions_that_nothing_names_are_left_out_and_said(
    connection: Connection, store: DeletedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "MAX_VERSIONS", 1)
    make_rich(connection)
    deploy_elsewhere(connection, "rich", ONE)
    connection.call("lambda", "publish_version", FunctionName="rich")
    connection.call("lambda", "delete_alias", FunctionName="rich", Name="prod")
    kept, _detail = store.keep(connection, "rich", (), fetch, CTX)
    assert [each.version for each in kept.dependents.versions] == ["3"]
    assert kept.lost == ("2 older versions that are not referenced",)


def test_a_copy_without_belongings_is_restored_as_far_as_it_goes(
    connection: Connection, store: DeletedStore
) -> None:
    made = create_function(connection, ONE, name="rich")
    kept, _detail = store.keep(connection, "rich", (), fetch, CTX)
    path = kept.folder / "deleted.json"
    about = json.loads(path.read_text("utf-8"))
    del about["kept"], about["format"]  # as earlier versions have written it
    path.write_text(json.dumps(about), "utf-8")
    delete_function(connection, "rich", CTX)
    (old,) = store.all(connection.account_id, connection.region)
    assert restore(connection, old, CTX).detail.code_sha256 == made.code_sha256


def test_cancel_after_the_function_is_there_names_what_is_missing(
    connection: Connection, store: DeletedStore
) -> None:
    make_rich(connection)
    kept, _detail = store.keep(connection, "rich", (), fetch, CTX)
    make_away(connection)

    def cancel(progress: Progress) -> None:
        if progress.text.startswith("Publishing"):
            raise Cancelled

    restored = restore(connection, kept, JobContext(report=cancel))
    assert {each.what for each in restored.left} >= {"version 1", "version 2", "the alias prod"}
    assert deployed_text(connection, "rich") == THREE


# AWS's refusals ---------------------------------------------------------------------------------------------


def run(aws: StubbedAws, kept: FunctionSnapshot, numbers: dict[str, str] | None = None) -> DependentsRestore:
    found = DependentsRestore(aws.connection, "hello", kept, numbers or {}, "2026-07-01T12:00:00+00:00", CTX)
    found.run()
    return found


def test_a_mapping_that_is_still_being_deleted_is_waited_for(
    aws: StubbedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DeleteEventSourceMapping answers at once; the mapping is gone a while later."""
    monkeypatch.setattr(restoring, "_MAPPING_DELETION", Backoff(0.0, factor=1.0))
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    raw = {"UUID": UUID, "EventSourceArn": queue, "FunctionArn": ARN, "State": "Enabled", "BatchSize": 5}
    words = (
        f'An event source mapping with SQS arn (" {queue} ") and function (" hello ") already exists. '
        "Please update or delete the existing mapping with UUID x"
    )
    for _ in range(2):
        aws.refuse("lambda", "create_event_source_mapping", "ResourceConflictException", words, 409)
        leaving = {"EventSourceMappings": [{"UUID": UUID, "EventSourceArn": queue, "State": "Deleting"}]}
        aws.answer("lambda", "list_event_source_mappings", leaving, {"FunctionName": "hello"})
    wanted = {"FunctionName": "hello", "EventSourceArn": queue, "BatchSize": 5, "Enabled": True}
    aws.answer("lambda", "create_event_source_mapping", {"UUID": UUID}, wanted)
    found = run(aws, FunctionSnapshot(mappings=(raw,)))
    assert (found.left, found.notes) == ([], [])
    aws.assert_all_asked()


def test_what_is_gone_on_with_does_not_take_a_mapping_that_goes_for_its_own(aws: StubbedAws) -> None:
    """The mapping of the deleted function is listed for a while, with the function's name."""
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    raw = {"UUID": UUID, "EventSourceArn": queue, "FunctionArn": ARN, "State": "Enabled"}
    listed = {"EventSourceMappings": [{"UUID": UUID, "EventSourceArn": queue, "State": "Deleting"}]}
    aws.answer("lambda", "list_event_source_mappings", listed, {"FunctionName": "hello"})
    wanted = {"FunctionName": "hello", "EventSourceArn": queue, "Enabled": True}
    aws.answer("lambda", "create_event_source_mapping", {"UUID": UUID}, wanted)
    found = DependentsRestore(
        aws.connection,
        "hello",
        FunctionSnapshot(mappings=(raw,)),
        {},
        "2026-07-01T12:00:00+00:00",
        CTX,
        resumes=True,
    )
    found.run()
    assert (found.left, found.notes) == ([], [])
    aws.assert_all_asked()


def test_a_mapping_that_stays_is_left_as_it_is(aws: StubbedAws) -> None:
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    raw = {"UUID": UUID, "EventSourceArn": queue, "FunctionArn": ARN, "State": "Enabled"}
    words = "The event source arn and function provided mapping already exists."
    aws.refuse("lambda", "create_event_source_mapping", "ResourceConflictException", words, 409)
    there = {"EventSourceMappings": [{"UUID": UUID, "EventSourceArn": queue, "State": "Enabled"}]}
    aws.answer("lambda", "list_event_source_mappings", there, {"FunctionName": "hello"})
    found = run(aws, FunctionSnapshot(mappings=(raw,)))
    assert found.left == []
    assert found.notes == [f"the event source mapping of {queue} already exists and was left unchanged"]


def test_what_aws_refuses_is_named_and_the_rest_is_made(aws: StubbedAws) -> None:
    statement = BASE | {"Principal": {"AWS": "AROAX"}}
    kept = FunctionSnapshot(
        aliases=({"Name": "prod", "FunctionVersion": "3"}, {"Name": "dev", "FunctionVersion": "$LATEST"}),
        statements=(("", statement), ("prod", statement)),
        recursion="Allow",
    )
    expected = {"FunctionName": "hello", "Name": "dev", "FunctionVersion": "$LATEST"}
    aws.answer("lambda", "create_alias", {}, expected)
    aws.refuse("lambda", "put_function_recursion_config", "AccessDeniedException", "You may not.", 403)
    words = "The provided principal was invalid. Please check the principal and try again."
    aws.refuse("lambda", "add_permission", "InvalidParameterValueException", words)
    left = {each.what: each.error for each in run(aws, kept).left}
    assert set(left) == {
        "the alias prod",
        "its recursion setting Allow",
        "the permission s",
        "the permission s of prod",
    }
    assert "Version 3" in left["the alias prod"].why
    assert left["its recursion setting Allow"].aws_code == "AccessDeniedException"
    assert "principal was invalid" in left["the permission s"].why
    assert "prod was not restored" in left["the permission s of prod"].why


def test_what_is_there_already_is_left_as_it_is(aws: StubbedAws) -> None:
    source = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    kept = FunctionSnapshot(mappings=({"EventSourceArn": source, "FunctionArn": ARN, "State": "Enabled"},))
    words = f'An event source mapping with SQS arn ("{source}") and function ("hello") already exists.'
    aws.refuse("lambda", "create_event_source_mapping", "ResourceConflictException", words, 409)
    found = run(aws, kept)
    assert found.left == []
    assert "already exists" in found.notes[0]


def test_a_stream_is_read_on_from_the_deletion(aws: StubbedAws) -> None:
    source = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks"
    mapping = {
        "UUID": "1",
        "EventSourceArn": source,
        "FunctionArn": f"{ARN}:3",
        "StartingPosition": "TRIM_HORIZON",
        "State": "Disabling",
        "BatchSize": 100,
        "MaximumRetryAttempts": -1,
    }
    expected = {
        "FunctionName": "hello:1",
        "EventSourceArn": source,
        "StartingPosition": "AT_TIMESTAMP",
        "StartingPositionTimestamp": "2026-07-01T12:00:00+00:00",
        "Enabled": False,
        "BatchSize": 100,
        "MaximumRetryAttempts": -1,
    }
    aws.answer("lambda", "create_event_source_mapping", {"BatchSize": 100}, expected)
    assert run(aws, FunctionSnapshot(mappings=(mapping,)), {"3": "1"}).notes == [
        f"the event source mapping of {source} continues from the time when the function was deleted"
    ]


def test_a_share_of_a_version_that_is_gone_is_said(aws: StubbedAws) -> None:
    routing = {"AdditionalVersionWeights": {"5": 0.1}}
    alias = {"Name": "prod", "FunctionVersion": "4", "RoutingConfig": routing}
    expected = {"FunctionName": "hello", "Name": "prod", "FunctionVersion": "9"}
    aws.answer("lambda", "create_alias", {}, expected)
    left = run(aws, FunctionSnapshot(aliases=(alias,)), {"4": "9"}).left
    assert [each.what for each in left] == ["the weight of version 5 in the alias prod"]


def test_what_may_not_be_read_is_named_and_the_rest_is_kept(
    connection: Connection, store: DeletedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_rich(connection)
    real = Connection.call

    def refusing(self: Connection, service: str, method: str, /, **params: Any) -> dict[str, Any]:
        if method in ("get_policy", "get_function_recursion_config"):
            raise WorkbenchError("No.", "You may not.", aws_code="AccessDeniedException")
        return real(self, service, method, **params)

    monkeypatch.setattr(Connection, "call", refusing)
    kept, _detail = store.keep(connection, "rich", (), fetch, CTX)
    assert kept.lost == (
        "its permissions, which could not be read: You may not.",
        "its recursion setting, which could not be read: You may not.",
    )
    assert len(kept.dependents.aliases) == 1


def test_code_of_a_version_that_is_not_what_aws_announced_is_not_kept(
    connection: Connection, store: DeletedStore
) -> None:
    make_rich(connection)

    def latest_only(
        connection: Connection, url: str, code_sha256: str, target: Path, ctx: JobContext
    ) -> None:
        if target.name != "package.zip":
            raise WorkbenchError("The code could not be downloaded.", "Its SHA-256 is another.")
        fetch(connection, url, code_sha256, target, ctx)

    kept, _detail = store.keep(connection, "rich", (), latest_only, CTX)
    assert [words.partition(",")[0] for words in kept.lost] == ["version 1", "version 2"]
    assert not [*kept.folder.glob("[0-9a-f]*.zip")]


# Statements -------------------------------------------------------------------------------------------------

BASE: dict[str, Any] = {"Sid": "s", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": ARN}
MADE = {"StatementId": "s", "Action": "lambda:InvokeFunction"}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Principal": "*"}, {"Principal": "*"}),
        ({"Principal": {"Service": "sns.amazonaws.com"}}, {"Principal": "sns.amazonaws.com"}),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}, {"Principal": ACCOUNT}),
        (
            {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}},
            {"Principal": f"arn:aws:iam::{ACCOUNT}:role/r"},
        ),
        (
            {
                "Principal": {"Service": "s3.amazonaws.com"},
                "Condition": {
                    "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::x"},
                    "StringEquals": {"AWS:SourceAccount": [ACCOUNT]},
                },
            },
            {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::x", "SourceAccount": ACCOUNT},
        ),
        (
            {
                "Principal": "*",
                "Condition": {
                    "StringEquals": {"lambda:FunctionUrlAuthType": "NONE", "aws:PrincipalOrgID": "o-1"},
                    "Bool": {"lambda:InvokedViaFunctionUrl": "true"},
                },
            },
            {
                "Principal": "*",
                "FunctionUrlAuthType": "NONE",
                "PrincipalOrgID": "o-1",
                "InvokedViaFunctionUrl": True,
            },
        ),
    ],
)
def test_a_statement_becomes_the_request_that_made_it(
    statement: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert permission_request(BASE | statement) == MADE | expected


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Principal": "*"},
        {"Principal": {"AWS": ["1", "2"]}},
        {"Principal": {"AWS": "1", "Service": "x"}},
        {"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Principal": "*", "Sid": None},
        {"NotPrincipal": "*"},
        {},
    ],
)
def test_a_statement_that_add_permission_cannot_make_is_said(statement: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="AddPermission"):
        permission_request(BASE | statement)


@pytest.mark.parametrize("policy", ["", "{", "[]", '{"Statement": 3}', '{"Statement": ["x"]}', "null"])
def test_a_text_that_is_no_policy_has_no_statements(policy: str) -> None:
    assert statements_in(policy) == ()


def test_secrets_of_versions_are_never_printed() -> None:
    version = VersionSnapshot("1", {"Environment": {"Variables": {"TOKEN": "top-secret"}}})
    assert "top-secret" not in repr(FunctionSnapshot(versions=(version,)))
    kept = FunctionSnapshot(versions=(version,))
    deleted = Deleted(Path(), "", ACCOUNT, REGION, "hello", "{}", "", "", None, (), kept)
    assert "top-secret" not in repr(deleted)
    assert replace(deleted).dependents.versions == (version,)


EARLIER = r"""{
 "folder": null,
 "when": "2026-01-01T00:00:00+00:00",
 "account_id": "123456789012",
 "region": "us-east-1",
 "function_name": "hello",
 "request": "{\"Description\": \"n\u00e4her\"}",
 "code_sha256": "q83v",
 "image_uri": "",
 "reserved_concurrency": 3,
 "lost": ["Log group /a"],
 "kept": "{\"aliases\": [{\"Name\": \"prod\", \"FunctionVersion\": \"3\"}], \"asynchronous\": [], \"log_group\": \"/a\", \"mappings\": [{\"UUID\": \"u\", \"LastModified\": \"2026-01-01T00:00:00+00:00\"}], \"provisioned\": [[\"prod\", 2]], \"recursion\": \"\", \"retention_days\": 7, \"runtimes\": [], \"statements\": [[\"\", {\"Sid\": \"s\"}]], \"urls\": [], \"versions\": [{\"code_sha256\": \"q83v\", \"image_uri\": \"\", \"request\": {\"Runtime\": \"python3.13\"}, \"s3_object\": null, \"source_kms_key_arn\": \"\", \"version\": \"3\"}]}",
 "source_kms_key_arn": "",
 "s3_object": {"bucket": "b"}
}"""  # noqa: E501
"""deleted.json of before there were versions: the dependent resources were JSON in a text."""


def test_what_an_earlier_version_kept_is_read_and_what_is_damaged_is_set_aside(
    tmp_path: Path, expect_log: Callable[[str], None]
) -> None:
    store = DeletedStore(tmp_path, FakeClock())
    folder = tmp_path / "20260101T000000-aa"
    folder.mkdir()
    file = folder / "deleted.json"
    file.write_text(EARLIER)
    (found,) = store.all("123456789012", "us-east-1")
    assert (found.folder, found.reserved_concurrency, found.s3_object) == (folder, 3, {"bucket": "b"})
    assert found.latest.request == {"Description": "näher"}
    assert found.dependents == FunctionSnapshot(
        versions=(VersionSnapshot("3", {"Runtime": "python3.13"}, "q83v"),),
        aliases=({"Name": "prod", "FunctionVersion": "3"},),
        mappings=({"UUID": "u", "LastModified": "2026-01-01T00:00:00+00:00"},),
        statements=(("", {"Sid": "s"}),),
        provisioned=(("prod", 2),),
        log_group="/a",
        retention_days=7,
    )
    for damage in ('{"when": ', "[]", EARLIER.replace('"q83v"', "3"), EARLIER.replace('"{', '"[')):
        file.write_text(damage)
        assert store.all("123456789012", "us-east-1") == ()
        assert not file.exists()
        assert (folder / "deleted.json.damaged").read_text() == damage
    expect_log("deleted.json was damaged")
