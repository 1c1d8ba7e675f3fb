"""Each part of what is made again of a deleted function: its code, its versions and what belongs to it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock
from tests.functions.test_restore import ARN, CONFIGURATION, CTX, IMAGE, ROLE, SOURCE, answer, deleted, fetch
from tests.functions.test_restore_belongings import run
from tests.sandbox_functions import create_function, deployed_text
from workbench.aws.connection import Connection
from workbench.aws.regions import loader
from workbench.aws.retry import Backoff
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.new_function import ThroughS3
from workbench.functions import restore as restoring
from workbench.functions.create import Staged
from workbench.functions.deleted import Deleted, DeletedStore
from workbench.functions.deletion import delete_function
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.restore import DependentsRestore, is_between, restore
from workbench.functions.snapshot import FunctionSnapshot, VersionSnapshot
from workbench.functions.versions import list_versions

LIMIT = 4
SMALL, LARGE = b"1234", b"12345"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/own"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"


@pytest.fixture
def store(tmp_path: Path) -> DeletedStore:
    return DeletedStore(tmp_path / "deleted", FakeClock())


# ---- large packages --------------------------------------------------------------------------------------


class Bucket:
    """Says what it is asked to do, and fails where a test wants that."""

    def __init__(self, *, exists: bool, failing: Mapping[str, BaseException] | None = None) -> None:
        self.exists, self.failing = exists, failing or {}
        self.asked: list[str] = []

    def destination(
        self, _connection: Connection, bucket: str, function_name: str, code_sha256: str
    ) -> Staged:
        assert bucket == ""
        return Staged("own", f"{function_name}/{code_sha256}", exists=True)

    def observe(self, _connection: Connection, staged: Staged, package: Path, _ctx: JobContext) -> Staged:
        assert package.read_bytes() == LARGE
        return replace(staged, exists=self.exists)

    def make_bucket(self, _connection: Connection, staged: Staged, _ctx: JobContext) -> None:
        self._ask(f"make {staged.bucket}")

    def send(self, _connection: Connection, staged: Staged, package: Path, _ctx: JobContext) -> None:
        self._ask(f"send {package.name} to {staged.bucket}/{staged.key}")

    def delete_package(self, _connection: Connection, staged: Staged) -> None:
        self._ask(f"delete {staged.bucket}/{staged.key}")

    def delete_bucket(self, _connection: Connection, staged: Staged) -> None:
        self._ask(f"delete {staged.bucket}")

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        for beginning, error in self.failing.items():
            if what.startswith(beginning):
                raise error


SENT = "send package.zip to own/hello/mine"


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deleted:
    monkeypatch.setattr(restoring, "ZIP_LIMIT_BYTES", LIMIT)
    (tmp_path / "package.zip").write_bytes(LARGE)
    return deleted(tmp_path, source_kms_key_arn=KEY)


def refused(aws: StubbedAws) -> None:
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    aws.refuse("lambda", "create_function", "InvalidParameterValueException", "The role cannot be assumed.")


def made(aws: StubbedAws, code: dict[str, Any], **configuration: Any) -> None:
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    expected = {"FunctionName": "hello", "Role": ROLE, "Code": code}
    aws.answer("lambda", "create_function", CONFIGURATION, expected)
    for _ in range(3):
        answer(aws, State="Active", **configuration)


@pytest.mark.parametrize(("exists", "asked"), [(True, [SENT]), (False, ["make own", SENT])])
def test_a_package_too_large_for_a_request_is_taken_from_s3(
    aws: StubbedAws, large: Deleted, exists: bool, asked: list[str]
) -> None:
    bucket = Bucket(exists=exists)
    made(aws, {"S3Bucket": "own", "S3Key": "hello/mine", "SourceKMSKeyArn": KEY})
    restore(aws.connection, large, CTX, bucket)
    assert bucket.asked == asked


def test_a_package_that_just_fits_is_sent_in_the_request(aws: StubbedAws, large: Deleted) -> None:
    large.package.write_bytes(SMALL)
    bucket = Bucket(exists=True)
    made(aws, {"ZipFile": SMALL, "SourceKMSKeyArn": KEY})
    restore(aws.connection, large, CTX, bucket)
    assert bucket.asked == []


def test_a_package_too_large_for_a_request_says_where_it_is_without_a_bucket(
    aws: StubbedAws, large: Deleted
) -> None:
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    with pytest.raises(WorkbenchError, match="hello was not restored") as caught:
        restore(aws.connection, large, CTX)
    assert "5 bytes" in caught.value.why
    assert str(large.package) in caught.value.remedy


@pytest.mark.parametrize(
    ("exists", "asked"),
    [
        (True, [SENT, "delete own/hello/mine"]),
        (False, ["make own", SENT, "delete own/hello/mine", "delete own"]),
    ],
)
def test_what_was_uploaded_is_deleted_if_the_function_is_not_made(
    aws: StubbedAws, large: Deleted, exists: bool, asked: list[str]
) -> None:
    bucket = Bucket(exists=exists)
    refused(aws)
    with pytest.raises(WorkbenchError, match="cannot be assumed"):
        restore(aws.connection, large, CTX, bucket)
    assert bucket.asked == asked
    assert large.journal.interrupted() is None  # nothing is half made


def test_what_was_uploaded_is_deleted_if_the_upload_is_cancelled(aws: StubbedAws, large: Deleted) -> None:
    bucket = Bucket(exists=False, failing={"send": Cancelled()})
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    with pytest.raises(Cancelled):
        restore(aws.connection, large, CTX, bucket)
    assert bucket.asked == ["make own", SENT, "delete own/hello/mine", "delete own"]
    assert large.journal.interrupted() is None


def test_what_stays_in_s3_is_said_beside_why_the_function_was_not_made(
    aws: StubbedAws, large: Deleted
) -> None:
    denied = WorkbenchError("Could not delete the package.", "You may not delete it.")
    refused(aws)
    with pytest.raises(WorkbenchError, match="Could not restore hello") as caught:
        restore(aws.connection, large, CTX, Bucket(exists=True, failing={"delete": denied}))
    assert "cannot be assumed" in caught.value.why
    assert caught.value.why.endswith("Its package remains in S3: You may not delete it.")


def test_a_large_package_of_a_real_function_comes_back(
    connection: Connection, store: DeletedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "ZIP_LIMIT_BYTES", 10)
    name = create_function(connection, SOURCE).function_name
    kept, _detail = store.keep(connection, name, (), fetch, CTX)
    delete_function(connection, name, CTX)
    restore(connection, kept, CTX, ThroughS3())
    assert deployed_text(connection, name) == SOURCE


# ---- code in S3 ------------------------------------------------------------------------------------------


def test_an_object_that_may_not_be_looked_at_is_referred_to_all_the_same(
    aws: StubbedAws, tmp_path: Path
) -> None:
    """Lambda reads it with another permission; a bucket without versions has none to name."""
    aws.refuse("s3", "head_object", "403", "Forbidden", 403)
    made(aws, {"S3Bucket": "own-code", "S3Key": "hello.zip", "S3ObjectStorageMode": "REFERENCE"})
    where = {"bucket": "own-code", "key": "hello.zip", "version": ""}
    restore(aws.connection, deleted(tmp_path, s3_object=where), CTX)


def test_an_object_without_a_version_is_asked_for_without_one(aws: StubbedAws, tmp_path: Path) -> None:
    aws.answer("s3", "head_object", {}, {"Bucket": "own-code", "Key": "hello.zip"})
    made(aws, {"S3Bucket": "own-code", "S3Key": "hello.zip", "S3ObjectStorageMode": "REFERENCE"})
    where = {"bucket": "own-code", "key": "hello.zip", "version": ""}
    restore(aws.connection, deleted(tmp_path, s3_object=where), CTX)


# ---- a function that cannot run --------------------------------------------------------------------------


def test_a_function_that_cannot_be_invoked_is_said_with_awss_reason(aws: StubbedAws, tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_bytes(b"zip")
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    aws.answer("lambda", "create_function", CONFIGURATION)
    answer(aws, State="Failed", StateReason="The subnet does not exist.")
    with pytest.raises(WorkbenchError, match="was restored, but it cannot be invoked") as caught:
        restore(aws.connection, deleted(tmp_path), CTX)
    assert caught.value.why == "The subnet does not exist."
    assert caught.value.aws_code == "State=Failed"


# ---- versions --------------------------------------------------------------------------------------------


def update(connection: Connection, name: str, method: str, **request: Any) -> None:
    connection.call("lambda", method, FunctionName=name, **request)
    wait_until_updated(connection, name, CTX)


def test_each_version_has_its_own_processor_and_settings_again(
    connection: Connection, store: DeletedStore
) -> None:
    """Also the settings that only an older version had: the next one must not inherit them."""
    name = create_function(
        connection,
        SOURCE,
        Environment={"Variables": {"OLD": "1"}},
        TracingConfig={"Mode": "Active"},
        timeout_s=9,
    ).function_name
    update(connection, name, "publish_version", Description="first")
    kept, _detail = store.keep(connection, name, (), fetch, CTX)
    zipped = kept.package.read_bytes()
    store.forget(kept)
    update(connection, name, "update_function_code", ZipFile=zipped, Architectures=["arm64"])
    nothing: dict[str, Any] = {"Environment": {"Variables": {}}, "TracingConfig": {"Mode": "PassThrough"}}
    update(connection, name, "update_function_configuration", Timeout=3, **nothing)
    update(connection, name, "publish_version", Description="second")
    update(connection, name, "update_function_configuration", Timeout=4)

    def seen() -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for version in ("1", "2", ""):
            detail = get_function(connection, name, version, CTX)
            found.append((detail.architectures, detail.environment, detail.tracing, detail.timeout_s))
        return found

    before = seen()
    assert len({str(each) for each in before}) == 3
    kept, _detail = store.keep(connection, name, (), fetch, CTX)
    delete_function(connection, name, CTX)
    assert restore(connection, kept, CTX).left == ()
    assert seen() == before
    published = list_versions(connection, name, CTX)
    assert {each.version: each.description for each in published if each.version.isdecimal()} == {
        "1": "first",
        "2": "second",
    }


def test_a_version_whose_update_fails_is_named_with_awss_reason(aws: StubbedAws, tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_bytes(b"zip")
    version = VersionSnapshot("1", {"FunctionName": "hello", "Role": ROLE}, image_uri=f"{IMAGE}:1")
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    aws.answer("lambda", "create_function", CONFIGURATION)
    answer(aws, State="Active")
    expected = {"FunctionName": "hello", "ImageUri": f"{IMAGE}:1"}
    aws.answer("lambda", "update_function_code", CONFIGURATION, expected)
    answer(aws, LastUpdateStatus="Failed", LastUpdateStatusReason="The image does not exist.")
    answer(aws, State="Active")
    (left,) = restore(aws.connection, deleted(tmp_path, kept=FunctionSnapshot((version,))), CTX).left
    assert left.what == "version 1"
    assert left.error.why == "The image does not exist."
    assert left.error.aws_code == "LastUpdateStatus=Failed"


def test_what_a_function_has_of_a_version_in_the_end_is_said_first(aws: StubbedAws, tmp_path: Path) -> None:
    """Its own code and configuration are restored last, over those of the last version."""
    (tmp_path / "package.zip").write_bytes(b"zip")
    version = VersionSnapshot("1", {"FunctionName": "hello", "Role": ROLE}, image_uri=f"{IMAGE}:1")
    aws.refuse("lambda", "get_function", "ResourceNotFoundException", "Function not found", 404)
    aws.answer("lambda", "create_function", CONFIGURATION)
    answer(aws, State="Active")
    aws.answer("lambda", "update_function_code", CONFIGURATION)
    answer(aws, State="Active")
    aws.answer("lambda", "list_versions_by_function", {"Versions": []})
    answer(aws, State="Active")
    aws.answer("lambda", "publish_version", CONFIGURATION | {"Version": "1"})
    answer(aws, State="Active", Version="1")
    aws.refuse("lambda", "update_function_code", "AccessDeniedException", "You may not.", 403)
    answer(aws, State="Active")
    alias = {"Name": "prod", "FunctionVersion": "2"}
    kept = FunctionSnapshot((version,), aliases=(alias,))
    restored = restore(aws.connection, deleted(tmp_path, kept=kept), CTX)
    assert [each.what for each in restored.left] == [
        "its own code and configuration: it has those of a version, so check it",
        "the alias prod",
    ]
    assert "You may not" in restored.left[0].error.why


def test_a_container_image_whose_restore_was_interrupted_is_gone_on_with(
    aws: StubbedAws, tmp_path: Path
) -> None:
    """AWS has a CodeSha256 for an image, too; the copy has its URI."""
    kept = deleted(tmp_path, code_sha256="", image_uri=f"{IMAGE}:1")
    kept.journal.begin_restore().close()
    code = {"ImageUri": f"{IMAGE}:1"}
    for _ in range(5):
        found = {"Configuration": CONFIGURATION | {"PackageType": "Image", "State": "Active"}, "Code": code}
        aws.answer("lambda", "get_function", found)
    kept = replace(kept, request=json.dumps({"FunctionName": "hello", "Role": ROLE, "PackageType": "Image"}))
    assert restore(aws.connection, kept, CTX).left == ()
    assert kept.journal.interrupted() is None


X86: dict[str, Any] = {"FunctionName": "hello", "Role": ROLE, "Timeout": 3, "Architectures": ["x86_64"]}
FIRST = VersionSnapshot("1", X86 | {"Timeout": 9, "Description": "first"}, "one")
LATEST = VersionSnapshot("$LATEST", X86, "two")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (LATEST, True),
        (FIRST, True),
        (replace(FIRST, code_sha256="two"), True),  # it has got the code, and not the configuration yet
        (replace(LATEST, request=X86 | {"Description": "theirs"}), True),  # publishing sets it
        (replace(LATEST, request={name: X86[name] for name in X86 if name != "Architectures"}), True),
        (replace(LATEST, code_sha256="theirs"), False),
        (replace(LATEST, request=X86 | {"Timeout": 5}), False),
        (replace(LATEST, request=X86 | {"Environment": {"Variables": {"A": "1"}}}), False),
        (replace(LATEST, request=X86 | {"Architectures": ["arm64"]}), False),
        (replace(LATEST, source_kms_key_arn=KEY), False),
    ],
)
def test_a_function_is_gone_on_with_only_while_everything_of_it_is_of_the_copy(
    now: VersionSnapshot, expected: bool
) -> None:
    assert is_between(now, (LATEST, FIRST)) is expected


def test_an_interrupted_restore_that_cannot_be_looked_at_is_said(aws: StubbedAws, tmp_path: Path) -> None:
    kept = deleted(tmp_path)
    kept.journal.begin_restore().close()
    aws.refuse("lambda", "get_function", "AccessDeniedException", "You may not.", 403)
    with pytest.raises(WorkbenchError, match="Could not read hello"):
        restore(aws.connection, kept, CTX)
    assert kept.journal.interrupted() is not None  # it is offered again


# ---- what belongs to it ----------------------------------------------------------------------------------


def test_every_detail_of_an_asynchronous_configuration_is_sent_again(aws: StubbedAws) -> None:
    told = {"OnFailure": {"Destination": QUEUE}}
    raw = {
        "FunctionArn": f"{ARN}:$LATEST",
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 60,
        "DestinationConfig": told,
    }
    expected = {
        "FunctionName": "hello",
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 60,
        "DestinationConfig": told,
    }
    aws.answer("lambda", "put_function_event_invoke_config", {}, expected)
    assert run(aws, FunctionSnapshot(asynchronous=(("", raw),))).left == []


OLD_URL, NEW_URL = (f"https://{name * 32}.lambda-url.eu-central-1.on.aws/" for name in "ab")


@pytest.mark.parametrize(
    ("now", "notes"), [(NEW_URL, [f"{OLD_URL} is now {NEW_URL}"]), (OLD_URL, [])], ids=["new", "old"]
)
def test_a_streaming_url_streams_again_and_another_address_is_said(
    aws: StubbedAws, now: str, notes: list[str]
) -> None:
    raw = {"FunctionUrl": OLD_URL, "AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM"}
    expected = {"FunctionName": "hello", "AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM"}
    answered = {"FunctionUrl": now, "FunctionArn": ARN, "AuthType": "AWS_IAM", "CreationTime": "now"}
    aws.answer("lambda", "create_function_url_config", answered, expected)
    found = run(aws, FunctionSnapshot(urls=(("", raw),)))
    assert (found.left, found.notes) == ([], notes)


def test_an_alias_has_its_description_and_weights_with_the_new_numbers(aws: StubbedAws) -> None:
    weights = {"4": 0.1, "7": 0.2}
    alias = {
        "Name": "prod",
        "FunctionVersion": "5",
        "Description": "what customers call",
        "RoutingConfig": {"AdditionalVersionWeights": weights},
    }
    expected = {
        "FunctionName": "hello",
        "Name": "prod",
        "FunctionVersion": "2",
        "Description": "what customers call",
        "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1, "3": 0.2}},
    }
    aws.answer("lambda", "create_alias", {}, expected)
    assert run(aws, FunctionSnapshot(aliases=(alias,)), {"4": "1", "5": "2", "7": "3"}).left == []


def test_an_alias_between_versions_that_have_become_one_points_to_that_one(aws: StubbedAws) -> None:
    alias = {
        "Name": "prod",
        "FunctionVersion": "5",
        "RoutingConfig": {"AdditionalVersionWeights": {"4": 0.1}},
    }
    aws.answer(
        "lambda", "create_alias", {}, {"FunctionName": "hello", "Name": "prod", "FunctionVersion": "1"}
    )
    assert run(aws, FunctionSnapshot(aliases=(alias,)), {"4": "1", "5": "1"}).left == []


def test_an_alias_that_is_refused_is_named_and_so_is_what_hung_on_it(aws: StubbedAws) -> None:
    alias = {"Name": "prod", "FunctionVersion": "1"}
    aws.refuse("lambda", "create_alias", "AccessDeniedException", "You may not.", 403)
    left = run(aws, FunctionSnapshot(aliases=(alias,), provisioned=(("prod", 2),)), {"1": "1"}).left
    assert [each.what for each in left] == ["the alias prod", "the provisioned concurrency 2 of prod"]


def test_a_statement_that_cannot_be_made_again_is_named_with_the_reason(aws: StubbedAws) -> None:
    denied = {"Sid": "s", "Effect": "Deny", "Principal": "*", "Action": "lambda:*", "Resource": ARN}
    (left,) = run(aws, FunctionSnapshot(statements=(("", denied),))).left
    assert left.what == "the permission s"
    assert "AddPermission" in left.error.why


def test_concurrency_that_cannot_be_reserved_is_named_with_awss_reason(aws: StubbedAws) -> None:
    words = "Specified ReservedConcurrentExecutions decreases account's UnreservedConcurrentExecution"
    aws.refuse("lambda", "put_function_concurrency", "InvalidParameterValueException", words)
    kept = DependentsRestore(aws.connection, "hello", FunctionSnapshot(), {}, "", CTX)
    kept.reserve(1200)
    (left,) = kept.left
    assert left.what == "its reserved concurrency of 1,200"
    assert words in left.error.why


def test_nothing_that_a_mapping_has_is_forgotten() -> None:
    """AWS takes it all again, but for what names the function and its state."""
    shapes = loader().load_service_model("lambda", "service-2")["shapes"]
    taken = set(shapes["CreateEventSourceMappingRequest"]["members"])
    given = set(shapes["EventSourceMappingConfiguration"]["members"])
    assert set(restoring._MAPPING) == taken & given


CLUSTER = "arn:aws:rds:eu-central-1:123456789012:cluster:docs"
BROKER = "arn:aws:mq:eu-central-1:123456789012:broker:one:b-1"


def servers(*names: str) -> dict[str, Any]:
    return {"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": list(names)}}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"EventSourceArn": QUEUE}, {"EventSourceArn": f"{QUEUE}-2"}),
        ({"EventSourceArn": BROKER, "Queues": ["orders"]}, {"EventSourceArn": BROKER, "Queues": ["users"]}),
        (servers("one.example.com:9092"), servers("two.example.com:9092")),
        (
            servers("one.example.com:9092") | {"Topics": ["orders"]},
            servers("one.example.com:9092") | {"Topics": ["users"]},
        ),
        (
            {"EventSourceArn": CLUSTER, "DocumentDBEventSourceConfig": {"CollectionName": "orders"}},
            {"EventSourceArn": CLUSTER, "DocumentDBEventSourceConfig": {"CollectionName": "users"}},
        ),
    ],
    ids=["source", "queue", "servers", "topic", "collection"],
)
def test_what_is_gone_on_with_does_not_take_one_mapping_for_another(
    aws: StubbedAws, one: dict[str, Any], other: dict[str, Any]
) -> None:
    listed = {"EventSourceMappings": [{"UUID": "1" * 36, "State": "Enabled", **one}]}
    for _ in range(2):
        aws.answer("lambda", "list_event_source_mappings", listed, {"FunctionName": "hello"})
    wanted = {"FunctionName": "hello", "Enabled": True, **other}
    aws.answer("lambda", "create_event_source_mapping", {"UUID": "1" * 36}, wanted)
    kept = tuple({"FunctionArn": ARN, "State": "Enabled", **each} for each in (one, other))
    snapshot = FunctionSnapshot(mappings=kept)
    found = DependentsRestore(
        aws.connection, "hello", snapshot, {}, "2026-07-01T12:00:00+00:00", CTX, resumes=True
    )
    found.run()
    assert (found.left, found.notes) == ([], [])


def test_a_table_is_read_from_where_its_mapping_began_and_that_is_said(aws: StubbedAws) -> None:
    raw = {"EventSourceArn": TABLE, "FunctionArn": f"{ARN}:$LATEST", "StartingPosition": "TRIM_HORIZON"}
    expected = {
        "FunctionName": "hello",
        "EventSourceArn": TABLE,
        "StartingPosition": "TRIM_HORIZON",
        "Enabled": True,
    }
    aws.answer("lambda", "create_event_source_mapping", {"UUID": "1" * 36}, expected)
    found = run(aws, FunctionSnapshot(mappings=(raw,)))
    assert found.left == []
    assert found.notes == [
        f"the event source mapping of {TABLE} starts at TRIM_HORIZON: records might be read twice or skipped"
    ]


def test_a_mapping_that_is_refused_is_named_and_nothing_is_said_of_its_position(aws: StubbedAws) -> None:
    raw = {"EventSourceArn": TABLE, "FunctionArn": ARN, "StartingPosition": "LATEST", "State": "Enabled"}
    aws.refuse("lambda", "create_event_source_mapping", "InvalidParameterValueException", "No stream.")
    found = run(aws, FunctionSnapshot(mappings=(raw,)))
    assert [each.what for each in found.left] == [f"the event source mapping of {TABLE}"]
    assert found.notes == []


def test_aws_that_is_busy_with_the_function_is_asked_again(
    aws: StubbedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "_WHILE_BUSY", Backoff(0.0, factor=1.0))
    words = "The operation cannot be performed at this time. An update is in progress."
    aws.refuse("lambda", "put_function_recursion_config", "ResourceConflictException", words, 409)
    expected = {"FunctionName": "hello", "RecursiveLoop": "Allow"}
    aws.answer("lambda", "put_function_recursion_config", {}, expected)
    assert run(aws, FunctionSnapshot(recursion="Allow")).left == []


def test_a_log_group_that_exists_gets_its_retention_all_the_same(aws: StubbedAws) -> None:
    words = "The specified log group already exists"
    aws.refuse("logs", "create_log_group", "ResourceAlreadyExistsException", words)
    expected = {"logGroupName": "/aws/lambda/hello", "retentionInDays": 7}
    aws.answer("logs", "put_retention_policy", {}, expected)
    found = run(aws, FunctionSnapshot(log_group="/aws/lambda/hello", retention_days=7))
    assert (found.left, found.notes) == ([], [])


def test_a_log_group_that_may_not_be_made_is_named(aws: StubbedAws) -> None:
    aws.refuse("logs", "create_log_group", "AccessDeniedException", "You may not.", 400)
    found = run(aws, FunctionSnapshot(log_group="/aws/lambda/hello", retention_days=7))
    assert [each.what for each in found.left] == ["the retention of 7 days of /aws/lambda/hello"]


@pytest.mark.parametrize(("group", "days"), [("", 7), ("/aws/lambda/hello", None)])
def test_a_log_group_that_is_unknown_or_never_expires_is_left_to_lambda(
    aws: StubbedAws, group: str, days: int | None
) -> None:
    assert run(aws, FunctionSnapshot(log_group=group, retention_days=days)).left == []


def test_new_numbers_of_versions_are_said(connection: Connection, store: DeletedStore) -> None:
    name = create_function(connection, SOURCE).function_name
    update(connection, name, "publish_version")
    update(connection, name, "update_function_configuration", Timeout=9)
    update(connection, name, "publish_version")
    connection.call("lambda", "delete_function", FunctionName=name, Qualifier="1")
    kept, _detail = store.keep(connection, name, (), fetch, CTX)
    delete_function(connection, name, CTX)
    restored = restore(connection, kept, CTX)
    assert restored.notes == ("version 2 is now version 1",)
    assert json.loads(kept.request)["Timeout"] == restored.detail.timeout_s == 9
