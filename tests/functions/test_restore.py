"""The copy that is kept of a deleted function, and making the function again."""

import base64
import hashlib
import json
import shutil
import stat
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock
from tests.sandbox_functions import create_function, deploy_elsewhere, deployed_text
from workbench.aws.connection import Connection
from workbench.aws.regions import loader
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions import snapshot
from workbench.functions.deleted import Deleted, DeletedStore
from workbench.functions.deletion import delete_function
from workbench.functions.restore import restore
from workbench.functions.snapshot import FunctionSnapshot, restore_request

CTX = JobContext()
SOURCE = "def handler(event, context):\n    return 'one'\n"
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello"
ROLE = "arn:aws:iam::123456789012:role/hello"
CAPACITY = "arn:aws:lambda:eu-central-1:123456789012:capacity-provider:mine"
CONFIGURATION: dict[str, Any] = {
    "FunctionName": "hello",
    "FunctionArn": ARN,
    "CodeSha256": "mine",
    "RevisionId": "r1",
    "Role": ROLE,
}


def answer(aws: StubbedAws, **more: Any) -> None:
    aws.answer("lambda", "get_function", {"Configuration": {**CONFIGURATION, **more}})


def fetch(_connection: Connection, url: str, code_sha256: str, target: Path, _ctx: JobContext) -> None:
    with urllib.request.urlopen(url) as response, target.open("xb") as file:
        shutil.copyfileobj(response, file)
    assert base64.b64encode(hashlib.sha256(target.read_bytes()).digest()).decode() == code_sha256


@pytest.fixture
def store(tmp_path: Path) -> DeletedStore:
    return DeletedStore(tmp_path / "deleted", FakeClock())


# A copy, and back -------------------------------------------------------------------------------------------


def test_a_deleted_function_is_made_again_as_it_was(connection: Connection, store: DeletedStore) -> None:
    made = create_function(
        connection,
        SOURCE,
        timeout_s=42,
        Description="Says <one>",
        MemorySize=512,
        Environment={"Variables": {"TOKEN": "top-secret", "EMPTY": ""}},
        Tags={"team": "web"},
        TracingConfig={"Mode": "Active"},
        EphemeralStorage={"Size": 1024},
    )
    name = made.function_name
    connection.call("lambda", "put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=3)
    kept, before = store.keep(connection, name, ("its alias",), fetch, CTX)
    delete_function(connection, name, CTX)
    (found,) = store.all(connection.account_id, connection.region)
    assert found == kept
    after = restore(connection, found, CTX).detail
    before = replace(before, revision_id="", last_modified=None, code_location="")
    assert replace(after, revision_id="", last_modified=None, code_location="") == before
    assert deployed_text(connection, name) == SOURCE


def test_what_is_kept_is_for_this_user_only_and_is_never_printed(
    connection: Connection, store: DeletedStore
) -> None:
    made = create_function(connection, SOURCE, Environment={"Variables": {"TOKEN": "top-secret"}})
    kept, _detail = store.keep(connection, made.function_name, (), fetch, CTX)
    assert "top-secret" not in repr(kept)
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((kept.folder / "deleted.json").stat().st_mode) == 0o600


def test_other_accounts_and_damaged_copies_are_not_offered(
    connection: Connection, store: DeletedStore, expect_log: Callable[[str], None]
) -> None:
    expect_log("deleted.json was damaged")
    made = create_function(connection, SOURCE)
    kept, _detail = store.keep(connection, made.function_name, (), fetch, CTX)
    assert store.all("999999999999", connection.region) == ()
    assert store.all(connection.account_id, "eu-west-1") == ()
    (kept.folder / "deleted.json").write_text('{"when": ')
    assert store.all(connection.account_id, connection.region) == ()


def test_code_that_changes_while_it_is_copied_is_not_kept(
    connection: Connection, store: DeletedStore
) -> None:
    made = create_function(connection, SOURCE)

    def other(_connection: Connection, _url: str, _sha256: str, target: Path, _ctx: JobContext) -> None:
        target.write_bytes(b"")
        raise WorkbenchError("The code could not be downloaded.")

    with pytest.raises(WorkbenchError, match="could not be downloaded"):
        store.keep(connection, made.function_name, (), other, CTX)
    assert store.all(connection.account_id, connection.region) == ()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions that nothing belongs to."""
    monkeypatch.setattr(snapshot, "read_snapshot", lambda *_args: (FunctionSnapshot(), ()))


def written(_connection: Connection, _url: str, _sha256: str, target: Path, _ctx: JobContext) -> None:
    target.write_bytes(b"zip")


@pytest.mark.usefixtures("alone")
def test_who_may_not_read_the_code_signing_can_delete_all_the_same(
    aws: StubbedAws, store: DeletedStore
) -> None:
    answer(aws)
    aws.refuse("lambda", "get_function_code_signing_config", "AccessDeniedException", "You may not.", 403)
    kept, _detail = store.keep(aws.connection, "hello", ("its alias",), written, CTX)
    assert kept.lost[0] == "its alias"
    assert "code signing" in kept.lost[1]
    assert "You may not." in kept.lost[1]


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("resolved", "expected"),
    [
        ({}, f"{IMAGE}:1"),
        ({"ResolvedImageUri": f"{IMAGE}@sha256:{'0' * 64}"}, f"{IMAGE}@sha256:{'0' * 64}"),
    ],
)
def test_an_image_is_kept_by_its_digest_without_a_download(
    aws: StubbedAws, store: DeletedStore, resolved: dict[str, str], expected: str
) -> None:
    code = {"ImageUri": f"{IMAGE}:1", **resolved}
    aws.answer(
        "lambda", "get_function", {"Configuration": {**CONFIGURATION, "PackageType": "Image"}, "Code": code}
    )

    def never(_connection: Connection, _url: str, _sha256: str, _target: Path, _ctx: JobContext) -> None:
        raise AssertionError

    kept, _detail = store.keep(aws.connection, "hello", (), never, CTX)
    assert (kept.image_uri, kept.code_sha256, kept.size_bytes) == (expected, "", 0)


@pytest.mark.usefixtures("alone")
def test_who_signs_the_code_is_kept(aws: StubbedAws, store: DeletedStore) -> None:
    arn = "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    answer(aws)
    signing = {"CodeSigningConfigArn": arn, "FunctionName": "hello"}
    aws.answer("lambda", "get_function_code_signing_config", signing)
    kept, _detail = store.keep(aws.connection, "hello", (), written, CTX)
    assert json.loads(kept.request)["CodeSigningConfigArn"] == arn


@pytest.mark.usefixtures("alone")
def test_a_copy_that_the_disk_refuses_says_so(aws: StubbedAws, store: DeletedStore, tmp_path: Path) -> None:
    (tmp_path / "deleted").write_text("a file where the folder should be")
    answer(aws, PackageType="Image")
    with pytest.raises(WorkbenchError, match="A copy of hello could not be saved") as caught:
        store.keep(aws.connection, "hello", (), written, CTX)
    assert str(tmp_path / "deleted") in caught.value.why


def test_the_oldest_copies_make_room(connection: Connection, tmp_path: Path) -> None:
    clock = FakeClock()
    store = DeletedStore(tmp_path / "deleted", clock, max_bytes=1)
    names = []
    for _ in range(2):
        clock.passed_s += 60
        names.append(create_function(connection, SOURCE).function_name)
        store.keep(connection, names[-1], (), fetch, CTX)
    found = store.all(connection.account_id, connection.region)
    assert [each.function_name for each in found] == names[1:]


def test_a_name_that_is_taken_again_is_not_overwritten(connection: Connection, store: DeletedStore) -> None:
    made = create_function(connection, SOURCE)
    kept, _detail = store.keep(connection, made.function_name, (), fetch, CTX)
    deploy_elsewhere(connection, made.function_name, SOURCE.replace("one", "two"))
    with pytest.raises(WorkbenchError, match="A function with this name already exists"):
        restore(connection, kept, CTX)
    assert "two" in deployed_text(connection, made.function_name)


def deleted(tmp_path: Path, **more: Any) -> Deleted:
    values: dict[str, Any] = {
        "folder": tmp_path,
        "when": "2026-07-01T12:00:00+00:00",
        "account_id": "123456789012",
        "region": "eu-central-1",
        "function_name": "hello",
        "request": json.dumps({"FunctionName": "hello", "Role": ROLE}),
        "code_sha256": "mine",
        "image_uri": "",
        "reserved_concurrency": None,
    }
    return Deleted(**values | more)


def test_a_container_image_is_made_again_from_its_image(aws: StubbedAws, tmp_path: Path) -> None:
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello:1"
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    expected = {"FunctionName": "hello", "Role": ROLE, "Code": {"ImageUri": image}}
    aws.answer("lambda", "create_function", CONFIGURATION, expected)
    for _ in range(3):  # it is waited for, then nothing more is to be made
        answer(aws, State="Active")
    restore(aws.connection, deleted(tmp_path, code_sha256="", image_uri=image), CTX)


def test_the_key_of_the_package_is_sent_again(aws: StubbedAws, tmp_path: Path) -> None:
    key = "arn:aws:kms:eu-central-1:123456789012:key/own"
    (tmp_path / "package.zip").write_bytes(b"zip")
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    code = {"ZipFile": b"zip", "SourceKMSKeyArn": key}
    expected = {"FunctionName": "hello", "Role": ROLE, "Code": code}
    aws.answer("lambda", "create_function", CONFIGURATION, expected)
    for _ in range(3):
        answer(aws, State="Active")
    restore(aws.connection, deleted(tmp_path, source_kms_key_arn=key), CTX)


def test_callers_of_a_restored_function_on_managed_instances_get_it(aws: StubbedAws, tmp_path: Path) -> None:
    """They get $LATEST.PUBLISHED, which CreateFunction makes only when it is told."""
    (tmp_path / "package.zip").write_bytes(b"zip")
    capacity = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": CAPACITY}}
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    known = {"FunctionName": "hello", "Role": ROLE, "CapacityProviderConfig": capacity}
    expected = known | {"Code": {"ZipFile": b"zip"}, "PublishTo": "LATEST_PUBLISHED"}
    aws.answer("lambda", "create_function", CONFIGURATION, expected)
    for _ in range(3):
        answer(aws, State="Active")
    restore(aws.connection, deleted(tmp_path, request=json.dumps(known)), CTX)


@pytest.mark.parametrize("is_there", [True, False])
def test_what_it_referred_to_in_s3_is_referred_to_again_while_it_is_there(
    aws: StubbedAws, tmp_path: Path, is_there: bool
) -> None:
    """AWS keeps a copy of the code where S3ObjectStorageMode is not sent again."""
    (tmp_path / "package.zip").write_bytes(b"zip")
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    asked = {"Bucket": "own-code", "Key": "hello.zip", "VersionId": "v1"}
    if is_there:
        aws.answer("s3", "head_object", {}, asked)
    else:
        aws.refuse("s3", "head_object", "404", "Not Found", 404)
    refers = {"S3Bucket": "own-code", "S3Key": "hello.zip", "S3ObjectVersion": "v1"}
    code = refers | {"S3ObjectStorageMode": "REFERENCE"} if is_there else {"ZipFile": b"zip"}
    expected = {"FunctionName": "hello", "Role": ROLE, "Code": code}
    aws.answer("lambda", "create_function", CONFIGURATION, expected)
    for _ in range(3):
        answer(aws, State="Active")
    where = {"bucket": "own-code", "key": "hello.zip", "version": "v1"}
    restore(aws.connection, deleted(tmp_path, s3_object=where), CTX)


def test_a_role_that_has_gone_says_so_in_aws_words(aws: StubbedAws, tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_bytes(b"zip")
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    words = "The role defined for the function cannot be assumed by Lambda."
    aws.refuse("lambda", "create_function", "InvalidParameterValueException", words)
    with pytest.raises(WorkbenchError, match="cannot be assumed by Lambda"):
        restore(aws.connection, deleted(tmp_path), CTX)


def test_a_copy_that_is_not_there_any_more_says_where_it_was(aws: StubbedAws, tmp_path: Path) -> None:
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    with pytest.raises(WorkbenchError, match=r"package\.zip"):
        restore(aws.connection, deleted(tmp_path), CTX)


# CreateFunction's request -----------------------------------------------------------------------------------

FULL: dict[str, Any] = {
    "FunctionName": "hello",
    "Runtime": "java21",
    "Role": ROLE,
    "Handler": "a.B",
    "Description": "x",
    "Timeout": 9,
    "MemorySize": 256,
    "PackageType": "Zip",
    "VpcConfig": {
        "VpcId": "vpc-1",
        "SubnetIds": ["s"],
        "SecurityGroupIds": ["g"],
        "Ipv6AllowedForDualStack": True,
    },
    "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-central-1:1:dead"},
    "Environment": {"Variables": {"A": "1"}},
    "KMSKeyArn": "arn:aws:kms:eu-central-1:1:key/1",
    "TracingConfig": {"Mode": "Active"},
    "Layers": [{"Arn": "arn:aws:lambda:eu-central-1:123456789012:layer:tools:4", "CodeSize": 9}],
    "FileSystemConfigs": [
        {"Arn": "arn:aws:elasticfilesystem:eu-central-1:1:access-point/fsap-1", "LocalMountPath": "/mnt/x"}
    ],
    "ImageConfigResponse": {"ImageConfig": {"Command": ["app.handler"]}},
    "Architectures": ["arm64"],
    "EphemeralStorage": {"Size": 1024},
    "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"},
    "LoggingConfig": {"LogFormat": "JSON"},
    "TenancyConfig": {"TenantIsolationMode": "PER_TENANT"},
    "CapacityProviderConfig": {
        "LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": CAPACITY}
    },
    "DurableConfig": {"ExecutionTimeout": 60},
    "AcceleratorConfig": {"AcceleratorMemorySize": 24},
    "RuntimeConfig": {
        "RuntimeArn": "arn:aws:lambda:eu-central-1:123456789012:runtime/own",
        "RuntimeAlias": "stable",
    },
}
NOT_RESTORED = {
    "Code": "sent beside it",
    "Publish": "no version is made",
    "PublishTo": "no version is made",
}


def test_nothing_that_creation_takes_is_forgotten() -> None:
    model = loader().load_service_model("lambda", "service-2")
    members = set(model["shapes"]["CreateFunctionRequest"]["members"])
    answer = {"Configuration": FULL, "Tags": {"team": "web", "aws:cloudformation:stack-name": "shop"}}
    request = restore_request(answer, "arn:aws:lambda:eu-central-1:1:code-signing-config:csc-1")
    assert members - set(NOT_RESTORED) == set(request)
    assert request["VpcConfig"] == {
        "SubnetIds": ["s"],
        "SecurityGroupIds": ["g"],
        "Ipv6AllowedForDualStack": True,
    }
    assert request["Layers"] == ["arn:aws:lambda:eu-central-1:123456789012:layer:tools:4"]
    assert request["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert request["AcceleratorConfig"] == FULL["AcceleratorConfig"]
    assert request["RuntimeConfig"] == FULL["RuntimeConfig"]
    assert request["Tags"] == {"team": "web"}  # AWS's own cannot be set


def test_what_a_function_does_not_have_is_not_asked_for() -> None:
    plain = {
        "FunctionName": "hello",
        "Role": ROLE,
        "VpcConfig": {"VpcId": "", "SubnetIds": [], "SecurityGroupIds": []},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "Environment": {"Error": {"ErrorCode": "AccessDenied"}},
        "Description": "",
        "Layers": [],
    }
    assert restore_request({"Configuration": plain}) == {"FunctionName": "hello", "Role": ROLE}
